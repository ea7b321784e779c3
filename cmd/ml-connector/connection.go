package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
)

func group(use, short string, sub ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(sub...)
	return c
}

func (p *program) connectionCommand() *cobra.Command {
	return group("connection", "The systems that are kept in step",
		p.connectionList(), p.connectionShow(), p.connectionAdd(), p.connectionPing(), p.connectionRequirements(),
		p.onNamed("resume NAME", "End a pause; the next run checks first", func(c *cobra.Command, a verbs, name string) error {
			return a.ResumeConnection(c.Context(), name, p.actor())
		}),
		p.connectionPause(), p.connectionRotate(),
		p.onConnection("remove NAME", "Remove a connection and its secrets; refused while a flow uses it", func(c *cobra.Command, a *app.App, name string) error {
			return a.RemoveConnection(c.Context(), name, p.actor())
		}))
}

// onConnection is a verb that needs nothing but a name.
func (p *program) onConnection(use, short string, do func(*cobra.Command, *app.App, string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return p.with(c.Context(), func(a *app.App) error { return do(c, a, args[0]) })
	}}
}

// onNamed is a command with one argument that acts on the database or through a server.
func (p *program) onNamed(use, short string, do func(*cobra.Command, verbs, string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return p.act(c.Context(), func(a verbs) error { return do(c, a, args[0]) })
	}}
}

func (p *program) connectionList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List connections", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.act(c.Context(), func(a verbs) error {
			all, err := a.Connections(c.Context())
			if err != nil {
				return err
			}
			return list(p, of(all), []string{"name", "system", "state", "checked", "addresses"}, func(x app.Connection) []string {
				return []string{x.Name, x.System, x.State, timeOf(x.CheckedAt), strings.Join(x.Addresses, " ")}
			})
		})
	}}
	p.limitFlag(c)
	return c
}

// timeOf is a time for a table; "" for none.
func timeOf(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (p *program) connectionShow() *cobra.Command {
	return p.onNamed("show NAME", "Show settings in force, secrets by name, and the last check", func(c *cobra.Command, a verbs, name string) error {
		x, err := a.Connection(c.Context(), name)
		if err != nil {
			return err
		}
		if p.format == "json" {
			return p.object(x)
		}
		pairs := []string{"name", x.Name, "system", x.System, "state", x.State, "addresses", strings.Join(x.Addresses, " "), "flows", strings.Join(x.Flows, " ")}
		if x.Paused != nil {
			pairs = append(pairs, "paused", fmt.Sprintf("%s, by %s: %s", timeOf(&x.Paused.At), x.Paused.By, x.Paused.Reason))
		}
		settings, err := yaml.Marshal(x.Settings)
		if err != nil {
			return connector.Errorf(connector.Internal, "print", "the settings can't be written").Because(err)
		}
		for _, s := range x.Secrets {
			state := "not set"
			switch {
			case s.Set && !s.Usable:
				state = "bound to another address: give it again"
			case s.Set:
				state = "set " + timeOf(s.SetAt)
			}
			pairs = append(pairs, "secret "+s.Name, state)
		}
		if err := p.facts(pairs...); err != nil || p.format == "csv" {
			return err
		}
		p.print("\nsettings in force:\n" + strings.TrimRight(string(settings), "\n"))
		if len(x.Steps) > 0 {
			p.print("\nlast check, " + timeOf(x.CheckedAt) + ":")
			return p.printSteps(x.Steps)
		}
		return nil
	})
}

func (p *program) connectionAdd() *cobra.Command {
	var system string
	var set, secrets []string
	c := &cobra.Command{
		Use:     "add NAME --system SYSTEM [--set KEY=VALUE]… [--secret NAME=env:VARIABLE]…",
		Short:   "Add or change one connection, as `apply` would",
		Example: "  ml-connector connection add erp --system peoplesoft --set host=erp.example.com --set port=8443 --set 'setids=[SHARE]' --secret password=env:ERP_PASSWORD",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := connectionText(args[0], system, set, secrets)
			if err != nil {
				return err
			}
			return p.with(c.Context(), func(a *app.App) error {
				applied, err := a.AddConnection(c.Context(), "connection add", text, p.actor())
				if err != nil {
					return err
				}
				return p.printApplied(applied)
			})
		},
	}
	c.Flags().StringVar(&system, "system", "", "the kind of system")
	c.Flags().StringArrayVar(&set, "set", nil, "a setting, KEY=VALUE; VALUE is YAML")
	c.Flags().StringArrayVar(&secrets, "secret", nil, "a secret, NAME=env:VARIABLE or NAME=file:PATH")
	return c
}

// connectionText writes the one entry as a configuration file, so that it is read and checked as one.
func connectionText(name, system string, set, secrets []string) ([]byte, error) {
	entry := yaml.MapSlice{{Key: "system", Value: system}}
	settings, hidden := yaml.MapSlice{}, yaml.MapSlice{}
	for _, s := range set {
		key, value, ok := strings.Cut(s, "=")
		var parsed any
		if err := yaml.Unmarshal([]byte(value), &parsed); err != nil || !ok {
			return nil, connector.Errorf(connector.Invalid, "read the command line", "--set %s is not KEY=VALUE with a YAML value", key)
		}
		if _, isText := parsed.(string); isText || isScalar(parsed) {
			parsed = yamlText(value)
		}
		settings = append(settings, yaml.MapItem{Key: key, Value: parsed})
	}
	refs, err := pairs("--secret", secrets)
	if err != nil {
		return nil, err
	}
	for _, s := range secrets {
		key, _, _ := strings.Cut(s, "=")
		hidden = append(hidden, yaml.MapItem{Key: key, Value: refs[key]})
	}
	entry = append(entry, yaml.MapItem{Key: "settings", Value: settings}, yaml.MapItem{Key: "secrets", Value: hidden})
	text, err := yaml.Marshal(yaml.MapSlice{{Key: "connections", Value: yaml.MapSlice{{Key: name, Value: entry}}}})
	if err != nil {
		return nil, connector.Errorf(connector.Invalid, "read the command line", "the settings can't be written as YAML").Because(err)
	}
	return text, nil
}

// yamlText is a scalar as it was typed, so that 007 stays 007.
type yamlText string

// MarshalYAML writes the text as it is.
func (t yamlText) MarshalYAML() ([]byte, error) { return []byte(t), nil }

func isScalar(v any) bool {
	switch v.(type) {
	case []any, map[string]any, yaml.MapSlice, nil:
		return false
	}
	return true
}

// pairs reads NAME=VALUE arguments. A value is never quoted back: it may be a secret.
func pairs(flag string, list []string) (map[string]string, error) {
	out := map[string]string{}
	for _, s := range list {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" || value == "" {
			return nil, connector.Errorf(connector.Invalid, "read the command line", "%s must be NAME=env:VARIABLE or NAME=file:PATH", flag)
		}
		out[name] = value
	}
	return out, nil
}

func (p *program) connectionPing() *cobra.Command {
	return &cobra.Command{
		Use:   "ping [NAME…]",
		Short: "Check connections step by step: at most one log-in, no write",
		RunE: func(c *cobra.Command, args []string) error {
			return p.act(c.Context(), func(a verbs) error {
				pings, err := a.Ping(c.Context(), args, p.actor())
				if err != nil {
					return err
				}
				p.status = app.PingStatus(pings)
				return p.printPings(pings)
			})
		},
	}
}

func (p *program) printPings(pings []app.Ping) error {
	if p.format == "json" {
		return list(p, of(pings), nil, nil)
	}
	type row struct {
		name string
		app.Step
	}
	var rows []row
	for _, g := range pings {
		for _, s := range g.Steps {
			rows = append(rows, row{g.Name, s})
		}
	}
	p.limit = 0
	table := view[row]{[]string{"connection", "step", "state", "ms", "message"}, func(r row) []string {
		message := r.Message
		if r.Hint != "" && r.State != connector.StepOK {
			message += " — " + r.Hint
		}
		return []string{r.name, r.Step.Step, string(r.State), fmt.Sprint(r.TookMS), message}
	}}
	err := listAs(p, of(rows), table, view[row]{[]string{"connection", "step", "state", "code", "took_ms", "message", "hint"}, func(r row) []string {
		return []string{r.name, r.Step.Step, string(r.State), string(r.Code), fmt.Sprint(r.TookMS), r.Message, r.Hint}
	}})
	if err != nil || p.format == "csv" {
		return err
	}
	p.sayNotReady(pings)
	for _, g := range pings {
		if g.OK {
			p.say("%s is well", g.Name)
		}
	}
	return nil
}

// sayNotReady tells each Flow that is not ready once, with the steps of either Connection that keep it back; what they said
// stands in the table. Flows that the same steps keep back are told together.
func (p *program) sayNotReady(pings []app.Ping) {
	var flows, causes []string
	needs, kept := map[string][]string{}, map[string][]string{}
	for _, g := range pings {
		for _, f := range g.Fit {
			if f.Ready {
				continue
			}
			if needs[f.Flow] == nil {
				flows = append(flows, f.Flow)
			}
			for _, s := range g.Steps {
				if slices.ContainsFunc(f.Needs, func(n string) bool { return strings.HasPrefix(n, s.Step+": ") }) {
					needs[f.Flow] = append(needs[f.Flow], g.Name+" "+s.Step)
				}
			}
		}
	}
	for _, f := range flows {
		cause := strings.Join(needs[f], ", ")
		if kept[cause] == nil {
			causes = append(causes, cause)
		}
		kept[cause] = append(kept[cause], f)
	}
	for _, cause := range causes {
		if names := kept[cause]; len(names) == 1 {
			p.say("flow %s is not ready, because of %s", names[0], clean(cause))
		} else {
			p.say("flows %s are not ready, because of %s", strings.Join(names, ", "), clean(cause))
		}
	}
}

func (p *program) printSteps(steps []app.Step) error {
	p.limit = 0
	return list(p, of(steps), []string{"step", "state", "ms", "message"}, func(s app.Step) []string {
		return []string{s.Step, string(s.State), fmt.Sprint(s.TookMS), s.Message}
	})
}

func (p *program) connectionPause() *cobra.Command {
	var reason string
	c := p.onNamed("pause NAME", "Let a connection and all its flows stand still", func(c *cobra.Command, a verbs, name string) error {
		return a.PauseConnection(c.Context(), name, reason, p.actor())
	})
	c.Flags().StringVar(&reason, "reason", "", "why, for the ledger and for others")
	return c
}

func (p *program) connectionRotate() *cobra.Command {
	var secrets []string
	c := p.onConnection("rotate NAME --secret NAME=env:VARIABLE", "Replace secrets of a connection", func(c *cobra.Command, a *app.App, name string) error {
		refs, err := pairs("--secret", secrets)
		if err != nil {
			return err
		}
		if len(refs) == 0 {
			return connector.Errorf(connector.Invalid, "read the command line", "no secret was given").
				Advise("Name the variable or file that holds the new one: --secret password=env:NEW_PASSWORD.")
		}
		applied, err := a.RotateSecrets(c.Context(), name, refs, p.actor())
		if err != nil {
			return err
		}
		return p.printApplied(applied)
	})
	c.Flags().StringArrayVar(&secrets, "secret", nil, "a secret, NAME=env:VARIABLE or NAME=file:PATH")
	return c
}
