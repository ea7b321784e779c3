package mapping

import (
	"time"

	connector "ml-connector"
)

// Flow is one parsed mapping file: what is read where, what becomes of it, and the rules by which the engine treats it.
// It is immutable after Parse and may be used by many goroutines.
type Flow struct {
	Name        string
	Kind        connector.Kind
	From        string   // System that is read
	To          string   // System that is written
	Needs       []string // Flows that go first
	Schedule    string   // cron, @daily, @every; "" = the default
	Drift       connector.DriftRule
	Withdraw    connector.WithdrawRule
	Track       string // how often delivered Records are followed at the target; "" = not
	Deep        string // how often the last days are read again whatever the stamps say; "" = the default
	Acknowledge string // off, voucher, paid; "" = off

	top       level
	filter    *expression
	withdrawn *expression
	adopt     *reference
	alike     *expression
	confirm   *expression
	stop      *expression // what has the stops go at once, though a second person has not approved the rest
	stops     []string
	likely    float64
	never     bool // what is alike is told and holds nothing
	taxLinks  bool // what has the same tax number and country is linked by itself
	title     *expression
	id        *expression
	revision  *expression
	reserve   []*expression
	dated     *expression
	taken     bool
}

// Context is all that a Flow may know of the world when it maps one Record. Every function of it must be free of side
// effects but Choose, which keeps what it chose.
type Context struct {
	Record connector.Record   // of the source
	Source connector.Document // its content

	Linked   bool
	TargetID string             // of the linked Record at the target, "" when there is none
	Target   connector.Document // last read content of that Record, nil when it was never read

	From, To         connector.Settings // in force, of both Connections
	FromName, ToName string             // of the Connections
	Now              time.Time
	Where            *Filter // of the site, nil when there is none

	// Crosswalk gives what a value is called at the target on a day; false when the crosswalk has no row for it then.
	Crosswalk func(name, value, day string) (string, bool)
	// Link tells what is known of something that the Record refers to.
	Link func(ref connector.Ref) LinkState
	// Choose gives a number of our own counter; the same for the same Delivery, however often it is asked.
	Choose func(name string) (string, error)
	// Schema is that of the target's Documents.
	Schema connector.Schema
	// Fixed remembers what depends on From and To alone, nil = nothing is remembered.
	Fixed *Fixed
	// Traced has the Result say of each value how it came about.
	Traced bool
}

// LinkState is what is known of a referenced Record.
type LinkState struct {
	Found    bool
	ID       string             // at the other side
	Source   string             // the ID of what is linked here: of what was merged into another, that one; "" = as it was asked for
	Standing connector.Standing // of the target's Record
	Target   connector.Document // last read content of the target's Record, nil when it was never read
}

// Result is what a Flow makes of one Record. The same Context gives the same Result.
type Result struct {
	Passed    bool // it passes the Flow's filter and the site's
	Withdrawn bool // it doesn't, in a way that takes back what was sent before

	Document connector.Document // whole, as a create or an update sends it
	Owned    connector.Document // without what is only set on creation

	Problems []Problem       // every rule that failed
	Missing  []connector.Ref // what it waits for
	Day      string          // on which rows of Crosswalks had to count; "" = none was looked up

	Adopt        connector.Ref // the target's Record that this one is already; its Kind is "" when there is none
	Reserve      []string      // natural keys that no other Record of this Flow may have; the first is the main one
	TakenFilters bool          // a key that another Record has filters this one, rather than being a conflict
	Cuts         []connector.Change
	Notes        []string // remarks of the rules that hold nothing
	Alike        string   // name to compare with unlinked Records of the target before a create; "" = no comparison
	Title        string
	Revision     string  // the source's own count of changes: a lower one than was delivered is superseded; "" = none
	Traces       []Trace // of single values, in the order in which they were made; only where the Context asks for them
	ID           string  // that the target's Record will have, with NEXT where the target gives a number; "" when it can't be told
}

// Problem is one rule that failed.
type Problem struct {
	Field   string         // path in the target's Document, "" when the rule is about the whole
	Code    connector.Code // "" = invalid
	Message string
}

// Code is the class of all Problems together: invalid as soon as one is, since trying again can't help then, else that of
// the first. It is "" without Problems.
func (r Result) Code() connector.Code {
	code := connector.Code("")
	for _, p := range r.Problems {
		if p.Code == "" || p.Code == connector.Invalid {
			return connector.Invalid
		}
		if code == "" {
			code = p.Code
		}
	}
	return code
}

// Reasons gives each Problem in one line, the field first.
func (r Result) Reasons() []string {
	out := make([]string, 0, len(r.Problems))
	for _, p := range r.Problems {
		if p.Field == "" {
			out = append(out, p.Message)
			continue
		}
		out = append(out, p.Field+": "+p.Message)
	}
	return out
}
