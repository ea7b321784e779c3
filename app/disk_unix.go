//go:build unix

package app

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ownerless says that this system's files have no owner's mode.
const ownerless = false

// freeBytes is the room that is left for us where a file is.
func freeBytes(path string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(path), &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
