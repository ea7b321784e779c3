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
	seeds := []uint64{3, 7}
	if testing.Short() {
		seeds = seeds[:1]
	}
	for _, seed := range seeds {
		if a, b := run(t, seed), run(t, seed); a.Hash != b.Hash || a.Hash == "" {
			t.Errorf("seed %d gave the stories %s and %s", seed, a.Hash, b.Hash)
		}
	}
}

func TestAKilledProcessHasNoEffectAnyMoreAndAnotherGoesOn(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed < 20; seed++ {
		r := run(t, seed)
		if r.Counts["kills"] == 0 {
			continue
		}
		if r.Counts["starts"] <= r.Counts["kills"] || r.Counts["at rest: delivered"] == 0 {
			t.Errorf("seed %d: %d kills, %d starts, %d delivered", seed, r.Counts["kills"], r.Counts["starts"], r.Counts["at rest: delivered"])
		}
		return
	}
	t.Error("no seed kills")
}
