package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/app"
)

// rowsOfDeliveries is how many Deliveries one page of the list shows.
const rowsOfDeliveries = 50

// deliveriesBody is what the list of Deliveries shows.
type deliveriesBody struct {
	Choice app.DeliveryChoice
	List   app.DeliveryList
	States []connector.State
	Flows  []app.FlowToday
	Older  string // address of the next page, "" at the end
	First  string // address of the first page, "" on it
	Chips  []chip // filters that no field shows
	File   string // all of it as CSV
}

// chip is a filter with the address of the list without it.
type chip struct{ Text, Without string }

// deliveries answers: which are they?
func (p *Pages) deliveries(r *http.Request) (view, error) {
	c, err := p.choiceOf(r)
	if err != nil {
		return view{}, err
	}
	b := deliveriesBody{Choice: c, States: slices.DeleteFunc(connector.States(), func(s connector.State) bool { return s == connector.Sending })}
	if b.List, err = p.App.ListDeliveries(r.Context(), c); err != nil {
		return view{}, err
	}
	if b.Flows, err = p.App.FlowNames(r.Context()); err != nil {
		return view{}, err
	}
	if b.List.Next != 0 {
		b.Older = with(r.URL, "before", strconv.FormatInt(b.List.Next, 10))
	}
	if c.Before != 0 {
		b.First = with(r.URL, "before", "")
	}
	b.Chips = chipsOf(r.URL, c)
	file := *r.URL
	file.Path = "/deliveries/export"
	b.File = with(&file, "before", "")
	return view{Template: "deliveries", Active: "deliveries", Question: "Which are they, and where does each stand?", Title: b.title(), Body: b}, nil
}

func (p *Pages) choiceOf(r *http.Request) (app.DeliveryChoice, error) {
	q := r.URL.Query()
	c := app.DeliveryChoice{State: connector.State(q.Get("state")), Flow: q.Get("flow"), Code: connector.Code(q.Get("code")), Cause: q.Get("cause"),
		Search: strings.TrimSpace(q.Get("search")), Limit: rowsOfDeliveries}
	var err error
	c.Assigned = app.Meant(q.Get("assigned"), actorOf(r))
	if c.Run, err = number(r, "run"); err != nil {
		return c, err
	}
	if c.Before, err = number(r, "before"); err != nil {
		return c, err
	}
	if text := q.Get("since"); text != "" {
		if c.Since, err = time.Parse(time.RFC3339, text); err != nil {
			return c, connector.Errorf(connector.Invalid, "", "since=%s is no time.", text).Advise("Write it as 2026-03-01T08:00:00Z.")
		}
	}
	if c.State != "" && !slices.Contains(connector.States(), c.State) {
		return c, connector.Errorf(connector.Invalid, "", "There is no state %q.", c.State).Advise("States are held, blocked, in_doubt, waiting, delivered, unchanged, filtered, skipped, superseded.")
	}
	return c, nil
}

// with is an address with one value of its query changed; "" takes it away.
func with(u *url.URL, name, value string) string {
	q := u.Query()
	if q.Set(name, value); value == "" {
		q.Del(name)
	}
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}

func chipsOf(u *url.URL, c app.DeliveryChoice) []chip {
	var out []chip
	add := func(text, name string) { out = append(out, chip{text, with(u, name, "")}) }
	if c.Run != 0 {
		add("Run "+count(c.Run), "run")
	}
	if !c.Since.IsZero() {
		add("Runs since "+c.Since.UTC().Format("2 Jan 15:04 UTC"), "since")
	}
	if c.Code != "" {
		add(string(c.Code), "code")
	}
	if c.Cause != "" {
		add("one cause", "cause")
	}
	if c.Assigned != "" {
		add("Seen to by "+c.Assigned, "assigned")
	}
	return out
}

// title is the number that this list is of.
func (b deliveriesBody) title() string {
	what := ""
	if b.Choice.State != "" {
		what = stateWord(b.Choice.State) + " "
	}
	if b.List.AtLeast {
		return "More than " + count(b.List.Total) + " " + what + "deliveries"
	}
	return plural(b.List.Total, what+"delivery", what+"deliveries")
}
