package store

import (
	"context"
	"database/sql"
	"sync"
)

// ahead gives IDs that are numbered ahead of the transactions that use them. Numbering inside a transaction keeps the series'
// row until it commits: of all processes one at a time could be settling, and each would wait for the disk alone. What a
// process drew and never used is a gap.
//
// It is for series of which nothing hangs on the order, and for PostgreSQL alone: SQLite has one writer anyway.
type ahead struct {
	mu     sync.Mutex
	db     *sql.DB // of one connection: a transaction that waits for IDs must not wait for a connection of its own pool
	blocks map[string]block
}

// block is what is left of the numbers that were drawn for a series.
type block struct{ next, end int64 }

// drawn is how many numbers are drawn at once.
const drawn = 1_000

// unordered says of which series nothing hangs on the order of IDs: the one who reads them finds them through something else.
func unordered(series string) bool {
	return series == "body" || series == "link" || series == "record"
}

// newAhead is nil where numbers are given inside the transaction.
func newAhead(d dialect) (*ahead, error) {
	if d.sqlite {
		return nil, nil
	}
	db, err := sql.Open("pgx", d.source)
	if err != nil {
		return nil, d.fail("open the database", err)
	}
	db.SetMaxOpenConns(1)
	return &ahead{db: db, blocks: map[string]block{}}, nil
}

// take gives n numbers that follow each other; the first of them is returned.
func (a *ahead) take(ctx context.Context, series string, n int64) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := a.blocks[series]
	if b.end-b.next < n {
		more := max(n, drawn)
		var last int64
		if err := a.db.QueryRowContext(ctx, nextNumbers, series, more).Scan(&last); err != nil {
			return 0, err
		}
		b = block{next: last - more + 1, end: last + 1}
	}
	first := b.next
	b.next += n
	a.blocks[series] = b
	return first, nil
}

func (a *ahead) close() error {
	if a == nil {
		return nil
	}
	return a.db.Close()
}
