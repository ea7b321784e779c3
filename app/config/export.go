package config

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	connector "ml-connector"
)

// Exported is what a configuration file is written from.
type Exported struct {
	Process     Process
	Connections []ExportedConnection
	Flows       []connector.Flow
	Crosswalks  []string
	Alerts      Alerts
	Shipped     func(name string) (text string, ok bool) // the mapping of a shipped Flow
}

// ExportedConnection is one Connection, and the names of its secrets.
type ExportedConnection struct {
	connector.Connection
	Secrets []string
}

// Write writes a configuration file that [Read] takes, without any secret: each one stands as a variable of a name made
// from the Connection's and its own. Crosswalks and mappings of a Flow's own stand as files beside it.
func Write(w io.Writer, e Exported) error {
	head := "# Written by `ml-connector export`. Secrets are not in it: set the variables, or name others.\n"
	if _, err := io.WriteString(w, head); err != nil {
		return err
	}
	doc := yaml.MapSlice{}
	if e.Process.Path != "" {
		doc = append(doc, yaml.MapItem{Key: "listen", Value: e.Process.Listen}, yaml.MapItem{Key: "key", Value: e.Process.Key})
		doc = append(doc, publicItems(e.Process.Public)...)
		doc = append(doc, oidcItems(e.Process.OIDC)...)
		if e.Process.Egress != nil {
			doc = append(doc, yaml.MapItem{Key: "egress", Value: yaml.MapSlice{{Key: "allow", Value: e.Process.Egress}}})
		}
	}
	if len(e.Connections) > 0 {
		doc = append(doc, yaml.MapItem{Key: "connections", Value: connectionItems(e.Connections)})
	}
	if len(e.Flows) > 0 {
		flows := yaml.MapSlice{}
		for _, f := range e.Flows {
			flows = append(flows, yaml.MapItem{Key: f.Name, Value: flowItems(f, e.Shipped)})
		}
		doc = append(doc, yaml.MapItem{Key: "flows", Value: flows})
	}
	if len(e.Crosswalks) > 0 {
		files := yaml.MapSlice{}
		for _, name := range e.Crosswalks {
			files = append(files, yaml.MapItem{Key: name, Value: yaml.MapSlice{{Key: "file", Value: name + ".csv"}}})
		}
		doc = append(doc, yaml.MapItem{Key: "crosswalks", Value: files})
	}
	if items := alertItems(e.Alerts); len(items) > 0 {
		doc = append(doc, yaml.MapItem{Key: "alerts", Value: items})
	}
	text, err := yaml.Marshal(doc)
	if err != nil {
		return connector.Errorf(connector.Internal, "write the configuration", "it can't be written as YAML").Because(err)
	}
	_, err = w.Write(text)
	return err
}

func connectionItems(list []ExportedConnection) yaml.MapSlice {
	out := yaml.MapSlice{}
	for _, c := range list {
		item := yaml.MapSlice{{Key: "system", Value: c.System}}
		if len(c.Settings) > 0 {
			item = append(item, yaml.MapItem{Key: "settings", Value: ordered(map[string]any(c.Settings))})
		}
		secrets := yaml.MapSlice{}
		for _, s := range c.Secrets {
			secrets = append(secrets, yaml.MapItem{Key: s, Value: "env:" + variable(c.Name+"_"+s)})
		}
		if len(secrets) > 0 {
			item = append(item, yaml.MapItem{Key: "secrets", Value: secrets})
		}
		out = append(out, yaml.MapItem{Key: c.Name, Value: item})
	}
	return out
}

// ordered sorts the keys of maps, so that the same settings are always written the same.
func ordered(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := yaml.MapSlice{}
		for _, k := range slices.Sorted(maps.Keys(x)) {
			out = append(out, yaml.MapItem{Key: k, Value: ordered(x[k])})
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = ordered(e)
		}
		return out
	}
	return v
}

// variable is a name for an environment variable.
func variable(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(name))
}

// flowItems writes what a Flow does not have by default.
func flowItems(f connector.Flow, shipped func(string) (string, bool)) yaml.MapSlice {
	out := yaml.MapSlice{{Key: "from", Value: f.From}, {Key: "to", Value: f.To}}
	add := func(key string, value any, isDefault bool) {
		if !isDefault {
			out = append(out, yaml.MapItem{Key: key, Value: value})
		}
	}
	text, _ := shipped(f.Use)
	own := f.Use == "" || text != f.Mapping
	add("use", f.Use, own || f.Use == f.Name)
	add("file", MappingFile(f), !own)
	add("schedule", f.Schedule, false)
	add("where", f.Where, f.Where == "")
	add("drift", string(f.Drift), false)
	add("withdraw", string(f.Withdraw), f.Withdraw == connector.WithdrawHold)
	var limits yaml.MapSlice
	if f.MaxChanges > 0 {
		limits = append(limits, yaml.MapItem{Key: "changes_per_run", Value: f.MaxChanges})
	}
	if f.MaxCreates > 0 {
		limits = append(limits, yaml.MapItem{Key: "creates_per_run", Value: f.MaxCreates})
	}
	if f.MaxShare > 0 {
		limits = append(limits, yaml.MapItem{Key: "share_per_run", Value: strconv.Itoa(f.MaxShare) + "%"})
	}
	if f.MaxMoney != "" {
		limits = append(limits, yaml.MapItem{Key: "money_per_run", Value: f.MaxMoney})
	}
	add("limits", limits, limits == nil)
	add("start", f.Start.UTC().Format(time.RFC3339), f.Start.IsZero())
	add("retry_held", f.RetryHeld, f.RetryHeld == defaultRetryHeld)
	add("track", off(f.Track), false)
	add("acknowledge", f.Acknowledge, f.Acknowledge == "off")
	add("deep", off(f.Deep), f.Deep == defaultDeep)
	add("enabled", false, f.Enabled)
	return out
}

func off(schedule string) string {
	if schedule == "" {
		return "off"
	}
	return schedule
}

// MappingFile is the name of the file that holds a Flow's own mapping in an export.
func MappingFile(f connector.Flow) string { return f.Name + "-flow.yaml" }

// publicItems are the keys of how the server is reached.
func publicItems(p Public) yaml.MapSlice {
	var out yaml.MapSlice
	for _, i := range []yaml.MapItem{{Key: "url", Value: p.URL}, {Key: "tls_cert", Value: p.TLSCert}, {Key: "tls_key", Value: p.TLSKey}} {
		if i.Value != "" {
			out = append(out, i)
		}
	}
	if len(p.Proxies) > 0 {
		var list []string
		for _, r := range p.Proxies {
			list = append(list, r.String())
		}
		out = append(out, yaml.MapItem{Key: "proxies", Value: list})
	}
	return out
}
