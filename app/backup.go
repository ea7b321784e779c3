package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/people"
	"ml-connector/store"
)

// Backup copies the database to a file that is not there yet, while others work with it. The key is not in it.
func (a *App) Backup(ctx context.Context, path string, by people.Actor) error {
	if err := by.May(people.BackUp); err != nil {
		return err
	}
	if err := a.DB.Backup(ctx, path); err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		tx.Enter(connector.Entry{Actor: by.Name, Action: "database.backed_up", Subject: "database", Details: map[string]string{"file": filepath.Base(path)}})
		return nil
	})
}

// Restored says what a restore did.
type Restored struct {
	Entries  int      `json:"entries"`  // of the restored ledger
	Kept     string   `json:"kept"`     // where the database that was there is now, "" when there was none
	Disabled []string `json:"disabled"` // Flows
}

// Restore puts a backup in the place of the database, which is kept beside it. What was delivered since the backup was made is not known
// to it, so every Flow is disabled: a person looks at a dry run first. Sessions and links are ended: they may have been since. The ledger of the backup must be whole, and no engine alive.
func Restore(ctx context.Context, c Config, backup string, by people.Actor) (Restored, error) {
	if err := by.May(people.BackUp); err != nil {
		return Restored{}, err
	}
	const op = "restore the database"
	var out Restored
	path, isFile := strings.CutPrefix(c.Process.Database, "sqlite:")
	if !isFile {
		return out, connector.Errorf(connector.Invalid, op, "it is a PostgreSQL database").Advise("Use its own means: pg_restore, or a base backup.")
	}
	unlock, err := engine.Lock(c.Process.Database)
	if errors.Is(err, engine.ErrAlive) {
		return out, connector.Errorf(connector.Conflict, op, "an engine is running on this database").Advise("Stop `ml-connector serve` first.")
	}
	if err != nil {
		return out, err
	}
	defer unlock()
	coming := path + ".restoring"
	if err := copyFile(backup, coming); err != nil {
		return out, connector.Errorf(connector.Invalid, op, "%s can't be copied to the place of the database", backup).Because(err)
	}
	defer func() { _ = removeDatabase(coming) }()
	c.Process.Database = "sqlite:" + coming
	if out, err = prove(ctx, c, backup, by.Name); err != nil {
		return out, err
	}
	if left, err := os.Stat(coming + "-wal"); err == nil && left.Size() > 0 { // closing puts all of it into the file
		return out, connector.Errorf(connector.Unavailable, op, "the backup is in use by somebody").Advise("Nothing was changed. Try again.")
	}
	if out.Kept, err = setAside(path); err != nil {
		return out, connector.Errorf(connector.Unavailable, op, "the present database can't be set aside").Because(err).Advise("Nothing was changed.")
	}
	if err := os.Rename(coming, path); err != nil {
		return out, connector.Errorf(connector.Unavailable, op, "the backup can't be put in place").Because(err).Advise("The database that was there is now %s.", out.Kept)
	}
	return out, nil
}

// prove opens a copy of the backup, brings its tables up to date, and disables its Flows.
func prove(ctx context.Context, c Config, backup, actor string) (out Restored, err error) {
	a, err := Open(ctx, c)
	if err != nil {
		return out, err
	}
	defer func() {
		if closed := a.Close(); err == nil {
			err = closed
		}
	}()
	v, err := a.VerifyLedger(ctx, "")
	if err != nil {
		return out, err
	}
	if !v.OK {
		return out, connector.Errorf(connector.Conflict, "restore the database", "the ledger of %s is broken at entry %d: %s", backup, *v.BrokenAt, v.Reason).Advise("Take another backup.")
	}
	out.Entries, out.Disabled = int(v.Entries), []string{}
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return out, err
	}
	err = a.DB.Tx(ctx, func(tx *store.Tx) error {
		tx.Enter(connector.Entry{Actor: actor, Action: "database.restored", Subject: "database", Details: map[string]string{"file": filepath.Base(backup)}})
		if err := tx.EndAllSessions(); err != nil { // some may have been ended since
			return err
		}
		for _, f := range flows {
			if !f.Enabled {
				continue
			}
			if err := tx.EnableFlow(f.Name, false, actor); err != nil {
				return err
			}
			out.Disabled = append(out.Disabled, f.Name)
		}
		return nil
	})
	return out, err
}

func copyFile(from, to string) error {
	if err := removeDatabase(to); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	w, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	if err == nil {
		err = w.Sync()
	}
	return errors.Join(err, w.Close())
}

// besideDatabase are the files of a SQLite database.
func besideDatabase(path string) []string { return []string{path, path + "-wal", path + "-shm"} }

func removeDatabase(path string) error {
	for _, p := range besideDatabase(path) {
		if err := os.Remove(p); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// setAside renames the database that is there, with what belongs to it, to the first free name; "" when there is none.
func setAside(path string) (string, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return "", removeDatabase(path)
	}
	to := ""
	for n := 1; ; n++ {
		to = fmt.Sprintf("%s.before-restore-%d", path, n)
		if _, err := os.Stat(to); errors.Is(err, os.ErrNotExist) {
			break
		}
	}
	names := besideDatabase(to)
	for n, p := range besideDatabase(path) {
		if err := os.Rename(p, names[n]); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return to, nil
}
