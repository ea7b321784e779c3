package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

func TestOldBodiesAreRemovedInRoundsThatPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	large := make([]byte, 64<<10) // each fills a pack
	save := func(n int, word string) {
		var xs []connector.Exchange
		for i := range n {
			xs = append(xs, connector.Exchange{ID: fmt.Sprint(word, i), ResponseBody: large, Delivery: 8})
		}
		if err := w.db.SaveExchanges(t.Context(), xs); err != nil {
			t.Fatal(err)
		}
	}
	save(1500, "old")
	w.pass(engine.Retention + 48*time.Hour)
	save(1, "young")
	for range 2 { // the second finds nothing to do
		if err := w.e.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for id, kept := range map[string]bool{"old0": false, "old1499": false, "young0": true} {
		if x, err := w.db.Exchange(t.Context(), id); err != nil || (x.ResponseBody != nil) != kept {
			t.Errorf("%s: %d bytes, %v", id, len(x.ResponseBody), err)
		}
	}
	entries, err := w.db.Entries(t.Context(), store.EntryFilter{Action: "bodies.removed"})
	if err != nil || len(entries) != 2 || entries[0].Details["count"] != "1000" || entries[1].Details["count"] != "500" {
		t.Errorf("%+v, %v", entries, err)
	}
}

// The scheduler asks for a round when it starts.
func TestTheSchedulerRemovesOldBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	if err := w.db.SaveExchanges(t.Context(), []connector.Exchange{{ID: "old", ResponseBody: []byte("old"), Delivery: 8}}); err != nil {
		t.Fatal(err)
	}
	w.pass(engine.Retention + 48*time.Hour)
	w.e.Sleep = w.briefly
	s, err := engine.NewScheduler(t.Context(), w.e, 2)
	if err != nil {
		t.Fatal(err)
	}
	late, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	ctx, cancel := context.WithCancel(late)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for gone := false; !gone; {
		x, err := w.db.Exchange(t.Context(), "old")
		if gone = x.ResponseBody == nil; err != nil {
			t.Error(err)
			break
		}
		if err := engine.Sleep(late, time.Millisecond); err != nil {
			t.Error(err)
			break
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
