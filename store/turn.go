package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

// TakeTurn takes, or keeps, the turn to do what one process at a time does; false while somebody else has it. doneAt is when it was
// done last, zero when never.
func (tx *Tx) TakeTurn(name, owner string, lease time.Duration) (doneAt time.Time, taken bool, err error) {
	const op = "take a turn"
	n, err := tx.exec(op, `INSERT INTO turns (name, holder, held_until, done_at) VALUES ($1, $2, $3, 0)
 ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
 WHERE turns.holder = '' OR turns.holder = excluded.holder OR turns.held_until <= $4 OR turns.held_until > $5`, name, owner, micros(tx.now.Add(lease)), micros(tx.now),
		micros(tx.now.Add(2*lease))) // a clock that was set back; one that is a little slower takes nothing away
	if err != nil || n == 0 {
		return doneAt, false, err
	}
	var done int64
	_, err = one(tx, op, "SELECT done_at FROM turns WHERE name = $1", []any{name}, &done)
	return timeOf(done), err == nil, err
}

// EndTurn ends a turn; done says that it was done now. Where it has passed to another one, nothing changes.
func (tx *Tx) EndTurn(name, owner string, done bool) error {
	query := "UPDATE turns SET holder = '', held_until = 0 WHERE name = $1 AND holder = $2"
	args := []any{name, owner}
	if done {
		query = "UPDATE turns SET holder = '', held_until = 0, done_at = $3 WHERE name = $1 AND holder = $2"
		args = append(args, micros(tx.now))
	}
	_, err := tx.exec("end a turn", query, args...)
	return err
}

// TurnDone is when something was done last, zero when never.
func (db *DB) TurnDone(ctx context.Context, name string) (time.Time, error) {
	var done int64
	_, err := one(db.view(ctx), "read a turn", "SELECT done_at FROM turns WHERE name = $1", []any{name}, &done)
	return timeOf(done), err
}

// Keyholder is one process that opens secrets, and the keys that it has.
type Keyholder struct {
	Owner  string
	Keys   []string
	BeatAt time.Time
}

// BeatKeyholder notes which keys a living process has.
func (tx *Tx) BeatKeyholder(owner string, keys []string) error {
	_, err := tx.exec("note which keys a process has", `INSERT INTO keyholders (owner, keys, beat_at) VALUES ($1, $2, $3)
 ON CONFLICT (owner) DO UPDATE SET keys = excluded.keys, beat_at = excluded.beat_at`, owner, strings.Join(keys, " "), micros(tx.now))
	return err
}

// EndKeyholder notes that a process is gone, or takes those away whose last beat is that old.
func (tx *Tx) EndKeyholder(owner string, age time.Duration) error {
	_, err := tx.exec("forget a process", "DELETE FROM keyholders WHERE owner = $1 OR beat_at <= $2", owner, micros(tx.now.Add(-age)))
	return err
}

// Keyholders lists the processes whose last beat is younger than an age.
func (db *DB) Keyholders(ctx context.Context, age time.Duration) ([]Keyholder, error) {
	var out []Keyholder
	now := db.Now()
	err := each(db.view(ctx), "read which keys processes have", "SELECT owner, keys, beat_at FROM keyholders WHERE beat_at > $1 AND beat_at < $2",
		[]any{micros(now.Add(-age)), micros(now.Add(age))}, func(rows *sql.Rows) error {
			var k Keyholder
			var keys string
			var at int64
			err := rows.Scan(&k.Owner, &keys, &at)
			k.Keys, k.BeatAt = strings.Fields(keys), timeOf(at)
			out = append(out, k)
			return err
		})
	slices.SortFunc(out, func(a, b Keyholder) int { return strings.Compare(a.Owner, b.Owner) })
	return out, err
}

// Sealed is one text that the Vault sealed, wherever it is kept.
type Sealed struct {
	Table      string // secrets, tokens or channels
	Connection string // or the name of the channel
	Name       string // of the secret, "" of others
	Text       string
}

// EachSealed lists everything that the Vault sealed.
func (db *DB) EachSealed(ctx context.Context) ([]Sealed, error) {
	var out []Sealed
	err := each(db.view(ctx), "read what is sealed", `SELECT 'secrets', connection, name, sealed FROM secrets UNION ALL SELECT 'tokens', connection, '', sealed FROM tokens WHERE sealed <> ''
 UNION ALL SELECT 'channels', name, '', sealed FROM channels WHERE sealed <> ''`, nil, func(rows *sql.Rows) error {
		var s Sealed
		err := rows.Scan(&s.Table, &s.Connection, &s.Name, &s.Text)
		out = append(out, s)
		return err
	})
	slices.SortFunc(out, func(a, b Sealed) int {
		return strings.Compare(a.Table+" "+a.Connection+" "+a.Name, b.Table+" "+b.Connection+" "+b.Name)
	})
	return out, err
}

// Reseal puts another sealed text of the same secret in the place of one, if that is still there. When it was set, and what the last
// Check of its Connection said, stays.
func (tx *Tx) Reseal(was Sealed, text string) (done bool, err error) {
	const op = "put a secret that was wrapped anew in its place"
	var n int64
	switch was.Table {
	case "secrets":
		n, err = tx.exec(op, "UPDATE secrets SET sealed = $4 WHERE connection = $1 AND name = $2 AND sealed = $3", was.Connection, was.Name, was.Text, text)
	case "tokens":
		n, err = tx.exec(op, "UPDATE tokens SET sealed = $3 WHERE connection = $1 AND sealed = $2", was.Connection, was.Text, text)
	case "channels":
		n, err = tx.exec(op, "UPDATE channels SET sealed = $3 WHERE name = $1 AND sealed = $2", was.Connection, was.Text, text)
	default:
		err = connector.Errorf(connector.Internal, op, "there is no such table")
	}
	return n > 0, err
}

// Meta is a setting of this installation as the transaction sees it, "" when it is not set.
func (tx *Tx) Meta(key string) (string, error) {
	var value string
	_, err := one(tx, "read a setting", "SELECT value FROM meta WHERE key = $1"+tx.db.dialect.lock("meta"), []any{key}, &value)
	return value, err
}
