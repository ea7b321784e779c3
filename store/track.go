package store

import (
	"context"
	"database/sql"
	"time"

	connector "ml-connector"
)

// TrackDue lists the Deliveries of a Flow whose objects live on at the target: delivered, in step when they were decided
// again, or held because their life took a bad turn, not final, and to be looked at by now. It gives at most limit of them, oldest
// first, beginning behind the Delivery after.
func (db *DB) TrackDue(ctx context.Context, flow string, now time.Time, after int64, limit int) ([]connector.Delivery, error) {
	return deliveriesWhere(db.view(ctx), "WHERE d.stage NOT IN ('', 'paid') AND d.flow = $1 AND d.state IN ('delivered', 'unchanged', 'held') AND d.target_id <> '' AND d.follow_at <= $4 AND d.id > $2 ORDER BY d.id LIMIT $3",
		[]any{flow, after, int64(limit), micros(now)})
}

// PaidDue is [DB.TrackDue] of those that are paid, as far as they are to be looked at by now.
func (db *DB) PaidDue(ctx context.Context, flow string, now time.Time, after int64, limit int) ([]connector.Delivery, error) {
	return deliveriesWhere(db.view(ctx), "WHERE d.follow_at > 0 AND d.follow_at <= $4 AND d.stage = 'paid' AND d.flow = $1 AND d.state IN ('delivered', 'unchanged', 'held') AND d.id > $2 ORDER BY d.id LIMIT $3",
		[]any{flow, after, int64(limit), micros(now)})
}

// FollowAgain says when some are looked at next, unless they have another life by then; for what is paid, zero is never.
func (db *DB) FollowAgain(ctx context.Context, ids []int64, at time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	return db.Tx(ctx, func(tx *Tx) error {
		return chunks(ids, func(part []int64) error {
			args := []any{micros(at)}
			in := list(&args, part)
			_, err := tx.exec("say when lives are looked at next", "UPDATE deliveries SET follow_at = $1 WHERE stage <> '' AND id IN ("+in+")", args...)
			return err
		})
	})
}

// SetLife stores where a delivered object is in the target's own life, and the state that follows from it. What is neither
// delivered, in step nor held any more keeps its state.
func (tx *Tx) SetLife(id int64, life connector.Life, to connector.State, fail *connector.Error, at time.Time) error {
	const op = "store a life"
	b, err := tx.theOne(op, id)
	if err != nil {
		return err
	}
	tx.happenedAt(at)
	if err := tx.writeLife(id, life); err != nil {
		return err
	}
	e := connector.Entry{Action: "delivery." + string(to), Details: map[string]string{"stage": string(life.Stage)}}
	if b.state == to || b.state != connector.Delivered && b.state != connector.Unchanged && b.state != connector.Held {
		e.Action, e.Subject, e.Run, e.Delivery = "delivery.life", b.subject(), b.run, b.id
		tx.Enter(e)
		if to != connector.Held || b.state != to || fail == nil {
			return nil
		}
		_, err := tx.exec(op, "UPDATE deliveries SET error_code = $2, error = $3 WHERE id = $1", id, errorCode(fail), errorText(fail))
		return err
	}
	return tx.move([]brief{b}, to, fail, e)
}

// writeLife stores a life; one that is paid is looked at again, but not in the round that saw it.
func (tx *Tx) writeLife(id int64, life connector.Life) error {
	follow := int64(0)
	if life.Stage == connector.StagePaid {
		follow = micros(tx.now) + 1
	}
	_, err := tx.exec("store a life", "UPDATE deliveries SET stage = $2, life = $3, updated_at = $4, follow_at = $5 WHERE id = $1", id, string(life.Stage), asJSON(life, false), micros(tx.now), follow)
	return err
}

// Heal lets Deliveries wait again that the target rejected, at most limit times each, and says how many. What came out of
// doubt, or was rejected in the life after its delivery, is left to people.
func (db *DB) Heal(ctx context.Context, flow string, limit int, now time.Time) (int, error) {
	n := 0
	err := db.Tx(ctx, func(tx *Tx) error {
		tx.happenedAt(now)
		var ids []int64
		err := each(tx, "heal", `SELECT id FROM deliveries WHERE state IN ('held', 'blocked', 'in_doubt') AND state = 'held' AND flow = $1 AND error_code = 'rejected'
 AND healed < $2 AND doubted = 0 AND stage = '' ORDER BY id`, []any{flow, int64(limit)}, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		})
		n = len(ids)
		if err != nil || n == 0 {
			return err
		}
		if err := chunks(ids, func(part []int64) error {
			var args []any
			in := list(&args, part)
			_, err := tx.exec("heal", "UPDATE deliveries SET healed = healed + 1 WHERE id IN ("+in+")", args...)
			return err
		}); err != nil {
			return err
		}
		return tx.waitAgain(ids, connector.Entry{Action: "delivery.released", Details: map[string]string{"reason": "heal"}})
	})
	return n, err
}
