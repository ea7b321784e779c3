package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
	"ml-connector/vault"
)

// tokensTable holds access tokens: one that can't be opened is asked for anew.
const tokensTable = "tokens"

// Key is one key-encryption key: never more of it than its ID.
type Key struct {
	ID      string     `json:"id"`
	Seals   bool       `json:"seals"`   // new secrets are sealed with it
	Here    bool       `json:"here"`    // this process has it
	Secrets int        `json:"secrets"` // that are wrapped with it
	Since   *time.Time `json:"since"`   // it seals, where that is known
	// Lacking are the living processes that do not have it.
	Lacking []string `json:"lacking"`
}

// Keys lists the keys that are at hand, or that something is wrapped with; the one that seals first.
func (a *App) Keys(ctx context.Context, by people.Actor) ([]Key, error) {
	if err := by.May(people.ReadSettings); err != nil {
		return nil, err
	}
	return a.keyList(ctx)
}

func (a *App) keyList(ctx context.Context) ([]Key, error) {
	known, err := a.DB.Meta(ctx, metaKey)
	if err != nil {
		return nil, err
	}
	all, err := a.DB.EachSealed(ctx)
	if err != nil {
		return nil, err
	}
	holders, err := a.DB.Keyholders(ctx, holderLasts)
	if err != nil {
		return nil, err
	}
	since, err := a.DB.Meta(ctx, metaKeyAt)
	if err != nil {
		return nil, err
	}
	out := []Key{}
	at := func(id string) *Key {
		n := slices.IndexFunc(out, func(k Key) bool { return k.ID == id })
		if n < 0 {
			n = len(out)
			out = append(out, Key{ID: id, Lacking: []string{}})
		}
		return &out[n]
	}
	if known != "" {
		k := at(known)
		k.Seals = true
		if t, err := time.Parse(time.RFC3339, since); err == nil {
			k.Since = &t
		}
	}
	if known != "" || a.vaultIsOpen() { // else there is no key yet, and to look would make one
		if keys, err := a.anyKeys(); err == nil {
			for _, id := range keys.KeyIDs() {
				at(id).Here = true
			}
		}
	}
	for _, s := range all {
		if id := vault.WrappedBy(s.Text); id != "" && s.Table != tokensTable {
			at(id).Secrets++
		}
	}
	for n := range out {
		for _, h := range holders {
			if !slices.Contains(h.Keys, out[n].ID) {
				out[n].Lacking = append(out[n].Lacking, h.Owner)
			}
		}
	}
	return out, nil
}

func (a *App) vaultIsOpen() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.vault != nil
}

// Rotated is what `key rotate` did.
type Rotated struct {
	Key     string   `json:"key"`     // that seals now
	Before  string   `json:"before"`  // that sealed before; "" when it was this one already
	Secrets int      `json:"secrets"` // that were wrapped anew
	Unused  []string `json:"unused"`  // keys at hand that wrap nothing any more: backups from before need them
}

// How a change of the key goes: whose turn it is, and for how long he is waited for who is gone; how often it is looked whether all
// processes have the new key.
const (
	keyTurn  = "key"
	keyLease = time.Minute
	keyLook  = 250 * time.Millisecond
)

// RotateKey lets another key seal, and wraps everything with it anew, while processes run: they go on to open what the older key
// wraps, and take the new one from its place before anything is wrapped with it. A new key that somebody put first in its place is
// taken, else one is made there. What was broken off in its middle is done to the end. wait is how long processes that run may take
// to have the new key.
func (a *App) RotateKey(ctx context.Context, wait time.Duration, by people.Actor) (Rotated, error) {
	if err := by.May(people.ChangeSettings); err != nil {
		return Rotated{}, err
	}
	keys, err := a.keys(ctx)
	if err != nil {
		return Rotated{}, err
	}
	owner := "rotate " + a.Owner
	if err := a.takeKeyTurn(ctx, owner); err != nil {
		return Rotated{}, err
	}
	defer func() {
		_ = a.DB.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.EndTurn(keyTurn, owner, false) }) // it ends by itself
	}()
	all, err := a.DB.EachSealed(ctx)
	if err != nil {
		return Rotated{}, err
	}
	known, err := a.DB.Meta(ctx, metaKey)
	if err != nil {
		return Rotated{}, err
	}
	broken := slices.ContainsFunc(all, func(s store.Sealed) bool { return s.Table != tokensTable && !keys.Fresh(s.Text) })
	next, err := a.nextKeys()
	if err != nil {
		return Rotated{}, err
	}
	if next.KeyID() == keys.KeyID() && !broken {
		if err := next.AddKey(); err != nil {
			return Rotated{}, err
		}
		if next, err = a.nextKeys(); err != nil {
			return Rotated{}, err
		}
	}
	keys = next
	out := Rotated{Key: keys.KeyID(), Unused: []string{}}
	if known != out.Key {
		out.Before = known
	}
	if err := a.allHold(ctx, keys.KeyID(), wait, owner); err != nil {
		return out, err
	}
	if err := a.letSeal(ctx, keys, owner, by); err != nil {
		return out, err
	}
	return out, a.wrapAll(ctx, keys, owner, by, &out)
}

// takeKeyTurn lets one at a time change the key: two at once would each put a key in front, and one of them be lost.
func (a *App) takeKeyTurn(ctx context.Context, owner string) error {
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		_, taken, err := tx.TakeTurn(keyTurn, owner, keyLease)
		if err == nil && !taken {
			return connector.Errorf(connector.Conflict, "change the key", "somebody else is at it").Advise("Wait a minute, and look at `ml-connector key list`.")
		}
		return err
	})
}

// allHold waits until every process that lives has a key: what is wrapped with it would be closed to one that has not.
func (a *App) allHold(ctx context.Context, id string, wait time.Duration, owner string) error {
	for until := time.Now().Add(wait); ; {
		lacking, err := a.lacksKey(ctx, id)
		if err != nil || lacking == "" {
			return err
		}
		if time.Now().After(until) {
			return isLacked(lacking, id)
		}
		if err := a.takeKeyTurn(ctx, owner); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(keyLook):
		}
	}
}

// lacksKey names a living process that does not have a key, "" where all have it; this one has what it asks for.
func (a *App) lacksKey(ctx context.Context, id string) (string, error) {
	holders, err := a.DB.Keyholders(ctx, holderLasts)
	if err != nil {
		return "", err
	}
	for _, h := range holders {
		if h.Owner != a.Owner && !slices.Contains(h.Keys, id) {
			return h.Owner, nil
		}
	}
	return "", nil
}

func isLacked(owner, id string) error {
	return connector.Errorf(connector.Conflict, "change the key", "the process %s runs, and does not have the new key %s", owner, id).
		Advise("Put the key file there, too (or start it anew with both keys in its variable), and run `ml-connector key rotate` again. Until then the older key seals.")
}

// letSeal lets the first key at hand seal from now on. What hashes are made with stays, wrapped with it.
func (a *App) letSeal(ctx context.Context, keys *vault.Vault, owner string, by people.Actor) error {
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		if _, taken, err := tx.TakeTurn(keyTurn, owner, keyLease); err != nil || !taken {
			return turnLost(err)
		}
		known, err := tx.Meta(metaKey)
		if err != nil || known == keys.KeyID() {
			return err
		}
		if err := a.sealsBy(ctx, tx, keys); err != nil {
			return err
		}
		tx.Enter(connector.Entry{Actor: by.Name, Action: "key.changed", Subject: "key:" + keys.KeyID(), Details: map[string]string{"before": known}})
		return nil
	})
}

func turnLost(err error) error {
	if err != nil {
		return err
	}
	return connector.Errorf(connector.Conflict, "change the key", "it took too long, and somebody else is at it").Advise("Run `ml-connector key rotate` again.")
}

// sealsBy notes which key secrets are sealed with, when a transaction seals some. A process that has an older key alone is refused, and
// so is a key that a process lacks which runs: all that is sealed would be closed to it.
func (a *App) sealsBy(ctx context.Context, tx *store.Tx, keys *vault.Vault) error {
	known, err := tx.Meta(metaKey)
	if err != nil || known == keys.KeyID() {
		return err
	}
	if known == "" {
		return a.nameKey(tx, keys.KeyID())
	}
	for _, id := range []string{known, keys.KeyID()} {
		if err := keys.Check(id); err != nil {
			return err
		}
	}
	if all := keys.KeyIDs(); slices.Index(all, known) < slices.Index(all, keys.KeyID()) {
		return nil // it was changed meanwhile; what the older one sealed is opened as before, and the doctor says so
	}
	if lacking, err := a.lacksKey(ctx, keys.KeyID()); err != nil {
		return err
	} else if lacking != "" {
		return isLacked(lacking, keys.KeyID())
	}
	kept, err := tx.Meta(metaDigest)
	if err != nil {
		return err
	}
	digester, err := keys.Digester(known, kept)
	if err != nil {
		return err
	}
	if kept, err = keys.KeepDigester(digester); err != nil {
		return err
	}
	if err := tx.SetMeta(metaDigest, kept); err != nil {
		return err
	}
	return a.nameKey(tx, keys.KeyID())
}

func (a *App) nameKey(tx *store.Tx, id string) error {
	if err := tx.SetMeta(metaKeyAt, tx.Now().UTC().Format(time.RFC3339)); err != nil {
		return err
	}
	return tx.SetMeta(metaKey, id)
}

// wrapAll wraps what older keys wrap, one Connection a transaction.
func (a *App) wrapAll(ctx context.Context, keys *vault.Vault, owner string, by people.Actor, out *Rotated) error {
	all, err := a.DB.EachSealed(ctx)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(s store.Sealed) bool { return keys.Fresh(s.Text) })
	for len(all) > 0 {
		n := slices.IndexFunc(all, func(s store.Sealed) bool { return s.Table != all[0].Table || s.Connection != all[0].Connection })
		if n < 0 {
			n = len(all)
		}
		done := 0
		err := a.DB.Tx(ctx, func(tx *store.Tx) (err error) {
			if _, taken, err := tx.TakeTurn(keyTurn, owner, keyLease); err != nil || !taken {
				return turnLost(err)
			}
			done, err = wrapSome(tx, keys, all[:n])
			return err
		})
		if err != nil {
			return err
		}
		out.Secrets += done
		all = all[n:]
	}
	return a.rotated(ctx, keys, by, out)
}

func wrapSome(tx *store.Tx, keys *vault.Vault, some []store.Sealed) (done int, err error) {
	for _, s := range some {
		text, err := keys.Rewrap(sealedFor(s), s.Text)
		if err != nil && s.Table != tokensTable {
			return done, err
		} else if err != nil {
			text = "" // it is asked for anew
		}
		changed, err := tx.Reseal(s, text)
		if err != nil {
			return done, err
		}
		if changed && s.Table != tokensTable {
			done++
		}
	}
	return done, nil
}

// sealedFor is what a secret was sealed for, as the Vault calls it.
func sealedFor(s store.Sealed) string {
	if s.Table == "channels" {
		return channelOwner(s.Connection)
	}
	return s.Connection
}

func (a *App) rotated(ctx context.Context, keys *vault.Vault, by people.Actor, out *Rotated) error {
	list, err := a.keyList(ctx)
	if err != nil {
		return err
	}
	for _, k := range list {
		if k.Here && !k.Seals && k.Secrets == 0 {
			out.Unused = append(out.Unused, k.ID)
		}
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		tx.Enter(connector.Entry{Actor: by.Name, Action: "key.rotated", Subject: "key:" + keys.KeyID(), Details: map[string]string{"secrets": strconv.Itoa(out.Secrets)}})
		return nil
	})
}

// doctorKeys says which key wraps what.
func (a *App) doctorKeys(ctx context.Context, d *Diagnosis) error {
	list, err := a.keyList(ctx)
	if err != nil {
		return err
	}
	next := ""
	if len(list) > 1 && list[0].Seals { // else there is none that could wait
		if keys, err := a.nextKeys(); err == nil {
			next = keys.KeyID()
		}
	}
	for _, k := range list {
		what := fmt.Sprintf("wraps %d secrets", k.Secrets)
		switch {
		case !k.Here && k.Secrets > 0:
			d.fail("key", k.ID, connector.Misconfigured, what+", and is not at hand", "Put it back, below the one that seals. If it is lost, `apply --new-key` with all secrets at hand seals them anew.")
		case k.Seals && !k.Here:
			d.fail("key", k.ID, connector.Misconfigured, "seals, and is not at hand", "Put it back, before the others. If it is lost, `apply --new-key` with all secrets at hand seals them anew.")
		case k.Seals && len(k.Lacking) > 0:
			d.fail("key", k.ID, connector.Misconfigured, "seals, and is missing in "+strings.Join(k.Lacking, ", "), "Put the key file there, too, or start that process anew with both keys in its variable.")
		case k.Seals:
			d.well("key", k.ID, "seals, and "+what+since(k.Since))
		case k.ID == next && len(k.Lacking) > 0:
			d.warn("key", k.ID, connector.Misconfigured, "stands first, and seals nothing yet: it is missing in "+strings.Join(k.Lacking, ", "), "Put the key file there, too, then: ml-connector key rotate")
		case k.ID == next && k.Secrets == 0:
			d.warn("key", k.ID, connector.Misconfigured, "stands first, and seals nothing yet", "ml-connector key rotate")
		case k.Secrets > 0:
			d.warn("key", k.ID, connector.Misconfigured, "is an older key, and still "+what, "ml-connector key rotate")
		case k.Here && len(list) > 1:
			d.well("key", k.ID, "wraps nothing any more; keep it with the backups from before, and take it out of its place")
		}
	}
	return nil
}

func since(t *time.Time) string {
	if t == nil {
		return ""
	}
	return " (since " + t.UTC().Format(time.RFC3339) + ")"
}
