package people

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// TokenPrefix begins every token, so that people and scanners of files recognise one.
const TokenPrefix = "mlc_"

// secretText is how secrets are written: letters and digits, so that they survive URLs, headers and double clicks.
var secretText = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret makes 256 random bits, as text.
func NewSecret() string {
	var bits [32]byte
	_, _ = rand.Read(bits[:]) // it never fails: the program ends where there is no randomness
	return strings.ToLower(secretText.EncodeToString(bits[:]))
}

// HashSecret is what is kept of a secret that [NewSecret] made. So much randomness needs no slow hash; a password does.
func HashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
