package web

import (
	"errors"
	"net/http"
	"strings"

	"ml-connector/app"
)

// crosswalkLine is one line of the list of Crosswalks.
type crosswalkLine struct {
	app.Crosswalk
	Missing int // values that something waits for
	Waiting int // Deliveries that wait
}

// crosswalksBody is what the list of Crosswalks shows.
type crosswalksBody struct {
	Lines []crosswalkLine
	Todo  []task
}

// task is a value that waits for a row, and what the form beside it needs.
type task struct {
	app.CrosswalkTask
	Left  bool   // the value is the left System's
	Other string // the System whose value is to be given
}

// crosswalks answers: which values have no counterpart?
func (p *Pages) crosswalks(r *http.Request) (view, error) {
	all, err := p.App.Crosswalks(r.Context())
	if err != nil {
		return view{}, err
	}
	todo, err := p.App.CrosswalkTodo(r.Context(), "")
	if err != nil {
		return view{}, err
	}
	b := crosswalksBody{}
	at := map[string]int{}
	for n, x := range all {
		b.Lines, at[x.Name] = append(b.Lines, crosswalkLine{Crosswalk: x}), n
	}
	for _, t := range todo {
		n, known := at[t.Crosswalk]
		if !known { // nobody gave it a row yet
			d, err := p.App.Crosswalk(r.Context(), t.Crosswalk)
			if err != nil {
				return view{}, err
			}
			n = len(b.Lines)
			b.Lines, at[t.Crosswalk] = append(b.Lines, crosswalkLine{Crosswalk: app.Crosswalk{Name: d.Name, Left: d.Left, Right: d.Right}}), n
		}
		line := &b.Lines[n]
		line.Missing, line.Waiting = line.Missing+1, line.Waiting+t.Waiting
		b.Todo = append(b.Todo, taskOf(t, line.Left, line.Right))
	}
	title := "Every value that was looked up has a counterpart"
	if len(todo) > 0 {
		title = plural(len(todo), "value waits", "values wait") + " for a row"
	}
	return view{Template: "crosswalks", Active: "crosswalks", Question: "Which values have no counterpart?", Title: title, Body: b}, nil
}

func taskOf(t app.CrosswalkTask, left, right string) task {
	out := task{CrosswalkTask: t, Left: t.System == left, Other: left}
	if out.Left {
		out.Other = right
	}
	return out
}

// mostChanges is how many changes of a Crosswalk its page shows.
const mostChanges = 20

// crosswalkBody is what the page of a Crosswalk shows.
type crosswalkBody struct {
	app.CrosswalkDetail
	Tasks   []task
	Changes []app.CrosswalkChange
}

// crosswalk answers: what becomes of a value, and who says so?
func (p *Pages) crosswalk(r *http.Request) (view, error) {
	name := r.PathValue("name")
	d, err := p.App.Crosswalk(r.Context(), name)
	if err != nil {
		return view{}, err
	}
	b := crosswalkBody{CrosswalkDetail: d}
	for _, t := range d.Todo {
		b.Tasks = append(b.Tasks, taskOf(t, d.Left, d.Right))
	}
	err = p.App.CrosswalkHistory(r.Context(), name, "", func(c app.CrosswalkChange) error {
		if len(b.Changes) == mostChanges {
			return errEnough
		}
		b.Changes = append(b.Changes, c)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return view{}, err
	}
	return view{Template: "crosswalk", Active: "crosswalks", Question: "What becomes of a value, and who says so?", Title: d.Name, Body: b, Crumbs: []crumb{{"Crosswalks", "/crosswalks"}}}, nil
}

// setRow gives a value its counterpart.
func (p *Pages) setRow(r *http.Request) (said, to string, err error) {
	name, get := r.PathValue("name"), func(field string) string { return strings.TrimSpace(r.PostForm.Get(field)) }
	row := app.CrosswalkEdit{Left: get("left"), Right: get("right"), Note: get("note"), ValidFrom: get("from"), ValidTo: get("to")}
	to = "/crosswalks/" + name
	if get("back") == "list" {
		to = "/crosswalks"
	}
	if get("back") == "held" {
		to = "/held"
	}
	set, err := p.App.SetCrosswalk(r.Context(), name, row, false, actorOf(r))
	if err != nil {
		return "", "", err
	}
	said = row.Left + " is " + row.Right + " from now on."
	if set.Released > 0 {
		said += " " + plural(set.Released, "delivery goes", "deliveries go") + " on by it."
	}
	return said, to, nil
}
