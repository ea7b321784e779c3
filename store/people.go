package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/people"
)

// PersonState says whether somebody may log in.
type PersonState string

// The states of a person.
const (
	PersonActive   PersonState = "active"
	PersonDisabled PersonState = "disabled"
	PersonRemoved  PersonState = "removed" // the name stays taken
)

// Person is somebody who may log in, or could once.
type Person struct {
	Name     string
	State    PersonState
	Roles    []people.Role
	Password string // its argon2id, "" none yet
	MadeBy   string
	MadeAt   time.Time
	SeenAt   time.Time // last log-in
	SignsOn  string    // the issuer at which they sign on, "" none
}

// CanLogIn says whether there is a way in for the person.
func (p Person) CanLogIn() bool {
	return p.State == PersonActive && (p.Password != "" || p.SignsOn != "")
}

const personColumns = "p.name, p.state, p.roles, p.password, p.made_by, p.made_at, p.seen_at, COALESCE((SELECT i.issuer FROM identities i WHERE i.person = p.name), '')"

// fields are where a row of personColumns goes; done makes the rest of it.
func (p *Person) fields() (into []any, done func()) {
	var roles string
	var made, seen int64
	return []any{&p.Name, &p.State, &roles, &p.Password, &p.MadeBy, &made, &seen, &p.SignsOn}, func() {
		p.Roles, p.MadeAt, p.SeenAt = wordsOf[people.Role](roles), timeOf(made), timeOf(seen)
	}
}

// wordsOf reads a list that is kept with blanks between.
func wordsOf[T ~string](text string) []T {
	out := []T{}
	for _, w := range strings.Fields(text) {
		out = append(out, T(w))
	}
	return out
}

func words[T ~string](list []T) string {
	return strings.ReplaceAll(people.Words(list), ",", "")
}

func peopleWhere(r reader, where string, args ...any) ([]Person, error) {
	var out []Person
	err := each(r, "read people", "SELECT "+personColumns+" FROM people p "+where, args, func(rows *sql.Rows) error {
		var p Person
		into, done := p.fields()
		err := rows.Scan(into...)
		done()
		out = append(out, p)
		return err
	})
	return out, err
}

func personByName(r reader, name string) (Person, error) {
	found, err := peopleWhere(r, "WHERE p.name = $1", name)
	if err != nil {
		return Person{}, err
	}
	if len(found) == 0 || found[0].State == PersonRemoved {
		return Person{}, connector.Errorf(connector.NotFound, "read a person", "there is nobody called %q", name).Advise("`ml-connector user list` shows who there is.")
	}
	return found[0], nil
}

// People lists everybody who was not removed, by name.
func (db *DB) People(ctx context.Context) ([]Person, error) {
	out, err := peopleWhere(db.view(ctx), "WHERE p.state <> 'removed'")
	slices.SortFunc(out, func(a, b Person) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

// Person is one person, or an Error not_found.
func (db *DB) Person(ctx context.Context, name string) (Person, error) {
	return personByName(db.view(ctx), name)
}

// Person is DB.Person as the transaction sees it.
func (tx *Tx) Person(name string) (Person, error) { return personByName(tx, name) }

// People lists everybody who was not removed, as the transaction sees them, and keeps other transactions from changing who
// there is until it ends.
func (tx *Tx) People() ([]Person, error) {
	if err := tx.gate("people", true); err != nil {
		return nil, err
	}
	return peopleWhere(tx, "WHERE p.state <> 'removed'")
}

// AddPerson makes a person, without a password. A name that somebody has or had is refused.
func (tx *Tx) AddPerson(name string, roles []people.Role, actor string) error {
	const op = "add a person"
	n, err := tx.exec(op, "INSERT INTO people (name, state, roles, password, made_by, made_at, seen_at) VALUES ($1, 'active', $2, '', $3, $4, 0) ON CONFLICT (name) DO NOTHING",
		name, words(roles), actor, micros(tx.now))
	if err == nil && n == 0 {
		return connector.Errorf(connector.Conflict, op, "the name %s is somebody's, or was", name).Advise("A name is never given to somebody else: choose another one, or look at `ml-connector user list`.")
	}
	return err
}

// SavePerson stores roles, state, password and last log-in of a person who is there.
func (tx *Tx) SavePerson(p Person) error {
	return tx.mustChange("save a person", "there is nobody of that name", "UPDATE people SET state = $2, roles = $3, password = $4, seen_at = $5 WHERE name = $1 AND state <> 'removed'",
		p.Name, string(p.State), words(p.Roles), p.Password, micros(p.SeenAt))
}

// KeepInvitation keeps the hash of a link by which a person sets a password; with "" the first administrator. Of a person only
// the last one counts.
func (tx *Tx) KeepInvitation(hash, person string, until time.Time) error {
	const op = "keep an invitation"
	if _, err := tx.exec(op, "DELETE FROM invitations WHERE until <= $1 OR person = $2 AND $2 <> ''", micros(tx.now), person); err != nil {
		return err
	}
	_, err := tx.exec(op, "INSERT INTO invitations (hash, person, until) VALUES ($1, $2, $3)", hash, person, micros(until))
	return err
}

// Invitation says for whom a link is, "" for the first administrator, and whether it still counts.
func (db *DB) Invitation(ctx context.Context, hash string) (person string, counts bool, err error) {
	counts, err = one(db.view(ctx), "look for an invitation", "SELECT person FROM invitations WHERE hash = $1 AND until > $2", []any{hash, micros(db.Now())}, &person)
	return person, counts, err
}

// UseInvitation ends a link, and says for whom it was; of two who use it at once, one finds it.
func (tx *Tx) UseInvitation(hash string) (person string, counts bool, err error) {
	const op = "use an invitation"
	if counts, err = one(tx, op, "SELECT person FROM invitations WHERE hash = $1 AND until > $2", []any{hash, micros(tx.now)}, &person); err != nil || !counts {
		return "", false, err
	}
	n, err := tx.exec(op, "DELETE FROM invitations WHERE hash = $1", hash)
	return person, n == 1, err
}

// EndInvitations ends the links of a person; with "" those of the first administrator.
func (tx *Tx) EndInvitations(person string) error {
	_, err := tx.exec("end invitations", "DELETE FROM invitations WHERE person = $1", person)
	return err
}
