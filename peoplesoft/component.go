package peoplesoft

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	connector "ml-connector"
)

// component is a document that we write whole, mostly through a Component Interface: how it is called here and there, its
// keys, and where an answer tells what.
type component struct {
	doc       string // of the profile: po, vendor, voucher
	ci        string
	transport string
	schema    connector.Schema
	keys      [2]string // place and number
	kind      connector.Kind
	reply     replyShape
}

func (i *Instance) component(k connector.Kind) component {
	c := component{"po", i.profile.po.ci, i.profile.poTransport, i.schemas.order, [2]string{"BUSINESS_UNIT", "PO_ID"}, k, i.profile.restReply}
	switch k {
	case connector.Supplier:
		c = component{"vendor", i.profile.vendor.ci, i.profile.vendorTransport, i.schemas.supplier, [2]string{"SETID", "VENDOR_ID"}, k, i.profile.restReply}
	case connector.Invoice:
		c = component{"voucher", "", i.profile.voucher.transport, i.schemas.voucher, [2]string{"BUSINESS_UNIT", "VOUCHER_ID"}, k, replyShape{}}
	}
	if c.transport == customTransport {
		c.reply = i.profile.customREST[c.doc].reply
	}
	return c
}

// verbs of a Component Interface, with the key of the profile's `soap.action` for each.
const (
	verbCreate     = "create"
	verbGet        = "get"
	verbUpdate     = "update"
	verbUpdateData = "updatedata"
)

// save sends one document. Through a Component Interface it is all or nothing (PEOPLESOFT.md §4.0), but its answer may be
// lost, and a call may finish after our time-out.
func (i *Instance) save(ctx context.Context, c component, verb string, d, prev connector.Document) (connector.Receipt, error) {
	list, err := i.nodes(verb+" "+string(c.kind), d, prev, c.schema.Fields, len(c.keys), i.spelling(c))
	if err != nil {
		return connector.Receipt{}, err
	}
	return i.put(ctx, c, verb, d, list)
}

// put sends what stands in list, which is all or a part of d.
func (i *Instance) put(ctx context.Context, c component, verb string, d connector.Document, list []node) (connector.Receipt, error) {
	op := verb + " " + string(c.kind)
	if verb == verbUpdateData {
		op = verbUpdate + " " + string(c.kind)
	}
	r := request{op: op, write: true}
	switch c.transport {
	case restTransport:
		i.restRequest(&r, c, verb, list)
	case customTransport:
		i.customRequest(&r, c, verb, list, d.Text)
	default:
		i.soapRequest(&r, c, verb, list)
	}
	resp, err := i.call(ctx, r)
	if err != nil {
		return connector.Receipt{}, err
	}
	return i.saved(op, c, verb, d, readAnswer(resp, i.profile.fallback))
}

// spelling is how the elements of a document are called here: with the profile's prefixes in a Component Interface, as the
// records have them elsewhere.
func (i *Instance) spelling(c component) names {
	if c.transport != customTransport && c.transport != messageTransport {
		return i.ciNames(c.kind)
	}
	entity := entPO
	if c.kind == connector.Supplier {
		entity = entVendor
	}
	return func(field string, _, _ bool) string { return i.spelled(entity, field) }
}

// restRequest is PEOPLESOFT.md §4.4.
func (i *Instance) restRequest(r *request, c component, verb string, list []node) {
	var b bytes.Buffer
	writeJSON(&b, list)
	r.method = http.MethodPost
	url := i.profile.restURL[c.doc]
	if verb != verbCreate {
		r.method = http.MethodPut
	}
	if own := i.profile.restURL[c.doc+"_updatedata"]; verb == verbUpdateData && own != "" {
		url = own
	}
	r.path, r.body, r.door = i.path(url, c.ci, ""), b.Bytes(), doorREST
	r.header = map[string]string{"Content-Type": "application/json", "Accept": "application/json"}
}

// soapRequest is PEOPLESOFT.md §4.1.
func (i *Instance) soapRequest(r *request, c component, verb string, list []node) {
	root := i.verbName(verb) + "__CompIntfc__" + c.ci
	message := i.profile.soapMessage[c.doc+"."+verb]
	if message == "" {
		message = root
	}
	namespace, prefix, declared := i.path(i.profile.soapNamespace, c.ci, message), "", ""
	if namespace != "" {
		var ns bytes.Buffer
		escapeXML(&ns, namespace)
		prefix, declared = "m:", ` xmlns:m="`+ns.String()+`"`
	}
	i.soapBody(r, declared, func(b *bytes.Buffer) { writeXML(b, []node{{name: root, group: true, kids: list}}, prefix) })
	r.method, r.path = http.MethodPost, i.path(i.profile.soapURL, c.ci, message)
	r.header = map[string]string{"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": i.path(i.profile.soapAction[verb], c.ci, message)}
}

// soapBody puts what content writes into an envelope that signs on; declared are the namespaces that it needs.
func (i *Instance) soapBody(r *request, declared string, content func(*bytes.Buffer)) {
	var b bytes.Buffer
	b.Grow(4 << 10) // most fit
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"` + declared + `><soapenv:Header>`)
	r.secret = i.usernameToken(&b)
	b.WriteString(`</soapenv:Header><soapenv:Body>`)
	content(&b)
	b.WriteString(`</soapenv:Body></soapenv:Envelope>`)
	r.body, r.door = b.Bytes(), doorSOAP
}

func (i *Instance) verbName(verb string) string {
	switch i.profile.verbCase {
	case "upper":
		return strings.ToUpper(verb)
	case "lower":
		return verb
	}
	return strings.ToUpper(verb[:1]) + verb[1:]
}

// usernameToken writes the WS-Security header of PEOPLESOFT.md §2.2 where there is a user, and gives what must be masked.
func (i *Instance) usernameToken(b *bytes.Buffer) []string {
	if i.config.username == "" || i.config.auth == authToken {
		return nil
	}
	const oasis = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
	var user, password bytes.Buffer
	escapeXML(&user, i.config.username)
	escapeXML(&password, i.secrets["password"])
	b.WriteString(`<wsse:Security soapenv:mustUnderstand="1" xmlns:wsse="` + oasis + `wssecurity-secext-1.0.xsd" xmlns:wsu="` + oasis + `wssecurity-utility-1.0.xsd">` +
		`<wsse:UsernameToken wsu:Id="UsernameToken-1"><wsse:Username>` + user.String() + `</wsse:Username><wsse:Password Type="` + oasis + `username-token-profile-1.0#PasswordText">` +
		password.String() + `</wsse:Password></wsse:UsernameToken></wsse:Security>`)
	return []string{password.String()}
}

// saved reads the answer to a document, in XML or JSON (PEOPLESOFT.md §4.1, §4.4). Saved is what says so, or what names the
// key without an error. Where the profile says by what an answer tells it, only that counts: an answer that has nothing there
// is not the service's, and tells nothing.
func (i *Instance) saved(op string, c component, verb string, d connector.Document, a *answer) (connector.Receipt, error) {
	place, number := i.keyIn(a, c, 0), i.keyIn(a, c, 1)
	notification := a.tree.first("notification").value()
	if p := c.reply.success; p != "" || c.transport == customTransport {
		notification = successAt(a.tree.at(p))
	}
	if c.transport == restTransport || c.transport == customTransport {
		i.pointedMessages(a, c.reply.messages)
	}
	ok := a.status >= 200 && a.status < 300 && a.tree != nil && a.broker != "error" && a.tree.first("Fault") == nil
	said := notification == "1" || notification == "" && c.reply.success == "" && len(a.errors()) == 0 && number != "" && number != "NEXT"
	if !ok || !said {
		if ok && notification == "0" && len(a.errors()) == 0 {
			e := connector.Errorf(connector.Rejected, op, "PeopleSoft did not save it and gave no reason").Advise("An administrator can try the same in the Component Interface tester.")
			e.Exchange = a.exchange
			return connector.Receipt{}, e
		}
		f := i.fail(op, a, true)
		f.err.Message += locate(f.err.Message, d)
		return connector.Receipt{}, f
	}
	if place == "" {
		place = strings.ToUpper(d.Text(c.keys[0]))
	}
	if number == "" && verb != verbCreate {
		number = d.Text(c.keys[1])
	}
	r := connector.Receipt{Warnings: a.warnings()}
	for _, n := range a.errors() {
		r.Warnings = append(r.Warnings, n.text)
	}
	if number != "" && number != "NEXT" {
		r.ID = place + "/" + number
		r.Numbers = numbers(number, d.Text("PO_REF"), d.Text("AR_NUM"))
	}
	return r, nil
}

// successAt reads what stands at a success_pointer: 1 saved, 0 not, "" that there is nothing.
func successAt(e *element) string {
	switch strings.ToLower(e.value()) {
	case "":
		return ""
	case "1", "true", "y", "yes", "ok", "success":
		return "1"
	}
	return "0"
}

// keyIn finds a key of the saved document: where the profile says, else whatever prefix or place it has. A service of the
// site's own may hand back what it was sent, so there only the profile's place counts.
func (i *Instance) keyIn(a *answer, c component, n int) string {
	field := c.keys[n]
	if p := c.reply.keys[field]; p != "" || c.transport == customTransport {
		if v := a.tree.at(p).value(); v != "" || c.transport == customTransport {
			return v
		}
	}
	for _, name := range []string{field, i.profile.prefixKey + field, i.profile.prefixProp + field, "KEYPROP_" + field, "PROP_" + field} {
		if v := a.tree.first(name).value(); v != "" {
			return v
		}
	}
	return ""
}

// pointedMessages adds what stands at the profile's messages_pointer, where it has another shape than PeopleSoft's own.
func (i *Instance) pointedMessages(a *answer, pointer string) {
	parent, name, ok := cutLast(pointer)
	if a.tree == nil || !ok || len(a.notices) > 0 {
		return
	}
	from := a.tree
	if parent != "" {
		from = a.tree.at(parent)
	}
	if from == nil {
		return
	}
	for _, m := range from.kids {
		if !strings.EqualFold(m.name, name) {
			continue
		}
		if len(m.kids) > 0 {
			a.ciNotice(m)
		}
		if t := m.value(); t != "" {
			a.notices = append(a.notices, notice{text: clip(squeeze(t), 500), tuples: tuplesIn(t)})
		}
	}
}

func cutLast(pointer string) (parent, name string, ok bool) {
	at := strings.LastIndexByte(pointer, '/')
	if at < 0 || pointer[at+1:] == "" {
		return "", "", false
	}
	return pointer[:at], pointer[at+1:], true
}

var (
	placePattern = regexp.MustCompile(`\{\w+((?:\.\w+(?:\(\d+\))?)+)\}`)
	stepPattern  = regexp.MustCompile(`\.(\w+)(?:\((\d+)\))?`)
	levelNames   = map[string]string{"PO_LINE": "line", "PO_LINE_SHIP": "schedule", "PO_LINE_DISTRIB": "distribution", "VNDR_ADDR_SCROL": "address", "VNDR_LOC_SCROL": "location", "VENDOR_ADDR": "row", "VENDOR_LOC": "row"}
)

// locate says in our numbers which row and field PeopleSoft means by {CI.PO_LINE(2).PO_LINE_SHIP(1).QTY_PO}: its rows are
// counted, ours have numbers. "" when the message names none.
func locate(message string, d connector.Document) string {
	m := placePattern.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	var parts []string
	cur := d
	for _, s := range stepPattern.FindAllStringSubmatch(m[1], 20) {
		name := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(s[1], "COLL_"), "KEYPROP_"), "PROP_")
		at, err := strconv.Atoi(s[2])
		if err != nil {
			if v := cur.Text(name); v != "" {
				name = fmt.Sprintf("%s = %q", name, clip(v, 60))
			}
			parts = append(parts, name)
			break
		}
		rows := cur.List(name)
		if at < 1 || at > len(rows) {
			return ""
		}
		cur = rows[at-1]
		label, number := levelNames[name], strconv.Itoa(at)
		if label == "" {
			label = name
		}
		for _, key := range []string{"LINE_NBR", "SCHED_NBR", "DISTRIB_LINE_NUM", "ADDRESS_SEQ_NUM", "VNDR_LOC"} {
			if v := cur.Text(key); v != "" {
				number = v
				break
			}
		}
		parts = append(parts, label+" "+number)
	}
	return " [" + strings.Join(parts, ", ") + "]"
}
