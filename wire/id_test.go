package wire

import (
	"testing"
	"time"
)

// An index of Exchanges grows at its end only when later ones have greater IDs.
func TestIDsAreInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	seen := map[string]bool{}
	last := ""
	for range 1000 {
		one, other := newID(at), newID(at)
		if seen[one] || seen[other] || one == other {
			t.Fatalf("%s came twice", one)
		}
		if one <= last || other <= last {
			t.Fatalf("%s or %s is not after %s", one, other, last)
		}
		seen[one], seen[other] = true, true
		last = max(one, other)
		at = at.Add(time.Millisecond)
	}
}
