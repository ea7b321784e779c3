package people

import (
	"slices"
	"strings"

	connector "ml-connector"
)

// Actor is who acts, and what they may do. Without permissions they may do nothing. Its Name is how the ledger calls them:
// "cli:jdoe" at the machine itself, "user:jdoe" after log-in, "token:jdoe/nightly" by a token that jdoe made.
type Actor struct {
	Name        string
	Permissions []Permission
}

// What the names of Actors begin with.
const (
	userPrefix  = "user:"
	tokenPrefix = "token:"
	localPrefix = "cli:"
)

// Local is somebody at the machine: whoever can open the database and its key may do all.
func Local(name string) Actor { return Actor{Name: name, Permissions: Permissions()} }

// User is a person who has logged in.
func User(name string, roles []Role) Actor {
	return Actor{Name: userPrefix + name, Permissions: Of(roles...)}
}

// Token is a program with a token that somebody made.
func Token(maker, name string, may []Permission) Actor {
	return Actor{Name: tokenPrefix + maker + "/" + name, Permissions: may}
}

// Can says whether the Actor may do something.
func (a Actor) Can(p Permission) bool { return slices.Contains(a.Permissions, p) }

// May refuses what the Actor may not do.
func (a Actor) May(p Permission) error {
	if a.Can(p) {
		return nil
	}
	who := a.Name
	if who == "" {
		who = "somebody without a name"
	}
	return connector.Errorf(connector.Forbidden, "", "%s lacks the permission %s, which the roles %s have", who, p, Words(With(p))).
		Advise("Ask an administrator for one of these roles.")
}

// MayGive refuses to give others what the Actor does not have: nobody makes somebody who may do more than they.
func (a Actor) MayGive(list []Permission) error {
	for _, p := range list {
		if !a.Can(p) {
			return connector.Errorf(connector.Forbidden, "", "%s lacks the permission %s, and nobody gives what they do not have", a.Name, p).
				Advise("Ask an administrator.")
		}
	}
	return nil
}

// Behind is the person who stands behind an Actor's name, however they came in; "" when it is no person.
func Behind(actor string) string {
	for _, prefix := range []string{userPrefix, localPrefix} {
		if name, ok := strings.CutPrefix(actor, prefix); ok {
			return strings.ToLower(name)
		}
	}
	if rest, ok := strings.CutPrefix(actor, tokenPrefix); ok {
		if at := strings.LastIndex(rest, "/"); at >= 0 {
			return strings.ToLower(rest[:at])
		}
	}
	return ""
}

// LoggedIn is the name of the person of an Actor who has logged in, "" of any other.
func LoggedIn(actor string) string {
	name, ok := strings.CutPrefix(actor, userPrefix)
	if !ok {
		return ""
	}
	return name
}

// IsToken says whether an Actor is a program with a token.
func IsToken(actor string) bool { return strings.HasPrefix(actor, tokenPrefix) }

// Same says whether two Actors' names mean the same person: who made something may not approve it, by whatever way they come.
func Same(x, y string) bool {
	return x == y || Behind(x) != "" && Behind(x) == Behind(y)
}
