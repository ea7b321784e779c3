package mapping

import (
	"fmt"
	"slices"
	"strings"

	connector "ml-connector"
)

// Severity says what a Finding means.
type Severity string

// Severities.
const (
	Wrong Severity = "error"   // the file is refused: what it says can't work
	Risky Severity = "warning" // it works, but not for every record, or not as it looks
	Noted Severity = "note"
)

// Finding is one thing that a look at a mapping file shows before any Record is mapped.
type Finding struct {
	Severity Severity `json:"severity"`
	Line     int      `json:"line"`
	Field    string   `json:"field"` // path in the target's Document, "" when it is about none
	Message  string   `json:"message"`
	Hint     string   `json:"hint"` // what to do; "" when the message says it
}

func (f Finding) String() string {
	if f.Field == "" {
		return fmt.Sprintf("line %d: %s", f.Line, f.Message)
	}
	return fmt.Sprintf("line %d: %s: %s", f.Line, f.Field, f.Message)
}

// Ends are what is known of the two Systems that a Flow joins. What is not known is not checked.
type Ends struct {
	Source connector.Schema                      // of the Documents that are read
	Target connector.Schema                      // of those that are written
	There  func(connector.Kind) connector.Schema // how the target's own Records are read
	// From and To are the names of the settings that the two Connections can have.
	From, To []string
	// Crosswalks are those that there are; nil = not known.
	Crosswalks []string
}

// Check holds the Flow against both Schemas, before any Record is read: fields that are not there, lists and groups that
// are none, types, texts that can be too long, required fields that nothing fills, Crosswalks that nobody knows. Findings
// stand in the order of their lines.
func (f *Flow) Check(e Ends) []Finding {
	c := &checker{ends: e}
	c.every(f)
	c.unlimited()
	slices.SortStableFunc(c.list, func(a, b Finding) int { return a.Line - b.Line })
	return c.list
}

// checker collects Findings.
type checker struct {
	ends    Ends
	list    []Finding
	endless []string // target fields that take a text of no known length
	uses    []CrosswalkUse
}

// every looks at every rule and expression of a Flow.
func (c *checker) every(f *Flow) {
	names := map[string]shape{
		"doc": schemaShape(c.ends.Source, "doc"), "record": textShape(0), "linked": typeShape(connector.TypeBool), "target_id": textShape(0),
		"target": c.there(f.Kind, "target"), "from": settingsShape(c.ends.From, "from"), "to": settingsShape(c.ends.To, "to"),
		"today": typeShape(connector.TypeDate), "lookup": {}, "choose": {}, "day": {},
	}
	at := standing{names: names, elements: []shape{names["doc"]}}
	c.level(&f.top, c.ends.Target.Fields, &at)
	for _, e := range []*expression{f.filter, f.withdrawn, f.confirm, f.stop, f.revision, f.dated} {
		c.infer(e, at.names, "")
	}
	if f.adopt != nil {
		c.reference(f.adopt, at)
	}
	at = at.naming("out", schemaShape(c.ends.Target, "out"))
	for _, e := range append([]*expression{f.alike, f.title, f.id}, f.reserve...) {
		c.infer(e, at.names, "")
	}
}

func (c *checker) found(f Finding) {
	if !slices.Contains(c.list, f) {
		c.list = append(c.list, f)
	}
}

func (c *checker) there(kind connector.Kind, path string) shape {
	if c.ends.There == nil {
		return shape{path: path}
	}
	return schemaShape(c.ends.There(kind), path)
}

func settingsShape(names []string, path string) shape {
	if len(names) == 0 {
		return shape{path: path}
	}
	out := shape{form: groupForm, path: path, fields: map[string]shape{}}
	for _, n := range names {
		out.fields[n] = shape{path: path + "." + n}
	}
	return out
}

// standing is where in the file the check is: what names stand for, the elements of the source around it, and the path in
// the target.
type standing struct {
	names    map[string]shape
	elements []shape // the innermost last
	path     string
}

func (s standing) naming(name string, as shape) standing {
	names := make(map[string]shape, len(s.names)+1)
	for k, v := range s.names {
		names[k] = v
	}
	names[name] = as
	s.names = names
	return s
}

// level checks what the Document, a group and an element of a list have in common. at knows the level's names afterwards.
func (c *checker) level(l *level, target []connector.Field, at *standing) {
	for _, r := range l.links {
		if r.name != "" {
			*at = at.naming(r.name, shape{form: groupForm, path: r.name, fields: map[string]shape{"id": textShape(0), "source": textShape(0), "target": c.there(connector.Kind(r.kind), r.name+".target")}})
		}
	}
	for _, d := range l.lets {
		*at = at.naming(d.name, c.infer(d.value, at.names, ""))
	}
	for _, r := range l.links {
		c.reference(r, *at)
	}
	for _, g := range append(slices.Clone(l.holds), l.notes...) {
		c.guard(g, target, *at)
	}
	spread := c.infer(l.spread, at.names, at.path)
	for _, r := range l.fields {
		c.rule(r, target, *at)
		if _, twice := spread.fields[r.name]; twice && l.spread != nil {
			c.found(Finding{Severity: Risky, Line: r.line, Field: join2(at.path, r.name), Message: "is made twice: by its rule, and by the spread in line " + fmt.Sprint(l.spread.line),
				Hint: "The rule wins. Take one of the two away."})
		}
	}
	if len(target) > 0 {
		c.unfilled(l, spread, target, *at)
	}
}

// unfilled tells the required fields that nothing fills.
func (c *checker) unfilled(l *level, spread shape, target []connector.Field, at standing) {
	if l.spread != nil && (spread.form != groupForm || spread.open) {
		return // it may hold any field
	}
	line := 1
	if len(l.fields) > 0 {
		line = l.fields[0].line
	}
	for _, f := range target {
		_, taken := spread.fields[f.Name]
		if f.Required && l.rule(f.Name) == nil && !taken {
			c.found(Finding{Severity: Wrong, Line: line, Field: join2(at.path, f.Name), Message: "is required by the target, and no rule fills it",
				Hint: "Every record would be held. Add a rule for it."})
		}
	}
}

func (c *checker) reference(r *reference, at standing) {
	names := at.names
	each := c.infer(r.each, names, at.path)
	c.infer(r.when, names, at.path)
	c.infer(r.usable, names, at.path)
	if r.as != "" {
		names = at.naming(r.as, each.element()).names
	}
	for _, e := range []*expression{r.ids, r.other, r.number} {
		c.infer(e, names, at.path)
	}
	c.template(r.reason, names, at.path)
}

func (c *checker) template(t template, names map[string]shape, field string) {
	for _, part := range t {
		if e, ok := part.(*expression); ok {
			c.infer(e, names, field)
		}
	}
}

func (c *checker) guard(g *guard, target []connector.Field, at standing) {
	c.infer(g.cond, at.names, at.path)
	c.template(g.message, at.names, at.path)
	if g.field != "" && len(target) > 0 && fieldOf(target, g.field) == nil {
		c.found(Finding{Severity: Risky, Line: g.cond.line, Field: join2(at.path, g.field), Message: "the guard names a field that the target does not have" + DidYouMean(g.field, fieldNames(target))})
	}
}

func fieldNames(fields []connector.Field) []string {
	out := make([]string, len(fields))
	for i := range fields {
		out[i] = fields[i].Name
	}
	return out
}

// crosswalk notes where a Crosswalk is looked up, and tells one that nobody knows.
func (c *checker) crosswalk(name string, line int, field string) {
	if use := (CrosswalkUse{name, line, field}); !slices.Contains(c.uses, use) {
		c.uses = append(c.uses, use)
	}
	if c.ends.Crosswalks == nil || slices.Contains(c.ends.Crosswalks, name) {
		return
	}
	c.found(Finding{Severity: Risky, Line: line, Field: field, Message: "there is no crosswalk " + name + DidYouMean(name, c.ends.Crosswalks),
		Hint: "Until it is imported no value has a row there: `ml-connector crosswalk import " + name + " FILE`."})
}

// unlimited says in one note which fields depend on what the records hold.
func (c *checker) unlimited() {
	if len(c.endless) == 0 {
		return
	}
	slices.Sort(c.endless)
	fields := slices.Compact(c.endless)
	c.found(Finding{Severity: Noted, Line: 1, Message: fmt.Sprintf("%d fields take texts whose length the source does not limit: %s", len(fields), strings.Join(fields, ", ")),
		Hint: "A record with a longer text is held, and says which; cut: shortens text that only describes."})
}

// CrosswalkUse is one place of a mapping file where a Crosswalk is looked up.
type CrosswalkUse struct {
	Name  string
	Line  int
	Field string // path in the target's Document, "" in no rule of a field
}

// Crosswalks lists where the Flow looks Crosswalks up.
func (f *Flow) Crosswalks() []CrosswalkUse {
	c := &checker{ends: Ends{Crosswalks: []string{}}}
	c.every(f)
	return c.uses
}

// Findings are the mistakes of a file that [Parse] refused, one each.
func Findings(err error) []Finding {
	if err == nil {
		return nil
	}
	cause := connector.AsError(err).Cause
	if cause == nil {
		cause = err
	}
	var out []Finding
	for text := range strings.Lines(cause.Error()) {
		f := Finding{Severity: Wrong, Line: 1, Message: strings.TrimSpace(text)}
		if i := strings.Index(text, "line "); i >= 0 {
			if n, _ := fmt.Sscanf(text[i:], "line %d: ", &f.Line); n == 1 && i == 0 {
				_, f.Message, _ = strings.Cut(f.Message, ": ")
			}
		}
		out = append(out, f)
	}
	return out
}
