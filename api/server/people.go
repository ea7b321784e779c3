package server

import (
	"context"

	"ml-connector/app"
	"ml-connector/people"
)

type newPerson struct {
	Body struct {
		Name  string        `json:"name" minLength:"1" doc:"Small letters, digits and . _ - + @; an e-mail address will do."`
		Roles []people.Role `json:"roles" minItems:"1" enum:"viewer,operator,mapper,approver,auditor,admin,machine"`
	}
}

type newRoles struct {
	Called
	Body struct {
		Roles []people.Role `json:"roles" minItems:"1" enum:"viewer,operator,mapper,approver,auditor,admin,machine"`
	}
}

type endSessions struct {
	Called
	Session string `query:"session" doc:"The ID of one; all without it."`
}

type newToken struct {
	Body struct {
		Name        string              `json:"name" minLength:"1"`
		Roles       []people.Role       `json:"roles,omitempty" enum:"viewer,operator,mapper,approver,auditor,admin,machine"`
		Permissions []people.Permission `json:"permissions,omitempty" doc:"Beside those of the roles."`
		Expires     string              `json:"expires,omitempty" default:"90d" doc:"How long it counts, such as 90d or 12h; never = for ever."`
	}
}

// people registers who may do what, and their tokens. What is shown once is in the answer that made it, and nowhere else.
func (a *API) people() {
	list(a, "/people", "list-people", "List people", func(ctx context.Context, in *AfterName, fn func(app.Person) error) error {
		all, err := a.App.People(ctx, actor(ctx))
		if err != nil {
			return err
		}
		return behind(all, in.After, func(p app.Person) string { return p.Name }, fn)
	}, func(p app.Person) string { return p.Name })
	get(a, "/people/{name}", "show-person", "Show a person, and what they may do", func(ctx context.Context, in *Called) (app.PersonDetail, error) {
		return a.App.PersonShown(ctx, in.Name, actor(ctx))
	})
	post(a, "/people", "add-person", "Add a person, and give the link by which they set their password", func(ctx context.Context, in *newPerson, by people.Actor) (app.Invitation, error) {
		roles, err := parsed(in.Body.Roles)
		if err != nil {
			return app.Invitation{}, err
		}
		return a.App.AddPerson(ctx, in.Body.Name, roles, by)
	})
	post(a, "/people/{name}/invite", "invite-person", "Give a new link by which somebody sets their password", func(ctx context.Context, in *Called, by people.Actor) (app.Invitation, error) {
		return a.App.InvitePerson(ctx, in.Name, by)
	})
	post(a, "/people/{name}/roles", "give-roles", "Give somebody other roles; their sessions end", func(ctx context.Context, in *newRoles, by people.Actor) (done, error) {
		roles, err := parsed(in.Body.Roles)
		if err != nil {
			return done{}, err
		}
		return done{true}, a.App.SetRoles(ctx, in.Name, roles, by)
	})
	post(a, "/people/{name}/disable", "disable-person", "Let somebody in no more", func(ctx context.Context, in *Called, by people.Actor) (app.Ended, error) {
		return a.App.DisablePerson(ctx, in.Name, by)
	})
	post(a, "/people/{name}/enable", "enable-person", "Let somebody in again who was disabled", func(ctx context.Context, in *Called, by people.Actor) (done, error) {
		return done{true}, a.App.EnablePerson(ctx, in.Name, by)
	})
	post(a, "/people/{name}/remove", "remove-person", "Disable somebody for good; the name stays theirs", func(ctx context.Context, in *Called, by people.Actor) (app.Ended, error) {
		return a.App.RemovePerson(ctx, in.Name, by)
	})
	post(a, "/people/{name}/forget-sign-on", "forget-sign-on", "Let somebody sign on no more at the identity provider", func(ctx context.Context, in *Called, by people.Actor) (done, error) {
		return done{true}, a.App.ForgetSignOn(ctx, in.Name, by)
	})
	get(a, "/people/{name}/sessions", "list-sessions", "List where somebody is logged in", func(ctx context.Context, in *Called) ([]app.Session, error) {
		return a.App.Sessions(ctx, in.Name, actor(ctx))
	})
	post(a, "/people/{name}/sessions/end", "end-sessions", "End one session of somebody, or all", func(ctx context.Context, in *endSessions, by people.Actor) (app.Ended, error) {
		n, err := a.App.EndSessions(ctx, in.Name, in.Session, by)
		return app.Ended{Sessions: n, Tokens: []string{}}, err
	})
	a.tokens()
}

func (a *API) tokens() {
	list(a, "/tokens", "list-tokens", "List tokens; none is shown again", func(ctx context.Context, in *AfterName, fn func(app.Token) error) error {
		all, err := a.App.Tokens(ctx, actor(ctx))
		if err != nil {
			return err
		}
		return behind(all, in.After, func(t app.Token) string { return t.Name }, fn)
	}, func(t app.Token) string { return t.Name })
	post(a, "/tokens", "add-token", "Make a token, and give it this once; who has logged in may, a token may not", func(ctx context.Context, in *newToken, by people.Actor) (app.NewToken, error) {
		o := app.TokenOptions{}
		var err error
		if o.Roles, err = parsed(in.Body.Roles); err != nil {
			return app.NewToken{}, err
		}
		if o.Permissions, err = people.ParsePermissions(texts(in.Body.Permissions)); err != nil {
			return app.NewToken{}, err
		}
		if o.Lasts, err = app.Lasts(in.Body.Expires); err != nil {
			return app.NewToken{}, err
		}
		return a.App.AddToken(ctx, in.Body.Name, o, by)
	})
	post(a, "/tokens/{name}/revoke", "revoke-token", "End a token at once", func(ctx context.Context, in *Called, by people.Actor) (done, error) {
		return done{true}, a.App.RevokeToken(ctx, in.Name, by)
	})
}

// parsed are roles, each once and in order.
func parsed(roles []people.Role) ([]people.Role, error) { return people.ParseRoles(texts(roles)) }

func texts[T ~string](list []T) []string {
	var out []string
	for _, x := range list {
		out = append(out, string(x))
	}
	return out
}
