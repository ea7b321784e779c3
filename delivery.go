package connector

import "time"

// State is where a Delivery stands. The words are those of DESIGN.md and of the run equation.
type State string

// The states.
const (
	Waiting    State = "waiting"
	Blocked    State = "blocked"
	Sending    State = "sending"
	InDoubt    State = "in_doubt"
	Delivered  State = "delivered"
	Unchanged  State = "unchanged"
	Filtered   State = "filtered"
	Held       State = "held"
	Superseded State = "superseded"
	Skipped    State = "skipped"
)

// States lists all of them in the order in which commands and pages show them.
func States() []State {
	return []State{Delivered, Unchanged, Filtered, Skipped, Superseded, Held, Blocked, InDoubt, Waiting, Sending}
}

// Delivery is the duty to bring one Version of a Record to the target of one Flow.
type Delivery struct {
	ID        int64
	Flow      string
	Run       int64 // that accepted it; for ever
	Kind      Kind
	Record    Record
	RecordKey int64 // of the store
	Version   int
	Partition int
	State     State
	Attempts  int       // writes that were begun
	Failures  int       // unavailable answers in a row
	DueAt     time.Time // not before
	Err       *Error    // why it is held, blocked, in doubt, or tried again
	Operation Operation // of the last attempt
	Sent      string    // body hash of the Document of the last attempt, "" before the first
	SentAt    time.Time
	Looks     int       // look-ups that found nothing since it came into doubt
	LookedAt  time.Time // the first of them
	Chosen    map[string]string
	Forced    bool // until it is delivered: create it all the same (a person said so), or the owner's values win over what the target holds
	Target    Record
	BlockedOn []Ref
	Life      *Life
	Told      *Told
	Healed    int // times that a scheduled Run tried it again
	Lost      int // times that what the target had accepted was nowhere, and a person had it sent again
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Told is what the source was told of what became of its record.
type Told struct {
	Tidings Tidings   // the last that it took; zero when it took none
	At      time.Time // when it took them
	Begun   time.Time // a telling that is under way, or whose process died: since when
	By      string    // the process that began it
	Err     *Error    // why the last telling failed
}
