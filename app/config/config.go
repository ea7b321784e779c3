// Package config reads the configuration file: the process's own settings, Connections, Flows and Crosswalks as code.
//
// Reading is strict. Unknown keys, keys given twice, values of the wrong form, Systems, Flows and Connections that don't
// exist, secrets in clear text, files and variables that are missing: every mistake of a file is found at once, and each
// one is told with file, line, key and remedy, as one Error of class invalid. The settings of a Connection are known from
// what its System says of itself ([connector.System] Describe and Validate); no vendor is known here.
//
// It must never write anything, call a System, keep a secret longer than its [Secret], or repeat a secret, or what might
// be one, in a message.
//
// It is proved by a table of broken files, one sentence each, and by reading back what it exports.
package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	connector "ml-connector"
	"ml-connector/flows"
)

// DefaultPath is the file that is read when nothing else is said, if it is there.
const DefaultPath = "ml-connector.yaml"

// Known is what a file may refer to.
type Known struct {
	Systems []connector.System
	Flows   []flows.File                     // the shipped Flows, in the order in which they run
	Lookup  func(name string) (string, bool) // of an environment variable
	Egress  func(allow []string) error       // says whether egress.allow can be read
	Secrets bool                             // read the secrets' values; without, only their form is checked
}

// Process is what the program itself takes from the file, whatever the command.
type Process struct {
	Path     string // of the file, "" when there is none
	Dir      string // that relative paths in the file start from
	Database string // URL, its path made absolute
	Listen   string
	Key      string   // env:NAME or file:PATH, relative to Dir
	Egress   []string // nil when the file has no list
	Public   Public
	OIDC     *OIDC // nil when people log in by password alone
}

// File is a whole configuration file.
type File struct {
	Process
	Connections []Connection
	Flows       []connector.Flow // in the order in which they run; only what is configured, no state
	Crosswalks  []Crosswalk
	Alerts      *Alerts // nil when the file says nothing of them
}

// Connection is one entry of `connections`.
type Connection struct {
	Name     string
	System   connector.System
	Settings connector.Settings   // as given, without defaults; paths made absolute
	InForce  connector.Validation // what the System made of them
	Secrets  []Secret

	instance connector.Instance // opened to see that it can be; it reaches nothing
}

// Secret is one entry of `secrets`. It prints as stars.
type Secret struct {
	Name  string
	Value Hidden
}

// Hidden is a text that no format shows.
type Hidden string

// String hides the text; so does every verb of fmt.
func (Hidden) String() string { return "***" }

// GoString hides the text from %#v.
func (Hidden) GoString() string { return "***" }

// MarshalText hides the text from JSON and YAML.
func (Hidden) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Defaults of the process's own settings.
const (
	defaultDatabase = "sqlite:ml-connector.db"
	defaultListen   = "127.0.0.1:8080"
	defaultKey      = "file:master.key"
)

var topKeys = []string{"database", "listen", "key", "egress", "url", "tls_cert", "tls_key", "proxies", "oidc", "connections", "flows", "crosswalks", "alerts"}

// ReadProcess reads what every command needs: database, key and egress, and how the server is reached. The rest of the file may be broken; only
// its top keys are looked at. Without path the default file is read if it is there; a path that was given must exist.
func ReadProcess(path string, known Known) (Process, error) {
	given := path != ""
	if !given {
		path = DefaultPath
	}
	p := Process{Path: path, Dir: folder(path), Listen: defaultListen, Key: defaultKey}
	text, err := os.ReadFile(path)
	switch {
	case !given && errors.Is(err, fs.ErrNotExist):
		p.Path, p.Database = "", absolute(defaultDatabase, p.Dir)
		return p, nil
	case err != nil:
		return p, unreadable(path, err)
	}
	found := &problems{file: path}
	root := readYAML(text, found)
	entries := root.entries(topKeys...)
	found.none(entries)
	p.read(entries, known)
	return p, found.err()
}

// Read reads the whole file and checks it against what is known. Nothing outside the file, its Crosswalks, mappings and
// secrets is touched.
func Read(path string, known Known) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return Parse(path, text, folder(path), known)
}

// ReadEnds reads what a Flow may join: the Connections, without secrets, and the Crosswalks. Of the rest only the keys are
// looked at.
func ReadEnds(path string, known Known) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	known.Secrets = false
	found := &problems{file: path}
	f := &File{Process: Process{Path: path, Dir: folder(path)}}
	for _, e := range readYAML(text, found).entries(topKeys...) {
		switch e.key {
		case "connections":
			f.connections(e.value, known)
		case "crosswalks":
			f.crosswalks(e.value, known)
		}
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	return f, nil
}

// Parse is Read for a text that is at hand. path is how messages call it, dir what its relative paths start from.
func Parse(path string, text []byte, dir string, known Known) (*File, error) {
	found := &problems{file: path}
	f := &File{Process: Process{Path: path, Dir: dir, Listen: defaultListen, Key: defaultKey}}
	root := readYAML(text, found)
	entries := root.entries(topKeys...)
	found.none(entries)
	f.read(entries, known)
	for _, e := range entries {
		switch e.key {
		case "connections":
			f.connections(e.value, known)
		case "crosswalks":
			f.crosswalks(e.value, known)
		case "alerts":
			f.alerts(e.value, known)
		}
	}
	if e := find(entries, "flows"); e != nil {
		f.flows(e.value, known) // last: they refer to the Connections
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	return f, nil
}

func (p *Process) read(entries []entry, known Known) {
	for _, e := range entries {
		switch e.key {
		case "database":
			p.Database = e.value.database()
		case "listen":
			p.Listen = e.value.listen()
		case "key":
			p.Key = e.value.reference("the key")
		case "url":
			p.Public.URL = e.value.publicURL()
		case "tls_cert":
			p.Public.TLSCert = inFolder(e.value.text(), p.Dir)
		case "tls_key":
			p.Public.TLSKey = inFolder(e.value.text(), p.Dir)
		case "proxies":
			p.Public.Proxies = e.value.proxies()
		case "oidc":
			p.OIDC = e.value.oidc(p.Dir)
		case "egress":
			for _, inner := range e.value.entries("allow") {
				p.Egress = inner.value.egress(known)
			}
		}
	}
	if p.Database == "" {
		p.Database = defaultDatabase
	}
	p.Database = absolute(p.Database, p.Dir)
}

func folder(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "."
	}
	return filepath.Dir(abs)
}

func unreadable(path string, err error) error {
	e := connector.Errorf(connector.Invalid, "read "+path, "the configuration file can't be read").Because(err)
	if errors.Is(err, fs.ErrNotExist) {
		return connector.Errorf(connector.Invalid, "read "+path, "there is no such file").
			Advise("Give its path with --config, or with -f for `apply`.")
	}
	return e
}

func find(entries []entry, key string) *entry {
	if i := slices.IndexFunc(entries, func(e entry) bool { return e.key == key }); i >= 0 {
		return &entries[i]
	}
	return nil
}
