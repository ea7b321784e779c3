package store

import (
	"os"

	connector "ml-connector"
)

// LockEngine makes this process the one engine of a SQLite database until release is called, by a lock on a file beside
// it that the operating system takes back when the process ends. Held by another: Error conflict. Engines on PostgreSQL
// share the work, so nothing is locked there.
func (db *DB) LockEngine() (release func() error, err error) {
	const op = "start the engine"
	if !db.dialect.sqlite {
		return func() error { return nil }, nil
	}
	path := db.dialect.source + ".engine"
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, connector.Errorf(connector.Misconfigured, op, "the file %s can't be opened", path).Because(err).
			Advise("The database and the files beside it must be writable for us.")
	}
	if err := lockFile(file); err != nil {
		_ = file.Close()
		return nil, connector.Errorf(connector.Conflict, op, "another process works on %s", db.dialect.source).Because(err).
			Advise("Let it do the work (`ml-connector sync` asks it), stop it, or use PostgreSQL, on which several processes share the work.")
	}
	return file.Close, nil
}

// EngineAlive says whether another process is the engine of a SQLite database: a command then asks it instead of working
// itself. On PostgreSQL a command may always work beside the engines, so none is in its way.
func (db *DB) EngineAlive() bool {
	release, err := db.LockEngine()
	if err != nil {
		return connector.CodeOf(err) == connector.Conflict
	}
	_ = release()
	return false
}
