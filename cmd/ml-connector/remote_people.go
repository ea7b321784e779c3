package main

import (
	"context"

	"ml-connector/app"
	"ml-connector/people"
)

func (r remote) People(ctx context.Context, _ people.Actor) ([]app.Person, error) {
	return lists[app.Person](ctx, r.c, "/people")
}

func (r remote) PersonShown(ctx context.Context, name string, _ people.Actor) (app.PersonDetail, error) {
	return gets[app.PersonDetail](ctx, r.c, below("people", name), nil)
}

func (r remote) Sessions(ctx context.Context, name string, _ people.Actor) ([]app.Session, error) {
	return gets[[]app.Session](ctx, r.c, below("people", name, "sessions"), nil)
}

func (r remote) EndSessions(ctx context.Context, name, id string, _ people.Actor) (int, error) {
	ended, err := posts[app.Ended](ctx, r.c, below("people", name, "sessions", "end"), asked("session", id), nil)
	return ended.Sessions, err
}

// given is what a person or a token gets.
type given struct {
	Name        string              `json:"name,omitempty"`
	Roles       []people.Role       `json:"roles,omitempty"`
	Permissions []people.Permission `json:"permissions,omitempty"`
	Expires     string              `json:"expires,omitempty"`
}

func (r remote) AddPerson(ctx context.Context, name string, roles []people.Role, _ people.Actor) (app.Invitation, error) {
	return posts[app.Invitation](ctx, r.c, "/people", nil, given{Name: name, Roles: roles})
}

func (r remote) InvitePerson(ctx context.Context, name string, _ people.Actor) (app.Invitation, error) {
	return posts[app.Invitation](ctx, r.c, below("people", name, "invite"), nil, nil)
}

func (r remote) SetRoles(ctx context.Context, name string, roles []people.Role, _ people.Actor) error {
	return r.c.Post(ctx, below("people", name, "roles"), nil, given{Roles: roles}, nil)
}

func (r remote) EnablePerson(ctx context.Context, name string, _ people.Actor) error {
	return r.c.Post(ctx, below("people", name, "enable"), nil, nil, nil)
}

func (r remote) DisablePerson(ctx context.Context, name string, _ people.Actor) (app.Ended, error) {
	return posts[app.Ended](ctx, r.c, below("people", name, "disable"), nil, nil)
}

func (r remote) RemovePerson(ctx context.Context, name string, _ people.Actor) (app.Ended, error) {
	return posts[app.Ended](ctx, r.c, below("people", name, "remove"), nil, nil)
}

func (r remote) ForgetSignOn(ctx context.Context, name string, _ people.Actor) error {
	return r.c.Post(ctx, below("people", name, "forget-sign-on"), nil, nil, nil)
}

func (r remote) Tokens(ctx context.Context, _ people.Actor) ([]app.Token, error) {
	return lists[app.Token](ctx, r.c, "/tokens")
}

func (r remote) AddToken(ctx context.Context, name string, o app.TokenOptions, _ people.Actor) (app.NewToken, error) {
	expires := "never"
	if o.Lasts > 0 {
		expires = o.Lasts.String()
	}
	return posts[app.NewToken](ctx, r.c, "/tokens", nil, given{Name: name, Roles: o.Roles, Permissions: o.Permissions, Expires: expires})
}

func (r remote) RevokeToken(ctx context.Context, name string, _ people.Actor) error {
	return r.c.Post(ctx, below("tokens", name, "revoke"), nil, nil, nil)
}
