package app

import (
	"context"
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/people"
	"ml-connector/store"
)

// Connection is one line of a list of Connections.
type Connection struct {
	Name      string     `json:"name"`
	System    string     `json:"system"`
	Addresses []string   `json:"addresses"`
	State     string     `json:"state"` // ok, failed, unchecked, paused
	Paused    *Pause     `json:"paused"`
	CheckedAt *time.Time `json:"checked_at"`
	Flows     []string   `json:"flows"`
}

// Pause says why something stands still.
type Pause struct {
	Code   connector.Code `json:"code"`
	Reason string         `json:"reason"`
	Hint   string         `json:"hint"`
	At     time.Time      `json:"at"`
	By     string         `json:"by"`
}

func pauseShape(p connector.Pause) *Pause {
	if p.Code == "" {
		return nil
	}
	return &Pause{Code: p.Code, Reason: p.Reason, Hint: p.Hint, At: p.At, By: p.By}
}

// ConnectionDetail is a Connection with its settings in force, the profile among them. Secrets are told by name alone.
type ConnectionDetail struct {
	Connection
	Settings connector.Settings `json:"settings"`
	Secrets  []SecretState      `json:"secrets"`
	Steps    []Step             `json:"steps"`
}

// SecretState says whether a secret is set, since when, and for which address.
type SecretState struct {
	Name     string     `json:"name"`
	Set      bool       `json:"set"`
	Required bool       `json:"required"`
	SetAt    *time.Time `json:"set_at"`
	BoundTo  string     `json:"bound_to"`
	Usable   bool       `json:"usable"` // it is bound to the address that the settings name now
}

// Connections lists all Connections.
func (a *App) Connections(ctx context.Context) ([]Connection, error) {
	list, err := a.DB.Connections(ctx)
	if err != nil {
		return nil, err
	}
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	out := []Connection{}
	for _, c := range list {
		out = append(out, a.connectionShape(c, flows))
	}
	return out, nil
}

func (a *App) connectionShape(c connector.Connection, flows []connector.Flow) Connection {
	out := Connection{Name: c.Name, System: c.System, Addresses: []string{}, Paused: pauseShape(c.Paused), CheckedAt: moment(c.CheckedAt), Flows: []string{}, State: "ok"}
	if s, err := a.system(c.System); err == nil {
		out.Addresses = append(out.Addresses, s.Validate(c.Settings).Addresses...)
	}
	for _, f := range flows {
		if f.From == c.Name || f.To == c.Name {
			out.Flows = append(out.Flows, f.Name)
		}
	}
	switch {
	case c.Paused.Code != "":
		out.State = "paused"
	case c.CheckedAt.IsZero():
		out.State = "unchecked"
	case slices.ContainsFunc(c.Steps, func(s connector.Step) bool { return s.State == connector.StepFailed }):
		out.State = "failed"
	}
	return out
}

// Connection shows one Connection.
func (a *App) Connection(ctx context.Context, name string) (ConnectionDetail, error) {
	c, err := a.DB.Connection(ctx, name)
	if err != nil {
		return ConnectionDetail{}, err
	}
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return ConnectionDetail{}, err
	}
	system, err := a.system(c.System)
	if err != nil {
		return ConnectionDetail{}, err
	}
	rows, err := a.DB.Secrets(ctx, name)
	if err != nil {
		return ConnectionDetail{}, err
	}
	v := system.Validate(c.Settings)
	out := ConnectionDetail{Connection: a.connectionShape(c, flows), Settings: v.Settings, Secrets: []SecretState{}, Steps: stepShapes(c.Steps)}
	for _, s := range system.Describe().Secrets {
		state := SecretState{Name: s.Name, Required: s.Required}
		if at := slices.IndexFunc(rows, func(r store.SecretRow) bool { return r.Name == s.Name }); at >= 0 {
			r := rows[at]
			state.Set, state.SetAt, state.BoundTo = true, moment(r.SetAt), r.Address
			state.Usable = r.Address == boundAddress(system, s.Name, v.Settings)
		}
		out.Secrets = append(out.Secrets, state)
	}
	return out, nil
}

// AddConnection adds or changes one Connection, as `apply` would; text is a configuration file with that one entry, and
// name is how messages call it.
func (a *App) AddConnection(ctx context.Context, name string, text []byte, by people.Actor) (Applied, error) {
	if err := by.May(people.ChangeConnection); err != nil {
		return Applied{}, err
	}
	f, err := config.Parse(name, text, a.Process.Dir, a.Known(true))
	if err != nil {
		return Applied{}, err
	}
	return a.Apply(ctx, f, ApplyOptions{}, by)
}

// RotateSecrets replaces secrets of a Connection; refs are env:NAME or file:PATH by the secret's name.
func (a *App) RotateSecrets(ctx context.Context, name string, refs map[string]string, by people.Actor) (Applied, error) {
	if err := by.May(people.ChangeConnection); err != nil {
		return Applied{}, err
	}
	c, err := a.DB.Connection(ctx, name)
	if err != nil {
		return Applied{}, err
	}
	system, err := a.system(c.System)
	if err != nil {
		return Applied{}, err
	}
	secrets, err := config.ReadSecrets(system, refs, a.Process.Dir, a.Known(true))
	if err != nil {
		return Applied{}, err
	}
	keys, err := a.keys(ctx)
	if err != nil {
		return Applied{}, err
	}
	v := system.Validate(c.Settings)
	out := Applied{Changes: []Change{}}
	return out, a.DB.Tx(ctx, func(tx *store.Tx) error {
		out.Changes = out.Changes[:0]
		for _, s := range secrets {
			address := boundAddress(system, s.Name, v.Settings)
			sealed, err := keys.Seal(name, s.Name, address, []byte(s.Value))
			if err != nil {
				return err
			}
			if err := tx.SaveSecret(name, store.SecretRow{Name: s.Name, Sealed: sealed, Address: address}); err != nil {
				return err
			}
			subject := "secret:" + name + "." + s.Name
			out.Changes = append(out.Changes, Change{Action: "change", Subject: subject, Details: boundDetail(address)})
			tx.Enter(connector.Entry{Actor: by.Name, Action: "secret.changed", Subject: subject})
		}
		if err := a.sealsBy(ctx, tx, keys); err != nil {
			return err
		}
		return a.endPauses(ctx, tx, name, by.Name)
	})
}

// RemoveConnection takes a Connection and its secrets away; refused while a Flow uses it.
func (a *App) RemoveConnection(ctx context.Context, name string, by people.Actor) error {
	if err := by.May(people.ChangeConnection); err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.RemoveConnection(name); err != nil {
			return err
		}
		tx.Enter(connector.Entry{Actor: by.Name, Action: "connection.removed", Subject: "connection:" + name})
		return nil
	})
}

// PauseConnection lets a Connection and all its Flows stand still until somebody resumes it.
func (a *App) PauseConnection(ctx context.Context, name, reason string, by people.Actor) error {
	if err := by.May(people.PauseConnection); err != nil {
		return err
	}
	if reason == "" {
		reason = "paused by hand"
	}
	p := connector.Pause{Code: connector.Misconfigured, Reason: reason, At: a.Now().UTC(), By: by.Name}
	return a.DB.Tx(ctx, func(tx *store.Tx) error { return tx.PauseConnection(name, p) })
}

// ResumeConnection ends a pause.
func (a *App) ResumeConnection(ctx context.Context, name string, by people.Actor) error {
	if err := by.May(people.PauseConnection); err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.Connection(name); err != nil {
			return err
		}
		return tx.ResumeConnection(name, by.Name)
	})
}
