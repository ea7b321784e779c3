package peoplesoft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	connector "ml-connector"
)

// Groups of what an administrator builds, in the order in which it is built.
const (
	groupQuery     = "query"
	groupComponent = "component interface"
	groupOperation = "service operation"
	groupMessage   = "message"
	groupRights    = "permission list"
	groupSecurity  = "row security"
)

// Requirements lists what a PeopleSoft administrator builds and grants for what Flows need (PEOPLESOFT.md §3.6, §3.7, §4):
// what a ping tries, and besides it what no ping can prove.
func (system) Requirements(s connector.Settings, needs []connector.Need) []connector.Requirement {
	c, _ := readConfig(tree(s)) // a time zone that is not known changes nothing here
	i := prepare(s, c)
	p := i.plan(needs)
	p.queries = append([]queryNeed{{entity: i.entity(entPing), flows: flowsOf(needs)}}, p.queries...)
	var out []connector.Requirement
	for _, q := range p.queries {
		out = append(out, i.requireQuery(q))
	}
	services := i.requireServices(needs)
	out = append(out, services...)
	return append(out, i.requireRights(p, services), i.requireSecurity(p))
}

func flowsOf(needs []connector.Need, kinds ...connector.Kind) []string {
	out := []string{}
	for _, n := range needs {
		if len(kinds) == 0 || slices.Contains(kinds, n.Kind) && n.Writes {
			out = addOnce(out, n.Flow)
		}
	}
	return out
}

func fact(name string, values ...string) connector.Fact {
	return connector.Fact{Name: name, Values: append([]string{}, values...)}
}

// requireQuery describes one query.
func (i *Instance) requireQuery(q queryNeed) connector.Requirement {
	e, d := q.entity, i.definition(q.entity)
	owner := e.spec.owner
	if owner == "" {
		owner = i.profile.owner
	}
	facts := []connector.Fact{fact("owner", strings.ToLower(owner))}
	records := fact("records")
	for n, r := range d.records {
		how := ""
		if n > 0 && r.outer {
			how = ", left outer join"
		}
		records.Values = append(records.Values, r.alias+" = "+r.name+how)
	}
	facts = append(facts, records)
	prompts := fact("prompts, by unique name and in this order; no prompt table, no edit")
	for _, p := range e.prompts {
		prompts.Values = append(prompts.Values, e.promptName(p)+"  "+i.promptType(p))
	}
	if len(e.prompts) == 0 {
		prompts = fact("prompts", "none")
	}
	facts = append(facts, prompts, fact("columns", i.columnFacts(e)...))
	if d.order != "" {
		facts = append(facts, fact("order", "ascending by "+i.inOurPlace(e, d.order)+"; no DISTINCT, no HAVING, no totals"))
	}
	if len(d.notes) > 0 {
		facts = append(facts, fact("note", d.notes...))
	}
	return connector.Requirement{Group: groupQuery, Name: e.spec.name, Purpose: purposeOf(e), Flows: q.flows, Without: q.without, Facts: facts, Text: i.sql(e)}
}

// columnFacts say which columns must be there, and what is lost without each of the others.
func (i *Instance) columnFacts(e entity) []string {
	var needed, content, unused []string
	var lost byLoss
	for _, c := range e.columns {
		if c.extra {
			continue
		}
		text := i.loss(e, c)
		switch {
		case c.needed:
			needed = append(needed, c.keys[0])
		case text == contentLoss:
			content = append(content, c.keys[0])
		case text == "":
			unused = append(unused, c.keys[0])
		default:
			lost.add(text, c.keys[0])
		}
	}
	var out []string
	if len(needed) > 0 {
		out = append(out, "never without: "+strings.Join(needed, ", "))
	}
	for _, text := range lost.order {
		out = append(out, "without "+strings.Join(lost.names[text], ", ")+": "+text)
	}
	if len(content) > 0 {
		out = append(out, "as content of the records: "+strings.Join(content, ", "))
	}
	if len(unused) > 0 {
		out = append(out, "only as far as the site uses them: "+strings.Join(unused, ", "))
	}
	return out
}

// promptType is a prompt's type and length (PEOPLESOFT.md §3.7).
func (i *Instance) promptType(prompt string) string {
	switch {
	case prompt == "FROM_DT", prompt == "ASOF":
		return "Date"
	case prompt == "AFTER_SEQ":
		return "Number 5"
	}
	return "Character " + strconv.Itoa(max(promptLength(prompt), 1))
}

// purposeOf says what a query is for.
func purposeOf(e entity) string {
	switch e.name {
	case entPing:
		return "The probe: one row proves node, user, password and the permission to run queries."
	case entBU:
		return "All business units: a ping sees that those of the settings exist."
	case entVendor:
		return "All suppliers of a SetID, in the order of their numbers, with primary address, default location and its payment method as in force today."
	case entVendorByID:
		return "One supplier by its number."
	case entVendorByExt:
		return "Suppliers by the number of ours that they carry: the look-up after a create whose answer was lost."
	case entVendorAddresses:
		return "All addresses of all suppliers of a SetID, each as in force today."
	case entVendorLocations:
		return "All locations of all suppliers of a SetID, each as in force today."
	case entVendorContacts:
		return "All contacts of all suppliers of a SetID, each as in force today."
	case entVendorBank:
		return "The bank accounts of all suppliers of a SetID at their locations: it is noticed that one changed."
	case entVendorTax:
		return "The tax numbers of all suppliers of a SetID: it is noticed that one changed."
	case entAccount:
		return "All accounts of a SetID, each as in force on a day."
	case entAccountByID:
		return "One account by its value."
	case entReq:
		return "Requisitions of a business unit that changed on a day or later, with lines, schedules and distributions."
	case entPO:
		return "Purchase orders of a business unit that changed on a day or later, with lines, schedules and distributions."
	case entPOByID:
		return "One purchase order by its number, whole."
	case entPOByRef:
		return "Purchase orders by the number of ours that they carry: the look-up before a create, and after one whose answer was lost."
	case entVoucher:
		return "Vouchers of a business unit that were entered on a day or later, with lines and distributions."
	case entVchrByID:
		return "One voucher by its number: where is it?"
	case entVchrByInv:
		return "Vouchers by supplier and invoice number: the look-up before a voucher is sent."
	case entVchrStage:
		return "A voucher that waits for the voucher build."
	case entVchrPreedit:
		return "A voucher in pre-edit error, with the text of the error where the release has a column for it."
	case entPayments:
		return "Payments of a business unit that were made on a day or later, with the vouchers that they paid."
	case entReceipt:
		return "Receipts of a business unit that changed on a day or later, with the orders that they belong to."
	case entPayment:
		return "The scheduled payments of a voucher, with the payments that paid them."
	}
	return "All values of the ChartField " + e.columns[1].name + " of a SetID, each as in force on a day."
}

// requireRights is the permission list of the user that signs on.
func (i *Instance) requireRights(p plan, services []connector.Requirement) connector.Requirement {
	who := "of the user " + i.config.username
	switch {
	case i.config.username == "" && i.config.auth == authOAuth2:
		who = "of the user that the token of " + i.config.clientID + " stands for"
	case i.config.username == "":
		who = "of the user that the token stands for"
	}
	var records, operations, components []string
	for _, q := range p.queries {
		for _, r := range i.definition(q.entity).records {
			records = addOnce(records, r.name)
		}
	}
	for _, s := range services {
		switch s.Group {
		case groupOperation:
			operations = append(operations, s.Name)
		case groupComponent:
			components = append(components, s.Name)
		}
	}
	facts := []connector.Fact{
		fact("web services, full access", append([]string{"QAS_EXECUTEQRY_REST_GET (service QAS_QRY_SERVICE, active)"}, operations...)...),
		fact("query access groups", "a query tree and an access group that hold "+strings.Join(records, ", ")),
		fact("query profile", fmt.Sprintf("may run queries; maximum rows fetched: no limit (0), else more than the largest document has rows, better more than %d", i.profile.pageSize+1)),
	}
	if len(components) > 0 {
		facts = append(facts, fact("component interfaces: Get, Create, Save, Find (and Update where it is used) with full access", components...))
	}
	switch i.config.auth {
	case authOAuth2:
		scope := ""
		if i.config.scope != "" {
			scope = ", scope " + i.config.scope
		}
		facts = append(facts, fact("sign-on", "OAuth2, PeopleTools 8.58 or later: the REST operations take tokens of the identity provider at "+i.config.tokenURL+" (client "+i.config.clientID+scope+"), which names this user in them"))
	case authToken:
		facts = append(facts, fact("sign-on", "PS_TOKEN: the node that issues it is trusted, and it lasts until it is replaced in the secret ps_token"))
	}
	facts = append(facts, fact("account", "not locked, its password does not expire; it needs no page and no sign-on to the portal"))
	return connector.Requirement{Group: groupRights, Name: "permission list " + who, Purpose: "What the integration may do, and nothing else.", Flows: p.flows(), Facts: facts}
}

// requireSecurity is what the user must see.
func (i *Instance) requireSecurity(p plan) connector.Requirement {
	facts := []connector.Fact{fact("SetIDs", i.config.setids...)}
	if len(i.config.units) > 0 {
		facts = append(facts, fact("business units", i.config.units...))
	}
	facts = append(facts, fact("note",
		"What row security hides, no answer tells: a hidden document is never taken for a deleted one, but it is not carried either, and a look-up that finds nothing proves nothing.",
		"Whoever writes must not see more than whoever reads: give both the same user, or the reader the wider rights."))
	return connector.Requirement{Group: groupSecurity, Name: "rows that the user sees", Purpose: "Queries give only rows that the user may see.", Flows: p.flows(), Facts: facts}
}

// flows are all those of a plan.
func (p plan) flows() []string {
	var out []string
	for _, q := range p.queries {
		for _, f := range q.flows {
			out = addOnce(out, f)
		}
	}
	return out
}
