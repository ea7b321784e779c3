package peoplesoftsim

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// structure is a refusal of a message whose form is not the one PeopleSoft knows.
func structure(format string, args ...any) *trouble {
	return refusal(159, 3, "Message structure error: "+format, args...)
}

// readMessage takes a rowset message apart: FieldTypes must declare every element of MsgData at its place, every Transaction ends
// with PSCAMA, and every value must fit its column (PEOPLESOFT.md §4.3). Actions are the AUDIT_ACTN values that its handler takes.
func (s *Server) readMessage(root *element, name string, r *record, actions ...string) ([]*Row, *trouble) {
	types, data := root.child("FieldTypes"), root.child("MsgData")
	if root.name != name || types == nil || data == nil {
		return nil, structure("%s with FieldTypes and MsgData expected, not %s", name, root.name)
	}
	if t := checkTypes(r, types.child(r.name)); t != nil {
		return nil, t
	}
	for _, x := range types.below {
		if b := r.child(x.name); b != nil && besideHeader[x.name] {
			if t := checkTypes(b, x); t != nil {
				return nil, t
			}
		}
	}
	var out []*Row
	for _, tr := range data.below {
		if tr.name != "Transaction" || len(tr.below) < 2 || tr.below[len(tr.below)-1].name != "PSCAMA" {
			return nil, structure("a Transaction must hold a document and close with PSCAMA")
		}
		if t := checkTrailer(types.child("PSCAMA"), tr.below[len(tr.below)-1], actions); t != nil {
			return nil, t
		}
		for _, h := range tr.below[:len(tr.below)-1] {
			if b := r.child(h.name); b != nil && besideHeader[h.name] && len(out) > 0 {
				below, t := s.readRecord(b, h, types.child(h.name), out[len(out)-1].Fields)
				if t != nil {
					return nil, t
				}
				out[len(out)-1].add(b.name, below)
				continue
			}
			if h.name != r.name {
				return nil, structure("unknown record %s", h.name)
			}
			v, t := s.readRecord(r, h, types.child(h.name), nil)
			if t != nil {
				return nil, t
			}
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return nil, structure("no Transaction")
	}
	return out, nil
}

// checkTypes holds the declarations against the records: known fields, known types, class R.
func checkTypes(r *record, declared *element) *trouble {
	if declared == nil {
		return structure("FieldTypes has no %s", r.name)
	}
	if declared.attributes["class"] != "R" {
		return structure("FieldTypes %s has no class R", r.name)
	}
	for _, x := range declared.below {
		if x.name == "PSCAMA" || inheritedKeys[x.name] && r.field(x.name) == nil {
			continue
		}
		if b := r.child(x.name); b != nil {
			if t := checkTypes(b, x); t != nil {
				return t
			}
			continue
		}
		f := r.field(x.name)
		if f == nil {
			return structure("field %s is not in %s", x.name, r.name)
		}
		if want := map[kind]string{character: "CHAR", number: "NUMBER", signed: "NUMBER", date: "DATE"}[f.kind]; x.attributes["type"] != want {
			return structure("field %s of %s is of type %s, not %q", x.name, r.name, want, x.attributes["type"])
		}
	}
	return nil
}

// besideHeader are records below a header that a message has beside it.
var besideHeader = map[string]bool{"VCHR_MSCH_STG": true}

// inheritedKeys are keys that rows of a message repeat from the rows above them.
var inheritedKeys = map[string]bool{"SETID": true, "VENDOR_ID": true, "ADDRESS_SEQ_NUM": true, "VNDR_LOC": true, "BUSINESS_UNIT": true, "VOUCHER_ID": true, "VOUCHER_LINE_NUM": true}

func checkTrailer(declared, trailer *element, actions []string) *trouble {
	if declared == nil || trailer.attributes["class"] != "R" {
		return structure("PSCAMA is not declared in FieldTypes or has no class R")
	}
	for _, x := range trailer.below {
		if declared.child(x.name) == nil {
			return structure("PSCAMA.%s is not declared in FieldTypes", x.name)
		}
	}
	if action := trailer.value("AUDIT_ACTN"); action != "" && !slices.Contains(actions, action) {
		return structure("AUDIT_ACTN %s is not one of %s", action, strings.Join(actions, " "))
	}
	return nil
}

// readRecord reads one row and those below it. Rows below carry the keys of their parents, which must agree. Without declarations
// (JSON has none) neither they nor the class are looked at.
func (s *Server) readRecord(r *record, from, declared *element, above map[string]string) (*Row, *trouble) {
	if declared != nil && from.attributes["class"] != "R" {
		return nil, structure("%s has no class R", r.name)
	}
	row := newRow()
	for _, x := range from.below {
		if x.name == "PSCAMA" {
			continue
		}
		if declared != nil && declared.child(x.name) == nil {
			return nil, structure("%s.%s is not declared in FieldTypes", r.name, x.name)
		}
		if b := r.child(x.name); b != nil {
			below, t := s.readRecord(b, x, declared.child(x.name), inherited(above, row))
			if t != nil {
				return nil, t
			}
			row.add(b.name, below)
			continue
		}
		f := r.field(x.name)
		if f == nil {
			if above == nil || strings.TrimSpace(x.text) != strings.TrimRight(above[x.name], " ") {
				return nil, structure("%s.%s is not a field, or not its parent's value", r.name, x.name)
			}
			continue
		}
		v, t := s.fit(r, f, x.text)
		if t != nil {
			return nil, t
		}
		row.set(x.name, v)
	}
	for k := range inheritedKeys {
		if want := strings.TrimRight(above[k], " "); want != "" && r.field(k) != nil && row.Get(k) != want {
			return nil, structure("%s.%s is %q, but its parent has %q", r.name, k, row.Get(k), want)
		}
	}
	return row, nil
}

// inherited are the values that a row below may repeat.
func inherited(above map[string]string, row *Row) map[string]string {
	out := maps.Clone(row.Fields)
	for name, v := range above {
		if _, own := out[name]; !own {
			out[name] = v
		}
	}
	return out
}

// fit edits a value as the staging table would take it; messages bypass upper-casing (PEOPLESOFT.md §7.3).
func (s *Server) fit(r *record, f *field, v string) (string, *trouble) {
	if strings.TrimSpace(v) == "" {
		return "", nil
	}
	switch f.kind {
	case number, signed:
		v = strings.TrimSpace(v)
		if reason := badNumber(f, v); reason != "" {
			return "", structure("%s.%s: %s", r.name, f.name, reason)
		}
		if f.scale == 0 {
			return rounded(amount(v), 0).Text('f'), nil
		}
		return stored(amount(v), f.scale), nil
	case date:
		if _, err := time.Parse(time.DateOnly, strings.TrimSpace(v)); err != nil {
			return "", structure("%s.%s: invalid date %s", r.name, f.name, v)
		}
		return strings.TrimSpace(v), nil
	}
	if n := utf8.RuneCountInString(v); n > f.length {
		if !s.options.Site.CutMessages {
			return "", structure("%s.%s has %d characters; the maximum is %d", r.name, f.name, n, f.length)
		}
		v = string([]rune(v)[:f.length])
	}
	if f.values != nil && !slices.Contains(f.values, v) {
		return "", structure("%s.%s: invalid value %s", r.name, f.name, v)
	}
	return v, nil
}
