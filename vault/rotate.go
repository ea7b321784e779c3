package vault

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"

	connector "ml-connector"
)

// KeyIDs names all keys at hand, in the order of their place.
func (v *Vault) KeyIDs() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []string
	for _, k := range v.keys {
		out = append(out, k.id)
	}
	return out
}

// WrappedBy names the key that the data key of a sealed secret is wrapped with, "" of what was never sealed.
func WrappedBy(sealed string) string {
	parts := strings.Split(sealed, ".")
	if len(parts) != 4 || parts[0] != version {
		return ""
	}
	return parts[1]
}

// Rewrap wraps the data key of a sealed secret with the key that seals now. The secret itself is not opened, and what comes back
// unseals as before.
func (v *Vault) Rewrap(connection, sealed string) (string, error) {
	op := "wrap a secret of " + connection + " anew"
	parts := strings.Split(sealed, ".")
	if len(parts) != 4 || parts[0] != version {
		return "", damaged(op)
	}
	raw, err := v.unwrap(op, connection, parts[1], parts[2])
	if err != nil {
		return "", err
	}
	k := v.sealer()
	wrapped, err := k.wrap(connection, raw)
	if err != nil {
		return "", err
	}
	return strings.Join([]string{version, k.id, wrapped, parts[3]}, "."), nil
}

// unwrap gives a data key back.
func (v *Vault) unwrap(op, connection, by, wrapped string) ([]byte, error) {
	k, ok := v.key(by)
	if !ok {
		return nil, v.wrongKey(op, by)
	}
	text, err := encoding.DecodeString(wrapped)
	if err != nil {
		return nil, damaged(op)
	}
	raw, err := k.aead.Decrypt(text, bound("data key", connection))
	if err != nil {
		return nil, damaged(op)
	}
	return raw, nil
}

func (k key) wrap(connection string, raw []byte) (string, error) {
	wrapped, err := k.aead.Encrypt(raw, bound("data key", connection))
	if err != nil {
		return "", connector.Errorf(connector.Internal, "wrap a data key", "encryption failed").Because(err)
	}
	return encoding.EncodeToString(wrapped), nil
}

// AddKey puts a new random key before those of the key file, which go on to open what they sealed, and reads them all. The file is
// replaced as a whole, or not at all. A variable can't be changed from here.
func (v *Vault) AddKey() error {
	const op = "add a key"
	path, name := v.source.path()
	if path == "" {
		return connector.Errorf(connector.Invalid, op, "the keys are in %s, which can't be changed from here", v.name).
			Advise("Put a new key (`openssl rand -base64 32`) in a line before the present one, start all processes anew with both, and rotate again.")
	}
	old, err := readKeys(path, name)
	if err != nil {
		return err
	}
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails
	text := base64.StdEncoding.EncodeToString(raw) + "\n"
	if comment, rest, ok := bytes.Cut(old, []byte("\n")); ok && bytes.HasPrefix(comment, []byte("#")) {
		text, old = string(comment)+"\n"+text, rest
	}
	if err := replace(path, append([]byte(text), old...)); err != nil {
		return connector.Errorf(connector.Misconfigured, op, "the key file %s can't be replaced", name).Because(err).
			Advise("Let the owner of the file do it, or put a new key (`openssl rand -base64 32`) in a line before the present one by hand, and rotate again.")
	}
	return v.Reload()
}

// replace puts a text in the place of a file, with the same owner and mode. A crash leaves the one or the other.
func replace(path string, text []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	steps := []func() error{func() error { return keepOwner(f, info) }, func() error { _, err := f.Write(text); return err }, f.Sync}
	for _, step := range steps {
		if err == nil {
			err = step()
		}
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// Digester makes keyed hashes of values that must not be kept: whoever has no key can't find by trying what one stands for.
type Digester struct {
	origin string // ID of the key that it came from
	key    []byte
}

// digestVersion marks a kept Digester.
const digestVersion = "d1"

// Digester gives the Digester of a database. Kept is what KeepDigester gave, so that hashes stay the same when the key that seals
// is another one; "" = the one that the key of an ID gives, or the key that seals where that ID is "".
func (v *Vault) Digester(keyID, kept string) (Digester, error) {
	const op = "open the vault"
	if kept == "" {
		k := v.sealer()
		if keyID != "" {
			var ok bool
			if k, ok = v.key(keyID); !ok {
				return Digester{}, v.wrongKey(op, keyID)
			}
		}
		return Digester{k.id, k.digest}, nil
	}
	parts := strings.Split(kept, ".")
	if len(parts) != 4 || parts[0] != digestVersion {
		return Digester{}, damaged(op)
	}
	raw, err := v.unwrap(op, digestOwner(parts[1]), parts[2], parts[3])
	return Digester{parts[1], raw}, err
}

// KeepDigester wraps a Digester with the key that seals now.
func (v *Vault) KeepDigester(d Digester) (string, error) {
	k := v.sealer()
	wrapped, err := k.wrap(digestOwner(d.origin), d.key)
	return strings.Join([]string{digestVersion, d.origin, k.id, wrapped}, "."), err
}

// digestOwner stands where other data keys have their Connection, whose names have no blank.
func digestOwner(origin string) string { return "digest " + origin }

// Digest is the hash of one value of one Connection: 4 and 16 hex digits. Those with other first 4 come from another key, and can't
// be compared.
func (d Digester) Digest(connection, value string) string {
	mac := hmac.New(sha256.New, d.key)
	mac.Write(bound("digest", connection, value))
	return d.origin[:4] + "." + hex.EncodeToString(mac.Sum(nil)[:8])
}

// Holds says whether all keys of a list are at hand; missing is the first that is not.
func (v *Vault) Holds(ids []string) (missing string, ok bool) {
	at := slices.IndexFunc(ids, func(id string) bool {
		_, ok := v.key(id)
		return !ok
	})
	if at < 0 {
		return "", true
	}
	return ids[at], false
}
