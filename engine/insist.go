package engine

import (
	"context"

	connector "ml-connector"
)

// toldInARow is how often a call that insists lets itself be told to wait, before its Delivery waits instead.
const toldInARow = 3

// insist makes a call of a Delivery whose look-ups are behind it. Told to wait, it waits in its place and asks again: a
// Delivery that is given back has to look anew, and under a narrow limit the look-ups of a whole batch would leave no room
// for a write, ever. May is asked before each try; when it says no, nothing is called any more and made is false.
func (b *pump) insist(ctx, calling context.Context, may func() bool, f func() error) (made bool, err error) {
	for told := 1; ; told++ {
		if d := b.r.to.told(b.e.Now()); d > 0 {
			_ = b.e.Sleep(ctx, d) // may sees whether it was stopped
		}
		made, err := b.r.to.call(calling, b.e, may, f)
		if !made || connector.CodeOf(err) != connector.Throttled || told == toldInARow {
			return made, err
		}
	}
}
