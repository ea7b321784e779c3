package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/cockroachdb/apd/v3"

	connector "ml-connector"
	"ml-connector/engine"
)

// Reconciliation is how both sides of Flows stand to each other.
type Reconciliation struct {
	Flows []ReconciledFlow `json:"flows"`
}

// ReconciledFlow is one Flow's part. What the Flow does not send counts on neither side, what people entered at the target neither;
// so the sums differ by what is missing, extra or different, and by nothing else.
type ReconciledFlow struct {
	Flow        string       `json:"flow"`
	Source      []SideSum    `json:"source"`
	Target      []SideSum    `json:"target"`
	Matched     int          `json:"matched"`
	Missing     int          `json:"missing"`
	Extra       int          `json:"extra"`
	Foreign     int          `json:"foreign"`
	Different   int          `json:"different"`
	Differences []Difference `json:"differences"`
}

// SideSum is the money of one currency on one side, exact; records without money have the currency "" and the total 0.
type SideSum struct {
	Currency string `json:"currency"`
	Records  int    `json:"records"`
	Total    string `json:"total"`
}

// Difference is one record that is not the same on both sides, or one field of it. Of a whole record the field is "", and source
// and target are its money on each side.
type Difference struct {
	Record connector.Record `json:"record"`
	State  connector.State  `json:"state"` // of its newest Delivery, "" without one
	Field  string           `json:"field"`
	Source string           `json:"source"`
	Target string           `json:"target"`
	Kind   engine.Pairing   `json:"pairing"`
	Error  *Error           `json:"error"`
}

// reconcileSince is how far back a reconciliation looks when nobody says otherwise: a month that is being closed.
const reconcileSince = 31 * 24 * time.Hour

// Reconcile reads both sides of Flows live and holds them against each other; without names those of all enabled Flows.
func (a *App) Reconcile(ctx context.Context, o SyncOptions) (Reconciliation, error) {
	out := Reconciliation{Flows: []ReconciledFlow{}}
	if _, err := a.flowNames(ctx, o.Flows); err != nil {
		return out, err
	}
	if o.Since.IsZero() {
		o.Since = a.Now().Add(-reconcileSince)
	}
	sides := map[string]*[2]sums{}
	err := a.newEngine().Reconcile(ctx, engine.SyncRequest{Flows: o.Flows, Since: o.Since, Until: o.Until}, func(flow string) {
		sides[flow] = &[2]sums{{}, {}}
		out.Flows = append(out.Flows, ReconciledFlow{Flow: flow, Differences: []Difference{}})
	}, func(p engine.Pair) error {
		out.Flows[len(out.Flows)-1].add(p, sides[p.Flow])
		return nil
	})
	for n := range out.Flows {
		f := &out.Flows[n]
		f.Source, f.Target = sides[f.Flow][0].list(), sides[f.Flow][1].list()
	}
	return out, err
}

// ExitStatus is 3 when the sides differ.
func (r Reconciliation) ExitStatus() int {
	for _, f := range r.Flows {
		if f.Missing+f.Extra+f.Different > 0 {
			return connector.Conflict.ExitStatus()
		}
	}
	return 0
}

// add counts one record.
func (f *ReconciledFlow) add(p engine.Pair, side *[2]sums) {
	source, target := moneyOf(p.Source), moneyOf(there(p))
	whole := Difference{Record: p.Record, State: p.State, Source: source.String(), Target: target.String(), Kind: p.Pairing, Error: ErrorShape(p.Err)}
	switch p.Pairing {
	case engine.PairForeign:
		f.Foreign++
		return
	case engine.PairExtra:
		f.Extra++
		side[1].add(target)
		f.Differences = append(f.Differences, whole)
		return
	case engine.PairMissing:
		f.Missing++
		side[0].add(source)
		f.Differences = append(f.Differences, whole)
		return
	case engine.PairDifferent:
		f.Different++
		if apart(source, target) {
			f.Differences = append(f.Differences, whole)
		}
		for _, c := range p.Changes {
			f.Differences = append(f.Differences, Difference{Record: p.Record, State: p.State, Field: c.Field, Source: c.New, Target: c.Old, Kind: p.Pairing})
		}
	default:
		if apart(source, target) {
			f.Different++
			whole.Kind = engine.PairDifferent
			f.Differences = append(f.Differences, whole)
		} else {
			f.Matched++
		}
	}
	side[0].add(source)
	side[1].add(target)
}

// there is what the target holds; what it does not tell it has as it was sent.
func there(p engine.Pair) connector.Document {
	if p.Target == nil {
		return nil
	}
	d := p.Wanted.Clone()
	if d == nil {
		d = connector.Document{}
	}
	maps.Copy(d, p.Target)
	return d
}

// apart says that both sides tell of money, and not of the same.
func apart(source, target *Money) bool {
	if source == nil || target == nil {
		return false
	}
	x, _, err1 := apd.NewFromString(source.Amount)
	y, _, err2 := apd.NewFromString(target.Amount)
	return source.Currency != target.Currency || err1 == nil && err2 == nil && x.Cmp(y) != 0
}

// sums adds money by currency.
type sums map[string]*sum

type sum struct {
	records int
	total   string // decimal text
}

func (s sums) add(m *Money) {
	currency := ""
	if m != nil {
		currency = m.Currency
	}
	at := s[currency]
	if at == nil {
		at = &sum{total: "0"}
		s[currency] = at
	}
	at.records++
	if m != nil {
		at.total = addDecimals([]string{at.total, m.Amount})
	}
}

func (s sums) list() []SideSum {
	out := []SideSum{}
	for _, c := range slices.Sorted(maps.Keys(s)) {
		out = append(out, SideSum{Currency: c, Records: s[c].records, Total: s[c].total})
	}
	return out
}

// String is the amount and its currency; "" of none.
func (m *Money) String() string {
	if m == nil {
		return ""
	}
	return m.Amount + " " + m.Currency
}
