//go:build unix

package postgres

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// Unprivileged is whom PostgreSQL runs as when we are root, which it refuses to be; nil otherwise.
func Unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("there is no user that PostgreSQL could run as")
}

// as lets a program run as that user, and apart from the signals of our terminal.
func as(c *exec.Cmd) error {
	who, err := Unprivileged()
	c.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
	return err
}

// give gives a folder to that user.
func give(dir string) error {
	who, err := Unprivileged()
	if err != nil || who == nil {
		return err
	}
	return os.Chown(dir, int(who.Uid), int(who.Gid))
}
