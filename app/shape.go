package app

import (
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// Error is an Error as JSON spells it (SURFACE.md).
type Error struct {
	Code    connector.Code `json:"code"`
	Message string         `json:"message"`
	Hint    string         `json:"hint"`
	Op      string         `json:"op"`
}

// ErrorShape gives the JSON shape of an Error; nil for nil.
func ErrorShape(e *connector.Error) *Error {
	if e == nil {
		return nil
	}
	message := e.Message
	if e.Cause != nil {
		message += ": " + e.Cause.Error()
	}
	return &Error{Code: e.Code, Message: message, Hint: e.Hint, Op: e.Op}
}

// Place names a Record where its Kind is plain.
type Place struct {
	Connection string `json:"connection"`
	ID         string `json:"id"`
}

// Window is the time that a Run read; From is null when it read the whole.
type Window struct {
	From *time.Time `json:"from"`
	To   *time.Time `json:"to"`
}

// Run is one Run with the parts of its equation: read is the sum of all states.
type Run struct {
	ID         int64             `json:"id"`
	Flow       string            `json:"flow"`
	From       string            `json:"from"`
	To         string            `json:"to"`
	Kind       connector.Kind    `json:"kind"`
	Trigger    connector.Trigger `json:"trigger"`
	Window     Window            `json:"window"`
	StartedAt  time.Time         `json:"started_at"`
	EndedAt    *time.Time        `json:"ended_at"` // null while it reads
	Read       int               `json:"read"`
	Delivered  int               `json:"delivered"`
	Unchanged  int               `json:"unchanged"`
	Filtered   int               `json:"filtered"`
	Skipped    int               `json:"skipped"`
	Superseded int               `json:"superseded"`
	Held       int               `json:"held"`
	Blocked    int               `json:"blocked"`
	InDoubt    int               `json:"in_doubt"`
	Waiting    int               `json:"waiting"`
	Error      *Error            `json:"error"`
}

// RunShape gives the JSON shape of a Run.
func RunShape(r connector.Run) Run {
	c := r.Counts
	return Run{
		ID: r.ID, Flow: r.Flow, From: r.From, To: r.To, Kind: r.Kind, Trigger: r.Trigger,
		Window: Window{From: moment(r.Window.From), To: moment(r.Window.To)}, StartedAt: r.StartedAt, EndedAt: moment(r.EndedAt),
		Read: c.Read, Delivered: c.Delivered, Unchanged: c.Unchanged, Filtered: c.Filtered, Skipped: c.Skipped, Superseded: c.Superseded,
		Held: c.Held, Blocked: c.Blocked, InDoubt: c.InDoubt, Waiting: c.Waiting, Error: ErrorShape(r.Err),
	}
}

// moment is nil for the zero time, so that JSON says null.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Delivery is one Delivery.
type Delivery struct {
	ID        int64           `json:"id"`
	Flow      string          `json:"flow"`
	Kind      connector.Kind  `json:"kind"`
	Record    Place           `json:"record"`
	Version   int             `json:"version"`
	State     connector.State `json:"state"`
	Attempts  int             `json:"attempts"`
	Error     *Error          `json:"error"`
	Life      *connector.Life `json:"life"`
	Target    Place           `json:"target"`
	BlockedOn []BlockedOn     `json:"blocked_on"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// BlockedOn is one thing that a Delivery waits for.
type BlockedOn struct {
	Connection string         `json:"connection"`
	Kind       connector.Kind `json:"kind"`
	ID         string         `json:"id"`
	Reason     string         `json:"reason"`
}

// Life is the life of what was delivered as people see it: that the source could not be told stands in its reason.
func Life(d connector.Delivery) *connector.Life {
	if d.Life == nil || d.Told == nil || d.Told.Err == nil {
		return d.Life
	}
	life := *d.Life
	if life.Reason != "" {
		life.Reason += "; "
	}
	life.Reason += d.Record.Connection + " was not told: " + d.Told.Err.Message
	return &life
}

// DeliveryShape gives the JSON shape of a Delivery.
func DeliveryShape(d connector.Delivery) Delivery {
	out := Delivery{
		ID: d.ID, Flow: d.Flow, Kind: d.Kind, Record: Place{d.Record.Connection, d.Record.ID}, Version: d.Version, State: d.State,
		Attempts: d.Attempts, Error: ErrorShape(d.Err), Life: Life(d), Target: Place{d.Target.Connection, d.Target.ID},
		BlockedOn: []BlockedOn{}, UpdatedAt: d.UpdatedAt,
	}
	for _, ref := range d.BlockedOn {
		out.BlockedOn = append(out.BlockedOn, BlockedOn{ref.Connection, ref.Kind, ref.ID(), ref.Reason})
	}
	return out
}

// Record is one line of a list of Records. State is that of its newest Delivery, "" when it has none.
type Record struct {
	Connection string          `json:"connection"`
	Kind       connector.Kind  `json:"kind"`
	ID         string          `json:"id"`
	Title      string          `json:"title"`
	Version    int             `json:"version"`
	State      connector.State `json:"state"`
	UpdatedAt  time.Time       `json:"updated_at"`
}

// RecordShape gives the JSON shape of a line of a list of Records.
func RecordShape(r store.ListedRecord) Record {
	return Record{Connection: r.Record.Connection, Kind: r.Record.Kind, ID: r.Record.ID, Title: r.Title, Version: r.Version, State: r.State, UpdatedAt: r.UpdatedAt}
}

// Verification is what `audit verify` found. BrokenAt is null when nothing is broken.
type Verification struct {
	OK       bool   `json:"ok"`
	Entries  int64  `json:"entries"`
	First    int64  `json:"first"`
	Last     int64  `json:"last"`
	HeadHash string `json:"head_hash"`
	BrokenAt *int64 `json:"broken_at"`
	Reason   string `json:"reason,omitempty"`
}

func verificationShape(v store.Verification) Verification {
	out := Verification{OK: v.OK, Entries: v.Entries, First: v.First, Last: v.Last, HeadHash: v.HeadHash, Reason: v.Reason}
	if v.BrokenAt != 0 {
		out.BrokenAt = &v.BrokenAt
	}
	return out
}
