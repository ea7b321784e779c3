package store

import (
	"context"
	"time"
)

// HoldToken takes, or beats, the turn to ask for a Connection's access token, for so long; false when somebody else has it. It
// gives what was left last, sealed, "" when nothing was.
func (db *DB) HoldToken(ctx context.Context, connection, owner string, lease time.Duration) (sealed string, held bool, err error) {
	const op = "take the turn to ask for a token"
	err = db.Tx(ctx, func(tx *Tx) error {
		n, err := tx.exec(op, `INSERT INTO tokens (connection, sealed, holder, held_until) VALUES ($1, '', $2, $3)
 ON CONFLICT (connection) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
 WHERE tokens.holder = '' OR tokens.holder = excluded.holder OR tokens.held_until <= $4 OR tokens.held_until > $5`,
			connection, owner, micros(tx.now.Add(lease)), micros(tx.now), micros(tx.now.Add(2*lease))) // a clock that was set back; one that is a little slower takes nothing away
		if held = n > 0; err != nil || !held {
			return err
		}
		_, err = one(tx, op, "SELECT sealed FROM tokens WHERE connection = $1", []any{connection}, &sealed)
		return err
	})
	return sealed, held, err
}

// LeaveToken ends the turn of an owner and keeps what it leaves. Where the turn has passed to another one, nothing is kept.
func (db *DB) LeaveToken(ctx context.Context, connection, owner, sealed string) error {
	return db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.exec("leave a token", "UPDATE tokens SET sealed = $3, holder = '', held_until = 0 WHERE connection = $1 AND holder = $2", connection, owner, sealed)
		return err
	})
}
