package engine_test

import (
	"context"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
)

// slowReader is a side that does something before it gives a page behind the first.
type slowReader struct {
	*side
	before func(ctx context.Context) error
}

func (s *slowReader) Read(ctx context.Context, q connector.Query) (connector.Page, error) {
	if q.After != "" {
		if err := s.before(ctx); err != nil {
			return connector.Page{}, err
		}
	}
	return s.side.Read(ctx, q)
}

func TestSyncDeliversAPageWhileItReadsTheNext(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		behind    error // what the reading ends with after the first page was delivered
		delivered int
	}{
		"all are delivered, the first page before the second is read":    {nil, 8},
		"what was read before the read failed is delivered, and no more": {connector.Errorf(connector.Rejected, "read", "no more"), 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			w.fill(8)
			wrote := make(chan struct{})
			var once sync.Once
			w.to.onSend = func(context.Context) { once.Do(func() { close(wrote) }) }
			source := &slowReader{side: w.from, before: func(ctx context.Context) error {
				late, end := context.WithTimeout(ctx, 20*time.Second)
				defer end()
				select {
				case <-wrote:
				case <-late.Done():
					t.Error("the second page is asked for, and nothing of the first is delivered")
				}
				return row.behind
			}}
			c := w.e.Config
			c.Open = func(_ context.Context, conn connector.Connection) (connector.Instance, error) {
				if conn.Name == "a" {
					return source, nil
				}
				return w.to, nil
			}
			w.e = engine.New(c)
			if run := w.sync(); run.Counts.Delivered != row.delivered || (run.Err != nil) != (row.behind != nil) {
				t.Errorf("%+v, %v; expected %d delivered", run.Counts, run.Err, row.delivered)
			}
		})
	}
}
