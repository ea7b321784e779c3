package store

import (
	"context"
	"database/sql"
	"time"

	connector "ml-connector"
)

// Tx is one write transaction. It ends with the function that it was given to.
type Tx struct {
	db      *DB
	ctx     context.Context // of the transaction; database/sql ties them together as well
	tx      *sql.Tx
	now     time.Time
	entries []connector.Entry
	wake    map[FlowPartition]bool
	kept    map[string]int64 // contents, by purpose and hash
	written int64            // rows that it added
	spread  map[string]int   // number of partitions, by Flow
}

// FlowPartition names one partition of one Flow.
type FlowPartition struct {
	Flow      string
	Partition int
}

// tries is how often a transaction that met another one is done again.
const tries = 8

// Tx runs fn in one write transaction and commits it, with its Entries, if fn gives no error. When the database says that
// it met another transaction, fn is called again: it must not rely on what an earlier call left behind.
func (db *DB) Tx(ctx context.Context, fn func(*Tx) error) error {
	for try := 1; ; try++ {
		err := db.once(ctx, fn)
		if err == nil {
			return nil
		}
		if try == tries || !db.dialect.raced(err) || ctx.Err() != nil {
			return err
		}
	}
}

func (db *DB) once(ctx context.Context, fn func(*Tx) error) error {
	const op = "write to the database"
	if err := ctx.Err(); err != nil {
		return unavailable(op, "it was broken off before it began", err)
	}
	if !db.dialect.interruptible() {
		ctx = context.WithoutCancel(ctx)
	}
	if err := db.moment(BeforeBegin); err != nil {
		return err
	}
	begun, err := db.write.db.BeginTx(ctx, nil)
	if err != nil {
		return db.dialect.fail(op, err)
	}
	tx := &Tx{db: db, ctx: ctx, tx: begun, now: micro(db.Now())}
	if err := tx.finish(fn); err != nil {
		// A rollback that fails has nothing to add: the connection is gone, and the transaction with it.
		_ = begun.Rollback()
		return err
	}
	db.recent.add(tx.kept, tx.now)
	db.learn(ctx, tx.written)
	db.write.prepare(ctx)
	return db.moment(AfterCommit)
}

func (tx *Tx) finish(fn func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			_ = tx.tx.Rollback()
			panic(p)
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.seal(); err != nil {
		return err
	}
	if err := tx.db.moment(BeforeCommit); err != nil {
		return err
	}
	if err := tx.tx.Commit(); err != nil {
		return tx.db.dialect.fail("commit", err)
	}
	return nil
}

// SQL is the transaction itself, for the job engine that shares the database.
func (tx *Tx) SQL() *sql.Tx { return tx.tx }

// Now is the time of the transaction.
func (tx *Tx) Now() time.Time { return tx.now }

// happenedAt says when what the transaction stores happened, which is over: a later time is that of a clock that was set
// back since, and what waits for it would stand still until it comes once more.
func (tx *Tx) happenedAt(at time.Time) {
	if at = micro(at); at.Before(tx.now) {
		tx.now = at
	}
}

// Wake lists the partitions in which the transaction made Deliveries wait, so far.
func (tx *Tx) Wake() []FlowPartition { return sortedPartitions(tx.wake) }

func (tx *Tx) wakeUp(flow string, partition int) {
	if tx.wake == nil {
		tx.wake = map[FlowPartition]bool{}
	}
	tx.wake[FlowPartition{flow, partition}] = true
}

// exec runs a statement and says how many rows it changed.
func (tx *Tx) exec(op, query string, args ...any) (int64, error) {
	var res sql.Result
	var err error
	text, args, prepared := tx.db.write.statement(query, args)
	if prepared != nil {
		res, err = tx.tx.StmtContext(tx.ctx, prepared).ExecContext(tx.ctx, args...)
	} else {
		res, err = tx.tx.ExecContext(tx.ctx, text, args...)
	}
	if err != nil {
		return 0, tx.db.dialect.fail(op, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, tx.db.dialect.fail(op, err)
	}
	return n, nil
}

func (tx *Tx) rows(query string, args []any) (*sql.Rows, error) {
	text, args, prepared := tx.db.write.statement(query, args)
	if prepared != nil {
		return tx.tx.StmtContext(tx.ctx, prepared).QueryContext(tx.ctx, args...)
	}
	return tx.tx.QueryContext(tx.ctx, text, args...)
}

func (tx *Tx) fail(op string, err error) error { return tx.db.dialect.fail(op, err) }

// view reads what is committed.
type view struct {
	db  *DB
	ctx context.Context
}

func (db *DB) view(ctx context.Context) view { return view{db, ctx} }

func (v view) rows(query string, args []any) (*sql.Rows, error) {
	text, args, prepared := v.db.read.statement(query, args)
	if prepared != nil {
		return prepared.QueryContext(v.ctx, args...)
	}
	v.db.read.prepare(context.WithoutCancel(v.ctx))
	return v.db.read.db.QueryContext(v.ctx, text, args...)
}

func (v view) fail(op string, err error) error { return v.db.dialect.fail(op, err) }

// reader is a transaction or a view.
type reader interface {
	rows(query string, args []any) (*sql.Rows, error)
	fail(op string, err error) error
}

// each calls scan for every row of a query.
func each(r reader, op, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := r.rows(query, args)
	if err != nil {
		return r.fail(op, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return r.fail(op, err)
		}
	}
	if err := rows.Err(); err != nil {
		return r.fail(op, err)
	}
	return nil
}

// one scans the first row of a query into dest, and says whether there was one.
func one(r reader, op, query string, args []any, dest ...any) (bool, error) {
	found := false
	err := each(r, op, query, args, func(rows *sql.Rows) error {
		if found {
			return nil
		}
		found = true
		return rows.Scan(dest...)
	})
	return found, err
}
