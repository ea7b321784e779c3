package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	connector "ml-connector"
)

// Typed is one Connection as a person types it into a form. What is blank is not given.
type Typed struct {
	Name     string
	System   connector.System
	Settings map[string]string  // a list with commas between, a tree as YAML
	Kept     connector.Settings // settings that no form shows: they stay as they are
	Stored   connector.Settings // all of them as they are now, nil for a new one
	Secrets  map[string]Hidden

	// KeptSecrets gives those that are stored for the addresses that the settings name.
	KeptSecrets func(inForce connector.Settings) (map[string]string, error)
}

// Typo is what is wrong with one field of a form: name, settings.host, secrets.password; "" = the form as a whole.
type Typo struct{ Field, Text string }

// Typos are all that is wrong with a form.
type Typos []Typo

func (t Typos) Error() string {
	var out []string
	for _, x := range t {
		out = append(out, strings.TrimSpace(x.Field+" "+x.Text))
	}
	return strings.Join(out, "\n")
}

// Err is one Error of class invalid that has the Typos as its cause; nil when there is none.
func (t Typos) Err(op string) error {
	if len(t) == 0 {
		return nil
	}
	return connector.Errorf(connector.Invalid, op, "what was typed can't be taken").Because(t).Advise("Nothing was changed. Correct what is told at its field, and send it again.")
}

// OnServer says whether a setting names a file of the machine that this program runs on: only its own configuration file may.
func OnServer(setting string) bool { return slices.Contains(pathSettings, setting) }

// ReadTyped checks a Connection that was typed as strictly as one in a file, and opens it without a network. Everything wrong
// with it is told at once.
func ReadTyped(t Typed) (Connection, error) {
	const op = "read the form"
	c := Connection{Name: t.Name, System: t.System}
	if !nameForm.MatchString(t.Name) {
		return c, Typos{{"name", "is not a name: letters, digits, '-', '_' and '.', at most 64, beginning with a letter or digit"}}.Err(op)
	}
	if typos := t.strange(); len(typos) > 0 {
		return c, typos.Err(op)
	}
	text, typos := t.yaml()
	if len(typos) > 0 {
		return c, typos.Err(op)
	}
	found := &problems{}
	root := readYAML([]byte(text), found)
	if len(found.list) > 0 {
		return c, Typos{{"settings." + treeOf(t.System), found.list[0].text}}.Err(op)
	}
	f := &File{}
	settings := node{value: root.value, path: "settings", line: 1, found: found}
	if typos = t.untyped(settings); len(typos) > 0 {
		return c, typos.Err(op)
	}
	f.settings(&c, settings)
	for name, v := range t.Kept {
		c.Settings[name] = v
	}
	c.required(settings)
	c.validate(settings)
	typos = append(typosOf(found), t.badLinks(c.Settings)...)
	values := map[string]string{}
	if t.KeptSecrets != nil {
		var err error
		if values, err = t.KeptSecrets(c.InForce.Settings); err != nil {
			return c, err
		}
	}
	for _, s := range t.System.Describe().Secrets {
		if v := t.Secrets[s.Name]; v != "" {
			values[s.Name] = string(v)
		}
		if values[s.Name] != "" {
			c.Secrets = append(c.Secrets, Secret{s.Name, Hidden(values[s.Name])})
		} else if s.Required {
			typos = append(typos, Typo{"secrets." + s.Name, "is missing: it is not stored for this address"})
		}
	}
	if len(typos) == 0 {
		c.open(node{path: "secrets", found: found})
		typos = typosOf(found)
	}
	return c, typos.Err(op)
}

func typosOf(found *problems) Typos {
	var out Typos
	for _, p := range found.list {
		field, rest := p.key, ""
		if parts := strings.SplitN(p.key, ".", 3); len(parts) == 3 {
			field, rest = parts[0]+"."+parts[1], parts[2]+" "
		}
		if at := strings.IndexByte(field, '['); at >= 0 { // an element of a list
			field = field[:at]
		}
		out = append(out, Typo{field, rest + p.text})
	}
	return out
}

// treeOf is the setting that holds a tree: the only one whose text could be no YAML.
func treeOf(system connector.System) string {
	for _, s := range system.Describe().Settings {
		if s.Type == connector.SettingTree {
			return s.Name
		}
	}
	return ""
}

var wholeNumber = regexp.MustCompile(`^[0-9]{1,18}$`)

// yaml writes the settings as a file would have them, so that they are read as there. The tree comes last: nothing that stands in it can
// reach further.
func (t Typed) yaml() (string, Typos) {
	var out, tree strings.Builder
	var typos Typos
	for _, s := range append(t.System.Describe().Settings, connector.CommonSettings()...) {
		text := strings.TrimSpace(t.Settings[s.Name])
		if text == "" || OnServer(s.Name) {
			continue
		}
		if s.Type == connector.SettingTree {
			if strings.ContainsFunc(strings.ReplaceAll(t.Settings[s.Name], "\r\n", "\n"), breaking) {
				typos = append(typos, Typo{"settings." + s.Name, unseen})
				continue
			}
			tree.WriteString(s.Name + ":\n  " + strings.ReplaceAll(strings.ReplaceAll(strings.TrimRight(t.Settings[s.Name], " \r\n"), "\r\n", "\n"), "\n", "\n  ") + "\n")
			continue
		}
		switch s.Type {
		case connector.SettingInt:
			if !wholeNumber.MatchString(text) {
				typos = append(typos, Typo{"settings." + s.Name, "must be a whole number"})
				continue
			}
		case connector.SettingBool:
			if text != "true" && text != "false" {
				typos = append(typos, Typo{"settings." + s.Name, "must be true or false"})
				continue
			}
		case connector.SettingTexts:
			var list []string
			for _, e := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
				if e = strings.TrimSpace(e); e != "" {
					list = append(list, quoted(e))
				}
			}
			text = "[" + strings.Join(list, ", ") + "]"
		default:
			text = quoted(text)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r == '\n' || r == '\t' || breaking(r) }) {
			typos = append(typos, Typo{"settings." + s.Name, unseen})
			continue
		}
		out.WriteString(s.Name + ": " + text + "\n")
	}
	return out.String() + tree.String(), typos
}

// quoted is a text of one line as YAML takes it literally.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Typing gives stored settings as a form shows them, by their names.
func Typing(system connector.System, stored connector.Settings) map[string]string {
	out := map[string]string{}
	for _, s := range append(system.Describe().Settings, connector.CommonSettings()...) {
		switch v := stored[s.Name].(type) {
		case nil:
		case []any:
			var list []string
			for _, e := range v {
				list = append(list, fmt.Sprint(e))
			}
			out[s.Name] = strings.Join(list, ", ")
		case map[string]any:
			if text, err := yaml.Marshal(ordered(v)); err == nil && len(v) > 0 {
				out[s.Name] = strings.TrimRight(string(text), "\n")
			}
		default:
			out[s.Name] = fmt.Sprint(v)
		}
	}
	return out
}

// TypedFlow is a shipped Flow as a person adds it by a form.
type TypedFlow struct {
	Use     string `json:"use"` // a shipped Flow
	From    string `json:"from"`
	To      string `json:"to"`
	Enabled bool   `json:"enabled,omitempty"`
}

// ReadTypedFlows reads Flows between Connections as a file would have them.
func ReadTypedFlows(list []TypedFlow, ends []Connection, known Known) ([]connector.Flow, error) {
	var text strings.Builder
	for _, x := range list {
		text.WriteString(quoted(x.Use) + ": {from: " + quoted(x.From) + ", to: " + quoted(x.To))
		if !x.Enabled {
			text.WriteString(", enabled: false")
		}
		text.WriteString("}\n")
	}
	found := &problems{file: "the form"}
	f := &File{Connections: ends}
	f.flows(readYAML([]byte(text.String()), found), known)
	return f.Flows, typosOf(found).Err("read the form")
}

// Stored is a Connection as it was applied, opened without a network where its secrets are there.
func Stored(c connector.Connection, system connector.System, secrets map[string]string) Connection {
	out := Connection{Name: c.Name, System: system, Settings: c.Settings, InForce: system.Validate(c.Settings)}
	for _, s := range system.Describe().Secrets {
		if v := secrets[s.Name]; v != "" {
			out.Secrets = append(out.Secrets, Secret{s.Name, Hidden(v)})
		}
	}
	out.open(node{found: &problems{}})
	return out
}
