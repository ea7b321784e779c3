package people

import (
	"encoding/base64"
	"strings"
	"testing"

	connector "ml-connector"
)

func TestAPasswordFitsItsHashAlone(t *testing.T) {
	t.Parallel()
	const password = "four unrelated wörds"
	hash := HashPassword(password)
	if again := HashPassword(password); again == hash {
		t.Error("two hashes of one password are the same: it has no salt")
	}
	if strings.Contains(hash, "wörds") || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the hash is %s", hash)
	}
	for given, want := range map[string]bool{password: true, "four unrelated wo\u0308rds": true, "four unrelated words": false, "": false, password + " ": false} {
		if ok, weak := CheckPassword(hash, given); ok != want || weak {
			t.Errorf("%q: fits %v, weak %v", given, ok, weak)
		}
	}
	old := cost{memory: 8, time: 1, threads: 1}
	salt := []byte("0123456789abcdef")
	if ok, weak := CheckPassword(format(old, salt, old.hash(password, salt, 32)), password); !ok || !weak {
		t.Errorf("a hash that was cheaper: fits %v, weak %v", ok, weak)
	}
	if ok, _ := CheckPassword(Nobody(), password); ok {
		t.Error("a password fits nobody")
	}
}

func TestAHashThatIsNoneFitsNothing(t *testing.T) {
	t.Parallel()
	good := HashPassword("x")
	text := base64.RawStdEncoding.EncodeToString
	for name, hash := range map[string]string{
		"none":                    "",
		"plain text":              "x",
		"of another kind":         strings.Replace(good, "argon2id", "argon2i", 1),
		"of another version":      strings.Replace(good, "v=19", "v=16", 1),
		"of too much memory":      strings.Replace(good, "m=19456", "m=4294967295", 1),
		"of too much time":        strings.Replace(good, "t=2", "t=4000000", 1),
		"of no thread":            strings.Replace(good, "p=1", "p=0", 1),
		"cut off":                 good[:len(good)-40],
		"that is empty":           "$argon2id$v=19$m=8,t=1,p=1$" + text(make([]byte, 16)) + "$",
		"with a salt of one byte": "$argon2id$v=19$m=8,t=1,p=1$" + text([]byte{1}) + "$" + text(make([]byte, 32)),
	} {
		if ok, weak := CheckPassword(hash, "x"); ok || weak {
			t.Errorf("a hash %s fits", name)
		}
	}
}

func TestWhichPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	for password, says := range map[string]string{
		"correct horse battery staple": "",
		"kW7#pq_Zr0vL":                 "",
		"日本語日本の長い合言葉です":                "",
		"short":                        "fewer than 12",
		"elevenchars":                  "fewer than 12",
		"aaaaaaaaaaaaaaa":              "guessed first",
		"abcabcabcabcabc":              "guessed first",
		"123456789012":                 "guessed first",
		"Password1234!":                "guessed first",
		"passwordpassword":             "guessed first",
		"qwertyuiop123":                "guessed first",
		"ml-connector1":                "guessed first",
		"Administrator1":               "guessed first",
		"jane.doe@example.com":         "your name",
		"JaneDoe-2026":                 "your name",
		strings.Repeat("long ", 110):   "more than 512",
		"bytes \xff\xfe that are none": "not text",
	} {
		err := CheckNewPassword("jane.doe@example.com", password)
		if e := connector.AsError(err); (e == nil) != (says == "") || e != nil && (!strings.Contains(e.Message, says) || e.Code != connector.Invalid || strings.Contains(e.Error(), password)) {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestSecretsAreLongAndNeverTwice(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		s := NewSecret()
		if len(s) != 52 || seen[s] || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") != "" {
			t.Fatalf("%q", s)
		}
		seen[s] = true
	}
	if h := HashSecret("x"); len(h) != 64 || h == HashSecret("y") {
		t.Errorf("the hash is %q", h)
	}
}
