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

// component is a Component Interface that we write through: how it is called here and there, and its keys.
type component struct {
	doc       string // of the profile: po, vendor
	ci        string
	transport string
	schema    connector.Schema
	keys      [2]string // place and number
	kind      connector.Kind
}

func (i *Instance) component(k connector.Kind) component {
	if k == connector.Supplier {
		return component{"vendor", i.profile.vendorCI, i.profile.vendorTransport, i.schemas.supplier, [2]string{"SETID", "VENDOR_ID"}, k}
	}
	return component{"po", i.profile.po.ci, i.profile.poTransport, i.schemas.order, [2]string{"BUSINESS_UNIT", "PO_ID"}, k}
}

// verbs of a Component Interface, with the key of the profile's `soap.action` for each.
const (
	verbCreate = "create"
	verbUpdate = "update"
)

// save sends one document through a Component Interface. It is all or nothing (PEOPLESOFT.md §4.0), but its answer may be
// lost, and a call may finish after our time-out.
func (i *Instance) save(ctx context.Context, c component, verb string, d, prev connector.Document) (connector.Receipt, error) {
	op := verb + " " + string(c.kind)
	list, err := i.nodes(op, d, prev, c.schema.Fields, len(c.keys), i.ciNames(c.kind))
	if err != nil {
		return connector.Receipt{}, err
	}
	r := request{op: op, write: true}
	if c.transport == "rest_ci" {
		i.restRequest(&r, c, verb, list)
	} else {
		i.soapRequest(&r, c, verb, list)
	}
	resp, err := i.call(ctx, r)
	if err != nil {
		return connector.Receipt{}, err
	}
	return i.saved(op, c, verb, d, readAnswer(resp, i.profile.fallback))
}

// restRequest is PEOPLESOFT.md §4.4.
func (i *Instance) restRequest(r *request, c component, verb string, list []node) {
	var b bytes.Buffer
	writeJSON(&b, list)
	r.method = http.MethodPost
	if verb == verbUpdate {
		r.method = http.MethodPut
	}
	r.path, r.body, r.door = i.path(i.profile.restURL[c.doc], c.ci, ""), b.Bytes(), doorREST
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
	var b bytes.Buffer
	b.Grow(4 << 10) // most fit
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"` + declared + `><soapenv:Header>`)
	r.secret = i.usernameToken(&b)
	b.WriteString(`</soapenv:Header><soapenv:Body>`)
	writeXML(&b, []node{{name: root, group: true, kids: list}}, prefix)
	b.WriteString(`</soapenv:Body></soapenv:Envelope>`)
	r.method, r.path, r.body, r.door = http.MethodPost, i.path(i.profile.soapURL, c.ci, message), b.Bytes(), doorSOAP
	r.header = map[string]string{"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": i.path(i.profile.soapAction[verb], c.ci, message)}
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

// saved reads the answer of a Component Interface, in XML or JSON (PEOPLESOFT.md §4.1, §4.4). Saved is what says so, or what
// names the key without an error.
func (i *Instance) saved(op string, c component, verb string, d connector.Document, a *answer) (connector.Receipt, error) {
	place, number := i.keyIn(a, c.keys[0]), i.keyIn(a, c.keys[1])
	notification := a.tree.first("notification").value()
	if p := i.profile.successPointer; p != "" && c.transport == "rest_ci" {
		notification = "0"
		switch strings.ToLower(a.tree.at(p).value()) {
		case "1", "true", "y", "yes", "ok", "success":
			notification = "1"
		}
	}
	if c.transport == "rest_ci" {
		i.pointedMessages(a)
	}
	ok := a.status >= 200 && a.status < 300 && a.tree != nil && a.broker != "error" && a.tree.first("Fault") == nil
	said := notification == "1" || notification == "" && len(a.errors()) == 0 && number != ""
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
		place = d.Text(c.keys[0])
	}
	if number == "" && verb == verbUpdate {
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

// keyIn finds a key of the saved document, whatever prefix or place it has.
func (i *Instance) keyIn(a *answer, field string) string {
	if p := i.profile.keyPointers[field]; p != "" {
		if v := a.tree.at(p).value(); v != "" {
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
func (i *Instance) pointedMessages(a *answer) {
	parent, name, ok := cutLast(i.profile.messagesPointer)
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
