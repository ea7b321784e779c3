package connector

import (
	"time"

	"ml-connector/alike"
)

// Record names one business object of a Connection. ID is the System's own, in the form of FLOWS.md "Record IDs".
type Record struct {
	Connection string `json:"connection"`
	Kind       Kind   `json:"kind"`
	ID         string `json:"id"`
}

// String is CONNECTION:KIND:ID, as commands take it.
func (r Record) String() string { return r.Connection + ":" + string(r.Kind) + ":" + r.ID }

// Version is what a Source read of one Record at one time.
type Version struct {
	ID       string    // the System's own record ID
	Numbers  []string  // numbers that people know it by, besides the ID
	Title    string    // one line for a person
	Name     string    // the name under which a person may have entered the same thing elsewhere; "" for Kinds without one
	Stamp    string    // the System's own mark of this content, as received; "" when it has none
	Changed  time.Time // when the System says that it changed; zero when it does not say
	Standing Standing
	Ours     bool         // it carries a number that only we give, so a write of ours made it
	Traits   alike.Traits `json:",omitzero"` // what tells it apart from others of its Kind
	Names    []Ref        // what comes before it in one purchase and belongs to the same Connection: Kind, and IDs or Number
	Document Document
	Text     []byte   `json:"-"` // the Document's canonical text, when somebody made it already; nil = nobody did
	Mirror   Document // the same content in the field names that this System's Sink writes, as far as it can be told; nil when unknown
}

// Problem is one record of a page that could not be read. It becomes a held Delivery and stops nothing.
type Problem struct {
	ID  string // "" only if not even that could be told
	Err *Error
}

// Seen is a record of the window that the caller knows already, by ID and Stamp; its content was not read again.
type Seen struct{ ID, Stamp string }

// Ref names what a Record refers to: the Delivery waits for it. IDs are tried in their order; Number stands for a
// number that people know when the System's ID is not in the referring Document. Other are the IDs that the same object
// would have at the other Connection of the Flow, where they can be told from the reference alone.
type Ref struct {
	Connection string   `json:"connection"`
	Kind       Kind     `json:"kind"`
	IDs        []string `json:"ids,omitempty"`
	Number     string   `json:"number,omitempty"`
	Other      []string `json:"other,omitempty"`
	Usable     bool     `json:"usable,omitempty"` // a Link is not enough: the target's Record must be usable
	Reason     string   `json:"reason"`
}

// ID is the first ID, or the Number.
func (r Ref) ID() string {
	if len(r.IDs) > 0 {
		return r.IDs[0]
	}
	return r.Number
}

// CrosswalkKind is the Kind of a Ref to a missing crosswalk row: Connection is the crosswalk's name, ID the value.
const CrosswalkKind Kind = "crosswalk"
