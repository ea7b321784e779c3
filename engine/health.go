package engine

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// worthTelling is the difference between two times of which other processes need not hear.
const worthTelling = 100 * time.Millisecond

// known is what the processes told each other of a Connection; nothing where there is only one.
func (e *Engine) known(ctx context.Context, connection string) (store.Health, error) {
	if e.Sole {
		return store.Health{}, nil
	}
	return e.DB.Health(ctx, connection)
}

// tell tells all processes what this one found out about a Connection.
func (e *Engine) tell(ctx context.Context, p *peer, what func(store.Health) store.Health) {
	if e.Sole {
		return
	}
	h, err := e.DB.ChangeHealth(context.WithoutCancel(ctx), p.name, what)
	if err != nil {
		e.Log.Warn("how a connection fares is not stored; other processes find out themselves", "connection", p.name, "error", err)
		return
	}
	p.learn(h)
}

// learn takes over what the other processes found out about a Connection, its pause because of a refused log-in included.
func (e *Engine) learn(connection string, s store.Sharing) {
	e.mu.Lock()
	p := e.peers[connection]
	e.mu.Unlock()
	if p == nil {
		return
	}
	p.learn(s.Health)
	if s.Paused.Code != "" && s.Paused.Code.Reaction() == connector.ReactPauseConnection {
		p.refuse(connector.AsError(pausedError("connection "+connection, s.Paused, "ml-connector connection resume "+connection)))
	}
}

// learn takes over what is new of what the processes told each other.
func (p *peer) learn(h store.Health) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h.Change <= p.shared.Change {
		return
	}
	was := p.shared
	p.shared = h
	p.asked = later(p.asked, h.AskedUntil)
	switch {
	case h.Failures > 0:
		p.failures = max(p.failures, h.Failures)
	case h.WellAt.After(was.WellAt):
		p.failures, p.lastOK = 0, later(p.lastOK, h.WellAt)
	}
	p.until = later(h.DownUntil, p.asked)
}

// refuse notes that another process was refused and stored the pause.
func (p *peer) refuse(why *connector.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused == nil {
		p.refused = why
	}
	p.stored = true
}

func (p *peer) tellWell(now time.Time) func(store.Health) store.Health {
	if p.shared.Failures == 0 && p.shared.DownUntil.IsZero() {
		return nil
	}
	return func(h store.Health) store.Health {
		if h.Failures > 0 || !h.DownUntil.IsZero() {
			h.Failures, h.DownUntil, h.WellAt = 0, time.Time{}, now.UTC().Truncate(time.Microsecond)
		}
		return h
	}
}

func (p *peer) tellAsked(until time.Time) func(store.Health) store.Health {
	if until.Sub(p.shared.AskedUntil) < worthTelling {
		return nil
	}
	return func(h store.Health) store.Health {
		if until.Sub(h.AskedUntil) >= worthTelling {
			h.AskedUntil = until
		}
		return h
	}
}

func (p *peer) tellDown(until time.Time, failures int) func(store.Health) store.Health {
	if until.Sub(p.shared.DownUntil) < worthTelling {
		return nil
	}
	return func(h store.Health) store.Health {
		if until.Sub(h.DownUntil) >= worthTelling {
			h.DownUntil = until
		}
		h.Failures = max(h.Failures, failures)
		return h
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
