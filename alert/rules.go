package alert

import (
	"fmt"
	"time"

	connector "ml-connector"
)

// Rules say from when on people are told of something, how often, and when they do not want to be. Zero fields are the defaults.
type Rules struct {
	HeldCount int               `json:"held_count,omitempty"` // of a Flow
	HeldAge   time.Duration     `json:"held_age,omitempty"`   // of the oldest
	HeldMoney map[string]string `json:"held_money,omitempty"` // decimals, by currency
	NoGoodRun time.Duration     `json:"no_good_run,omitempty"`
	Expires   time.Duration     `json:"expires,omitempty"` // how long before a certificate or a token ends
	Repeat    time.Duration     `json:"repeat,omitempty"`
	Quiet     *Quiet            `json:"quiet,omitempty"`
	Morning   *Morning          `json:"morning,omitempty"`
}

// Defaults of rules.
const (
	DefaultHeldCount = 25
	DefaultHeldAge   = 24 * time.Hour
	DefaultExpires   = 14 * 24 * time.Hour
	DefaultRepeat    = 24 * time.Hour
)

// InForce are the rules with the defaults in their places.
func (r Rules) InForce() Rules {
	if r.HeldCount == 0 {
		r.HeldCount = DefaultHeldCount
	}
	if r.HeldAge == 0 {
		r.HeldAge = DefaultHeldAge
	}
	if r.Expires == 0 {
		r.Expires = DefaultExpires
	}
	if r.Repeat == 0 {
		r.Repeat = DefaultRepeat
	}
	return r
}

// Clock is a time of day, in minutes.
type Clock int

// ParseClock reads a time of day such as 07:30.
func ParseClock(text string) (Clock, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, connector.Errorf(connector.Invalid, "read a time of day", "%q is none", text).Advise("Write it as 07:30.")
	}
	return Clock(t.Hour()*60 + t.Minute()), nil
}

// String is the time of day as ParseClock reads it.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// Quiet are hours in which nobody wants to be told; over midnight when From is later than To.
type Quiet struct {
	From Clock  `json:"from"`
	To   Clock  `json:"to"`
	Zone string `json:"zone"`
}

// At says whether a time lies in them.
func (q *Quiet) At(t time.Time) bool {
	if q == nil || q.From == q.To {
		return false
	}
	now := clockOf(t, q.Zone)
	if q.From < q.To {
		return now >= q.From && now < q.To
	}
	return now >= q.From || now < q.To
}

func clockOf(t time.Time, zone string) Clock {
	t = t.In(zoneOf(zone))
	return Clock(t.Hour()*60 + t.Minute())
}

func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC // it was there when the rules were read
	}
	return zone
}

// Morning is when the morning mail comes, and to which channels.
type Morning struct {
	At       Clock    `json:"at"`
	Zone     string   `json:"zone"`
	Channels []string `json:"channels"`
}

// Last is the last time at which it was due, up to a time.
func (m *Morning) Last(t time.Time) time.Time {
	local := t.In(zoneOf(m.Zone))
	for day := local.Day(); ; day-- {
		due := time.Date(local.Year(), local.Month(), day, int(m.At)/60, int(m.At)%60, 0, 0, local.Location())
		if !due.After(t) {
			return due.UTC()
		}
	}
}
