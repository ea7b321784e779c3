package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// RecordDetail is all that is known of one Record.
type RecordDetail struct {
	Connection string             `json:"connection"`
	Kind       connector.Kind     `json:"kind"`
	ID         string             `json:"id"`
	Title      string             `json:"title"`
	Standing   connector.Standing `json:"standing"`
	Numbers    []string           `json:"numbers"`
	Versions   []Version          `json:"versions"`
	Links      []Link             `json:"links"`
	MergedInto string             `json:"merged_into"` // the ID of the Record that this one was merged into; "" = it was not
	Merged     []string           `json:"merged"`      // the IDs of those that were merged into it
	Deliveries []Delivery         `json:"deliveries"`
	MadeBy     *Delivery          `json:"made_by"` // of a Record that is only written to: what was delivered to it; null = nothing
	History    []connector.Entry  `json:"history"`
	Thread     []ThreadRecord     `json:"thread"`
}

// Version is one Version of a Record. Document is null when it could not be read or retention removed it.
type Version struct {
	Version  int                `json:"version"`
	SeenAt   time.Time          `json:"seen_at"`
	Stamp    string             `json:"stamp"`
	Document connector.Document `json:"document"`
}

// Link is the other side of a Link, and what each Flow last agreed on over it.
type Link struct {
	Connection string      `json:"connection"`
	ID         string      `json:"id"`
	Agreed     []Agreement `json:"agreed"`
}

// Agreement names the Version of the source that both sides agree on.
type Agreement struct {
	Flow    string `json:"flow"`
	Version int    `json:"version"`
}

// ThreadRecord is one Record of a thread: requisition, order, invoice, payment that belong together.
type ThreadRecord struct {
	Connection string          `json:"connection"`
	Kind       connector.Kind  `json:"kind"`
	ID         string          `json:"id"`
	Title      string          `json:"title"`
	State      connector.State `json:"state"` // of its newest Delivery, "" for a side that is only written to
}

// EachRecord calls fn for each Record that a filter chooses, one by one.
func (a *App) EachRecord(ctx context.Context, f store.RecordFilter, fn func(Record) error) error {
	return a.DB.EachRecord(ctx, f, func(r store.ListedRecord) error { return fn(RecordShape(r)) })
}

// ParseRecord reads CONNECTION:KIND:ID, all of it.
func ParseRecord(text string) (connector.Record, error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) == 3 && parts[0] != "" && parts[2] != "" && slices.Contains(connector.Kinds(), connector.Kind(parts[1])) {
		return connector.Record{Connection: parts[0], Kind: connector.Kind(parts[1]), ID: parts[2]}, nil
	}
	return connector.Record{}, connector.Errorf(connector.Invalid, "read "+text, "it is not of the form CONNECTION:KIND:ID").
		Advise("For example s2p:invoice:4711; kinds are %s.", kindNames())
}

func kindNames() string {
	var out []string
	for _, k := range connector.Kinds() {
		out = append(out, string(k))
	}
	return strings.Join(out, ", ")
}

// FindRecord finds the Record that [[CONNECTION:]KIND:]ID means; ID may be a number that people know. Several that fit are
// refused with the candidates.
func (a *App) FindRecord(ctx context.Context, text string) (*store.RecordRow, error) {
	found, err := a.matches(ctx, text)
	if err != nil {
		return nil, err
	}
	const op = "find the record "
	switch len(found) {
	case 0:
		return nil, connector.Errorf(connector.NotFound, op+text, "nothing that was read has this ID or number").
			Advise("Look with `ml-connector record list --search TEXT`; what was never read is not known here.")
	case 1:
		return &found[0], nil
	}
	var names []string
	for _, r := range found {
		names = append(names, r.Record.String())
	}
	return nil, connector.Errorf(connector.Invalid, op+text, "%d records fit: %s", len(found), strings.Join(names, ", ")).
		Advise("Say which: CONNECTION:KIND:ID.")
}

// matches lists the Records that a text may mean, exact IDs before numbers.
func (a *App) matches(ctx context.Context, text string) ([]store.RecordRow, error) {
	connection, kind, id := a.split(ctx, text)
	listed, err := a.DB.Records(ctx, store.RecordFilter{Connection: connection, Kind: kind, ID: id})
	if err != nil {
		return nil, err
	}
	var rows []store.RecordRow
	for _, l := range listed {
		row, err := a.DB.RecordByID(ctx, l.Record)
		if err != nil {
			return nil, err
		}
		if row != nil {
			rows = append(rows, *row)
		}
	}
	if len(rows) > 0 {
		return rows, nil
	}
	return a.DB.RecordByNumber(ctx, connection, kind, id)
}

// split takes connection and kind off a text, where they are there: an ID may hold colons itself.
func (a *App) split(ctx context.Context, text string) (connection string, kind connector.Kind, id string) {
	isKind := func(s string) bool { return slices.Contains(connector.Kinds(), connector.Kind(s)) }
	first, rest, _ := strings.Cut(text, ":")
	if isKind(first) && rest != "" {
		return "", connector.Kind(first), rest
	}
	second, id, found := strings.Cut(rest, ":")
	if _, err := a.DB.Connection(ctx, first); err == nil && found && isKind(second) && id != "" {
		return first, connector.Kind(second), id
	}
	return "", "", text
}

// Record shows one Record.
func (a *App) Record(ctx context.Context, text string) (RecordDetail, error) {
	row, err := a.FindRecord(ctx, text)
	if err != nil {
		return RecordDetail{}, err
	}
	r := row.Record
	out := RecordDetail{Connection: r.Connection, Kind: r.Kind, ID: r.ID, Title: row.Title, Standing: row.Standing,
		Numbers: slices.Concat([]string{}, row.Numbers), Versions: []Version{}, Deliveries: []Delivery{}}
	versions, err := a.DB.Versions(ctx, row.Key)
	if err != nil {
		return out, err
	}
	for _, v := range versions {
		out.Versions = append(out.Versions, Version{Version: v.N, SeenAt: v.SeenAt, Stamp: v.Stamp, Document: v.Document})
	}
	if out.Links, err = a.links(ctx, r); err != nil {
		return out, err
	}
	if err := a.merges(ctx, r, &out); err != nil {
		return out, err
	}
	deliveries, err := a.DB.Deliveries(ctx, store.DeliveryFilter{Record: r})
	if err != nil {
		return out, err
	}
	for _, d := range deliveries {
		out.Deliveries = append(out.Deliveries, DeliveryShape(d))
	}
	if out.MadeBy, err = a.madeByShape(ctx, r, out); err != nil {
		return out, err
	}
	if out.History, err = a.RecordHistory(ctx, r); err != nil {
		return out, err
	}
	out.Thread, err = a.thread(ctx, *row)
	return out, err
}

// madeByShape is what was delivered to a Record that has no Delivery of its own.
func (a *App) madeByShape(ctx context.Context, r connector.Record, d RecordDetail) (*Delivery, error) {
	if len(d.Deliveries) > 0 {
		return nil, nil
	}
	var linked []connector.Record
	for _, l := range d.Links {
		linked = append(linked, connector.Record{Connection: l.Connection, Kind: r.Kind, ID: l.ID})
	}
	by, err := a.madeBy(ctx, linked)
	if err != nil || by == nil {
		return nil, err
	}
	shape := DeliveryShape(*by)
	return &shape, nil
}

// RecordHistory lists the Entries of a Record and its Deliveries, the oldest first.
func (a *App) RecordHistory(ctx context.Context, r connector.Record) ([]connector.Entry, error) {
	entries, err := a.DB.Entries(ctx, store.EntryFilter{Subject: r.String()})
	return slices.Concat([]connector.Entry{}, entries), err
}

// links lists the Links of a Record with what was agreed in either direction.
func (a *App) links(ctx context.Context, r connector.Record) ([]Link, error) {
	out := []Link{}
	links, err := a.DB.LinksOf(ctx, r)
	if err != nil {
		return out, err
	}
	for _, l := range links {
		other := l.Other(r.Connection)
		link := Link{Connection: other.Connection, ID: other.ID, Agreed: []Agreement{}}
		for _, side := range []connector.Record{r, other} {
			agreed, err := a.DB.AgreementsOf(ctx, side.Connection, side.Kind, side.ID)
			if err != nil {
				return out, err
			}
			for _, g := range agreed {
				if g.Link == l.ID {
					link.Agreed = append(link.Agreed, Agreement{g.Flow, g.SourceVersion})
				}
			}
		}
		out = append(out, link)
	}
	return out, nil
}

// LinkRecords links two Records, given as CONNECTION:KIND:ID, by hand.
func (a *App) LinkRecords(ctx context.Context, x, y string, by people.Actor) error {
	if err := by.May(people.ChangeLink); err != nil {
		return err
	}
	return a.pair(ctx, x, y, func(tx *store.Tx, p, q connector.Record) error { return tx.LinkRecords(p, q, by.Name) })
}

// ApartRecords says that two Records, given as CONNECTION:KIND:ID, are not the same.
func (a *App) ApartRecords(ctx context.Context, x, y string, by people.Actor) error {
	if err := by.May(people.ChangeLink); err != nil {
		return err
	}
	return a.pair(ctx, x, y, func(tx *store.Tx, p, q connector.Record) error { return tx.ApartRecords(p, q, by.Name) })
}

// UnlinkRecords takes the Link between two Records away, or that the first was merged into the second.
func (a *App) UnlinkRecords(ctx context.Context, x, y string, by people.Actor) error {
	if err := by.May(people.ChangeLink); err != nil {
		return err
	}
	return a.pair(ctx, x, y, func(tx *store.Tx, p, q connector.Record) error { return tx.UnlinkRecords(p, q, by.Name) })
}

func (a *App) pair(ctx context.Context, x, y string, do func(*store.Tx, connector.Record, connector.Record) error) error {
	p, err := ParseRecord(x)
	if err != nil {
		return err
	}
	q, err := ParseRecord(y)
	if err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		for _, r := range []connector.Record{p, q} {
			if _, err := tx.Connection(r.Connection); err != nil {
				return err
			}
		}
		return do(tx, p, q)
	})
}

// title is how a person calls a Record: its title and its name.
func title(r store.RecordRow) string {
	kind := strings.ReplaceAll(string(r.Record.Kind), "_", " ")
	if r.Title == "" {
		return fmt.Sprintf("The %s %s of %s", kind, r.Record.ID, r.Record.Connection)
	}
	return fmt.Sprintf("The %s %s of %s (%s)", kind, r.Record.ID, r.Record.Connection, r.Title)
}
