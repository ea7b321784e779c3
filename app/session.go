package app

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// sessionLasts is how long a session lasts at most.
const sessionLasts = 7 * 24 * time.Hour

// Origin is from where somebody logs in.
type Origin struct {
	Address string // of the browser
	Agent   string // what it says of itself
}

// Session is one browser in which somebody is logged in.
type Session struct {
	ID      string    `json:"id"`
	MadeAt  time.Time `json:"made_at"`
	SeenAt  time.Time `json:"seen_at"`
	Until   time.Time `json:"until"`
	Address string    `json:"address"`
	Agent   string    `json:"agent"`
	Own     bool      `json:"-"` // the one that asks
}

// Visit is somebody who is logged in, as one request finds them.
type Visit struct {
	Actor   people.Actor
	Name    string
	Roles   []people.Role
	Session string // its ID
	hash    string
}

// errNoEntry is what everybody is told who does not get in by name and password, whatever is wrong.
func errNoEntry() *connector.Error {
	return connector.Errorf(connector.Credentials, "", "This name and this password do not fit together.").
		Advise("Try again. If the password is forgotten, an administrator sends a new link.")
}

// hashing is how many passwords are hashed at the same time: each takes memory and a core.
const hashing = 2

// LogIn lets somebody in by name and password, and gives the secret of their session. Whoever is not there is answered like, and as
// late as, one whose password is wrong.
func (a *App) LogIn(ctx context.Context, name, password string, o Origin) (secret string, err error) {
	now := a.Now()
	known, err := people.ParseName(name)
	if err != nil {
		known = "" // answered like any other that is not there
	}
	if err := a.attempt(known, o, now); err != nil {
		return "", err
	}
	var p store.Person
	if known != "" {
		if p, err = a.DB.Person(ctx, known); err != nil && connector.CodeOf(err) != connector.NotFound {
			return "", err
		}
	}
	hash := p.Password
	if p.State != store.PersonActive || hash == "" {
		hash = people.Nobody()
	}
	ok, weak, err := a.fits(ctx, hash, password)
	if err != nil {
		return "", err
	}
	if !ok {
		a.refusedLogIn(ctx, p.Name, o)
		return "", errNoEntry()
	}
	fresh := hash
	if weak {
		fresh = people.HashPassword(password)
	}
	err = a.DB.Tx(ctx, func(tx *store.Tx) error {
		now, err := tx.Person(known)
		if err != nil || now.State != store.PersonActive || now.Password != hash { // changed while it was compared
			return errNoEntry()
		}
		now.Password = fresh
		secret, err = a.begin(tx, now, sessionLasts, o)
		return err
	})
	if err == nil {
		a.logins.passed(known, o.Address, now)
	}
	return secret, err
}

// fits compares a password with a hash, not too many at a time.
func (a *App) fits(ctx context.Context, hash, password string) (ok, weak bool, err error) {
	leave, err := a.hashes.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	ok, weak = people.CheckPassword(hash, password)
	return ok, weak, nil
}

// hashed is the hash of a new password, not too many at a time.
func (a *App) hashed(ctx context.Context, password string) (string, error) {
	leave, err := a.hashes.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return people.HashPassword(password), nil
}

// begin begins a session of a person, and gives its secret, which is kept nowhere.
func (a *App) begin(tx *store.Tx, p store.Person, lasts time.Duration, o Origin) (string, error) {
	secret := people.NewSecret()
	p.SeenAt = tx.Now()
	if err := tx.SavePerson(p); err != nil {
		return "", err
	}
	s := store.Session{Hash: people.HashSecret(secret), ID: strings.ToLower(rand.Text()[:12]), Person: p.Name, Until: tx.Now().Add(lasts), Address: o.Address, Agent: short(o.Agent)}
	tx.Enter(connector.Entry{Actor: people.User(p.Name, nil).Name, Action: "session.begun", Subject: subject(p.Name), Details: map[string]string{"session": s.ID}})
	return secret, tx.BeginSession(s)
}

// Refused log-ins leave Entries, but not many: who can't prove who they are must not fill the ledger.
const (
	refusalsFrom  = 1 // an hour and address
	refusalsInAll = 20
)

// refusedLogIn leaves an Entry of a log-in that was refused. Whether the name is somebody's makes no difference but in the Entry: a
// name that is nobody's may be a password in the wrong field.
func (a *App) refusedLogIn(ctx context.Context, name string, o Origin) {
	now := a.Now().Truncate(time.Hour)
	a.mu.Lock()
	if a.refusedLogIns.hour != now {
		a.refusedLogIns.hour, a.refusedLogIns.all, a.refusedLogIns.from = now, 0, map[string]int{}
	}
	tell := a.refusedLogIns.all < refusalsInAll && a.refusedLogIns.from[o.Address] < refusalsFrom
	if tell {
		a.refusedLogIns.all++
		a.refusedLogIns.from[o.Address]++
	}
	a.mu.Unlock()
	if !tell {
		return
	}
	of := "people"
	if name != "" {
		of = subject(name)
	}
	a.Log.Warn("a log-in was refused; more of them from there are not told within the hour", "of", of, "address", o.Address)
	err := a.DB.Tx(ctx, func(tx *store.Tx) error {
		tx.Enter(connector.Entry{Actor: "log-in", Action: "session.refused", Subject: of, Details: map[string]string{"code": string(connector.Credentials)}})
		return nil
	})
	if err != nil {
		a.Log.Error("a refused log-in could not be noted", "error", err)
	}
}

// Visit finds who is logged in by the secret of a session. Not found, they are not, or no more.
func (a *App) Visit(ctx context.Context, secret string) (v Visit, found bool, err error) {
	if secret == "" {
		return v, false, nil
	}
	s, p, found, err := a.DB.Session(ctx, people.HashSecret(secret))
	if err != nil || !found {
		return v, false, err
	}
	if err := a.DB.SeenSession(ctx, s); err != nil {
		a.Log.Warn("the use of a session could not be noted", "error", err)
	}
	return Visit{Actor: people.User(p.Name, p.Roles), Name: p.Name, Roles: p.Roles, Session: s.ID, hash: s.Hash}, true, nil
}

// LogOut ends the session of a visit.
func (a *App) LogOut(ctx context.Context, v Visit) error {
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		ended, err := tx.EndSession(v.hash)
		if ended {
			tx.Enter(connector.Entry{Actor: v.Actor.Name, Action: "session.ended", Subject: subject(v.Name), Details: map[string]string{"session": v.Session}})
		}
		return err
	})
}

// OwnSessions lists the sessions of who visits.
func (a *App) OwnSessions(ctx context.Context, v Visit) ([]Session, error) {
	return a.sessionsOf(ctx, v.Name, v.hash)
}

// Sessions lists the sessions of somebody.
func (a *App) Sessions(ctx context.Context, name string, by people.Actor) ([]Session, error) {
	if err := by.May(people.ReadPeople); err != nil {
		return nil, err
	}
	if _, err := a.DB.Person(ctx, name); err != nil {
		return nil, err
	}
	return a.sessionsOf(ctx, name, "")
}

func (a *App) sessionsOf(ctx context.Context, name, own string) ([]Session, error) {
	list, err := a.DB.Sessions(ctx, name)
	out := []Session{}
	for _, s := range list {
		out = append(out, Session{ID: s.ID, MadeAt: s.MadeAt, SeenAt: s.SeenAt, Until: s.Until, Address: s.Address, Agent: s.Agent, Own: s.Hash == own})
	}
	return out, err
}

// EndOwnSessions ends one session of who visits, or with "" all but the present one.
func (a *App) EndOwnSessions(ctx context.Context, v Visit, id string) (int, error) {
	but := ""
	if id == "" {
		but = v.hash
	}
	return a.endSessions(ctx, v.Name, id, but, v.Actor.Name)
}

// EndSessions ends one session of somebody, or with "" all.
func (a *App) EndSessions(ctx context.Context, name, id string, by people.Actor) (int, error) {
	if err := by.May(people.ChangePeople); err != nil {
		return 0, err
	}
	p, err := a.DB.Person(ctx, name)
	if err != nil {
		return 0, err
	}
	if err := by.MayGive(people.Of(p.Roles...)); err != nil {
		return 0, err
	}
	return a.endSessions(ctx, name, id, "", by.Name)
}

func (a *App) endSessions(ctx context.Context, name, id, but, actor string) (n int, err error) {
	return n, a.DB.Tx(ctx, func(tx *store.Tx) error {
		n, err = tx.EndSessions(name, id, but)
		if err != nil {
			return err
		}
		if n == 0 && id != "" {
			return connector.Errorf(connector.NotFound, "end a session", "%s has no session %q", name, short(id))
		}
		if n > 0 {
			details := map[string]string{"session": id}
			if id == "" {
				details = map[string]string{"session": "all others"}
				if but == "" {
					details = map[string]string{"session": "all"}
				}
			}
			tx.Enter(connector.Entry{Actor: actor, Action: "session.ended", Subject: subject(name), Details: details})
		}
		return nil
	})
}

// errLink is what everybody is told whose link does not count.
func errLink() *connector.Error {
	return connector.Errorf(connector.NotFound, "", "This link does not count, or no more.").
		Advise("A link counts once, and for a day. An administrator makes a new one: ml-connector user invite NAME. While there is nobody yet, `serve` prints one when it starts.")
}

// Welcome says for whom a link is, "" for the first administrator. It does not use it up.
func (a *App) Welcome(ctx context.Context, secret string) (person string, err error) {
	person, counts, err := a.DB.Invitation(ctx, people.HashSecret(secret))
	if err == nil && !counts {
		err = errLink()
	}
	return person, err
}

// AcceptInvitation sets a password by a link, which counts no more then, and lets the person in: their other sessions end. By the link of the first
// administrator they give their name too, and only one of all that try becomes it.
func (a *App) AcceptInvitation(ctx context.Context, secret, name, password string, o Origin) (session string, err error) {
	person, err := a.Welcome(ctx, secret)
	if err != nil {
		return "", err
	}
	if person != "" {
		name = person
	} else if name, err = people.ParseName(name); err != nil {
		return "", err
	}
	if err := people.CheckNewPassword(name, password); err != nil {
		return "", err
	}
	hash, err := a.hashed(ctx, password)
	if err != nil {
		return "", err
	}
	err = a.DB.Tx(ctx, func(tx *store.Tx) error {
		all, err := tx.People()
		if err != nil {
			return err
		}
		used, counts, err := tx.UseInvitation(people.HashSecret(secret))
		if err != nil {
			return err
		}
		if !counts || used != person || person == "" && len(all) > 0 {
			return errLink()
		}
		actor := people.User(name, nil).Name
		if person == "" {
			if err := tx.AddPerson(name, []people.Role{people.Admin}, actor); err != nil {
				return err
			}
			tx.Enter(connector.Entry{Actor: actor, Action: "person.added", Subject: subject(name), Details: map[string]string{"roles": string(people.Admin), "reason": "first administrator"}})
			if err := tx.EndInvitations(""); err != nil {
				return err
			}
		}
		p, err := tx.Person(name)
		if err != nil || p.State != store.PersonActive {
			return errLink()
		}
		if _, err := tx.EndSessions(name, "", ""); err != nil {
			return err
		}
		if err := forget(tx, p.Name, actor); err != nil { // whoever had the account before has no way left
			return err
		}
		p.Password = hash
		tx.Enter(connector.Entry{Actor: actor, Action: "password.set", Subject: subject(name), Details: map[string]string{"reason": "link"}})
		session, err = a.begin(tx, p, sessionLasts, o)
		return err
	})
	return session, err
}

// attempt counts an attempt as failed, or says that it comes too soon.
func (a *App) attempt(name string, o Origin, now time.Time) error {
	wait := a.logins.attempt(name, o.Address, now)
	if wait <= 0 {
		return nil
	}
	e := connector.Errorf(connector.Throttled, "", "Too many attempts did not fit.").Advise("Wait %s and try again.", wait.Round(time.Second)+time.Second)
	e.Wait = wait
	return e
}

// proves holds that who visits knows their password, and gives them as they were when it was compared.
func (a *App) proves(ctx context.Context, v Visit, password string, o Origin) (p store.Person, err error) {
	if err := a.attempt(v.Name, o, a.Now()); err != nil {
		return p, err
	}
	if p, err = a.DB.Person(ctx, v.Name); err != nil {
		return p, err
	}
	ok, _, err := a.fits(ctx, p.Password, password)
	if err != nil {
		return p, err
	}
	if !ok {
		return p, connector.Errorf(connector.Invalid, "", "The present password is not this one.")
	}
	a.logins.passed(v.Name, o.Address, a.Now())
	return p, nil
}

// ChangePassword sets a new password of who visits and knows the old one. All their sessions end, and a new one begins.
func (a *App) ChangePassword(ctx context.Context, v Visit, old, password string, o Origin) (session string, err error) {
	p, err := a.proves(ctx, v, old, o)
	if err != nil {
		return "", err
	}
	if err := people.CheckNewPassword(v.Name, password); err != nil {
		return "", err
	}
	hash, err := a.hashed(ctx, password)
	if err != nil {
		return "", err
	}
	err = a.DB.Tx(ctx, func(tx *store.Tx) error {
		now, err := tx.Person(v.Name)
		if err != nil {
			return err
		}
		if now.State != store.PersonActive || now.Password != p.Password {
			return errNoEntry()
		}
		if _, err := tx.EndSessions(v.Name, "", ""); err != nil {
			return err
		}
		now.Password = hash
		tx.Enter(connector.Entry{Actor: v.Actor.Name, Action: "password.set", Subject: subject(v.Name), Details: map[string]string{"reason": "changed"}})
		session, err = a.begin(tx, now, sessionLasts, o)
		return err
	})
	return session, err
}

// places lets so many in at a time.
type places chan struct{}

func (p places) enter(ctx context.Context) (leave func(), err error) {
	select {
	case p <- struct{}{}:
		return func() { <-p }, nil
	case <-ctx.Done():
		return nil, connector.Errorf(connector.Unavailable, "", "broken off before its turn came").Because(ctx.Err())
	}
}
