package engine_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

func TestAPanicAboutOneRecordIsItsOwnAlone(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		plan func(*special, *atomic.Bool)
		want connector.State
	}{
		{"in the look-up before a write: held", func(s *special, on *atomic.Bool) {
			s.find = func(ctx context.Context, l connector.Lookup) ([]connector.Found, error) {
				if on.Load() && l.Document.Text("KEY") == "P001" {
					panic("secret of the record")
				}
				return s.side.Find(ctx, l)
			}
		}, connector.Held},
		{"before the effect of the write: in doubt", func(s *special, on *atomic.Bool) {
			s.write = func(ctx context.Context, w connector.Write) (connector.Receipt, error) {
				if on.Load() && w.Document.Text("KEY") == "P001" {
					panic("secret of the record")
				}
				return s.side.Write(ctx, w)
			}
		}, connector.InDoubt},
		{"after the effect of the write: in doubt", func(s *special, on *atomic.Bool) {
			s.write = func(ctx context.Context, w connector.Write) (connector.Receipt, error) {
				r, err := s.side.Write(ctx, w)
				if on.Load() && w.Document.Text("KEY") == "P001" {
					panic("secret of the record")
				}
				return r, err
			}
		}, connector.InDoubt},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			s := w.special()
			var on atomic.Bool
			tc.plan(s, &on)
			w.fill(8)
			on.Store(true)
			w.poll()
			for n := range partitions {
				w.pumpOnce(n)
			}
			entries, err := w.db.Entries(t.Context(), store.EntryFilter{Action: "delivery." + string(tc.want)})
			if err != nil || len(entries) == 0 {
				t.Fatalf("no Entry says that it was %s (%v)", tc.want, err)
			}
			met := w.last("001")
			if met.Err != nil && strings.Contains(met.Err.Error()+met.Err.Hint, "secret") {
				t.Errorf("the error quotes the panic: %v", met.Err)
			}
			if tc.want == connector.Held && (met.State != connector.Held || met.Err.Code != connector.Internal) {
				t.Errorf("%s (%v), expected held as internal", met.State, met.Err)
			}
			if got := w.states(); got[connector.Delivered] < 7 {
				t.Errorf("%v, expected the others delivered", got)
			}
			on.Store(false)
			if met.State == connector.Held {
				w.inTx(func(tx *store.Tx) error { return tx.Replay([]int64{met.ID}, "cli:test", false) })
			}
			if _, err := w.e.Settle(t.Context(), nil, time.Hour); err != nil {
				t.Fatal(err)
			}
			if d := w.last("001"); d.State != connector.Delivered || w.to.count("P001") != 1 {
				t.Errorf("%s with %d objects in the end, expected delivered once", d.State, w.to.count("P001"))
			}
		})
	}
}

// pumpOnce pumps a partition; the error of the store fails the test.
func (w *world) pumpOnce(n int) {
	w.t.Helper()
	if _, err := w.e.Pump(w.t.Context(), "orders", n); err != nil {
		w.t.Fatal(err)
	}
}

// brittle panics when it is read.
type brittle struct{ *side }

func (b brittle) Read(context.Context, connector.Query) (connector.Page, error) { panic("page") }

func TestAPanicWhileAPageIsReadEndsTheRunAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	c := w.e.Config
	c.Open = func(_ context.Context, conn connector.Connection) (connector.Instance, error) {
		if conn.Name == "a" {
			return brittle{w.from}, nil
		}
		return w.to, nil
	}
	w.e = engine.New(c)
	for range 3 { // more than there are slots
		if r := w.sync(); r.Err == nil || r.Err.Code != connector.Internal {
			t.Fatalf("the Run ended with %v, expected internal", r.Err)
		}
	}
}
