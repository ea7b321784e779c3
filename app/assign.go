package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// Note is what a person noted of a Delivery.
type Note struct {
	Text string    `json:"text"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

func noteShapes(list []store.Note) []Note {
	out := []Note{}
	for _, n := range list {
		out = append(out, Note(n))
	}
	return out
}

// What may be said instead of a name.
const (
	Me     = "me"
	Nobody = "nobody"
)

// Meant is the person that a name means to who asks: `me` is themselves.
func Meant(name string, by people.Actor) string {
	if name != Me {
		return name
	}
	return cmp.Or(people.Behind(by.Name), by.Name) // who asks a demonstration is nobody in particular
}

// AssignDeliveries says who sees to Deliveries: a person who can log in, `me`, or `nobody`. It counts for later Versions of their Records too.
func (a *App) AssignDeliveries(ctx context.Context, ids []int64, to string, by people.Actor) error {
	const op = "assign a delivery"
	if err := by.May(people.AssignDelivery); err != nil {
		return err
	}
	person := Meant(strings.TrimSpace(to), by)
	switch {
	case person == "":
		return connector.Errorf(connector.Invalid, op, "it is not said who sees to it").Advise("Name a person, me, or nobody.")
	case person == Nobody:
		person = ""
	case person != Meant(Me, by):
		p, err := a.DB.Person(ctx, person)
		if err != nil {
			return err
		}
		if p.State != store.PersonActive {
			return connector.Errorf(connector.Conflict, op, "%s can't log in any more", person).Advise("Name somebody who can.")
		}
	}
	for batch := range slices.Chunk(ids, replayBatch) {
		if err := a.DB.Tx(ctx, func(tx *store.Tx) error { return tx.Assign(batch, person, by.Name) }); err != nil {
			return err
		}
	}
	return nil
}

// mostOfNote bounds what is noted at once.
const mostOfNote = 2_000

// NoteDelivery keeps what somebody noted of a Delivery; it can't be changed any more. What it says is not in the ledger.
func (a *App) NoteDelivery(ctx context.Context, id int64, text string, by people.Actor) error {
	const op = "note something"
	if err := by.May(people.AssignDelivery); err != nil {
		return err
	}
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case text == "":
		return connector.Errorf(connector.Invalid, op, "the note is empty").Advise("Say what the next one who looks should know.")
	case len(text) > mostOfNote:
		return connector.Errorf(connector.Invalid, op, "the note is longer than %d bytes", mostOfNote).Advise("Shorten it.")
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		return connector.Errorf(connector.Invalid, op, "the note has a character that can't be seen").Advise("Type it anew.")
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error { return tx.Note(id, text, by.Name) })
}

// Assignable lists those who can be said to see to a Delivery: who can log in, and who asks first.
func (a *App) Assignable(ctx context.Context, me string) ([]string, error) {
	all, err := a.DB.People(ctx)
	if err != nil {
		return nil, err
	}
	out := []string{me}
	for _, p := range all {
		if p.State == store.PersonActive && !slices.Contains(out, p.Name) {
			out = append(out, p.Name)
		}
	}
	return out, nil
}
