package engine

import (
	"context"

	connector "ml-connector"
)

// halted says why the work is to stop although it has begun: its Flow or one of its Connections was paused, or the Flow was
// disabled or removed meanwhile; leave, that its partitions are to be made anew. What the store can't answer halts nothing.
func (b *pump) halted(ctx context.Context) (halt error, leave bool) {
	name := b.r.flow.Name
	f, err := b.e.DB.Flow(ctx, name)
	if err != nil {
		if connector.CodeOf(err) == connector.NotFound {
			return err, false
		}
		return nil, false
	}
	leave = f.Wanted != f.Partitions
	if !f.Enabled && !b.asked {
		return disabled(name), leave
	}
	if f.Paused.Code != "" {
		return pausedError("flow "+name, f.Paused, "ml-connector flow enable "+name), leave
	}
	for _, connection := range []string{f.From, f.To} {
		c, err := b.e.DB.Connection(ctx, connection)
		if err == nil && c.Paused.Code != "" {
			return pausedError("connection "+connection, c.Paused, "ml-connector connection resume "+connection), leave
		}
	}
	return nil, leave
}

func disabled(flow string) error {
	return connector.Errorf(connector.Misconfigured, "run flow "+flow, "it is disabled").Advise("Go on with `ml-connector flow enable %s`.", flow)
}

// stopped says why this pump does no more; nil while it goes on.
func (b *pump) stopped() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.paused
}
