package main

import (
	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
)

func (p *program) linkCommand() *cobra.Command {
	var file string
	var candidates, not, merged bool
	c := &cobra.Command{Use: "link CONNECTION:KIND:ID CONNECTION:KIND:ID", Short: "Say that two records are the same thing",
		Long: "Say that two records are the same thing. With --file a whole list, all or none: a CSV that begins with source,target; lines without a\n" +
			"target are left out. --candidates lists what is held since the target has something that may be the same, in that form. With --not two\n" +
			"records are said not to be the same: that is remembered, and what is held for it is decided again. With --merged the first of two records\n" +
			"of one connection is said to have been merged into the second: what names it goes by the second from then on. `unlink` takes that back.",
		Args: func(c *cobra.Command, args []string) error {
			if file != "" || candidates {
				return cobra.NoArgs(c, args)
			}
			return cobra.ExactArgs(2)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case candidates:
				return p.act(c.Context(), func(a verbs) error {
					all, err := a.LinkCandidates(c.Context())
					if err != nil {
						return err
					}
					return list(p, of(all), []string{"source", "target", "why"}, func(x app.LinkPair) []string { return []string{x.Source, x.Target, x.Why} })
				})
			case file != "":
				return p.linkFile(c, file)
			case merged && not:
				return connector.Errorf(connector.Invalid, "link", "--merged and --not are said of different things").Advise("Give one of them.")
			case merged:
				return p.act(c.Context(), func(a verbs) error {
					m, err := a.MergeRecords(c.Context(), args[0], args[1], p.actor())
					if err != nil {
						return err
					}
					if p.format == "json" {
						return p.object(m)
					}
					p.say("%s", m.Words())
					return nil
				})
			case not:
				return p.act(c.Context(), func(a verbs) error { return a.ApartRecords(c.Context(), args[0], args[1], p.actor()) })
			}
			return p.act(c.Context(), func(a verbs) error { return a.LinkRecords(c.Context(), args[0], args[1], p.actor()) })
		}}
	c.Flags().StringVar(&file, "file", "", "a CSV of links, all or none; - reads stdin")
	c.Flags().BoolVar(&candidates, "candidates", false, "list what may be the same as something at the target")
	c.Flags().BoolVar(&not, "not", false, "say that the two are not the same")
	c.Flags().BoolVar(&merged, "merged", false, "say that the first was merged into the second, of the same connection")
	p.limitFlag(c)
	return c
}

func (p *program) linkFile(c *cobra.Command, file string) error {
	text, err := p.input(file, "link a list")
	if err != nil {
		return err
	}
	defer text.Close()
	pairs, err := app.ReadPairs(text, file)
	if err != nil {
		return err
	}
	return p.with(c.Context(), func(a *app.App) error {
		if err := a.LinkAll(c.Context(), pairs, file, p.actor()); err != nil {
			return err
		}
		p.say("%d links", len(pairs))
		return nil
	})
}

func (p *program) unlinkCommand() *cobra.Command {
	return &cobra.Command{Use: "unlink CONNECTION:KIND:ID CONNECTION:KIND:ID", Short: "Take a link away, with what was agreed over it; or a merge of two records of one connection", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return p.act(c.Context(), func(a verbs) error { return a.UnlinkRecords(c.Context(), args[0], args[1], p.actor()) })
		}}
}
