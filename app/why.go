package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// Why is the answer to "where is it, what does it wait for".
type Why struct {
	Number    string   `json:"number"`
	Record    string   `json:"record"` // CONNECTION:KIND:ID
	State     string   `json:"state"`  // of its newest Delivery, "" when it has none
	Sentences []string `json:"sentences"`
}

// deepest is how many things that wait for each other one answer follows.
const deepest = 4

// Why says in one sentence for each Record that a number means where it is and what it waits for. Of two sides of a Link
// it speaks of the side that was read and sent.
func (a *App) Why(ctx context.Context, number string) (Why, error) {
	rows, err := a.matches(ctx, number)
	if err != nil {
		return Why{}, err
	}
	if rows, err = a.sources(ctx, rows); err != nil {
		return Why{}, err
	}
	if len(rows) == 0 {
		_, err := a.FindRecord(ctx, number)
		return Why{}, err
	}
	out := Why{Number: number, Record: rows[0].Record.String(), Sentences: []string{}}
	for i, r := range rows {
		last, sentence, err := a.sentence(ctx, r, deepest)
		if err != nil {
			return out, err
		}
		if i == 0 && last != nil {
			out.State = string(last.State)
		}
		out.Sentences = append(out.Sentences, sentence)
	}
	return out, nil
}

// sources leaves out the Records that another of them was delivered to.
func (a *App) sources(ctx context.Context, rows []store.RecordRow) ([]store.RecordRow, error) {
	if len(rows) < 2 {
		return rows, nil
	}
	sent := map[connector.Record]bool{}
	for _, r := range rows {
		ds, err := a.DB.Deliveries(ctx, store.DeliveryFilter{Record: r.Record, Newest: true, Limit: 1})
		if err != nil {
			return nil, err
		}
		sent[r.Record] = len(ds) > 0
	}
	var out []store.RecordRow
	for _, r := range rows {
		links, err := a.DB.LinksOf(ctx, r.Record)
		if err != nil {
			return nil, err
		}
		target := false
		for _, l := range links {
			target = target || !sent[r.Record] && sent[l.Other(r.Record.Connection)]
		}
		if !target {
			out = append(out, r)
		}
	}
	return out, nil
}

// sentence says where one Record is; depth bounds how far it follows what it waits for.
func (a *App) sentence(ctx context.Context, r store.RecordRow, depth int) (*connector.Delivery, string, error) {
	d, text, err := a.where(ctx, r, depth)
	if err != nil {
		return d, "", err
	}
	kept, merged, err := a.DB.MergedInto(ctx, r.Record)
	if merged {
		text = "was merged into " + kept.ID + ", and " + text
	}
	return d, title(r) + " " + text + ".", err
}

// where says where a Record is, without its name.
func (a *App) where(ctx context.Context, r store.RecordRow, depth int) (*connector.Delivery, string, error) {
	ds, err := a.DB.Deliveries(ctx, store.DeliveryFilter{Record: r.Record, Newest: true, Limit: mostHistory})
	if err != nil {
		return nil, "", err
	}
	if len(ds) == 0 {
		text, err := a.withoutDelivery(ctx, r)
		return nil, text, err
	}
	d := *foremost(ds)
	if d.State != connector.Blocked || len(d.BlockedOn) == 0 {
		return &d, stands(d), nil
	}
	text, err := a.waits(ctx, d, depth)
	return &d, text, err
}

// foremost is, of a Record's Deliveries with the newest first, the one that tells where it is: the newest, or, where that brought
// nothing new, the one whose object is followed at the target.
func foremost(ds []connector.Delivery) *connector.Delivery {
	if ds[0].State == connector.Unchanged && ds[0].Life == nil {
		for i, d := range ds {
			if d.Flow == ds[0].Flow && d.Life != nil && d.Life.Stage != "" && (d.State == connector.Delivered || d.State == connector.Held) {
				return &ds[i]
			}
		}
	}
	return &ds[0]
}

// mostCauses is how many of the things that a Record waits for are followed.
const mostCauses = 2

// waits names what a Delivery is blocked on, and says of each where that is in turn.
func (a *App) waits(ctx context.Context, d connector.Delivery, depth int) (string, error) {
	var names []string
	var refs []connector.Ref
	for _, ref := range d.BlockedOn { // lines may wait for the same thing
		if name := what(ref); !slices.Contains(names, name) {
			names, refs = append(names, name), append(refs, ref)
		}
	}
	text := "waits for "
	for i, ref := range refs {
		if i == mostCauses {
			return text + fmt.Sprintf("; and for %d more", len(refs)-i), nil
		}
		if i > 0 {
			text += "; and for "
		}
		text += names[i]
		if depth > 0 {
			cause, err := a.cause(ctx, ref, depth-1)
			if err != nil {
				return "", err
			}
			text += cause
		}
	}
	return text, nil
}

// stands puts a Delivery's state into words.
func stands(d connector.Delivery) string {
	switch d.State {
	case connector.Delivered:
		text := fmt.Sprintf("was delivered to %s as %s", d.Target.Connection, d.Target.ID)
		if d.Life != nil && d.Life.Stage != "" {
			text += ", and is " + string(d.Life.Stage) + " there since " + d.Life.At.UTC().Format(time.RFC3339)
			if why := Life(d).Reason; why != "" {
				text += " (" + trimStop(why) + ")"
			}
		}
		return text
	case connector.Unchanged:
		return "is in step: nothing that flow " + d.Flow + " owns changed"
	case connector.Filtered:
		return "is not sent by flow " + d.Flow + ": " + reason(d, "it does not pass its filter")
	case connector.Skipped:
		return "was skipped by a person (delivery " + fmt.Sprint(d.ID) + ")"
	case connector.Superseded:
		return "was overtaken by a newer version"
	case connector.Held:
		return "is held (delivery " + fmt.Sprint(d.ID) + "): " + reason(d, "no reason was kept") + hint(d)
	case connector.InDoubt:
		return "is in doubt (delivery " + fmt.Sprint(d.ID) + "): " + reason(d, "its answer was lost") + "; it is looked up before anything is sent again"
	case connector.Blocked:
		return "waits for something that is not there yet"
	case connector.Sending:
		return "is being sent by flow " + d.Flow
	}
	text := "waits to be sent by flow " + d.Flow
	if d.Err != nil {
		text += " again, after: " + trimStop(d.Err.Message)
	}
	return text
}

// what names a thing that is waited for.
func what(ref connector.Ref) string {
	if text := trimStop(ref.Reason); text != "" {
		return text
	}
	return strings.ReplaceAll(string(ref.Kind), "_", " ") + " " + ref.ID()
}

func reason(d connector.Delivery, otherwise string) string {
	if d.Err == nil || d.Err.Message == "" {
		return otherwise
	}
	return trimStop(d.Err.Message)
}

func hint(d connector.Delivery) string {
	if d.Err == nil || d.Err.Hint == "" {
		return ""
	}
	return " — " + trimStop(d.Err.Hint)
}

func trimStop(s string) string { return strings.TrimRight(s, ". ") }

// cause says where the thing is that a Record waits for, as the rest of a sentence that has named it.
func (a *App) cause(ctx context.Context, ref connector.Ref, depth int) (string, error) {
	if ref.Kind == connector.CrosswalkKind {
		return "", nil
	}
	row, err := a.named(ctx, ref)
	if err != nil {
		return "", err
	}
	if row == nil {
		return ", which was not read yet", nil
	}
	if ref.Usable {
		links, err := a.DB.LinksOf(ctx, row.Record)
		if err != nil {
			return "", err
		}
		if len(links) > 0 { // it is there, and the reason says that it can't be used yet
			return " (it is " + links[0].Other(row.Record.Connection).ID + " there)", nil
		}
	}
	_, text, err := a.where(ctx, *row, depth)
	return ", which " + text, err
}

// named is the Record that a reference means, nil when it was not read yet.
func (a *App) named(ctx context.Context, ref connector.Ref) (*store.RecordRow, error) {
	for _, id := range append(append([]string{}, ref.IDs...), ref.Number) {
		if id == "" {
			continue
		}
		row, err := a.DB.RecordByID(ctx, connector.Record{Connection: ref.Connection, Kind: ref.Kind, ID: id})
		if err != nil || row != nil {
			return row, err
		}
		rows, err := a.DB.RecordByNumber(ctx, ref.Connection, ref.Kind, id)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			return &rows[len(rows)-1], nil // of several revisions the newest
		}
	}
	return nil, nil
}

func (a *App) withoutDelivery(ctx context.Context, r store.RecordRow) (string, error) {
	links, err := a.DB.LinksOf(ctx, r.Record)
	if err != nil {
		return "", err
	}
	if len(links) == 0 {
		return "was read, and no Flow has anything to do with it", nil
	}
	other := links[0].Other(r.Record.Connection)
	text := "is linked to " + other.String()
	made, err := a.madeBy(ctx, []connector.Record{other})
	if err != nil || made == nil {
		return text, err
	}
	return text + ", which " + stands(*made), nil
}
