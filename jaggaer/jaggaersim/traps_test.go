package jaggaersim

import (
	"reflect"
	"testing"
)

func TestTrapsAreThoseOfTheirSeed(t *testing.T) {
	t.Parallel()
	seen, different := map[string]bool{}, 0
	for seed := int64(2); seed < 60; seed++ {
		s := Traps(seed)
		if !reflect.DeepEqual(s, Traps(seed)) {
			t.Fatalf("seed %d draws twice differently", seed)
		}
		if !reflect.DeepEqual(s, Traps(seed+1)) {
			different++
		}
		for _, name := range s.Names() {
			seen[name] = true
		}
		if len(s.IgnoreFilter)+len(s.Forbidden)+len(s.Missing) > 0 || s.StrictMembers || s.PaymentOff || s.PageSize < 2 {
			t.Errorf("seed %d makes a site that can't be used: %+v", seed, s)
		}
	}
	if different < 50 || len(seen) < 17 {
		t.Errorf("%d differ, and %d switches are ever set: %v", different, len(seen), seen)
	}
}
