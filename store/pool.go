package store

import (
	"context"
	"database/sql"
	"sync"
)

// most is how many prepared statements a pool keeps.
const most = 600

// pool is a database/sql pool with prepared statements. A statement is prepared when it has been seen once: inside a
// transaction of the only connection nothing can be prepared for later, so it is noted and done afterwards.
type pool struct {
	db     *sql.DB
	cached *statements // nil: the driver prepares by itself
}

type statements struct {
	mu     sync.Mutex
	ready  map[string]*sql.Stmt
	wanted map[string]bool
}

func newPool(db *sql.DB, prepares bool) pool {
	p := pool{db: db}
	if prepares {
		p.cached = &statements{ready: map[string]*sql.Stmt{}, wanted: map[string]bool{}}
	}
	return p
}

// statement gives the prepared statement of a text, or nil and remembers to prepare it.
func (p pool) statement(query string) *sql.Stmt {
	if p.cached == nil {
		return nil
	}
	p.cached.mu.Lock()
	defer p.cached.mu.Unlock()
	if s := p.cached.ready[query]; s != nil {
		return s
	}
	if len(p.cached.ready)+len(p.cached.wanted) < most {
		p.cached.wanted[query] = true
	}
	return nil
}

// prepare prepares what was asked for. It must not be called inside a transaction. What can't be prepared stays unprepared.
func (p pool) prepare(ctx context.Context) {
	if p.cached == nil {
		return
	}
	p.cached.mu.Lock()
	wanted := p.cached.wanted
	p.cached.wanted = map[string]bool{}
	p.cached.mu.Unlock()
	for query := range wanted {
		s, err := p.db.PrepareContext(ctx, query)
		if err != nil {
			continue
		}
		p.cached.mu.Lock()
		if p.cached.ready[query] != nil {
			_ = s.Close()
		} else {
			p.cached.ready[query] = s
		}
		p.cached.mu.Unlock()
	}
}

func (p pool) close() error {
	if p.cached != nil {
		p.cached.mu.Lock()
		defer p.cached.mu.Unlock()
		for _, s := range p.cached.ready {
			_ = s.Close()
		}
		p.cached.ready = map[string]*sql.Stmt{}
	}
	return p.db.Close()
}
