package people_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/people"
)

// TestTheTableOfRights is the table once more, by role: a change of it is read twice.
func TestTheTableOfRights(t *testing.T) {
	t.Parallel()
	for role, want := range map[people.Role]string{
		people.Viewer:   "read",
		people.Machine:  "read, flow.run, flow.plan, flow.reconcile, delivery.replay, connection.check",
		people.Approver: "read, exchange.read, plan.approve, delivery.approve, delivery.assign",
		people.Auditor:  "read, exchange.read, ledger.export, flow.reconcile, settings.read, people.read",
		people.Mapper:   "read, exchange.read, flow.reapply, flow.plan, delivery.assign, link.change, crosswalk.change, connection.check",
		people.Operator: "read, exchange.read, flow.run, flow.enable, flow.plan, flow.reconcile, delivery.replay, delivery.skip, delivery.resolve, delivery.assign, link.change, connection.check, connection.pause, settings.read",
		people.Admin:    people.Words(people.Permissions()),
	} {
		if got := people.Words(people.Of(role)); got != want {
			t.Errorf("%s may %s\nexpected %s", role, got, want)
		}
	}
	if got := people.Of(people.Viewer, people.Approver); !slices.Equal(got, people.Of(people.Approver)) {
		t.Errorf("two roles: %v", got)
	}
	if len(people.Of()) != 0 || len(people.Of("boss")) != 0 {
		t.Error("no role, or one that is not there, may something")
	}
}

// TestTheManualHasTheTableOfRights reads docs/security.md.
func TestTheManualHasTheTableOfRights(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[people.Permission]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != len(people.Roles())+3 || !strings.Contains(cells[1], "`") {
			continue
		}
		var roles []people.Role
		for n, r := range people.Roles() {
			if strings.TrimSpace(cells[n+2]) == "●" {
				roles = append(roles, r)
			}
		}
		for n, name := range strings.Split(cells[1], "`") {
			if n%2 == 1 {
				told[people.Permission(name)] = people.Words(roles)
			}
		}
	}
	for _, p := range people.Permissions() {
		if told[p] != people.Words(people.With(p)) {
			t.Errorf("%s is told of %q, and %q have it", p, told[p], people.Words(people.With(p)))
		}
	}
	if len(told) != len(people.Permissions()) {
		t.Errorf("%d permissions are told, and there are %d", len(told), len(people.Permissions()))
	}
}

func TestWhoMayNotIsToldWhatLacks(t *testing.T) {
	t.Parallel()
	err := people.User("mclerk", []people.Role{people.Viewer}).May(people.ApprovePlan)
	e := connector.AsError(err)
	if e == nil || e.Code != connector.Forbidden || e.Hint == "" {
		t.Fatalf("%+v", e)
	}
	for _, part := range []string{"user:mclerk", "plan.approve", "approver", "admin"} {
		if !strings.Contains(e.Message, part) {
			t.Errorf("%q does not tell %s", e.Message, part)
		}
	}
	if err := (people.Actor{}).May(people.Read); connector.CodeOf(err) != connector.Forbidden {
		t.Errorf("nobody at all: %v", err)
	}
	if err := people.Local("cli:jdoe").May(people.BackUp); err != nil {
		t.Errorf("somebody at the machine: %v", err)
	}
}

func TestNobodyGivesWhatTheyDoNotHave(t *testing.T) {
	t.Parallel()
	narrow := people.Token("root", "hr", []people.Permission{people.Read, people.ChangePeople})
	if err := narrow.MayGive(people.Of(people.Viewer)); err != nil {
		t.Errorf("what it has: %v", err)
	}
	if err := narrow.MayGive(people.Of(people.Admin)); connector.CodeOf(err) != connector.Forbidden {
		t.Errorf("more than it has: %v", err)
	}
}

func TestOnePersonIsTheSameByEveryWay(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		x, y string
		same bool
	}{
		"at the machine, and after log-in":        {"cli:jdoe", "user:jdoe", true},
		"after log-in, and by a token of theirs":  {"user:jdoe", "token:jdoe/nightly", true},
		"by two tokens of theirs":                 {"token:jdoe/a", "token:jdoe/b", true},
		"written with large letters by a machine": {"cli:JDoe", "user:jdoe", true},
		"the same text":                           {"ann", "ann", true},
		"two people":                              {"user:jdoe", "user:jdoes", false},
		"two people's tokens of one name":         {"token:jdoe/a", "token:ann/a", false},
		"the engine and a person of that name":    {"engine", "user:engine", false},
		"a connection and a person of that name":  {"erp", "user:erp", false},
		"a token and a person of that name":       {"token:jdoe/ann", "user:ann", false},
		"nobody and nobody else":                  {"", "cli:", false},
	} {
		if people.Same(row.x, row.y) != row.same || people.Same(row.y, row.x) != row.same {
			t.Errorf("%s: %q and %q", name, row.x, row.y)
		}
	}
}

func TestNamesOfRolesAndPermissions(t *testing.T) {
	t.Parallel()
	roles, err := people.ParseRoles([]string{"admin", "viewer", "admin"})
	if err != nil || !slices.Equal(roles, []people.Role{people.Viewer, people.Admin}) {
		t.Errorf("%v, %v", roles, err)
	}
	if _, err := people.ParseRoles([]string{"Boss"}); connector.CodeOf(err) != connector.Invalid || !strings.Contains(connector.AsError(err).Hint, "operator") {
		t.Errorf("a role that is not there: %v", err)
	}
	if _, err := people.ParsePermissions([]string{"delivery.replay", "delivery.destroy"}); connector.CodeOf(err) != connector.Invalid {
		t.Errorf("a permission that is not there: %v", err)
	}
}

func TestNamesOfPeople(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"jdoe": "jdoe", " M.Clerk@example.com ": "m.clerk@example.com", "7-eleven": "7-eleven",
		"": "", "a b": "", "jdoe\r\nSet-Cookie: x": "", "аdmin": "", "a/b": "", "user:jdoe": "", "engine": "", "Demo": "", ".hidden": "", "<b>": "", strings.Repeat("x", 81): "",
	} {
		got, err := people.ParseName(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
