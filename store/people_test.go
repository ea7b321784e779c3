package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

func (f *fixture) person(name string, roles ...people.Role) {
	f.t.Helper()
	f.tx(func(tx *store.Tx) error { return tx.AddPerson(name, roles, "cli:jdoe") })
}

func TestWhoMayLogIn(t *testing.T) {
	t.Run("a name is somebody's for ever", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.person("ann", people.Viewer, people.Approver)
			refused(t, "a second one", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.AddPerson("ann", nil, "x") }), connector.Conflict)
			p, err := f.Person(f.ctx, "ann")
			must(t, err)
			equal(t, "roles", people.Words(p.Roles), "viewer, approver")
			equal(t, "state", p.State, store.PersonActive)
			p.State, p.Password, p.SeenAt, p.Roles = store.PersonRemoved, "h", f.clock.Now(), nil
			f.tx(func(tx *store.Tx) error { return tx.SavePerson(p) })
			_, err = f.Person(f.ctx, "ann")
			refused(t, "once removed", err, connector.NotFound)
			refused(t, "changed once removed", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.SavePerson(p) }), connector.NotFound)
			refused(t, "the same name again", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.AddPerson("ann", nil, "x") }), connector.Conflict)
			all, err := f.People(f.ctx)
			must(t, err)
			equal(t, "listed", len(all), 0)
		})
	})
	t.Run("a link counts once and not for ever, and of a person the last one", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.person("ann")
			keep := func(hash, person string) {
				f.tx(func(tx *store.Tx) error { return tx.KeepInvitation(hash, person, f.clock.Now().Add(time.Hour)) })
			}
			use := func(hash string) (out string) {
				f.tx(func(tx *store.Tx) error {
					person, counts, err := tx.UseInvitation(hash)
					out = fmt.Sprint(person, counts)
					return err
				})
				return out
			}
			keep("1", "ann")
			keep("2", "ann")
			keep("first", "")
			keep("second", "")
			equal(t, "the one before", use("1"), "false")
			person, counts, err := f.Invitation(f.ctx, "2")
			must(t, err)
			equal(t, "looked at", fmt.Sprint(person, counts), "anntrue")
			equal(t, "used", use("2"), "anntrue")
			equal(t, "used again", use("2"), "false")
			equal(t, "one of several for the first administrator", use("first"), "true")
			f.clock.add(time.Hour)
			equal(t, "too late", use("second"), "false")
			_, counts, err = f.Invitation(f.ctx, "second")
			must(t, err)
			equal(t, "looked at too late", counts, false)
		})
	})
	t.Run("of many who see who there is, one is first", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			var all sync.WaitGroup
			first := make([]bool, 8)
			for n := range first {
				all.Go(func() {
					err := f.Tx(f.ctx, func(tx *store.Tx) error {
						there, err := tx.People()
						if err != nil || len(there) > 0 {
							return errors.Join(err, errors.New("somebody is there"))
						}
						return tx.AddPerson(fmt.Sprint("p", n), nil, "x")
					})
					first[n] = err == nil
				})
			}
			all.Wait()
			there, err := f.People(f.ctx)
			must(t, err)
			equal(t, "people", len(there), 1)
		})
	})
}

func (f *fixture) session(hash, person string) {
	f.t.Helper()
	f.tx(func(tx *store.Tx) error {
		return tx.BeginSession(store.Session{Hash: hash, ID: "id" + hash, Person: person, Until: f.clock.Now().Add(7 * 24 * time.Hour), Address: "192.0.2.1", Agent: "<b>"})
	})
}

func (f *fixture) logged(hash string) bool {
	f.t.Helper()
	_, _, found, err := f.Session(f.ctx, hash)
	must(f.t, err)
	return found
}

func TestSessions(t *testing.T) {
	t.Run("a session ends when it is not used, and at its end", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.person("ann", people.Viewer)
			f.session("a", "ann")
			s, p, found, err := f.Session(f.ctx, "a")
			must(t, err)
			equal(t, "found", fmt.Sprint(found, s.Person, p.Roles, s.Address, s.Agent), "trueann[viewer]192.0.2.1<b>")
			equal(t, "another one", f.logged("b"), false)
			f.session("idle", "ann")
			for range 15 {
				f.clock.add(store.SessionIdle - time.Minute)
				s, _, found, err := f.Session(f.ctx, "a")
				must(t, err)
				if !found {
					break
				}
				must(t, f.SeenSession(f.ctx, s))
			}
			equal(t, "at its end, though it was used", f.logged("a"), false)
			equal(t, "not used", f.logged("idle"), false)
			list, err := f.Sessions(f.ctx, "ann")
			must(t, err)
			equal(t, "listed", len(list), 0)
		})
	})
	t.Run("it ends at once with its person, and does not come back", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.person("ann")
			f.person("bea")
			f.session("a", "ann")
			f.session("b", "bea")
			p, err := f.Person(f.ctx, "ann")
			must(t, err)
			p.State = store.PersonDisabled
			f.tx(func(tx *store.Tx) error { return tx.SavePerson(p) })
			equal(t, "of who is disabled", f.logged("a"), false)
			equal(t, "of another", f.logged("b"), true)
		})
	})
	t.Run("one of them ends, or all but one", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.person("ann")
			f.person("bea")
			for _, hash := range []string{"1", "2", "3"} {
				f.session(hash, "ann")
			}
			end := func(person, id, but string) (n int) {
				f.tx(func(tx *store.Tx) (err error) { n, err = tx.EndSessions(person, id, but); return err })
				return n
			}
			equal(t, "somebody else's", end("bea", "id1", ""), 0)
			equal(t, "one", end("ann", "id1", ""), 1)
			equal(t, "all but one", end("ann", "", "3"), 1)
			equal(t, "which is left", fmt.Sprint(f.logged("1"), f.logged("2"), f.logged("3")), "false false true")
			f.tx(func(tx *store.Tx) error { return tx.EndAllSessions() })
			equal(t, "after all ended", f.logged("3"), false)
		})
	})
}

func TestAPITokens(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		tok := store.APIToken{Name: "nightly", Hash: "h", Roles: []people.Role{people.Machine}, Permissions: []people.Permission{people.ExportLedger}, MadeBy: "cli:jdoe", Until: f.clock.Now().Add(time.Hour)}
		f.tx(func(tx *store.Tx) error { return tx.AddAPIToken(tok) })
		refused(t, "the name again", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.AddAPIToken(tok) }), connector.Conflict)
		got, found, err := f.APIToken(f.ctx, "h")
		must(t, err)
		equal(t, "found", fmt.Sprint(found, got.Name, got.Roles, got.Permissions, got.SeenAt.IsZero()), "truenightly[machine] [ledger.export] true")
		must(t, f.SeenAPIToken(f.ctx, got))
		_, found, err = f.APIToken(f.ctx, "nightly")
		must(t, err)
		equal(t, "by its name", found, false)
		f.clock.add(time.Hour)
		_, found, err = f.APIToken(f.ctx, "h")
		must(t, err)
		equal(t, "at its end", found, false)
		list, err := f.APITokens(f.ctx)
		must(t, err)
		equal(t, "listed, and its use noted", fmt.Sprint(len(list), list[0].SeenAt.IsZero()), "1 false")
		f.tx(func(tx *store.Tx) error { return tx.RemoveAPIToken("nightly") })
		refused(t, "revoked twice", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.RemoveAPIToken("nightly") }), connector.NotFound)
	})
}
