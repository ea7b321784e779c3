package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/flows"
	"ml-connector/mapping"
)

func (p *program) mappingCommand() *cobra.Command {
	return group("mapping", "The rules of flows, in a repository of your own", p.mappingCheck(), p.mappingTest(), p.mappingPrint(), p.mappingSchema())
}

// endFlags are the Connections that a mapping file is held against.
type endFlags struct{ from, to string }

func (f *endFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.from, "from", "", "the connection that is read, of the configuration file or the database (else the defaults of its system)")
	c.Flags().StringVar(&f.to, "to", "", "the connection that is written")
}

func (p *program) mappingCheck() *cobra.Command {
	var ends endFlags
	c := &cobra.Command{
		Use: "check FILE", Short: "Say everything that is wrong or risky in a flow's rules, by line",
		Long: "Say everything that is wrong or risky in a flow's rules, by line: fields that one of the systems does not have, types, texts that can be\n" +
			"too long, required fields that nothing fills, circles, crosswalks that are not there, fields that two flows own. Nothing is called, and no\n" +
			"database is needed. Errors are what `apply` refuses, and end with 2; warnings and notes end with 0.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := readText(args[0], "check a mapping")
			if err != nil {
				return err
			}
			found, err := p.mappingEnds(c.Context(), ends)
			if err != nil {
				return err
			}
			checked, err := p.appConfig().CheckMapping(args[0], text, found)
			if err != nil {
				return err
			}
			return p.printCheck(checked)
		},
	}
	ends.add(c)
	return c
}

func readText(path, op string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, connector.Errorf(connector.Invalid, op, "there is no file %s", path)
	}
	if err != nil {
		return nil, connector.Errorf(connector.Invalid, op, "%s can't be read", path).Because(err)
	}
	return text, nil
}

// mappingEnds finds the named Connections: in the configuration file, so that a repository needs no database, else in the
// database.
func (p *program) mappingEnds(ctx context.Context, flags endFlags) (app.MappingEnds, error) {
	var out app.MappingEnds
	if flags.from == "" && flags.to == "" {
		return out, nil
	}
	path := p.configPath()
	file := &config.File{}
	if _, err := os.Stat(path); err == nil || path != config.DefaultPath {
		if file, err = config.ReadEnds(path, p.appConfig().Known(false)); err != nil {
			return out, err
		}
	}
	for _, x := range file.Crosswalks {
		out.Crosswalks = append(out.Crosswalks, x.Name)
	}
	for name, end := range map[string]*config.Connection{flags.from: &out.From, flags.to: &out.To} {
		if at := slices.IndexFunc(file.Connections, func(c config.Connection) bool { return c.Name == name }); at >= 0 {
			*end = file.Connections[at]
			continue
		}
		if name == "" {
			continue
		}
		err := p.with(ctx, func(a *app.App) error {
			var err error
			if *end, err = a.MappingEnd(ctx, name); err != nil {
				return err
			}
			have, err := a.Crosswalks(ctx)
			for _, x := range have {
				out.Crosswalks = append(out.Crosswalks, x.Name)
			}
			return err
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

func (p *program) printCheck(m app.MappingCheck) error {
	if m.Errors > 0 {
		p.status = app.WorstExit(p.status, connector.Invalid.ExitStatus())
	}
	switch p.format {
	case "json":
		return p.object(m)
	case "csv":
		return list(p, of(m.Findings), []string{"severity", "line", "field", "message", "hint"}, func(f mapping.Finding) []string {
			return []string{string(f.Severity), fmt.Sprint(f.Line), f.Field, f.Message, f.Hint}
		})
	}
	for _, f := range m.Findings {
		where := ""
		if f.Field != "" {
			where = f.Field + ": "
		}
		p.print(clean(fmt.Sprintf("%s:%d: %s: %s%s", m.File, f.Line, f.Severity, where, f.Message)))
		if f.Hint != "" {
			p.print("  " + clean(f.Hint))
		}
	}
	p.say("%s", summary(m))
	return nil
}

func summary(m app.MappingCheck) string {
	against := func(e app.MappingEnd) string {
		if e.Connection == "" {
			return e.System + " by its defaults"
		}
		return e.Connection
	}
	counts := []string{plural(m.Errors, "error"), plural(m.Warnings, "warning")}
	if m.Flow == "" {
		return strings.Join(counts, ", ")
	}
	return fmt.Sprintf("%s: %s, from %s to %s", m.Flow, strings.Join(counts, ", "), against(m.From), against(m.To))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if stem, ok := strings.CutSuffix(what, "y"); ok {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (p *program) mappingPrint() *cobra.Command {
	return &cobra.Command{
		Use: "print NAME", Short: "Print the rules of a shipped flow, to start your own from", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var names []string
			for _, f := range flows.Shipped() {
				if f.Name == args[0] {
					_, err := p.out.Write(f.Text)
					return err
				}
				names = append(names, f.Name)
			}
			return connector.Errorf(connector.NotFound, "print a mapping", "%s is no shipped flow%s", args[0], mapping.DidYouMean(args[0], names)).
				Advise("Shipped are %s. `ml-connector flow show NAME` has the rules of one that was applied.", strings.Join(names, ", "))
		},
	}
}

func (p *program) mappingSchema() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of mapping files, for editors", Args: cobra.NoArgs,
		Long: "Print the JSON Schema of mapping files. Editors that know YAML take it from a line at the top of a file:\n" +
			"# yaml-language-server: $schema=mapping.schema.json",
		RunE: func(*cobra.Command, []string) error {
			text, err := mapping.EditorSchema()
			if err != nil {
				return err
			}
			p.print(string(text))
			return nil
		},
	}
}
