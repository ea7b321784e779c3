package store_test

import (
	"os"
	"path/filepath"
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

func TestABackupIsWholeAndReplacesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		f.accept(orders, version("1", "a"), version("2", "b"))
		path := filepath.Join(t.TempDir(), "copy.db")
		err := f.Backup(f.ctx, path)
		if !f.IsSQLite() {
			refused(t, "of PostgreSQL", err, connector.Invalid)
			return
		}
		equal(t, "error", err, nil)
		refused(t, "over another", f.Backup(f.ctx, path), connector.Conflict)
		info, err := os.Stat(path)
		equal(t, "error", err, nil)
		equal(t, "mode", info.Mode().Perm(), os.FileMode(0o600))
		was, err := f.Entries(f.ctx, store.EntryFilter{})
		equal(t, "error", err, nil)
		f.accept(orders, version("3", "c"))
		other, err := store.Open(f.ctx, "sqlite:"+path, f.clock.Now)
		must(t, err)
		defer func() { must(t, other.Close()) }()
		is, err := other.Entries(f.ctx, store.EntryFilter{})
		equal(t, "error", err, nil)
		equal(t, "entries", len(is), len(was))
		v, err := other.VerifyEntries(f.ctx)
		equal(t, "error", err, nil)
		equal(t, "ledger", v.BrokenAt, int64(0))
		broken, err := other.BrokenStates(f.ctx)
		equal(t, "error", err, nil)
		equal(t, "broken", len(broken), 0)
	})
}
