package app

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/money"
	"ml-connector/people"
	"ml-connector/store"
)

// Reconciliation is how both sides of Flows stand to each other.
type Reconciliation struct {
	Flows []ReconciledFlow `json:"flows"`
}

// ReconciledFlow is one Flow's part. What the Flow does not send counts on neither side, what people entered at the target neither;
// so the sums differ by what is missing, extra or different, and by nothing else.
type ReconciledFlow struct {
	Flow         string       `json:"flow"`
	Source       []SideSum    `json:"source"`
	Target       []SideSum    `json:"target"`
	Groups       []MoneyGroup `json:"groups"` // the same money by business unit, supplier and currency; records without money are in none
	Matched      int          `json:"matched"`
	Missing      int          `json:"missing"`
	Extra        int          `json:"extra"`
	Foreign      int          `json:"foreign"`
	ForeignMoney []SideSum    `json:"foreign_money"` // what people entered at the target, which counts on neither side
	Unlisted     *Error       `json:"unlisted"`      // why the target's own list could not be read: what only the target has is not told then
	Different    int          `json:"different"`
	Differences  []Difference `json:"differences"`
	At           time.Time    `json:"at"`
	Since        time.Time    `json:"since"`
	By           string       `json:"by"`
	Last         *time.Time   `json:"last"`    // when it was reconciled before, null = never
	New          int          `json:"new"`     // differences that were not there then
	Settled      int          `json:"settled"` // differences of then that are not there any more, or are older than what was looked at now
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
	New    bool             `json:"new"` // it was not there when the Flow was reconciled before
}

// key is what makes two differences the same.
func (d Difference) key() string {
	return strings.Join([]string{d.Record.String(), string(d.Kind), d.Field}, "\x00")
}

// reconcileSince is how far back a reconciliation looks when nobody says otherwise: a month that is being closed.
const reconcileSince = 31 * 24 * time.Hour

// Reconcile reads both sides of Flows live and holds them against each other; without names those of all enabled Flows. What it finds is
// kept, and compared with what was found before.
func (a *App) Reconcile(ctx context.Context, o SyncOptions, by people.Actor) (Reconciliation, error) {
	if err := by.May(people.Reconcile); err != nil {
		return Reconciliation{}, err
	}
	out := Reconciliation{Flows: []ReconciledFlow{}}
	if _, err := a.flowNames(ctx, o.Flows); err != nil {
		return out, err
	}
	if o.Since.IsZero() {
		o.Since = a.Now().Add(-reconcileSince)
	}
	sides, groups := map[string]*[2]sums{}, map[string]moneyGroups{}
	var foreign sums
	err := a.newEngine().Reconcile(ctx, engine.SyncRequest{Flows: o.Flows, Since: o.Since, Until: o.Until}, engine.Compared{Flow: func(flow string) {
		sides[flow], groups[flow] = &[2]sums{{}, {}}, moneyGroups{}
		out.Flows = append(out.Flows, ReconciledFlow{Flow: flow, ForeignMoney: []SideSum{}, Differences: []Difference{}})
		foreign = sums{}
	}, Unlisted: func(_ string, why *connector.Error) {
		out.Flows[len(out.Flows)-1].Unlisted = ErrorShape(why)
	}, Pair: func(p engine.Pair) error {
		f := &out.Flows[len(out.Flows)-1]
		if p.Pairing == engine.PairForeign {
			f.Foreign++
			foreign.add(money.Of(there(p)))
			f.ForeignMoney = foreign.list()
			return nil
		}
		f.add(p, sides[p.Flow], groups[p.Flow])
		return nil
	}})
	for n := range out.Flows {
		f := &out.Flows[n]
		f.Source, f.Target = sides[f.Flow][0].list(), sides[f.Flow][1].list()
		f.Groups = groups[f.Flow].list()
		f.At, f.Since, f.By = a.Now().UTC(), o.Since.UTC(), by.Name
		if err == nil {
			err = a.keepReconciled(ctx, f, o)
		}
	}
	return out, err
}

// keepReconciled compares a Flow's part with the last one and keeps it.
func (a *App) keepReconciled(ctx context.Context, f *ReconciledFlow, o SyncOptions) error {
	last, err := a.lastReconciled(ctx, f.Flow)
	if err != nil {
		return err
	}
	if last != nil {
		f.against(*last)
	}
	text, err := json.Marshal(f)
	if err != nil {
		return connector.Errorf(connector.Internal, "keep a reconciliation", "it is no JSON").Because(err)
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.KeepReconciliation(store.Reconciliation{Flow: f.Flow, Since: o.Since, Until: o.Until, Actor: f.By, Text: text})
		tx.Enter(connector.Entry{Actor: f.By, Action: "flow.reconciled", Subject: "flow:" + f.Flow, Details: map[string]string{
			"matched": strconv.Itoa(f.Matched), "missing": strconv.Itoa(f.Missing), "extra": strconv.Itoa(f.Extra), "different": strconv.Itoa(f.Different)}})
		return err
	})
}

// against says what is new and what is settled since the last time.
func (f *ReconciledFlow) against(last ReconciledFlow) {
	was := map[string]bool{}
	for _, d := range last.Differences {
		was[d.key()] = true
	}
	f.Last, f.Settled = &last.At, len(was)
	for n := range f.Differences {
		d := &f.Differences[n]
		if d.New = !was[d.key()]; d.New {
			f.New++
		} else {
			f.Settled--
		}
	}
}

func (a *App) lastReconciled(ctx context.Context, flow string) (*ReconciledFlow, error) {
	kept, err := a.DB.LastReconciliation(ctx, flow)
	if err != nil || kept == nil {
		return nil, err
	}
	var f ReconciledFlow
	if err := json.Unmarshal(kept.Text, &f); err != nil {
		return nil, connector.Errorf(connector.Internal, "read a reconciliation", "it is no JSON").Because(err)
	}
	return &f, nil
}

// LastReconciled is what the last reconciliation of each Flow found; nothing is read from the Systems.
func (a *App) LastReconciled(ctx context.Context, flows []string) (Reconciliation, error) {
	out := Reconciliation{Flows: []ReconciledFlow{}}
	names, err := a.flowNames(ctx, flows)
	if err != nil {
		return out, err
	}
	for _, name := range names {
		f, err := a.lastReconciled(ctx, name)
		if err != nil {
			return out, err
		}
		if f != nil {
			out.Flows = append(out.Flows, *f)
		}
	}
	if len(out.Flows) == 0 {
		return out, connector.Errorf(connector.NotFound, "show the last reconciliation", "there was none yet").Advise("`ml-connector reconcile` makes one.")
	}
	return out, nil
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
func (f *ReconciledFlow) add(p engine.Pair, side *[2]sums, groups moneyGroups) {
	source, target := sent(p), money.Of(there(p))
	whole := Difference{Record: p.Record, State: p.State, Source: source.String(), Target: target.String(), Kind: p.Pairing, Error: ErrorShape(p.Err)}
	switch p.Pairing {
	case engine.PairExtra:
		f.Extra++
		if p.Source == nil || apart(source, target) {
			f.Differences = append(f.Differences, whole)
		}
		f.Differences = append(f.Differences, changesOf(p)...)
		if p.Source == nil {
			side[1].add(target)
			groups.add(p, nil, target)
			return
		}
	case engine.PairMissing:
		f.Missing++
		side[0].add(source)
		groups.add(p, source, nil)
		f.Differences = append(f.Differences, whole)
		return
	case engine.PairDifferent:
		f.Different++
		if apart(source, target) || len(p.Changes) == 0 {
			f.Differences = append(f.Differences, whole)
		}
		f.Differences = append(f.Differences, changesOf(p)...)
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
	groups.add(p, source, target)
}

// changesOf are the fields in which both sides of a pair differ.
func changesOf(p engine.Pair) (out []Difference) {
	for _, c := range p.Changes {
		out = append(out, Difference{Record: p.Record, State: p.State, Field: c.Field, Source: c.New, Target: c.Old, Kind: p.Pairing})
	}
	return out
}

// sent is the source's money. Where the target tells only its own, what was sent is held against it: without lines that do not go.
func sent(p engine.Pair) *money.Amount {
	if p.Own != nil {
		if m := money.Of(p.Wanted); m != nil {
			return m
		}
	}
	return money.Of(p.Source)
}

// there is what the target holds; what it does not tell it has as it was sent.
func there(p engine.Pair) connector.Document {
	if p.Target == nil {
		return p.Own
	}
	d := p.Wanted.Clone()
	if d == nil {
		d = connector.Document{}
	}
	maps.Copy(d, p.Target)
	return d
}

// apart says that both sides tell of money, and not of the same.
func apart(source, target *money.Amount) bool {
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

func (s sums) add(m *money.Amount) {
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
		at.total = money.Sum([]money.Amount{{Amount: at.total, Currency: currency}, *m})[0].Amount
	}
}

func (s sums) list() []SideSum {
	out := []SideSum{}
	for _, c := range slices.Sorted(maps.Keys(s)) {
		out = append(out, SideSum{Currency: c, Records: s[c].records, Total: s[c].total})
	}
	return out
}
