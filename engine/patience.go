package engine

import (
	"context"
	"time"
)

// Patience is how long a write that is on its way may go on after the engine was told to stop: an answer that is waited
// for is worth more than a doubt.
const Patience = 8 * time.Second

// patient gives a context for writes: it ends when the returned function is called, or Patience after its parent.
func patient(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	unhook := context.AfterFunc(parent, func() {
		t := time.AfterFunc(Patience, cancel)
		context.AfterFunc(ctx, func() { t.Stop() })
	})
	return ctx, func() { unhook(); cancel() }
}
