package app

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	connector "ml-connector"
	"ml-connector/alert"
	"ml-connector/app/config"
	"ml-connector/store"
)

// metaAlerts is the setting of the database that has the rules of alerts, as JSON.
const metaAlerts = "alerts"

// alertRules are the rules of alerts as applied, without the defaults.
func (a *App) alertRules(ctx context.Context) (alert.Rules, error) {
	var r alert.Rules
	text, err := a.DB.Meta(ctx, metaAlerts)
	if err != nil || text == "" {
		return r, err
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, connector.Errorf(connector.Internal, "read the rules of alerts", "what is stored is no JSON").Because(err)
	}
	return r, nil
}

// alerts puts what the file says of alerts in its place; a file without `alerts` changes nothing of them.
func (p *applying) alerts() error {
	if p.file.Alerts == nil {
		return nil
	}
	have, err := p.a.DB.Channels(p.ctx)
	if err != nil {
		return err
	}
	for _, c := range p.file.Alerts.Channels {
		at := slices.IndexFunc(have, func(h store.Channel) bool { return h.Name == c.Name })
		old := store.Channel{}
		if at >= 0 {
			old = have[at]
		}
		if err := p.channel(old, c); err != nil {
			return err
		}
	}
	for _, h := range have {
		if p.options.Prune && !slices.ContainsFunc(p.file.Alerts.Channels, func(c config.Channel) bool { return c.Name == h.Name }) {
			if err := p.remove("channel:"+h.Name, func() error { return p.tx.DropChannel(h.Name) }); err != nil {
				return err
			}
		}
	}
	return p.alertRules()
}

func (p *applying) channel(old store.Channel, c config.Channel) error {
	address := alert.Channel{Kind: c.Kind, Settings: c.Settings}.Address()
	want := store.Channel{Name: c.Name, Kind: c.Kind, Settings: c.Settings, Address: address}
	fields := changedFields(old, want)
	if old.Address == address && old.Kind == c.Kind { // else what was sent elsewhere must be given again
		want.Sealed = old.Sealed
	}
	if c.Secret != nil && !p.options.NoSecrets && !p.sameSecret(old, want, c.Secret.Value) {
		fields = append(fields, c.Secret.Name)
		if p.tx != nil {
			var err error
			if want.Sealed, err = p.keys.Seal(channelOwner(c.Name), c.Kind, address, []byte(c.Secret.Value)); err != nil {
				return err
			}
		}
	}
	if len(fields) == 0 {
		return nil
	}
	action, details := "change", []string{}
	if old.Name == "" {
		action, details = "add", []string{c.Kind + cmp.Or(" at "+address, "")}
		if address == "" {
			details = []string{c.Kind}
		}
	}
	p.note(Change{Action: action, Subject: "channel:" + c.Name, Details: details}, fields...)
	if p.tx == nil {
		return nil
	}
	return p.tx.SaveChannel(want)
}

func changedFields(old, want store.Channel) []string {
	var out []string
	if old.Kind != want.Kind {
		out = append(out, "type")
	}
	names := maps.Clone(want.Settings)
	if names == nil {
		names = map[string]string{}
	}
	maps.Copy(names, old.Settings)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if old.Settings[name] != want.Settings[name] {
			out = append(out, name)
		}
	}
	return out
}

// sameSecret says whether the secret that is kept is the given one, sealed for the same address with the present key.
func (p *applying) sameSecret(old, want store.Channel, value config.Hidden) bool {
	if p.keys == nil || want.Sealed == "" || !p.keys.Fresh(old.Sealed) {
		return false
	}
	have, err := p.keys.Unseal(channelOwner(old.Name), old.Kind, old.Address, old.Sealed)
	return err == nil && string(have) == string(value)
}

func (p *applying) alertRules() error {
	text, err := json.Marshal(p.file.Alerts.Rules)
	if err != nil {
		return connector.Errorf(connector.Internal, "apply the rules of alerts", "they can't be written").Because(err)
	}
	have, err := p.a.DB.Meta(p.ctx, metaAlerts)
	if err != nil || have == string(text) || have == "" && string(text) == "{}" {
		return err
	}
	p.note(Change{Action: "change", Subject: "alerts:rules", Details: []string{}})
	if p.tx == nil {
		return nil
	}
	return p.tx.SetMeta(metaAlerts, string(text))
}

func (a *App) exportedAlerts(ctx context.Context) (config.Alerts, error) {
	var out config.Alerts
	all, err := a.DB.Channels(ctx)
	if err != nil {
		return out, err
	}
	for _, c := range all {
		x := config.Channel{Name: c.Name, Kind: c.Kind, Settings: c.Settings}
		if d, ok := alert.DescribeKind(c.Kind); ok && c.Sealed != "" {
			x.Secret = &config.Secret{Name: d.Secret.Name}
		}
		out.Channels = append(out.Channels, x)
	}
	out.Rules, err = a.alertRules(ctx)
	return out, err
}
