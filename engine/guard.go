package engine

import (
	"errors"
	"fmt"
	"runtime/debug"

	connector "ml-connector"
	"ml-connector/store"
)

// errPanicked is the cause of every error that stands for a panic.
var errPanicked = errors.New("a panic, whose stack is in the log")

// caught turns a panic into an error; where it happened goes to the log alone, since its text may quote a record.
func (e *Engine) caught(op string, panicked any) *connector.Error {
	e.Log.Error("panic", "while", op, "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
	return connector.Errorf(connector.Internal, op, "a defect of ml-connector broke it off").Because(errPanicked).
		Advise("Please report it with the log around this time; then replay the Delivery.")
}

// guarded keeps a panic about one Delivery from all others: it is held when nothing of it was sent, else in doubt.
func (b *pump) guarded(it *item, op string, f func()) {
	defer func() {
		if p := recover(); p != nil {
			b.broken(it, b.e.caught(op, p))
		}
	}()
	f()
}

// broken is the outcome of a Delivery that met a defect. In doubt, it is looked up now and then.
func (b *pump) broken(it *item, err *connector.Error) {
	d := it.work.Delivery
	if it.begun || d.State == connector.InDoubt {
		it.out = &store.Outcome{State: connector.InDoubt, Err: err, DueAt: b.e.Now().Add(10 * b.settle()), Failures: d.Failures, Looks: d.Looks, LookedAt: d.LookedAt}
		return
	}
	it.write = nil
	it.out = heldOutcome(err, nil)
}
