package connector

// Kind says what a Record is about. The Kinds are vendor-neutral; each System describes how it spells them.
type Kind string

// The Kinds that the shipped Flows move.
const (
	Supplier      Kind = "supplier"
	GLAccount     Kind = "gl_account"
	Requisition   Kind = "requisition"
	PurchaseOrder Kind = "purchase_order"
	Invoice       Kind = "invoice"
)

// Kinds lists all Kinds in the order in which they depend on each other: what comes first is referred to by what follows.
func Kinds() []Kind {
	return []Kind{GLAccount, Supplier, Requisition, PurchaseOrder, Invoice}
}

// Standing says whether others may refer to a Record, as far as its System's own status tells.
type Standing string

// A Record may be used, is not ready yet (somebody must still approve it), or was refused or closed for good; "" is not known.
const (
	Usable  Standing = "usable"
	Pending Standing = "pending"
	Refused Standing = "refused"
)

// Master says whether records of a Kind are master data: everything else refers to them, so a Flow's first Run reads
// them whole (FLOWS.md "What to read").
func (k Kind) Master() bool { return k == Supplier || k == GLAccount }
