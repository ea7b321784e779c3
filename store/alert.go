package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

// Channel is one way in which people are told what needs them.
type Channel struct {
	Name     string
	Kind     string // email, webhook, slack
	Settings map[string]string
	Sealed   string // its secret; "" = none
	Address  string // that the secret is bound to
	SetAt    time.Time
}

// Channels lists the ways in which people are told, by name.
func (db *DB) Channels(ctx context.Context) ([]Channel, error) {
	var out []Channel
	err := each(db.view(ctx), "read the channels", "SELECT name, kind, settings, sealed, address, set_at FROM channels", nil, func(rows *sql.Rows) error {
		var c Channel
		var settings string
		var at int64
		if err := rows.Scan(&c.Name, &c.Kind, &settings, &c.Sealed, &c.Address, &at); err != nil {
			return err
		}
		c.SetAt = timeOf(at)
		out = append(out, c)
		return fromJSON(settings, &out[len(out)-1].Settings)
	})
	slices.SortFunc(out, func(a, b Channel) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

// SaveChannel adds or changes a channel.
func (tx *Tx) SaveChannel(c Channel) error {
	_, err := tx.exec("save the channel "+c.Name, `INSERT INTO channels (name, kind, settings, sealed, address, set_at) VALUES ($1, $2, $3, $4, $5, $6)
 ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, settings = excluded.settings, sealed = excluded.sealed, address = excluded.address, set_at = excluded.set_at`,
		c.Name, c.Kind, asJSON(c.Settings, false), c.Sealed, c.Address, micros(tx.now))
	return err
}

// DropChannel takes a channel away, with what waits to be sent by it.
func (tx *Tx) DropChannel(name string) error {
	const op = "drop a channel"
	if _, err := tx.exec(op, "UPDATE notices SET due_at = 0 WHERE channel = $1 AND due_at > 0", name); err != nil {
		return err
	}
	_, err := tx.exec(op, "DELETE FROM channels WHERE name = $1", name)
	return err
}

// Alert is one cause for which people are told.
type Alert struct {
	ID      int64
	Cause   string // connection.paused, held, ledger.broken …
	Subject string // flow:invoices, connection:erp, ledger
	Message string
	Hint    string
	BeganAt time.Time
	OverAt  time.Time // zero as long as it lasts
	ToldAt  time.Time // last; zero before
	Ended   bool      // there is nothing more to tell of it
}

const alertColumns = "id, cause, subject, message, hint, began_at, over_at, told_at, ended"

func alertsWhere(r reader, where string, args ...any) ([]Alert, error) {
	var out []Alert
	err := each(r, "read alerts", "SELECT "+alertColumns+" FROM alerts "+where, args, func(rows *sql.Rows) error {
		var a Alert
		var began, over, told, ended int64
		err := rows.Scan(&a.ID, &a.Cause, &a.Subject, &a.Message, &a.Hint, &began, &over, &told, &ended)
		a.BeganAt, a.OverAt, a.ToldAt, a.Ended = timeOf(began), timeOf(over), timeOf(told), ended == 1
		out = append(out, a)
		return err
	})
	return out, err
}

// Alerts lists alerts, the newest first; 0 = all.
func (db *DB) Alerts(ctx context.Context, limit int) ([]Alert, error) {
	var q conditions
	first := q.limit(limit)
	return alertsWhere(db.view(ctx), "ORDER BY id DESC"+first, q.args...)
}

// OpenAlerts lists the alerts that last, or of which it is still to be told that they are over.
func (tx *Tx) OpenAlerts() ([]Alert, error) {
	return alertsWhere(tx, "WHERE ended = 0 ORDER BY id")
}

// LastingAlerts counts the alerts that last.
func (db *DB) LastingAlerts(ctx context.Context) (int, error) {
	var n int64
	_, err := one(db.view(ctx), "count alerts", "SELECT COUNT(*) FROM alerts WHERE ended = 0 AND over_at = 0", nil, &n)
	return int(n), err
}

// SaveAlert adds an alert when it has no ID, which it gets, or changes one.
func (tx *Tx) SaveAlert(a *Alert) (err error) {
	const op = "save an alert"
	if a.ID == 0 {
		if a.ID, err = tx.nextIDs("alert", 1); err != nil {
			return err
		}
		_, err = tx.exec(op, "INSERT INTO alerts ("+alertColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			a.ID, a.Cause, a.Subject, a.Message, a.Hint, micros(a.BeganAt), micros(a.OverAt), micros(a.ToldAt), bit(a.Ended))
		return err
	}
	_, err = tx.exec(op, "UPDATE alerts SET message = $2, hint = $3, over_at = $4, told_at = $5, ended = $6 WHERE id = $1", a.ID, a.Message, a.Hint, micros(a.OverAt), micros(a.ToldAt), bit(a.Ended))
	return err
}

// Notice is one message for one channel.
type Notice struct {
	ID       int64
	Channel  string
	Body     string // JSON of the one who made it
	MadeAt   time.Time
	DueAt    time.Time // zero when it was sent, or given up
	Attempts int
	SentAt   time.Time
	Err      *connector.Error // of the last attempt
}

// AddNotice adds a message that waits to be sent.
func (tx *Tx) AddNotice(n Notice) (int64, error) {
	id, err := tx.nextIDs("notice", 1)
	if err != nil {
		return 0, err
	}
	if n.DueAt.IsZero() {
		n.DueAt = tx.now
	}
	_, err = tx.exec("add a message", "INSERT INTO notices (id, channel, body, made_at, due_at, attempts, sent_at, error, holder, held_until) VALUES ($1, $2, $3, $4, $5, 0, 0, '', '', 0)",
		id, n.Channel, n.Body, micros(tx.now), micros(n.DueAt))
	return id, err
}

const noticeColumns = "id, channel, body, made_at, due_at, attempts, sent_at, error"

func noticesWhere(r reader, where string, args ...any) ([]Notice, error) {
	var out []Notice
	err := each(r, "read messages", "SELECT "+noticeColumns+" FROM notices "+where, args, func(rows *sql.Rows) error {
		var n Notice
		var made, due, attempts, sent int64
		var fail string
		err := rows.Scan(&n.ID, &n.Channel, &n.Body, &made, &due, &attempts, &sent, &fail)
		if err != nil {
			return err
		}
		n.MadeAt, n.DueAt, n.Attempts, n.SentAt = timeOf(made), timeOf(due), int(attempts), timeOf(sent)
		n.Err, err = errorOf(fail)
		out = append(out, n)
		return err
	})
	return out, err
}

// Notices lists messages, the newest first; 0 = all.
func (db *DB) Notices(ctx context.Context, limit int) ([]Notice, error) {
	var q conditions
	first := q.limit(limit)
	return noticesWhere(db.view(ctx), "ORDER BY id DESC"+first, q.args...)
}

// NoticesDue counts the messages that are due.
func (db *DB) NoticesDue(ctx context.Context) (int, error) {
	var n int64
	_, err := one(db.view(ctx), "count messages", "SELECT COUNT(*) FROM notices WHERE due_at > 0 AND due_at <= $1", []any{micros(db.Now())}, &n)
	return int(n), err
}

// TakeNotice takes the oldest message that is due and that nobody sends, for so long: one process alone has it. Nil = there is none.
func (tx *Tx) TakeNotice(owner string, lease time.Duration) (*Notice, error) {
	found, err := noticesWhere(tx, "WHERE due_at > 0 AND due_at <= $1 AND (holder = '' OR held_until <= $1) ORDER BY due_at, id LIMIT 1"+tx.db.dialect.lock("notices"), micros(tx.now))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	n := found[0]
	n.Attempts++
	_, err = tx.exec("take a message", "UPDATE notices SET holder = $2, held_until = $3, attempts = $4 WHERE id = $1", n.ID, owner, micros(tx.now.Add(lease)), int64(n.Attempts))
	return &n, err
}

// SettleNotice notes what came of sending a message: it was sent, it is due again, or it is given up. False when it has passed to
// another process.
func (tx *Tx) SettleNotice(n Notice, owner string) (bool, error) {
	done, err := tx.exec("settle a message", "UPDATE notices SET due_at = $3, sent_at = $4, error = $5, holder = '', held_until = 0 WHERE id = $1 AND holder = $2",
		n.ID, owner, micros(n.DueAt), micros(n.SentAt), errorText(n.Err))
	return done > 0, err
}

// ForgetAlerts removes what is long over: alerts and messages of which nothing is open. The ledger keeps that they were.
func (tx *Tx) ForgetAlerts(before time.Time) error {
	if _, err := tx.exec("forget messages", "DELETE FROM notices WHERE due_at = 0 AND made_at < $1", micros(before)); err != nil {
		return err
	}
	_, err := tx.exec("forget alerts", "DELETE FROM alerts WHERE ended = 1 AND over_at < $1", micros(before))
	return err
}

// LastGood is when the last Run of a Flow ended well that read a window or the whole; zero when none did.
func (db *DB) LastGood(ctx context.Context, flow string) (time.Time, error) {
	var at int64
	_, err := one(db.view(ctx), "read the last good Run", "SELECT ended_at FROM runs WHERE flow = $1 AND ended_at > 0 AND error = '' AND window_from <> window_to AND cause <> $2 ORDER BY id DESC LIMIT 1",
		[]any{flow, string(connector.TriggerDryRun)}, &at)
	return timeOf(at), err
}
