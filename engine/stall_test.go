package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// stall is a process that stands still for a while, in the middle of something, and goes on as if nothing had been.
type stall struct {
	mu    sync.Mutex
	began time.Time
	until time.Time
}

// stallFor is longer than a lease, and shorter than the target's lookup_settle in these tests.
const stallFor = 8 * time.Second

// begin lets the process stand still from now on, once.
func (s *stall) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.began.IsZero() {
		s.began, s.until = time.Now(), time.Now().Add(stallFor)
	}
}

// here waits until the process goes on.
func (s *stall) here() {
	s.mu.Lock()
	until := s.until
	s.mu.Unlock()
	_ = engine.Sleep(context.Background(), time.Until(until))
}

// over says that it stood still and goes on again.
func (s *stall) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.until.IsZero() && !time.Now().Before(s.until)
}

// A process that stalls past its lease, wherever that is, settles nothing and begins no write when it goes on; another one
// has its Deliveries within seconds, looks up what may have been sent, and nothing is there twice, though it would be if
// anything was repeated. What arrives late is found, because absence is not believed before lookup_settle.
func TestAStalledProcessDoesNoHarm_I8(t *testing.T) {
	for _, tc := range []struct {
		name     string
		op       string // of the store
		at       store.Moment
		inFlight func(s *stall, write func()) // of the first write
		beats    bool                         // only its leases are not renewed, and nothing else stands still
	}{
		{name: "before it claims", op: "store.Take", at: store.AfterCommit},
		{name: "after it has prepared", op: "store.Intend", at: store.BeforeBegin},
		{name: "after it has marked what it sends", op: "store.Intend", at: store.AfterCommit},
		{name: "with a request on its way that arrives late", inFlight: func(s *stall, write func()) { s.begin(); s.here(); write() }},
		{name: "with an answer on its way", inFlight: func(s *stall, write func()) { write(); s.begin(); s.here() }},
		{name: "before it settles", op: "store.Settle", at: store.BeforeBegin},
		{name: "while others of its writes wait for a free call", inFlight: func(s *stall, write func()) { write(); s.begin(); s.here() }, beats: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, url string) {
				w := newShared(t, url, 2)
				w.to.settles = "10s"
				w.to.info.Class, w.to.info.LookFirst = connector.ClassDuplicate, false
				w.fill(8)
				a, b := w.process("a"), w.process("b")
				var s stall
				a.DB.Watch(func(op string, at store.Moment) error {
					if at == store.AfterCommit && (op == "store.Intend" || op == "store.Settle") && s.over() {
						t.Errorf("%s of a is committed after it stalled", op)
					}
					if op == tc.op && at == tc.at {
						s.begin()
					}
					if at != store.BeforeCommit && (!tc.beats || op == "store.Beat") {
						s.here()
					}
					return nil
				})
				a.to.write = func(ctx context.Context, wr connector.Write) (r connector.Receipt, err error) {
					if owner := w.ownerOf(wr.Document.Text("KEY")); owner != "a" {
						t.Errorf("%s is written by a, and its partition is %q's", wr.Document.Text("KEY"), owner)
					}
					write := func() { r, err = w.to.Write(ctx, wr) }
					if tc.inFlight == nil {
						write()
						return r, err
					}
					tc.inFlight(&s, write)
					return r, err
				}
				_ = engine.Sleep(t.Context(), time.Second)
				if p, err := b.Poll(t.Context(), engine.PollRequest{Flow: "orders", Trigger: connector.TriggerManual}); err != nil || p.Err != nil {
					t.Fatal(err, p.Err)
				}
				var wg sync.WaitGroup
				for part := range partitions {
					wg.Go(func() {
						if _, err := a.Pump(t.Context(), "orders", part); err != nil {
							t.Error(err)
						}
					})
					wg.Go(func() {
						for range 150 { // long enough to believe that nothing is there where nothing was
							_ = engine.Sleep(t.Context(), time.Second)
							if _, err := b.Pump(t.Context(), "orders", part); err != nil {
								t.Error(err)
							}
						}
					})
				}
				_ = engine.Sleep(t.Context(), 6*time.Second)
				w.from.put("100", order("P100", "10", "open")) // written later than what is in doubt by then
				_ = engine.Sleep(t.Context(), 100*time.Millisecond)
				if p, err := b.Poll(t.Context(), engine.PollRequest{Flow: "orders", Trigger: connector.TriggerManual}); err != nil || p.Err != nil {
					t.Fatal(err, p.Err)
				}
				wg.Wait()
				if s.began.IsZero() {
					t.Fatal("nothing stalled: the test tests nothing")
				}
				for i := range 8 {
					if key := fmt.Sprintf("P%03d", i); w.to.count(key) != 1 {
						t.Errorf("%s is there %d times", key, w.to.count(key))
					}
				}
				w.allDeliveredOnce(9)
			})
		})
	}
}

// ownerOf says whose the partition of a record's Delivery is, by its key.
func (w *world) ownerOf(key string) (owner string) {
	err := w.db.SQL().QueryRowContext(w.t.Context(), `SELECT p.owner FROM partitions p JOIN deliveries d ON d.flow = p.flow AND d.part = p.n JOIN records r ON r.id = d.record
 WHERE r.ext_id = $1`, key[1:]).Scan(&owner)
	if err != nil {
		w.t.Error(err)
	}
	return owner
}

// allDeliveredOnce holds that so many Deliveries are delivered, each settled once, and that equation and ledger hold.
func (w *world) allDeliveredOnce(n int) {
	w.t.Helper()
	if got := w.states(); got[connector.Delivered] != n || len(got) != 1 {
		w.t.Errorf("%v, expected %d delivered", got, n)
	}
	es, err := w.db.Entries(w.t.Context(), store.EntryFilter{Action: "delivery.delivered"})
	if err != nil || len(es) != n {
		w.t.Errorf("%d settled, %v, expected %d", len(es), err, n)
	}
	broken, err := w.db.CheckEquation(w.t.Context())
	v, verr := w.db.VerifyEntries(w.t.Context())
	if err != nil || verr != nil || len(broken) > 0 || !v.OK {
		w.t.Errorf("equation %v %v, ledger %+v %v", broken, err, v, verr)
	}
}
