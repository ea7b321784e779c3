package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// hearer is a source that hears what became of its records.
type hearer struct {
	*side
	mu    sync.Mutex
	heard []connector.Tidings
	says  func(n int, id string) error // nil = it takes everything
}

var _ connector.Acknowledger = (*hearer)(nil)

func (h *hearer) CanAcknowledge(connector.Kind) error { return nil }

func (h *hearer) Acknowledge(ctx context.Context, _ connector.Kind, id string, record connector.Document, t connector.Tidings) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = append(h.heard, t)
	if record.Text("key") == "" {
		return errors.New("the record was not given")
	}
	tr := connector.TraceOf(ctx)
	tr.Keep(connector.Exchange{ID: "told " + id + strings.Repeat("'", len(h.heard)), Connection: "a", Op: "tell", Run: tr.Run, Delivery: tr.Delivery})
	if h.says != nil {
		return h.says(len(h.heard), id)
	}
	return nil
}

// telling is a world whose Flow tells its source; n orders were delivered, and life says how those live.
func telling(t *testing.T, acknowledge string, n int, life func() connector.Life) (*world, *hearer) {
	t.Helper()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Track, f.Acknowledge = "@hourly", acknowledge })
	h := &hearer{side: w.from}
	to := &special{side: w.to}
	to.track = func(context.Context, connector.Track) (connector.Life, error) {
		l := life()
		l.At = w.now()
		return l, nil
	}
	c := w.e.Config
	c.Open = func(_ context.Context, conn connector.Connection) (connector.Instance, error) {
		if conn.Name == "a" {
			return h, nil
		}
		return to, nil
	}
	w.e = engine.New(c)
	w.fill(n)
	w.sync()
	return w, h
}

func (w *world) round() {
	w.t.Helper()
	w.pass(time.Hour)
	if err := w.e.TrackFlow(w.t.Context(), "orders"); err != nil {
		w.t.Fatal(err)
	}
}

func paidBy(number string) *connector.Payment {
	return &connector.Payment{Method: "ACH", Number: number, Date: "2026-03-20", Amount: "10", Currency: "USD"}
}

// spoken is what was heard, in short.
func (h *hearer) spoken() string {
	var out []string
	for _, t := range h.heard {
		text := t.Number
		if t.Payment != nil {
			text += " paid " + t.Payment.Number
		}
		if t.Void {
			text += " void"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func TestTheSourceIsToldOnceForEachThingThatBecomesOfItsRecord(t *testing.T) {
	t.Parallel()
	life := []connector.Life{
		{Stage: connector.StageStaged, Number: "V0"}, {Stage: connector.StageRecycled, Number: "V0"}, {Stage: connector.StageBuilt, Number: "V1"}, {Stage: connector.StageBuilt, Number: "V1", Reason: "is matched"},
		{Stage: connector.StagePosted, Number: "V1"}, {Stage: connector.StagePaid, Number: "V1", Payment: paidBy("1")}, {Stage: connector.StagePaid, Number: "V1", Payment: paidBy("1")},
		{Stage: connector.StagePosted, Number: "V1", Reason: "voided"}, {Stage: connector.StagePosted, Number: "V1"}, {Stage: connector.StagePaid, Number: "V1", Payment: paidBy("2")},
	}
	for acknowledge, want := range map[string]string{"off": "", "voucher": "V1", "paid": "V1, V1 paid 1, V1 void, V1 paid 2"} {
		now := connector.Life{Stage: connector.StageSent}
		w, h := telling(t, acknowledge, 1, func() connector.Life { return now })
		for _, l := range life {
			now = l
			w.pass(24 * time.Hour)
			w.round()
		}
		if got := h.spoken(); got != want {
			t.Errorf("%s: it heard %q, expected %q", acknowledge, got, want)
		}
		entries, err := w.db.Entries(t.Context(), store.EntryFilter{Action: "delivery.acknowledged"})
		if err != nil || len(entries) != len(h.heard) {
			t.Errorf("%s: %d Entries (%v), %d tellings", acknowledge, len(entries), err, len(h.heard))
		}
		for _, e := range entries {
			if _, err := w.db.Exchange(t.Context(), e.Exchange); err != nil || e.Details["number"] != "V1" {
				t.Errorf("%s: %+v: %v", acknowledge, e, err)
			}
		}
	}
}

func TestWhatTheSourceDoesNotTakeIsShownAndToldInTheNextRound(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		code  connector.Code
		calls int // of the first round, for three orders
	}{
		"a conflict":           {connector.Conflict, 3},
		"a refusal":            {connector.Rejected, 3},
		"a lost answer":        {connector.Ambiguous, 3},
		"an address not there": {connector.Misconfigured, 1},
		"a missing right":      {connector.Forbidden, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, h := telling(t, "voucher", 3, func() connector.Life { return connector.Life{Stage: connector.StageSent} })
			w.to.atOnce = 1
			w.setLife(h, connector.Life{Stage: connector.StageBuilt, Number: "V1"})
			h.says = func(int, string) error { return connector.Errorf(row.code, "tell", "it is busy") }
			w.round()
			if len(h.heard) != row.calls {
				t.Errorf("%d calls, expected %d", len(h.heard), row.calls)
			}
			for _, id := range []string{"000", "001", "002"} {
				d := w.last(id)
				if d.State != connector.Delivered || d.Told == nil || d.Told.Err == nil || d.Told.Err.Message != "it is busy" || d.Life.Stage != connector.StageBuilt {
					t.Errorf("%s is %s, %+v", id, d.State, d.Told)
				}
			}
			if f, err := w.db.Flow(t.Context(), "orders"); err != nil || f.Paused.Code != "" {
				t.Errorf("the Flow is paused: %+v, %v", f.Paused, err)
			}
			w.round()
			entries, err := w.db.Entries(t.Context(), store.EntryFilter{Action: "delivery.not_acknowledged"})
			if err != nil || len(entries) != 3 {
				t.Errorf("%d Entries after two rounds (%v), expected one for each order", len(entries), err)
			}
			h.says = nil
			before := len(h.heard)
			w.round()
			w.round()
			if len(h.heard) != before+3 {
				t.Errorf("%d more calls, expected three", len(h.heard)-before)
			}
			if d := w.last("000"); d.Told.Err != nil || d.Told.Tidings.Number != "V1" {
				t.Errorf("it still says %+v", d.Told)
			}
		})
	}
}

// setLife changes what the target says of all objects.
func (w *world) setLife(h *hearer, l connector.Life) {
	to := &special{side: w.to, track: func(context.Context, connector.Track) (connector.Life, error) {
		l.At = w.now()
		return l, nil
	}}
	c := w.e.Config
	c.Open = func(_ context.Context, conn connector.Connection) (connector.Instance, error) {
		if conn.Name == "a" {
			return h, nil
		}
		return to, nil
	}
	w.e = engine.New(c)
}

// TestWhatIsSoNoMoreNeedsNoTelling: the source did not take that a payment was voided, and then that same payment counts again.
func TestWhatIsSoNoMoreNeedsNoTelling(t *testing.T) {
	t.Parallel()
	now := connector.Life{Stage: connector.StagePaid, Number: "V1", Payment: paidBy("1")}
	w, h := telling(t, "paid", 1, func() connector.Life { return now })
	w.pass(24 * time.Hour)
	w.round()
	h.says = func(int, string) error { return connector.Errorf(connector.Conflict, "tell", "it is paid") }
	now = connector.Life{Stage: connector.StagePosted, Number: "V1"}
	w.pass(24 * time.Hour)
	w.round()
	if d := w.last("000"); d.Told == nil || d.Told.Err == nil {
		t.Fatalf("the void was taken: %+v", d.Told)
	}
	now = connector.Life{Stage: connector.StagePaid, Number: "V1", Payment: paidBy("1")}
	w.round()
	if d := w.last("000"); d.Told.Err != nil || h.spoken() != "V1 paid 1, V1 void" {
		t.Errorf("it still says %v, and heard %q", d.Told.Err, h.spoken())
	}
}

// TestAProcessThatDiedWhileItToldIsFollowedByOneThatTellsTheSame: what was about to be told is known, what came of it is not.
func TestAProcessThatDiedWhileItToldIsFollowedByOneThatTellsTheSame(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		sole   bool
		rounds int // until it is told again
	}{
		"alone: at once":                       {true, 1},
		"one of several: when it must be dead": {false, 2},
	} {
		w, h := telling(t, "voucher", 1, func() connector.Life { return connector.Life{Stage: connector.StageSent} })
		w.setLife(h, connector.Life{Stage: connector.StageBuilt, Number: "V1"})
		w.db.Watch(func(op string, at store.Moment) error {
			if at == store.BeforeBegin && len(h.heard) > 0 {
				return connector.Errorf(connector.Unavailable, op, "the process died")
			}
			return nil
		})
		if err := w.e.TrackFlow(t.Context(), "orders"); err == nil {
			t.Errorf("%s: it did not die", name)
		}
		w.db.Watch(nil)
		c := w.e.Config
		c.Owner, c.Sole = "two", row.sole
		w.e = engine.New(c)
		for n := 1; n <= row.rounds; n++ {
			w.pass(10 * time.Minute)
			if err := w.e.TrackFlow(t.Context(), "orders"); err != nil {
				t.Fatal(err)
			}
			if want := 1 + n/row.rounds; len(h.heard) != want {
				t.Errorf("%s: after round %d it heard %d, expected %d", name, n, len(h.heard), want)
			}
		}
		if d := w.last("000"); h.spoken() != "V1, V1" || d.Told.Tidings.Number != "V1" {
			t.Errorf("%s: it heard %q, and %+v is known", name, h.spoken(), d.Told)
		}
	}
}

func TestRoundsAtTheSameTimeTellOnce(t *testing.T) {
	t.Parallel()
	w, h := telling(t, "voucher", 5, func() connector.Life { return connector.Life{Stage: connector.StageSent} })
	w.setLife(h, connector.Life{Stage: connector.StageBuilt, Number: "V1"})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := w.e.TrackFlow(t.Context(), "orders"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(h.heard) != 5 {
		t.Errorf("%d tellings of 5 orders", len(h.heard))
	}
}

func TestASourceThatRefusesOurLogInIsLeftAlone(t *testing.T) {
	t.Parallel()
	w, h := telling(t, "voucher", 3, func() connector.Life { return connector.Life{Stage: connector.StageSent} })
	w.setLife(h, connector.Life{Stage: connector.StageBuilt, Number: "V1"})
	h.says = func(int, string) error {
		return connector.Errorf(connector.Credentials, "tell", "the log-in was refused")
	}
	w.round()
	if c, err := w.db.Connection(t.Context(), "a"); err != nil || c.Paused.Code != connector.Credentials || len(h.heard) != 1 {
		t.Errorf("the Connection is paused with %q after %d calls (%v)", c.Paused.Code, len(h.heard), err)
	}
}
