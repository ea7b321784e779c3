package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/mapping"
	"ml-connector/money"
	"ml-connector/store"
)

// CrosswalkDetail is a Crosswalk with its rows, the rules that look it up, and what waits for a row.
type CrosswalkDetail struct {
	Name   string          `json:"name"`
	Left   string          `json:"left"`
	Right  string          `json:"right"`
	UsedBy []CrosswalkRule `json:"used_by"`
	Rows   []CrosswalkRow  `json:"rows"`
	Todo   []CrosswalkTask `json:"todo"`
}

// CrosswalkRule is one rule of a Flow that looks a Crosswalk up.
type CrosswalkRule struct {
	Flow    string `json:"flow"`
	Applied bool   `json:"applied"` // else it is a shipped one
	Line    int    `json:"line"`
	Field   string `json:"field"` // of the target; "" in no rule of a field
}

// CrosswalkRow is one row. Counts says whether it is the first for its left value today.
type CrosswalkRow struct {
	Left      string `json:"left"`
	Right     string `json:"right"`
	Note      string `json:"note"`
	Source    string `json:"source"` // file or person
	ValidFrom string `json:"valid_from"`
	ValidTo   string `json:"valid_to"`
	Counts    bool   `json:"counts"`
}

// Crosswalk shows one Crosswalk.
func (a *App) Crosswalk(ctx context.Context, name string) (CrosswalkDetail, error) {
	sides, err := a.crosswalkSides(ctx, name)
	if err != nil {
		return CrosswalkDetail{}, err
	}
	out := CrosswalkDetail{Name: name, Left: sides.Left, Right: sides.Right, Rows: []CrosswalkRow{}}
	rows, err := a.DB.CrosswalkRows(ctx, name)
	if err != nil {
		return out, err
	}
	today := a.Now().UTC().Format(time.DateOnly)
	led := map[string]bool{}
	for _, r := range rows {
		counts := r.Counts(today) && !led[r.Left]
		led[r.Left] = led[r.Left] || counts
		out.Rows = append(out.Rows, CrosswalkRow{r.Left, r.Right, r.Note, r.Source, r.ValidFrom, r.ValidTo, counts})
	}
	if out.UsedBy, err = a.rulesOf(ctx, name); err != nil {
		return out, err
	}
	out.Todo, err = a.CrosswalkTodo(ctx, name)
	return out, err
}

// rulesOf lists the rules that look a Crosswalk up: of the applied Flows, and of shipped ones of which none is applied.
func (a *App) rulesOf(ctx context.Context, name string) ([]CrosswalkRule, error) {
	out := []CrosswalkRule{}
	add := func(flow, text string, applied bool) error {
		f, err := mapping.Parse([]byte(text))
		if err != nil {
			return err
		}
		for _, use := range f.Crosswalks() {
			if use.Name == name {
				out = append(out, CrosswalkRule{flow, applied, use.Line, use.Field})
			}
		}
		return nil
	}
	applied, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, f := range applied {
		taken[f.Use] = true
		if err := add(f.Name, f.Mapping, true); err != nil {
			return nil, err
		}
	}
	for _, s := range a.Shipped {
		if taken[s.Name] {
			continue
		}
		if err := add(s.Name, string(s.Text), false); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CrosswalkTask is a value that Deliveries wait for: a row for it lets exactly those go on.
type CrosswalkTask struct {
	Crosswalk string         `json:"crosswalk"`
	Value     string         `json:"value"`
	System    string         `json:"system"` // whose value it is
	Waiting   int            `json:"waiting"`
	Flows     []string       `json:"flows"`
	Records   []string       `json:"records"` // the first few, by title
	Money     []money.Amount `json:"money"`   // that they are about, by currency
	MoneyOf   int            `json:"money_of"`
	Since     time.Time      `json:"since"` // of the one that waits longest
}

// How much of what waits is told of each value, and of how many Deliveries in all the money is looked up.
const (
	titlesOfTask = 3
	moneyOfTasks = 500
)

// CrosswalkTodo gathers what waits for rows of Crosswalks, of one or with "" of all: the values that most wait for first.
func (a *App) CrosswalkTodo(ctx context.Context, name string) ([]CrosswalkTask, error) {
	type key struct{ crosswalk, value, system string }
	tasks := map[key]*CrosswalkTask{}
	about := map[key][]money.Amount{}
	type look struct {
		at     key
		record connector.Record
	}
	var looks []look
	err := a.DB.CrosswalkTodo(ctx, name, func(w store.CrosswalkWait) error {
		k := key{w.Crosswalk, w.Value, w.System}
		t := tasks[k]
		if t == nil {
			t = &CrosswalkTask{Crosswalk: w.Crosswalk, Value: w.Value, System: w.System, Since: w.Since, Flows: []string{}, Records: []string{}, Money: []money.Amount{}}
			tasks[k] = t
		}
		t.Waiting++
		if !slices.Contains(t.Flows, w.Flow) {
			t.Flows = append(t.Flows, w.Flow)
		}
		if len(t.Records) < titlesOfTask {
			t.Records = append(t.Records, cmp.Or(w.Title, w.Record.ID))
		}
		if w.Since.Before(t.Since) {
			t.Since = w.Since
		}
		if len(looks) < moneyOfTasks {
			looks = append(looks, look{k, w.Record})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, l := range looks {
		row, err := a.DB.RecordByID(ctx, l.record)
		if err != nil {
			return nil, err
		}
		if row == nil {
			continue
		}
		if m := money.Of(row.Document); m != nil {
			about[l.at] = append(about[l.at], *m)
			tasks[l.at].MoneyOf++
		}
	}
	out := []CrosswalkTask{}
	for k, t := range tasks {
		t.Money = append(t.Money, money.Sum(about[k])...)
		out = append(out, *t)
	}
	slices.SortFunc(out, func(x, y CrosswalkTask) int {
		return cmp.Or(y.Waiting-x.Waiting, cmp.Compare(x.Crosswalk, y.Crosswalk), cmp.Compare(x.Value, y.Value), cmp.Compare(x.System, y.System))
	})
	return out, nil
}

// CrosswalkChange is one change of one row.
type CrosswalkChange struct {
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`
	Action string    `json:"action"` // added, changed, moved, removed
	Left   string    `json:"left"`
	Right  string    `json:"right"`
	Note   string    `json:"note"`
	From   string    `json:"valid_from"`
	To     string    `json:"valid_to"`
}

// CrosswalkHistory gives who set which row when, the newest first: of all rows, or of those with a value at either side.
func (a *App) CrosswalkHistory(ctx context.Context, name, value string, fn func(CrosswalkChange) error) error {
	return a.DB.CrosswalkHistory(ctx, name, value, func(c store.CrosswalkChange) error {
		return fn(CrosswalkChange{c.At, c.Actor, c.Action, c.Row.Left, c.Row.Right, c.Row.Note, c.Row.ValidFrom, c.Row.ValidTo})
	})
}
