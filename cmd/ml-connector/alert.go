package main

import (
	"strings"

	"github.com/spf13/cobra"

	"ml-connector/app"
)

func (p *program) alertCommand() *cobra.Command {
	return group("alert", "What people are told who do not look, and by which channels", p.alertList(), p.alertChannels(), p.alertTest())
}

func (p *program) alertList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List the alerts that last, and those that were lately", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.act(c.Context(), func(a verbs) error {
			shown, err := a.Alerts(c.Context(), p.actor())
			if err != nil {
				return err
			}
			return list(p, of(shown.Alerts), []string{"state", "cause", "about", "began", "over", "told", "message"}, func(x app.Alert) []string {
				return []string{x.State, x.Cause, x.Subject, timeOf(&x.BeganAt), timeOf(x.OverAt), timeOf(x.ToldAt), x.Message}
			})
		})
	}}
	p.limitFlag(c)
	return c
}

func (p *program) alertChannels() *cobra.Command {
	c := &cobra.Command{Use: "channels", Short: "List the channels, and how sending goes", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.act(c.Context(), func(a verbs) error {
			shown, err := a.Alerts(c.Context(), p.actor())
			if err != nil {
				return err
			}
			if p.format == "json" {
				return p.object(struct {
					Channels []app.AlertChannel `json:"channels"`
					Rules    app.AlertRules     `json:"rules"`
				}{shown.Channels, shown.Rules})
			}
			return list(p, of(shown.Channels), []string{"name", "type", "secret", "last sent", "error"}, func(x app.AlertChannel) []string {
				fail := ""
				if x.Error != nil {
					fail = x.Error.Message
				}
				return []string{x.Name, x.Kind, x.Secret, timeOf(x.SentAt), fail}
			})
		})
	}}
	p.limitFlag(c)
	return c
}

func (p *program) alertTest() *cobra.Command {
	return &cobra.Command{Use: "test [CHANNEL]", Short: "Send a message by a channel, or by all, and show what its server answers", Args: cobra.MaximumNArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return p.act(c.Context(), func(a verbs) error {
			done, err := a.TestAlert(c.Context(), strings.Join(args, ""), p.actor())
			if err != nil {
				return err
			}
			for _, t := range done {
				if t.Error != nil {
					p.status = app.WorstExit(p.status, t.Error.Code.ExitStatus())
				}
			}
			return list(p, of(done), []string{"channel", "state", "answer"}, func(t app.AlertTest) []string {
				if t.Error != nil {
					return []string{t.Channel, "failed", strings.TrimSuffix(t.Error.Message+" — "+t.Error.Hint, " — ")}
				}
				return []string{t.Channel, "sent", t.Answer}
			})
		})
	}}
}
