package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/cmd/postgres"
	"ml-connector/store"
)

// BenchmarkLedgerHead settles Deliveries by several pools at once on a PostgreSQL that writes through, each pool as one process
// has it and with a partition of its own. "one head" is the ledger as it is: each transaction touches the one head row before
// it commits. "own heads" gives each pool a ledger of its own: no transaction waits for another one's commit, which is the
// most that a ledger that is numbered afterwards could gain.
//
//	go test ./store -run xxx -bench LedgerHead -benchtime 2000x
func BenchmarkLedgerHead(b *testing.B) {
	server, err := postgres.Start(b.Context())
	must(b, err)
	defer server.Stop()
	for _, pools := range []int{1, 4, 16} {
		for _, at := range []int{1, 8, 32} {
			for _, heads := range []string{"one head", "own heads"} {
				b.Run(fmt.Sprintf("pools=%d/batch=%d/%s", pools, at, heads), func(b *testing.B) { benchmarkHead(b, server, pools, at, heads == "own heads") })
			}
		}
	}
}

func benchmarkHead(b *testing.B, server *postgres.Server, pools, batch int, own bool) {
	name := fmt.Sprintf("head%d", schemas.Add(1))
	must(b, server.Create(b.Context(), name, ""))
	open := func(url string) *store.DB {
		db, err := store.Open(b.Context(), url, time.Now)
		must(b, err)
		b.Cleanup(func() { must(b, db.Close()) })
		return db
	}
	first := open(server.URL(name))
	dbs := make([]*store.DB, pools)
	for i := range dbs {
		dbs[i] = first
		if own {
			ledger := fmt.Sprintf("ledger%d", i)
			_, err := first.SQL().ExecContext(b.Context(), fmt.Sprintf(`CREATE SCHEMA %[1]s; CREATE TABLE %[1]s.head (LIKE head INCLUDING ALL); CREATE TABLE %[1]s.entries (LIKE entries INCLUDING ALL);
 CREATE TABLE %[1]s.schema_version AS TABLE schema_version;
 INSERT INTO %[1]s.head (id, number, hash) VALUES (1, 0, '')`, ledger))
			must(b, err)
			dbs[i] = open(server.URL(name) + "&search_path=" + ledger + ",public")
		} else if i > 0 {
			dbs[i] = open(server.URL(name))
		}
	}
	waitingFor(b, first, pools)
	b.ResetTimer()
	var wg sync.WaitGroup
	var mu sync.Mutex
	settled, failed := 0, error(nil)
	for i, db := range dbs {
		wg.Go(func() {
			n, err := settleAll(b.Context(), db, i, batch)
			mu.Lock()
			defer mu.Unlock()
			settled += n
			if err != nil {
				failed = err
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	must(b, failed)
	equal(b, "settled", settled, b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(2*float64(b.N)/float64(batch)/b.Elapsed().Seconds(), "transactions/s")
}

// waitingFor makes b.N Deliveries wait in as many partitions as there are pools.
func waitingFor(b *testing.B, db *store.DB, partitions int) {
	fl := connector.Flow{Name: orders, Kind: connector.PurchaseOrder, From: "s2p", To: "erp"}
	var run int64
	must(b, db.Tx(b.Context(), func(tx *store.Tx) (err error) {
		must(b, tx.SaveConnection(connector.Connection{Name: "erp", System: "left"}))
		must(b, tx.SaveConnection(connector.Connection{Name: "s2p", System: "right"}))
		must(b, tx.SaveFlow(fl))
		must(b, tx.WantPartitions(orders, partitions, "bench", time.Second))
		run, err = tx.BeginRun(connector.Run{Flow: orders, From: "s2p", To: "erp", Kind: connector.PurchaseOrder, Trigger: connector.TriggerManual})
		return err
	}))
	for done := 0; done < b.N; done += 200 {
		var page connector.Page
		for i := range min(200, b.N-done) {
			page.Versions = append(page.Versions, bulky(done+i))
		}
		_, err := db.Accept(b.Context(), store.Acceptance{Flow: fl, Run: run, Page: page})
		must(b, err)
	}
}

// settleAll delivers what waits in one partition, by batches, as a pump does: one transaction before what is sent, one after.
func settleAll(ctx context.Context, db *store.DB, partition, batch int) (settled int, err error) {
	epoch, _, err := db.Take(ctx, orders, partition, fmt.Sprint("bench", partition), time.Second)
	if err != nil {
		return 0, err
	}
	for {
		works, err := db.Claim(ctx, orders, partition, epoch, batch)
		if err != nil || len(works) == 0 {
			return settled, err
		}
		var intents []store.Intent
		var outs []store.Outcome
		for _, w := range works {
			sent := connector.Document{"PO_REF": w.Delivery.Record.ID, "lines": w.Version.Document["lines"]}
			intents = append(intents, store.Intent{Delivery: w.Delivery.ID, Operation: connector.OpCreate, Document: sent, Reserve: []string{w.Delivery.Record.ID}})
			o := deliveredTo(w, "PO-"+w.Delivery.Record.ID)
			for n, op := range []string{"look up", "create"} {
				o.Exchanges = append(o.Exchanges, connector.Exchange{ID: fmt.Sprintf("%016x", w.Delivery.ID*2+int64(n)), Connection: "erp", Op: op, Method: "POST",
					URL: "https://erp.example.com/" + op, RequestBody: append([]byte(op), sent.Canonical()...), Status: 200, ResponseBody: []byte("<r>" + w.Delivery.Record.ID + op + "</r>"), Started: time.Now(), Delivery: w.Delivery.ID})
			}
			outs = append(outs, o)
		}
		if _, err := db.Intend(ctx, orders, partition, epoch, intents); err != nil {
			return settled, err
		}
		if _, err := db.Settle(ctx, orders, partition, epoch, outs); err != nil {
			return settled, err
		}
		settled += len(outs)
	}
}
