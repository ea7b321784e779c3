package store_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

func TestBodies(t *testing.T) {
	t.Run("a content is stored once, however often it is exchanged, and read back as it was", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			long := bytes.Repeat([]byte("<line>äöü</line>\x00"), 500)
			for i := range 3 {
				x := connector.Exchange{ID: fmt.Sprint("x", i), Connection: "erp", Op: "query", Method: "POST", URL: "https://erp.example.com/x?y=1", Status: 200, Started: f.clock.Now(), Took: 1500 * time.Microsecond,
					RequestHeader: map[string]string{"Accept": "text/xml"}, RequestBody: []byte("ask"), ResponseBody: long, Run: 7, Delivery: 8}
				must(t, f.SaveExchanges(f.ctx, []connector.Exchange{x, x}))
			}
			equal(t, "bodies", f.count("SELECT COUNT(*) FROM bodies"), 2)
			equal(t, "bytes of the long one are fewer than a tenth", f.count("SELECT MAX(LENGTH(bytes)) FROM bodies") < len(long)/10, true)
			got, err := f.ExchangesOf(f.ctx, 8)
			must(t, err)
			equal(t, "exchanges", len(got), 3)
			equal(t, "answer", bytes.Equal(got[2].ResponseBody, long), true)
			equal(t, "question", string(got[0].RequestBody), "ask")
			equal(t, "header", got[0].RequestHeader["Accept"], "text/xml")
			equal(t, "took", got[0].Took, 1500*time.Microsecond)
		})
	})
	t.Run("what a transaction kept counts for nothing when it failed", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			x := connector.Exchange{ID: "x", ResponseBody: []byte("answer"), Delivery: 8}
			_, err := f.SQL().Exec("ALTER TABLE exchanges RENAME TO gone")
			must(t, err)
			refused(t, "save", f.SaveExchanges(f.ctx, []connector.Exchange{x}), connector.Internal)
			_, err = f.SQL().Exec("ALTER TABLE gone RENAME TO exchanges")
			must(t, err)
			must(t, f.SaveExchanges(f.ctx, []connector.Exchange{x}))
			got, err := f.Exchange(f.ctx, "x")
			must(t, err)
			equal(t, "answer", string(got.ResponseBody), "answer")
		})
	})
	t.Run("retention removes old bodies of Exchanges, never Documents and never one that is still used", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			save := func(id string) {
				must(t, f.SaveExchanges(f.ctx, []connector.Exchange{{ID: id, ResponseBody: []byte("the same for hours"), Delivery: 8}}))
			}
			save("old")
			f.clock.add(20 * time.Hour)
			save("young")
			f.clock.add(399 * 24 * time.Hour)
			forget := func() int {
				removed := 0
				for more := true; more; {
					var n int
					var err error
					n, more, err = f.Forget(f.ctx, f.clock.Now().Add(-400*24*time.Hour), 100)
					must(t, err)
					removed += n
				}
				return removed
			}
			equal(t, "removed while the young one uses it", forget(), 0)
			f.clock.add(10 * 24 * time.Hour)
			equal(t, "removed", forget(), 1)
			equal(t, "removed twice", forget(), 0)
			entries, err := f.Entries(f.ctx, store.EntryFilter{Action: "bodies.removed"})
			must(t, err)
			equal(t, "entries", len(entries) == 1 && entries[0].Details["count"] == "1" && entries[0].Actor == store.Engine, true)
			got, err := f.Exchange(f.ctx, "young")
			must(t, err)
			equal(t, "the Exchange stays without its body", got.ResponseBody == nil, true)
			equal(t, "the Document stays", f.versions("1")[0].Document.Text("content"), "a")
			save("new")
			got, err = f.Exchange(f.ctx, "new")
			must(t, err)
			equal(t, "the same content anew", string(got.ResponseBody), "the same for hours")
		})
	})
}

func (f *fixture) count(query string) int {
	f.t.Helper()
	var n int
	must(f.t, f.SQL().QueryRow(query).Scan(&n))
	return n
}
