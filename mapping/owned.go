package mapping

import connector "ml-connector"

// ComparesNames says whether the Flow holds a Record, before a create, for what the target has of the same name or alike.
func (f *Flow) ComparesNames() bool { return f.alike != nil && !f.never }

// Bar is what a Record of the target takes to count as what may be the same.
type Bar struct {
	Score    float64 // from which on the Record is held
	Never    bool    // it is held for none, not even for one of the same name
	TaxLinks bool    // one with the same tax number and country is linked without a person
}

// Bar is that of the Flow.
func (f *Flow) Bar() Bar { return Bar{Score: f.likely, Never: f.never, TaxLinks: f.taxLinks} }

// OwnedOf is the part of a Document, as it was written, that the Flow owns: without what rules `on: create` and
// `owned: false` made.
func (f *Flow) OwnedOf(doc connector.Document) connector.Document { return f.top.ownedOf(doc) }

func (l *level) ownedOf(doc connector.Document) connector.Document {
	out := connector.Document{}
	for name, v := range doc {
		r := l.rule(name)
		switch {
		case r == nil: // taken over by a spread
		case r.onCreate || r.unowned:
			continue
		case r.nested != nil:
			v = r.nested.ownedIn(v)
		}
		if !isBlank(v) {
			out[name] = v
		}
	}
	return out
}

func (l *level) ownedIn(v any) any {
	if m, ok := connector.AsMap(v); ok {
		return map[string]any(l.ownedOf(m))
	}
	var out []any
	list, _ := v.([]any)
	for _, e := range list {
		if inner := l.ownedIn(e); !isBlank(inner) {
			out = append(out, inner)
		}
	}
	return out
}

func (l *level) rule(name string) *rule {
	for _, r := range l.fields {
		if r.name == name {
			return r
		}
	}
	return nil
}
