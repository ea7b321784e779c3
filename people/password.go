package people

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	connector "ml-connector"
)

// cost is what a hash of a password costs. It stands in each hash, so that it can be raised.
type cost struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

// present is the cost of new hashes. Every log-in pays it, so many at once must not take the machine's memory.
var present = cost{memory: 19 * 1024, time: 2, threads: 1}

// Limits of a hash that is read back: a hostile database must not make a log-in take the machine.
const (
	mostMemory  = 1 << 20 // KiB
	mostTime    = 16
	saltBytes   = 16
	hashBytes   = 32
	argonFormat = "$argon2id$v=%d$m=%d,t=%d,p=%d$"
)

// Nobody is a hash that no password has: it costs as much to compare, so that a name that is not there takes as long.
func Nobody() string {
	return format(present, make([]byte, saltBytes), make([]byte, hashBytes))
}

// HashPassword hashes a password with argon2id and a salt of its own.
func HashPassword(password string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // it never fails
	return format(present, salt, present.hash(password, salt, hashBytes))
}

func (c cost) hash(password string, salt []byte, size uint32) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, c.time, c.memory, c.threads, size)
}

func format(c cost, salt, hash []byte) string {
	text := base64.RawStdEncoding
	return fmt.Sprintf(argonFormat, argon2.Version, c.memory, c.time, c.threads) + text.EncodeToString(salt) + "$" + text.EncodeToString(hash)
}

// CheckPassword compares a password with a hash. weak says that the hash costs less than new ones do: make it anew.
func CheckPassword(hash, password string) (ok, weak bool) {
	c, salt, want, ok := read(hash)
	if !ok {
		return false, false
	}
	got := c.hash(password, salt, uint32(len(want)))
	ok = subtle.ConstantTimeCompare(got, want) == 1
	return ok, ok && (c.memory < present.memory || c.time < present.time)
}

func read(text string) (c cost, salt, hash []byte, ok bool) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.threads); err != nil {
		return c, nil, nil, false
	}
	if c.memory < 8 || c.memory > mostMemory || c.time < 1 || c.time > mostTime || c.threads < 1 {
		return c, nil, nil, false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil || len(salt) < 8 {
		return c, nil, nil, false
	}
	hash, err = base64.RawStdEncoding.DecodeString(parts[5])
	return c, salt, hash, err == nil && len(hash) >= 16 && len(hash) <= 64
}

// How long a password is.
const (
	LeastPassword = 12  // characters
	mostPassword  = 512 // bytes
)

// common are what people choose most when they must choose something long. What stands around them counts, not they.
var common = []string{"administrator", "password", "passwort", "letmein", "welcome", "willkommen", "iloveyou", "changeme", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm",
	"qwerty", "1qaz2wsx3edc", "1q2w3e4r5t6y", "sunshine", "princess", "football", "baseball", "trustno1", "mlconnector", "ml-connector", "connector", "secret", "monkey", "dragon",
	"master", "login", "admin", "0123456789", "1234567890", "123456789", "12345678", "1234567", "123456", "12345", "1234", "123", "0987654321", "987654321", "abcdefghijkl", "abcdefgh", "abcdef", "abc123"}

// CheckNewPassword refuses passwords that are guessed soon. There are no rules of which characters it must have.
func CheckNewPassword(name, password string) error {
	const op = "set a password"
	const advice = "Take several words that have nothing to do with each other; any characters will do."
	refuse := func(format string, args ...any) error {
		return connector.Errorf(connector.Invalid, op, format, args...).Advise(advice)
	}
	switch {
	case !utf8.ValidString(password):
		return refuse("it is not text")
	case utf8.RuneCountInString(norm.NFC.String(password)) < LeastPassword:
		return refuse("it has fewer than %d characters", LeastPassword)
	case len(password) > mostPassword:
		return refuse("it has more than %d bytes", mostPassword)
	}
	rest := strings.ToLower(password)
	for _, part := range append([]string{name}, strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(".@_-+", r) })...) {
		if len(part) > 2 {
			rest = strings.ReplaceAll(rest, strings.ToLower(part), "")
		}
	}
	if utf8.RuneCountInString(rest) < LeastPassword/2 {
		return refuse("it is made of your name")
	}
	for _, word := range common {
		rest = strings.ReplaceAll(rest, word, "")
	}
	different := map[rune]bool{}
	for _, r := range rest {
		different[r] = true
	}
	if len(different) < 4 {
		return refuse("it is one of those that are guessed first")
	}
	return nil
}
