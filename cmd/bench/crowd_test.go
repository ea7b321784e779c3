package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// few is what the benchmarks are asked for in a test.
func few(t *testing.T, records int) options {
	t.Helper()
	b, err := setUp(t.Context(), 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	return options{records: []int{records}, rounds: 1, talk: io.Discard, bench: b}
}

func TestB1LBringsEveryOrderAcrossOnce(t *testing.T) {
	t.Parallel()
	rows, err := measureB1L(t.Context(), few(t, 60)) // two pages of what is four orders
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[0].Value <= 0 || rows[0].Value > 1 || rows[0].Met != (rows[0].Value >= 0.97) {
		t.Errorf("%+v", rows)
	}
}

func TestACrowdIsAskedLikeThePeers(t *testing.T) {
	t.Parallel()
	b, err := setUp(t.Context(), 4)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	c, err := newCrowd(b, 120, 0)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(p *peer, method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	const list = "/j1p/api/public/ji/v1/purchaseorders"
	for name, row := range map[string]struct {
		path   string
		orders int
		has    string
	}{
		"the first page":               {list + "?start=1&flt=lastUpdate>=2020-01-01T00:00:00.000Z", 50, `"poNumber":"B0000000"`},
		"a page begins where it is to": {list + "?start=101", 20, `"poNumber":"B0000119"`},
		"nothing changed since":        {list + "?start=1&flt=lastUpdate>=2099-01-01T00:00:00.000Z", 0, `"totRecords":0`},
		"one order":                    {list + "/10000119", 1, `"poNumber":"B0000119"`},
	} {
		status, text := ask(b.s2p, http.MethodGet, row.path, "")
		if got := strings.Count(text, `"poNumber"`); status != http.StatusOK || got != row.orders || !strings.Contains(text, row.has) {
			t.Errorf("%s: %d with %d orders: %.300s", name, status, got, text)
		}
	}
	if status, _ := ask(b.s2p, http.MethodGet, list+"/10000120", ""); status != http.StatusNotFound {
		t.Errorf("an order too many gives %d", status)
	}
	for i, want := range []struct{ done, twice int }{{1, 0}, {1, 1}} {
		_, text := ask(b.erp, http.MethodPost, "/PSIGW/PeopleSoftServiceListeningConnector/PSFT_EP", "<m:PO_REF>B0000007</m:PO_REF>")
		if !strings.Contains(text, fmt.Sprint("PO_ID>0", crowdCreated+7)) {
			t.Errorf("the answer to a create is %s", text)
		}
		if done, twice := c.brought(); done != want.done || twice != want.twice {
			t.Errorf("after %d creates: %d done, %d twice", i+1, done, twice)
		}
	}
}

func TestRowsTellWhatTheyMiss(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	writeRows(&out, []row{
		atLeast("B1L", "fast enough", 1000, 0.98, 0.97, "").over([]float64{150, 160}, 160),
		atLeast("B1P", "too slow", 1000, 3.1, 3.2, "").noted("Because of %s.", "this"),
		atMost("B3", "small enough", 100, 95.9, 96, "MiB"),
		atMost("B5", "no figure", 100, 0, 15, "s"),
		plain("B5", "no goal", 0, 1234, "ms"),
	})
	for _, want := range []string{"0.98 │ 0.94 – 1.00 │ ≥ 0.97   │ meets", "3.10 │             │ ≥ 3.20   │ misses", "95.9 MiB", "≤ 96.0 MiB │ meets", "0.00 s", "≤ 15.0 s", "1234 ms │             │          │        │", "B1P, 1000: Because of this."} {
		if !strings.Contains(flat(out.String()), flat(want)) {
			t.Errorf("%q is missing:\n%s", want, &out)
		}
	}
}

// flat takes the padding out of a table.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestBenchmarksAreChosenByName(t *testing.T) {
	t.Parallel()
	if got, err := choose([]string{"b1l"}); err != nil || len(got) != 1 || got[0] != "B1L" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := choose(nil); err != nil || len(got) != len(benchmarks())+1 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := choose([]string{"B99"}); err == nil {
		t.Error("B99 was taken")
	}
}

func TestASettingRunsTheOrdersAlone(t *testing.T) {
	t.Parallel()
	text := setting{concurrency: 16, schedule: "@every 1s"}.configuration("    settings: {overlap: 30s}\nflows:\n" +
		"  invoices: {from: s2p, to: erp, schedule: \"@every 5s\", start: 2026-01-01, track: \"@every 5s\"}\n" +
		"  purchase-orders: {from: s2p, to: erp, schedule: \"@every 5s\", start: 2026-01-01}\n")
	for _, want := range []string{"concurrency: 16", `invoices: {from: s2p, to: erp, schedule: "@daily", start: 2026-01-01, track: "@every 5s", enabled: false}`, `purchase-orders: {from: s2p, to: erp, schedule: "@every 1s", start: 2026-01-01}`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestOrdersWaitAndAreDeliveredLater(t *testing.T) {
	t.Parallel()
	o := few(t, 60)
	c, err := newCrowd(o.bench, 60, 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.bench.place(t.Context(), setting{concurrency: 4, schedule: "@daily"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.accept(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if done, _ := c.brought(); done != 0 {
		t.Errorf("%d orders were delivered already", done)
	}
	if err := p.settled(t.Context(), 60, 0); err == nil || !strings.Contains(err.Error(), "Waiting:60") {
		t.Errorf("settled gives %v", err)
	}
}
