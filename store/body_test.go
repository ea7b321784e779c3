package store_test

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

func TestBodies(t *testing.T) {
	t.Run("Exchanges of one transaction lie together, and each is read back as it was", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			long := bytes.Repeat([]byte("<line>äöü</line>\x00"), 500)
			var xs []connector.Exchange
			for i := range 100 {
				x := connector.Exchange{ID: fmt.Sprintf("x%02d", i), Connection: "erp", Op: "query", Method: "POST", URL: "https://erp.example.com/x?y=1", Status: 200, Started: f.clock.Now(), Took: 1500 * time.Microsecond,
					RequestHeader: map[string]string{"Accept": "text/xml", "Quoted": "a \"b\" <c>"}, RequestBody: fmt.Appendf(nil, "ask %d", i), ResponseBody: long, Run: 7, Delivery: 8}
				xs = append(xs, x, x)
			}
			must(t, f.SaveExchanges(f.ctx, xs))
			must(t, f.SaveExchanges(f.ctx, []connector.Exchange{{ID: "none", Delivery: 8}, {ID: "huge", Delivery: 8, ResponseBody: bytes.Repeat([]byte("<html>"), 200_000)}}))
			must(t, f.SaveExchanges(f.ctx, xs[:2])) // kept already
			if rows := f.count("SELECT COUNT(*) FROM bodies"); rows < 10 || rows > 40 {
				t.Errorf("%d rows for 202 Exchanges", rows)
			}
			equal(t, "bytes of all are fewer than of three", f.count("SELECT SUM(LENGTH(bytes)) FROM bodies") < 3*len(long), true)
			got, err := f.ExchangesOf(f.ctx, 8)
			must(t, err)
			equal(t, "exchanges", len(got), 102)
			for _, x := range got {
				switch {
				case x.ID == "none":
					equal(t, "of nothing", x.RequestHeader == nil && x.RequestBody == nil && x.ResponseHeader == nil && x.ResponseBody == nil, true)
				case x.ID == "huge":
					equal(t, "the huge one", len(x.ResponseBody), 1_200_000)
				default:
					n, _ := strconv.Atoi(x.ID[1:])
					equal(t, "answer", bytes.Equal(x.ResponseBody, long), true)
					equal(t, "question", string(x.RequestBody), fmt.Sprint("ask ", n))
					equal(t, "header", x.RequestHeader["Quoted"], "a \"b\" <c>")
					equal(t, "no header", x.ResponseHeader == nil, true)
					equal(t, "took", x.Took, 1500*time.Microsecond)
				}
			}
		})
	})
	t.Run("a Document is stored once, beside those of its page, and each is read back as it was", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			var vs []connector.Version
			for i := range 150 {
				vs = append(vs, connector.Version{ID: strconv.Itoa(i), Document: connector.Document{"content": fmt.Sprint("content ", i/2)}})
			}
			f.accept(orders, vs...)
			equal(t, "rows for 75 contents", f.count("SELECT COUNT(*) FROM bodies WHERE purpose = 'd'"), 2)
			for i := range 150 {
				for range 2 { // the second time from what was read last
					equal(t, "content", f.versions(strconv.Itoa(i))[0].Document.Text("content"), fmt.Sprint("content ", i/2))
				}
			}
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
	t.Run("retention removes old bodies of Exchanges, never Documents", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			save := func(id string) {
				must(t, f.SaveExchanges(f.ctx, []connector.Exchange{{ID: id, ResponseHeader: map[string]string{"Server": "x"}, ResponseBody: []byte("the same for hours"), Delivery: 8}}))
			}
			save("old")
			f.clock.add(20 * time.Hour)
			save("young")
			f.clock.add(380*24*time.Hour - time.Hour)
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
			equal(t, "removed before its time", forget(), 0)
			f.clock.add(20 * 24 * time.Hour)
			equal(t, "removed", forget(), 1)
			equal(t, "removed twice", forget(), 0)
			entries, err := f.Entries(f.ctx, store.EntryFilter{Action: "bodies.removed"})
			must(t, err)
			equal(t, "entries", len(entries) == 1 && entries[0].Details["count"] == "1" && entries[0].Actor == store.Engine, true)
			got, err := f.Exchange(f.ctx, "old")
			must(t, err)
			equal(t, "the Exchange stays without what it said", got.Delivery == 8 && got.ResponseBody == nil && got.ResponseHeader == nil, true)
			got, err = f.Exchange(f.ctx, "young")
			must(t, err)
			equal(t, "a younger one stays whole", string(got.ResponseBody) == "the same for hours" && got.ResponseHeader["Server"] == "x", true)
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
