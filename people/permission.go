// Package people says who may do what: the roles, the permissions that each of them has, the Actor who acts, and how
// passwords and other secrets of people are made, hashed and compared.
//
// It is pure: it asks no clock, no database and no network. It must never hold a password or a secret longer than it takes to
// hash it, compare secrets in a time that depends on them, or decide by a role's name where a permission is meant.
//
// It is proved by tables: the whole table of rights, hashes that are right, wrong, old and hostile, passwords that are refused.
package people

import (
	"slices"
	"strings"

	connector "ml-connector"
)

// Permission is one thing that somebody may do.
type Permission string

// The permissions. There are no others.
const (
	Read             Permission = "read"              // see pages, lists, Records, Deliveries, Runs, the ledger
	ReadExchanges    Permission = "exchange.read"     // see what was sent and answered, raw
	ExportLedger     Permission = "ledger.export"     // take the whole ledger away
	RunFlow          Permission = "flow.run"          // run a Flow now, or a plan that was approved
	EnableFlow       Permission = "flow.enable"       // let a Flow run by its schedule, or not
	ReapplyFlow      Permission = "flow.reapply"      // decide again by new rules what was decided
	PlanFlow         Permission = "flow.plan"         // a dry run, and one that is saved
	ApprovePlan      Permission = "plan.approve"      // of somebody else
	Reconcile        Permission = "flow.reconcile"    // read both sides and hold them against each other
	ReplayDelivery   Permission = "delivery.replay"   // send again what is held
	SkipDelivery     Permission = "delivery.skip"     // settle it without delivering it
	ResolveDelivery  Permission = "delivery.resolve"  // end a doubt by hand
	ApproveDelivery  Permission = "delivery.approve"  // let go on what waits for a second person
	AssignDelivery   Permission = "delivery.assign"   // say who sees to it, and note something of it
	ChangeLink       Permission = "link.change"       // say that two Records are the same, or are not
	ChangeCrosswalk  Permission = "crosswalk.change"  // set or import rows
	CheckConnection  Permission = "connection.check"  // ping
	PauseConnection  Permission = "connection.pause"  // and resume
	ChangeConnection Permission = "connection.change" // add, change, remove, new secrets; apply a configuration file
	BackUp           Permission = "database.back_up"  // copy the whole database, or put a copy in its place
	ReadSettings     Permission = "settings.read"     // see keys, alerts and what is kept how long; a support bundle
	ChangeSettings   Permission = "settings.change"   // a new key, a test of an alert
	ReadPeople       Permission = "people.read"       // see who may do what
	ChangePeople     Permission = "people.change"     // invite, change and end people and tokens
)

// Role is a bundle of permissions that people have.
type Role string

// The roles.
const (
	Viewer   Role = "viewer"
	Operator Role = "operator"
	Mapper   Role = "mapper"
	Approver Role = "approver"
	Auditor  Role = "auditor"
	Admin    Role = "admin"
	Machine  Role = "machine"
)

// rights is who may do what. What Systems said raw is not for viewers and machines: it holds what no Document keeps.
var rights = []struct {
	permission Permission
	roles      []Role
}{
	{Read, []Role{Viewer, Operator, Mapper, Approver, Auditor, Admin, Machine}},
	{ReadExchanges, []Role{Operator, Mapper, Approver, Auditor, Admin}},
	{ExportLedger, []Role{Auditor, Admin}},
	{RunFlow, []Role{Operator, Admin, Machine}},
	{EnableFlow, []Role{Operator, Admin}},
	{ReapplyFlow, []Role{Mapper, Admin}},
	{PlanFlow, []Role{Operator, Mapper, Admin, Machine}},
	{ApprovePlan, []Role{Approver, Admin}},
	{Reconcile, []Role{Operator, Auditor, Admin, Machine}},
	{ReplayDelivery, []Role{Operator, Admin, Machine}},
	{SkipDelivery, []Role{Operator, Admin}},
	{ResolveDelivery, []Role{Operator, Admin}},
	{ApproveDelivery, []Role{Approver, Admin}},
	{AssignDelivery, []Role{Operator, Mapper, Approver, Admin}},
	{ChangeLink, []Role{Operator, Mapper, Admin}},
	{ChangeCrosswalk, []Role{Mapper, Admin}},
	{CheckConnection, []Role{Operator, Mapper, Admin, Machine}},
	{PauseConnection, []Role{Operator, Admin}},
	{ChangeConnection, []Role{Admin}},
	{BackUp, []Role{Admin}},
	{ReadSettings, []Role{Operator, Auditor, Admin}},
	{ChangeSettings, []Role{Admin}},
	{ReadPeople, []Role{Auditor, Admin}},
	{ChangePeople, []Role{Admin}},
}

// Roles are all roles.
func Roles() []Role { return []Role{Viewer, Operator, Mapper, Approver, Auditor, Admin, Machine} }

// Permissions are all permissions.
func Permissions() []Permission {
	var out []Permission
	for _, r := range rights {
		out = append(out, r.permission)
	}
	return out
}

// Of are the permissions of some roles, in the order of the table.
func Of(roles ...Role) []Permission {
	var out []Permission
	for _, r := range rights {
		if slices.ContainsFunc(r.roles, func(have Role) bool { return slices.Contains(roles, have) }) {
			out = append(out, r.permission)
		}
	}
	return out
}

// With are the roles that have a permission.
func With(p Permission) []Role {
	for _, r := range rights {
		if r.permission == p {
			return slices.Clone(r.roles)
		}
	}
	return nil
}

// ParseRoles reads the names of roles: each once, in the order of [Roles].
func ParseRoles(names []string) ([]Role, error) {
	return parse("role", names, Roles())
}

// ParsePermissions reads the names of permissions: each once, in the order of [Permissions].
func ParsePermissions(names []string) ([]Permission, error) {
	return parse("permission", names, Permissions())
}

func parse[T ~string](what string, names []string, all []T) ([]T, error) {
	for _, n := range names {
		if !slices.Contains(all, T(n)) {
			return nil, connector.Errorf(connector.Invalid, "read a "+what, "there is no %s %q", what, n).Advise("There are %s.", Words(all))
		}
	}
	var out []T
	for _, x := range all {
		if slices.Contains(names, string(x)) {
			out = append(out, x)
		}
	}
	return out, nil
}

// Words lists roles or permissions for a person.
func Words[T ~string](list []T) string {
	var out []string
	for _, x := range list {
		out = append(out, string(x))
	}
	return strings.Join(out, ", ")
}
