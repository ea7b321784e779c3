package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/mapping"
	"ml-connector/money"
	"ml-connector/store"
)

// RecordPage is all that a page shows of one Record, and of the Delivery that it looks at.
type RecordPage struct {
	Row        store.RecordRow
	Money      *money.Amount
	Versions   []Version
	Other      []connector.Record // linked, one a Link
	Into       *store.Merge       // nil: it was not merged into another one
	Merged     []store.Merge      // of others into it
	Deliveries []connector.Delivery
	Thread     []ThreadRecord
	Focus      *connector.Delivery // nil when no Flow has anything to do with it
	Source     connector.Document  // the Version that Focus is about
	Sides      []SideRow
	Now        bool // the target's side was read since
	History    []connector.Entry
	Exchanges  []connector.Exchange
	Assignment store.Assignment // of Focus
}

// SideRow is one field as it was sent and as the target holds it now.
type SideRow struct {
	Field   string
	Sent    string
	There   string // "" when it is blank, or not known
	Known   bool   // the target's value was read
	Differs bool
	Rule    string      // where the value comes from, in the words of the Mapping
	Trace   *FieldTrace // nil where it can't be told any more
}

// mostHistory bounds the Entries of one page.
const mostHistory = 200

// RecordPage gathers what is known of a Record; with a delivery of 0 it looks at the foremost Delivery of its own, else of the
// Record that was delivered to it.
func (a *App) RecordPage(ctx context.Context, rec connector.Record, delivery int64) (RecordPage, error) {
	var out RecordPage
	row, err := a.DB.RecordByID(ctx, rec)
	if err != nil {
		return out, err
	}
	if row == nil {
		return out, connector.Errorf(connector.NotFound, "show "+rec.String(), "nothing that was read has this ID").
			Advise("Search for a number of it; what was never read is not known here.")
	}
	out.Row, out.Money = *row, money.Of(row.Document)
	for _, step := range []func() error{
		func() error { return a.recordVersions(ctx, &out) },
		func() error { return a.recordDeliveries(ctx, &out, delivery) },
		func() error { return a.recordSides(ctx, &out) },
		func() error { return a.recordHistory(ctx, &out) },
		func() error { out.Thread, err = a.thread(ctx, *row); return err },
		func() error { return a.recordAssignment(ctx, &out) },
		func() error { return a.recordMerges(ctx, &out) },
	} {
		if err := step(); err != nil {
			return out, err
		}
	}
	return out, nil
}

// recordMerges adds what the Record was merged into, and what was merged into it.
func (a *App) recordMerges(ctx context.Context, p *RecordPage) error {
	all, err := a.DB.Merges(ctx, p.Row.Record)
	for _, m := range all {
		if m.Old == p.Row.Record {
			p.Into = &m
		} else {
			p.Merged = append(p.Merged, m)
		}
	}
	return err
}

func (a *App) recordVersions(ctx context.Context, p *RecordPage) error {
	versions, err := a.DB.Versions(ctx, p.Row.Key)
	for _, v := range versions {
		p.Versions = append(p.Versions, Version{Version: v.N, SeenAt: v.SeenAt, Stamp: v.Stamp, Document: v.Document})
	}
	if err != nil {
		return err
	}
	links, err := a.DB.LinksOf(ctx, p.Row.Record)
	for _, l := range links {
		p.Other = append(p.Other, l.Other(p.Row.Record.Connection))
	}
	return err
}

func (a *App) recordDeliveries(ctx context.Context, p *RecordPage, delivery int64) error {
	var err error
	if p.Deliveries, err = a.DB.Deliveries(ctx, store.DeliveryFilter{Record: p.Row.Record, Newest: true, Limit: mostHistory}); err != nil {
		return err
	}
	if delivery != 0 {
		d, err := a.DB.Delivery(ctx, delivery)
		p.Focus = &d
		return err
	}
	if len(p.Deliveries) > 0 {
		p.Focus = foremost(p.Deliveries)
		return nil
	}
	p.Focus, err = a.madeBy(ctx, p.Other)
	return err
}

// madeBy is the foremost Delivery of the first of the linked Records that has any; nil when none has.
func (a *App) madeBy(ctx context.Context, linked []connector.Record) (*connector.Delivery, error) {
	for _, other := range linked {
		from, err := a.DB.Deliveries(ctx, store.DeliveryFilter{Record: other, Newest: true, Limit: mostHistory})
		if err != nil {
			return nil, err
		}
		if len(from) > 0 {
			return foremost(from), nil
		}
	}
	return nil, nil
}

// recordSides puts what was sent beside what the target holds.
func (a *App) recordSides(ctx context.Context, p *RecordPage) error {
	d := p.Focus
	if d == nil {
		return nil
	}
	source, err := a.DB.RecordByID(ctx, d.Record)
	if err != nil || source == nil {
		return err
	}
	versions, err := a.DB.Versions(ctx, source.Key)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.N == d.Version {
			p.Source = v.Document
		}
	}
	if p.Money == nil {
		p.Money = money.Of(p.Source)
	}
	sent, err := a.sentDocument(ctx, *d)
	if err != nil || sent == nil {
		return err
	}
	var there connector.Document
	if d.Target.ID != "" {
		target, err := a.DB.RecordByID(ctx, d.Target)
		if err != nil {
			return err
		}
		if target != nil {
			there = target.Mirror
		}
	}
	p.Now = there != nil
	p.Sides = sideRows(sent, there, a.ruleTexts(ctx, d.Flow))
	a.traceSides(ctx, p)
	return nil
}

// traceSides says of each field how it came about. Without the key of the secrets, or without the Flow, nothing is said.
func (a *App) traceSides(ctx context.Context, p *RecordPage) {
	x, err := a.explained(ctx, *p.Focus)
	if err != nil {
		return
	}
	at := map[string]*FieldTrace{}
	for i := range x.Fields {
		at[x.Fields[i].Field] = &x.Fields[i]
	}
	for i := range p.Sides {
		p.Sides[i].Trace = at[p.Sides[i].Field]
	}
}

// sentDocument is what was last sent; where nothing was, what both sides last agreed on.
func (a *App) sentDocument(ctx context.Context, d connector.Delivery) (connector.Document, error) {
	text, err := a.DB.Body(ctx, d.Sent)
	if err != nil {
		return nil, err
	}
	if text != nil {
		return connector.ParseDocument(text)
	}
	if d.Target.ID == "" {
		return nil, nil
	}
	agreed, err := a.DB.AgreementsOf(ctx, d.Target.Connection, d.Target.Kind, d.Target.ID)
	if err != nil {
		return nil, err
	}
	for _, g := range agreed {
		if g.Flow == d.Flow {
			return g.Owned, nil
		}
	}
	return nil, nil
}

func sideRows(sent, there connector.Document, rules map[string]string) []SideRow {
	values := map[string]string{}
	for _, c := range connector.Diff(nil, there) {
		values[c.Field] = c.New
	}
	var out []SideRow
	for _, c := range Leaves(sent) {
		value, known := values[c.Field]
		known = known || there != nil
		out = append(out, SideRow{Field: c.Field, Sent: c.New, There: value, Known: known, Differs: known && value != c.New, Rule: rules[withoutPlaces(c.Field)]})
	}
	return out
}

// Leaves lists the fields of a Document by their paths, elements of lists in their order.
func Leaves(d connector.Document) []connector.Change {
	out := connector.Diff(nil, d)
	slices.SortStableFunc(out, func(x, y connector.Change) int { return strings.Compare(sortable(x.Field), sortable(y.Field)) })
	return out
}

// sortable fills the places of a path up with zeros, so that LINE[2] stands before LINE[10].
func sortable(path string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(path, "[") {
		if place, rest, found := strings.Cut(part, "]"); found {
			fmt.Fprintf(&b, "[%06s]%s", place, rest)
			continue
		}
		b.WriteString(part)
	}
	return b.String()
}

// ruleTexts says, for each field of a Flow's target, where it comes from.
func (a *App) ruleTexts(ctx context.Context, flow string) map[string]string {
	out := map[string]string{}
	f, err := a.DB.Flow(ctx, flow)
	if err != nil {
		return out // the Flow was removed since: its rules are gone
	}
	m, err := mapping.Parse([]byte(f.Mapping))
	if err != nil {
		return out
	}
	for _, x := range m.Explain() {
		text := x.From
		if x.Lookup != "" {
			text += " · crosswalk " + x.Lookup
		}
		if x.OnCreate {
			text += " · only when it is made"
		}
		out[x.Field] = text
	}
	return out
}

// withoutPlaces turns LINE[2].QTY into LINE[].QTY, as rules name it.
func withoutPlaces(path string) string {
	out := make([]rune, 0, len(path))
	inside := false
	for _, c := range path {
		if c == ']' {
			inside = false
		}
		if !inside {
			out = append(out, c)
		}
		if c == '[' {
			inside = true
		}
	}
	return string(out)
}

func (a *App) recordHistory(ctx context.Context, p *RecordPage) error {
	rec := p.Row.Record
	if p.Focus != nil {
		rec = p.Focus.Record
		var err error
		if p.Exchanges, err = a.DB.ExchangesOf(ctx, p.Focus.ID); err != nil {
			return err
		}
	}
	var err error
	p.History, err = a.DB.Entries(ctx, store.EntryFilter{Subject: rec.String(), Newest: true, Limit: mostHistory})
	if err != nil {
		return err
	}
	if rec == p.Row.Record {
		return nil
	}
	own, err := a.DB.Entries(ctx, store.EntryFilter{Subject: p.Row.Record.String(), Newest: true, Limit: mostHistory})
	p.History = append(p.History, own...)
	slices.SortFunc(p.History, func(x, y connector.Entry) int { return int(y.Number - x.Number) })
	return err
}

// DeliveryRecord is the Record that a Delivery is about.
func (a *App) DeliveryRecord(ctx context.Context, id int64) (connector.Record, error) {
	d, err := a.DB.Delivery(ctx, id)
	return d.Record, err
}

func (a *App) recordAssignment(ctx context.Context, p *RecordPage) error {
	if p.Focus == nil {
		return nil
	}
	said, err := a.DB.Assignments(ctx, []int64{p.Focus.ID})
	p.Assignment = said[p.Focus.ID]
	return err
}
