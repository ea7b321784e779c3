package store_test

import (
	"testing"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// TestAnIdentityIsOnePersons: neither has two.
func TestAnIdentityIsOnePersons(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		ann := store.Identity{Issuer: "https://id.example.com", Subject: "1"}
		elsewhere := store.Identity{Issuer: "https://other.example.com", Subject: "1"}
		f.tx(func(tx *store.Tx) error {
			for _, name := range []string{"ann", "bea"} {
				must(t, tx.AddPerson(name, []people.Role{people.Viewer}, "cli:jdoe"))
			}
			return tx.Identify(ann, "ann")
		})
		for what, row := range map[string]struct {
			id   store.Identity
			name string
		}{"the same once more": {ann, "ann"}, "another person": {ann, "bea"}, "a second one": {elsewhere, "ann"}} {
			err := f.Tx(f.ctx, func(tx *store.Tx) error { return tx.Identify(row.id, row.name) })
			if connector.CodeOf(err) != connector.Conflict {
				t.Errorf("%s: %v", what, err)
			}
		}
		p, err := f.Person(f.ctx, "ann")
		must(t, err)
		equal(t, "where ann signs on", p.SignsOn, ann.Issuer)
		equal(t, "ann gets in", p.CanLogIn(), true)
		f.tx(func(tx *store.Tx) error {
			for id, want := range map[store.Identity]string{ann: "ann", elsewhere: ""} {
				name, err := tx.PersonOf(id)
				must(t, err)
				equal(t, "whom it means", name, want)
			}
			for _, want := range []bool{true, false} {
				gone, err := tx.ForgetIdentity("ann")
				must(t, err)
				equal(t, "forgotten", gone, want)
			}
			return tx.Identify(elsewhere, "ann")
		})
	})
}
