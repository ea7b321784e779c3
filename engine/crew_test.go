package engine

import (
	"context"
	"testing"
	"time"

	"ml-connector/pace"
)

// TestACallThatWasMadeIsBusyUntilItIsTakenUp: a pump that is done when nobody is busy must not leave before it has seen what
// the last calls brought, else their Deliveries stay marked as being sent.
func TestACallThatWasMadeIsBusyUntilItIsTakenUp(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	c := &crew{pace: pace.Or(nil), size: 2, bell: newBell()}
	it := &item{}
	c.add(call{items: []*item{it}, write: true, make: func() {}})
	if err := c.bell.wait(ctx, c.pace); err != nil {
		t.Fatal(err)
	}
	if n := c.busy(); n != 1 {
		t.Errorf("%d are busy after the call and before it was taken up, expected 1", n)
	}
	if made := c.take(); len(made) != 1 || made[0].items[0] != it {
		t.Errorf("%d calls were taken up", len(made))
	}
	if n := c.busy(); n != 0 {
		t.Errorf("%d are busy in the end", n)
	}
}
