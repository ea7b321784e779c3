package config

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/mapping"
)

// pathSettings are settings that hold a path (SURFACE.md): relative to the file, absolute in the database.
var pathSettings = []string{"tls_ca", "tls_cert"}

func (f *File) connections(n node, known Known) {
	for _, e := range n.entries() {
		e.value.goodName(e.key)
		f.Connections = append(f.Connections, f.connection(e.key, e.value, known))
	}
}

func (f *File) connection(name string, n node, known Known) Connection {
	c := Connection{Name: name}
	entries := n.entries("system", "settings", "secrets")
	if system := find(entries, "system"); system == nil {
		n.fail("needs `system`: one of %s", strings.Join(systemNames(known.Systems), ", "))
	} else {
		c.System = findSystem(system.value, known.Systems)
	}
	if c.System == nil {
		return c
	}
	settings := node{path: n.path + ".settings", line: n.line, found: n.found}
	if e := find(entries, "settings"); e != nil {
		settings = e.value
		f.settings(&c, settings)
	} else {
		c.Settings = connector.Settings{}
	}
	c.required(settings)
	c.validate(settings)
	secrets := node{path: n.path + ".secrets", line: n.line, found: n.found}
	if e := find(entries, "secrets"); e != nil {
		secrets = e.value
	}
	f.secrets(&c, secrets, known)
	if known.Secrets && !n.found.has(n.path) {
		c.open(secrets)
	}
	return c
}

// open opens the Connection without a network, so that what the System finds missing is told now and not at the first Run.
func (c *Connection) open(n node) {
	instance, err := c.System.Open(connector.Opening{Connection: c.Name, Settings: c.InForce.Settings, Secrets: c.values(), Caller: Nobody{}, Now: time.Now})
	if err != nil {
		n.fail("don't fit the settings: %s", connector.AsError(err).Message)
		return
	}
	c.instance = instance
}

// Nobody is the Caller of a Connection that must not call.
type Nobody struct{}

// Call refuses.
func (Nobody) Call(context.Context, connector.Request) (*connector.Response, error) {
	return nil, connector.Errorf(connector.Forbidden, "call", "nothing is called while a file is read")
}

func systemNames(systems []connector.System) []string {
	var out []string
	for _, s := range systems {
		out = append(out, s.Name())
	}
	slices.Sort(out)
	return out
}

func findSystem(n node, systems []connector.System) connector.System {
	name, _ := n.scalar()
	for _, s := range systems {
		if s.Name() == name {
			return s
		}
	}
	names := systemNames(systems)
	n.fail("is %q, which is not known%s (known: %s)", name, mapping.DidYouMean(name, names), strings.Join(names, ", "))
	return nil
}

// settings reads each setting in the form that the System says it has.
func (f *File) settings(c *Connection, n node) {
	known := append(c.System.Describe().Settings, connector.CommonSettings()...)
	var names []string
	for _, s := range known {
		names = append(names, s.Name)
	}
	c.Settings = connector.Settings{}
	for _, e := range n.entries(names...) {
		s := known[slices.Index(names, e.key)]
		v, ok := e.value.setting(s)
		if !ok {
			continue
		}
		if text, isText := v.(string); isText && text != "" && slices.Contains(pathSettings, s.Name) {
			v = inFolder(text, f.Dir)
			if _, err := os.Stat(v.(string)); err != nil {
				e.value.fail("names %s, which can't be read", text)
			}
		}
		c.Settings[s.Name] = v
	}
}

// required tells the settings that must be there and are not.
func (c *Connection) required(n node) {
	for _, s := range c.System.Describe().Settings {
		key := n.path + "." + s.Name
		if v, has := c.Settings[s.Name]; !s.Required || has && v != "" || n.found.has(key) {
			continue
		}
		example := ""
		if s.Example != "" {
			example = ", such as " + s.Example
		}
		n.found.add(n.line, key, "is missing: %s%s", s.Help, example)
	}
}

// validate asks the System, and tells its problems at the lines of their keys. What is wrong in form already is not told
// twice.
func (c *Connection) validate(n node) {
	c.InForce = c.System.Validate(maps.Clone(c.Settings))
	lines := map[string]int{}
	n.lines(lines, "", 0)
	for _, p := range c.InForce.Problems {
		key := n.path + "." + p.Path
		if n.found.has(key) {
			continue
		}
		n.found.add(nearest(lines, p.Path, n.line), key, "%s", p.Message)
	}
}

// nearest is the line of a key, or of the closest one above it.
func nearest(lines map[string]int, path string, otherwise int) int {
	for {
		if line, ok := lines[path]; ok {
			return line
		}
		at := strings.LastIndexAny(path, ".[")
		if at < 0 {
			return otherwise
		}
		path = path[:at]
	}
}

func (f *File) secrets(c *Connection, n node, known Known) {
	described := c.System.Describe().Secrets
	var names []string
	for _, s := range described {
		names = append(names, s.Name)
	}
	entries := n.entries(names...)
	for _, e := range entries {
		ref := e.value.reference("a secret")
		if ref == "" {
			continue
		}
		s := Secret{Name: e.key}
		if known.Secrets {
			s.Value = f.secret(e.value, ref, known)
		}
		c.Secrets = append(c.Secrets, s)
	}
	for _, s := range described {
		if s.Required && find(entries, s.Name) == nil && !n.found.has(n.path+"."+s.Name) {
			n.found.add(n.line, n.path+"."+s.Name, "is missing: %s; give env:NAME or file:PATH", s.Help)
		}
	}
}

// secret reads the value behind a reference.
func (f *File) secret(n node, ref string, known Known) Hidden {
	value, problem := resolve(ref, f.Dir, known)
	if problem != "" {
		n.fail("%s", problem)
	}
	return value
}

// resolve reads the value behind env:NAME or file:PATH, or says what is wrong with it.
func resolve(ref, dir string, known Known) (value Hidden, problem string) {
	scheme, name, _ := strings.Cut(ref, ":")
	if scheme == "env" {
		text, ok := known.Lookup(name)
		if !ok || text == "" {
			return "", "comes from the variable " + name + ", which is not set; export it and try again"
		}
		return Hidden(text), ""
	}
	text, err := os.ReadFile(inFolder(name, dir))
	value = Hidden(strings.TrimRight(string(text), "\r\n"))
	switch {
	case err != nil:
		return "", "comes from the file " + name + ", which can't be read"
	case value == "":
		return "", "comes from the file " + name + ", which is empty"
	}
	return value, ""
}

// ReadSecret reads a secret of the process's own: env:NAME or file:PATH. what is the key that names it.
func ReadSecret(what, ref, dir string, known Known) (Hidden, error) {
	value, problem := resolve(ref, dir, known)
	if problem != "" {
		return "", connector.Errorf(connector.Misconfigured, "read a secret", "`%s` %s", what, problem)
	}
	return value, nil
}

// ReadSecrets reads secrets that are given outside a file: env:NAME or file:PATH by the secret's name.
func ReadSecrets(system connector.System, refs map[string]string, dir string, known Known) ([]Secret, error) {
	const op = "read secrets"
	var names []string
	for _, s := range system.Describe().Secrets {
		names = append(names, s.Name)
	}
	var out []Secret
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		if !slices.Contains(names, name) {
			return nil, connector.Errorf(connector.Invalid, op, "a %s Connection has no secret %q%s", system.Name(), name, mapping.DidYouMean(name, names)).
				Advise("It has %s.", strings.Join(names, ", "))
		}
		if !isReference(refs[name]) {
			return nil, connector.Errorf(connector.Invalid, op, "%s must be given as env:NAME or file:PATH, never by itself", name).
				Advise("What stands on a command line can be seen by others: export a variable, and name it.")
		}
		value, problem := resolve(refs[name], dir, known)
		if problem != "" {
			return nil, connector.Errorf(connector.Invalid, op, "%s %s", name, problem)
		}
		out = append(out, Secret{Name: name, Value: value})
	}
	return out, nil
}

func (c Connection) values() map[string]string {
	out := make(map[string]string, len(c.Secrets))
	for _, s := range c.Secrets {
		out[s.Name] = string(s.Value)
	}
	return out
}
