package invariant

import (
	"time"

	connector "ml-connector"
)

// Side is one System as somebody sees it who may look into it, such as the owner of a simulator.
type Side interface {
	// Connection is the name under which the store knows it.
	Connection() string
	// Objects is all that it holds of one Kind.
	Objects(kind connector.Kind) []Object
	// Writes is every write of one Kind that ever had an effect there and came from us, in their order.
	Writes(kind connector.Kind) []Write
}

// Object is one object that a System holds.
type Object struct {
	ID      string    // as Records have it
	Of      string    // ID or number of the source record, where the object carries a key of ours
	Stamp   string    // as a Version of its content has it, "" when that can't be told
	Changed time.Time // zero when that can't be told, or the Kind is always read whole
	// Facts are what both Systems know of it in their own ways, in one form: total, currency, name …
	Facts map[string]string
	Names []connector.Record // what it refers to at its own Connection
	// Told is what its System was told that became of it at the other one, and Became what surely became of it at this one, both
	// in one form: the voucher's number, and for each payment that number, a space and the number of the payment.
	Told, Became []string
}

// Write is one effect of a write of ours.
type Write struct {
	Of string // ID or number of the source record; "" when only the target's own ID is known
	ID string // at the target, "" when unknown
}

// Violation is one invariant that does not hold.
type Violation struct {
	Item     string // its number in the list of invariants; "rows" ties tables together, "rest" is about being settled, "told" about what a source was told
	Flow     string
	Run      int64
	Delivery int64
	Record   connector.Record
	Text     string // one sentence for a person
}

// String is the violation on one line.
func (v Violation) String() string {
	text := v.Item + ": "
	if v.Record.ID != "" {
		text += v.Record.String() + ": "
	}
	text += v.Text
	if v.Flow != "" {
		text += ", flow " + v.Flow
	}
	if v.Run != 0 {
		text += ", run " + decimal(v.Run)
	}
	if v.Delivery != 0 {
		text += ", delivery " + decimal(v.Delivery)
	}
	return text
}
