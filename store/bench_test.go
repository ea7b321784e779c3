package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// BenchmarkDelivery takes new records the whole way: accepted by pages of 200, claimed, intended and settled by batches of
// 128, each with a Document of about 2 KB and two Exchanges. "relaxed" does not wait for the disk: it tells what the work
// itself costs.
func BenchmarkDelivery(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkDelivery(b, "sqlite:"+filepath.Join(b.TempDir(), "bench.db")) })
	b.Run("relaxed", func(b *testing.B) {
		benchmarkDelivery(b, "sqlite:"+filepath.Join(b.TempDir(), "bench.db")+"?durable=no")
	})
	if server := os.Getenv("ML_CONNECTOR_TEST_POSTGRES"); server != "" {
		b.Run("postgres", func(b *testing.B) { benchmarkDelivery(b, ownSchema(b, server)) })
	}
}

func benchmarkDelivery(b *testing.B, url string) {
	clk := &clock{at: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	db, err := store.Open(b.Context(), url, clk.Now)
	must(b, err)
	defer db.Close()
	must(b, db.Tx(b.Context(), func(tx *store.Tx) error {
		must(b, tx.SaveConnection(connector.Connection{Name: "erp", System: "left"}))
		must(b, tx.SaveConnection(connector.Connection{Name: "s2p", System: "right"}))
		return tx.SaveFlow(connector.Flow{Name: orders, Kind: connector.PurchaseOrder, From: "s2p", To: "erp"})
	}))
	var run int64
	must(b, db.Tx(b.Context(), func(tx *store.Tx) (err error) {
		run, err = tx.BeginRun(connector.Run{Flow: orders, From: "s2p", To: "erp", Kind: connector.PurchaseOrder, Trigger: connector.TriggerManual})
		return err
	}))
	fl := connector.Flow{Name: orders, Kind: connector.PurchaseOrder, From: "s2p", To: "erp"}
	epoch, _, err := db.Take(b.Context(), orders, 0, "bench", time.Second)
	must(b, err)
	var accept, claim, intend, settle time.Duration
	spent := processorTime(b)
	b.ResetTimer()
	for done := 0; done < b.N; {
		n := min(200, b.N-done)
		var page connector.Page
		for i := range n {
			page.Versions = append(page.Versions, bulky(done+i))
		}
		at := time.Now()
		_, err := db.Accept(b.Context(), store.Acceptance{Flow: fl, Run: run, Page: page})
		must(b, err)
		accept += time.Since(at)
		for {
			at := time.Now()
			works, err := db.Claim(b.Context(), orders, 0, epoch, 128)
			must(b, err)
			claim += time.Since(at)
			if len(works) == 0 {
				break
			}
			var intents []store.Intent
			var outs []store.Outcome
			for _, w := range works {
				sent := connector.Document{"PO_REF": w.Delivery.Record.ID, "lines": w.Version.Document["lines"]}
				intents = append(intents, store.Intent{Delivery: w.Delivery.ID, Operation: connector.OpCreate, Document: sent, Reserve: []string{w.Delivery.Record.ID}})
				o := deliveredTo(w, "PO-"+w.Delivery.Record.ID)
				for n, body := range []string{"look up", "create"} {
					o.Exchanges = append(o.Exchanges, connector.Exchange{ID: fmt.Sprintf("%016x", w.Delivery.ID*2+int64(n)), Connection: "erp", Op: body, Method: "POST", URL: "https://erp.example.com/" + body,
						RequestHeader: map[string]string{"Content-Type": "text/xml"}, RequestBody: append([]byte(body), sent.Canonical()...), Status: 200,
						ResponseHeader: map[string]string{"Content-Type": "text/xml"}, ResponseBody: []byte("<r>" + w.Delivery.Record.ID + body + "</r>"), Started: clk.Now(), Delivery: w.Delivery.ID})
				}
				outs = append(outs, o)
			}
			at = time.Now()
			taken, err := db.Intend(b.Context(), orders, 0, epoch, intents)
			must(b, err)
			intend += time.Since(at)
			equal(b, "taken", len(taken), 0)
			at = time.Now()
			_, err = db.Settle(b.Context(), orders, 0, epoch, outs)
			must(b, err)
			settle += time.Since(at)
		}
		done += n
	}
	b.StopTimer()
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(b.N) }
	b.ReportMetric(each(processorTime(b)-spent), "µs-cpu")
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		path, _, _ = strings.Cut(path, "?")
		_, err := db.SQL().Exec("PRAGMA wal_checkpoint(TRUNCATE)")
		must(b, err)
		file, err := os.Stat(path)
		must(b, err)
		b.ReportMetric(float64(file.Size())/float64(b.N), "bytes/delivery")
	}
	b.ReportMetric(each(accept), "µs/accept")
	b.ReportMetric(each(claim), "µs/claim")
	b.ReportMetric(each(intend), "µs/intend")
	b.ReportMetric(each(settle), "µs/settle")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

// processorTime is what the process has used so far: it tells the same on a busy machine.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func bulky(n int) connector.Version {
	id := fmt.Sprintf("%010d", n)
	var lines []any
	for i := range 8 {
		lines = append(lines, map[string]any{"lineNumber": fmt.Sprint(i + 1), "description": "Laboratory glass, box of " + fmt.Sprint(n*7+i), "quantity": fmt.Sprint(n%90 + i), "unitPrice": fmt.Sprintf("%d.%02d", n%1000, i*7), "category": "42132203"})
	}
	return connector.Version{ID: id, Title: "Order " + id + " of Acme Laboratory Supply", Numbers: []string{"P" + id}, Stamp: "2026-03-01T08:00:00Z", Document: connector.Document{"id": id, "lines": lines, "total": "443.80"}}
}

// BenchmarkVerify reads a ledger of 100,000 Entries and holds it against its hashes.
func BenchmarkVerify(b *testing.B) {
	db, err := store.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "bench.db")+"?durable=no", (&clock{at: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}).Now)
	must(b, err)
	defer db.Close()
	const each, times = 1000, 100
	for range times {
		must(b, db.Tx(b.Context(), func(tx *store.Tx) error {
			for i := range each {
				tx.Enter(connector.Entry{Action: "delivery.delivered", Subject: "s2p:purchase_order:" + fmt.Sprint(i), Run: 12, Delivery: int64(i), Exchange: "0123456789abcdef",
					Details: map[string]string{"from": "sending", "to": "delivered", "operation": "create", "target": "US001/0000001234"}})
			}
			return nil
		}))
	}
	spent := processorTime(b)
	for b.Loop() {
		v, err := db.VerifyEntries(b.Context())
		must(b, err)
		equal(b, "entries", v.Entries, each*times)
	}
	b.ReportMetric(float64((processorTime(b)-spent).Nanoseconds())/float64(b.N*each*times), "ns-cpu/entry")
}
