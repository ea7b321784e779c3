package e2e

import (
	"fmt"
	"testing"
	"time"

	"ml-connector/cmd/site"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/sample"
)

// TestEverythingArrivesWhateverASiteIsLike syncs a company with the oddities of some seeds: what is delivered, held and filtered is
// what it is without any.
func TestEverythingArrivesWhateverASiteIsLike(t *testing.T) {
	t.Parallel()
	seeds := []int64{2, 5, 6}
	if testing.Short() {
		seeds = seeds[:1]
	}
	outcome := func(switches jaggaersim.Switches) string {
		s, err := site.Open(t.Context(), site.Options{Company: sample.New(3, sample.Small(), time.Now()), Now: time.Now, Seed: 3, Switches: switches,
			PeopleSoft: "127.0.0.1:0", Jaggaer: "127.0.0.1:0", Pace: -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		r := &rig{t: t, dir: t.TempDir(), site: s}
		if _, err := s.Write(r.dir); err != nil {
			t.Fatal(err)
		}
		r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
		text := ""
		for _, run := range r.sync().Runs {
			text += fmt.Sprintf("%s: read %d, delivered %d, unchanged %d, filtered %d, held %d, blocked %d, in doubt %d, waiting %d, %v\n", run.Flow, run.Read, run.Delivered, run.Unchanged,
				run.Filtered, run.Held, run.Blocked, run.InDoubt, run.Waiting, run.Error)
		}
		for key, n := range counts(s.Jaggaer.Effects("requisition.create")) {
			if n > 1 {
				t.Errorf("requisition %s is there %d times", key, n)
			}
		}
		return text
	}
	want := outcome(jaggaersim.Switches{})
	for _, seed := range seeds {
		traps := jaggaersim.Traps(seed)
		if got := outcome(traps); got != want {
			t.Errorf("seed %d, %v:\n%s\nwithout any\n%s", seed, traps.Names(), got, want)
		}
	}
}

func counts(keys []string) map[string]int {
	out := map[string]int{}
	for _, k := range keys {
		out[k]++
	}
	return out
}
