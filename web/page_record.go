package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/people"
)

// recordBody is what the page of a Record shows.
type recordBody struct {
	app.RecordPage
	Target  bool // the Record was not read to be sent: it is the other side
	Differs int
	Head    []app.SideRow // fields that stand once
	Lists   []sideList    // those of lists
	Life    []stage
	Events  []event              // newest first
	Calls   []connector.Exchange // that wrote, or failed
	Looks   []connector.Exchange // all others: what only looked
	People  []string             // who could see to it
	At      time.Time            // that Then is about; zero = now alone
	Then    []app.SideThen
	Pages   []crumb // of the same object in the Systems themselves
}

// event is one line of a Record's history.
type event struct {
	At              time.Time
	Words           string
	Exchange, Actor string // "" = none; the engine's own name is left out
	Version         int    // that was read, 0 = none
}

// gather puts Versions and Entries into one history, and Exchanges that changed something before those that only looked: a life
// that is followed for weeks has hundreds of these.
func (b *recordBody) gather() {
	for _, e := range b.History {
		actor := e.Actor
		if actor == "engine" {
			actor = ""
		}
		b.Events = append(b.Events, event{At: e.Time, Words: actionWord(e), Exchange: e.Exchange, Actor: actor})
	}
	for _, v := range b.Versions {
		b.Events = append(b.Events, event{At: v.SeenAt, Words: fmt.Sprintf("Read at %s: version %d", b.Row.Record.Connection, v.Version), Version: v.Version})
	}
	slices.SortStableFunc(b.Events, func(x, y event) int { return y.At.Compare(x.At) })
	for _, x := range b.Exchanges {
		if x.Method != http.MethodGet || x.Failure != "" || x.Status >= http.StatusBadRequest {
			b.Calls = append(b.Calls, x)
		} else {
			b.Looks = append(b.Looks, x)
		}
	}
}

// sideList is one list of a Document, all its fields below it.
type sideList struct {
	Name     string
	Elements int
	Differs  int
	Rows     []app.SideRow
}

// arrange puts the fields of lists below those that stand once.
func (b *recordBody) arrange() {
	elements := map[string]bool{}
	for _, s := range b.Sides {
		if s.Differs {
			b.Differs++
		}
		name, rest, listed := strings.Cut(s.Field, "[")
		if !listed {
			b.Head = append(b.Head, s)
			continue
		}
		if len(b.Lists) == 0 || b.Lists[len(b.Lists)-1].Name != name {
			b.Lists = append(b.Lists, sideList{Name: name})
		}
		l := &b.Lists[len(b.Lists)-1]
		place, _, _ := strings.Cut(rest, "]")
		if key := name + "[" + place; !elements[key] {
			elements[key] = true
			l.Elements++
		}
		if s.Differs {
			l.Differs++
		}
		l.Rows = append(l.Rows, s)
	}
}

// stage is a station in the life of what was delivered.
type stage struct {
	Name    string
	Reached bool
	Here    bool
}

// record answers: where is it, and why is it there?
func (p *Pages) record(r *http.Request) (view, error) {
	rec := connector.Record{Connection: r.PathValue("connection"), Kind: connector.Kind(r.PathValue("kind")), ID: r.PathValue("id")}
	return p.recordView(r, rec, 0)
}

// delivery is the page of its Record, looking at this Delivery.
func (p *Pages) delivery(r *http.Request) (view, error) {
	id, err := pathNumber(r, "delivery")
	if err != nil {
		return view{}, err
	}
	rec, err := p.App.DeliveryRecord(r.Context(), id)
	if err != nil {
		return view{}, err
	}
	return p.recordView(r, rec, id)
}

func (p *Pages) recordView(r *http.Request, rec connector.Record, delivery int64) (view, error) {
	shown, err := p.App.RecordPage(r.Context(), rec, delivery)
	if err != nil {
		return view{}, err
	}
	b := recordBody{RecordPage: shown, Target: len(shown.Deliveries) == 0 && shown.Focus != nil}
	if !b.Target && actorOf(r).Can(people.AssignDelivery) {
		if b.People, err = p.App.Assignable(r.Context(), app.Meant(app.Me, actorOf(r))); err != nil {
			return view{}, err
		}
	}
	if b.At, err = p.momentAsked(r); err != nil {
		return view{}, err
	}
	if !b.At.IsZero() {
		if b.Then, err = p.App.RecordThen(r.Context(), rec, shown.Other, b.At); err != nil {
			return view{}, err
		}
	}
	if b.Pages, err = p.pagesThere(r, shown); err != nil {
		return view{}, err
	}
	b.arrange()
	b.gather()
	if shown.Focus != nil {
		b.Life = lifeOf(shown.Focus)
	}
	title := shown.Row.Title
	if title == "" {
		title = kindWord(rec.Kind) + " " + rec.ID
	}
	crumbs := []crumb{{"Deliveries", "/deliveries"}}
	if delivery != 0 {
		crumbs = append(crumbs, crumb{sentenceCase(kindWord(rec.Kind)) + " " + oneLine(rec.ID, 40), recordURL(rec.Connection, rec.Kind, rec.ID)})
	}
	return view{Template: "record", Active: "deliveries", Question: "Where is this " + kindWord(rec.Kind) + ", and why is it there?", Title: title, Crumbs: crumbs, Body: b}, nil
}

func sentenceCase(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// lifeOf is the way of a delivered object at the target, as far as it is known there; nil where its System tells none.
func lifeOf(d *connector.Delivery) []stage {
	if d.Life == nil || d.Life.Stage == "" {
		return nil
	}
	way := []connector.Stage{connector.StageSent, connector.StageStaged, connector.StageBuilt, connector.StagePosted, connector.StagePaid}
	if d.Life.Stage == connector.StageRecycled || d.Life.Stage == connector.StageLost {
		way = []connector.Stage{connector.StageSent, connector.StageStaged, d.Life.Stage}
	}
	var out []stage
	reached := true
	for _, s := range way {
		here := s == d.Life.Stage
		out = append(out, stage{Name: string(s), Reached: reached, Here: here})
		reached = reached && !here
	}
	return out
}

// actionWord puts an Entry into words.
func actionWord(e connector.Entry) string {
	detail := e.Details
	switch e.Action {
	case "delivery.sending":
		return "Sent (" + detail["operation"] + ", attempt " + detail["attempt"] + ")"
	case "delivery.delivered":
		return withDetail("Delivered", "as ", detail["target"])
	case "delivery.held":
		return withDetail("Held", "", detail["code"])
	case "delivery.blocked":
		return "Blocked: waits for something that is not there yet"
	case "delivery.in_doubt":
		return withDetail("In doubt", "", detail["code"])
	case "delivery.released":
		return withDetail("Released", "because of ", detail["reason"])
	case "delivery.replayed":
		return "Replayed"
	case "delivery.acknowledged":
		return withDetail("The source was told", "", toldWords(detail))
	case "delivery.not_acknowledged":
		return withDetail("The source could not be told", "", detail["code"])
	case "delivery.life":
		return withDetail("At the target", "", detail["stage"])
	case "delivery.filtered":
		return "Not sent: it does not pass the Flow's filter"
	case "delivery.assigned":
		return withDetail("Given to", "", detail["person"])
	case "delivery.noted":
		return "Something was noted"
	case "delivery.unchanged":
		return "In step: nothing to send"
	case "delivery.superseded":
		return "Overtaken by a newer version"
	case "link.made":
		return "Linked " + e.Subject + " with " + detail["other"]
	}
	noun, verb, _ := strings.Cut(e.Action, ".")
	return withDetail(sentenceCase(noun)+" "+strings.ReplaceAll(verb, "_", " "), "", detail["reason"])
}

// toldWords are what the source was told.
func toldWords(detail map[string]string) string {
	words := detail["number"]
	switch detail["payment"] {
	case "paid":
		words += ", paid"
	case "void":
		words += ", its payment was voided"
	}
	return words
}

func withDetail(word, join, detail string) string {
	if detail == "" {
		return word
	}
	if join == "" {
		return word + ": " + detail
	}
	return word + " " + join + detail
}

// pagesThere are the pages of the same object in the Systems themselves, where the profile of a Connection says how to get there.
func (p *Pages) pagesThere(r *http.Request, shown app.RecordPage) ([]crumb, error) {
	var out []crumb
	for _, rec := range append([]connector.Record{shown.Row.Record}, shown.Other...) {
		link, err := p.App.RecordLink(r.Context(), rec)
		if err != nil {
			return nil, err
		}
		if link != "" {
			out = append(out, crumb{rec.Connection, link})
		}
	}
	return out, nil
}

// momentAsked reads the time that a page is to look back to: as an instant, or as a browser's field has it, UTC.
func (p *Pages) momentAsked(r *http.Request) (time.Time, error) {
	text := r.URL.Query().Get("at")
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04", "2006-01-02T15:04:05", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, connector.Errorf(connector.Invalid, "", "at=%s is no time.", text).Advise("Write it as 2026-03-01T08:00:00Z.")
}

// Instant is a time as an address has it, to the microsecond.
func (clock) Instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// Field is a time as a browser's field for one has it, UTC.
func (clock) Field(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}
