package app

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/vault"
	"ml-connector/wire"
)

// Settings of the database: the key that its secrets are sealed with, what hashes are made with where that is not the same key, and
// when another key began to seal.
const (
	metaKey    = "vault_key"
	metaDigest = "vault_digest"
	metaKeyAt  = "vault_key_at"
)

// open makes an Instance of a Connection: settings in force, secrets unsealed, a Caller for its own addresses.
func (a *App) open(ctx context.Context, c connector.Connection) (connector.Instance, error) {
	op := "open connection " + c.Name
	system, err := a.system(c.System)
	if err != nil {
		return nil, err
	}
	v := system.Validate(c.Settings)
	if len(v.Problems) > 0 {
		return nil, connector.Errorf(connector.Misconfigured, op, "%s %s", v.Problems[0].Path, v.Problems[0].Message).
			Advise("Correct the settings and `apply` them.")
	}
	secrets, err := a.unsealed(ctx, c.Name, system, v)
	if err != nil {
		return nil, err
	}
	certificates, err := tlsOf(op, v.TLS, secrets["tls_key"])
	if err != nil {
		return nil, err
	}
	caller, err := wire.New(wire.Config{
		Connection: c.Name, Addresses: v.Addresses, Allow: a.Process.Egress, TLS: certificates, Secrets: values(secrets),
		Timeout: timeoutOf(v.Settings), Now: a.Now,
	})
	if err != nil {
		return nil, err
	}
	return system.Open(connector.Opening{Connection: c.Name, Settings: v.Settings, Secrets: secrets, Caller: a.observe(c.Name, caller), Now: a.Now,
		Digest: a.digest(ctx, c.Name), Same: a.digest(ctx, ""), Share: a.share(c.Name, v)})
}

// unsealed gives the secrets of a Connection that are bound to its present addresses. One that is bound to others is
// missing: the System says what it needs it for.
func (a *App) unsealed(ctx context.Context, name string, system connector.System, v connector.Validation) (map[string]string, error) {
	rows, err := a.DB.Secrets(ctx, name)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(rows))
	for _, row := range rows {
		if row.Address != boundAddress(system, row.Name, v.Settings) {
			continue
		}
		keys, err := a.keys(ctx)
		if err != nil {
			return nil, err
		}
		secret, err := keys.Unseal(name, row.Name, row.Address, row.Sealed)
		if err != nil {
			return nil, err
		}
		out[row.Name] = string(secret)
	}
	return out, nil
}

// digest is the keyed hash of a Connection's values that must not be kept, with "" the one that is the same at every Connection;
// nil when the vault can't be opened. It stays the same when the key that seals is another one.
func (a *App) digest(ctx context.Context, connection string) func(string) string {
	keys, err := a.keys(ctx)
	if err != nil {
		return nil
	}
	digester, err := a.digester(ctx, keys)
	if err != nil {
		a.Log.Warn("what hashes are made with can't be read; bank and tax numbers are not compared", "error", err)
		return nil
	}
	return func(value string) string { return digester.Digest(connection, value) }
}

func (a *App) digester(ctx context.Context, keys *vault.Vault) (vault.Digester, error) {
	known, err := a.DB.Meta(ctx, metaKey)
	if err != nil {
		return vault.Digester{}, err
	}
	kept, err := a.DB.Meta(ctx, metaDigest)
	if err != nil {
		return vault.Digester{}, err
	}
	return keys.Digester(known, kept)
}

// boundAddress is what a secret is bound to: the settings in force that make up the address that it is sent to.
func boundAddress(system connector.System, secret string, inForce connector.Settings) string {
	for _, s := range system.Describe().Secrets {
		if s.Name != secret {
			continue
		}
		parts := make([]string, 0, len(s.BoundTo))
		for _, name := range s.BoundTo {
			parts = append(parts, fmt.Sprintf("%s=%v", name, inForce[name]))
		}
		return strings.Join(parts, " ")
	}
	return ""
}

// keys opens the vault so that it seals with the key that the database names, whichever stands first in its place, and refuses where
// that one is not at hand.
func (a *App) keys(ctx context.Context) (*vault.Vault, error) {
	keys, err := a.anyKeys()
	if err != nil {
		return nil, err
	}
	known, err := a.DB.Meta(ctx, metaKey)
	if err != nil {
		return nil, err
	}
	return keys.Sealing(cmp.Or(known, keys.KeyID()))
}

// nextKeys opens the vault so that it seals with the key that stands first in its place: one that the database does not name yet may
// be missing in other processes.
func (a *App) nextKeys() (*vault.Vault, error) {
	keys, err := a.anyKeys()
	if err != nil {
		return nil, err
	}
	return keys.Sealing(keys.KeyID())
}

// anyKeys opens the vault with the key that is there, whichever it is.
func (a *App) anyKeys() (*vault.Vault, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.vault != nil {
		return a.vault, nil
	}
	keys, err := vault.Open(a.Process.Key, a.Process.Dir, a.Lookup)
	if err != nil {
		return nil, err
	}
	a.vault = keys
	return keys, nil
}

// tlsOf reads the certificate files that the settings name.
func tlsOf(op string, files connector.TLSFiles, key string) (wire.TLS, error) {
	t := wire.TLS{Max: files.Max}
	for _, f := range []struct {
		path string
		into *[]byte
	}{{files.CA, &t.CA}, {files.Cert, &t.Cert}} {
		if f.path == "" {
			continue
		}
		text, err := readFile(op, f.path)
		if err != nil {
			return t, err
		}
		*f.into = text
	}
	if t.Cert != nil {
		t.Key = []byte(key)
	}
	return t, nil
}

// readFile reads a certificate file that settings name.
func readFile(op, path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, connector.Errorf(connector.Misconfigured, op, "the certificate file %s can't be read", path).Because(err).
			Advise("Put it back, or correct tls_ca and tls_cert in the settings.")
	}
	return text, nil
}

// timeoutOf is the setting `timeout`; 0 without one, so that the System's own defaults count.
func timeoutOf(s connector.Settings) time.Duration {
	text, _ := s["timeout"].(string)
	d, err := engine.ParseDuration(text)
	if err != nil {
		return 0
	}
	return d
}
