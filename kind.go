package connector

// Kind says what a Record is about. The Kinds are vendor-neutral; each System describes how it spells them.
type Kind string

// The Kinds that the shipped Flows move, and two that belong to them and are only read and kept (ADR 0011).
const (
	Supplier       Kind = "supplier"
	GLAccount      Kind = "gl_account"
	Requisition    Kind = "requisition"
	PurchaseOrder  Kind = "purchase_order"
	GoodsReceipt   Kind = "receipt"
	Invoice        Kind = "invoice"
	InvoicePayment Kind = "payment"
)

// Kinds lists all Kinds in the order in which they depend on each other: what comes first is referred to by what follows.
func Kinds() []Kind {
	return []Kind{GLAccount, Supplier, Requisition, PurchaseOrder, GoodsReceipt, Invoice, InvoicePayment}
}

// Standing says whether others may refer to a Record, as far as its System's own status tells.
type Standing string

// A Record may be used, is not ready yet (somebody must still approve it), or was refused or closed for good; "" is not known.
const (
	Usable  Standing = "usable"
	Pending Standing = "pending"
	Refused Standing = "refused"
)
