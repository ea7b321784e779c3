package engine

import (
	"context"
	"testing"
	"time"

	connector "ml-connector"
)

func TestACallThatWeBrokeOffSaysNothingOfTheConnection(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct {
		broken bool
		code   connector.Code
		rests  bool
		says   bool // an answer in doubt
	}{
		"a look-up that we broke off":          {true, connector.Unavailable, false, false},
		"a write that we broke off":            {true, connector.Ambiguous, false, false},
		"a look-up that got no answer":         {false, connector.Unavailable, true, false},
		"a write that got no answer":           {false, connector.Ambiguous, true, false},
		"an answer that leaves it in doubt":    {false, connector.Ambiguous, false, true},
		"told to wait while we were to stop":   {true, connector.Throttled, true, false},
		"a refused content while we must stop": {true, connector.Rejected, false, false},
	} {
		e := New(Config{Now: func() time.Time { return at }, Jitter: func() float64 { return 0 }, Sole: true})
		p := &peer{name: "b", slots: e.slotsOf("b", 2)}
		for range 4 {
			ctx, cancel := context.WithCancel(t.Context())
			_, err := p.call(ctx, e, nil, func() error {
				if row.broken {
					cancel()
				}
				fail := connector.Errorf(row.code, "look up", "no answer")
				fail.Answered = row.says
				if row.code == connector.Throttled {
					fail.Wait = time.Minute
				}
				return fail
			})
			cancel()
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if rests := p.rest(at) > 0; rests != row.rests {
			t.Errorf("%s: the Connection rests: %t", name, rests)
		}
	}
}
