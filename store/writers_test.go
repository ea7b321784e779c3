package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// TestManyWriters lets several processes read the same records and deliver them at the same time, as fast as they can.
// Versions are numbered without gaps, whoever lists by ID misses nothing, and no transaction gives up.
func TestManyWriters(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		processes, each, rounds := 4, 4, 6
		if testing.Short() {
			each, rounds = 2, 5
		}
		f.want(2 * processes)
		var begun, done atomic.Int64
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for i := range processes {
			db := f.open()
			db.Watch(func(_ string, at store.Moment) error {
				switch at {
				case store.BeforeBegin:
					begun.Add(1)
				case store.AfterCommit:
					done.Add(1)
				}
				return nil
			})
			p := *f
			p.DB = db
			for w := range each {
				wg.Go(func() { p.readMany(fmt.Sprint(i, "-", w), rounds) })
			}
			for part := range 2 {
				go p.deliverMany(2*i+part, stop)
			}
		}
		seen := make(chan int)
		go func() { seen <- f.listMany(stop) }()
		wg.Wait()
		close(stop)
		f.checkVersions()
		all := f.deliveries(store.DeliveryFilter{})
		equal(t, "Deliveries listed by ID, of all", <-seen, len(all))
		f.sound()
		t.Logf("%d transactions, %d tries more", done.Load(), begun.Load()-done.Load())
	})
}

// readMany stores pages of records that all others read as well, with contents of its own.
func (f *fixture) readMany(who string, rounds int) {
	for n := range rounds {
		var vs []connector.Version
		for i := range 6 {
			vs = append(vs, version(fmt.Sprint((n+i)%10), fmt.Sprint(who, n)))
		}
		run := int64(0)
		err := f.Tx(f.ctx, func(tx *store.Tx) (err error) {
			run, err = tx.BeginRun(connector.Run{Flow: orders, From: "s2p", To: "erp", Kind: connector.PurchaseOrder, Trigger: connector.TriggerManual})
			return err
		})
		if err == nil {
			_, err = f.Accept(f.ctx, store.Acceptance{Flow: connector.Flow{Name: orders, From: "s2p", To: "erp", Kind: connector.PurchaseOrder}, Run: run, Page: connector.Page{Versions: vs}, Last: true})
		}
		if err != nil {
			f.t.Errorf("read: %v", err)
		}
	}
}

// deliverMany delivers what waits in a partition until it is stopped.
func (f *fixture) deliverMany(part int, stop chan struct{}) {
	epoch, ok, err := f.Take(f.ctx, orders, part, fmt.Sprint("process of ", part), time.Hour)
	if err != nil || !ok {
		f.t.Errorf("take: %v, %v", ok, err)
		return
	}
	for {
		select {
		case <-stop:
			return
		default:
		}
		works, err := f.Claim(f.ctx, orders, part, epoch, 16)
		var intents []store.Intent
		var outs []store.Outcome
		for _, w := range works {
			intents = append(intents, store.Intent{Delivery: w.Delivery.ID, Operation: connector.OpCreate, Linked: w.Linked(), Document: w.Version.Document})
			outs = append(outs, deliveredTo(w, "PO-"+w.Delivery.Record.ID))
		}
		if err == nil && len(works) > 0 {
			if _, err = f.Intend(f.ctx, orders, part, epoch, intents); err == nil {
				_, err = f.Settle(f.ctx, orders, part, epoch, outs)
			}
		}
		if err != nil && f.ctx.Err() == nil {
			f.t.Errorf("deliver: %v", err)
			return
		}
	}
}

// listMany lists Deliveries by ID as they come, each time only those behind the last one, and says how many it saw.
func (f *fixture) listMany(stop chan struct{}) (seen int) {
	last, ending := int64(0), false
	for {
		select {
		case <-stop:
			ending = true
		default:
		}
		var n int
		var most int64
		if err := f.SQL().QueryRowContext(f.ctx, "SELECT COUNT(*), COALESCE(MAX(id), 0) FROM deliveries WHERE id > $1", last).Scan(&n, &most); err != nil {
			f.t.Error(err)
			return seen
		}
		seen, last = seen+n, max(last, most)
		if ending {
			return seen
		}
	}
}

// checkVersions holds that each record's Versions are numbered 1, 2, 3 …, and that the record has the last.
func (f *fixture) checkVersions() {
	f.t.Helper()
	var wrong int
	must(f.t, f.SQL().QueryRowContext(f.ctx, `SELECT COUNT(*) FROM records r WHERE r.version > 0 AND (r.version <> (SELECT COUNT(*) FROM versions v WHERE v.record = r.id)
 OR r.version <> (SELECT MAX(v.n) FROM versions v WHERE v.record = r.id))`).Scan(&wrong))
	equal(f.t, "records whose Versions are not numbered without gaps", wrong, 0)
}

// A person's word about a Delivery and a newer Version of its Record, which another process reads at that moment: whichever
// comes first, the older Version is not opened again beside the newer one.
func TestAPersonAndANewerVersionAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		p := f.take(orders)
		id := held(p, "1", connector.Rejected)
		f.tx(func(tx *store.Tx) error { return tx.Skip(id, "not wanted", "cli:test") })
		reader, person, ended := f.open(), f.open(), make(chan error, 1)
		waits := func() bool {
			n := 1
			if !f.IsSQLite() {
				must(t, f.SQL().QueryRowContext(f.ctx, "SELECT COUNT(*) FROM pg_locks WHERE NOT granted").Scan(&n))
			}
			return n > 0
		}
		begun := false
		reader.Watch(func(op string, at store.Moment) error {
			if op != "store.Accept" || at != store.BeforeCommit || begun {
				return nil
			}
			begun = true
			go func() {
				ended <- person.Tx(f.ctx, func(tx *store.Tx) error { return tx.Replay([]int64{id}, "cli:test", false) })
			}()
			for !waits() && len(ended) == 0 {
			}
			return nil
		})
		q := *f
		q.DB = reader
		q.accept(orders, version("1", "b"))
		refused(t, "replay of what is older by now", <-ended, connector.Conflict)
		equal(t, "begun", begun, true)
		d, err := f.Delivery(f.ctx, id)
		must(t, err)
		equal(t, "the older Delivery", d.State, connector.Skipped)
		f.sound()
	})
}

// A process that stands still inside a transaction keeps the others from its rows for a few seconds only.
func TestAStoppedTransactionIsEnded(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		if f.IsSQLite() {
			return // it has one engine, and its lock file falls with the process
		}
		var after string
		must(t, f.SQL().QueryRowContext(f.ctx, "SHOW idle_in_transaction_session_timeout").Scan(&after))
		equal(t, "time after which PostgreSQL ends it", after, "5s")
		stopped := f.open()
		held, free := make(chan struct{}), make(chan struct{})
		done := make(chan error, 1)
		go func() {
			done <- stopped.Tx(f.ctx, func(tx *store.Tx) error {
				_, err := tx.SQL().ExecContext(f.ctx, "SET LOCAL idle_in_transaction_session_timeout = 200")
				if err == nil {
					err = tx.PauseFlow(orders, connector.Pause{Code: connector.Conflict, Reason: "stopped half-way", By: "test"})
				}
				close(held)
				<-free
				return err
			})
		}()
		<-held
		f.tx(func(tx *store.Tx) error { return tx.SetNextRun(orders, f.clock.Now()) })
		close(free)
		if err := <-done; connector.CodeOf(err) != connector.Unavailable {
			t.Errorf("the stopped one: %v, expected unavailable", err)
		}
		equal(t, "what it did", f.flow(orders).Paused.Code, "")
	})
}
