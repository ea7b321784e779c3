package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/money"
	"ml-connector/store"
)

// DeliveryChoice chooses Deliveries for a page; zero fields choose all.
type DeliveryChoice struct {
	State  connector.State // waiting counts sending in, as the run equation does
	Flow   string
	Code   connector.Code
	Cause  string // ID of a Cause
	Search string // an ID or a number, else a part of ID, number, title or error
	Run    int64
	Since  time.Time // only of Runs that began then or later
	Before int64     // only those with a smaller ID
	Limit  int

	Assigned string // to this person
}

// ListedDelivery is one line of a list of Deliveries for a page.
type ListedDelivery struct {
	connector.Delivery
	Title    string
	Money    *money.Amount // nil when the Document names none
	Assigned string        // who sees to it; "" = nobody
	Notes    int
}

// DeliveryList is one page of a list, the newest first.
type DeliveryList struct {
	Rows    []ListedDelivery
	Next    int64 // Before of the next page, 0 at the end
	Total   int
	AtLeast bool // there are more than Total
	Same    int  // of a Run's unchanged: read again with content that was known, which makes no Delivery
}

// mostCounted is up to where a list is counted out, when nobody knows its number.
const mostCounted = 500

// mostPassed is how many Deliveries that don't fit a list passes over before it ends.
const mostPassed = 20_000

var errEnough = errors.New("enough")

// ListDeliveries gives one page of Deliveries.
func (a *App) ListDeliveries(ctx context.Context, c DeliveryChoice) (DeliveryList, error) {
	var out DeliveryList
	rows, err := a.chosenDeliveries(ctx, c)
	if err != nil {
		return out, err
	}
	counted, err := a.countChosen(ctx, c, rows)
	if err != nil {
		return out, err
	}
	out.Total = min(counted, mostCounted)
	out.AtLeast = counted > mostCounted
	if len(rows) > c.Limit {
		rows = rows[:c.Limit]
		out.Next = rows[c.Limit-1].ID
	}
	if out.Rows, err = a.listed(ctx, rows); err != nil {
		return out, err
	}
	if c.Run != 0 && c.State != "" && c.Flow == "" && c.Search == "" && c.Code == "" && c.Cause == "" && c.Assigned == "" {
		return out, a.countOfRun(ctx, c, &out)
	}
	return out, nil
}

// countChosen counts a choice out, up to one more than is counted. Where the store can't tell which of them fit, they are looked at.
func (a *App) countChosen(ctx context.Context, c DeliveryChoice, page []connector.Delivery) (int, error) {
	if c.Before == 0 && len(page) <= c.Limit {
		return len(page), nil
	}
	c.Before, c.Limit = 0, mostCounted
	if c.Cause != "" {
		all, err := a.chosenDeliveries(ctx, c)
		return len(all), err
	}
	first, err := a.firstRunSince(ctx, c.Since)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, state := range statesOf(c.State) {
		some, err := a.DB.CountDeliveries(ctx, store.DeliveryFilter{State: state, Flow: c.Flow, Code: c.Code, Search: c.Search, Run: c.Run, Assigned: c.Assigned, Limit: mostCounted + 1}, first)
		if err != nil {
			return 0, err
		}
		n += some
	}
	return n, nil
}

// statesOf are those that a state is shown for.
func statesOf(s connector.State) []connector.State {
	if s == connector.Waiting {
		return []connector.State{s, connector.Sending}
	}
	return []connector.State{s}
}

// countOfRun takes the number from the Run's own equation.
func (a *App) countOfRun(ctx context.Context, c DeliveryChoice, out *DeliveryList) error {
	run, err := a.DB.RunByID(ctx, c.Run)
	if err != nil {
		return err
	}
	n := PartsOf(run.Counts).Count(c.State)
	if c.State == connector.Unchanged && !out.AtLeast {
		out.Same = n - out.Total
		return nil
	}
	if c.State != connector.Unchanged {
		out.Total, out.AtLeast = n, false
	}
	return nil
}

// chosenDeliveries gives the first Limit+1 Deliveries of a choice, without titles.
func (a *App) chosenDeliveries(ctx context.Context, c DeliveryChoice) ([]connector.Delivery, error) {
	first, err := a.firstRunSince(ctx, c.Since)
	if err != nil {
		return nil, err
	}
	var out []connector.Delivery
	for _, state := range statesOf(c.State) {
		taken, passed := 0, 0
		err := a.DB.EachDelivery(ctx, store.DeliveryFilter{State: state, Flow: c.Flow, Code: c.Code, Search: c.Search, Run: c.Run, After: c.Before, Newest: true, Assigned: c.Assigned}, func(d connector.Delivery) error {
			if d.Run < first || c.Cause != "" && causeOf(d).ID != c.Cause {
				if passed++; passed > mostPassed {
					return errEnough
				}
				return nil
			}
			out = append(out, d)
			if taken++; taken > c.Limit {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return nil, err
		}
	}
	slices.SortFunc(out, func(x, y connector.Delivery) int { return cmp.Compare(y.ID, x.ID) })
	return out[:min(len(out), c.Limit+1)], nil
}

// listed adds titles and money, and who sees to them.
func (a *App) listed(ctx context.Context, ds []connector.Delivery) ([]ListedDelivery, error) {
	out := make([]ListedDelivery, 0, len(ds))
	keys, ids := make([]int64, 0, len(ds)), make([]int64, 0, len(ds))
	for _, d := range ds {
		keys, ids = append(keys, d.RecordKey), append(ids, d.ID)
	}
	rows, err := a.DB.RecordsByKey(ctx, keys)
	if err != nil {
		return nil, err
	}
	assigned, err := a.DB.Assignments(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		l := ListedDelivery{Delivery: d, Assigned: assigned[d.ID].Person, Notes: len(assigned[d.ID].Notes)}
		if row, known := rows[d.RecordKey]; known {
			l.Title, l.Money = row.Title, money.Of(row.Document)
		}
		out = append(out, l)
	}
	return out, nil
}

// EachListed calls fn for each Delivery of a choice, the newest first, some hundred at a time, so that it may be of any length.
func (a *App) EachListed(ctx context.Context, c DeliveryChoice, fn func(ListedDelivery) error) error {
	for c.Limit = 400; ; {
		ds, err := a.chosenDeliveries(ctx, c)
		if err != nil {
			return err
		}
		more := len(ds) > c.Limit
		rows, err := a.listed(ctx, ds[:min(len(ds), c.Limit)])
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := fn(r); err != nil {
				return err
			}
			c.Before = r.ID
		}
		if !more {
			return nil
		}
	}
}

// firstRunSince finds the first Run that began at a time or later: Runs are numbered as they begin. Without a time it is 0.
func (a *App) firstRunSince(ctx context.Context, since time.Time) (int64, error) {
	if since.IsZero() {
		return 0, nil
	}
	newest, err := a.DB.Runs(ctx, store.RunFilter{Limit: 1})
	if err != nil || len(newest) == 0 {
		return 0, err
	}
	low, high := int64(1), newest[0].ID+1
	for low < high {
		middle := (low + high) / 2
		runs, err := a.DB.Runs(ctx, store.RunFilter{After: middle + 1, Limit: 1}) // the newest with an ID up to middle
		if err != nil {
			return 0, err
		}
		if len(runs) > 0 && !runs[0].StartedAt.Before(since) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low, nil
}

// RecordList finds the Records that a text may mean, at most limit of them, and whether there are more. Those that a Flow
// sends stand before those that are only known as their other side.
func (a *App) RecordList(ctx context.Context, search string, limit int) (rows []Record, more bool, err error) {
	err = a.DB.EachRecord(ctx, store.RecordFilter{Search: search, Newest: true, Limit: 4 * limit}, func(r store.ListedRecord) error {
		rows = append(rows, RecordShape(r))
		return nil
	})
	slices.SortStableFunc(rows, func(x, y Record) int { return cmp.Compare(min(1, len(y.State)), min(1, len(x.State))) })
	if len(rows) > limit {
		rows, more = rows[:limit], true
	}
	return rows, more, err
}

// MeantRecord is the one Record that an ID or a number means, of two sides of a Link the one that was read and sent; nil
// when there is none, or several.
func (a *App) MeantRecord(ctx context.Context, text string) (*connector.Record, error) {
	rows, err := a.matches(ctx, text)
	if err != nil {
		return nil, err
	}
	if rows, err = a.sources(ctx, rows); err != nil || len(rows) != 1 {
		return nil, err
	}
	return &rows[0].Record, nil
}
