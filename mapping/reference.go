package mapping

import (
	"cmp"
	"strings"

	connector "ml-connector"
)

// refer looks up what a reference names. The value of its name in expressions is {id, target}, or nothing when the
// Record refers to nothing there. It is not ok while that is missing.
func (s *scope) refer(r *reference) (any, bool) {
	if r.each == nil {
		return s.referOne(r)
	}
	elements, ok := s.try(r.what, r.each)
	if !ok {
		return nil, false
	}
	all := true
	for _, element := range toList(elements) {
		inner := s.inside(nil, "")
		inner.keep(r.as, element, true)
		if _, ok := inner.referOne(r); !ok {
			all = false
		}
		inner.done()
	}
	return nil, all
}

func (s *scope) referOne(r *reference) (any, bool) {
	ref, ok := s.key(r)
	if !ok {
		return nil, false
	}
	if ref.ID() == "" {
		return nil, true
	}
	state := s.run.ask(ref)
	refused := state.Standing == connector.Refused
	usable := !ref.Usable || state.Standing == connector.Usable
	switch {
	case state.Found && usable:
		return state.stands(), true
	case !state.Found && r.optional:
		return nil, true
	}
	if ref, ok = s.tell(r, ref); !ok {
		return nil, false
	}
	switch {
	case !state.Found:
		s.run.waits(ref)
	case refused:
		s.run.problem(s.path(), connector.Rejected, "%s is not in use at %s any more (%s)", ref.Reason, s.run.c.ToName, state.ID)
		s.run.waits(ref)
	default:
		ref.Reason += ", which is not " + cmp.Or(r.ready, "approved") + " at " + s.run.c.ToName + " yet"
		s.run.waits(ref)
	}
	return nil, false
}

// name works out which Record is meant, and all that is told of it; a Ref without ID and Number means none.
func (s *scope) name(r *reference) (ref connector.Ref, ok bool) {
	if ref, ok = s.key(r); !ok || ref.ID() == "" {
		return ref, ok
	}
	return s.tell(r, ref)
}

// key works out which Record is meant.
func (s *scope) key(r *reference) (ref connector.Ref, ok bool) {
	if applies, ok := s.holds(r.what, r.when); !ok || !applies {
		return connector.Ref{}, ok
	}
	ref = connector.Ref{Connection: s.run.c.FromName, Kind: connector.Kind(r.kind)}
	if r.usable != nil && !s.run.c.Linked { // what was delivered already needs its references no more
		if ref.Usable, ok = s.holds(r.what, r.usable); !ok {
			return ref, false
		}
	}
	if r.ids != nil {
		v, ok := s.try(r.what, r.ids)
		if !ok {
			return ref, false
		}
		if ref.IDs, ok = s.texts(r.what, v); !ok {
			return ref, false
		}
	}
	if r.number != nil {
		v, ok := s.try(r.what, r.number)
		if !ok {
			return ref, false
		}
		if ref.Number, ok = s.text(r.what, v); !ok {
			return ref, false
		}
	}
	return ref, true
}

// tell adds what is needed only of a Record that is missing: what it is called at the other side, and in words.
func (s *scope) tell(r *reference, ref connector.Ref) (connector.Ref, bool) {
	if r.other != nil {
		v, ok := s.try(r.what, r.other)
		if !ok {
			return ref, false
		}
		if ref.Other, ok = s.texts(r.what, v); !ok {
			return ref, false
		}
	}
	var ok bool
	ref.Reason, ok = s.write(r.reason)
	if ref.Reason == "" {
		ref.Reason = strings.TrimSpace(strings.ReplaceAll(r.kind, "_", " ") + " " + ref.ID())
	}
	return ref, ok
}

// ask looks the same thing up once.
func (r *run) ask(ref connector.Ref) *answer {
	key := string(ref.Kind) + "\x00" + ref.Number + "\x00" + strings.Join(ref.IDs, "\x00")
	if state, known := r.asked[key]; known {
		return state
	}
	state := &answer{}
	if r.c.Link != nil {
		state.LinkState = r.c.Link(ref)
	}
	if state.Source == "" {
		state.Source = ref.ID()
	}
	r.asked[key] = state
	return state
}

// answer is what is known of a reference, and what its name stands for once it was asked for.
type answer struct {
	LinkState
	value map[string]any
}

func (a *answer) stands() map[string]any {
	if a.value == nil {
		a.value = map[string]any{"id": a.ID, "source": a.Source, "target": map[string]any(a.Target)}
	}
	return a.value
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
