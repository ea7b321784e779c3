// Package store is the only SQL: every table, and every transaction that must be whole.
//
// It keeps what is true: Records and their Versions, the Deliveries that follow from them, Links, Runs, the ledger. One SQL
// text serves SQLite and PostgreSQL; dialect.go holds every difference. What belongs together is one transaction: a page
// with its Deliveries and the cursor ([DB.Accept]), the outcomes of a batch with their Links, releases and Entries
// ([DB.Settle]).
//
// It must never decide what is to be done with a Record, never call a System, never see a secret in clear text, and never
// let a process settle that has lost its partition.
//
// It is proved by one suite that runs on SQLite always and on PostgreSQL when ML_CONNECTOR_TEST_POSTGRES names one, and by
// a property test that holds the run equation, the order of Versions and the ledger after random histories.
package store

import (
	"context"
	"database/sql"
	"sync/atomic"
	"time"

	connector "ml-connector"
)

// DB is one opened database. It may be used by many goroutines.
type DB struct {
	dialect  dialect
	url      string
	write    pool             // SQLite: one connection, shared with everything that writes
	read     pool             // PostgreSQL: the same as write
	own      func() time.Time // the time of this machine
	skew     time.Duration    // what Now is ahead of it; set once, by Open
	bodies   codec
	unpacked unpacked
	recent   *recent
	ahead    *ahead       // nil on SQLite
	written  atomic.Int64 // rows that this process added
	watch    func(op string, at Moment) error
}

// Open opens the database at url (sqlite:PATH or postgres://…), and brings its tables up to date. A database of a newer
// version of the program is refused as misconfigured. All times that the store itself sets come from now, as
// Now sets it right.
func Open(ctx context.Context, url string, now func() time.Time) (*DB, error) {
	d, err := dialectOf(url)
	if err != nil {
		return nil, err
	}
	write, read, err := d.open()
	if err != nil {
		return nil, err
	}
	db := &DB{dialect: d, url: url, own: now, write: newPool(write, d.prepares()), read: newPool(read, d.prepares()), bodies: newCodec(), recent: newRecent()}
	if db.ahead, err = newAhead(d); err == nil {
		err = db.migrate(ctx)
	}
	if err == nil {
		err = db.meetClock(ctx)
	}
	if err != nil {
		return nil, joinClose(err, db)
	}
	return db, nil
}

func joinClose(err error, db *DB) error {
	if cerr := db.Close(); cerr != nil {
		return connector.AsError(err).Because(cerr)
	}
	return err
}

// Close ends all connections.
func (db *DB) Close() error {
	err := db.read.close()
	if db.write.db != db.read.db {
		if werr := db.write.close(); err == nil {
			err = werr
		}
	}
	if aerr := db.ahead.close(); err == nil {
		err = aerr
	}
	db.bodies.close()
	return err
}

// SQL is the pool that writes, for the job engine that shares the database. On SQLite it has one connection: whoever holds
// a transaction of it must use nothing but that.
func (db *DB) SQL() *sql.DB { return db.write.db }

// IsSQLite tells which of the two databases it is.
func (db *DB) IsSQLite() bool { return db.dialect.sqlite }

// URL is what the database was opened with.
func (db *DB) URL() string { return db.url }

// learn lets PostgreSQL look at how the rows are spread when a young database has grown tenfold: until its own look, which
// may be a minute off, it plans for tables that are almost empty, and a first load would crawl.
func (db *DB) learn(ctx context.Context, added int64) {
	if db.dialect.sqlite || added == 0 {
		return
	}
	after := db.written.Add(added)
	for _, size := range []int64{500, 5_000, 50_000, 500_000} {
		if after-added < size && size <= after {
			// If this fails, it is only slower for a while.
			_, _ = db.write.db.ExecContext(ctx, "ANALYZE records, record_numbers, refs, versions, bodies, deliveries, links, agreements, natural_keys, waits, exchanges, entries")
		}
	}
}

// Ping asks the database for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.read.db.PingContext(ctx); err != nil {
		return db.dialect.fail("reach the database", err)
	}
	return nil
}
