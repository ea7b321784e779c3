package store

import (
	"context"
	"errors"
	"io/fs"
	"os"

	connector "ml-connector"
)

// Backup writes a whole and consistent copy of a SQLite database to a file that is not there yet, while others work with it.
func (db *DB) Backup(ctx context.Context, path string) error {
	const op = "back up the database"
	if !db.dialect.sqlite {
		return connector.Errorf(connector.Invalid, op, "it is a PostgreSQL database").Advise("Use its own means: pg_dump -Fc, or a base backup with its write-ahead log.")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return connector.Errorf(connector.Conflict, op, "%s exists already", path).Advise("Name another file: a backup replaces nothing.")
	case err != nil:
		return connector.Errorf(connector.Invalid, op, "%s can't be made", path).Because(err)
	}
	if err := f.Close(); err != nil {
		return connector.Errorf(connector.Unavailable, op, "%s can't be written", path).Because(err)
	}
	if _, err := db.write.db.ExecContext(ctx, "VACUUM INTO $1", path); err != nil { // into an empty file, whose mode stays
		_ = os.Remove(path)
		return db.dialect.fail(op, err)
	}
	return nil
}
