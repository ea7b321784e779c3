package connector

import "time"

// Trigger says why a Run began.
type Trigger string

// Triggers.
const (
	TriggerSchedule Trigger = "schedule"
	TriggerManual   Trigger = "manual"
	TriggerDryRun   Trigger = "dry_run"
)

// Window is the time that a Run read; a zero From is the whole.
type Window struct{ From, To time.Time }

// Run is one cycle of one Flow. Its counts are derived from its Deliveries whenever it is read.
type Run struct {
	ID        int64
	Flow      string
	From, To  string // Connections
	Kind      Kind
	Trigger   Trigger
	Window    Window
	StartedAt time.Time
	EndedAt   time.Time // zero while it reads
	Counts    Counts
	Err       *Error
}

// Counts are the parts of the run equation.
type Counts struct {
	Read                                                int
	Delivered, Unchanged, Filtered, Skipped, Superseded int
	Held, Blocked, InDoubt                              int
	Waiting                                             int // waiting and sending
}

// Add counts n Deliveries of a state.
func (c *Counts) Add(s State, n int) {
	count := map[State]*int{
		Delivered: &c.Delivered, Unchanged: &c.Unchanged, Filtered: &c.Filtered, Skipped: &c.Skipped, Superseded: &c.Superseded,
		Held: &c.Held, Blocked: &c.Blocked, InDoubt: &c.InDoubt, Waiting: &c.Waiting, Sending: &c.Waiting,
	}[s]
	if count != nil {
		*count += n
	}
}

// Balanced says whether the run equation of DESIGN.md holds.
func (c Counts) Balanced() bool {
	return c.Read == c.Delivered+c.Unchanged+c.Filtered+c.Skipped+c.Superseded+c.Held+c.Blocked+c.InDoubt+c.Waiting
}
