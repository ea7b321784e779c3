// Package vault seals the secrets of Connections, so that a database file alone gives none of them away.
//
// Encryption is in two layers (Tink's AES-256-GCM). A secret is sealed with a data key that only its Connection uses,
// bound to the Connection, the secret's name and the addresses that it is sent to: moved to another row, it can't be
// unsealed. The data key travels with the secret, wrapped by the key-encryption key, which comes from a file or the
// environment and is never stored in the database. Beside it stands that key's ID, so that a wrong key is told as such
// and not as damage.
//
// It must never store anything, log, or put a secret or a key into an error; rows and transactions are the store's.
//
// It is proved by tables: what each piece that was exchanged, cut or altered does, and what each state of the key file
// does (QUALITY.md I21, §3).
package vault

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"

	connector "ml-connector"
)

const (
	version = "v1"
	keySize = 32
)

var encoding = base64.RawURLEncoding

// Vault seals and unseals. It may be used by many goroutines.
type Vault struct {
	*ring
	sealing *key // nil = the first at hand, whichever it is at that moment
}

// ring is the keys at hand, which all Vaults on them share.
type ring struct {
	name   string // of the key, for messages: "master.key" or "the variable ML_KEY"
	source source

	mu   sync.Mutex
	keys []key              // in the order of their place; all unseal
	data map[string]dataKey // by Connection: what this process seals with
}

// dataKey is a key of one Connection, and its wrapped form.
type dataKey struct {
	aead    *subtle.AESGCM
	by      string // ID of the key that it is wrapped with
	wrapped string
}

// KeyID names the key that seals, without giving it away: 16 hex digits.
func (v *Vault) KeyID() string { return v.sealer().id }

// Sealing gives a Vault on the same keys that seals with the one of an ID, and goes on to when another is put before it: a key that
// stands first may be missing in other processes, and which one seals is the database's to say.
func (v *Vault) Sealing(keyID string) (*Vault, error) {
	k, ok := v.key(keyID)
	if !ok {
		return nil, v.wrongKey("open the vault", keyID)
	}
	return &Vault{ring: v.ring, sealing: &k}, nil
}

func (v *Vault) sealer() key {
	if v.sealing != nil {
		return *v.sealing
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.keys[0]
}

// Seal encrypts a secret for one field of one Connection; address is what the secret is bound to, in any fixed form.
func (v *Vault) Seal(connection, field, address string, secret []byte) (string, error) {
	d, err := v.dataKey(connection)
	if err != nil {
		return "", err
	}
	sealed, err := d.aead.Encrypt(secret, bound("secret", connection, field, address))
	if err != nil {
		return "", connector.Errorf(connector.Internal, "seal "+connection+" "+field, "encryption failed").Because(err)
	}
	return strings.Join([]string{version, d.by, d.wrapped, encoding.EncodeToString(sealed)}, "."), nil
}

// Unseal gives back what Seal took, for the same Connection, field and address. With another key than it was sealed with
// the error is misconfigured and says so; with anything else altered it is misconfigured too, and says that the secret
// must be given again.
func (v *Vault) Unseal(connection, field, address, sealed string) ([]byte, error) {
	op := "unseal " + connection + " " + field
	parts := strings.Split(sealed, ".")
	if len(parts) != 4 || parts[0] != version {
		return nil, damaged(op)
	}
	raw, err := v.unwrap(op, connection, parts[1], parts[2])
	if err != nil {
		return nil, err
	}
	text, err := encoding.DecodeString(parts[3])
	if err != nil {
		return nil, damaged(op)
	}
	aead, err := subtle.NewAESGCM(raw)
	if err != nil {
		return nil, damaged(op)
	}
	secret, err := aead.Decrypt(text, bound("secret", connection, field, address))
	if err != nil {
		return nil, damaged(op)
	}
	return secret, nil
}

// Fresh says whether a sealed secret was sealed with the key that seals now. One that was not is sealed anew before an
// older key goes away.
func (v *Vault) Fresh(sealed string) bool {
	return strings.HasPrefix(sealed, version+"."+v.KeyID()+".")
}

// Check says whether this Vault's keys include the one with an ID, as a database remembers it from when it was set up.
func (v *Vault) Check(keyID string) error {
	if _, ok := v.key(keyID); !ok {
		return v.wrongKey("open the vault", keyID)
	}
	return nil
}

// key finds a key. One that is not known may have been put into its place a moment ago, so that place is looked at once more.
func (v *Vault) key(id string) (key, bool) {
	if k, ok := v.held(id); ok || v.Reload() != nil {
		return k, ok
	}
	return v.held(id)
}

func (v *Vault) held(id string) (key, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, k := range v.keys {
		if k.id == id {
			return k, true
		}
	}
	return key{}, false
}

func (v *Vault) wrongKey(op, id string) error {
	return connector.Errorf(connector.Misconfigured, op, "the key in %s is not the one that this database was set up with (it needs %s, and this is %s)", v.name, id, v.KeyID()).
		Advise("Put the right key in its place. If it is lost, `apply` with all secrets at hand seals them anew with this one.")
}

func damaged(op string) error {
	return connector.Errorf(connector.Misconfigured, op, "the stored secret does not belong here or was altered").
		Advise("Give the secret again with `apply`.")
}

// dataKey is the key that this process seals a Connection's secrets with, made on first use and when another key seals.
func (v *Vault) dataKey(connection string) (dataKey, error) {
	k := v.sealer()
	v.mu.Lock()
	defer v.mu.Unlock()
	if d, ok := v.data[connection]; ok && d.by == k.id {
		return d, nil
	}
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails
	aead, err := subtle.NewAESGCM(raw)
	if err != nil {
		return dataKey{}, connector.Errorf(connector.Internal, "make a data key", "encryption failed").Because(err)
	}
	wrapped, err := k.wrap(connection, raw)
	if err != nil {
		return dataKey{}, err
	}
	d := dataKey{aead: aead, by: k.id, wrapped: wrapped}
	v.data[connection] = d
	return d, nil
}

// bound is the associated data: what it is for, and each part with its length before it, so that no two lists of parts
// give the same bytes.
func bound(purpose string, parts ...string) []byte {
	out := []byte("ml-connector " + purpose)
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}
