package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestB1BringsEveryOrderAcrossOnBothSides(t *testing.T) {
	t.Parallel()
	f, err := measureB1(t.Context(), 60, 1, "", io.Discard) // two pages
	if err != nil {
		t.Fatal(err)
	}
	if f.Ratio <= 0 || f.Program <= 0 || f.Floor <= 0 || f.WithSimulators <= 0 || f.Met != (f.Ratio >= f.Goal) {
		t.Errorf("%+v", f)
	}
}

func TestOrdersThatDoNotArriveAreNoFigure(t *testing.T) {
	t.Parallel()
	b, err := setUp(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	b.n++
	if _, err := b.program(t.Context()); err == nil || !strings.Contains(err.Error(), "5 of 6") {
		t.Errorf("the program gave %v", err)
	}
	if _, err := b.floor(t.Context()); err == nil || !strings.Contains(err.Error(), "5 of 6") {
		t.Errorf("the floor gave %v", err)
	}
}

func TestRequestsAreToldApartByWhatTheyAskFor(t *testing.T) {
	t.Parallel()
	const list, soap = "http://s2p.example.com/po?start=1&flt=lastUpdate>=2026-03-01", "http://erp.example.com/service"
	for name, row := range map[string]struct {
		url, body, otherURL, otherBody string
		same                           bool
	}{
		"the same page in another window of time": {list, "", "http://s2p.example.com/po?start=1&flt=lastUpdate>=2026-03-02", "", true},
		"another page":                          {list, "", "http://s2p.example.com/po?start=51", "", false},
		"another message id for the same order": {soap, "<id>1</id><m:PO_REF>P1</m:PO_REF>", soap, "<id>2</id><m:PO_REF>P1</m:PO_REF>", true},
		"another order":                         {soap, "<m:PO_REF>P1</m:PO_REF>", soap, "<m:PO_REF>P2</m:PO_REF>", false},
	} {
		one, _ := http.NewRequest(http.MethodPost, row.url, nil)
		other, _ := http.NewRequest(http.MethodPost, row.otherURL, nil)
		if same := keyOf(one, []byte(row.body)) == keyOf(other, []byte(row.otherBody)); same != row.same {
			t.Errorf("%s: same is %t", name, same)
		}
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 2, 3}, 2}} {
		if got := median(row.values); got != row.want {
			t.Errorf("median of %v is %v, not %v", row.values, got, row.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	if got, err := numbers("1000, 10000"); err != nil || len(got) != 2 || got[1] != 10000 {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "many", "0", "10,-1"} {
		if _, err := numbers(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestGrowthIsADecade(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		records int
		cpu     float64
		want    string
	}{
		"a decade":    {10_000, 1.09, "rises by 9 % a decade: meets"},
		"two decades": {100_000, 1.1881, "rises by 9 % a decade: meets"},
		"more":        {10_000, 1.2, "rises by 20 % a decade: misses"},
		"less":        {10_000, 0.95, "rises by -5 % a decade: meets"},
		"no decade":   {1_000, 2, ""},
	} {
		var out strings.Builder
		r := report{Figures: []figure{{Records: 1_000, ProgramCPU: 1}, {Records: row.records, ProgramCPU: row.cpu}}}
		r.table(&out)
		if strings.Contains(out.String(), "a decade") != (row.want != "") || !strings.Contains(out.String(), row.want) {
			t.Errorf("%s: %s", name, out.String())
		}
	}
	(&report{}).table(io.Discard)
}

// TestB9ReconcilesWhatItBrought on a few orders: all match, and are told with their time.
func TestB9ReconcilesWhatItBrought(t *testing.T) {
	t.Parallel()
	b, err := setUp(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	rows, err := measureB9(t.Context(), options{records: []int{230}, rounds: 1, talk: io.Discard, bench: b})
	if err != nil || len(rows) != 2 || rows[0].Records != 230 || rows[0].Value <= 0 {
		t.Errorf("%+v, %v", rows, err)
	}
}
