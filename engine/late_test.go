package engine_test

import (
	"context"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// slow gives its first page only when it is let.
type slow struct {
	*side
	got, let chan struct{}
}

func (s *slow) Read(ctx context.Context, q connector.Query) (connector.Page, error) {
	p, err := s.side.Read(ctx, q)
	select {
	case <-s.got:
	default:
		close(s.got)
		<-s.let
	}
	return p, err
}

// A page that was asked for before another reader read the record anew brings nothing: neither beside it, nor when its
// process stood still for longer than reads overlap.
func TestAPageThatComesTooLateBringsNothing(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		gap    time.Duration
		stamps bool
	}{
		{"beside another read", 0, true},
		{"after the overlap", 15 * time.Minute, true},
		{"without stamps", 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			w.to.info.CanUpdate, w.from.info.Windowed = true, tc.stamps
			other := &slow{side: w.from, got: make(chan struct{}), let: make(chan struct{})}
			open := w.e.Open
			late := engine.New(engine.Config{DB: w.db, Now: w.now, Sleep: w.sleep, Tick: w.tick, Jitter: func() float64 { return 0.5 }, Owner: "late",
				Open: func(ctx context.Context, c connector.Connection) (connector.Instance, error) {
					if c.Name == "a" {
						return other, nil
					}
					return open(ctx, c)
				}})
			put := func(amount string) {
				w.from.put("1", order("P1", amount, "open"))
				if !tc.stamps {
					w.from.stamps["1"] = time.Time{}
				}
			}
			put("10")
			w.pass(time.Second)
			done := make(chan error)
			go func() { _, err := late.PollDue(t.Context(), "orders"); done <- err }()
			<-other.got
			put("20")
			w.sync()
			for passed := time.Duration(0); passed < tc.gap; passed += 5 * time.Minute {
				w.pass(5 * time.Minute)
				w.sync()
			}
			close(other.let)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if _, err := w.e.Settle(t.Context(), nil, time.Minute); err != nil {
				t.Fatal(err)
			}
			if got := w.to.table["T001"].Text("AMOUNT"); got != "20" || len(w.to.writes) != 1 {
				t.Errorf("the target holds %s after %d writes; expected 20 after one", got, len(w.to.writes))
			}
			runs, err := w.db.Runs(t.Context(), store.RunFilter{})
			for _, r := range runs {
				if !r.Counts.Balanced() {
					t.Errorf("run %d: the equation does not hold: %+v", r.ID, r.Counts)
				}
			}
			if err != nil || len(runs) < 2 {
				t.Errorf("%d runs (%v)", len(runs), err)
			}
		})
	}
}
