package app

import (
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

func TestCausesAreToldApartByWordsNotByNumbers(t *testing.T) {
	t.Parallel()
	held := func(flow string, code connector.Code, text string) connector.Delivery {
		return connector.Delivery{Flow: flow, State: connector.Held, Err: connector.Errorf(code, "", "%s", text)}
	}
	first := held("orders", connector.Rejected, `category "4713" of line 3 has no row`)
	for sentence, row := range map[string]struct {
		d    connector.Delivery
		same bool
	}{
		"another value and line":   {held("orders", connector.Rejected, `category "99" of line 14 has no row`), true},
		"other words":              {held("orders", connector.Rejected, `category "4713" of line 3 has no value`), false},
		"another Flow":             {held("invoices", connector.Rejected, `category "4713" of line 3 has no row`), false},
		"another class":            {held("orders", connector.Invalid, `category "4713" of line 3 has no row`), false},
		"a blocked one is its own": {connector.Delivery{Flow: "orders", State: connector.Blocked, BlockedOn: []connector.Ref{{Reason: "supplier 4711"}}}, false},
	} {
		if same := causeOf(first).ID == causeOf(row.d).ID; same != row.same {
			t.Errorf("%s: same is %v", sentence, same)
		}
	}
	if c := causeOf(first); c.Message != "category … of line … has no row" {
		t.Errorf("in common: %q", c.Message)
	}
	if c := causeOf(held("orders", connector.Invalid, "a 1 2 3 b")); c.Message != "a … b" {
		t.Errorf("what repeats is told once: %q", c.Message)
	}
}

func TestListsOfAPageFollowOn(t *testing.T) {
	t.Parallel()
	b := filled(t)
	first, err := b.ListDeliveries(t.Context(), DeliveryChoice{Limit: 3})
	if err != nil || len(first.Rows) != 3 || first.Next == 0 || first.Total != 4 || first.AtLeast {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := b.ListDeliveries(t.Context(), DeliveryChoice{Limit: 3, Before: first.Next})
	if err != nil || len(second.Rows) != 1 || second.Next != 0 || second.Total != 4 || second.Rows[0].ID >= first.Rows[2].ID {
		t.Errorf("%+v, %v", second, err)
	}
	if first.Rows[0].Title == "" {
		t.Errorf("without a title: %+v", first.Rows[0])
	}
}

func TestSinceBeginsWithTheFirstRunOfThatTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	b.put("s1", "Acme", connector.Document{"name": "Acme"})
	var began []time.Time
	for range 5 {
		began = append(began, b.clock.now())
		b.sync() // two Flows, so two Runs
	}
	for i, at := range began {
		id, err := b.firstRunSince(t.Context(), at)
		if err != nil || id != int64(2*i+1) {
			t.Errorf("since sync %d: Run %d, %v", i+1, id, err)
		}
	}
	if id, err := b.firstRunSince(t.Context(), b.clock.now()); err != nil || id != 11 {
		t.Errorf("since now: Run %d, %v; there are 10", id, err)
	}
	list, err := b.ListDeliveries(t.Context(), DeliveryChoice{Since: began[1], Limit: 10})
	if err != nil || len(list.Rows) != 0 {
		t.Errorf("the one Delivery is older: %+v, %v", list, err)
	}
}

func TestLeavesStandInTheOrderOfTheirLists(t *testing.T) {
	t.Parallel()
	var lines []any
	for range 12 {
		lines = append(lines, map[string]any{"n": "x"})
	}
	var names []string
	for _, c := range Leaves(connector.Document{"l": lines, "a": "1"}) {
		names = append(names, c.Field)
	}
	got := strings.Join(names, " ")
	if !strings.HasPrefix(got, "a l[1].n l[2].n l[3].n") || !strings.HasSuffix(got, "l[10].n l[11].n l[12].n") {
		t.Errorf("got %s", got)
	}
	if got := withoutPlaces("LINE[2].DIST[13].AMT"); got != "LINE[].DIST[].AMT" {
		t.Errorf("the rule's name: %s", got)
	}
}

func TestPartsSumToWhatWasRead(t *testing.T) {
	t.Parallel()
	var c connector.Counts
	for i, s := range connector.States() {
		c.Add(s, i+1)
	}
	c.Read = 55
	if p := PartsOf(c); p.Total() != c.Read || p.Count(connector.Waiting) != 19 || p.Count(connector.Sending) != 0 {
		t.Errorf("%v sums to %d", p, p.Total())
	}
}
