package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"

	connector "ml-connector"
	"ml-connector/money"
	"ml-connector/store"
)

// Cause is one reason for which Deliveries need a person, and those that it stops.
type Cause struct {
	ID      string // short, stable for as long as the words are
	Flow    string
	State   connector.State // held, in_doubt that no look-up can end, or blocked for over a day
	Code    connector.Code
	Message string // of the only Delivery, or what the messages have in common: what differs is …
	Hint    string
	Count   int
	Money   []money.Amount // per currency
	Counted bool           // Money is of all of them
	Oldest  time.Time
	Rows    []ListedDelivery // the first of them
	Target  string           // the System that the Flow writes to
	Values  []CrosswalkTask  // that wait for a row of a Crosswalk: where it is mended
}

// NeedsPage is everything that needs a person, grouped by cause.
type NeedsPage struct {
	Causes []Cause
	Total  int
	Seen   int // that were looked at; fewer than Total when there are very many
	Money  []money.Amount
}

// mostGrouped bounds how many Deliveries are grouped for one page; mostSummed how many of one cause are added up.
const (
	mostGrouped = 5_000
	mostSummed  = 300
)

// gatherNeeds works Needs out.
func (a *App) gatherNeeds(ctx context.Context, rows int, person string) (NeedsPage, error) {
	var out NeedsPage
	counts, err := a.needRows(ctx)
	if err != nil {
		return out, err
	}
	for _, c := range counts {
		out.Total += c.Count
	}
	found := map[string]*gathered{}
	late := a.Now().Add(-24 * time.Hour)
	for _, state := range []connector.State{connector.Held, connector.InDoubt, connector.Blocked} {
		if err := a.gather(ctx, store.DeliveryFilter{State: state, Assigned: person}, late, found, &out.Seen); err != nil {
			return out, err
		}
	}
	if err := a.values(ctx, found); err != nil {
		return out, err
	}
	if person != "" {
		out.Total = out.Seen
	}
	var all []money.Amount
	for _, g := range found {
		c, err := a.cured(ctx, g, rows)
		if err != nil {
			return out, err
		}
		all = append(all, c.Money...)
		out.Causes = append(out.Causes, c)
	}
	out.Money = money.Sum(all)
	if err := a.causeSystems(ctx, out.Causes); err != nil {
		return out, err
	}
	slices.SortFunc(out.Causes, func(x, y Cause) int {
		return cmp.Or(compareMoney(y.Money, x.Money), cmp.Compare(y.Count, x.Count), x.Oldest.Compare(y.Oldest), strings.Compare(x.ID, y.ID))
	})
	return out, nil
}

// gathered are the Deliveries of one Cause.
type gathered struct {
	cause Cause
	ds    []connector.Delivery
}

// mostValues is how many values of a Crosswalk a Cause asks for.
const mostValues = 6

// value notes a value of a Crosswalk that a Delivery waits for.
func (g *gathered) value(w store.CrosswalkWait) {
	at := slices.IndexFunc(g.cause.Values, func(t CrosswalkTask) bool { return t.Crosswalk == w.Crosswalk && t.Value == w.Value })
	if at < 0 && len(g.cause.Values) == mostValues {
		return
	}
	if at < 0 {
		g.cause.Values = append(g.cause.Values, CrosswalkTask{Crosswalk: w.Crosswalk, Value: w.Value, System: w.System})
	}
}

// values tells of each Cause which values of Crosswalks its Deliveries wait for.
func (a *App) values(ctx context.Context, found map[string]*gathered) error {
	of := map[int64]*gathered{}
	for _, g := range found {
		if g.cause.State != connector.InDoubt {
			for _, d := range g.ds {
				of[d.ID] = g
			}
		}
	}
	if len(of) == 0 {
		return nil
	}
	type value struct{ crosswalk, value string }
	waiting := map[value]int{} // whatever its Cause: a row lets all of them go on
	err := a.DB.CrosswalkTodo(ctx, "", func(w store.CrosswalkWait) error {
		waiting[value{w.Crosswalk, w.Value}]++
		if g := of[w.Delivery]; g != nil {
			g.value(w)
		}
		return nil
	})
	for _, g := range found {
		for n, v := range g.cause.Values {
			g.cause.Values[n].Waiting = waiting[value{v.Crosswalk, v.Value}]
		}
	}
	return err
}

func (a *App) gather(ctx context.Context, f store.DeliveryFilter, late time.Time, into map[string]*gathered, seen *int) error {
	state := f.State
	err := a.DB.EachDelivery(ctx, f, func(d connector.Delivery) error {
		switch {
		case state == connector.InDoubt && !d.DueAt.IsZero(), state == connector.Blocked && d.UpdatedAt.After(late):
			return nil
		case *seen == mostGrouped:
			return errEnough
		}
		*seen++
		c := causeOf(d)
		g := into[c.ID]
		if g == nil {
			g = &gathered{cause: c}
			into[c.ID] = g
		}
		if g.cause.Oldest.IsZero() || d.UpdatedAt.Before(g.cause.Oldest) {
			g.cause.Oldest = d.UpdatedAt
		}
		g.cause.Count++
		if len(g.ds) <= mostSummed {
			g.ds = append(g.ds, d)
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func (a *App) cured(ctx context.Context, g *gathered, rows int) (Cause, error) {
	c := g.cause
	if c.Count == 1 {
		c.Message = causeText(g.ds[0])
	}
	listed, err := a.listed(ctx, g.ds)
	if err != nil {
		return c, err
	}
	var all []money.Amount
	for _, l := range listed {
		if l.Money != nil {
			all = append(all, *l.Money)
		}
	}
	c.Counted = c.Count <= mostSummed
	if c.Counted {
		c.Money = money.Sum(all)
	}
	c.Rows = listed[:min(rows, len(listed))]
	return c, nil
}

// causeSystems says whose values are to be given to Causes: those of the System that the Flow writes to.
func (a *App) causeSystems(ctx context.Context, causes []Cause) error {
	if !slices.ContainsFunc(causes, func(c Cause) bool { return len(c.Values) > 0 }) {
		return nil
	}
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return err
	}
	all, err := a.DB.Connections(ctx)
	if err != nil {
		return err
	}
	systems := map[string]string{}
	for _, c := range all {
		systems[c.Name] = c.System
	}
	for i := range causes {
		at := slices.IndexFunc(flows, func(f connector.Flow) bool { return f.Name == causes[i].Flow })
		if at < 0 {
			causes[i].Values = nil
			continue
		}
		causes[i].Target = systems[flows[at].To]
	}
	return nil
}

// compareMoney orders by the largest single amount, whatever its currency: it is only an order of rows.
func compareMoney(x, y []money.Amount) int { return largest(x).Cmp(largest(y)) }

func largest(all []money.Amount) *apd.Decimal {
	most := apd.New(0, 0)
	for _, m := range all {
		if x, _, err := apd.NewFromString(m.Amount); err == nil && x.Cmp(most) > 0 {
			most = x
		}
	}
	return most
}

// particular is what differs from record to record in a message: quoted values, and words with a digit in them.
var (
	particular = regexp.MustCompile(`"[^"]*"|\S*\d\S*`)
	repeated   = regexp.MustCompile(`…(\s*…)+`)
)

// causeOf tells the Cause of one Delivery: by Flow, state, code, and the words of its message without what is particular to
// the Record.
func causeOf(d connector.Delivery) Cause {
	text := causeText(d)
	common := repeated.ReplaceAllString(particular.ReplaceAllString(text, "…"), "…")
	c := Cause{Flow: d.Flow, State: d.State, Message: common}
	if d.Err != nil {
		c.Code, c.Hint = d.Err.Code, d.Err.Hint
	}
	if c.Hint == "" && d.State == connector.Blocked {
		c.Hint = "It goes on by itself as soon as that is there. Bring it over, or correct the reference at the source."
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{c.Flow, string(c.State), string(c.Code), common}, "\x00")))
	c.ID = hex.EncodeToString(sum[:6])
	return c
}

func causeText(d connector.Delivery) string {
	if d.State == connector.Blocked && len(d.BlockedOn) > 0 {
		return "waits for " + what(d.BlockedOn[0])
	}
	if d.Err == nil {
		return "no reason was kept"
	}
	return ErrorShape(d.Err).Message
}
