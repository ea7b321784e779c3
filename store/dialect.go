package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	connector "ml-connector"
)

// dialect is all in which the two databases differ.
type dialect struct {
	sqlite bool
	source string // data source name, or the path of the SQLite file
	relax  bool   // SQLite: commits are not waited for; a power cut may lose the last ones
}

func dialectOf(address string) (dialect, error) {
	switch {
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		return dialect{source: address}, nil
	case strings.HasPrefix(address, "sqlite:"):
		path, query, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(address, "sqlite:"), "//"), "?")
		if path != "" && (query == "" || query == "durable=no") {
			return dialect{sqlite: true, source: path, relax: query != ""}, nil
		}
	}
	return dialect{}, connector.Errorf(connector.Misconfigured, "open the database", "its address is neither sqlite:PATH nor postgres://…").
		Advise("Give `database: sqlite:ml-connector.db`, or the URL of a PostgreSQL database.")
}

// open makes the writing and the reading pool.
func (d dialect) open() (write, read *sql.DB, err error) {
	if !d.sqlite {
		conf, err := pgx.ParseConfig(d.source)
		if err != nil {
			return nil, nil, connector.Errorf(connector.Misconfigured, "open the database", "its URL is not one of PostgreSQL").Because(err).
				Advise("Give postgres://USER:PASSWORD@HOST:PORT/NAME.")
		}
		db := stdlib.OpenDB(*conf, stdlib.OptionAfterConnect(boundIdle))
		db.SetMaxOpenConns(24)
		db.SetMaxIdleConns(12)
		return db, db, nil
	}
	if _, err := os.Stat(filepath.Dir(d.source)); err != nil {
		return nil, nil, connector.Errorf(connector.Misconfigured, "open the database", "the folder of %s cannot be read", d.source).
			Because(err).Advise("Make the folder, or name another in `database:`.")
	}
	// Nobody else may read it; SQLite gives the files beside it the same mode. Where it can't be made, SQLite says why.
	if f, err := os.OpenFile(d.source, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); err == nil {
		_ = f.Close()
	}
	if write, err = sql.Open("sqlite", d.dsn(false)); err != nil {
		return nil, nil, d.fail("open the database", err)
	}
	write.SetMaxOpenConns(1)
	if read, err = sql.Open("sqlite", d.dsn(true)); err != nil {
		return nil, nil, d.fail("open the database", errors.Join(err, write.Close()))
	}
	read.SetMaxOpenConns(4)
	read.SetMaxIdleConns(4)
	return write, read, nil
}

// boundIdle lets PostgreSQL end a transaction in which nothing was asked for 5 s: a process that was stopped in the middle
// of one, or its machine, would keep the others from the rows that it has locked for as long as it likes.
func boundIdle(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, "SET idle_in_transaction_session_timeout = 5000")
	return err
}

func (d dialect) dsn(readOnly bool) string {
	sync := "synchronous(FULL)"
	if d.relax {
		sync = "synchronous(OFF)"
	}
	v := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", sync, "foreign_keys(1)", "temp_store(2)"}}
	if readOnly {
		v["_pragma"] = append(v["_pragma"], "cache_size(-1000)", "query_only(1)")
	} else {
		v["_pragma"] = append(v["_pragma"], "cache_size(-4000)", "wal_autocheckpoint(4000)")
		v.Set("_txlock", "immediate")
	}
	return "file:" + (&url.URL{Path: d.source}).EscapedPath() + "?" + v.Encode()
}

// prepares says whether we keep prepared statements ourselves; pgx does so for PostgreSQL.
func (d dialect) prepares() bool { return d.sqlite }

// interruptible says whether the end of a context may break off a statement. On SQLite it costs a goroutine for each, and
// there is no network to wait for.
func (d dialect) interruptible() bool { return !d.sqlite }

// lock is what a SELECT ends with that must keep others from changing the rows until the transaction ends. SQLite has one
// writer anyway.
func (d dialect) lock(of string) string {
	if d.sqlite {
		return ""
	}
	return " FOR NO KEY UPDATE OF " + of
}

// lockKey is lock that also waits for those who keep the rows.
func (d dialect) lockKey(of string) string {
	if d.sqlite {
		return ""
	}
	return " FOR UPDATE OF " + of
}

// keep is what a SELECT ends with that must keep others from locking the rows until the transaction ends; it hinders nobody
// who changes them otherwise.
func (d dialect) keep(of string) string {
	if d.sqlite {
		return ""
	}
	return " FOR KEY SHARE OF " + of
}

// gate takes a lock that belongs to no row, until the transaction ends: alone, or with others that share it. SQLite has one
// writer anyway.
func (d dialect) gate(alone bool) string {
	switch {
	case d.sqlite:
		return ""
	case alone:
		return "SELECT 1 FROM (SELECT pg_advisory_xact_lock($1)) AS gate"
	}
	return "SELECT 1 FROM (SELECT pg_advisory_xact_lock_shared($1)) AS gate"
}

// typed says whether the parameters of a list of values need a type. SQLite would turn a hash into a number.
func (d dialect) typed() bool { return !d.sqlite }

// batch is how many rows one statement writes at most.
func (d dialect) batch() int {
	if d.sqlite {
		return 32
	}
	return 128
}

func (d dialect) goose() goose.Dialect {
	if d.sqlite {
		return goose.DialectSQLite3
	}
	return goose.DialectPostgres
}

// table is the text of a schema file for this database. SQLite keeps a row under its INTEGER PRIMARY KEY, or with WITHOUT
// ROWID under any other, and needs no second tree for it.
func (d dialect) table(text string) string {
	if !d.sqlite {
		return text
	}
	return strings.NewReplacer("BIGINT NOT NULL PRIMARY KEY", "INTEGER PRIMARY KEY", ") /* clustered */", ") WITHOUT ROWID").Replace(text)
}

// raced says that the transaction met another one and is to be done again.
func (d dialect) raced(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "40001" || pg.Code == "40P01" || pg.Code == "23505"
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code()&0xff == sqlite3.SQLITE_BUSY
	}
	return false
}

// fail makes an Error of what a database said.
func (d dialect) fail(op string, err error) *connector.Error {
	if e, ok := errors.AsType[*connector.Error](err); ok {
		return e
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return d.failPostgres(op, pg, err)
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return d.failSQLite(op, lite, err)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return unavailable(op, "the database can't be reached", err)
	}
	if errors.Is(err, sql.ErrConnDone) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) {
		return unavailable(op, "the connection to the database was lost", err)
	}
	return connector.Errorf(connector.Internal, op, "the database failed").Because(err)
}

func (d dialect) failPostgres(op string, pg *pgconn.PgError, err error) *connector.Error {
	switch {
	case pg.Code == "23505":
		return connector.Errorf(connector.Conflict, op, "there is one already").Because(err)
	case pg.Code == "53100":
		return unavailable(op, "the disk of the database is full", err)
	case pg.Code == "58030":
		return unavailable(op, "the disk of the database can't be read or written", err)
	case strings.HasPrefix(pg.Code, "08"), strings.HasPrefix(pg.Code, "57P"), strings.HasPrefix(pg.Code, "53"), pg.Code == "25006", pg.Code == "25P03":
		return unavailable(op, "the database is not available", err)
	case strings.HasPrefix(pg.Code, "28"), pg.Code == "3D000", pg.Code == "42501":
		return connector.Errorf(connector.Misconfigured, op, "PostgreSQL refuses us").Because(err).
			Advise("Check name, user, password and rights in the URL of the database.")
	}
	return connector.Errorf(connector.Internal, op, "the database failed").Because(err)
}

func (d dialect) failSQLite(op string, lite *sqlite.Error, err error) *connector.Error {
	switch code := lite.Code(); {
	case code == sqlite3.SQLITE_CONSTRAINT_UNIQUE, code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return connector.Errorf(connector.Conflict, op, "there is one already").Because(err)
	case code&0xff == sqlite3.SQLITE_BUSY:
		return unavailable(op, "another process keeps the database busy", err)
	case code&0xff == sqlite3.SQLITE_FULL:
		return unavailable(op, "the disk of the database is full", err)
	case code&0xff == sqlite3.SQLITE_IOERR:
		return unavailable(op, "the disk of the database can't be read or written", err)
	case code&0xff == sqlite3.SQLITE_CANTOPEN, code&0xff == sqlite3.SQLITE_READONLY, code&0xff == sqlite3.SQLITE_NOTADB:
		return connector.Errorf(connector.Misconfigured, op, "the file %s can't be used as a database", d.source).Because(err).
			Advise("Check that it is a database of ml-connector, and that we may write it and its folder.")
	}
	return connector.Errorf(connector.Internal, op, "the database failed").Because(err)
}

func unavailable(op, message string, err error) *connector.Error {
	return connector.Errorf(connector.Unavailable, op, "%s", message).Because(err).
		Advise("Nothing is lost; it goes on when the database does.")
}
