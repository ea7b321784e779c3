package app

import (
	"testing"

	"pgregory.net/rapid"
)

// TestWorstExit is SURFACE.md's "several at once: 1 before 4, 5, 2, 3".
func TestWorstExit(t *testing.T) {
	t.Parallel()
	order := []int{1, 4, 5, 2, 3, 0}
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOf(rapid.SampledFrom(order)).Draw(t, "statuses")
		want := 0
		for _, first := range order {
			for _, s := range some {
				if s == first {
					want = first
					goto found
				}
			}
		}
	found:
		if got := WorstExit(some...); got != want {
			t.Fatalf("of %v it picked %d, not %d", some, got, want)
		}
	})
}
