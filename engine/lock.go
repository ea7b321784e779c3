package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"

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
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrAlive
		}
		return nil, connector.Errorf(connector.Misconfigured, "lock the database", "its lock file cannot be locked").Because(err).Advise("SQLite needs a local file system.")
	}
	return func() { _ = f.Close() }, nil
}
