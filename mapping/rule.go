package mapping

import (
	"regexp"
	"strings"
)

// level is a set of rules for one group of fields of the target: the Document, a group, or each element of a list.
type level struct {
	lets   []*definition
	links  []*reference
	holds  []*guard
	notes  []*guard
	spread *expression // a group of fields to take over as they are
	fields []*rule
	whole  bool // the Flow owns all of it: no field in it, at any depth, is made on creation only or unowned
}

// ownsAll says what whole remembers.
func (l *level) ownsAll() bool {
	for _, r := range l.fields {
		if r.onCreate || r.unowned || r.nested != nil && !r.nested.whole {
			return false
		}
	}
	return true
}

// names is how many names the level defines.
func (l *level) names() int { return len(l.lets) + len(l.links) }

// definition is a named value.
type definition struct {
	name  string
	what  string // it is called in messages
	line  int
	value *expression
}

// guard holds the Record when its condition is true.
type guard struct {
	what     string // it is called in messages
	cond     *expression
	message  template
	code     string
	field    string
	onCreate bool
}

// reference is something that the Record refers to and must be linked to first.
type reference struct {
	name     string // of the value that expressions see; with each there is none
	what     string // it is called in messages
	line     int
	kind     string
	when     *expression
	each     *expression
	as       string
	ids      *expression // a text or a list of texts
	other    *expression
	number   *expression
	usable   *expression // nil = it need not be
	optional bool        // what is not linked counts as not named
	ready    string      // what it is called once it is usable, "" = approved
	reason   template
}

// uses names everything that the reference reads.
func (r *reference) uses() []string {
	out := r.reason.uses()
	for _, e := range []*expression{r.when, r.each, r.ids, r.other, r.number, r.usable} {
		if e != nil {
			out = append(out, e.uses...)
		}
	}
	return out
}

// rule makes one field of the target.
type rule struct {
	name     string
	line     int
	path     *path       // from:
	literal  *string     // value:
	value    *expression // expr:
	fallback *expression // default:
	lookup   string      // crosswalk
	rowless  string      // what becomes of a value without a row there: identity, blank, hold
	cut      *expression // most characters
	when     *expression
	onCreate bool // made on creation only, and owned by the target afterwards
	unowned  bool // sent each time, but never owned
	required bool

	nested *level      // of a group or a list
	each   *expression // of a list
	as     string
	where  *expression
	number string
}

// path leads from the current element of the source to a field: up so many levels, then down by names.
type path struct {
	up    int
	names []string
}

var fieldName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (n node) source() *path {
	text := n.text()
	p := &path{}
	for strings.HasPrefix(text, "^.") {
		p.up, text = p.up+1, text[2:]
	}
	if text == "." {
		return p
	}
	for name := range strings.SplitSeq(text, ".") {
		if !fieldName.MatchString(name) {
			n.fail("%q is no path; it looks like header.total.value, ^.header.poNumber, or . for the element itself", n.text())
			return p
		}
		p.names = append(p.names, name)
	}
	return p
}

func (p *path) get(element any) any {
	for _, name := range p.names {
		m, ok := asMap(element)
		if !ok {
			return nil
		}
		element = m[name]
	}
	return element
}
