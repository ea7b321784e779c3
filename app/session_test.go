package app

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

const password = "four unrelated words"

var home = Origin{Address: "192.0.2.1", Agent: "Browser/1"}

// join makes a person who has a password, and gives the secret of their session.
func (b *bench) join(name string, roles ...people.Role) string {
	b.t.Helper()
	in, err := b.AddPerson(b.t.Context(), name, roles, people.Local("cli:root"))
	if err != nil {
		b.t.Fatal(err)
	}
	session, err := b.AcceptInvitation(b.t.Context(), in.Secret, "", password, home)
	if err != nil {
		b.t.Fatal(err)
	}
	return session
}

// visit says who is logged in with a session, "" nobody.
func (b *bench) visit(session string) string {
	b.t.Helper()
	v, found, err := b.Visit(b.t.Context(), session)
	if err != nil {
		b.t.Fatal(err)
	}
	if found != (v.Name != "") {
		b.t.Fatalf("found %v, %+v", found, v)
	}
	return v.Name
}

func TestTheFirstAdministratorIsOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	var links []string
	for range 4 {
		in, err := b.FirstAdmin(ctx)
		if err != nil || in == nil {
			t.Fatalf("%v, %v", in, err)
		}
		links = append(links, in.Secret)
	}
	if _, err := b.AcceptInvitation(ctx, links[0], "root", "short", home); connector.CodeOf(err) != connector.Invalid {
		t.Errorf("a password that is too short: %v", err)
	}
	if who, err := b.Welcome(ctx, links[0]); who != "" || err != nil {
		t.Errorf("the link after a password that was refused: %q, %v", who, err)
	}
	sessions := make([]string, len(links))
	var all sync.WaitGroup
	for n, link := range links {
		all.Go(func() { sessions[n], _ = b.AcceptInvitation(ctx, link, fmt.Sprint("admin", n), password, home) })
	}
	all.Wait()
	list, err := b.People(ctx, people.Local("cli:root"))
	if err != nil || len(list) != 1 || !slices.Equal(list[0].Roles, []people.Role{people.Admin}) {
		t.Fatalf("all links at once made %+v, %v", list, err)
	}
	if in, err := b.FirstAdmin(ctx); in != nil || err != nil {
		t.Errorf("another first link: %v, %v", in, err)
	}
	for n, link := range links {
		if _, err := b.AcceptInvitation(ctx, link, "late", password, home); connector.CodeOf(err) != connector.NotFound {
			t.Errorf("link %d afterwards: %v", n, err)
		}
		if in := b.visit(sessions[n]); (in != "") != (sessions[n] != "") || in != "" && in != list[0].Name {
			t.Errorf("session %d is of %q", n, in)
		}
	}
}

func TestLogIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	first := b.join("ann", people.Viewer)
	b.join("gone", people.Viewer)
	if _, err := b.DisablePerson(ctx, "gone", people.Local("cli:root")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.AddPerson(ctx, "invited", []people.Role{people.Viewer}, people.Local("cli:root")); err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for n, row := range [][2]string{{"ann", "another password"}, {"nobody-here", password}, {"gone", password}, {"invited", ""}, {"ann' OR '1'='1", password}, {"", ""}, {"ann", ""}} {
		session, err := b.LogIn(ctx, row[0], row[1], Origin{Address: fmt.Sprint("192.0.2.", n+10)})
		e := connector.AsError(err)
		if session != "" || e == nil || e.Code != connector.Credentials {
			t.Errorf("%q gives %q, %v", row, session, err)
			continue
		}
		said[e.Message+e.Hint] = true
	}
	if len(said) != 1 {
		t.Errorf("who is refused is told different things: %v", said)
	}
	second, err := b.LogIn(ctx, " ANN ", password, home)
	if err != nil || second == first || b.visit(second) != "ann" || b.visit(first) != "ann" {
		t.Fatalf("the right password: %v", err)
	}
	v, _, _ := b.Visit(ctx, second)
	if err := b.LogOut(ctx, v); err != nil || b.visit(second) != "" || b.visit(first) != "ann" {
		t.Errorf("after log-out of one: %v, %q, %q", err, b.visit(second), b.visit(first))
	}
	hash, _ := b.DB.Person(ctx, "ann")
	for what, guess := range map[string]string{"the hash of the session": people.HashSecret(first), "the hash of the password": hash.Password, "nothing": "", "a wildcard": "%"} {
		if who := b.visit(guess); who != "" {
			t.Errorf("%s is a session of %s", what, who)
		}
	}
}

func TestRightsThatChangeChangeAtOnce(t *testing.T) {
	t.Parallel()
	root := people.Local("cli:root")
	for name, row := range map[string]struct {
		do   func(*bench) error
		left string // who the session is of afterwards
	}{
		"disabled":                  {func(b *bench) error { _, err := b.DisablePerson(b.t.Context(), "ann", root); return err }, ""},
		"removed":                   {func(b *bench) error { _, err := b.RemovePerson(b.t.Context(), "ann", root); return err }, ""},
		"given other roles":         {func(b *bench) error { return b.SetRoles(b.t.Context(), "ann", []people.Role{people.Viewer}, root) }, ""},
		"given the same roles":      {func(b *bench) error { return b.SetRoles(b.t.Context(), "ann", []people.Role{people.Operator}, root) }, "ann"},
		"sessions ended by another": {func(b *bench) error { _, err := b.EndSessions(b.t.Context(), "ann", "", root); return err }, ""},
		"disabled and enabled": {func(b *bench) error {
			if _, err := b.DisablePerson(b.t.Context(), "ann", root); err != nil {
				return err
			}
			return b.EnablePerson(b.t.Context(), "ann", root)
		}, ""},
		"a password by a link": {func(b *bench) error {
			in, err := b.InvitePerson(b.t.Context(), "ann", root)
			if err != nil {
				return err
			}
			_, err = b.AcceptInvitation(b.t.Context(), in.Secret, "bea", "another four words", home) // the name in it does not count
			return err
		}, ""},
		"idle for twelve hours": {func(b *bench) error { b.clock.pass(store.SessionIdle); return nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.join("root", people.Admin)
			session := b.join("ann", people.Operator)
			if err := row.do(b); err != nil {
				t.Fatal(err)
			}
			if got := b.visit(session); got != row.left {
				t.Errorf("the session is of %q, expected %q", got, row.left)
			}
			if all, _ := b.People(t.Context(), root); slices.ContainsFunc(all, func(p Person) bool { return p.Name == "bea" }) {
				t.Error("a link made somebody of another name")
			}
		})
	}
}

func TestAnAdministratorRemains(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, root := t.Context(), people.Local("cli:root")
	b.join("root", people.Admin)
	if _, err := b.AddPerson(ctx, "second", []people.Role{people.Admin}, root); err != nil { // without a password
		t.Fatal(err)
	}
	for name, do := range map[string]func() error{
		"disabled": func() error { _, err := b.DisablePerson(ctx, "root", root); return err },
		"removed":  func() error { _, err := b.RemovePerson(ctx, "root", root); return err },
		"changed":  func() error { return b.SetRoles(ctx, "root", []people.Role{people.Viewer}, root) },
	} {
		if err := do(); connector.CodeOf(err) != connector.Conflict {
			t.Errorf("the last administrator is %s: %v", name, err)
		}
	}
	b.join("third", people.Admin)
	if _, err := b.DisablePerson(ctx, "root", root); err != nil {
		t.Error(err)
	}
}

// TestNobodyRaisesThemselves: who may change people, and no more, makes nobody who may more, and takes nobody over who may.
func TestNobodyRaisesThemselves(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.join("root", people.Admin)
	b.join("ann", people.Viewer)
	ctx := t.Context()
	clerk := people.Token("root", "hr", []people.Permission{people.Read, people.ReadPeople, people.ChangePeople})
	for name, do := range map[string]func() error{
		"adds an administrator": func() error { _, err := b.AddPerson(ctx, "x", []people.Role{people.Admin}, clerk); return err },
		"makes somebody one":    func() error { return b.SetRoles(ctx, "ann", []people.Role{people.Admin}, clerk) },
		"gets a link of one":    func() error { _, err := b.InvitePerson(ctx, "root", clerk); return err },
		"disables one":          func() error { _, err := b.DisablePerson(ctx, "root", clerk); return err },
		"makes a token": func() error {
			_, err := b.AddToken(ctx, "t", TokenOptions{Roles: []people.Role{people.Viewer}}, clerk)
			return err
		},
		"makes a token, as a person": func() error {
			c := clerk
			c.Name = "user:hr"
			_, err := b.AddToken(ctx, "t", TokenOptions{Roles: []people.Role{people.Admin}}, c)
			return err
		},
		"changes people without a right": func() error {
			return b.SetRoles(ctx, "ann", []people.Role{people.Viewer}, people.User("root", []people.Role{people.Auditor}))
		},
	} {
		if err := do(); connector.CodeOf(err) != connector.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.AddPerson(ctx, "y", []people.Role{people.Viewer}, clerk); err != nil {
		t.Errorf("adds a viewer: %v", err)
	}
}

func TestTokensOfPrograms(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, root := t.Context(), people.Local("cli:root")
	b.join("root", people.Admin)
	b.join("ann", people.Admin)
	ann := people.User("ann", []people.Role{people.Admin})
	made, err := b.AddToken(ctx, "nightly", TokenOptions{Roles: []people.Role{people.Machine}, Permissions: []people.Permission{people.SkipDelivery}, Lasts: 24 * time.Hour}, ann)
	if err != nil || !strings.HasPrefix(made.Secret, people.TokenPrefix) {
		t.Fatalf("%+v, %v", made, err)
	}
	who := func(secret string) string {
		a, err := b.TokenActor(ctx, secret)
		if err != nil && connector.CodeOf(err) != connector.Credentials {
			t.Fatal(err)
		}
		return strings.TrimSpace(a.Name + " " + people.Words(a.Permissions))
	}
	full := "token:ann/nightly read, flow.run, flow.plan, flow.reconcile, delivery.replay, delivery.skip, connection.check"
	if got := who(made.Secret); got != full {
		t.Errorf("it is %s", got)
	}
	for what, secret := range map[string]string{"its hash": people.HashSecret(made.Secret), "without its beginning": strings.TrimPrefix(made.Secret, people.TokenPrefix), "nothing": "", "its name": "nightly", "cut off": made.Secret[:20]} {
		if got := who(secret); got != "" {
			t.Errorf("%s is %s", what, got)
		}
	}
	if err := b.SetRoles(ctx, "ann", []people.Role{people.Viewer}, root); err != nil {
		t.Fatal(err)
	}
	if got := who(made.Secret); got != "token:ann/nightly read" {
		t.Errorf("once who made it may only read, it is %s", got)
	}
	if _, err := b.DisablePerson(ctx, "ann", root); err != nil {
		t.Fatal(err)
	}
	if got := who(made.Secret); got != "" {
		t.Errorf("once who made it is disabled, it is %s", got)
	}
	local, err := b.AddToken(ctx, "local", TokenOptions{Roles: []people.Role{people.Viewer}, Lasts: 24 * time.Hour}, people.Local("cli:ann"))
	if err != nil || who(local.Secret) != "token:ann/local read" {
		t.Errorf("one made at the machine: %s, %v", who(local.Secret), err)
	}
	b.clock.pass(24 * time.Hour)
	if got := who(local.Secret); got != "" {
		t.Errorf("at its end it is %s", got)
	}
	list, err := b.Tokens(ctx, root)
	if err != nil || len(list) != 2 || list[0].State != "expired" || list[1].State != "expired" {
		t.Errorf("%+v, %v", list, err)
	}
	if err := b.RevokeToken(ctx, "nightly", root); err != nil {
		t.Error(err)
	}
}

func TestLogInsAreSlowedDown(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	var th throttle
	try := func(name, from string, times int) (last time.Duration) {
		for range times {
			last = th.attempt(name, from, at)
		}
		return last
	}
	if wait := try("ann", "192.0.2.1", freeFailures); wait != 0 {
		t.Errorf("the first attempts wait %s", wait)
	}
	if wait := try("ann", "192.0.2.1", 1); wait <= 0 {
		t.Error("the next one does not wait")
	}
	if wait := try("ann", "192.0.2.2", 1); wait <= 0 {
		t.Error("from another address, at the same name, it does not wait")
	}
	if wait := try("bea", "192.0.2.1", 1); wait <= 0 {
		t.Error("at another name, from the same address, it does not wait")
	}
	if wait := try("bea", "192.0.2.3", 1); wait != 0 {
		t.Errorf("somebody else elsewhere waits %s", wait)
	}
	for n := range 500 { // a flood from many addresses, which never ends
		at = at.Add(time.Second)
		try("ann", fmt.Sprint("198.51.100.", n), 1)
	}
	if wait := try("ann", "203.0.113.1", 1); wait > longestByName {
		t.Errorf("a flood makes a person wait %s", wait)
	}
	at = at.Add(longestByName)
	if wait := try("ann", "203.0.113.1", 1); wait != 0 {
		t.Fatalf("after the longest wait, another %s", wait)
	}
	th.passed("ann", "203.0.113.1", at)
	for n := range 100 {
		try("ann", fmt.Sprint("198.51.100.", n), 3)
	}
	if wait := try("ann", "203.0.113.1", 1); wait != 0 {
		t.Errorf("a flood keeps her out where she has logged in, for %s", wait)
	}
	for n := range 3 * mostTries {
		th.attempt(fmt.Sprint("name", n), fmt.Sprint("address", n), at)
	}
	if len(th.counts) > mostTries+2 {
		t.Errorf("%d are counted", len(th.counts))
	}
}

func TestRefusedLogInsLeaveFewEntriesAndNoSecret(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	session := b.join("ann", people.Viewer)
	for n := range 60 {
		_, _ = b.LogIn(ctx, []string{"ann", "hunter2-typed-as-name"}[n%2], "hunter2-and-more", Origin{Address: fmt.Sprint("192.0.2.", n)})
	}
	es, err := b.DB.Entries(ctx, store.EntryFilter{})
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, e := range es {
		text := fmt.Sprint(e)
		for _, secret := range []string{"hunter2", password, session, "argon2", people.HashSecret(session)} {
			if strings.Contains(text, secret) {
				t.Errorf("an Entry holds a secret: %s", text)
			}
		}
		if e.Action == "session.refused" {
			refused++
		}
	}
	if refused == 0 || refused > refusalsInAll {
		t.Errorf("%d entries of refused log-ins", refused)
	}
}

func TestAPasswordIsChangedByWhoKnowsTheOldOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	one := b.join("ann", people.Viewer)
	other, err := b.LogIn(ctx, "ann", password, home)
	if err != nil {
		t.Fatal(err)
	}
	v, _, _ := b.Visit(ctx, one)
	if _, err := b.ChangePassword(ctx, v, "wrong", "another four words", home); connector.CodeOf(err) != connector.Invalid {
		t.Errorf("a wrong old one: %v", err)
	}
	if _, err := b.ChangePassword(ctx, v, password, "ann", home); connector.CodeOf(err) != connector.Invalid {
		t.Errorf("a bad new one: %v", err)
	}
	fresh, err := b.ChangePassword(ctx, v, password, "another four words", home)
	if err != nil || b.visit(fresh) != "ann" || b.visit(one) != "" || b.visit(other) != "" {
		t.Errorf("%v; sessions %q %q %q", err, b.visit(fresh), b.visit(one), b.visit(other))
	}
	if _, err := b.LogIn(ctx, "ann", password, home); connector.CodeOf(err) != connector.Credentials {
		t.Errorf("the old one still fits: %v", err)
	}
	if _, err := b.LogIn(ctx, "ann", "another four words", home); err != nil {
		t.Errorf("the new one does not fit: %v", err)
	}
}
