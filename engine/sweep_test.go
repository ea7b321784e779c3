package engine

import (
	"testing"
	"time"
)

func TestTheNextSweepComesWhenSomethingIsDue(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct{ took, due, want time.Duration }{
		"when it is due":                          {time.Millisecond, 300 * time.Millisecond, 299 * time.Millisecond},
		"after a second, for what others left":    {time.Millisecond, time.Hour, time.Second},
		"at once, but not without end":            {0, 0, time.Millisecond},
		"due meanwhile":                           {time.Millisecond, 0, 5 * time.Millisecond},
		"less often when a sweep takes its time":  {25 * time.Millisecond, 30 * time.Millisecond, 125 * time.Millisecond},
		"each second, however long a sweep takes": {time.Minute, 0, time.Second},
	} {
		if got := nextSweep(at, at.Add(row.took), at.Add(row.due)); got != row.want {
			t.Errorf("%s: %s, expected %s", name, got, row.want)
		}
	}
}
