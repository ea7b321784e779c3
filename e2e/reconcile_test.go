package e2e

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

// reconciliation is the JSON of `reconcile -o json` (SURFACE.md).
type reconciliation struct {
	Flows []struct {
		Flow                                        string
		Source, Target                              []struct{ Currency, Total string }
		Groups                                      []struct{ Supplier, Currency, Source, Target string }
		Matched, Missing, Extra, Foreign, Different int
		New, Settled                                int
		Last                                        *time.Time
		Differences                                 []struct {
			Record                              struct{ Connection, Kind, ID string }
			State, Field, Source, Target, Error string
			Pairing                             string
			New                                 bool
		}
	}
}

// reconcile gives the differences by Flow, with exit status 3 as there are some.
func (r *rig) reconcile(args ...string) map[string][]string {
	r.t.Helper()
	var out reconciliation
	text := r.do([]int{3}, append([]string{"reconcile", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		r.t.Fatalf("reconcile -o json is no JSON: %v\n%s", err, text)
	}
	found := map[string][]string{}
	for _, f := range out.Flows {
		if f.Matched == 0 {
			r.t.Errorf("flow %s: nothing is matched", f.Flow)
		}
		for _, d := range f.Differences {
			found[f.Flow] = append(found[f.Flow], d.Pairing+" "+d.State+" "+d.Field)
		}
		if f.Flow == "invoices" || f.Flow == "purchase-orders" {
			r.balances(f.Flow, out)
		}
	}
	return found
}

// balances: what the sums of both sides differ by is the money of what is missing, to the cent.
func (r *rig) balances(flow string, all reconciliation) {
	r.t.Helper()
	apart := map[string]*big.Rat{}
	add := func(currency, amount string, sign int64) {
		x, ok := new(big.Rat).SetString(amount)
		if !ok {
			r.t.Fatalf("flow %s: %q is no amount", flow, amount)
		}
		if apart[currency] == nil {
			apart[currency] = new(big.Rat)
		}
		apart[currency].Add(apart[currency], x.Mul(x, big.NewRat(sign, 1)))
	}
	for _, f := range all.Flows {
		if f.Flow != flow {
			continue
		}
		for _, s := range f.Source {
			add(s.Currency, s.Total, 1)
		}
		for _, s := range f.Target {
			add(s.Currency, s.Total, -1)
		}
		r.grouped(f.Flow, all)
		for _, d := range f.Differences {
			if amount, currency, money := strings.Cut(d.Source, " "); money && d.Field == "" {
				add(currency, amount, -1)
			}
			if amount, currency, money := strings.Cut(d.Target, " "); money && d.Field == "" {
				add(currency, amount, 1)
			}
		}
	}
	for currency, rest := range apart {
		if rest.Sign() != 0 {
			r.t.Errorf("flow %s: %s %s are nowhere to be found", flow, rest.FloatString(2), currency)
		}
	}
}

// grouped: the money by business unit and supplier is all of it.
func (r *rig) grouped(flow string, all reconciliation) {
	r.t.Helper()
	left := map[string]*big.Rat{}
	add := func(side, currency, amount string, sign int64) {
		x, ok := new(big.Rat).SetString(amount)
		if !ok {
			r.t.Fatalf("flow %s: %q is no amount", flow, amount)
		}
		if left[side+currency] == nil {
			left[side+currency] = new(big.Rat)
		}
		left[side+currency].Add(left[side+currency], x.Mul(x, big.NewRat(sign, 1)))
	}
	suppliers := map[string]bool{}
	for _, f := range all.Flows {
		if f.Flow != flow {
			continue
		}
		for _, s := range f.Source {
			add("source ", s.Currency, s.Total, 1)
		}
		for _, s := range f.Target {
			add("target ", s.Currency, s.Total, 1)
		}
		for _, g := range f.Groups {
			add("source ", g.Currency, g.Source, -1)
			add("target ", g.Currency, g.Target, -1)
			suppliers[g.Supplier] = true
		}
	}
	for side, rest := range left {
		if rest.Sign() != 0 {
			r.t.Errorf("flow %s, %s: %s are in no group", flow, side, rest.FloatString(2))
		}
	}
	if len(suppliers) < 5 || suppliers[""] && len(suppliers) < 6 {
		r.t.Errorf("flow %s: the money is of %d suppliers", flow, len(suppliers))
	}
}

// TestReconcileFindsWhatIsNotTheSame: after a sync only what is held or blocked is missing, and every cent of it is named; an edit
// at the target and an order that nobody synchronised show.
func TestReconcileFindsWhatIsNotTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	r.sync()
	for flow, list := range r.reconcile() {
		for _, d := range list {
			if d != "missing held " && d != "missing blocked " {
				t.Errorf("after a sync, of flow %s: %s", flow, d)
			}
		}
	}
	order := r.site.PeopleSoft.Orders()[0]
	if err := r.site.PeopleSoft.EditOrder(order.Get("BUSINESS_UNIT"), order.Get("PO_ID"), map[string]string{"BUYER_ID": "SOMEBODY", "PO_REF": order.Get("PO_REF")}); err != nil {
		t.Fatal(err)
	}
	before := len(r.reconcile("purchase-orders")["purchase-orders"])
	if err := r.site.PeopleSoft.EditOrder(order.Get("BUSINESS_UNIT"), order.Get("PO_ID"), map[string]string{"CURRENCY_CD": "EUR"}); err != nil {
		t.Fatal(err)
	}
	after := r.reconcile("purchase-orders")["purchase-orders"]
	if len(after) != before+2 { // the field, and the money
		t.Errorf("after an edit: %q, before it %d", after, before)
	}
	// What was found is kept, and held against the time before.
	kept := func(want string) {
		t.Helper()
		var last reconciliation
		text := r.do([]int{3}, "reconcile", "purchase-orders", "--last", "-o", "json")
		if err := json.Unmarshal([]byte(text), &last); err != nil || len(last.Flows) != 1 || last.Flows[0].Last == nil {
			t.Fatalf("the last one: %v\n%s", err, text)
		}
		fresh := 0
		for _, d := range last.Flows[0].Differences {
			if d.New {
				fresh++
			}
		}
		if got := fmt.Sprint(last.Flows[0].New, fresh, last.Flows[0].Settled, len(last.Flows[0].Differences)); got != want {
			t.Errorf("new, marked as new, settled, all: %s, expected %s", got, want)
		}
	}
	kept(fmt.Sprint(2, 2, 0, before+2))
	units := r.do([]int{3}, "reconcile", "purchase-orders", "--last", "--by", "business-unit", "-o", "csv")
	if !strings.HasPrefix(units, "flow,business-unit,currency,records,source,target,apart\npurchase-orders,") || !strings.Contains(units, ",EUR,1,0,") || !strings.Contains(units, ",differs\n") {
		t.Errorf("by business unit, the order in another currency does not show:\n%s", units)
	}
	r.do([]int{2}, "reconcile", "--by", "colour")
	if err := r.site.PeopleSoft.EditOrder(order.Get("BUSINESS_UNIT"), order.Get("PO_ID"), map[string]string{"CURRENCY_CD": order.Get("CURRENCY_CD")}); err != nil {
		t.Fatal(err)
	}
	r.reconcile("purchase-orders")
	kept(fmt.Sprint(0, 0, 2, before))
}
