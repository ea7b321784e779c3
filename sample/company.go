// Package sample is an invented company: the suppliers, accounts, requisitions, orders and invoices that the demonstration and
// the simulators start from.
//
// It is pure data. New gives the same Company for the same seed, size and moment, and every stamp lies relative to that moment.
// Each value is written as the System that owns it stores it: PeopleSoft codes on suppliers, accounts and requisitions, JAGGAER
// codes on registrations, orders and invoices, and the Crosswalks between them. With the shipped Flows nearly every record
// moves; the few that do not say why in their Note.
//
// It must never read a clock, a file or the network, hold real people or companies, or compute money in floating point.
//
// The tests prove that it is deterministic, that sums are exact, that every reference resolves, and that each kind of awkward
// record is there.
package sample

import (
	"math/rand/v2"
	"time"
)

// Size says how many records of each kind New makes. MaxLines bounds the lines of one requisition or order.
type Size struct {
	Suppliers, Accounts, Requisitions, Orders, Invoices, MaxLines int
}

// Default is the size of the demonstration: a month of a mid-size organisation.
func Default() Size {
	return Size{Suppliers: 400, Accounts: 1500, Requisitions: 300, Orders: 120, Invoices: 160, MaxLines: 40}
}

// Small is the least size that still holds one of every awkward record; tests use it.
func Small() Size {
	return Size{Suppliers: 60, Accounts: 60, Requisitions: 24, Orders: 16, Invoices: 24, MaxLines: 4}
}

// Company is everything that both Systems know at the start.
type Company struct {
	Name     string
	SetID    string    // the one SETID of suppliers and ChartFields
	TimeZone string    // PeopleSoft's base time zone, an IANA name
	Now      time.Time // the moment that all stamps are relative to, UTC

	Divisions  []Division
	Users      []User
	Buyers     []Buyer
	ShipTos    []ShipTo
	Categories []Category
	Units      []Unit
	Terms      []Term

	Funds, Departments, Programs, Projects []ChartValue

	Suppliers     []Supplier
	Registrations []Registration
	Accounts      []Account
	Requisitions  []Requisition
	Orders        []Order
	Invoices      []Invoice

	Crosswalks map[string][]Row // by crosswalk name: business_unit, uom, category, ship_to, payment_terms, requestor, buyer
}

// Row is one line of a Crosswalk.
type Row struct{ Jaggaer, PeopleSoft, Note string }

// New makes the Company of a seed. Sizes below Small are raised to it, so that the awkward records always exist.
func New(seed int64, size Size, now time.Time) *Company {
	b := &builder{
		rng:  rand.New(rand.NewPCG(uint64(seed), 0x6d6c63)),
		size: atLeast(size, Small()),
		c: &Company{
			Name:     "Larkspur State Institute",
			SetID:    "SHARE",
			TimeZone: "America/Chicago",
			Now:      now.UTC().Truncate(time.Millisecond),
		},
	}
	b.reference()
	b.accounts()
	b.suppliers()
	b.registrations()
	b.requisitions()
	b.orders()
	b.invoices()
	b.c.Crosswalks = crosswalks(b.c)
	return b.c
}

// builder carries the random source and the Company under construction.
type builder struct {
	rng  *rand.Rand
	size Size
	c    *Company

	postable []string // accounts that may be charged: active, neither budgetary nor statistical
	ordered  map[string]int
}

func atLeast(s, least Size) Size {
	return Size{
		Suppliers:    max(s.Suppliers, least.Suppliers),
		Accounts:     max(s.Accounts, least.Accounts),
		Requisitions: max(s.Requisitions, least.Requisitions),
		Orders:       max(s.Orders, least.Orders),
		Invoices:     max(s.Invoices, least.Invoices),
		MaxLines:     max(s.MaxLines, least.MaxLines),
	}
}

func pick[T any](b *builder, from []T) T { return from[b.rng.IntN(len(from))] }

// past is a moment within the last days, to the millisecond.
func (b *builder) past(days int) time.Time {
	ms := b.rng.Int64N(int64(days) * 24 * 3600 * 1000)
	return b.c.Now.Add(-time.Duration(ms+1000) * time.Millisecond)
}

// day is a date some days away from Now, as both Systems write dates.
func (b *builder) day(offset int) string {
	return b.c.Now.AddDate(0, 0, offset).Format(time.DateOnly)
}

// lines is a line count: mostly few, now and then many.
func (b *builder) lines() int {
	if b.rng.IntN(20) == 0 {
		return 1 + b.rng.IntN(b.size.MaxLines)
	}
	return 1 + b.rng.IntN(min(5, b.size.MaxLines))
}
