package app

import (
	"context"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/people"
	"ml-connector/store"
)

// Token is a token with which a program asks. What is kept of it can't be turned back into it.
type Token struct {
	Name        string              `json:"name"`
	State       string              `json:"state"` // active, expired, or idle: who made it may do no more
	Roles       []people.Role       `json:"roles"`
	Permissions []people.Permission `json:"permissions"` // beside those of the roles
	MadeBy      string              `json:"made_by"`
	MadeAt      time.Time           `json:"made_at"`
	Until       *time.Time          `json:"until"`
	SeenAt      *time.Time          `json:"seen_at"`
}

// NewToken is a token that was made just now: the only time that it is shown.
type NewToken struct {
	Token
	Secret string `json:"token"`
}

// TokenOptions say what a token may do, and for how long; 0 = for ever.
type TokenOptions struct {
	Roles       []people.Role
	Permissions []people.Permission
	Lasts       time.Duration
}

// AddToken makes a token. It may do what its roles and permissions say, and no more than who makes it.
func (a *App) AddToken(ctx context.Context, name string, o TokenOptions, by people.Actor) (NewToken, error) {
	const op = "add a token"
	if err := by.May(people.ChangePeople); err != nil {
		return NewToken{}, err
	}
	if people.IsToken(by.Name) {
		return NewToken{}, connector.Errorf(connector.Forbidden, op, "a token makes no tokens").Advise("Make it as an administrator who has logged in, or at the machine itself.")
	}
	name, err := people.ParseName(name)
	if err != nil {
		return NewToken{}, err
	}
	may := granted(o.Roles, o.Permissions)
	switch {
	case len(may) == 0:
		return NewToken{}, connector.Errorf(connector.Invalid, op, "neither a role nor a permission is given").
			Advise("Roles are %s. Permissions are %s.", people.Words(people.Roles()), people.Words(people.Permissions()))
	case o.Lasts < 0:
		return NewToken{}, connector.Errorf(connector.Invalid, op, "it would have ended before it began")
	}
	if err := by.MayGive(may); err != nil {
		return NewToken{}, err
	}
	t := store.APIToken{Name: name, Roles: o.Roles, Permissions: o.Permissions, MadeBy: by.Name}
	secret := people.TokenPrefix + people.NewSecret()
	t.Hash = people.HashSecret(secret)
	err = a.DB.Tx(ctx, func(tx *store.Tx) error {
		t.MadeAt = tx.Now()
		details := map[string]string{"permissions": people.Words(may)}
		if o.Lasts > 0 {
			t.Until = tx.Now().Add(o.Lasts)
			details["until"] = t.Until.UTC().Format(time.RFC3339)
		}
		tx.Enter(connector.Entry{Actor: by.Name, Action: "token.added", Subject: "token:" + name, Details: details})
		return tx.AddAPIToken(t)
	})
	return NewToken{tokenShape(t, "active"), secret}, err
}

// granted are the permissions of roles and permissions together, in the order of the table.
func granted(roles []people.Role, more []people.Permission) []people.Permission {
	have := people.Of(roles...)
	var out []people.Permission
	for _, p := range people.Permissions() {
		if slices.Contains(have, p) || slices.Contains(more, p) {
			out = append(out, p)
		}
	}
	return out
}

func tokenShape(t store.APIToken, state string) Token {
	out := Token{Name: t.Name, State: state, Roles: t.Roles, Permissions: t.Permissions, MadeBy: t.MadeBy, MadeAt: t.MadeAt, Until: moment(t.Until), SeenAt: moment(t.SeenAt)}
	if out.Roles == nil {
		out.Roles = []people.Role{}
	}
	if out.Permissions == nil {
		out.Permissions = []people.Permission{}
	}
	return out
}

// RevokeToken ends a token at once.
func (a *App) RevokeToken(ctx context.Context, name string, by people.Actor) error {
	if err := by.May(people.ChangePeople); err != nil {
		return err
	}
	all, err := a.DB.APITokens(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.Name != name {
			continue
		}
		if err := by.MayGive(granted(t.Roles, t.Permissions)); err != nil {
			return err
		}
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		tx.Enter(connector.Entry{Actor: by.Name, Action: "token.revoked", Subject: "token:" + name})
		return tx.RemoveAPIToken(name)
	})
}

// Tokens lists the tokens, those that have ended too.
func (a *App) Tokens(ctx context.Context, by people.Actor) ([]Token, error) {
	if err := by.May(people.ReadPeople); err != nil {
		return nil, err
	}
	all, err := a.DB.APITokens(ctx)
	out := []Token{}
	for _, t := range all {
		state := "active"
		if !t.Until.IsZero() && !t.Until.After(a.Now()) {
			state = "expired"
		} else if may, err := a.mayOf(ctx, t); err != nil {
			return nil, err
		} else if len(may) == 0 {
			state = "idle"
		}
		out = append(out, tokenShape(t, state))
	}
	return out, err
}

// mayOf is what a token may do now: what it was given, as far as who made it after log-in may still do so. One that was made at the
// machine itself is tied to nobody.
func (a *App) mayOf(ctx context.Context, t store.APIToken) ([]people.Permission, error) {
	may := granted(t.Roles, t.Permissions)
	maker := people.LoggedIn(t.MadeBy)
	if maker == "" {
		return may, nil
	}
	p, err := a.DB.Person(ctx, maker)
	if connector.CodeOf(err) == connector.NotFound || err == nil && p.State != store.PersonActive {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	have := people.Of(p.Roles...)
	return slices.DeleteFunc(may, func(x people.Permission) bool { return !slices.Contains(have, x) }), nil
}

// TokenActor is who asks with a token. One that does not count, or no more, is an Error credentials.
func (a *App) TokenActor(ctx context.Context, secret string) (people.Actor, error) {
	refused := connector.Errorf(connector.Credentials, "read the token", "it is not one that counts").Advise("It was revoked, has ended, or is mistyped: an administrator makes another one.")
	if !strings.HasPrefix(secret, people.TokenPrefix) {
		return people.Actor{}, refused
	}
	t, found, err := a.DB.APIToken(ctx, people.HashSecret(secret))
	if err != nil {
		return people.Actor{}, err
	}
	if !found {
		return people.Actor{}, refused
	}
	may, err := a.mayOf(ctx, t)
	if err != nil {
		return people.Actor{}, err
	}
	if len(may) == 0 {
		return people.Actor{}, refused
	}
	if err := a.DB.SeenAPIToken(ctx, t); err != nil {
		a.Log.Warn("the use of a token could not be noted", "token", t.Name, "error", err)
	}
	return people.Token(people.Behind(t.MadeBy), t.Name, may), nil
}

// Lasts reads for how long something counts; 0 = for ever.
func Lasts(text string) (time.Duration, error) {
	if text == "never" {
		return 0, nil
	}
	d, err := engine.ParseDuration(text)
	if err != nil || d == 0 {
		return 0, connector.Errorf(connector.Invalid, "read how long it counts", "%q is no duration", text).Advise("Write 90d, 12h, or never.")
	}
	return d, nil
}
