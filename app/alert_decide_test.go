package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ml-connector/alert"
	"ml-connector/store"
)

// TestOfACausePeopleAreToldOnce plays days: what is found from when to when, and what is said at which time.
func TestOfACausePeopleAreToldOnce(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	at := func(hour float64) time.Time { return day.Add(time.Duration(hour * float64(time.Hour))) }
	type span struct {
		cause    string
		from, to float64 // hours
		urgent   bool
	}
	night := &alert.Quiet{From: 22 * 60, To: 6 * 60, Zone: "UTC"}
	for name, row := range map[string]struct {
		quiet *alert.Quiet
		spans []span
		until float64
		want  string // hour: state cause
	}{
		"it begins, and is over":                           {nil, []span{{"a", 1, 3, false}}, 10, "1: began a | 3: over a"},
		"it comes back":                                    {nil, []span{{"a", 1, 2, false}, {"a", 3, 4, false}}, 10, "1: began a | 2: over a | 3: began a | 4: over a"},
		"it goes on for days":                              {nil, []span{{"a", 1, 60, false}}, 70, "1: began a | 25: lasts a | 49: lasts a | 60: over a"},
		"two at once are one message":                      {nil, []span{{"a", 1, 3, false}, {"b", 1, 4, false}}, 10, "1: began a, began b | 3: over a | 4: over b"},
		"the same one found twice":                         {nil, []span{{"a", 1, 3, false}, {"a", 1, 3, false}}, 10, "1: began a | 3: over a"},
		"at night it waits":                                {night, []span{{"a", 23, 33, false}}, 40, "30: began a | 33: over a"},
		"what came and went at night is not told":          {night, []span{{"a", 23, 25, false}}, 40, ""},
		"that it is over waits, too":                       {night, []span{{"a", 20, 23, false}}, 40, "20: began a | 30: over a"},
		"and back again before it was told":                {night, []span{{"a", 20, 23, false}, {"a", 24, 35, false}}, 40, "20: began a | 30: over a, began a | 35: over a"},
		"what is urgent is told at night":                  {night, []span{{"a", 23, 33, true}}, 40, "23: began a | 33: over a"},
		"a repeat waits for the morning":                   {night, []span{{"a", 22 - 24, 60, false}}, 50, "6: began a | 30: lasts a"},
		"nothing ran, which is told when it goes on":       {nil, []span{{causeGap, 3, 3, false}}, 10, "3: began engine.gap"},
		"nothing ran at night, which is told when it ends": {night, []span{{causeGap, 23, 23, false}}, 40, "30: began engine.gap"},
	} {
		rules := alert.Rules{Quiet: row.quiet}.InForce()
		var open []store.Alert
		var said []string
		began, over := 0, 0
		for hour := 0.0; hour < row.until; hour++ {
			var found []cause
			for _, s := range row.spans {
				switch {
				case s.cause == causeGap && hour == s.from:
					found = append(found, cause{Cause: s.cause, Subject: "x", Since: at(hour - 1), Over: at(hour)})
				case s.cause != causeGap && hour >= s.from && hour < s.to:
					found = append(found, cause{Cause: s.cause, Subject: "x", Since: at(s.from), Urgent: s.urgent})
				}
			}
			d := decideAlerts(open, found, rules, at(hour))
			for _, e := range d.entries {
				if e.Action == "alert.began" {
					began++
				} else {
					over++
				}
			}
			var now []string
			for _, x := range d.tell {
				now = append(now, x.state+" "+x.alert.Cause)
			}
			if len(now) > 0 {
				said = append(said, fmt.Sprintf("%v: %s", hour, strings.Join(now, ", ")))
			}
			open = leftOpen(open, d)
		}
		if got := strings.Join(said, " | "); got != row.want {
			t.Errorf("%s:\n%s\nexpected\n%s", name, got, row.want)
		}
		if len(open) > 0 && row.until > 61 || began < over || began == 0 {
			t.Errorf("%s: %d began, %d over, %d open", name, began, over, len(open))
		}
	}
}

// leftOpen is what is open after a decision was stored.
func leftOpen(open []store.Alert, d *decided) []store.Alert {
	out := append([]store.Alert{}, open...)
	for _, a := range d.changed {
		if a.ID == 0 {
			a.ID = int64(1000 + len(out))
			out = append(out, *a)
			continue
		}
		for n := range out {
			if out[n].ID == a.ID {
				out[n] = *a
			}
		}
	}
	var left []store.Alert
	for _, a := range out {
		if !a.Ended {
			left = append(left, a)
		}
	}
	return left
}
