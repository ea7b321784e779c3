package connector

// Link is the learned identity of one object on two Connections.
type Link struct {
	ID   int64
	Kind Kind
	A    Record // of the Connection whose name sorts first
	B    Record
}

// Other is the side of the Link that is not at the named Connection.
func (l Link) Other(connection string) Record {
	if l.A.Connection == connection {
		return l.B
	}
	return l.A
}

// Agreement is, per Flow, the last state on which both sides of a Link agreed.
type Agreement struct {
	Link          int64
	Flow          string
	SourceVersion int
	TargetVersion string   // the target's own mark, "" when it has none
	Revision      string   // the source's own count of changes, where its Flow names one; "" otherwise
	Fingerprint   string   // of the owned fields
	Owned         Document // the owned fields themselves, in the Sink's names: for diffs and for drift
}
