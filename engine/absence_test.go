package engine

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAbsenceIsBelieved has a row for each sentence of DESIGN.md "Doubt" on absence. Settle is a minute; the write began
// at 0:00, the first look-up that found nothing was at 0:01, and times are minutes.
func TestAbsenceIsBelieved(t *testing.T) {
	t.Parallel()
	zero := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	at := func(minute int) time.Time { return zero.Add(time.Duration(minute) * time.Minute) }
	for name, row := range map[string]struct {
		trust  trust
		sight  sight
		looks  int
		now    int
		absent bool
		again  int // minute; -1 = only a person can tell
	}{
		"one look-up proves nothing":                                        {trustAuto, sightLater, 1, 1, false, 2},
		"two look-ups at once prove no more than one":                       {trustAuto, sightLater, 2, 1, false, 2},
		"one look-up that comes late is still one":                          {trustAuto, sightLater, 1, 9, false, 10},
		"twice, settle apart, while something written later is found":       {trustAuto, sightLater, 2, 2, true, 0},
		"an older control alone needs ten times settle":                     {trustAuto, sightOlder, 2, 2, false, 11},
		"an older control is too short by a minute":                         {trustAuto, sightOlder, 9, 10, false, 11},
		"an older control over ten times settle":                            {trustAuto, sightOlder, 9, 11, true, 0},
		"a target that holds nothing at all, at once":                       {trustAuto, sightEmpty, 2, 2, false, 11},
		"a target that holds nothing at all, over ten times settle":         {trustAuto, sightEmpty, 9, 11, true, 0},
		"without any control it is looked at again, never believed":         {trustAuto, sightNone, 99, 600, false, 605},
		"a control that was not asked for proves nothing":                   {trustAuto, "", 99, 600, false, 605},
		"a Connection that is always trusted still needs the second look":   {trustAlways, sightNone, 1, 1, false, 2},
		"a Connection that is always trusted needs no control":              {trustAlways, sightNone, 2, 2, true, 0},
		"a Connection that is never trusted leaves it to a person":          {trustNever, sightLater, 99, 600, false, -1},
		"a Connection without the setting is judged like one that is auto":  {"", sightNone, 2, 2, false, 7},
		"a Connection without the setting believes a later control as well": {"", sightLater, 2, 2, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := absence{trust: row.trust, sight: row.sight, looks: row.looks, first: at(1), sentAt: at(0), now: at(row.now), settle: time.Minute}.judge()
			again := at(row.again)
			if row.absent || row.again < 0 {
				again = time.Time{}
			}
			if v.absent != row.absent || !v.again.Equal(again) || v.reason == "" {
				t.Errorf("judged %+v, want absent %v, again %v", v, row.absent, again)
			}
		})
	}
}

// TestDoubtIsNeverStuck: whatever is known, the write is believed absent, looked at again later, or a person's.
func TestDoubtIsNeverStuck(t *testing.T) {
	t.Parallel()
	zero := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		seconds := func(label string) time.Time {
			return zero.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, label)) * time.Second)
		}
		a := absence{
			trust: rapid.SampledFrom([]trust{trustAuto, trustAlways, trustNever}).Draw(t, "trust"),
			sight: rapid.SampledFrom([]sight{"", sightLater, sightOlder, sightEmpty, sightNone}).Draw(t, "sight"),
			looks: rapid.IntRange(1, 20).Draw(t, "looks"), first: seconds("first"), sentAt: seconds("sent"), now: seconds("now"), settle: time.Minute,
		}
		v := a.judge()
		switch {
		case v.absent && (a.looks < 2 || a.now.Sub(a.first) < a.settle || a.trust == trustNever):
			t.Fatalf("believed too soon: %+v", a)
		case v.absent && a.trust != trustAlways && a.sight != sightLater && a.now.Sub(a.sentAt) < 10*a.settle:
			t.Fatalf("believed without something written later: %+v", a)
		case v.absent && !v.again.IsZero(), v.again.IsZero() && !v.absent && a.trust != trustNever:
			t.Fatalf("neither an end nor a next look-up: %+v gives %+v", a, v)
		case !v.again.IsZero() && !v.again.After(a.now):
			t.Fatalf("the next look-up lies in the past: %+v gives %+v", a, v)
		case !strings.Contains(v.reason, "not found"):
			t.Fatalf("the reason says nothing: %q", v.reason)
		}
	})
}

// TestAbsenceOfWhatComesLate: what the target carries out later is looked up less and less often, and lost after its time.
func TestAbsenceOfWhatComesLate(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct {
		age, again time.Duration // again 0 = lost
	}{
		"at once":                              {0, time.Minute},
		"after some minutes":                   {20 * time.Minute, 25 * time.Minute},
		"after hours once an hour":             {10 * time.Hour, 11 * time.Hour},
		"the last look is when its time is up": {47*time.Hour + 30*time.Minute, 48 * time.Hour},
		"when its time is up":                  {48 * time.Hour, 0},
		"long after":                           {99 * time.Hour, 0},
		"a clock that was set back":            {-time.Hour, -time.Hour + time.Minute},
	} {
		lost, again := lateVerdict(sent, sent.Add(row.age), time.Minute, 48*time.Hour)
		if lost != (row.again == 0) || !lost && again.Sub(sent) != row.again {
			t.Errorf("%s: lost %v, again after %v; want %v", name, lost, again.Sub(sent), row.again)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{
		-3: 2 * time.Second, 0: 2 * time.Second, 1: 2 * time.Second, 2: 4 * time.Second, 3: 8 * time.Second, 4: 16 * time.Second, 5: 32 * time.Second, 6: 64 * time.Second,
		7: 128 * time.Second, 8: 256 * time.Second, 9: 512 * time.Second, 10: 15 * time.Minute, 1 << 40: 15 * time.Minute,
	} {
		if got := backoff(failures, 0.5); got != want {
			t.Errorf("after %d failures it waits %v, want %v", failures, got, want)
		}
		if low, high := backoff(failures, 0), backoff(failures, 0.999999); low != want*8/10 || high <= want*119/100 || high > want*12/10 {
			t.Errorf("after %d failures it waits between %v and %v; ± 20 %% of %v", failures, low, high, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n, jitter := rapid.IntRange(1, 40).Draw(t, "failures"), rapid.Float64Range(0, 0.999).Draw(t, "jitter")
		if backoff(n+1, jitter) < backoff(n, jitter) {
			t.Fatalf("the pause after %d failures is shorter than before", n+1)
		}
	})
}
