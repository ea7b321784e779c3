package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ml-connector/app"
	"ml-connector/people"
)

func (p *program) userCommand() *cobra.Command {
	return group("user", "People who log in to the server", p.userAdd(), p.userInvite(), p.userList(), p.userShow(), p.userRole(),
		p.userEnd("disable NAME", "Let somebody in no more: their sessions and links end at once", verbs.DisablePerson),
		p.onNamed("enable NAME", "Let somebody in again who was disabled", func(c *cobra.Command, a verbs, name string) error {
			return a.EnablePerson(c.Context(), name, p.actor())
		}),
		p.onNamed("forget-sign-on NAME", "Let somebody sign on no more at the identity provider; they need a password, or sign on anew", func(c *cobra.Command, a verbs, name string) error {
			return a.ForgetSignOn(c.Context(), name, p.actor())
		}),
		p.userEnd("remove NAME", "Disable somebody for good; the name stays theirs", verbs.RemovePerson),
		p.userSessions())
}

// rolesFlag gives a command its --role.
func rolesFlag(c *cobra.Command, into *[]string) {
	c.Flags().StringSliceVar(into, "role", nil, "one of "+people.Words(people.Roles())+"; may be given several times")
}

func (p *program) userAdd() *cobra.Command {
	var roles []string
	c := &cobra.Command{Use: "add NAME --role ROLE", Short: "Add a person, and print the link by which they set their password", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := people.ParseRoles(roles)
			if err != nil {
				return err
			}
			return p.act(c.Context(), func(a verbs) error {
				in, err := a.AddPerson(c.Context(), args[0], list, p.actor())
				if err != nil {
					return err
				}
				return p.printInvitation(in)
			})
		}}
	rolesFlag(c, &roles)
	return c
}

func (p *program) userInvite() *cobra.Command {
	return p.onNamed("invite NAME", "Print a new link by which somebody sets their password, also when it was forgotten", func(c *cobra.Command, a verbs, name string) error {
		in, err := a.InvitePerson(c.Context(), name, p.actor())
		if err != nil {
			return err
		}
		return p.printInvitation(in)
	})
}

func (p *program) printInvitation(in app.Invitation) error {
	if p.format == "json" {
		return p.object(in)
	}
	p.print(in.URL)
	p.say("give this link to %s, and to nobody else: it counts once, until %s, and is not shown again", in.Person, timeOf(&in.Until))
	return nil
}

func (p *program) userList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List people", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.act(c.Context(), func(a verbs) error {
			all, err := a.People(c.Context(), p.actor())
			if err != nil {
				return err
			}
			return list(p, of(all), []string{"name", "state", "roles", "last log-in", "sessions"}, func(x app.Person) []string {
				return []string{x.Name, x.State, people.Words(x.Roles), timeOf(x.SeenAt), strconv.Itoa(x.Sessions)}
			})
		})
	}}
	p.limitFlag(c)
	return c
}

func (p *program) userShow() *cobra.Command {
	return p.onNamed("show NAME", "Show a person, and what they may do", func(c *cobra.Command, a verbs, name string) error {
		x, err := a.PersonShown(c.Context(), name, p.actor())
		if err != nil {
			return err
		}
		if p.format == "json" {
			return p.object(x)
		}
		return p.facts("name", x.Name, "state", x.State, "roles", people.Words(x.Roles), "may", people.Words(x.Permissions), "added", timeOf(&x.MadeAt)+" by "+x.MadeBy,
			"last log-in", timeOf(x.SeenAt), "signs on at", x.SignsOn, "sessions", strconv.Itoa(x.Sessions))
	})
}

func (p *program) userRole() *cobra.Command {
	var roles []string
	c := p.onNamed("role NAME --role ROLE", "Give somebody other roles; their sessions end, and they log in anew", func(c *cobra.Command, a verbs, name string) error {
		list, err := people.ParseRoles(roles)
		if err != nil {
			return err
		}
		return a.SetRoles(c.Context(), name, list, p.actor())
	})
	rolesFlag(c, &roles)
	return c
}

// endPerson is what ends somebody.
type endPerson func(verbs, context.Context, string, people.Actor) (app.Ended, error)

func (p *program) userEnd(use, short string, end endPerson) *cobra.Command {
	return p.onNamed(use, short, func(c *cobra.Command, a verbs, name string) error {
		ended, err := end(a, c.Context(), name, p.actor())
		if err != nil {
			return err
		}
		if p.format == "json" {
			return p.object(ended)
		}
		p.say("%d sessions ended", ended.Sessions)
		if len(ended.Tokens) > 0 {
			p.say("tokens that they made at the machine go on: %s; to end one: ml-connector token revoke NAME", strings.Join(ended.Tokens, ", "))
		}
		return nil
	})
}

func (p *program) userSessions() *cobra.Command {
	var end string
	c := p.onNamed("sessions NAME", "List the sessions of somebody, or end them", func(c *cobra.Command, a verbs, name string) error {
		if end != "" {
			id := strings.TrimPrefix(end, "all")
			n, err := a.EndSessions(c.Context(), name, id, p.actor())
			if err != nil {
				return err
			}
			if p.format == "json" {
				return p.object(app.Ended{Sessions: n, Tokens: []string{}})
			}
			p.say("%d sessions ended", n)
			return nil
		}
		all, err := a.Sessions(c.Context(), name, p.actor())
		if err != nil {
			return err
		}
		return list(p, of(all), []string{"id", "begun", "last used", "ends", "from", "browser"}, func(x app.Session) []string {
			return []string{x.ID, timeOf(&x.MadeAt), timeOf(&x.SeenAt), timeOf(&x.Until), x.Address, x.Agent}
		})
	})
	p.limitFlag(c)
	c.Flags().StringVar(&end, "end", "", "end all, or with --end=ID one")
	c.Flags().Lookup("end").NoOptDefVal = "all"
	return c
}

func (p *program) tokenCommand() *cobra.Command {
	return group("token", "Tokens with which programs ask the server", p.tokenAdd(), p.tokenList(),
		p.onNamed("revoke NAME", "End a token at once", func(c *cobra.Command, a verbs, name string) error {
			return a.RevokeToken(c.Context(), name, p.actor())
		}))
}

func (p *program) tokenAdd() *cobra.Command {
	var roles, permissions []string
	var expires string
	c := &cobra.Command{Use: "add NAME --role ROLE|--permission PERMISSION", Short: "Make a token, and show it this once", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o := app.TokenOptions{}
			var err error
			if o.Roles, err = people.ParseRoles(roles); err != nil {
				return err
			}
			if o.Permissions, err = people.ParsePermissions(permissions); err != nil {
				return err
			}
			if o.Lasts, err = app.Lasts(expires); err != nil {
				return err
			}
			return p.act(c.Context(), func(a verbs) error {
				t, err := a.AddToken(c.Context(), args[0], o, p.actor())
				if err != nil {
					return err
				}
				if p.format == "json" {
					return p.object(t)
				}
				p.print(t.Secret)
				p.say("this is the only time that it is shown; it counts until %s", orForEver(t.Until))
				return nil
			})
		}}
	rolesFlag(c, &roles)
	c.Flags().StringSliceVar(&permissions, "permission", nil, "one of "+people.Words(people.Permissions()))
	c.Flags().StringVar(&expires, "expires", "90d", "how long it counts, such as 90d; never = for ever")
	return c
}

func orForEver(t *time.Time) string {
	if t == nil {
		return "it is revoked"
	}
	return timeOf(t)
}

func (p *program) tokenList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List tokens; none can be shown again", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.act(c.Context(), func(a verbs) error {
			all, err := a.Tokens(c.Context(), p.actor())
			if err != nil {
				return err
			}
			return list(p, of(all), []string{"name", "state", "roles", "permissions", "by", "until", "last used"}, func(x app.Token) []string {
				return []string{x.Name, x.State, people.Words(x.Roles), people.Words(x.Permissions), x.MadeBy, timeOf(x.Until), timeOf(x.SeenAt)}
			})
		})
	}}
	p.limitFlag(c)
	return c
}
