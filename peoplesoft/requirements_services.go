package peoplesoft

import (
	"strings"

	connector "ml-connector"
)

// requireServices are the services that writes go through.
func (i *Instance) requireServices(needs []connector.Need) []connector.Requirement {
	var out []connector.Requirement
	for _, k := range []connector.Kind{connector.Supplier, connector.PurchaseOrder} {
		if flows := flowsOf(needs, k); len(flows) > 0 {
			out = append(out, i.requireComponent(i.component(k), flows)...)
		}
	}
	if flows := flowsOf(needs, connector.Invoice); len(flows) > 0 {
		out = append(out, i.requireMessage(flows))
	}
	return out
}

// requireComponent is a Component Interface and the service operations over it.
func (i *Instance) requireComponent(c component, flows []string) []connector.Requirement {
	over, what := "PURCHASE_ORDER", "purchase orders"
	if c.kind == connector.Supplier {
		over, what = "VNDR_ID", "suppliers"
	}
	facts := []connector.Fact{
		fact("component", over+" (a copy of the site's own is as good)"),
		fact("standard methods", "Get, Create, Save, Find"),
		fact("keys", strings.Join(c.keys[:], ", ")+"; NEXT as the number of a new one asks for the next"),
	}
	facts = append(facts, propertyFacts("properties", c.schema.Fields)...)
	interactive := fact("settings", "interactive mode off; a save writes all or nothing")
	out := []connector.Requirement{{Group: groupComponent, Name: c.ci, Purpose: "Writes " + what + " with all checks of the page.", Flows: flows, Facts: append(facts, interactive)}}
	type verb struct{ key, suffix, rest, what string }
	verbs := []verb{{verbCreate, "_C", "_C_POST", "Create"}}
	if c.kind == connector.PurchaseOrder && (i.profile.po.canUpdate || i.profile.po.canCancel) {
		verbs = append(verbs, verb{verbUpdate, "_U", "_U_PUT", "Update"})
	}
	for _, v := range verbs {
		service, name := "CI_"+c.ci, "CI_"+c.ci+v.suffix
		facts := []connector.Fact{fact("service", service), fact("type", "synchronous, handler of type Component Interface, active"), fact("alias (SOAPAction)", i.path(i.profile.soapAction[v.key], c.ci, i.profile.soapMessage[c.doc+"."+v.key])),
			fact("address", i.path(i.profile.soapURL, c.ci, ""))}
		if c.transport == "rest_ci" {
			service, name = "CIRT_"+c.ci, "CIRT_"+c.ci+v.rest
			facts = []connector.Fact{fact("service", service+".v1"), fact("type", "REST, handler of type Component Interface, active"), fact("address", i.path(i.profile.restURL[c.doc], c.ci, ""))}
		}
		facts = append(facts, fact("routing", "any-to-local, active"), fact("security", "the user's permission list with full access; encryption (SSL) required as far as the site wants it"))
		out = append(out, connector.Requirement{Group: groupOperation, Name: name, Purpose: v.what + " through " + c.ci + ".", Flows: flows, Facts: facts})
	}
	return out
}

// propertyFacts list the properties of each level, level by level.
func propertyFacts(name string, fields []connector.Field) []connector.Fact {
	var own []string
	var out []connector.Fact
	for _, f := range fields {
		if f.Type == connector.TypeList || f.Type == connector.TypeGroup {
			out = append(out, propertyFacts("collection "+f.Name, f.Fields)...)
			continue
		}
		own = append(own, f.Name)
	}
	return append([]connector.Fact{fact(name, strings.Join(own, ", "))}, out...)
}

// requireMessage is VOUCHER_BUILD and the node that it comes from.
func (i *Instance) requireMessage(flows []string) connector.Requirement {
	name, version, _ := strings.Cut(i.profile.voucher.operation, ".")
	form := map[string]string{"headers": "the message as body, IBInfo as HTTP headers", "query": "the message as body, IBInfo as query parameters", "ibrequest": "one document IBRequest"}[i.profile.envelope]
	to := i.profile.toNode
	if to == "" {
		to = i.config.node
	}
	facts := []connector.Fact{
		fact("service operation", name+", version "+version+", asynchronous, active"),
		fact("handler", "the delivered one (voucher staging tables), active"),
		fact("queue and domain", "running"),
		fact("routing", "inbound from node "+i.config.fromNode+" to "+to+", active, external alias "+i.profile.voucher.operation),
		fact("sending node", i.config.fromNode+": an external node, active, authentication by password where it has one (secret node_password); its default user has full access to "+name),
		fact("address", i.path(i.profile.messageURL, "", "")),
		fact("form", form),
		fact("message", "VCHR_HDR_STG, VCHR_LINE_STG, VCHR_DIST_STG, "+i.profile.voucher.paymentRecord+"; every field that is sent stands in its FieldTypes"),
		fact("voucher origin", i.profile.voucher.origin+" exists in each business unit"),
		fact("voucher numbers", "numbers J0000000 to J9999999 and K0000000 to K9999999 are ours: no automatic numbering of the site gives them"),
		fact("batch", "Voucher Build (AP_VCHRBLD) is scheduled for voucher source XML invoices (VCHR_SRC "+i.profile.voucher.source+"), every 15 minutes or as often as invoices are to appear"),
		fact("duplicate invoices", "checked by supplier and invoice number; where the check rejects, PeopleSoft recycles both vouchers"),
	}
	return connector.Requirement{Group: groupMessage, Name: i.profile.voucher.operation, Purpose: "Takes invoices as vouchers into the staging tables.", Flows: flows, Facts: facts}
}
