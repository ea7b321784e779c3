//go:build unix

package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cluster is one PostgreSQL server of our own, with its own files, that waits for the disk as a customer's does.
type cluster struct {
	bin  string
	dir  string
	port int
	as   *syscall.Credential // PostgreSQL refuses to run as root
	run  *process
}

// oldest is the first version of PostgreSQL that we support.
const oldest = 15

// postgresBin is the folder of PostgreSQL's programs, the newest that is new enough; "" when there is none.
func postgresBin() string {
	type found struct {
		dir     string
		version int
	}
	var all []found
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is good
	if path, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, d := range dirs {
		out, err := exec.Command(filepath.Join(d, "postgres"), "--version").Output()
		if err != nil {
			continue
		}
		words := strings.Fields(string(out))
		version, _ := strconv.Atoi(strings.FieldsFunc(words[min(2, len(words)-1)], func(r rune) bool { return r < '0' || r > '9' })[0])
		if version >= oldest {
			all = append(all, found{d, version})
		}
	}
	if len(all) == 0 {
		return ""
	}
	return slices.MaxFunc(all, func(x, y found) int { return cmp.Compare(x.version, y.version) }).dir
}

// unprivileged is whom PostgreSQL runs as when we are root; nil otherwise.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("there is no user that PostgreSQL could run as")
}

// newTemplate makes the files of a server, from which each row gets a copy.
func newTemplate(dir string) (*cluster, error) {
	c := &cluster{bin: postgresBin(), dir: dir}
	if c.bin == "" {
		return nil, fmt.Errorf("PostgreSQL %d or later is not installed; ./do setup installs it, -databases sqlite does without", oldest)
	}
	var err error
	if c.as, err = unprivileged(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if c.as != nil {
		if err := os.Chown(dir, int(c.as.Uid), int(c.as.Gid)); err != nil {
			return nil, err
		}
	}
	init := exec.Command(filepath.Join(c.bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
	init.Dir, init.SysProcAttr = dir, &syscall.SysProcAttr{Credential: c.as}
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make a PostgreSQL: %w\n%s", err, out)
	}
	return c, nil
}

// copyTo is another server with a copy of the files, in a folder that is there, started.
func (c *cluster) copyTo(ctx context.Context, dir string) (*cluster, error) {
	if out, err := exec.Command("cp", "-a", filepath.Join(c.dir, "data"), filepath.Join(dir, "data")).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copy a PostgreSQL: %w: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close() // it is free again
	d := &cluster{bin: c.bin, dir: dir, as: c.as, port: port}
	if d.as != nil {
		if err := os.Chown(dir, int(d.as.Uid), int(d.as.Gid)); err != nil {
			return nil, err
		}
	}
	return d, d.start(ctx)
}

// start starts the server and waits until it answers.
func (c *cluster) start(ctx context.Context) error {
	_ = os.Remove(filepath.Join(c.dir, "data", "postmaster.pid")) // of one that was killed
	var err error
	c.run, err = begin(c.dir, "postgres", nil, c.as, filepath.Join(c.bin, "postgres"), "-D", filepath.Join(c.dir, "data"), "-h", "127.0.0.1", "-p", strconv.Itoa(c.port), "-k", c.dir,
		"-c", "max_connections=120", "-c", "timezone=Pacific/Auckland", "-c", "shared_buffers=32MB")
	if err != nil {
		return err
	}
	for end := time.Now().Add(30 * time.Second); ; pause(ctx, 50*time.Millisecond) {
		if _, err = c.sql(ctx, "SELECT 1"); err == nil {
			return nil
		}
		if c.run.ended() || time.Now().After(end) || ctx.Err() != nil {
			return fmt.Errorf("PostgreSQL did not start:\n%s", tail(c.run.said(), 10))
		}
	}
}

// crash ends the server at once, without a word to anybody.
func (c *cluster) crash() {
	c.run.signal(syscall.SIGQUIT)
	if _, err := c.run.wait(10 * time.Second); err != nil {
		c.run.kill()
	}
}

// sql runs statements as its owner, in the database postgres.
func (c *cluster) sql(ctx context.Context, statements ...string) (string, error) {
	args := []string{"-h", "127.0.0.1", "-p", strconv.Itoa(c.port), "-U", "postgres", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-qAt"}
	for _, s := range statements {
		args = append(args, "-c", s)
	}
	out, talk, status, err := command(ctx, c.dir, []string{"PGCONNECT_TIMEOUT=10"}, filepath.Join(c.bin, "psql"), args...)
	if err == nil && status != 0 {
		err = fmt.Errorf("psql: %s", talk)
	}
	return strings.TrimSpace(out), err
}

func (c *cluster) url() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/connector?sslmode=disable", c.port)
}
