package engine_test

import (
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

func (w *world) pushed(number string) {
	w.t.Helper()
	if err := w.db.KeepPush(w.t.Context(), connector.Exchange{ID: "push of " + number + " at " + w.now().String(), Connection: "a", Op: "receive"}, connector.PurchaseOrder, []string{number}); err != nil {
		w.t.Fatal(err)
	}
}

// read does what is due of pushes, and says whether anything was.
func (w *world) readPushes() bool {
	w.t.Helper()
	due, err := w.e.Due(w.t.Context(), w.now())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range due.Pushes {
		if err := w.e.ReadPushed(w.t.Context(), p.Connection, p.Kind); err != nil {
			w.t.Fatal(err)
		}
	}
	return len(due.Pushes) > 0
}

// ends are what came of the pushes so far.
func (w *world) ends() []string {
	w.t.Helper()
	es, err := w.db.Entries(w.t.Context(), store.EntryFilter{Action: "push.done"})
	if err != nil {
		w.t.Fatal(err)
	}
	out := []string{}
	for _, e := range es {
		out = append(out, e.Subject+" "+e.Details["result"])
	}
	return out
}

func (w *world) runs() int {
	w.t.Helper()
	runs, err := w.db.Runs(w.t.Context(), store.RunFilter{Flow: "orders"})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(runs)
}

func TestWhatIsPushedIsReadByItsNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.to.info.CanUpdate = true
	w.from.put("1", order("P1", "10", "open"))
	w.from.put("2", order("P2", "10", "open"))
	w.pass(time.Minute)
	w.pushed("P1")
	w.pushed("P1")
	if !w.readPushes() {
		t.Fatal("nothing is due")
	}
	if got := w.ends(); len(got) != 1 || got[0] != "a:purchase_order:1 orders: new" {
		t.Errorf("it ends as %q", got)
	}
	if w.readPushes() || w.runs() != 1 {
		t.Errorf("after it was read: %d runs", w.runs())
	}
	if d := w.last("1"); d.State != connector.Waiting {
		t.Errorf("its delivery is %s", d.State)
	}
	w.pushed("P1")
	w.readPushes()
	if got := w.ends(); len(got) != 2 || got[1] != "a:purchase_order:1 orders: known already" || w.runs() != 1 {
		t.Errorf("pushed again it ends as %q, with %d runs", got, w.runs())
	}
	if c := w.sync().Counts; c.Read != 2 || c.Delivered != 1 || c.Unchanged != 1 || len(w.to.writes) != 2 {
		t.Errorf("polling then counts %+v, with %d writes: each record is to be written once", c, len(w.to.writes))
	}
	w.from.put("1", order("P1", "11", "open"))
	w.pass(time.Minute)
	w.pushed("P1")
	w.readPushes()
	for n := range partitions {
		if _, err := w.e.Pump(t.Context(), "orders", n); err != nil {
			t.Fatal(err)
		}
	}
	if d := w.last("1"); d.State != connector.Delivered || len(w.to.writes) != 3 || w.to.writes[2].Document.Text("AMOUNT") != "11" {
		t.Errorf("a change that was pushed is %s, with %d writes", d.State, len(w.to.writes))
	}
}

func TestAPushThatBringsNothing(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		flow   func(*connector.Flow)
		before func(*world)
		after  func(*world) // nil: it has ended
		end    string
		due    bool
	}{
		"its flow is off":                   {flow: func(f *connector.Flow) { f.Enabled = false }, due: true, end: "connection:a no flow reads it"},
		"it is older than the flow's start": {flow: func(f *connector.Flow) { f.Start = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }, due: true, end: "a:purchase_order:1 orders: older than the flow's start"},
		"it can't be read": {before: func(w *world) {
			w.from.broken = map[string]*connector.Error{"1": connector.Errorf(connector.Rejected, "read", "no right to see it")}
		},
			due: true, end: "a:purchase_order:1 orders: it could not be read: read: no right to see it"},
		"its flow is paused, until it goes on": {
			before: func(w *world) {
				w.tx(func(tx *store.Tx) error {
					return tx.PauseFlow("orders", connector.Pause{Code: connector.Misconfigured, By: "cli:jdoe"})
				})
			},
			after: func(w *world) { w.tx(func(tx *store.Tx) error { return tx.ResumeFlow("orders", "cli:jdoe") }) },
			end:   "a:purchase_order:1 orders: new",
		},
		"its connection is paused, until it goes on": {
			before: func(w *world) {
				w.tx(func(tx *store.Tx) error {
					return tx.PauseConnection("a", connector.Pause{Code: connector.Credentials, By: "cli:jdoe"})
				})
			},
			after: func(w *world) { w.tx(func(tx *store.Tx) error { return tx.ResumeConnection("a", "cli:jdoe") }) },
			end:   "a:purchase_order:1 orders: new",
		},
		"its source is down, until it answers": {
			before: func(w *world) { w.from.readErr = down() }, due: true,
			after: func(w *world) { w.from.readErr = nil; w.pass(2 * time.Minute) },
			end:   "a:purchase_order:1 orders: new",
		},
		"a list that lags shows it later": {
			before: func(w *world) { w.from.remove("1") }, due: true,
			after: func(w *world) { w.from.put("1", order("P1", "10", "open")); w.pass(time.Minute) },
			end:   "a:purchase_order:1 orders: new",
		},
		"a log-in that is refused pauses the connection": {
			before: func(w *world) { w.from.readErr = connector.Errorf(connector.Credentials, "read", "who are you") }, due: true,
			after: func(w *world) {
				c, err := w.db.Connection(w.t.Context(), "a")
				if err != nil || c.Paused.Code != connector.Credentials {
					w.t.Errorf("the connection is %+v, %v", c.Paused, err)
				}
				w.from.readErr = nil
				w.tx(func(tx *store.Tx) error { return tx.ResumeConnection("a", "cli:jdoe") })
				w.pass(2 * time.Minute)
			},
			end: "a:purchase_order:1 orders: new",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			edit := row.flow
			if edit == nil {
				edit = func(*connector.Flow) {}
			}
			w := newWorld(t, connector.ClassNatural, edit)
			w.from.put("1", order("P1", "10", "open"))
			w.pass(time.Minute)
			w.pushed("P1")
			if row.before != nil {
				row.before(w)
			}
			if due := w.readPushes(); due != row.due {
				t.Errorf("due: %v", due)
			}
			if row.after != nil {
				if got := w.ends(); len(got) != 0 {
					t.Fatalf("it has ended: %q", got)
				}
				if w.readPushes() {
					t.Error("it is due again at once")
				}
				row.after(w)
				w.readPushes()
			}
			if got := w.ends(); len(got) != 1 || got[0] != row.end {
				t.Errorf("it ends as %q, expected %q", got, row.end)
			}
		})
	}
}

// What JAGGAER's lists never show is given up after a while: polling would bring it.
func TestAPushOfWhatIsNowhereEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.pushed("P404")
	looks := 0
	for range 20 {
		if w.readPushes() {
			looks++
		}
		w.pass(10 * time.Minute)
	}
	if got := w.ends(); looks != 5 || len(got) != 1 || !strings.Contains(got[0], "polling") {
		t.Errorf("%d looks, it ends as %q", looks, got)
	}
}

// The scheduler reads what was pushed before it was started, and delivers it.
func TestAPushSurvivesItsProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.tx(func(tx *store.Tx) error { return tx.SetNextRun("orders", w.now().Add(1000*time.Hour)) })
	w.from.put("1", order("P1", "10", "open"))
	w.pass(time.Minute)
	w.pushed("P1")
	next := w.engine("two")
	next.Sleep = w.briefly
	w.runUntil(w.scheduler(next), func() bool {
		d, err := w.db.LastDelivery(t.Context(), "orders", connector.Record{Connection: "a", Kind: connector.PurchaseOrder, ID: "1"})
		return err == nil && d != nil && d.State == connector.Delivered
	})
	if len(w.to.writes) != 1 {
		t.Errorf("%d writes", len(w.to.writes))
	}
}
