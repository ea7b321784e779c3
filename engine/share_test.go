package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	connector "ml-connector"
	"ml-connector/store"
)

// still is a Pace on which nothing happens by itself: what would have to wait comes back with an error at once.
type still struct{}

func (still) Sleep(context.Context, time.Duration) error { return errors.New("nobody sleeps here") }
func (still) Go(func())                                  {}
func (still) Until(_ context.Context, closed <-chan struct{}) error {
	select {
	case <-closed:
		return nil
	default:
		return errors.New("nobody waits here")
	}
}

// callers are processes that call one Connection, under a clock that a test moves.
type callers struct {
	db    *store.DB
	clock time.Time
	all   []*caller
}

type caller struct {
	e     *Engine
	s     *share
	since time.Time // of the last beat
}

func newCallers(t interface {
	Helper()
	Fatal(...any)
}, db func(now func() time.Time) *store.DB, n, limit int) *callers {
	t.Helper()
	c := &callers{clock: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return c.clock }
	c.db = db(now)
	err := c.db.Tx(context.Background(), func(tx *store.Tx) error {
		return tx.SaveConnection(connector.Connection{Name: "b", System: "right"})
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		e := New(Config{DB: c.db, Now: now, Pace: still{}, Owner: fmt.Sprint("process ", i)})
		c.all = append(c.all, &caller{e: e, s: e.shareOf("b", limit)})
	}
	return c
}

// call begins a call, unless it would have to wait.
func (c *caller) call() bool { return c.s.Take(context.Background(), still{}) == nil }

// beat is what each second does.
func (c *callers) beat(p *caller) error {
	p.s.called = p.s.called || p.s.most > 0
	some := p.e.liveShares()
	if err := p.e.beatOnce(context.Background(), some...); err != nil {
		return err
	}
	p.since = c.clock
	return nil
}

func (c *callers) inFlight() (n int) {
	for _, p := range c.all {
		n += p.s.used
	}
	return n
}

func onSQLite(t *testing.T) func(now func() time.Time) *store.DB {
	return func(now func() time.Time) *store.DB {
		db, err := store.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "test.db")+"?durable=no", now)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
}

func TestProcessesDivideWhatAConnectionTakesAtOnce(t *testing.T) {
	t.Parallel()
	c := newCallers(t, onSQLite(t), 3, 8)
	defer c.db.Close()
	a, b, d := c.all[0], c.all[1], c.all[2]
	beat := func() {
		c.clock = c.clock.Add(time.Second)
		for _, p := range c.all {
			if err := c.beat(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 8 {
		if !a.call() {
			t.Fatal("alone, a process waits for a free call")
		}
	}
	if a.call() || b.call() {
		t.Fatal("more calls than the connection takes")
	}
	for range 3 {
		a.s.Give()
	}
	b.s.most = 8 // as many wait
	b.s.ask(t.Context())
	beat()
	if a.s.granted != 5 || b.s.granted != 3 {
		t.Errorf("after a beat one has %d of 8 and the other %d, expected that it keeps its 5 calls in flight", a.s.granted, b.s.granted)
	}
	a.s.Give()
	b.s.most = 8
	beat()
	for range 4 {
		if !b.call() {
			t.Fatal("less than its half")
		}
	}
	if b.call() || c.inFlight() != 8 {
		t.Fatalf("%d calls in flight, expected 8", c.inFlight())
	}
	for range 4 {
		b.s.Give()
		a.s.Give()
	}
	for range 4 {
		beat()
	}
	if a.s.granted+b.s.granted != 0 {
		t.Errorf("who calls no more keeps %d and %d", a.s.granted, b.s.granted)
	}
	for i := range 8 {
		if !d.call() {
			t.Fatalf("what the others gave back is not free: %d", i)
		}
	}
}

func TestAProcessThatDoesNotBeatBeginsNoCall(t *testing.T) {
	t.Parallel()
	c := newCallers(t, onSQLite(t), 2, 4)
	defer c.db.Close()
	a, b := c.all[0], c.all[1]
	if !a.call() {
		t.Fatal("no call at all")
	}
	a.s.Give()
	a.e.DB = nil // stalled: it can't ask the store
	c.clock = c.clock.Add(Stale - time.Microsecond)
	if !a.s.free() {
		t.Error("its share is not yet anybody else's, but it begins no call")
	}
	for range 4 {
		b.call()
	}
	if b.s.used != 3 {
		t.Errorf("%d calls while one of 4 is not yet free", b.s.used)
	}
	c.clock = c.clock.Add(time.Microsecond)
	if a.s.free() {
		t.Error("its share is free for others, and it begins a call")
	}
	b.s.most = 4 // as many wait
	if err := c.beat(b); err != nil || b.s.granted != 4 {
		t.Errorf("the other has %d of 4: %v", b.s.granted, err)
	}
}

// However processes call, stop, stall and die: those whose beat is fresh never have more than there is, one whose beat is
// old begins nothing, and within a few beats nobody who waits is left out for ever.
func TestSharesNeverExceedTheConnection_I26(t *testing.T) {
	t.Parallel()
	n := 0
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		n++
		limit := rapid.IntRange(1, 6).Draw(rt, "limit")
		c := newCallers(rt, func(now func() time.Time) *store.DB {
			db, err := store.Open(context.Background(), fmt.Sprintf("sqlite:%s?durable=no", filepath.Join(dir, fmt.Sprint(n))), now)
			if err != nil {
				rt.Fatal(err)
			}
			return db
		}, rapid.IntRange(1, 4).Draw(rt, "processes"), limit)
		defer c.db.Close()
		over := 0 // calls of processes that stalled, which others can't know of
		for range rapid.IntRange(5, 40).Draw(rt, "steps") {
			p := c.all[rapid.IntRange(0, len(c.all)-1).Draw(rt, "process")]
			switch rapid.SampledFrom([]string{"call", "call", "call", "end", "beat", "beat", "pass", "give back"}).Draw(rt, "step") {
			case "call":
				stale := c.clock.Sub(p.s.beaten) >= Stale
				before := c.inFlight()
				if p.call() {
					if stale && c.clock.Sub(p.s.beaten) >= Stale {
						rt.Fatal("a call without a fresh beat")
					}
					if before-over >= limit {
						rt.Fatalf("%d calls in flight of %d", before+1, limit)
					}
				}
			case "end":
				if p.s.used > 0 {
					p.s.Give()
				}
			case "beat":
				if err := c.beat(p); err != nil {
					rt.Fatal(err)
				}
			case "give back":
				p.e.giveBack(context.Background())
			case "pass":
				c.clock = c.clock.Add(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "ms")) * time.Millisecond)
			}
			granted := 0
			over = 0
			for _, p := range c.all {
				if c.clock.Sub(p.s.beaten) < Stale {
					granted += p.s.granted
					over += max(p.s.used-p.s.granted, 0)
				} else {
					over += p.s.used
				}
			}
			if granted > limit {
				rt.Fatalf("%d granted of %d", granted, limit)
			}
		}
		c.allAreServed(rt, limit)
	})
}

// allAreServed lets all processes want all there is for a while: each must have had a call.
func (c *callers) allAreServed(rt *rapid.T, limit int) {
	served := make([]bool, len(c.all))
	for range 5 * len(c.all) * int(turnEvery/time.Second) {
		c.clock = c.clock.Add(time.Second)
		for i, p := range c.all {
			for p.s.used > 0 {
				p.s.Give()
			}
			p.s.most = limit
			if err := c.beat(p); err != nil {
				rt.Fatal(err)
			}
			for p.call() {
				served[i] = true
			}
		}
		done := true
		for _, s := range served {
			done = done && s
		}
		if done {
			return
		}
	}
	rt.Fatalf("served %v", served)
}

func TestABeatLeavesTheListOfSharesThatItIsGivenAsItIs(t *testing.T) {
	t.Parallel()
	c := newCallers(t, onSQLite(t), 1, 8)
	defer c.db.Close()
	a := c.all[0]
	busy := a.e.shareOf("a", 8)
	busy.busy = true // another beat of it is under way
	some := []*share{busy, a.s}
	if err := a.e.beatOnce(t.Context(), some...); err != nil {
		t.Fatal(err)
	}
	if some[0] != busy || some[1] != a.s {
		t.Errorf("the list is %v now", some)
	}
}
