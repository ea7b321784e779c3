package mapping

import (
	"fmt"
	"strings"

	connector "ml-connector"
)

// refer looks up what a reference names. The value of its name in expressions is {id, target}, or nothing when the
// Record refers to nothing there. It is not ok while that is missing.
func (s *scope) refer(r *reference) (any, bool) {
	if r.each == nil {
		return s.referOne(r)
	}
	elements, ok := s.try("links "+r.name, r.each)
	if !ok {
		return nil, false
	}
	all := true
	for _, element := range toList(elements) {
		inner := s.inside(nil, s.path)
		inner.values[r.as] = element
		if _, ok := inner.referOne(r); !ok {
			all = false
		}
	}
	return nil, all
}

func (s *scope) referOne(r *reference) (any, bool) {
	ref, ok := s.name(r)
	if !ok {
		return nil, false
	}
	if ref.ID() == "" {
		return nil, true
	}
	state := s.run.ask(ref)
	if !state.Found {
		s.run.waits(ref)
		return nil, false
	}
	// What was delivered already needs its references no more.
	if r.usable && !s.run.c.Linked && state.Standing != connector.Usable {
		if state.Standing == connector.Refused {
			s.run.problem(s.path, connector.Rejected, "%s is not in use at %s any more (%s)", ref.Reason, s.run.c.ToName, state.ID)
			return nil, false
		}
		ref.Reason += ", which is not approved at " + s.run.c.ToName + " yet"
		s.run.waits(ref)
		return nil, false
	}
	return map[string]any{"id": state.ID, "target": map[string]any(state.Target)}, true
}

// name works out which Record is meant; a Ref without ID and Number means none.
func (s *scope) name(r *reference) (ref connector.Ref, ok bool) {
	if applies, ok := s.holds("links "+r.name, r.when); !ok || !applies {
		return connector.Ref{}, ok
	}
	ref = connector.Ref{Connection: s.run.c.FromName, Kind: connector.Kind(r.kind), Usable: r.usable && !s.run.c.Linked}
	for _, part := range []struct {
		value *expression
		into  *[]string
	}{{r.ids, &ref.IDs}, {r.other, &ref.Other}} {
		if part.value == nil {
			continue
		}
		v, ok := s.try("links "+r.name, part.value)
		if !ok {
			return ref, false
		}
		if *part.into, ok = s.texts("links "+r.name, v); !ok {
			return ref, false
		}
	}
	if r.number != nil {
		v, ok := s.try("links "+r.name, r.number)
		if !ok {
			return ref, false
		}
		if ref.Number, ok = s.text("links "+r.name, v); !ok {
			return ref, false
		}
	}
	ref.Reason, ok = s.write(r.reason)
	if ref.Reason == "" {
		ref.Reason = strings.TrimSpace(strings.ReplaceAll(r.kind, "_", " ") + " " + ref.ID())
	}
	return ref, ok
}

// ask looks the same thing up once.
func (r *run) ask(ref connector.Ref) LinkState {
	key := fmt.Sprintf("%s %s %q %q", ref.Connection, ref.Kind, ref.IDs, ref.Number)
	if state, known := r.asked[key]; known {
		return state
	}
	var state LinkState
	if r.c.Link != nil {
		state = r.c.Link(ref)
	}
	r.asked[key] = state
	return state
}

// texts are the values of a list, or of the one value, that are not blank.
func (s *scope) texts(what string, v any) ([]string, bool) {
	var out []string
	for _, e := range toList(v) {
		text, ok := s.text(what, e)
		if !ok {
			return nil, false
		}
		if text != "" {
			out = append(out, text)
		}
	}
	return out, true
}

func (s *scope) text(what string, v any) (string, bool) {
	text, err := toText(v)
	if err != nil {
		s.fail(what, err)
		return "", false
	}
	return strings.TrimSpace(text), true
}
