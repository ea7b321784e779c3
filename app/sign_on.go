package app

import (
	"context"
	"net/url"
	"os"
	"time"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/people"
	"ml-connector/signon"
	"ml-connector/store"
)

// signedOnLasts is how long a session lasts at most that an identity provider began: who has left there is out here by then.
const signedOnLasts = 12 * time.Hour

// SignOnPath is where an identity provider sends browsers back to.
const SignOnPath = "/login/oidc/callback"

// SignsOn says what the way in by an identity provider is called, "" where there is none.
func (a *App) SignsOn() string {
	if a.Process.OIDC == nil {
		return ""
	}
	return a.Process.OIDC.Name
}

// SignOnReady says what keeps the configuration's identity provider from being asked; it asks nobody.
func (a *App) SignOnReady() error {
	if a.Process.OIDC == nil {
		return nil
	}
	_, err := a.provider()
	return err
}

// provider is the identity provider of the configuration; its secret is read when it is first needed.
func (a *App) provider() (*signon.Provider, error) {
	const op = "open the identity provider"
	c := a.Process.OIDC
	if c == nil {
		return nil, connector.Errorf(connector.NotFound, op, "there is none: the configuration has no `oidc`")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.signOn != nil {
		return a.signOn, nil
	}
	conf := signon.Config{Issuer: c.Issuer, ClientID: c.ClientID, Redirect: a.Process.PublicURL() + SignOnPath, Claim: c.Claim, Groups: c.Groups, Scopes: c.Scopes, Roles: c.Roles, Allow: c.Allow, Egress: a.Process.Egress, Now: a.Now}
	if c.ClientSecret != "" {
		secret, err := config.ReadSecret("oidc.client_secret", c.ClientSecret, a.Process.Dir, a.Known(true))
		if err != nil {
			return nil, err
		}
		conf.ClientSecret = string(secret)
	}
	if c.CA != "" {
		text, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, connector.Errorf(connector.Misconfigured, op, "the file of `oidc.ca` can't be read").Because(err)
		}
		conf.CA = text
	}
	p, err := signon.New(conf)
	a.signOn = p
	return p, err
}

// BeginSignOn says where a browser goes to sign on, and what it must bring back.
func (a *App) BeginSignOn(ctx context.Context) (signon.Pending, string, error) {
	p, err := a.provider()
	if err != nil {
		return signon.Pending{}, "", err
	}
	return p.Begin(ctx)
}

// SignOn lets somebody in whom the identity provider vouches for, and gives the secret of their session. Who is not known by their Identity is
// found by name: a person who was invited and has no other way in, or, where groups give roles, one who is made now.
func (a *App) SignOn(ctx context.Context, begun signon.Pending, back url.Values, o Origin) (secret string, err error) {
	id, err := a.identified(ctx, begun, back, o)
	if err != nil {
		return "", err
	}
	var out *connector.Error // what is stored although nobody gets in
	err = a.DB.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.People(); err != nil { // nobody else changes who there is
			return err
		}
		p, err := a.vouched(tx, id)
		if err != nil {
			return err
		}
		if p.State != store.PersonActive {
			return connector.Errorf(connector.Credentials, "", "You signed on as %s, who is disabled here.", p.Name).Advise("Ask an administrator.")
		}
		if out, err = rolesOf(tx, &p, id); err != nil || out != nil {
			return err
		}
		secret, err = a.begin(tx, p, signedOnLasts, o)
		return err
	})
	if err == nil && out != nil {
		err = out
	}
	if connector.CodeOf(err) == connector.Credentials {
		a.refusedLogIn(ctx, "", o)
	}
	return secret, err
}

// identified is who the provider says it is; that it says nobody leaves an Entry.
func (a *App) identified(ctx context.Context, begun signon.Pending, back url.Values, o Origin) (signon.Identity, error) {
	p, err := a.provider()
	if err != nil {
		return signon.Identity{}, err
	}
	id, err := p.Finish(ctx, begun, back)
	if connector.CodeOf(err) == connector.Credentials {
		a.refusedLogIn(ctx, "", o)
	}
	return id, err
}

// vouched finds or makes the person of an Identity.
func (a *App) vouched(tx *store.Tx, id signon.Identity) (store.Person, error) {
	at := store.Identity{Issuer: id.Issuer, Subject: id.Subject}
	name, err := tx.PersonOf(at)
	if err != nil {
		return store.Person{}, err
	}
	if name != "" {
		p, err := tx.Person(name)
		if connector.CodeOf(err) == connector.NotFound {
			err = connector.Errorf(connector.Credentials, "", "You signed on as %s, who was removed here.", name).Advise("Ask an administrator.")
		}
		return p, err
	}
	if name, err = people.ParseName(id.Name); err != nil {
		return store.Person{}, err
	}
	p, err := tx.Person(name)
	switch {
	case connector.CodeOf(err) == connector.NotFound && !id.ByGroups:
		return p, connector.Errorf(connector.Credentials, "", "You signed on as %s, who is nobody here.", name).
			Advise("An administrator lets you in: ml-connector user add %s --role ROLE", name)
	case connector.CodeOf(err) == connector.NotFound && len(id.Roles) == 0:
		return p, noGroup(name)
	case connector.CodeOf(err) == connector.NotFound:
		actor := people.User(name, nil).Name
		if err := tx.AddPerson(name, id.Roles, byGroups); err != nil {
			return p, err
		}
		tx.Enter(connector.Entry{Actor: actor, Action: "person.added", Subject: subject(name), Details: map[string]string{"roles": people.Words(id.Roles), "reason": "groups"}})
		if p, err = tx.Person(name); err != nil {
			return p, err
		}
	case err != nil:
		return p, err
	case p.Password != "" || p.SignsOn != "": // the name alone proves nothing: the provider may give it to somebody else
		return p, connector.Errorf(connector.Credentials, "", "You signed on as %s, who has another way in here.", name).
			Advise("Log in with the password, and connect the sign-on on the page of yourself; or an administrator forgets the sign-on before: ml-connector user forget-sign-on %s", name)
	}
	return p, identify(tx, at, p)
}

// identify says that an Identity is a person's; a link that lies around for them counts no more.
func identify(tx *store.Tx, id store.Identity, p store.Person) error {
	if err := tx.Identify(id, p.Name); err != nil {
		return err
	}
	tx.Enter(connector.Entry{Actor: people.User(p.Name, nil).Name, Action: "person.signs_on", Subject: subject(p.Name), Details: map[string]string{"issuer": id.Issuer}})
	return tx.EndInvitations(p.Name)
}

func noGroup(name string) *connector.Error {
	return connector.Errorf(connector.Credentials, "", "You signed on as %s, who is in no group that may do anything here.", name).
		Advise("Whoever keeps the groups at the provider puts you in one that `oidc.roles` names.")
}

// byGroups is who adds people at their first sign-on, and keeps their roles: nobody else's roles are changed by groups.
const byGroups = "groups"

// rolesOf gives somebody whom groups keep the roles of their groups; out says that there are none, and that they are out.
func rolesOf(tx *store.Tx, p *store.Person, id signon.Identity) (out *connector.Error, err error) {
	if !id.ByGroups || p.MadeBy != byGroups {
		return nil, nil
	}
	if len(id.Roles) == 0 {
		out = noGroup(p.Name)
	}
	if people.Words(id.Roles) == people.Words(p.Roles) {
		return out, nil
	}
	tx.Enter(connector.Entry{Actor: people.User(p.Name, nil).Name, Action: "person.roles_changed", Subject: subject(p.Name), Details: map[string]string{"old": people.Words(p.Roles), "new": people.Words(id.Roles), "reason": "groups"}})
	p.Roles = id.Roles
	if err := tx.SavePerson(*p); err != nil {
		return out, err
	}
	_, err = tx.EndSessions(p.Name, "", "")
	return out, err
}

// WaysIn says how who visits may get in.
func (a *App) WaysIn(ctx context.Context, v Visit) (password, signOn bool, err error) {
	p, err := a.DB.Person(ctx, v.Name)
	return p.Password != "", p.SignsOn != "", err
}

// BeginConnect is BeginSignOn for who has logged in and is to connect what they find there. It asks for the password: a browser that was
// left alone for a minute must not get a way in for ever.
func (a *App) BeginConnect(ctx context.Context, v Visit, password string, o Origin) (signon.Pending, string, error) {
	if _, err := a.proves(ctx, v, password, o); err != nil {
		return signon.Pending{}, "", err
	}
	return a.BeginSignOn(ctx)
}

// ConnectSignOn says that who visits is who the identity provider vouches for: from now on they may sign on there.
func (a *App) ConnectSignOn(ctx context.Context, v Visit, begun signon.Pending, back url.Values, o Origin) (as string, err error) {
	id, err := a.identified(ctx, begun, back, o)
	if err != nil {
		return "", err
	}
	return id.Name, a.DB.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.People(); err != nil {
			return err
		}
		p, err := tx.Person(v.Name)
		if err != nil {
			return err
		}
		if p.State != store.PersonActive {
			return errNoEntry()
		}
		at := store.Identity{Issuer: id.Issuer, Subject: id.Subject}
		if already, err := tx.PersonOf(at); err != nil || already == p.Name {
			return err
		}
		return identify(tx, at, p)
	})
}

// ForgetSignOn takes away that somebody signs on at an identity provider; their sessions end. They need a password then, or sign on once more by
// a link.
func (a *App) ForgetSignOn(ctx context.Context, name string, by people.Actor) error {
	return a.changePerson(ctx, name, by, func(tx *store.Tx, p *store.Person, all []store.Person) error {
		if p.Password == "" {
			if err := othersAdmin(*p, all); err != nil {
				return err
			}
		}
		if p.SignsOn == "" {
			return nil
		}
		if err := forget(tx, p.Name, by.Name); err != nil {
			return err
		}
		_, err := tx.EndSessions(p.Name, "", "")
		return err
	})
}

// forget takes away that somebody signs on, if they do.
func forget(tx *store.Tx, name, actor string) error {
	gone, err := tx.ForgetIdentity(name)
	if gone {
		tx.Enter(connector.Entry{Actor: actor, Action: "person.signs_on_no_more", Subject: subject(name)})
	}
	return err
}
