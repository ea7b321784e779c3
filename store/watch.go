package store

import (
	"path"
	"runtime"
	"strings"
)

// Moment is where a write transaction stands.
type Moment string

// The Moments of a write transaction. An error before it commits rolls it back; one after that finds it committed, as when
// the answer of the database is lost.
const (
	BeforeBegin  Moment = "before begin"
	BeforeCommit Moment = "before commit"
	AfterCommit  Moment = "after commit"
)

// Watch lets f see every Moment of every write transaction, with the name of the function that it belongs to, and break it
// off there with an error. It is how a simulation stops a process at a commit; it must be called before anything else.
func (db *DB) Watch(f func(op string, at Moment) error) { db.watch = f }

// moment asks the one who watches.
func (db *DB) moment(at Moment) error {
	if db.watch == nil {
		return nil
	}
	return db.watch(caller(), at)
}

// caller names the function that a transaction belongs to: "store.Settle", "engine.beginRun".
func caller() string {
	var pcs [24]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if !strings.HasSuffix(f.File, "/store/tx.go") {
			name := path.Base(f.Function) // store.(*DB).Settle.func1
			if before, _, inner := strings.Cut(name, ".func"); inner {
				name = before
			}
			room, rest, _ := strings.Cut(name, ".")
			if i := strings.LastIndexByte(rest, '.'); i >= 0 {
				rest = rest[i+1:]
			}
			return room + "." + rest
		}
		if !more {
			return "store.Tx"
		}
	}
}
