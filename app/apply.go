package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/engine"
	"ml-connector/people"
	"ml-connector/store"
	"ml-connector/vault"
)

// ApplyOptions say how a file is applied.
type ApplyOptions struct {
	DryRun bool // only say what would change
	Prune  bool // remove what is not in the file
	NewKey bool // seal all secrets anew with the present key, because the one before is lost

	NoSecrets bool // leave secrets as they are: the file was read without their values
}

// Applied is what `apply` changed, or would.
type Applied struct {
	DryRun  bool     `json:"dry_run"`
	Changes []Change `json:"changes"`
	// Warnings are of settings that are taken, and do nothing or not what they seem to.
	Warnings []string `json:"warnings"`
}

// Change is one thing that `apply` changed.
type Change struct {
	Action  string   `json:"action"`  // add, change, remove
	Subject string   `json:"subject"` // connection:erp, secret:erp.password, flow:invoices, crosswalk:uom
	Details []string `json:"details"` // what of it, from what to what; never a secret
}

// Apply puts Connections, secrets, Flows, Crosswalks and alerts of a file into the database, in one transaction. It is
// idempotent: what is there already is not touched and not told.
func (a *App) Apply(ctx context.Context, f *config.File, o ApplyOptions, by people.Actor) (Applied, error) {
	if err := by.May(people.ChangeConnection); err != nil {
		return Applied{}, err
	}
	p := &applying{ctx: ctx, a: a, file: f, options: o, actor: by.Name}
	if err := p.openKeys(); err != nil {
		return Applied{}, err
	}
	run := func(tx *store.Tx) error {
		p.tx, p.done = tx, nil
		for _, step := range []func() error{p.connections, p.flows, p.crosswalks, p.alerts, p.prune, p.rememberKey} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}
	var err error
	if o.DryRun {
		err = run(nil)
	} else {
		err = a.DB.Tx(ctx, run)
	}
	return Applied{DryRun: o.DryRun, Changes: append([]Change{}, p.done...), Warnings: append(warnings(f), p.waits...)}, err
}

func warnings(f *config.File) []string {
	out := []string{}
	for _, c := range f.Connections {
		for _, w := range c.InForce.Warnings {
			out = append(out, "connections."+c.Name+".settings."+w.Path+" "+w.Message)
		}
	}
	return out
}

// applying is one `apply` under way. In a dry run tx is nil and nothing is written.
type applying struct {
	ctx     context.Context
	a       *App
	file    *config.File
	options ApplyOptions
	actor   string
	keys    *vault.Vault // nil when there is no secret to seal and none to compare with
	tx      *store.Tx
	done    []Change
	waits   []string // says that another key can't seal yet
}

// openKeys opens the vault before the transaction, so that a wrong key is told before anything else. A key that somebody put first in
// its place seals from now on, where no process that runs lacks it. A dry run on a new database makes no key.
func (p *applying) openKeys() error {
	given := 0
	for _, c := range p.file.Connections {
		given += len(c.Secrets)
	}
	if p.file.Alerts != nil {
		for _, c := range p.file.Alerts.Channels {
			if c.Secret != nil {
				given++
			}
		}
	}
	known, err := p.a.DB.Meta(p.ctx, metaKey)
	if err != nil || given == 0 || p.options.NoSecrets || p.options.DryRun && known == "" {
		return err
	}
	if p.options.NewKey {
		p.keys, err = p.a.anyKeys()
		return err
	}
	if p.keys, err = p.a.keys(p.ctx); err != nil {
		return err
	}
	next, err := p.a.nextKeys()
	if err != nil || next.KeyID() == p.keys.KeyID() {
		return err
	}
	lacking, err := p.a.lacksKey(p.ctx, next.KeyID())
	if err != nil {
		return err
	}
	if lacking != "" {
		p.waits = append(p.waits, fmt.Sprintf("the key %s stands first, and the process %s does not have it: the older key %s goes on to seal; put the key file there, too, then `ml-connector key rotate`",
			next.KeyID(), lacking, p.keys.KeyID()))
		return nil
	}
	p.keys = next
	return nil
}

// rememberKey notes with which key the database's secrets are sealed.
func (p *applying) rememberKey() error {
	if p.tx == nil || p.keys == nil {
		return nil
	}
	if p.options.NewKey { // what hashes were made with is lost with the key before
		known, err := p.tx.Meta(metaKey)
		if err != nil || known == p.keys.KeyID() {
			return err
		}
		if err := p.tx.SetMeta(metaDigest, ""); err != nil {
			return err
		}
		return p.a.nameKey(p.tx, p.keys.KeyID())
	}
	return p.a.sealsBy(p.ctx, p.tx, p.keys)
}

// note tells a change, and leaves its Entry. fields are names alone: the ledger holds no values.
func (p *applying) note(c Change, fields ...string) {
	p.done = append(p.done, c)
	if p.tx == nil {
		return
	}
	kind, _, _ := strings.Cut(c.Subject, ":")
	e := connector.Entry{Actor: p.actor, Action: kind + map[string]string{"add": ".added", "change": ".changed", "remove": ".removed"}[c.Action], Subject: c.Subject}
	if len(fields) > 0 {
		e.Details = map[string]string{"fields": strings.Join(fields, ", ")}
	}
	p.tx.Enter(e)
}

func (p *applying) connections() error {
	have, err := p.a.DB.Connections(p.ctx)
	if err != nil {
		return err
	}
	for _, c := range p.file.Connections {
		at := slices.IndexFunc(have, func(h connector.Connection) bool { return h.Name == c.Name })
		changed := true
		if at < 0 {
			p.note(Change{Action: "add", Subject: "connection:" + c.Name, Details: []string{c.System.Name() + " at " + strings.Join(c.InForce.Addresses, ", ")}})
		} else {
			changes := settingChanges(have[at], c)
			changed = len(changes) > 0
			if changed {
				details, fields := told(changes)
				p.note(Change{Action: "change", Subject: "connection:" + c.Name, Details: details}, fields...)
			}
		}
		if changed && p.tx != nil {
			if err := p.tx.SaveConnection(connector.Connection{Name: c.Name, System: c.System.Name(), Settings: c.Settings}); err != nil {
				return err
			}
		}
		secrets, err := p.secrets(c)
		if err != nil {
			return err
		}
		if (changed || secrets) && p.tx != nil {
			if err := p.a.endPauses(p.ctx, p.tx, c.Name, p.actor); err != nil {
				return err
			}
		}
	}
	return nil
}

// endPauses ends the pause of a Connection that was changed, and those of its Flows that the engine paused: all is checked
// anew before it runs.
func (a *App) endPauses(ctx context.Context, tx *store.Tx, connection, actor string) error {
	if err := tx.ResumeConnection(connection, actor); err != nil {
		return err
	}
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return err
	}
	for _, f := range flows {
		if (f.From == connection || f.To == connection) && f.Paused.By == engine.ByEngine {
			if err := tx.ResumeFlow(f.Name, actor); err != nil {
				return err
			}
		}
	}
	return nil
}

// secrets seals what is new, and drops what is bound to an address that the Connection no longer has. It says whether
// anything changed.
func (p *applying) secrets(c config.Connection) (changed bool, err error) {
	if p.options.NoSecrets {
		return false, nil
	}
	rows, err := p.a.DB.Secrets(p.ctx, c.Name)
	if err != nil {
		return changed, err
	}
	for _, s := range c.Secrets {
		address := boundAddress(c.System, s.Name, c.InForce.Settings)
		at := slices.IndexFunc(rows, func(r store.SecretRow) bool { return r.Name == s.Name })
		action := "add"
		if at >= 0 {
			if p.same(c.Name, rows[at], address, s.Value) {
				continue
			}
			action = "change"
		}
		changed = true
		p.note(Change{Action: action, Subject: "secret:" + c.Name + "." + s.Name, Details: boundDetail(address)})
		if p.tx == nil {
			continue
		}
		sealed, err := p.keys.Seal(c.Name, s.Name, address, []byte(s.Value))
		if err != nil {
			return changed, err
		}
		if err := p.tx.SaveSecret(c.Name, store.SecretRow{Name: s.Name, Sealed: sealed, Address: address}); err != nil {
			return changed, err
		}
	}
	for _, r := range rows {
		given := slices.ContainsFunc(c.Secrets, func(s config.Secret) bool { return s.Name == r.Name })
		moved := r.Address != boundAddress(c.System, r.Name, c.InForce.Settings)
		if given || !moved && !p.options.Prune {
			continue
		}
		changed = true
		why := "it is not in the file"
		if moved {
			why = "it was bound to " + r.Address
		}
		p.note(Change{Action: "remove", Subject: "secret:" + c.Name + "." + r.Name, Details: []string{why}})
		if p.tx == nil {
			continue
		}
		if err := p.tx.DropSecret(c.Name, r.Name); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

func boundDetail(address string) []string {
	if address == "" {
		return []string{}
	}
	return []string{"bound to " + address}
}

// same says whether a stored secret is the given one, sealed for the same address with the present key.
func (p *applying) same(connection string, r store.SecretRow, address string, value config.Hidden) bool {
	if p.keys == nil || r.Address != address || !p.keys.Fresh(r.Sealed) {
		return false
	}
	old, err := p.keys.Unseal(connection, r.Name, r.Address, r.Sealed)
	return err == nil && string(old) == string(value)
}

// settingChanges compares a Connection with the file; the System counts as a setting.
func settingChanges(have connector.Connection, want config.Connection) []connector.Change {
	old, now := plain(have.Settings), plain(want.Settings)
	old["system"], now["system"] = have.System, want.System.Name()
	return connector.Diff(old, now)
}

// plain makes a Document of settings, every value a text, so that they can be compared.
func plain(s connector.Settings) connector.Document {
	return texts(map[string]any(s)).(map[string]any)
}

func texts(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = texts(e)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = texts(e)
		}
		return out
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

// told puts changes into words, and lists their fields.
func told(changes []connector.Change) (details, fields []string) {
	for _, c := range changes {
		fields = append(fields, c.Field)
		switch {
		case c.Old == "":
			details = append(details, fmt.Sprintf("%s = %s", c.Field, c.New))
		case c.New == "":
			details = append(details, fmt.Sprintf("%s no longer %s", c.Field, c.Old))
		default:
			details = append(details, fmt.Sprintf("%s: %s → %s", c.Field, c.Old, c.New))
		}
	}
	return details, fields
}
