package jaggaer

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	connector "ml-connector"
)

// Groups of what JAGGAER's people set up, in the order in which it is done.
const (
	groupNetwork  = "network"
	groupClient   = "API client"
	groupResource = "REST resource"
	groupImport   = "XML import"
	groupField    = "custom field"
	groupSetup    = "set-up"
)

// Requirements lists what JAGGAER's support and the customer's administrator set up for what Flows need: what a ping tries,
// and besides it what no ping can prove (JAGGAER.md §2 to §5).
func (system) Requirements(s connector.Settings, needs []connector.Need) []connector.Requirement {
	r := requirer{i: newInstance(connector.Opening{Settings: s}, optionsFrom(s)), needs: needs}
	out := []connector.Requirement{r.network(), r.client()}
	for _, kind := range connector.Kinds() {
		out = append(out, r.resource(kind)...)
	}
	out = append(out, r.explained()...)
	out = append(out, r.payments()...)
	for _, m := range []importer{supplierImport, requisitionImport, valueImport} {
		out = append(out, r.imports(m)...)
	}
	out = append(append(out, r.files()...), r.pushes()...)
	out = append(out, r.customFields()...)
	return append(out, r.setUp()...)
}

type requirer struct {
	i     *Instance // asked for addresses and names; it calls nothing
	needs []connector.Need
}

// flows are those that need one of the Kinds in a way, each once; all of them for no Kind.
func (r requirer) flows(way func(connector.Need) bool, kinds ...connector.Kind) []string {
	out := []string{}
	for _, n := range r.needs {
		if way(n) && (len(kinds) == 0 || slices.Contains(kinds, n.Kind)) && !slices.Contains(out, n.Flow) {
			out = append(out, n.Flow)
		}
	}
	return out
}

func anyWay(connector.Need) bool { return true }

// through are the Flows that write a Kind by a transport.
func (r requirer) through(transport string, kind connector.Kind) []string {
	if r.i.opts.operation(writeOperation(kind)) != transport {
		return []string{}
	}
	return r.flows(writing, kind)
}

func fact(name string, values ...string) connector.Fact {
	return connector.Fact{Name: name, Values: append([]string{}, values...)}
}

func (r requirer) network() connector.Requirement {
	o := r.i.opts
	addresses := []string{o.tokenURL, o.url}
	if len(r.through("xml", connector.Supplier))+len(r.through("xml", connector.Requisition))+len(r.through("xml", connector.GLAccount)) > 0 || o.operation("payment.write") == "xml" && len(r.flows(hearing, connector.Invoice)) > 0 {
		router := o.xmlURL
		if router == "" {
			router = "the host of the XML router (setting xml_url), which is not given yet"
		}
		addresses = append(addresses, router)
	}
	return connector.Requirement{Group: groupNetwork, Name: "our outgoing address", Purpose: "JAGGAER lets in only the addresses that it knows.", Flows: r.flows(anyWay), Facts: []connector.Fact{
		fact("on the allow list of", addresses...),
		fact("the address", "the one by which the machine with ml-connector is seen from outside; all of them, where it changes"),
		fact("calls", fmt.Sprintf("at most %d at the same time, no more than JAGGAER allows: tell us the limit, and whether a 429 carries Retry-After", o.concurrency)),
		fact("in between", "no proxy that signs in, and no redirect: neither is followed"),
	}}
}

func (r requirer) client() connector.Requirement {
	o := r.i.opts
	form := "grant_type=client_credentials, client_id and client_secret in the form body, no Basic header"
	if o.scope != "" {
		form += ", scope " + o.scope
	}
	answer := "access_token, expires_in in seconds"
	if o.profile.text("rest", "token_style") == "legacy" {
		answer = "token, expire_in in milliseconds"
	}
	return connector.Requirement{Group: groupClient, Name: o.clientID, Purpose: "Who we are at the REST API: one client for ml-connector alone.", Flows: r.flows(anyWay), Facts: []connector.Fact{
		fact("tokens come from", "POST "+o.tokenURL),
		fact("request", form),
		fact("answer", answer),
		fact("grant", "client credentials: the client's service account is enabled"),
		fact("secret", "given to us on a safe way, as the secret client_secret; two may be good for a while when it changes, else ml-connector pauses until it has the new one"),
		fact("rights", "each resource below is enabled for this client, for this instance"),
		fact("lock-out", "a refused secret is tried once and then not again"),
	}}
}

// resource is one entity of the REST API.
func (r requirer) resource(kind connector.Kind) []connector.Requirement {
	e, known := r.i.opts.entities[kind]
	readers, writers := r.flows(reading, kind), r.flows(writing, kind)
	if !known || len(readers)+len(writers) == 0 {
		return nil
	}
	posted := len(r.through("rest", kind)) > 0
	looked := len(writers) > 0 && r.i.reads(e) && len(r.through("file", kind)) == 0
	if len(readers) == 0 && !looked && !posted {
		return nil
	}
	q := connector.Requirement{Group: groupResource, Name: e.path, Purpose: purposeOf(kind, len(readers) > 0, looked, posted), Flows: union(readers, writers)}
	if kind == connector.Requisition && len(readers) == 0 && !posted {
		q.Without = "a requisition whose answer is lost waits until a person says whether JAGGAER has it"
	}
	q.Facts = append(q.Facts, fact("calls", r.calls(kind, e, readers, posted)...), fact("filters by "+r.i.opts.profile.text("rest", "filter_param"), r.filters(kind, e, readers, looked)...))
	q.Facts = append(q.Facts, r.answers(kind, e, len(readers) > 0)...)
	if fields := fieldsOf(kind, len(readers) > 0, posted); len(fields) > 0 {
		q.Facts = append(q.Facts, fact("fields", r.named(e, fields)...))
	}
	return []connector.Requirement{q}
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func purposeOf(kind connector.Kind, read, looked, posted bool) string {
	what := map[connector.Kind]string{
		connector.GLAccount: "custom field values (chart of accounts)", connector.Supplier: "suppliers", connector.Requisition: "requisitions",
		connector.PurchaseOrder: "purchase orders", connector.Invoice: "invoices and credit memos",
	}[kind]
	var does []string
	if read {
		does = append(does, "read")
	}
	if posted {
		does = append(does, "written")
	}
	if looked {
		does = append(does, "looked up by our number before a first write and after one whose answer was lost")
	}
	return strings.ToUpper(what[:1]) + what[1:] + " are " + strings.Join(does, ", and ") + "."
}

// calls are all requests that are made of an entity.
func (r requirer) calls(kind connector.Kind, e entity, readers []string, posted bool) []string {
	list := strings.TrimPrefix(r.i.address(e), r.i.opts.url)
	p := r.i.opts.profile
	start, filter := "?"+p.text("rest", "start_param")+"=N", "&"+p.text("rest", "filter_param")+"="
	var out []string
	if r.i.reads(e) {
		if e.filterField != "" && len(readers) > 0 {
			and := ""
			if e.extraFilter != "" {
				and = p.text("rest", "filter_and") + e.extraFilter
			}
			out = append(out, "GET "+list+start+filter+e.filterField+p.text("rest", "filter_ge")+"TIME"+p.text("rest", "filter_and")+e.filterField+p.text("rest", "filter_lt")+"TIME"+and+"  (what changed)")
		}
		out = append(out, "GET "+list+start+"  (the whole list)", "GET "+list+start+filter+r.keyFilter(kind, e)+"  (by key)")
		if e.detail != "none" {
			out = append(out, "GET "+list+"/ID  (one record, whole)")
		}
	}
	if posted {
		out = append(out, "POST "+list)
	}
	return out
}

func (r requirer) keyFilter(kind connector.Kind, e entity) string {
	if kind == connector.GLAccount {
		return "fieldInternalName==NAME" + r.i.opts.profile.text("rest", "filter_and") + e.external + "=in=(VALUE,VALUE)"
	}
	return e.external + "==NUMBER"
}

// filters are the fields that a filter names, and what is lost where one can't be filtered by.
func (r requirer) filters(kind connector.Kind, e entity, readers []string, looked bool) []string {
	p := r.i.opts.profile
	var out []string
	switch {
	case len(readers) > 0 && e.filterField != "":
		out = append(out, fmt.Sprintf("%s, %s and %s, times like %s in UTC", e.filterField, p.text("rest", "filter_ge"), p.text("rest", "filter_lt"), p.text("rest", "filter_time_format")))
	case len(readers) > 0:
		out = append(out, "none for times: the whole list is read each time, and details of what changed")
	}
	if e.extraFilter != "" && len(readers) > 0 {
		out = append(out, e.extraFilter+", with each read")
	}
	switch {
	case kind == connector.GLAccount && looked:
		out = append(out, "fieldInternalName and "+e.external+", == and =in=(…); without =in= the list of the field is read")
	case looked && kind == connector.Requisition:
		out = append(out, e.external+", ==, filled from the custom field "+p.text("req_external_field")+"; without it the whole list is read for each look-up")
	case looked:
		out = append(out, e.external+", ==; without it the whole list is read for each look-up")
	}
	for _, canonical := range numberFields(kind) {
		field := e.customerField(canonical)
		if looked && field == e.external || kind == connector.Requisition {
			continue
		}
		out = append(out, field+", ==; without it a record that others wait for by that number comes with the next read, not at once")
	}
	return append(out, "a filter by a field that is not known is refused, or told to us: one that is ignored stops the Flow")
}

// answers are the forms of the answers.
func (r requirer) answers(kind connector.Kind, e entity, read bool) []connector.Fact {
	where := e.listKey + "." + e.itemKey
	if e.headerKey != "" {
		where += ", fields under " + e.headerKey
	}
	out := []connector.Fact{
		fact("answer, list", where+"; returnCode, totRecords, returnedRecords; ascending by "+e.id),
	}
	if e.detail != "none" {
		out = append(out, fact("answer, one record", map[string]string{
			"bare": "the record itself, with lines", "envelope": "the record in the envelope of a list", "list_of_one": "a list of one, with lines",
		}[e.detail]))
	}
	stamp := e.version + " moves with every change that a person sees"
	if kind == connector.PurchaseOrder || kind == connector.Invoice {
		stamp += ", those of lines, splits and workflow too; tell us which do not move it"
	}
	if read {
		out = append(out, fact("version", stamp))
	}
	return out
}

// fieldsOf are those of an entity that a Flow can't do without, in canonical names.
func fieldsOf(kind connector.Kind, read, posted bool) []string {
	switch {
	case kind == connector.GLAccount:
		return []string{"fieldInternalName", "value", "description", "active"}
	case kind == connector.Supplier && read:
		return []string{"supplierId", "erpNumber", "sqIntegrationNumber", "name", "active", "registrationStatus", "addressList.address (type, erpNumber, address lines, city, state, postalCode, isoCountryCode)"}
	case kind == connector.Supplier:
		return []string{"supplierId", "erpNumber", "sqIntegrationNumber", "name", "active", "and all that a supplier is written with, so that what is there can be compared"}
	case kind == connector.Requisition && posted:
		return []string{"requisitionId", "externalRequisitionNumber", "requisitionName"}
	case kind == connector.Requisition:
		return []string{"requisitionId", "externalRequisitionNumber"}
	case kind == connector.PurchaseOrder:
		return []string{"purchaseOrderId", "poNumber", "revisionNumber", "createDateTime", "businessUnit", "requestor.username", "supplier.id", "total (currency, value)", "requisitionId",
			"purchaseOrderLine (lineNumber, quantity, unitPrice, item.description, item.commodityCode, item.unitOfMeasure.dimension, splittableFieldSetGroupList)"}
	}
	return []string{"invoiceId", "invoiceNumber", "supplierInvoiceNumber", "invoiceType", "invoiceDate", "accountingDate", "businessUnit", "supplier.id", "total (currency, value)",
		"taxCharge1, taxCharge2, shippingCharge, handlingCharge, discountAmount, miscFeeList", "terms.standardPaymentTermsCode",
		"invoiceLine (lineNumber, quantity, unitPrice, poNumber, poLineNumber, item.description, splittableFieldSetGroupList)"}
}

// named gives fields their names at this customer.
func (r requirer) named(e entity, fields []string) []string {
	out := make([]string, len(fields))
	for n, f := range fields {
		out[n] = e.customerField(f)
	}
	return out
}

// payments are told over REST, or through the router.
func (r requirer) payments() []connector.Requirement {
	flows := r.flows(hearing, connector.Invoice)
	if len(flows) == 0 {
		return nil
	}
	q := connector.Requirement{Flows: flows, Purpose: "JAGGAER is told the voucher of an invoice, and its payment.", Without: "JAGGAER is not told; the invoice itself is carried all the same"}
	p := r.i.opts.profile
	switch r.i.opts.operation("payment.write") {
	case "rest":
		q.Group, q.Name = groupResource, "invoices/payment"
		q.Facts = []connector.Fact{
			fact("calls", http.MethodPut+" "+strings.TrimPrefix(r.i.paymentAddress("ID"), r.i.opts.url)),
			fact("fields", "externalReference, voucherNumber, paymentStatus, paymentMethod, paymentNumber, paymentDate, amount (currency, value)"),
			fact("repetition", "the same again is taken; other content after "+p.text("paid_status_text")+" is refused"),
		}
	case "xml":
		q = r.importing(paymentImport, q)
		q.Text = p.text("xml", "templates", "payment")
	case "file": // told with the files
		return nil
	default:
		q.Group, q.Name = groupResource, "invoices/payment"
		q.Facts = []connector.Fact{fact("to decide", "whether JAGGAER takes payments here, over REST or through the router: operations.payment.write of the profile is off")}
	}
	if field := p.text("voucher_field"); field != "" {
		q.Facts = append(q.Facts, fact("custom field", field+" of invoices shows the voucher's number once we have told it"))
	}
	q.Facts = append(q.Facts, fact("payment status", p.text("paid_status_text")+" when it is paid, "+p.text("payable_status_text")+" when a payment was voided"))
	return []connector.Requirement{q}
}

// imports is one import of the XML router.
func (r requirer) imports(m importer) []connector.Requirement {
	kind, purpose := connector.Supplier, "Takes suppliers: created, or changed by their ERPNumber."
	switch m {
	case requisitionImport:
		kind, purpose = connector.Requisition, "Takes requisitions."
	case valueImport:
		kind, purpose = connector.GLAccount, "Takes custom field values: created, or changed by field and value."
	}
	flows := r.through("xml", kind)
	if len(flows) == 0 {
		return nil
	}
	q := r.importing(m, connector.Requirement{Flows: flows, Purpose: purpose})
	switch m {
	case valueImport:
		q.Text = r.i.opts.profile.text("xml", "templates", "cfv")
	case requisitionImport:
		q.Facts = append(q.Facts, fact("repetition", "JAGGAER makes a second requisition of a document that comes twice: whatever might have been taken is looked up by its external number and never sent again blind"))
	default:
		q.Facts = append(q.Facts, fact("matching", "by ERPNumber, else by SQIntegrationNumber, which then takes the ERPNumber; what a document leaves out stays as it is"))
	}
	return []connector.Requirement{q}
}

func (r requirer) importing(m importer, q connector.Requirement) connector.Requirement {
	o := r.i.opts
	or := func(value, missing string) string {
		if value == "" {
			return missing
		}
		return value
	}
	q.Group, q.Name = groupImport, or(o.profile.text("xml", "paths", m.name), m.name+" (xml.paths."+m.name+" of the profile is blank)")
	address := "the setting xml_url is missing: tell us the router's address, for test and for production"
	if o.xmlURL != "" {
		address = "POST " + r.i.routerAddress(m)
	}
	secret := "shared_secret"
	if m.secret != "" {
		secret = m.secret + " where this import has its own, else shared_secret"
	}
	q.Facts = append([]connector.Fact{
		fact("address", address), fact("Identity", or(o.identity, "the setting identity is missing: tell us")), fact("SharedSecret", "given to us on a safe way, as the secret "+secret),
		fact("form", o.profile.text("xml", "content_type")+", one object in a document, with Content-Length"),
	}, q.Facts...)
	if m.root != "" {
		q.Facts = append(q.Facts, fact("document", m.root+" by the DTD "+strings.TrimRight(o.profile.text("xml", "dtd_base"), "/")+"/"+o.profile.text("xml", "dtds", m.name)+" (of this instance's release: tell us if another is in force)"))
	}
	q.Facts = append(q.Facts, fact("proof", "no call that changes nothing proves Identity and SharedSecret: the first import does"))
	return q
}
