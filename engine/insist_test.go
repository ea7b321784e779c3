package engine_test

import (
	"testing"

	connector "ml-connector"
)

// A target that breaks every write after it has taken the request, and answers every look-up, is written to ever more
// seldom: it is not well because it can be looked at.
func TestATargetThatBreaksEveryWriteIsNotPressed_I26(t *testing.T) {
	t.Parallel()
	for _, class := range []connector.Class{connector.ClassUpsert, connector.ClassNatural} {
		w := newWorld(t, class)
		writes := 0
		w.to.onWrite = func(connector.Write) (error, bool) {
			if writes++; writes > 40 {
				return nil, false
			}
			return connector.Errorf(connector.Ambiguous, "write", "the connection was reset"), true
		}
		w.from.put("1", order("P1", "10", "open"))
		w.sync()
		if writes < 3 || writes > 12 {
			t.Errorf("class %s: %d writes within five minutes, expected 3 to 12", class, writes)
		}
	}
}
