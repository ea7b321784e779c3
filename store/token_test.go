package store_test

import (
	"testing"
	"time"
)

const turn = 10 * time.Second

// hold says whether owner has the turn, and what was left to it.
func (f *fixture) hold(owner string) (string, bool) {
	f.t.Helper()
	sealed, held, err := f.HoldToken(f.ctx, "s2p", owner, turn)
	must(f.t, err)
	return sealed, held
}

func TestTokens(t *testing.T) {
	t.Run("one at a time asks, and the next one is given what it left", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			left, held := f.hold("one")
			equal(t, "first", left+" "+word(held), " true")
			_, held = f.hold("two")
			equal(t, "second, meanwhile", held, false)
			f.clock.add(-200 * time.Millisecond)
			_, held = f.hold("two")
			equal(t, "second, whose clock is a little slower", held, false)
			f.clock.add(200 * time.Millisecond)
			_, held = f.hold("one")
			equal(t, "the first once more, as a beat", held, true)
			must(t, f.LeaveToken(f.ctx, "s2p", "one", "sealed"))
			left, held = f.hold("two")
			equal(t, "second, afterwards", left+" "+word(held), "sealed true")
			_, held, err := f.HoldToken(f.ctx, "erp", "one", turn)
			must(t, err)
			equal(t, "another Connection", held, true)
		})
	})
	t.Run("the turn of one that is gone ends, and what it leaves then is not kept", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.hold("one")
			f.clock.add(turn - time.Microsecond)
			_, held := f.hold("two")
			equal(t, "before the end", held, false)
			f.clock.add(time.Microsecond)
			_, held = f.hold("two")
			equal(t, "at the end", held, true)
			must(t, f.LeaveToken(f.ctx, "s2p", "two", "of two"))
			must(t, f.LeaveToken(f.ctx, "s2p", "one", "of one"))
			left, _ := f.hold("three")
			equal(t, "left", left, "of two")
		})
	})
	t.Run("it goes with its Connection", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			_, _, err := f.HoldToken(f.ctx, "nobody", "one", turn)
			if err == nil {
				t.Error("a token of no Connection was kept")
			}
		})
	})
}

func word(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
