package app

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// ownerless says that this system's files have no owner's mode.
const ownerless = true

// freeBytes is the room that is left for us where a file is.
func freeBytes(path string) (free uint64, err error) {
	dir, err := windows.UTF16PtrFromString(filepath.Dir(path))
	if err != nil {
		return 0, err
	}
	return free, windows.GetDiskFreeSpaceEx(dir, &free, nil, nil)
}
