package peoplesoft

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	connector "ml-connector"
)

// requireServices are the services that writes go through.
func (i *Instance) requireServices(needs []connector.Need) []connector.Requirement {
	var out []connector.Requirement
	for _, k := range []connector.Kind{connector.Supplier, connector.PurchaseOrder, connector.Invoice} {
		flows, c := flowsOf(needs, k), i.component(k)
		switch {
		case len(flows) == 0:
		case c.transport == customTransport:
			out = append(out, i.requireOwn(c, flows))
		case c.transport == messageTransport && k == connector.Supplier:
			out = append(out, i.requireSync(flows))
		case c.transport == messageTransport:
			out = append(out, i.requireMessage(flows))
		default:
			out = append(out, i.requireComponent(c, flows)...)
		}
	}
	return out
}

// requireOwn is a REST service that the site builds itself.
func (i *Instance) requireOwn(c component, flows []string) connector.Requirement {
	s := i.profile.customREST[c.doc]
	facts := []connector.Fact{
		fact("type", "REST, POST enters one document"),
		fact("address", i.path(s.url, c.ci, "")),
		fact("keys", strings.Join(c.keys[:], ", ")),
	}
	facts = append(facts, propertyFacts("fields of "+defaultRecord(c.doc), c.schema.Fields)...)
	if c.reply.success != "" {
		facts = append(facts, fact("answer, saved or not", c.reply.success+" is one of 1, true, Y, yes, OK, success; anything else there is a refusal"))
	}
	for _, key := range slices.Sorted(maps.Keys(c.reply.keys)) {
		facts = append(facts, fact("answer, "+key, c.reply.keys[key]))
	}
	if c.reply.messages != "" {
		facts = append(facts, fact("answer, messages", c.reply.messages))
	}
	facts = append(facts, fact("repetition", "a document whose "+c.keys[1]+" or number of ours is there already is refused"), fact("routing", "any-to-local, active"), fact("security", "the user's permission list with full access"))
	return connector.Requirement{Group: groupOperation, Name: strings.Trim(i.path(s.url, c.ci, ""), "/"), Purpose: "The site's own service for this document.", Flows: flows, Facts: facts}
}

// requireSync is VENDOR_SYNC.
func (i *Instance) requireSync(flows []string) connector.Requirement {
	facts := i.messageFacts(i.profile.vendor.operation, "the delivered one (it runs the supplier page, VNDR_ID), active")
	facts = append(facts, fact("message", "VENDOR, VNDR_ADDR_SCROL, VENDOR_ADDR, VNDR_LOC_SCROL, VENDOR_LOC; every field that is sent stands in its FieldTypes"),
		fact("errors", "of the handler are seen by PeopleSoft's staff only; a supplier that is nowhere after "+i.profile.vendor.stageTimeout.String()+" is reported as not confirmed"))
	return connector.Requirement{Group: groupMessage, Name: i.profile.vendor.operation, Purpose: "Takes suppliers as messages.", Flows: flows, Facts: facts}
}

// messageFacts are those of every message.
func (i *Instance) messageFacts(operation, handler string) []connector.Fact {
	name, version, _ := strings.Cut(operation, ".")
	form := map[string]string{inHeaders: "the message as body, IBInfo as HTTP headers", inQuery: "the message as body, IBInfo as query parameters", inIBRequest: "one document IBRequest",
		inSOAP: "the message in a SOAP body, SOAPAction " + i.path(i.profile.soapMessageAction, "", operation)}[i.profile.envelope]
	to := i.profile.toNode
	if to == "" {
		to = i.config.node
	}
	address := i.path(i.profile.messageURL, "", "")
	if i.profile.envelope == inSOAP {
		address = i.path(i.profile.soapURL, "", operation)
	}
	return []connector.Fact{
		fact("service operation", name+", version "+version+", asynchronous, active"),
		fact("handler", handler),
		fact("queue and domain", "running"),
		fact("routing", "inbound from node "+i.config.fromNode+" to "+cmp.Or(to, "the local node")+", active, external alias "+operation),
		fact("sending node", i.config.fromNode+": an external node, active, authentication by password where it has one (secret node_password); its default user has full access to "+name),
		fact("address", address),
		fact("form", form),
	}
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
	for _, v := range i.verbsOf(c) {
		service, name := "CI_"+c.ci, "CI_"+c.ci+v.suffix
		facts := []connector.Fact{fact("service", service), fact("type", "synchronous, handler of type Component Interface, active"), fact("alias (SOAPAction)", i.path(i.profile.soapAction[v.key], c.ci, i.profile.soapMessage[c.doc+"."+v.key])),
			fact("address", i.path(i.profile.soapURL, c.ci, ""))}
		if c.transport == "rest_ci" {
			service, name = "CIRT_"+c.ci, "CIRT_"+c.ci+v.rest
			facts = []connector.Fact{fact("service", service+".v1"), fact("type", "REST, handler of type Component Interface, active"), fact("address", i.path(i.profile.restURL[c.doc], c.ci, ""))}
		}
		facts = append(facts, fact("routing", "any-to-local, active"), fact("security", "the user's permission list with full access; encryption (SSL) required as far as the site wants it"))
		out = append(out, connector.Requirement{Group: groupOperation, Name: name, Purpose: v.what + " through " + c.ci + ".", Without: v.without, Flows: flows, Facts: facts})
	}
	return out
}

// verb is a method of a Component Interface, with its service operations; without says what can't be done without it.
type verb struct{ key, suffix, rest, what, without string }

// verbsOf are the methods that this site needs. The shipped Flows change no supplier; a site's own mapping may.
func (i *Instance) verbsOf(c component) []verb {
	out := []verb{{key: verbCreate, suffix: "_C", rest: "_C_POST", what: "Create"}}
	without, changes, parts := "", i.profile.po.canUpdate || i.profile.po.canCancel || i.profile.po.canClose, i.profile.po.updateVerb == verbUpdateData
	if c.kind == connector.Supplier {
		without, changes, parts = "a mapping of the site's own can't change suppliers (the shipped ones don't)", i.profile.vendor.canUpdate, i.profile.vendor.updateVerb == verbUpdateData
		if changes {
			out = append(out, verb{verbGet, "_G", "_G_GET", "Get", without})
		}
	}
	if changes {
		out = append(out, verb{verbUpdate, "_U", "_U_PUT", "Update", without})
	}
	if changes && parts {
		out = append(out, verb{verbUpdateData, "_UD", "_UD_PUT", "UpdateData", without})
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
	facts := append(i.messageFacts(i.profile.voucher.operation, "the delivered one (voucher staging tables), active"),
		fact("message", "VCHR_HDR_STG, VCHR_LINE_STG, VCHR_DIST_STG, "+i.profile.voucher.paymentRecord+"; every field that is sent stands in its FieldTypes"),
		fact("voucher origin", i.profile.voucher.origin+" exists in each business unit"),
		fact("voucher numbers", "numbers J0000000 to J9999999 and K0000000 to K9999999 are ours: no automatic numbering of the site gives them"),
		fact("batch", "Voucher Build (AP_VCHRBLD) is scheduled for voucher source XML invoices (VCHR_SRC "+i.profile.voucher.source+"), every 15 minutes or as often as invoices are to appear"),
		fact("duplicate invoices", "checked by supplier and invoice number; where the check rejects, PeopleSoft recycles both vouchers"),
	)
	return connector.Requirement{Group: groupMessage, Name: i.profile.voucher.operation, Purpose: "Takes invoices as vouchers into the staging tables.", Flows: flows, Facts: facts}
}
