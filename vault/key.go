package vault

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"

	connector "ml-connector"
)

// key is one key-encryption key.
type key struct {
	id     string
	aead   *subtle.AESGCM
	digest []byte // keys the digests
}

// source is where keys come from, so that they can be read again.
type source struct {
	ref, dir string
	lookup   func(string) (string, bool)
}

// Open reads the key-encryption key that `key` of the configuration names: file:PATH (relative to dir) or env:NAME, with
// lookup for variables. Its text is one key a line, each 32 bytes in base64; all unseal, and the first seals where
// [Vault.Sealing] names no other, so a key is changed by putting a new one first. Empty lines and lines with # are passed over.
//
// A file that does not exist is made, with a new random key and mode 0600. A file that others may read is refused.
// Errors are misconfigured and never quote the key.
func Open(ref, dir string, lookup func(string) (string, bool)) (*Vault, error) {
	v := &Vault{ring: &ring{source: source{ref, dir, lookup}, data: map[string]dataKey{}}}
	var err error
	v.keys, v.name, err = v.source.read(readOrMake)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Reload reads the keys again, so that a running process knows of one that was put into its place. Where they can't be read
// those that are known go on to count.
func (v *Vault) Reload() error {
	keys, _, err := v.source.read(readKeys)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys = keys
	return nil
}

// path is that of the file with the keys, "" when they stand in a variable; name is how the configuration spells it.
func (s source) path() (path, name string) {
	value, isFile := strings.CutPrefix(s.ref, "file:")
	switch {
	case !isFile || value == "":
		return "", ""
	case filepath.IsAbs(value):
		return value, value
	}
	return filepath.Join(s.dir, value), value
}

// read gives the keys, and how messages call the place where they are; file reads a file.
func (s source) read(file func(path, name string) ([]byte, error)) (keys []key, name string, err error) {
	const op = "open the vault"
	path, name := s.path()
	variable, isVariable := strings.CutPrefix(s.ref, "env:")
	var text []byte
	switch {
	case path != "":
		if text, err = file(path, name); err != nil {
			return nil, name, err
		}
	case isVariable && variable != "":
		name = "the variable " + variable
		set, ok := s.lookup(variable)
		if !ok || set == "" {
			return nil, name, connector.Errorf(connector.Misconfigured, op, "the variable %s is not set", variable).
				Advise("Set it to the key of this database: 32 bytes in base64, as `openssl rand -base64 32` makes them.")
		}
		text = []byte(set)
	default:
		return nil, name, connector.Errorf(connector.Misconfigured, op, "`key` must be file:PATH or env:NAME").
			Advise("Write for example `key: file:master.key`.")
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		k, ok := parseKey(line)
		if !ok {
			return nil, name, connector.Errorf(connector.Misconfigured, op, "%s holds something that is not a key", name).
				Advise("A key is 32 bytes in base64, one a line, as `openssl rand -base64 32` makes them.")
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, name, connector.Errorf(connector.Misconfigured, op, "%s holds no key", name).
			Advise("Put the key back. Only for a new database: remove the empty file, and the next start makes a key.")
	}
	return keys, name, nil
}

func parseKey(line string) (key, bool) {
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		raw, err := e.DecodeString(line)
		if err != nil || len(raw) != keySize {
			continue
		}
		aead, err := subtle.NewAESGCM(raw)
		if err != nil {
			return key{}, false
		}
		sum := sha256.Sum256(append([]byte("ml-connector key id "), raw...))
		digest, err := hkdf.Key(sha256.New, raw, nil, "ml-connector digest", keySize)
		if err != nil {
			return key{}, false
		}
		return key{id: hex.EncodeToString(sum[:8]), aead: aead, digest: digest}, true
	}
	return key{}, false
}

// readOrMake reads the key file, and makes it where there is none; name is how the configuration spells it.
func readOrMake(path, name string) ([]byte, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, connector.Errorf(connector.Misconfigured, "open the vault", "the key file %s can't be made", name).Because(err).
				Advise("Make its folder, and let this user write there.")
		}
	}
	return readKeys(path, name)
}

// readKeys reads the key file.
func readKeys(path, name string) ([]byte, error) {
	const op = "open the vault"
	info, err := os.Stat(path)
	if err != nil {
		return nil, connector.Errorf(connector.Misconfigured, op, "the key file %s can't be read", name).Because(err)
	}
	if loose := info.Mode().Perm() & 0o077; loose != 0 {
		return nil, connector.Errorf(connector.Misconfigured, op, "others may read the key file %s (mode %04o)", name, info.Mode().Perm()).
			Advise("chmod 600 %s", name)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, connector.Errorf(connector.Misconfigured, op, "the key file %s can't be read", name).Because(err)
	}
	return text, nil
}

// makeKey writes a new key so that the file appears whole or not at all, and only once when two processes try.
func makeKey(path string) error {
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails
	var text bytes.Buffer
	text.WriteString("# The key that the secrets in the database are sealed with. Keep a copy in a safe place, apart from the database.\n")
	text.WriteString(base64.StdEncoding.EncodeToString(raw) + "\n")
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text.Bytes())
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
