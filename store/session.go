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

// SessionIdle is how long a session lasts without a request.
const SessionIdle = 12 * time.Hour

// seenEvery is how much later a use must be than the last one that is noted.
const seenEvery = time.Minute

// Session is one browser in which somebody is logged in.
type Session struct {
	Hash, ID, Person string
	MadeAt           time.Time
	SeenAt           time.Time
	Until            time.Time
	Address, Agent   string
}

const sessionColumns = "s.hash, s.id, s.person, s.made_at, s.seen_at, s.until, s.address, s.agent"

func (s *Session) fields() (into []any, done func()) {
	var made, seen, until int64
	return []any{&s.Hash, &s.ID, &s.Person, &made, &seen, &until, &s.Address, &s.Agent}, func() {
		s.MadeAt, s.SeenAt, s.Until = timeOf(made), timeOf(seen), timeOf(until)
	}
}

// alive is the condition of a session that still counts, of a person who may be logged in.
const alive = "s.until > $1 AND s.seen_at > $2 AND p.state = 'active'"

// Session finds the session and its person by the hash of its secret; found is false when it does not count, or not any more.
func (db *DB) Session(ctx context.Context, hash string) (s Session, p Person, found bool, err error) {
	now := db.Now()
	into, done := s.fields()
	more, also := p.fields()
	found, err = one(db.view(ctx), "look for a session", "SELECT "+sessionColumns+", "+personColumns+" FROM sessions s JOIN people p ON p.name = s.person WHERE s.hash = $3 AND "+alive,
		[]any{micros(now), micros(now.Add(-SessionIdle)), hash}, append(into, more...)...)
	done()
	also()
	return s, p, found, err
}

// Sessions lists the sessions of a person that count, the last used first.
func (db *DB) Sessions(ctx context.Context, person string) ([]Session, error) {
	now := db.Now()
	out := []Session{}
	err := each(db.view(ctx), "read sessions", "SELECT "+sessionColumns+" FROM sessions s JOIN people p ON p.name = s.person WHERE s.person = $3 AND "+alive,
		[]any{micros(now), micros(now.Add(-SessionIdle)), person}, func(rows *sql.Rows) error {
			var s Session
			into, done := s.fields()
			err := rows.Scan(into...)
			done()
			out = append(out, s)
			return err
		})
	slices.SortFunc(out, func(a, b Session) int { return b.SeenAt.Compare(a.SeenAt) })
	return out, err
}

// BeginSession keeps a session that begins now, and lets go of those that have ended by themselves.
func (tx *Tx) BeginSession(s Session) error {
	const op = "begin a session"
	if _, err := tx.exec(op, "DELETE FROM sessions WHERE until <= $1 OR seen_at <= $2", micros(tx.now), micros(tx.now.Add(-SessionIdle))); err != nil {
		return err
	}
	_, err := tx.exec(op, "INSERT INTO sessions (hash, id, person, made_at, seen_at, until, address, agent) VALUES ($1, $2, $3, $4, $4, $5, $6, $7)",
		s.Hash, s.ID, s.Person, micros(tx.now), micros(s.Until), s.Address, s.Agent)
	return err
}

// SeenSession notes that a session was used, at most once a minute.
func (db *DB) SeenSession(ctx context.Context, s Session) error {
	if db.Now().Sub(s.SeenAt) < seenEvery {
		return nil
	}
	return db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.exec("note a session", "UPDATE sessions SET seen_at = $2 WHERE hash = $1 AND seen_at < $2", s.Hash, micros(tx.now))
		return err
	})
}

// EndSessions ends sessions of a person: the one of an ID, or with "" all, but that of a hash, and says how many.
func (tx *Tx) EndSessions(person, id, but string) (int, error) {
	n, err := tx.exec("end sessions", "DELETE FROM sessions WHERE person = $1 AND ($2 = '' OR id = $2) AND hash <> $3", person, id, but)
	return int(n), err
}

// EndSession ends the session with a hash; false when there is none.
func (tx *Tx) EndSession(hash string) (bool, error) {
	n, err := tx.exec("end a session", "DELETE FROM sessions WHERE hash = $1", hash)
	return n > 0, err
}

// EndAllSessions ends all sessions and all links.
func (tx *Tx) EndAllSessions() error {
	for _, table := range []string{"sessions", "invitations"} {
		if _, err := tx.exec("end all sessions", "DELETE FROM "+table); err != nil {
			return err
		}
	}
	return nil
}

// APIToken is a token with which a program asks.
type APIToken struct {
	Name, Hash  string
	Roles       []people.Role
	Permissions []people.Permission // beside those of the roles
	MadeBy      string
	MadeAt      time.Time
	Until       time.Time // zero = for ever
	SeenAt      time.Time
}

const apiTokenColumns = "name, hash, roles, permissions, made_by, made_at, until, seen_at"

func apiTokens(r reader, where string, args ...any) ([]APIToken, error) {
	out := []APIToken{}
	err := each(r, "read tokens", "SELECT "+apiTokenColumns+" FROM api_tokens "+where, args, func(rows *sql.Rows) error {
		var t APIToken
		var roles, permissions string
		var made, until, seen int64
		err := rows.Scan(&t.Name, &t.Hash, &roles, &permissions, &t.MadeBy, &made, &until, &seen)
		t.Roles, t.Permissions = wordsOf[people.Role](roles), wordsOf[people.Permission](permissions)
		t.MadeAt, t.Until, t.SeenAt = timeOf(made), timeOf(until), timeOf(seen)
		out = append(out, t)
		return err
	})
	slices.SortFunc(out, func(a, b APIToken) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

// APITokens lists all tokens by name, those that have ended too.
func (db *DB) APITokens(ctx context.Context) ([]APIToken, error) { return apiTokens(db.view(ctx), "") }

// APIToken finds a token that counts by the hash of its secret.
func (db *DB) APIToken(ctx context.Context, hash string) (t APIToken, found bool, err error) {
	list, err := apiTokens(db.view(ctx), "WHERE hash = $1 AND (until = 0 OR until > $2)", hash, micros(db.Now()))
	if err != nil || len(list) == 0 {
		return t, false, err
	}
	return list[0], true, nil
}

// AddAPIToken keeps a token; a name that one has is refused.
func (tx *Tx) AddAPIToken(t APIToken) error {
	const op = "add a token"
	n, err := tx.exec(op, "INSERT INTO api_tokens ("+apiTokenColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT (name) DO NOTHING",
		t.Name, t.Hash, words(t.Roles), words(t.Permissions), t.MadeBy, micros(tx.now), micros(t.Until))
	if err == nil && n == 0 {
		return connector.Errorf(connector.Conflict, op, "there is a token %s", t.Name).Advise("Revoke it first, or choose another name: `ml-connector token list`.")
	}
	return err
}

// SeenAPIToken notes that a token was used, at most once a minute.
func (db *DB) SeenAPIToken(ctx context.Context, t APIToken) error {
	if db.Now().Sub(t.SeenAt) < seenEvery {
		return nil
	}
	return db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.exec("note a token", "UPDATE api_tokens SET seen_at = $2 WHERE hash = $1 AND seen_at < $2", t.Hash, micros(tx.now))
		return err
	})
}

// RemoveAPIToken ends a token.
func (tx *Tx) RemoveAPIToken(name string) error {
	return tx.mustChange("revoke a token", "there is no token "+name, "DELETE FROM api_tokens WHERE name = $1", name)
}
