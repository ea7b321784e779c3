package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	connector "ml-connector"
)

// ErrAlive says that another engine runs on the same SQLite file.
var ErrAlive = errors.New("an engine is running on this database")

// Lock makes this process the one engine of a SQLite file, by a lock on a file beside it; the returned function ends it.
// On other databases, which several processes share, it does nothing. A lock held elsewhere gives ErrAlive.
func Lock(url string) (unlock func(), err error) {
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		return func() {}, nil
	}
	path, _, _ = strings.Cut(path, "?")
	f, err := os.OpenFile(filepath.Clean(path)+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, connector.Errorf(connector.Misconfigured, "lock the database", "its lock file cannot be made").Because(err).Advise("Give the folder of the database write permission.")
	}
	if err := lockFile(f); err != nil {
		_ = f.Close()
		return nil, ErrAlive
	}
	return func() { _ = f.Close() }, nil
}
