package peoplesoftsim

import (
	"fmt"
	"slices"
	"strings"
)

// component is one Component Interface: a structure, where it is kept, and the page's own rules.
type component struct {
	name      string // ours, such as JGR_PO_CI
	operation string // of effects: po, vendor
	root      *record
	table     *table
	assign    func(row *Row)           // gives the number when the key says NEXT or nothing
	defaults  func(row *Row, old *Row) // fills what the page would; old is nil on create
	rules     func(e *edits, row *Row, old *Row)
	natural   func(row *Row) string // how effects name it
	after     func(row *Row)        // what the page does elsewhere once it has saved; nil is nothing
}

// outcome is what a Component Interface call comes to.
type outcome struct {
	saved    bool
	keys     []*Row // rows whose keys go into the answer
	whole    *Row   // the row that Get shows
	messages []message
}

func (s *Server) defineComponents() map[string]*component {
	return map[string]*component{"JGR_PO_CI": s.orderComponent(), "JGR_VNDR_CI": s.vendorComponent()}
}

// call runs one method. The trouble is a fault: the request does not fit the service, or the user may not call it.
func (s *Server) call(q *request, c *component, verb string, from *element) (*outcome, *trouble) {
	e := &edits{s: s, ci: theirs(s.options.Site.CIs, c.name)}
	row := e.read(c.root, from, e.ci)
	if e.malformed != nil {
		return nil, e.malformed
	}
	if f := q.shape["ci_error"]; f != nil {
		e.fail(f.Set, f.Number, e.ci, "%s", f.Text)
		return c.refused(e, row), nil
	}
	switch verb {
	case "create":
		return s.create(c, e, row), nil
	case "update", "updatedata":
		return s.update(q, c, e, row, verb == "updatedata"), nil
	case "get":
		return s.fetch(q, c, e, row), nil
	case "find":
		return s.search(q, c, row), nil
	}
	return nil, refusal(91, 26, "Method %s is not part of %s.", verb, e.ci)
}

func (c *component) keyOf(row *Row) string {
	parts := make([]string, len(c.root.keys))
	for i, k := range c.root.keys {
		parts[i] = row.Get(k)
	}
	return key(parts...)
}

// refused answers with every message and the consequence that nothing was saved.
func (c *component) refused(e *edits, row *Row) *outcome {
	e.messages = append(e.messages, message{kind: "Error", set: 91, number: 37, text: fmt.Sprintf("Error saving Component Interface. {%s} (91,37)", e.ci)})
	return &outcome{keys: []*Row{row}, messages: e.messages}
}

func (s *Server) create(c *component, e *edits, row *Row) *outcome {
	last := c.root.keys[len(c.root.keys)-1]
	if n := row.Get(last); n != "" && n != "NEXT" && c.table.get(c.keyOf(row)) != nil {
		e.fail(91, 49, e.ci, "Row already exists with the specified keys.")
		return c.refused(e, row)
	}
	if c.duplicates(e, c.root, row, e.ci) {
		return c.refused(e, row)
	}
	c.defaults(row, nil)
	e.complete(c.root, row, e.ci)
	if !e.failed() {
		c.rules(e, row, nil)
	}
	if e.failed() {
		return c.refused(e, row)
	}
	if n := row.Get(last); n == "" || n == "NEXT" {
		c.assign(row)
	}
	c.root.blank(row)
	row.at = s.now()
	c.table.put(c.keyOf(row), row)
	s.effect(c.operation+".create", c.natural(row))
	if c.after != nil {
		c.after(row)
	}
	return &outcome{saved: true, keys: []*Row{row}}
}

// duplicates refuses two rows of one collection with the same key.
func (c *component) duplicates(e *edits, r *record, row *Row, path string) bool {
	for _, b := range r.below {
		seen := map[string]bool{}
		for i, x := range row.Below[b.name] {
			at := fmt.Sprintf("%s.%s(%d)", path, b.name, i+1)
			if k := x.Get(b.keys[0]); k != "" && seen[k] {
				e.fail(18, 2, at, "The data being added conflicts with existing data.")
				return true
			} else {
				seen[k] = true
			}
			if c.duplicates(e, b, x, at) {
				return true
			}
		}
	}
	return false
}

func (s *Server) update(q *request, c *component, e *edits, row *Row, existingOnly bool) *outcome {
	old := c.table.get(c.keyOf(row))
	if old == nil || !q.user.sees(c.keyOf(row), row.Get("BUSINESS_UNIT")) {
		e.fail(91, 50, e.ci, "No rows exist for the specified keys.")
		return c.refused(e, row)
	}
	merged := old.clone()
	e.merge(c.root, merged, row, e.ci, existingOnly)
	c.defaults(merged, old)
	e.complete(c.root, merged, e.ci)
	if !e.failed() {
		c.rules(e, merged, old)
	}
	if e.failed() {
		return c.refused(e, row)
	}
	c.root.blank(merged)
	c.table.put(c.keyOf(merged), merged)
	s.effect(c.operation+".update", c.natural(merged))
	if c.after != nil {
		c.after(merged)
	}
	return &outcome{saved: true, keys: []*Row{merged}}
}

// merge lays what was sent over what is there, rows matched by key. Update inserts new rows; UpdateData knows existing ones only.
// Of dated rows that of today or later may be changed, and none be inserted before the one in force (PEOPLESOFT.md §4.2).
func (e *edits) merge(r *record, into, sent *Row, path string, existingOnly bool) {
	for name, v := range sent.Fields {
		into.set(name, v)
	}
	for _, b := range r.below {
		for i, x := range sent.Below[b.name] {
			at := fmt.Sprintf("%s.%s(%d)", path, b.name, i+1)
			there := find(into.Below[b.name], b.keys[0], x.Get(b.keys[0]))
			switch {
			case b.keys[0] == "EFFDT" && e.s.isPast(into.Below[b.name], there, x):
				e.fail(18, 2, at, "The data being added conflicts with existing data.")
			case there != nil:
				e.merge(b, there, x, at, existingOnly)
			case existingOnly:
				e.fail(91, 50, at, "No rows exist for the specified keys.")
			default:
				into.add(b.name, x)
			}
		}
	}
}

// isPast says whether a dated row that was sent would change history: an older row, or the one in force, in place.
func (s *Server) isPast(rows []*Row, there, sent *Row) bool {
	day := sent.Get("EFFDT")
	if there == nil {
		now := current(rows, s.today())
		return now != nil && day < now.Get("EFFDT")
	}
	return day < s.today() && differs(there, sent)
}

// differs says whether a row that was sent has another value than the one that is there.
func differs(there, sent *Row) bool {
	for name := range sent.Fields {
		if there.Get(name) != sent.Get(name) {
			return true
		}
	}
	for name, rows := range sent.Below {
		for i, x := range rows {
			if i >= len(there.Below[name]) || differs(there.Below[name][i], x) {
				return true
			}
		}
	}
	return false
}

func (s *Server) fetch(q *request, c *component, e *edits, row *Row) *outcome {
	found := c.table.get(c.keyOf(row))
	if found == nil || !q.user.sees(c.keyOf(row), row.Get("BUSINESS_UNIT")) {
		e.fail(91, 50, e.ci, "No rows exist for the specified keys.")
		return &outcome{keys: []*Row{row}, messages: e.messages}
	}
	return &outcome{saved: true, whole: found}
}

// search is Find: the keys of every row whose keys begin with those given, 300 at most as on the search page.
func (s *Server) search(q *request, c *component, row *Row) *outcome {
	out := &outcome{saved: true}
	for _, k := range c.table.keys {
		r := c.table.get(k)
		match := q.user.sees(k, r.Get("BUSINESS_UNIT"))
		for _, name := range c.root.keys {
			match = match && strings.HasPrefix(r.Get(name), row.Get(name))
		}
		if match && len(out.keys) < 300 {
			out.keys = append(out.keys, r)
		}
	}
	return out
}

// permission is the service operation behind a method: CI_X_C, _G, _F, _U, _UD.
func permission(c *component, verb string) string {
	return "CI_" + c.name + "_" + map[string]string{"create": "C", "get": "G", "find": "F", "update": "U", "updatedata": "UD"}[verb]
}

var verbs = []string{"create", "get", "find", "update", "updatedata"}

func isVerb(v string) bool { return slices.Contains(verbs, v) }
