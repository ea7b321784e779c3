package config

import (
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// database reads a URL of a database.
func (n node) database() string {
	t := n.text()
	if t != "" && DatabaseProblem(t) != "" {
		n.fail("%s", DatabaseProblem(t))
	}
	return t
}

// DatabaseProblem says what is wrong with the URL of a database, "" when nothing is. It never quotes it: it may hold a
// password.
func DatabaseProblem(url string) string {
	path, isFile := strings.CutPrefix(url, "sqlite:")
	if isFile && path != "" || strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		return ""
	}
	return "must be sqlite:PATH or postgres://USER@HOST/NAME"
}

// absolute makes the path of a SQLite database absolute.
func absolute(url, dir string) string {
	path, isFile := strings.CutPrefix(url, "sqlite:")
	if !isFile {
		return url
	}
	return "sqlite:" + inFolder(path, dir)
}

func inFolder(path, dir string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func (n node) listen() string {
	t := n.text()
	host, port, err := net.SplitHostPort(t)
	if number, perr := strconv.ParseUint(port, 10, 16); t != "" && (err != nil || perr != nil || number > 65535 || strings.ContainsAny(host, " /")) {
		n.fail("must be ADDRESS:PORT, such as 127.0.0.1:8080")
	}
	return t
}

// reference reads env:NAME or file:PATH. What else stands there may be the secret itself, so it is never quoted.
func (n node) reference(what string) string {
	t, _ := n.scalar()
	if !isReference(t) {
		n.fail("must be env:NAME or file:PATH; %s itself does not belong in this file", what)
		return ""
	}
	return t
}

func isReference(t string) bool {
	scheme, value, _ := strings.Cut(t, ":")
	return value != "" && (scheme == "env" || scheme == "file")
}

func (n node) egress(known Known) []string {
	list := []string{}
	for _, e := range n.items() {
		t := e.text()
		if t == "" {
			continue
		}
		if known.Egress != nil && known.Egress([]string{t}) != nil {
			e.fail("must be HOST:PORT, an address, or a range such as 10.0.0.0/8")
			continue
		}
		list = append(list, t)
	}
	return list
}

// schedule reads a schedule; "off" is none where off is allowed.
func (n node) schedule(off bool) string {
	t, _ := n.scalar()
	if off && t == "off" {
		return ""
	}
	if _, err := cron.ParseStandard(t); err != nil {
		n.fail("is not a schedule: write five fields (\"*/15 * * * *\"), \"@daily\", \"@hourly\" or \"@every 10s\"")
		return ""
	}
	return t
}

// moment reads a day, which begins at midnight in the zone, or an instant.
func (n node) moment(zone *time.Location) time.Time {
	t, _ := n.scalar()
	if day, err := time.ParseInLocation(time.DateOnly, t, zone); err == nil {
		return day.UTC()
	}
	at, err := time.Parse(time.RFC3339, t)
	if err != nil {
		n.fail("must be a day such as 2026-01-01, or a time such as 2026-01-01T00:00:00Z")
	}
	return at.UTC()
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// goodName checks the name of a Connection, Flow or Crosswalk: commands write CONNECTION:KIND:ID.
func (n node) goodName(name string) {
	if !nameForm.MatchString(name) {
		n.fail("is not a name: letters, digits, '-', '_' and '.', at most 64, beginning with a letter or digit")
	}
}
