package people

import (
	"slices"
	"strings"

	connector "ml-connector"
)

// reserved are names that the ledger uses for what is no person.
var reserved = []string{"engine", "demo", "system", "unknown", "nobody"}

// most is how long a name may be.
const most = 80

// ParseName reads the name of a person, or of a token: small letters, digits and . _ - + @, so that two names never look the
// same, and none needs escaping anywhere.
func ParseName(text string) (string, error) {
	const op = "read a name"
	name := strings.ToLower(strings.TrimSpace(text))
	switch {
	case name == "" || len(name) > most:
		return "", connector.Errorf(connector.Invalid, op, "a name has 1 to %d characters", most)
	case strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("._-+@", r)
	}):
		return "", connector.Errorf(connector.Invalid, op, "%q has characters that a name can't have", short(text)).Advise("Use a to z, digits and . _ - + @; an e-mail address will do.")
	case (name[0] < 'a' || name[0] > 'z') && (name[0] < '0' || name[0] > '9'):
		return "", connector.Errorf(connector.Invalid, op, "a name begins with a letter or a digit")
	case slices.Contains(reserved, name):
		return "", connector.Errorf(connector.Invalid, op, "the name %s is taken by the program itself", name).Advise("Choose another one.")
	}
	return name, nil
}

// short cuts what a stranger may have typed.
func short(text string) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
