package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ml-connector/app"
)

func (p *program) keyCommand() *cobra.Command {
	return group("key", "The key that secrets in the database are sealed with", p.keyList(), p.keyRotate())
}

func (p *program) keyList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "Say which key wraps how many secrets; none is shown", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.with(c.Context(), func(a *app.App) error {
			all, err := a.Keys(c.Context(), p.actor())
			if err != nil {
				return err
			}
			return list(p, of(all), []string{"key", "state", "secrets", "since", "missing in"}, func(k app.Key) []string {
				return []string{k.ID, keyState(k), strconv.Itoa(k.Secrets), timeOf(k.Since), strings.Join(k.Lacking, ", ")}
			})
		})
	}}
	p.limitFlag(c)
	return c
}

func keyState(k app.Key) string {
	switch {
	case !k.Here:
		return "not here"
	case k.Seals:
		return "seals"
	case k.Secrets > 0:
		return "opens"
	}
	return "unused"
}

func (p *program) keyRotate() *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{Use: "rotate", Short: "Let a new key seal, and wrap all secrets with it anew, while the server runs", Args: cobra.NoArgs,
		Long: "Let a new key seal, and wrap all secrets with it anew. Processes that run go on: they take the new key from its file before anything is wrapped\n" +
			"with it, and open with the older one what is not done yet. Where the configuration says `key: file:PATH` a new key is put into the file; where it says\n" +
			"`key: env:NAME`, first put a new one before the present one, in a line of its own, and start all processes anew. What was broken off is done to the end.\n" +
			"Keep the older key with the backups from before: they need it.",
		RunE: func(c *cobra.Command, _ []string) error {
			return p.with(c.Context(), func(a *app.App) error {
				r, err := a.RotateKey(c.Context(), wait, p.actor())
				if err != nil {
					return err
				}
				if p.format == "json" {
					return p.object(r)
				}
				p.say("the key %s seals now; secrets wrapped anew: %d", r.Key, r.Secrets)
				if len(r.Unused) > 0 {
					p.say("%s wraps nothing any more: keep it with the backups from before, and take it out of its place", strings.Join(r.Unused, ", "))
				}
				return nil
			})
		}}
	c.Flags().DurationVar(&wait, "wait", 30*time.Second, "how long processes that run may take to have the new key")
	return c
}
