package app

import (
	"context"
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// Person is somebody who may log in.
type Person struct {
	Name     string        `json:"name"`
	State    string        `json:"state"` // active, disabled, invited: no password yet
	Roles    []people.Role `json:"roles"`
	MadeBy   string        `json:"made_by"`
	MadeAt   time.Time     `json:"made_at"`
	SeenAt   *time.Time    `json:"seen_at"`
	SignsOn  string        `json:"signs_on"` // the issuer of the identity provider at which they do, "" = none
	Sessions int           `json:"sessions"`
}

// PersonDetail is a person, and what they may do.
type PersonDetail struct {
	Person
	Permissions []people.Permission `json:"permissions"`
}

// Invitation is a link by which somebody sets a password, once. Its Secret is shown once, and kept nowhere.
type Invitation struct {
	Person string    `json:"person"` // "" = who becomes the first administrator
	Secret string    `json:"-"`
	Path   string    `json:"path"` // of the link, on this server
	URL    string    `json:"url"`
	Until  time.Time `json:"until"`
}

// invitationLasts is how long a link counts.
const invitationLasts = 24 * time.Hour

// metaListens is where the server listens that started last on this database.
const metaListens = "server.listens"

// Listening notes where this server listens: links that are made at the machine by another process begin with it.
func (a *App) Listening(ctx context.Context, scheme, address string) error {
	at := scheme + "://" + address
	if known, err := a.DB.Meta(ctx, metaListens); err != nil || known == at {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error { return tx.SetMeta(metaListens, at) })
}

// linkBeginning is the address that browsers find the server under: the one that is configured, else where it said that it listens.
func (a *App) linkBeginning(tx *store.Tx) (string, error) {
	if a.Process.Public.URL == "" {
		if at, err := tx.Meta(metaListens); err != nil || at != "" {
			return at, err
		}
	}
	return a.Process.PublicURL(), nil
}

// invite makes a link for a person, or with "" for the first administrator.
func (a *App) invite(tx *store.Tx, person string) (Invitation, error) {
	in := Invitation{Person: person, Secret: people.NewSecret(), Until: tx.Now().Add(invitationLasts)}
	in.Path = "/welcome/" + in.Secret
	beginning, err := a.linkBeginning(tx)
	if err != nil {
		return Invitation{}, err
	}
	in.URL = beginning + in.Path
	return in, tx.KeepInvitation(people.HashSecret(in.Secret), person, in.Until)
}

// FirstAdmin makes a link by which the first administrator gives name and password; nil once there is anybody.
func (a *App) FirstAdmin(ctx context.Context) (*Invitation, error) {
	var out *Invitation
	return out, a.DB.Tx(ctx, func(tx *store.Tx) error {
		all, err := tx.People()
		if err != nil || len(all) > 0 {
			return err
		}
		in, err := a.invite(tx, "")
		out = &in
		return err
	})
}

func subject(name string) string { return "person:" + name }

// AddPerson makes a person with roles, and a link by which they set their password.
func (a *App) AddPerson(ctx context.Context, name string, roles []people.Role, by people.Actor) (Invitation, error) {
	if err := by.May(people.ChangePeople); err != nil {
		return Invitation{}, err
	}
	if len(roles) == 0 {
		return Invitation{}, connector.Errorf(connector.Invalid, "add a person", "no role is given").Advise("Roles are %s.", people.Words(people.Roles()))
	}
	if err := by.MayGive(people.Of(roles...)); err != nil {
		return Invitation{}, err
	}
	name, err := people.ParseName(name)
	if err != nil {
		return Invitation{}, err
	}
	var out Invitation
	return out, a.DB.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.People(); err != nil { // the first link of all may be used just now
			return err
		}
		if err := tx.AddPerson(name, roles, by.Name); err != nil {
			return err
		}
		tx.Enter(connector.Entry{Actor: by.Name, Action: "person.added", Subject: subject(name), Details: map[string]string{"roles": people.Words(roles)}})
		out, err = a.invite(tx, name)
		return err
	})
}

// InvitePerson makes a new link for somebody who is there: for a first password, or for one that was forgotten. The link before
// counts no more.
func (a *App) InvitePerson(ctx context.Context, name string, by people.Actor) (Invitation, error) {
	var out Invitation
	return out, a.changePerson(ctx, name, by, func(tx *store.Tx, p *store.Person, _ []store.Person) (err error) {
		if p.State != store.PersonActive {
			return connector.Errorf(connector.Conflict, "invite a person", "%s is disabled", p.Name).Advise("First: ml-connector user enable %s", p.Name)
		}
		tx.Enter(connector.Entry{Actor: by.Name, Action: "person.invited", Subject: subject(p.Name)})
		out, err = a.invite(tx, p.Name)
		return err
	})
}

// changePerson changes one person in a transaction that sees who else there is. Nobody changes somebody who may do more than
// they: by a link for an administrator, they would be one.
func (a *App) changePerson(ctx context.Context, name string, by people.Actor, change func(*store.Tx, *store.Person, []store.Person) error) error {
	if err := by.May(people.ChangePeople); err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		all, err := tx.People()
		if err != nil {
			return err
		}
		p, err := tx.Person(name)
		if err != nil {
			return err
		}
		if err := by.MayGive(people.Of(p.Roles...)); err != nil {
			return err
		}
		if err := change(tx, &p, all); err != nil {
			return err
		}
		return tx.SavePerson(p)
	})
}

// othersAdmin refuses to take the last administrator away.
func othersAdmin(p store.Person, all []store.Person) error {
	if !slices.Contains(p.Roles, people.Admin) || p.State != store.PersonActive {
		return nil
	}
	for _, o := range all {
		if o.Name != p.Name && o.CanLogIn() && slices.Contains(o.Roles, people.Admin) {
			return nil
		}
	}
	return connector.Errorf(connector.Conflict, "change a person", "%s is the only administrator who can log in", p.Name).Advise("Make another one first.")
}

// SetRoles gives a person other roles. Their sessions end: whoever is there logs in anew.
func (a *App) SetRoles(ctx context.Context, name string, roles []people.Role, by people.Actor) error {
	return a.changePerson(ctx, name, by, func(tx *store.Tx, p *store.Person, all []store.Person) error {
		if len(roles) == 0 {
			return connector.Errorf(connector.Invalid, "change a person", "no role is given").Advise("To take all away: ml-connector user disable %s", p.Name)
		}
		if err := by.MayGive(people.Of(roles...)); err != nil {
			return err
		}
		if slices.Equal(roles, p.Roles) {
			return nil
		}
		if p.MadeBy == byGroups && a.Process.OIDC != nil && a.Process.OIDC.Roles != nil {
			return connector.Errorf(connector.Conflict, "change a person", "the roles of %s come from their groups at %s", p.Name, a.Process.OIDC.Name).
				Advise("Change the groups there, or `oidc.roles` in the configuration file.")
		}
		if !slices.Contains(roles, people.Admin) {
			if err := othersAdmin(*p, all); err != nil {
				return err
			}
		}
		tx.Enter(connector.Entry{Actor: by.Name, Action: "person.roles_changed", Subject: subject(p.Name), Details: map[string]string{"old": people.Words(p.Roles), "new": people.Words(roles)}})
		p.Roles = roles
		_, err := tx.EndSessions(p.Name, "", "")
		return err
	})
}

// Ended is what came of disabling or removing somebody: how many sessions ended, and which tokens they made that go on.
type Ended struct {
	Sessions int      `json:"sessions"`
	Tokens   []string `json:"tokens"`
}

// DisablePerson ends somebody's sessions and links, and lets them in no more; tokens that they made after log-in stop too.
func (a *App) DisablePerson(ctx context.Context, name string, by people.Actor) (Ended, error) {
	return a.endPerson(ctx, name, store.PersonDisabled, "person.disabled", by)
}

// RemovePerson is DisablePerson for good: the name stays taken, and is listed no more.
func (a *App) RemovePerson(ctx context.Context, name string, by people.Actor) (Ended, error) {
	return a.endPerson(ctx, name, store.PersonRemoved, "person.removed", by)
}

func (a *App) endPerson(ctx context.Context, name string, to store.PersonState, action string, by people.Actor) (Ended, error) {
	var out Ended
	err := a.changePerson(ctx, name, by, func(tx *store.Tx, p *store.Person, all []store.Person) (err error) {
		if p.State == to {
			return nil
		}
		if err := othersAdmin(*p, all); err != nil {
			return err
		}
		tx.Enter(connector.Entry{Actor: by.Name, Action: action, Subject: subject(p.Name)})
		p.State = to
		if to == store.PersonRemoved {
			p.Password = ""
		}
		if err := tx.EndInvitations(p.Name); err != nil {
			return err
		}
		out.Sessions, err = tx.EndSessions(p.Name, "", "")
		return err
	})
	if err != nil {
		return out, err
	}
	out.Tokens, err = a.tokensLeft(ctx, name)
	return out, err
}

// tokensLeft are the tokens that somebody made at the machine itself: they count whoever made them.
func (a *App) tokensLeft(ctx context.Context, person string) ([]string, error) {
	out := []string{}
	all, err := a.DB.APITokens(ctx)
	for _, t := range all {
		if people.Behind(t.MadeBy) == person && people.LoggedIn(t.MadeBy) == "" {
			out = append(out, t.Name)
		}
	}
	return out, err
}

// EnablePerson lets somebody in again who was disabled; they log in anew.
func (a *App) EnablePerson(ctx context.Context, name string, by people.Actor) error {
	return a.changePerson(ctx, name, by, func(tx *store.Tx, p *store.Person, _ []store.Person) error {
		if p.State == store.PersonActive {
			return nil
		}
		p.State = store.PersonActive
		tx.Enter(connector.Entry{Actor: by.Name, Action: "person.enabled", Subject: subject(p.Name)})
		_, err := tx.EndSessions(p.Name, "", "")
		return err
	})
}

// People lists who may log in.
func (a *App) People(ctx context.Context, by people.Actor) ([]Person, error) {
	if err := by.May(people.ReadPeople); err != nil {
		return nil, err
	}
	all, err := a.DB.People(ctx)
	if err != nil {
		return nil, err
	}
	out := []Person{}
	for _, p := range all {
		shape, err := a.personShape(ctx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, shape)
	}
	return out, nil
}

// PersonShown is one of them.
func (a *App) PersonShown(ctx context.Context, name string, by people.Actor) (PersonDetail, error) {
	if err := by.May(people.ReadPeople); err != nil {
		return PersonDetail{}, err
	}
	p, err := a.DB.Person(ctx, name)
	if err != nil {
		return PersonDetail{}, err
	}
	shape, err := a.personShape(ctx, p)
	return PersonDetail{shape, append([]people.Permission{}, people.Of(p.Roles...)...)}, err
}

func (a *App) personShape(ctx context.Context, p store.Person) (Person, error) {
	out := Person{Name: p.Name, State: string(p.State), Roles: p.Roles, MadeBy: p.MadeBy, MadeAt: p.MadeAt, SeenAt: moment(p.SeenAt), SignsOn: p.SignsOn}
	if p.State == store.PersonActive && !p.CanLogIn() {
		out.State = "invited"
	}
	sessions, err := a.DB.Sessions(ctx, p.Name)
	out.Sessions = len(sessions)
	return out, err
}
