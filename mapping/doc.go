// Package mapping turns a source Document into a target Document by the rules of a Flow: [Parse] reads a mapping file,
// [Flow.Check] holds it against the Schemas of both Systems, [Flow.Apply] maps one Record and names every rule that failed.
//
// It must never do input or output, read a clock, or know a vendor: what it may know of the world comes in a [Context], and
// vendors' fields stand in mapping files. Money is exact: text of a Document becomes a decimal without passing through a float.
//
// It is proved by tables of the language, by property tests (shares sum exactly, nothing panics, equal inputs give equal
// outputs), by fuzzing the parser, and by the golden cases of the shipped Flows in package flows.
//
// # The file
//
// A mapping file is YAML. The head says name, kind, from and to (Systems), needs (Flows that go first), schedule, drift,
// withdraw, track, deep and acknowledge. Then come rules, all of them optional but fields:
//
//	let:       names for values, in their order: {lines: "filter(doc.lines, .quantity != 0)"}
//	filter:    condition; what fails it is filtered
//	withdrawn: condition; what fails the filter and meets this takes back what was sent
//	stop:      {when, fields}: what goes at once though a second person has not approved the rest
//	adopt:     {kind, when, id, reason}: the target's Record that this one is already; then nothing is created
//	alike:     the name to compare with the target's before a create
//	links:     {name: {kind, when, each, as, id, other, number, usable, ready, optional, reason}}: what must be linked first;
//	           expressions see name.id (at the other side) and name.target; usable: a condition, the target's Record must be
//	           ready to be used (ready: what it is called then, approved where nothing is said); optional: true, what is not
//	           linked counts as not named
//	hold:      [{if, message, code, field, on}]: guards; a message has expressions in {braces}
//	note:      [{if, message}]: remarks that are shown with the Delivery and hold nothing
//	spread:    a group of fields to take over as they are
//	fields:    {TARGET_FIELD: rule}
//	reserve:   natural keys over the finished Document, which is called out; the first is the main one
//	taken:     conflict (default) or filter: what becomes of a second Record with the same key
//	title:     one line for a person
//	revision:  the source's own count of changes: a lower one than was delivered is superseded, and another record with the
//	           same key and a higher one is the next revision of the same thing
//	id:        the ID that the target's record will have, NEXT where the target gives a number: for dry runs
//
// # A rule
//
// A single value comes from one of
//
//	from:  a path from the current element: header.total.value; ^.header.poNumber goes one list up; . is the element itself
//	value: a text
//	expr:  an expression
//
// and then goes through lookup (a crosswalk; for a value without a row there, else: identity takes it as it is if the target can
// hold it, which is the default, blank takes it for no value, hold holds the Record until there is a row), default (when there
// is no value), cut (to so many characters; what was cut is shown) and required. when: applies the rule only if.
// on: create applies it only while nothing is linked, and leaves the field to the target afterwards; owned: false sends it each
// time but leaves it to the target too.
//
// A field with fields of its own is a group. With each (an expression that gives a list) and as (the name of one element) it
// is a list; where filters its elements and number names their count from 1. Groups and lists may have let, links, hold and
// spread like the file itself.
//
// # Expressions
//
// They are those of github.com/expr-lang/expr without its functions and without floats. A path through something that is not
// there is blank, never an error. Blank, missing and "" are equal; "true" is true; a list that is not there is empty, and
// anything else is a list of itself. + joins texts and adds as soon as one side is a number; the other operators of arithmetic
// take text for numbers; comparisons compare numbers when one side is one, else text. a ?? b is b when a is blank.
//
//	doc record linked target target_id from to today   the source, its ID, whether and to what it is linked, both settings, the day
//	lookup(crosswalk, x)  choose(name)  day(time)       a row or blank; a number of our own; the day in the Connection's zone
//	dec(x) dec(x, if_blank) round(x, n) div(a, b, n) abs(x) sum(list) shares(amount, weights, n) digits(currency)
//	text upper lower trim ascii plain left(x, n) pad(x, n) part(id, n) wrap(x, n) cutPrefix(x, p) fill(template, values) join(list, s)
//	len blank date addDays(day, n) iso2 iso3
//	list concat first flatten uniq group(list, keys) zip(names, values) merge(groups…) keys(group)
//	all none any one filter map find findIndex count reduce
//
// plain is A–Z and 0–9 in upper case without accents; wrap cuts at the last space that leaves n characters, into two; fill puts
// {name} and {name:7} into a template; part is the n-th part of an ID between slashes; shares gives what rounding left over to
// the largest, of equal ones to the last.
package mapping
