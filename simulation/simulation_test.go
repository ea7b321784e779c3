package simulation_test

import (
	"testing"

	"ml-connector/simulation"
)

func run(t *testing.T, seed uint64) simulation.Result {
	t.Helper()
	r, err := simulation.Run(t.Context(), seed, simulation.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Violations {
		t.Errorf("seed %d: %s", seed, v)
	}
	return r
}

func TestTheSameSeedGivesTheSameStory(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{3, 7} {
		if a, b := run(t, seed), run(t, seed); a.Hash != b.Hash || a.Hash == "" {
			t.Errorf("seed %d gave the stories %s and %s", seed, a.Hash, b.Hash)
		}
	}
}

func TestDifferentSeedsGiveDifferentStories(t *testing.T) {
	t.Parallel()
	if a, b := run(t, 11), run(t, 12); a.Hash == b.Hash {
		t.Errorf("both gave %s", a.Hash)
	}
}
