package store_test

import (
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

func TestSavedPlans(t *testing.T) {
	t.Run("a plan is approved by another person, and bounds its Flows until it ends", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			rows := []store.SavedPlanRow{{Flow: orders, Record: "1", Operation: "create", Body: `{"a":1}`}, {Flow: orders, Record: "2", Operation: "none", Body: "{}"}}
			save := func(by string) error {
				return f.Tx(f.ctx, func(tx *store.Tx) error {
					return tx.KeepPlan(store.SavedPlan{Name: "p", Flows: []string{orders}, MadeBy: by}, rows)
				})
			}
			equal(t, "saved", save("ann"), nil)
			refused(t, "her own", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.ApprovePlan("p", "ann") }), connector.Forbidden)
			equal(t, "saved at the machine", save("cli:ann"), nil)
			for _, actor := range []string{"cli:ann", "user:ann", "token:ann/nightly", "cli:Ann"} {
				refused(t, "her own, as "+actor, f.Tx(f.ctx, func(tx *store.Tx) error { return tx.ApprovePlan("p", actor) }), connector.Forbidden)
			}
			equal(t, "saved again", save("ann"), nil)
			refused(t, "none of that name", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.ApprovePlan("q", "bea") }), connector.NotFound)
			f.tx(func(tx *store.Tx) error { return tx.ApprovePlan("p", "bea") })
			refused(t, "approved twice", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.ApprovePlan("p", "cleo") }), connector.Conflict)
			equal(t, "saved again", save("ann"), nil)
			p, err := f.SavedPlan(f.ctx, "p")
			equal(t, "error", err, nil)
			equal(t, "approved once it is another", p.ApprovedBy, "")
			equal(t, "records", p.Rows, 2)
			equal(t, "writes", p.Writes, 1)
			f.tx(func(tx *store.Tx) error { return tx.ApprovePlan("p", "bea") })
			begin := func(name string) error {
				p, err := f.SavedPlan(f.ctx, name)
				if err != nil {
					return err
				}
				return f.Tx(f.ctx, func(tx *store.Tx) error { return tx.BeginPlan(p, "bea") })
			}
			equal(t, "begun", begin("p"), nil)
			equal(t, "begun once more", begin("p"), nil)
			bound, err := f.BoundBy(f.ctx, orders)
			equal(t, "error", err, nil)
			equal(t, "bound by", bound, "p")
			refused(t, "saved while it is carried out", save("ann"), connector.Conflict)
			f.tx(func(tx *store.Tx) error {
				return tx.KeepPlan(store.SavedPlan{Name: "r", Flows: []string{orders}, MadeBy: "ann"}, nil)
			})
			refused(t, "one that nobody approved", begin("r"), connector.Conflict)
			f.tx(func(tx *store.Tx) error { return tx.ApprovePlan("r", "bea") })
			refused(t, "another of the same Flow", begin("r"), connector.Conflict)
			row, found, err := f.PlannedRow(f.ctx, "p", orders, "1")
			equal(t, "error", err, nil)
			equal(t, "found", found, true)
			equal(t, "row", row, rows[0])
			f.tx(func(tx *store.Tx) error { return tx.EndPlan("p", "bea") })
			refused(t, "ended twice", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.EndPlan("p", "bea") }), connector.Conflict)
			refused(t, "one that was not begun", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.EndPlan("r", "bea") }), connector.Conflict)
			bound, err = f.BoundBy(f.ctx, orders)
			equal(t, "error", err, nil)
			equal(t, "bound when it ended", bound, "")
			f.sound()
		})
	})
	t.Run("what a plan has no write of is told, and is due when it ends", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			p := f.take(orders)
			p.accept(orders, version("1", "a"), version("2", "a"), version("3", "a"))
			f.tx(func(tx *store.Tx) error {
				return tx.KeepPlan(store.SavedPlan{Name: "p", Flows: []string{orders}, MadeBy: "ann"},
					[]store.SavedPlanRow{{Flow: orders, Record: "1", Operation: "create", Body: "{}"}, {Flow: orders, Record: "2", Operation: "hold", Body: "{}"}})
			})
			ids, err := f.UnplannedWork(f.ctx, "p", orders, 10)
			equal(t, "error", err, nil)
			equal(t, "without a write", len(ids), 2)
			left, err := f.PlannedWork(f.ctx, "p", orders)
			equal(t, "error", err, nil)
			equal(t, "with one", left, true)
			for _, w := range p.claim() {
				out := store.Outcome{Delivery: w.Delivery.ID, State: connector.Waiting, DueAt: f.Now().Add(1 << 40)}
				if w.Delivery.Record.ID == "1" {
					out = store.Outcome{Delivery: w.Delivery.ID, State: connector.Filtered}
				}
				p.settle(out)
			}
			equal(t, "due", len(p.claim()), 0)
			left, err = f.PlannedWork(f.ctx, "p", orders)
			equal(t, "error", err, nil)
			equal(t, "left of it", left, false)
			f.tx(func(tx *store.Tx) error { return tx.ApprovePlan("p", "bea") })
			plan, err := f.SavedPlan(f.ctx, "p")
			equal(t, "error", err, nil)
			f.tx(func(tx *store.Tx) error { return tx.BeginPlan(plan, "bea") })
			f.tx(func(tx *store.Tx) error { return tx.EndPlan("p", "bea") })
			equal(t, "due when it ended", len(p.claim()), 2)
			f.sound()
		})
	})
	t.Run("what was decided before a plan began is not sent past it", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			p := f.take(orders)
			p.accept(orders, version("1", "a"), version("2", "a"))
			works := p.claim()
			f.tx(func(tx *store.Tx) error {
				return tx.KeepPlan(store.SavedPlan{Name: "p", Flows: []string{orders}, MadeBy: "ann"}, []store.SavedPlanRow{{Flow: orders, Record: "1", Operation: "create", Body: "{}"}})
			})
			f.tx(func(tx *store.Tx) error { return tx.ApprovePlan("p", "bea") })
			plan, err := f.SavedPlan(f.ctx, "p")
			equal(t, "error", err, nil)
			f.tx(func(tx *store.Tx) error { return tx.BindPlan(plan) })
			in := store.Intent{Delivery: works[0].Delivery.ID, Operation: connector.OpCreate, Document: connector.Document{"A": "1"}}
			taken, err := f.Intend(f.ctx, orders, 0, p.epoch, []store.Intent{in})
			equal(t, "error", err, nil)
			equal(t, "what was decided without it", len(taken) == 1 && taken[0].Rebound, true)
			in.Plan = "p"
			taken, err = f.Intend(f.ctx, orders, 0, p.epoch, []store.Intent{in})
			equal(t, "error", err, nil)
			equal(t, "what was decided with it", len(taken), 0)
			f.tx(func(tx *store.Tx) error { return tx.RefusePlan(plan) })
			in = store.Intent{Delivery: works[1].Delivery.ID, Operation: connector.OpCreate, Document: connector.Document{"A": "1"}}
			taken, err = f.Intend(f.ctx, orders, 0, p.epoch, []store.Intent{in})
			equal(t, "error", err, nil)
			equal(t, "after it was refused", len(taken), 0)
		})
	})
	t.Run("a plan that was saved anew since it was read is not begun", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			save := func() {
				f.tx(func(tx *store.Tx) error {
					return tx.KeepPlan(store.SavedPlan{Name: "p", Flows: []string{orders}, MadeBy: "ann"}, nil)
				})
			}
			save()
			f.tx(func(tx *store.Tx) error { return tx.ApprovePlan("p", "bea") })
			plan, err := f.SavedPlan(f.ctx, "p")
			equal(t, "error", err, nil)
			save()
			refused(t, "not approved", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.BeginPlan(plan, "bea") }), connector.Conflict)
			for _, name := range []string{"", " ", "a b", "-x", "../x", "a\nb", "é", strings.Repeat("x", 65)} {
				refused(t, name, f.Tx(f.ctx, func(tx *store.Tx) error {
					return tx.KeepPlan(store.SavedPlan{Name: name, Flows: []string{orders}}, nil)
				}), connector.Invalid)
			}
		})
	})
}
