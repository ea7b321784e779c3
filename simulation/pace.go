package simulation

import (
	"context"
	"time"

	connector "ml-connector"
)

// pace is the Pace of one process: its actors sleep in virtual time, and not at all once it is dead.
type pace struct{ p *process }

var _ connector.Pace = pace{}

func (c pace) Sleep(ctx context.Context, d time.Duration) error {
	if c.p.dead {
		return killed()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	c.p.sim.turns.sleep(ctx, max(d, 0))
	if c.p.dead {
		return killed()
	}
	return ctx.Err()
}

func (c pace) Go(f func()) { c.p.sim.turns.begin(c.p.name, c.p, f) }

func (c pace) Until(ctx context.Context, closed <-chan struct{}) error {
	select {
	case <-closed:
		return nil
	default:
	}
	c.p.sim.turns.await(ctx, closed)
	select {
	case <-closed:
		return nil
	default:
		return ctx.Err()
	}
}
