package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// oldest is the first version of PostgreSQL that we support.
const oldest = 15

// ErrMissing says that PostgreSQL's programs are not installed here, or too old.
var ErrMissing = fmt.Errorf("no PostgreSQL %d or later here; ./do setup installs it", oldest)

// programs is the folder of PostgreSQL's programs: the newest version that is installed, or the one on the PATH.
func programs(ctx context.Context) (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, func(a, b string) int { return installed(b) - installed(a) })
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	for _, path := range found {
		if out, err := exec.CommandContext(ctx, path, "--version").Output(); err == nil && version(string(out)) >= oldest {
			return filepath.Dir(path), nil
		}
	}
	return "", ErrMissing
}

// installed is the version that a path names; one that names none comes last.
func installed(path string) int { return version(filepath.Dir(filepath.Dir(path))) }

// version is the first number in a text.
func version(text string) int {
	digits := strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(digits[0]) // what is too long for a number is no version
	return n
}

// given are the ports that FreePort has given out in this process.
var given sync.Map

// FreePort is a port that nobody listens on, below those that the kernel hands out by itself, and never the same one twice: it
// stays free while who listened on it is away.
func FreePort(ctx context.Context) (int, error) {
	var failed error
	for range 100 {
		port := 15000 + rand.IntN(15000)
		if _, twice := given.LoadOrStore(port, true); twice {
			continue
		}
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
		failed = err
	}
	return 0, errors.Join(errors.New("no free port"), failed)
}
