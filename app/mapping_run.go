package app

import (
	"maps"
	"strings"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/mapping"
	"ml-connector/mapping/cases"
)

// MappingCase is one golden case of a mapping file: what goes in, and what is wanted out; nil when nobody said yet.
type MappingCase struct {
	Name    string
	In, Out []byte
}

// MappingCaseDone is what came of a case.
type MappingCaseDone struct {
	Case        string             `json:"case"`
	About       string             `json:"about"`
	OK          bool               `json:"ok"`
	Differences []connector.Change `json:"differences"` // field by field: old is what was wanted, new what came
	Errors      []string           `json:"errors"`      // of the case's own files, each with its line

	Came []byte `json:"-"` // what came, as a file has it; nil when the case can't be read
}

// RunMapping runs the golden cases of a mapping file as a Run would: between Connections whose settings are those of the ends
// with those of the case over them. Nothing is called.
func (c Config) RunMapping(file string, text, base []byte, list []MappingCase, ends MappingEnds) ([]MappingCaseDone, error) {
	f, err := mapping.Parse(text)
	if err != nil {
		e := connector.AsError(err)
		return nil, connector.Errorf(connector.Invalid, "read "+file, "%s", e.Cause).Advise("`ml-connector mapping check %s` says what is wrong.", file)
	}
	common := map[string]any{}
	if base != nil {
		if common, err = cases.Base(base); err != nil {
			return nil, connector.Errorf(connector.Invalid, "read base.json", "%s", err)
		}
	}
	var out []MappingCaseDone
	for _, one := range list {
		done := MappingCaseDone{Case: one.Name, Differences: []connector.Change{}, Errors: []string{}}
		if err := c.runCase(&done, f, common, one, ends); err != nil {
			done.Errors = append(done.Errors, strings.Split(err.Error(), "\n")...)
		}
		done.OK = len(done.Errors)+len(done.Differences) == 0
		out = append(out, done)
	}
	return out, nil
}

func (c Config) runCase(done *MappingCaseDone, f *mapping.Flow, common map[string]any, one MappingCase, ends MappingEnds) error {
	read, err := cases.Read(common, one.In)
	if err != nil {
		return err
	}
	done.About = read.About
	m, err := c.MappingContext(f, read, ends)
	if err != nil {
		return err
	}
	if done.Came, err = cases.Outcome(f.Apply(m)); err != nil {
		return err
	}
	if one.Out == nil {
		return connector.Errorf(connector.Invalid, "", "there is no %s.out.json; --update writes it", one.Name)
	}
	changes, err := cases.Differences(one.Out, done.Came)
	done.Differences = append(done.Differences, changes...)
	return err
}

// MappingContext is what a Flow is told of a case: settings in force and the target's Schema are what the Systems make of the
// settings.
func (c Config) MappingContext(f *mapping.Flow, of *cases.Case, ends MappingEnds) (mapping.Context, error) {
	from, err := c.end(f.From, over(ends.From, of.From))
	if err != nil {
		return mapping.Context{}, err
	}
	to, err := c.end(f.To, over(ends.To, of.To))
	if err != nil {
		return mapping.Context{}, err
	}
	return of.Context(f, cases.Ends{FromName: named(ends.From, f.From), ToName: named(ends.To, f.To),
		From: from.Instance.Settings(), To: to.Instance.Settings(), Schema: to.Instance.Kind(f.Kind).Schema})
}

func named(c config.Connection, system string) string {
	if c.Name == "" {
		return system
	}
	return c.Name
}

// over lays the settings of a case over those of a Connection, key by key.
func over(c config.Connection, settings connector.Settings) config.Connection {
	c.Settings = laid(c.Settings, settings)
	return c
}

func laid(under, over map[string]any) map[string]any {
	out := maps.Clone(under)
	if out == nil {
		out = map[string]any{}
	}
	for key, value := range over {
		inner, isTree := value.(map[string]any)
		if have, both := out[key].(map[string]any); isTree && both {
			value = laid(have, inner)
		}
		out[key] = value
	}
	return out
}
