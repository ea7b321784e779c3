package vault

import "os"

// keepOwner has nothing to keep: a new file has the rights of its folder.
func keepOwner(*os.File, os.FileInfo) error { return nil }

// syncFolder has nothing to do: a folder can't be synced here.
func syncFolder(string) error { return nil }
