package store

import (
	connector "ml-connector"
)

// Identity is who somebody is at an identity provider.
type Identity struct {
	Issuer  string
	Subject string // which the issuer never gives to somebody else
}

// PersonOf finds whom an Identity means here, "" nobody yet.
func (tx *Tx) PersonOf(id Identity) (name string, err error) {
	_, err = one(tx, "look for an identity", "SELECT person FROM identities WHERE issuer = $1 AND subject = $2", []any{id.Issuer, id.Subject}, &name)
	return name, err
}

// Identify says that an Identity is a person's. Nobody has two, and none is two people's.
func (tx *Tx) Identify(id Identity, person string) error {
	const op = "keep an identity"
	n, err := tx.exec(op, "INSERT INTO identities (issuer, subject, person, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", id.Issuer, id.Subject, person, micros(tx.now))
	if err == nil && n == 0 {
		return connector.Errorf(connector.Conflict, op, "%s signs on as somebody else already, or this is somebody else here", person).
			Advise("An administrator forgets the one before: ml-connector user forget-sign-on NAME")
	}
	return err
}

// ForgetIdentity takes a person's Identity away; false when there is none.
func (tx *Tx) ForgetIdentity(person string) (bool, error) {
	n, err := tx.exec("forget an identity", "DELETE FROM identities WHERE person = $1", person)
	return n > 0, err
}
