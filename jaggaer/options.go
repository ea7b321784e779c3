package jaggaer

import (
	"maps"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

// profile is settings.profile in force.
type profile map[string]any

func (p profile) at(path ...string) any {
	var cur any = map[string]any(p)
	for _, name := range path {
		m, ok := cur.(map[string]any)
		if !ok {
			return nil
		}
		cur = m[name]
	}
	return cur
}

func (p profile) text(path ...string) string { return scalar(p.at(path...)) }

func (p profile) int(path ...string) int {
	n, _ := whole(p.at(path...))
	return int(n)
}

func (p profile) bool(path ...string) bool {
	b, _ := p.at(path...).(bool)
	return b
}

func (p profile) seconds(path ...string) time.Duration {
	return time.Duration(p.int(path...)) * time.Second
}

func (p profile) texts(path ...string) []string {
	list, _ := p.at(path...).([]any)
	out := make([]string, 0, len(list))
	for _, e := range list {
		out = append(out, scalar(e))
	}
	return out
}

// rule is one condition of po_ready and its like: a field of the header, and the values that satisfy it.
type rule struct {
	field string
	in    []string
}

func (p profile) rules(name string) []rule {
	list, _ := p[name].([]any)
	var out []rule
	for _, e := range list {
		r := profile{"r": e}
		out = append(out, rule{field: r.text("r", "field"), in: r.texts("r", "in")})
	}
	return out
}

// options are the settings in force in the form in which the client uses them.
type options struct {
	url, tokenURL, xmlURL string
	clientID, scope       string
	identity              string
	timeout               time.Duration // 0 = the contract's own
	overlap, settle       time.Duration
	concurrency           int
	profile               profile
	entities              map[connector.Kind]entity
	templates             map[string]string // value templates by field
	secrets               map[string]string
}

// entity says how a Kind is spelled at this customer. Canonical names (id, external) are those of JAGGAER.md's default
// profile; Documents always have them.
type entity struct {
	name                                     string // in the profile, in steps and in hints: "po"
	module, path                             string
	listKey, itemKey, headerKey              string
	id, version, filterField, external       string
	detail, extraFilter                      string
	canonicalID, canonicalExternal, operator string // operator: the operation that reads it, "" = none says no
}

func optionsFrom(s connector.Settings) options {
	t := func(name string) string { v, _ := s[name].(string); return v }
	d := func(name string) time.Duration { v, _ := duration(t(name)); return v }
	tree, _ := s["profile"].(map[string]any)
	n, _ := whole(s["concurrency"])
	o := options{
		url: strings.TrimRight(t("url"), "/"), tokenURL: t("token_url"), xmlURL: strings.TrimRight(t("xml_url"), "/"),
		clientID: t("client_id"), scope: t("scope"), identity: t("identity"),
		timeout: d("timeout"), overlap: d("overlap"), settle: d("settle"), concurrency: max(1, int(n)),
		profile: tree, entities: map[connector.Kind]entity{}, templates: map[string]string{},
	}
	for _, k := range []struct {
		kind                         connector.Kind
		name, id, external, operator string
	}{
		{connector.GLAccount, "cfv", "customFieldValueId", "value", ""},
		{connector.Supplier, "supplier", "supplierId", "erpNumber", ""},
		{connector.Requisition, "requisition", "requisitionId", "externalRequisitionNumber", "requisition.read"},
		{connector.PurchaseOrder, "po", "purchaseOrderId", "poNumber", "po.read"},
		{connector.Invoice, "invoice", "invoiceId", "supplierInvoiceNumber", "invoice.read"},
	} {
		e := func(attribute string) string { return o.profile.text("entities", k.name, attribute) }
		o.entities[k.kind] = entity{
			name: k.name, module: e("module"), path: strings.Trim(e("path"), "/"), listKey: e("list_key"), itemKey: e("item_key"), headerKey: e("header_key"),
			id: e("id"), version: e("version_field"), filterField: e("filter_field"), external: e("external"),
			detail: e("detail"), extraFilter: e("extra_filter"),
			canonicalID: k.id, canonicalExternal: k.external, operator: k.operator,
		}
	}
	templates, _ := o.profile["value_templates"].(map[string]any)
	for field, v := range templates {
		o.templates[field] = scalar(v)
	}
	return o
}

// readOptions checks what Open can't do without; the settings themselves were checked by Validate.
func readOptions(o connector.Opening) (options, error) {
	opts := optionsFrom(o.Settings)
	opts.secrets = o.Secrets
	op := "open the Connection " + o.Connection
	switch {
	case opts.profile == nil:
		return opts, connector.Errorf(connector.Internal, op, "the settings have no profile; they must come from Validate")
	case opts.url == "" || opts.tokenURL == "" || opts.clientID == "":
		return opts, connector.Errorf(connector.Misconfigured, op, "the settings lack url, token_url or client_id").
			Advise("Give them in this Connection's settings.")
	case o.Caller == nil || o.Now == nil:
		return opts, connector.Errorf(connector.Internal, op, "no Caller or no clock was given")
	}
	return opts, nil
}

// operation is the transport of an operation: rest, xml, or "" when this customer has none.
func (o options) operation(name string) string {
	if t := o.profile.text("operations", name); t != "off" {
		return t
	}
	return ""
}

func (o options) requisitionSchema() connector.Schema {
	more, _ := o.profile["chartfields"].(map[string]any)
	return requisitionSchema(o.profile.int("max_description"), slices.Sorted(maps.Keys(more)))
}

// templated puts a value of ours into the form that this customer's field has, and plain takes it out of it. plain's ok
// is false for a value that does not have that form: it is another organisation's.
func (o options) templated(field, value string) string {
	t := o.templates[field]
	if t == "" || value == "" || value == o.profile.text("empty_value") {
		return value
	}
	return strings.Replace(t, "{value}", value, 1)
}

func (o options) plain(field, value string) (string, bool) {
	t := o.templates[field]
	if t == "" {
		return value, true
	}
	before, after, _ := strings.Cut(t, "{value}")
	inner, ok := strings.CutPrefix(value, before)
	if !ok {
		return value, false
	}
	inner, ok = strings.CutSuffix(inner, after)
	if !ok || inner == "" {
		return value, false
	}
	return inner, true
}
