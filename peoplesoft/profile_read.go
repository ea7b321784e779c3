package peoplesoft

import (
	"fmt"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

// profile is the tree of PEOPLESOFT.md §9 in force, typed. It never changes after Open.
type profile struct {
	toolsVersion string
	pathWithNode bool

	soapURL, soapNamespace, verbCase  string
	soapAction, soapMessage           map[string]string
	prefixKey, prefixProp, prefixColl string

	messageURL, gatewayURL            string
	envelope, externalID, toNode      string
	clientAuth, fallback              string
	unicode                           bool
	format, owner                     string
	pageSize                          int
	dateLayout, stampLayout, firstKey string
	queries                           map[string]querySpec
	receipts, payments                bool            // lists of them are read
	lists                             map[string]bool // of a supplier, by the flag of a vendorList
	poTransport, vendorTransport      string
	po                                poProfile
	vendor                            vendorProfile
	soapMessageAction                 string // SOAPAction of a message in a SOAP body
	voucher                           voucherProfile
	restURL                           map[string]string
	restReply                         replyShape
	customREST                        map[string]customREST // by document: po, vendor, voucher
	status                            map[string]map[string]string
	setid                             map[string]map[string]string // per record group and business unit, "*" for the others
	chartfields                       []chartfield
	extra                             []rule
}

type poProfile struct {
	ci, refField         string
	canUpdate, canCancel bool
	canClose             bool
	cancel, cancelLine   map[string]string
	closing              map[string]string
	requireDispatched    bool
	updateVerb           string
}

// vendorProfile is what the site says of suppliers.
type vendorProfile struct {
	ci, external, operation, message string
	updateVerb                       string
	canUpdate                        bool
	cancel                           map[string]string
	stageTimeout                     time.Duration
}

type voucherProfile struct {
	transport                  string
	operation, message         string
	paymentRecord, language    string
	tolerance, origin, source  string
	chargeRecord, chargeAmount string
	chargeFields               map[string]string
	stageTimeout               time.Duration
	invoiceLength              int
	errorFields                []string
}

type chartfield struct {
	field, query, internalName, label, record string
	length                                    int
	required                                  bool
}

// querySpec is what the site says of one query.
type querySpec struct {
	name, owner string
	prompts     map[string]string   // ours → theirs
	fields      map[string][]string // ours → accepted keys
	delta       string
	own         []ownColumn
}

// ownColumn is a column that the site has added to a query, as a field.
type ownColumn struct {
	alias string
	field connector.Field
}

// tree reads a tree in force; fill has seen to it that the forms are right.
type tree map[string]any

func (t tree) sub(name string) tree {
	m, _ := t[name].(map[string]any)
	return m
}

func (t tree) text(name string) string {
	s, _ := t[name].(string)
	return s
}

func (t tree) flag(name string) bool {
	b, _ := t[name].(bool)
	return b
}

func (t tree) int(name string) int {
	n, _ := t[name].(int64)
	return int(n)
}

func (t tree) texts(name string) []string {
	l, _ := t[name].([]any)
	var out []string
	for _, e := range l {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func (t tree) textMap(name string) map[string]string {
	out := map[string]string{}
	for k := range t.sub(name) {
		out[k] = t.sub(name).text(k)
	}
	return out
}

func (t tree) groups(name string) []tree {
	l, _ := t[name].([]any)
	var out []tree
	for _, e := range l {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func indexed(name string, i int) string { return fmt.Sprintf("%s[%d]", name, i+1) }

// readProfile types a tree in force. What it can't type, fill has already named.
func readProfile(t tree) profile {
	soap, prefixes, message, q := t.sub("soap"), t.sub("soap").sub("property_prefixes"), t.sub("message"), t.sub("query")
	p := profile{
		toolsVersion: t.text("tools_version"), pathWithNode: t.sub("rest").flag("path_with_node"),
		soapURL: soap.text("url"), soapNamespace: soap.text("namespace"), verbCase: soap.text("verb_case"),
		soapAction: soap.textMap("action"), soapMessage: soap.textMap("message"),
		prefixKey: prefixes.text("key"), prefixProp: prefixes.text("property"), prefixColl: prefixes.text("collection"),
		messageURL: t.sub("http_connector").text("url"), gatewayURL: t.sub("gateway_status").text("url"),
		envelope: message.text("envelope"), externalID: message.text("external_id"), toNode: message.text("to_node"),
		clientAuth: t.sub("oauth").text("client_auth"), fallback: t.sub("encoding").text("fallback"), unicode: t.sub("db").flag("unicode"),
		format: q.text("format"), owner: q.text("owner"), pageSize: q.int("page_size"),
		dateLayout: layout(q.text("date_format")), stampLayout: layout(q.text("datetime_format")), firstKey: q.text("first_key"),
		queries:  readQueries(q),
		receipts: t.sub("read").flag("receipts"), payments: t.sub("read").flag("payments"), lists: map[string]bool{},
		poTransport: t.sub("write").sub("po").text("transport"), vendorTransport: t.sub("write").sub("vendor").text("transport"),
		soapMessageAction: message.text("soap_action"),
		restURL:           t.sub("rest_ci").textMap("url"), restReply: readReply(t.sub("rest_ci")), customREST: map[string]customREST{},
		status: map[string]map[string]string{},
	}
	for _, l := range vendorLists() {
		p.lists[l.flag] = t.sub("read").flag(l.flag)
	}
	for _, doc := range []string{"po", "vendor", "voucher"} {
		c := t.sub("custom_rest").sub(doc)
		p.customREST[doc] = customREST{c.text("url"), c.text("update_method"), c.sub("template"), readReply(c)}
	}
	for name := range t.sub("status") {
		p.status[name] = t.sub("status").textMap(name)
	}
	p.setid = map[string]map[string]string{}
	for name := range t.sub("setid") {
		p.setid[name] = t.sub("setid").textMap(name)
	}
	p.po, p.vendor, p.voucher = readOrders(t.sub("po")), readVendors(t.sub("vendor")), readVouchers(t.sub("voucher"))
	p.voucher.transport = t.sub("write").sub("voucher").text("transport")
	for _, c := range t.groups("chartfields") {
		p.chartfields = append(p.chartfields, chartfield{c.text("field"), c.text("query"), c.text("internal_name"), c.text("label"), c.text("record"), c.int("length"), c.flag("required")})
	}
	for _, x := range t.sub("errors").groups("extra") {
		if r, err := extraRule(x.int("set"), x.int("number"), x.text("pattern"), x.text("class"), x.text("hint")); err == nil {
			p.extra = append(p.extra, r)
		}
	}
	return p
}

func readReply(t tree) replyShape {
	return replyShape{t.text("success_pointer"), t.text("messages_pointer"), t.textMap("key_pointers")}
}

func readOrders(t tree) poProfile {
	return poProfile{ci: t.text("ci_name"), refField: t.text("ref_field"), canUpdate: t.flag("can_update"), canCancel: t.flag("can_cancel"), canClose: t.flag("can_close"),
		cancel: t.textMap("cancel_fields"), closing: t.textMap("close_fields"), cancelLine: t.textMap("line_cancel_fields"), requireDispatched: t.flag("require_dispatched"), updateVerb: t.text("update_verb")}
}

func readVendors(t tree) vendorProfile {
	timeout, _ := parseDuration(t.text("stage_timeout"))
	return vendorProfile{ci: t.text("ci_name"), external: t.text("external_id_field"), operation: t.text("operation"), message: t.text("message"), updateVerb: t.text("update_verb"),
		canUpdate: t.flag("can_update"), cancel: t.textMap("cancel_fields"), stageTimeout: timeout}
}

func readVouchers(t tree) voucherProfile {
	timeout, _ := parseDuration(t.text("stage_timeout"))
	return voucherProfile{operation: t.text("operation"), message: t.text("message"), paymentRecord: t.text("payment_record"), language: t.text("language"),
		tolerance: t.text("tolerance"), origin: t.text("origin"), source: t.text("source"),
		chargeRecord: t.text("misc_charge_record"), chargeAmount: t.text("misc_charge_amount"), chargeFields: t.textMap("misc_charge_fields"),
		stageTimeout: timeout, invoiceLength: t.int("invoice_id_length"), errorFields: t.texts("error_fields")}
}

// readQueries types the queries; a companion takes what its entity says, unless it says so itself.
func readQueries(q tree) map[string]querySpec {
	out := map[string]querySpec{}
	for name := range q {
		e := q.sub(name)
		if e == nil {
			continue
		}
		spec := querySpec{name: e.text("name"), owner: e.text("owner"), prompts: e.textMap("prompts"), fields: map[string][]string{}, delta: e.text("delta_field")}
		for _, c := range e.groups("columns") {
			alias, field := qualified(c.text("name"))
			spec.own = append(spec.own, ownColumn{alias, connector.Field{Name: field, Type: connector.FieldType(c.text("type")), Length: c.int("length"), Scale: c.int("scale")}})
		}
		for f := range e.sub("fields") {
			spec.fields[f] = e.sub("fields").texts(f)
		}
		out[name] = spec
	}
	for name, spec := range out {
		base, ok := out[entityOf(name)]
		if !ok || entityOf(name) == name {
			continue
		}
		for k, v := range base.prompts {
			if _, own := spec.prompts[k]; !own {
				spec.prompts[k] = v
			}
		}
		for k, v := range base.fields {
			if _, own := spec.fields[k]; !own {
				spec.fields[k] = v
			}
		}
		if slices.Contains(alikeQueries, name) {
			spec.own = append(spec.own, base.own...)
		}
		if spec.owner == "" {
			spec.owner = base.owner
		}
		out[name] = spec
	}
	return out
}

// entityOf is the entity that a companion query belongs to.
func entityOf(name string) string {
	for _, base := range []string{entVendor, entAccount, entPO, entVoucher, entPayment} {
		if strings.HasPrefix(name, base+"_") {
			return base
		}
	}
	return name
}
