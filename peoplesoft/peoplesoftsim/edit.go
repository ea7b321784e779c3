package peoplesoftsim

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// message is one line of a Component Interface's message list.
type message struct {
	kind        string // Error or Warning
	set, number int
	text        string
	explain     string
}

// edits gathers what the page's edits say about a document. malformed is a mistake in the request itself, which the service
// refuses as a fault before any edit runs.
type edits struct {
	s         *Server
	ci        string // the site's name of the Component Interface, for paths
	messages  []message
	malformed *trouble
}

// fail adds an error in the form "text (set,number) {path}".
func (e *edits) fail(set, number int, path, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	e.messages = append(e.messages, message{kind: "Error", set: set, number: number, text: fmt.Sprintf("%s (%d,%d) {%s}", text, set, number, path), explain: explanations[[2]int{set, number}]})
}

var explanations = map[[2]int]string{
	{15, 11}: "The value entered in the field does not match one of the allowable values.",
	{15, 30}: "The field is required. Enter a value.",
}

func (e *edits) failed() bool {
	return slices.ContainsFunc(e.messages, func(m message) bool { return m.kind == "Error" })
}

// read turns a request's element into a row. Elements must be the record's: keys first, then properties, then collections
// (PEOPLESOFT.md §4.1); anything else is malformed. An element that is absent stays absent, so that an update can leave it.
func (e *edits) read(r *record, from *element, path string) *Row {
	row := newRow()
	counts := map[string]int{}
	stage := 0
	for _, x := range from.below {
		name, position := e.s.property(r, x.name)
		if position == 0 {
			e.malform("Element %s is not part of %s.", x.name, path)
			return row
		}
		if position < stage {
			e.malform("Element %s is out of order in %s.", x.name, path)
			return row
		}
		stage = position
		if b := r.child(name); b != nil {
			counts[name]++
			row.add(name, e.read(b, x, fmt.Sprintf("%s.%s(%d)", path, name, counts[name])))
			continue
		}
		if len(x.below) > 0 {
			e.malform("Element %s of %s holds elements.", x.name, path)
			return row
		}
		f := r.field(name)
		row.set(name, e.field(f, strings.ReplaceAll(x.text, "\r\n", "\n"), path+"."+name))
	}
	return row
}

func (e *edits) malform(format string, args ...any) {
	if e.malformed == nil {
		e.malformed = refusal(159, 24, "Schema validation failed: "+format, args...)
	}
}

// property is the record's own name of an element and where it may stand: 1 key, 2 property, 3 collection, 0 nowhere.
func (s *Server) property(r *record, name string) (string, int) {
	p := s.options.Site.Prefixes
	if n, ok := strings.CutPrefix(name, p.Collection); ok && r.child(n) != nil {
		return n, 3
	}
	if n, ok := strings.CutPrefix(name, p.Key); ok && r.field(n) != nil && r.isKey(n) {
		return n, 1
	}
	if n, ok := strings.CutPrefix(name, p.Property); ok && r.field(n) != nil && !r.isKey(n) {
		return n, 2
	}
	return name, 0
}

// field edits one value: format, length, translate values; prompt tables follow when the whole row is known.
func (e *edits) field(f *field, v, path string) string {
	if v = strings.TrimRight(v, " "); v == "" {
		return ""
	}
	switch f.kind {
	case character:
		if f.upper {
			v = strings.ToUpper(v)
		}
		if n := utf8.RuneCountInString(v); n > f.length {
			e.fail(15, 20, path, "Field value has %d characters; the maximum is %d.", n, f.length)
		}
		if f.values != nil && !slices.Contains(f.values, v) {
			e.fail(15, 11, path, "Invalid value -- press the prompt button or hyperlink for a list of valid values")
		}
	case number, signed:
		return e.number(f, strings.TrimSpace(v), path)
	case date:
		if _, err := time.Parse(time.DateOnly, strings.TrimSpace(v)); err != nil {
			e.fail(15, 9, path, "Invalid date %s.", v)
		}
		return strings.TrimSpace(v)
	}
	return v
}

func (e *edits) number(f *field, v, path string) string {
	if reason := badNumber(f, v); reason != "" {
		e.fail(15, 12, path, "%s", reason)
		return "0"
	}
	if f.scale == 0 {
		return rounded(amount(v), 0).Text('f')
	}
	return stored(amount(v), f.scale)
}

// badNumber says why a number does not fit its column, or nothing.
func badNumber(f *field, v string) string {
	if !plainNumber.MatchString(v) {
		return fmt.Sprintf("Invalid number %s.", v)
	}
	if f.kind == number && strings.HasPrefix(v, "-") && !amount(v).IsZero() {
		return fmt.Sprintf("Number %s may not be negative.", v)
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(v, "-"), ".")
	if len(strings.TrimRight(fraction, "0")) > f.scale {
		return fmt.Sprintf("Number %s has more than %d decimals.", v, f.scale)
	}
	if len(strings.TrimLeft(whole, "0")) > f.length-f.scale {
		return fmt.Sprintf("Number %s is too large.", v)
	}
	return ""
}

// complete edits whole rows: required fields, then prompt tables.
func (e *edits) complete(r *record, row *Row, path string) {
	for i := range r.fields {
		f := &r.fields[i]
		v := row.Get(f.name)
		empty := v == "" || isNumber(f.kind) && amount(v).IsZero()
		switch {
		case empty && f.required:
			e.fail(15, 30, path+"."+f.name, "Required field.")
		case !empty && f.prompt != "" && !e.s.known(f.prompt, v, row):
			e.fail(15, 11, path+"."+f.name, "Invalid value -- press the prompt button or hyperlink for a list of valid values")
		}
	}
	for _, b := range r.below {
		for i, x := range row.Below[b.name] {
			e.complete(b, x, fmt.Sprintf("%s.%s(%d)", path, b.name, i+1))
		}
	}
}

// known looks a value up in a prompt table. Vendors must be approved; ChartFields must be active today, accounts also chargeable.
func (s *Server) known(prompt, v string, row *Row) bool {
	switch prompt {
	case "vendor":
		return s.vendors.get(key(or(row.Get("VENDOR_SETID"), s.company.SetID), v)).Get("VENDOR_STATUS") == "A"
	case "PROJECT_ID":
		return s.codes["project:"+row.Get("BUSINESS_UNIT_PC")][v]
	}
	if s.codes[prompt] != nil {
		return s.codes[prompt][v]
	}
	t := s.chart[prompt]
	if t == nil || t.get(key(s.company.SetID, v)) == nil {
		return false
	}
	r := current(t.get(key(s.company.SetID, v)).Below["rows"], s.today())
	return r.Get("EFF_STATUS") == "A" && r.Get("BUDGETARY_ONLY") != "Y" && r.Get("STATISTICS_ACCOUNT") != "Y"
}

// accounting edits a distribution's ChartFields beyond their prompt tables.
func (e *edits) accounting(d *Row, path string) {
	if d.Get("ACCOUNT") == "" {
		e.fail(15, 30, path+".ACCOUNT", "Required field.")
	}
	set := 0
	for _, f := range []string{"BUSINESS_UNIT_PC", "PROJECT_ID", "ACTIVITY_ID"} {
		if d.Get(f) != "" {
			set++
		}
	}
	if set != 0 && set != 3 {
		e.fail(9601, 14, path+".PROJECT_ID", "PC business unit, project and activity must be entered together.")
	}
}
