package connector

import "time"

// DriftRule says what happens when a value changed on the side that doesn't own it.
type DriftRule string

// Drift rules.
const (
	DriftOverwrite DriftRule = "overwrite"
	DriftHold      DriftRule = "hold"
	DriftIgnore    DriftRule = "ignore"
)

// WithdrawRule says what happens when a linked Record loses what let it through.
type WithdrawRule string

// Withdraw rules.
const (
	WithdrawHold   WithdrawRule = "hold"
	WithdrawUpdate WithdrawRule = "update"
)

// Pause says why a Flow or a Connection stands still. A zero Code means that it doesn't.
type Pause struct {
	Code   Code
	Reason string
	Hint   string
	At     time.Time
	By     string // who paused it: a person's name, "engine", or "limit" for a Run that reached its limit of changes
}

// Flow is one direction of one Kind, as applied. Mapping is the YAML text of its rules.
type Flow struct {
	Name                     string
	Use                      string // the shipped Flow that it runs, "" when it has rules of its own
	Kind                     Kind
	From, To                 string // Connections
	Position                 int    // in dependency order
	Schedule, Where          string
	Drift                    DriftRule
	Withdraw                 WithdrawRule
	MaxChanges, MaxCreates   int    // per Run; 0 = no limit
	MaxShare                 int    // per Run: percent of what the Flow keeps in step that may be changed; 0 = no limit
	MaxMoney                 string // per Run and currency, decimal; "" = no limit
	Start                    time.Time
	RetryHeld                int
	Track, Acknowledge, Deep string
	Enabled                  bool
	Mapping                  string
	Paused                   Pause
	AppliedAt                time.Time
	Cursor                   time.Time // zero before the first whole or windowed read
	NextRunAt, NextTrackAt   time.Time
	NextDeepAt               time.Time // of the next Run that reads the last days again
	Partitions               int       // that its Deliveries are spread over
	Wanted                   int       // as many it shall have, once nobody works on the present ones
}

// Connection is one customer's instance of a System, as applied; its secrets are in the Vault.
type Connection struct {
	Name      string
	System    string
	Settings  Settings // as applied, without defaults
	Paused    Pause
	CheckedAt time.Time // of the last Check, zero when the settings changed since
	Steps     []Step    // of that Check
	WholeAt   map[Kind]time.Time
}
