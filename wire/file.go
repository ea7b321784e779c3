package wire

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"

	connector "ml-connector"
)

// fileName is a name that hides nothing and leads nowhere else.
var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)

// folder says whether a URL names a folder of this machine, and which: file:///var/spool/out.
func folder(u *url.URL) (path string, ok bool) {
	path = filepath.Clean(filepath.FromSlash(u.Path))
	return path, u.Scheme == "file" && u.Host == "" && u.User == nil && u.RawQuery == "" && filepath.IsAbs(path)
}

// file answers a call that goes into a folder instead of to a server: PUT of a file is 201, of what lies there already 200, of
// something else under that name 409; GET of the folder is 200 when it is there. A file is there whole or not at all.
func (c *Client) file(r connector.Request, u *url.URL) outcome {
	path, ok := folder(u)
	switch {
	case ok && r.Method == http.MethodGet && c.folders[path]:
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			return outcome{err: noFolder(path, err)}
		}
		return outcome{status: http.StatusOK}
	case !ok || r.Method != http.MethodPut || !c.folders[filepath.Dir(path)] || !fileName.MatchString(filepath.Base(path)):
		return outcome{err: connector.Errorf(connector.Forbidden, "", "%s is in none of the Connection's folders", path).
			Advise("Only the folders in the settings of %s are written to.", c.connection)}
	}
	if old, err := os.ReadFile(path); err == nil {
		if bytes.Equal(old, r.Body) {
			return outcome{status: http.StatusOK}
		}
		return outcome{status: http.StatusConflict}
	}
	if err := writeWhole(path, r.Body); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return outcome{status: http.StatusConflict}
		}
		return outcome{err: noFolder(filepath.Dir(path), err)}
	}
	return outcome{status: http.StatusCreated}
}

func noFolder(path string, err error) *connector.Error {
	return connector.Errorf(connector.Unavailable, "", "the folder %s can't be written to", path).Because(err).
		Advise("Make the folder, let this program's user write there, and see that the disk is not full.")
}

// writeWhole writes under a hidden name, and gives the file its own once all of it is on the disk. It never replaces a file.
func writeWhole(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close(), os.Chmod(f.Name(), 0o640)); err != nil {
		return err
	}
	err = os.Link(f.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) { // a file system without links
		err = os.Rename(f.Name(), path)
	}
	if d, opened := os.Open(filepath.Dir(path)); opened == nil {
		_ = d.Sync() // some systems can't
		_ = d.Close()
	}
	return err
}
