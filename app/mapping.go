package app

import (
	"context"
	"slices"
	"strconv"
	"time"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/mapping"
)

// MappingEnds are the two Connections that a mapping file is held against. One without a name is an imagined one with the
// defaults of its System.
type MappingEnds struct {
	From, To   config.Connection
	Crosswalks []string // that there are, besides those that shipped Flows look up
}

// MappingCheck is what a look at a mapping file shows. Nothing is called, and no database is needed.
type MappingCheck struct {
	File     string            `json:"file"`
	Flow     string            `json:"flow"`
	Kind     connector.Kind    `json:"kind"`
	From     MappingEnd        `json:"from"`
	To       MappingEnd        `json:"to"`
	Errors   int               `json:"errors"`
	Warnings int               `json:"warnings"`
	Findings []mapping.Finding `json:"findings"`
}

// MappingEnd is one side of a mapping file.
type MappingEnd struct {
	System     string `json:"system"`
	Connection string `json:"connection"` // "" = the System's defaults
}

// CheckMapping says everything that is wrong or risky in a mapping file: what `apply` would refuse, by the same code, and
// what it lets through.
func (c Config) CheckMapping(file string, text []byte, ends MappingEnds) (MappingCheck, error) {
	out := MappingCheck{File: file, Findings: []mapping.Finding{}}
	f, err := mapping.Parse(text)
	if err != nil {
		out.count(mapping.Findings(err))
		return out, nil
	}
	out.Flow, out.Kind = f.Name, f.Kind
	out.From, out.To = MappingEnd{f.From, ends.From.Name}, MappingEnd{f.To, ends.To.Name}
	from, err := c.end(f.From, ends.From)
	if err != nil {
		return out, err
	}
	to, err := c.end(f.To, ends.To)
	if err != nil {
		return out, err
	}
	about := config.Ends(f.Kind, from.System, to.System, from.Instance, to.Instance)
	about.Crosswalks = append([]string{}, ends.Crosswalks...)
	shipped, err := c.shippedRules()
	if err != nil {
		return out, err
	}
	for _, s := range shipped {
		for _, use := range s.Crosswalks() {
			about.Crosswalks = append(about.Crosswalks, use.Name)
		}
	}
	found := ability(f, from.Instance.Kind(f.Kind), to.Instance.Kind(f.Kind))
	found = append(found, f.Check(about)...)
	found = append(found, f.Beside(shipped)...)
	out.count(append(found, c.unknownNeeds(f)...))
	return out, nil
}

func (m *MappingCheck) count(found []mapping.Finding) {
	slices.SortStableFunc(found, func(a, b mapping.Finding) int { return a.Line - b.Line })
	m.Findings = append(m.Findings, found...)
	for _, f := range found {
		switch f.Severity {
		case mapping.Wrong:
			m.Errors++
		case mapping.Risky:
			m.Warnings++
		}
	}
}

// ability tells a Kind that an end can't do at all.
func ability(f *mapping.Flow, from, to connector.KindInfo) []mapping.Finding {
	var out []mapping.Finding
	if !from.Reads {
		out = append(out, mapping.Finding{Severity: mapping.Wrong, Line: 1, Message: "from: " + f.From + " does not read the kind " + string(f.Kind), Hint: "Check kind, from and the operations of the profile."})
	}
	if !to.Writes {
		out = append(out, mapping.Finding{Severity: mapping.Wrong, Line: 1, Message: "to: " + f.To + " does not write the kind " + string(f.Kind), Hint: "Check kind, to and the operations of the profile."})
	}
	return out
}

// unknownNeeds tells Flows that go first and are none.
func (c Config) unknownNeeds(f *mapping.Flow) []mapping.Finding {
	var names []string
	for _, s := range c.Shipped {
		names = append(names, s.Name)
	}
	var out []mapping.Finding
	for _, need := range f.Needs {
		if !slices.Contains(names, need) {
			out = append(out, mapping.Finding{Severity: mapping.Noted, Line: 1, Message: "needs: " + need + " is no shipped Flow" + mapping.DidYouMean(need, names),
				Hint: "It counts only where a Flow of this name is applied."})
		}
	}
	return out
}

func (c Config) shippedRules() ([]*mapping.Flow, error) {
	var out []*mapping.Flow
	for _, s := range c.Shipped {
		f, err := mapping.Parse(s.Text)
		if err != nil {
			return nil, connector.Errorf(connector.Internal, "read the shipped Flow "+s.Name, "it is broken").Because(err)
		}
		out = append(out, f)
	}
	return out, nil
}

// openedEnd is one side of a mapping, opened without a network.
type openedEnd struct {
	System   connector.System
	Instance connector.Instance
}

// end opens a Connection to see what it says of itself: the given one, or for none an imagined one.
func (c Config) end(system string, given config.Connection) (openedEnd, error) {
	const op = "look at a mapping"
	at := slices.IndexFunc(c.Systems, func(s connector.System) bool { return s.Name() == system })
	if at < 0 {
		var names []string
		for _, s := range c.Systems {
			names = append(names, s.Name())
		}
		return openedEnd{}, connector.Errorf(connector.Invalid, op, "%q is no System%s", system, mapping.DidYouMean(system, names)).Advise("from: and to: name Systems, such as %s.", names[0])
	}
	s := c.Systems[at]
	if given.Name != "" && given.System.Name() != system {
		return openedEnd{}, connector.Errorf(connector.Invalid, op, "%s is a %s Connection; the mapping names %s", given.Name, given.System.Name(), system).Advise("Check --from and --to.")
	}
	settings := given.Settings
	if given.Name == "" {
		settings = laid(imagined(s), settings)
	}
	i, err := openOffline(s, given.Name, settings)
	return openedEnd{s, i}, err
}

// openOffline opens an Instance that can say what it is and call nothing.
func openOffline(s connector.System, name string, settings connector.Settings) (connector.Instance, error) {
	op := "look at connection " + name
	v := s.Validate(settings)
	if len(v.Problems) > 0 {
		return nil, connector.Errorf(connector.Invalid, op, "%s %s", v.Problems[0].Path, v.Problems[0].Message)
	}
	secrets := map[string]string{} // nothing is sent
	for _, described := range s.Describe().Secrets {
		secrets[described.Name] = "none"
	}
	return s.Open(connector.Opening{Connection: name, Settings: v.Settings, Secrets: secrets, Caller: config.Nobody{}, Now: func() time.Time { return time.Time{} }})
}

// imagined are settings of a Connection that nobody has: the examples that the System gives of its own.
func imagined(s connector.System) connector.Settings {
	out := connector.Settings{}
	for _, d := range s.Describe().Settings {
		if d.Example == "" {
			continue
		}
		switch d.Type {
		case connector.SettingInt:
			n, _ := strconv.ParseInt(d.Example, 10, 64)
			out[d.Name] = n
		case connector.SettingBool:
			out[d.Name] = d.Example == "true"
		case connector.SettingTexts:
			out[d.Name] = []any{d.Example}
		case connector.SettingTree:
		default:
			out[d.Name] = d.Example
		}
	}
	return out
}

// MappingEnd finds a Connection as it was applied.
func (a *App) MappingEnd(ctx context.Context, name string) (config.Connection, error) {
	have, err := a.DB.Connection(ctx, name)
	if err != nil {
		return config.Connection{}, err
	}
	system, err := a.system(have.System)
	return config.Connection{Name: have.Name, System: system, Settings: have.Settings}, err
}
