package engine_test

import (
	"context"
	"testing"

	connector "ml-connector"
	"ml-connector/engine"
)

// together is a side that looks many up in one call.
type together struct {
	*side
	batches int
}

func (s *together) FindBatch(ctx context.Context, ls []connector.Lookup) ([][]connector.Found, error) {
	s.batches++
	out := make([][]connector.Found, len(ls))
	for n, l := range ls {
		var err error
		if out[n], err = s.Find(ctx, l); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *together) Find(ctx context.Context, l connector.Lookup) ([]connector.Found, error) {
	if l.Document.Text("KEY") == "P;2" {
		return nil, connector.Errorf(connector.Invalid, "look up", "P;2 can't be looked up")
	}
	return s.side.Find(ctx, l)
}

// TestOneThatCanNotBeLookedUpHoldsItselfAlone: the others of its batch go on, and it is not taken for absent.
func TestOneThatCanNotBeLookedUpHoldsItselfAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.to.info.Batch = 10
	to := &together{side: w.to}
	w.e = engine.New(engine.Config{DB: w.db, Now: w.now, Sleep: w.sleep, Tick: w.tick, Jitter: func() float64 { return 0.5 }, Owner: "together", Sole: true,
		Open: func(_ context.Context, c connector.Connection) (connector.Instance, error) {
			if c.Name == "a" {
				return w.from, nil
			}
			return to, nil
		}})
	for _, k := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		w.from.put(k, order("P;"+k, "10", "open"))
	}
	if c := w.sync().Counts; c.Delivered != 7 || c.Held != 1 || to.batches == 0 {
		t.Errorf("%+v with %d batches, expected seven delivered and one held", c, to.batches)
	}
	if d := w.last("2"); d.State != connector.Held || d.Err.Code != connector.Invalid || w.to.count("P;2") != 0 {
		t.Errorf("%s (%v), there %d times", d.State, d.Err, w.to.count("P;2"))
	}
}
