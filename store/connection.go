package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

const connectionColumns = "name, system, settings, pause, checked_at, steps, whole_at"

func scanConnection(rows *sql.Rows) (connector.Connection, error) {
	var c connector.Connection
	var settings, pause, steps, whole string
	var checked int64
	if err := rows.Scan(&c.Name, &c.System, &settings, &pause, &checked, &steps, &whole); err != nil {
		return c, err
	}
	c.CheckedAt = timeOf(checked)
	var err error
	if c.Settings, err = settingsOf(settings); err != nil {
		return c, err
	}
	if err := fromJSON(pause, &c.Paused); err != nil {
		return c, err
	}
	if err := fromJSON(steps, &c.Steps); err != nil {
		return c, err
	}
	return c, fromJSON(whole, &c.WholeAt)
}

// settingsOf reads Settings back with the types that YAML gives: whole numbers are int64.
func settingsOf(text string) (connector.Settings, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var s map[string]any
	if err := d.Decode(&s); err != nil {
		return nil, err
	}
	return whole(s).(map[string]any), nil
}

func whole(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			x[k] = whole(e)
		}
	case []any:
		for i, e := range x {
			x[i] = whole(e)
		}
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n
		}
		return x.String()
	}
	return v
}

// Connections lists all Connections by name.
func (db *DB) Connections(ctx context.Context) ([]connector.Connection, error) {
	cs, err := connectionsWhere(db.view(ctx), "", nil)
	slices.SortFunc(cs, func(a, b connector.Connection) int { return strings.Compare(a.Name, b.Name) })
	return cs, err
}

// Connection is one Connection, or an Error not_found.
func (db *DB) Connection(ctx context.Context, name string) (connector.Connection, error) {
	return connectionByName(db.view(ctx), name)
}

// Connection is DB.Connection as the transaction sees it.
func (tx *Tx) Connection(name string) (connector.Connection, error) {
	return connectionByName(tx, name)
}

func connectionByName(r reader, name string) (connector.Connection, error) {
	cs, err := connectionsWhere(r, "WHERE name = $1", []any{name})
	if err != nil {
		return connector.Connection{}, err
	}
	if len(cs) == 0 {
		return connector.Connection{}, connector.Errorf(connector.NotFound, "read a connection", "there is no connection %q", name).Advise("`ml-connector connection list` shows those there are.")
	}
	return cs[0], nil
}

func connectionsWhere(r reader, where string, args []any) ([]connector.Connection, error) {
	var out []connector.Connection
	err := each(r, "read connections", "SELECT "+connectionColumns+" FROM connections "+where, args, func(rows *sql.Rows) error {
		c, err := scanConnection(rows)
		out = append(out, c)
		return err
	})
	return out, err
}

// SaveConnection stores System and settings of a Connection, new or known. When either changed, its last Check counts no
// more. Pause and times are kept. It leaves no Entry: the caller knows what was asked for.
func (tx *Tx) SaveConnection(c connector.Connection) error {
	settings := c.Settings
	if settings == nil {
		settings = connector.Settings{}
	}
	_, err := tx.exec("save connection "+c.Name, `INSERT INTO connections (name, system, settings, pause, checked_at, steps, whole_at) VALUES ($1, $2, $3, '', 0, '', '')
 ON CONFLICT (name) DO UPDATE SET system = excluded.system, settings = excluded.settings,
 checked_at = CASE WHEN connections.settings = excluded.settings AND connections.system = excluded.system THEN connections.checked_at ELSE 0 END,
 steps = CASE WHEN connections.settings = excluded.settings AND connections.system = excluded.system THEN connections.steps ELSE '' END`,
		c.Name, c.System, asJSON(settings, false))
	return err
}

// RemoveConnection takes a Connection away with its secrets; refused while a Flow uses it. What was delivered is kept.
func (tx *Tx) RemoveConnection(name string) error {
	op := "remove connection " + name
	var flow string
	used, err := one(tx, op, "SELECT name FROM flows WHERE source = $1 OR target = $1 ORDER BY position LIMIT 1", []any{name}, &flow)
	if err != nil {
		return err
	}
	if used {
		return connector.Errorf(connector.Conflict, op, "the flow %s uses it", flow).Advise("Remove the flow first, or let it use another connection.")
	}
	return tx.mustChange(op, "there is no such connection", "DELETE FROM connections WHERE name = $1", name)
}

// mustChange runs a statement that has to find its row.
func (tx *Tx) mustChange(op, missing, query string, args ...any) error {
	n, err := tx.exec(op, query, args...)
	if err == nil && n == 0 {
		return connector.Errorf(connector.NotFound, op, "%s", missing)
	}
	return err
}

// PauseConnection lets a Connection stand still, and all its Flows with it.
func (tx *Tx) PauseConnection(name string, p connector.Pause) error {
	if err := tx.mustChange("pause connection "+name, "there is no such connection", "UPDATE connections SET pause = $2 WHERE name = $1", name, asJSON(p, p.Code == "")); err != nil {
		return err
	}
	tx.Enter(connector.Entry{Actor: p.By, Action: "connection.paused", Subject: "connection:" + name, Details: map[string]string{"code": string(p.Code)}})
	return nil
}

// StandStill is PauseConnection for what does not stand still yet: of all that run into the same thing the first pauses it.
func (tx *Tx) StandStill(name string, p connector.Pause) (first bool, err error) {
	n, err := tx.exec("pause connection "+name, "UPDATE connections SET pause = $2 WHERE name = $1 AND pause = ''", name, asJSON(p, false))
	if err == nil && n > 0 {
		tx.Enter(connector.Entry{Actor: p.By, Action: "connection.paused", Subject: "connection:" + name, Details: map[string]string{"code": string(p.Code)}})
	}
	return n > 0, err
}

// ResumeConnection ends a pause; of what does not stand still nothing changes.
func (tx *Tx) ResumeConnection(name, by string) error {
	n, err := tx.exec("resume connection "+name, "UPDATE connections SET pause = '' WHERE name = $1 AND pause <> ''", name)
	if err != nil || n == 0 {
		return err
	}
	tx.Enter(connector.Entry{Actor: by, Action: "connection.resumed", Subject: "connection:" + name})
	return nil
}

// SaveCheck stores the outcome of a Check of the present settings.
func (tx *Tx) SaveCheck(name string, at time.Time, steps []connector.Step) error {
	return tx.mustChange("save the check of "+name, "there is no such connection", "UPDATE connections SET checked_at = $2, steps = $3 WHERE name = $1", name, micros(at), asJSON(steps, len(steps) == 0))
}

// SetWhole remembers when a Kind was last read as a whole.
func (tx *Tx) SetWhole(name string, kind connector.Kind, at time.Time) error {
	c, err := tx.Connection(name)
	if err != nil {
		return err
	}
	if c.WholeAt == nil {
		c.WholeAt = map[connector.Kind]time.Time{}
	}
	c.WholeAt[kind] = micro(at)
	_, err = tx.exec("save the time of a whole read", "UPDATE connections SET whole_at = $2 WHERE name = $1", name, asJSON(c.WholeAt, false))
	return err
}

// SecretRow is a secret as the Vault sealed it.
type SecretRow struct {
	Name    string
	Sealed  string
	Address string // that it is bound to
	SetAt   time.Time
}

// Secrets lists the secrets of a Connection by name.
func (db *DB) Secrets(ctx context.Context, connection string) ([]SecretRow, error) {
	var out []SecretRow
	err := each(db.view(ctx), "read secrets", "SELECT name, sealed, address, set_at FROM secrets WHERE connection = $1", []any{connection}, func(rows *sql.Rows) error {
		var s SecretRow
		var at int64
		err := rows.Scan(&s.Name, &s.Sealed, &s.Address, &at)
		s.SetAt = timeOf(at)
		out = append(out, s)
		return err
	})
	slices.SortFunc(out, func(a, b SecretRow) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

// SaveSecret stores a sealed secret; the Connection's last Check counts no more.
func (tx *Tx) SaveSecret(connection string, s SecretRow) error {
	if s.SetAt.IsZero() {
		s.SetAt = tx.now
	}
	if _, err := tx.exec("save a secret", `INSERT INTO secrets (connection, name, sealed, address, set_at) VALUES ($1, $2, $3, $4, $5)
 ON CONFLICT (connection, name) DO UPDATE SET sealed = excluded.sealed, address = excluded.address, set_at = excluded.set_at`, connection, s.Name, s.Sealed, s.Address, micros(s.SetAt)); err != nil {
		return err
	}
	return tx.uncheck(connection)
}

// DropSecret takes a secret away; the Connection's last Check counts no more.
func (tx *Tx) DropSecret(connection, name string) error {
	if _, err := tx.exec("drop a secret", "DELETE FROM secrets WHERE connection = $1 AND name = $2", connection, name); err != nil {
		return err
	}
	return tx.uncheck(connection)
}

func (tx *Tx) uncheck(connection string) error {
	_, err := tx.exec("drop a check", "UPDATE connections SET checked_at = 0, steps = '' WHERE name = $1", connection)
	return err
}

// Meta is a setting of this installation, "" when it is not set.
func (db *DB) Meta(ctx context.Context, key string) (string, error) {
	var value string
	_, err := one(db.view(ctx), "read a setting", "SELECT value FROM meta WHERE key = $1", []any{key}, &value)
	return value, err
}

// SetMeta sets a setting of this installation.
func (tx *Tx) SetMeta(key, value string) error {
	_, err := tx.exec("set a setting", "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
	return err
}
