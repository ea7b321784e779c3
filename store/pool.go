package store

import (
	"context"
	"database/sql"
	"strings"
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
	known  map[string]*statement // by our text
	wanted []*statement
}

// statement is one of our texts as SQLite likes it best.
type statement struct {
	text     string    // with ? for every argument
	order    []int     // which of our arguments each ? stands for; nil: one after the other
	prepared *sql.Stmt // nil before it was prepared
}

func newPool(db *sql.DB, prepares bool) pool {
	p := pool{db: db}
	if prepares {
		p.cached = &statements{known: map[string]*statement{}}
	}
	return p
}

// statement gives the text to run, its arguments, and the prepared statement when there is one.
func (p pool) statement(query string, args []any) (string, []any, *sql.Stmt) {
	if p.cached == nil {
		return query, args, nil
	}
	p.cached.mu.Lock()
	s := p.cached.known[query]
	if s == nil {
		text, order := unnumbered(query)
		s = &statement{text: text, order: order}
		if len(p.cached.known) < most {
			p.cached.known[query] = s
			p.cached.wanted = append(p.cached.wanted, s)
		}
	}
	prepared := s.prepared
	p.cached.mu.Unlock()
	if s.order == nil {
		return s.text, args, prepared
	}
	ordered := make([]any, len(s.order))
	for i, n := range s.order {
		ordered[i] = args[n]
	}
	return s.text, ordered, prepared
}

// unnumbered turns $1, $2 … into ? and says which argument each stands for, nil when they stand in order. SQLite looks up
// numbered parameters by their names, one after the other, which costs more than many a statement. Our texts have no $
// inside quotes.
func unnumbered(query string) (string, []int) {
	var b strings.Builder
	var order []int
	straight := true
	for i := 0; i < len(query); i++ {
		if query[i] != '$' {
			b.WriteByte(query[i])
			continue
		}
		n := 0
		for i+1 < len(query) && query[i+1] >= '0' && query[i+1] <= '9' {
			i++
			n = n*10 + int(query[i]-'0')
		}
		straight = straight && n == len(order)+1
		order = append(order, n-1)
		b.WriteByte('?')
	}
	if straight {
		order = nil
	}
	return b.String(), order
}

// prepare prepares what was asked for. It must not be called inside a transaction. What can't be prepared stays unprepared.
func (p pool) prepare(ctx context.Context) {
	if p.cached == nil {
		return
	}
	p.cached.mu.Lock()
	wanted := p.cached.wanted
	p.cached.wanted = nil
	p.cached.mu.Unlock()
	for _, s := range wanted {
		prepared, err := p.db.PrepareContext(ctx, s.text)
		if err != nil {
			continue
		}
		p.cached.mu.Lock()
		s.prepared = prepared
		p.cached.mu.Unlock()
	}
}

func (p pool) close() error {
	if p.cached != nil {
		p.cached.mu.Lock()
		defer p.cached.mu.Unlock()
		for _, s := range p.cached.known {
			if s.prepared != nil {
				_ = s.prepared.Close()
				s.prepared = nil
			}
		}
	}
	return p.db.Close()
}
