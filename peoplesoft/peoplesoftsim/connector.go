package peoplesoftsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxExternalID is the length of ExternalMessageID (PEOPLESOFT.md §4.3).
const maxExternalID = 70

// parcel is what a message to HttpListeningConnector says about itself, from headers, query or an IBRequest.
type parcel struct {
	form                                          string
	operation, kind, from, to, password, external string
	content                                       []byte
}

// messageName is the message of a request for fault matching: the alias without its version.
func messageName(q *request) string {
	name := or(or(q.Header.Get("OperationName"), q.Header.Get("Operation")), or(parameters(q).Get("OperationName"), parameters(q).Get("Operation")))
	if name == "" {
		if _, after, ok := strings.Cut(string(q.body), "<ExternalOperationName>"); ok {
			name, _, _ = strings.Cut(after, "<")
		}
	}
	name, _, _ = strings.Cut(name, ".")
	return or(name, "other")
}

// httpConnector is PEOPLESOFT.md §4.3. Whatever is wrong, HTTP says 200.
func (s *Server) httpConnector(q *request) *answer {
	p, t := s.unwrap(q)
	if t != nil {
		return s.refuse(q, t, 0)
	}
	if c := s.basic(q); c.trouble != nil {
		return s.refuse(q, c.trouble, 0)
	}
	if t := s.fromNode(q, p); t != nil {
		return s.refuse(q, t, 0)
	}
	if p.kind == "ping" {
		return s.accepted()
	}
	name, known := s.messageOf(p.operation)
	if !known || p.kind != "async" {
		return s.refuse(q, &trouble{set: 158, number: 505, text: "Unable to find a Routing corresponding to the incoming request message."}, 0)
	}
	root, err := readXML(p.content)
	if err != nil {
		return s.refuse(q, refusal(159, 5, "XML parser error ParseXmlString Fatal Error: at file Integration Server message: %v", err), 0)
	}
	if t := s.receive(q, p, name, root); t != nil {
		return s.refuse(q, t, 0)
	}
	return s.accepted()
}

// messageOf is the message behind an operation's alias.
func (s *Server) messageOf(alias string) (name string, known bool) {
	name, known = map[string]string{s.options.Site.Operation: "VOUCHER_BUILD", s.options.Site.VendorOperation: "VENDOR_SYNC"}[alias]
	return name, known
}

// receive takes a message in: refused, or in its queue, from which its handler takes it at once unless the queue is paused.
func (s *Server) receive(q *request, p *parcel, name string, root *element) *trouble {
	if t := s.may(q.user, name); t != nil {
		return t
	}
	if utf8.RuneCountInString(p.external) > maxExternalID {
		return refusal(158, 61, "ExternalMessageID is longer than %d characters.", maxExternalID)
	}
	if p.external != "" && s.received[p.external] || q.shape["duplicate"] != nil {
		return refusal(158, 10201, "Duplicate message: ExternalMessageID %s was already received.", p.external)
	}
	work, t := s.handler(q, p, name, root)
	if t != nil {
		return t
	}
	s.received[p.external] = true
	if s.paused || s.slow() {
		s.queue = append(s.queue, work)
	} else {
		work()
	}
	return nil
}

// soapMessage says whether a request to the service connector is a message in a SOAP body, by its SOAPAction (PEOPLESOFT.md
// §4.3, last bullet).
func (s *Server) soapMessage(q *request) (name, operation string, ok bool) {
	operation = strings.Trim(q.Header.Get("SOAPAction"), `"`)
	name, ok = s.messageOf(operation)
	return name, operation, ok && slices.Contains(s.options.Site.Envelopes, "soap")
}

// soapReceive takes a message whose sender has signed on. Only query parameters are looked at there (PEOPLESOFT.md §4.3).
func (s *Server) soapReceive(q *request, name, operation string, root *element) *answer {
	p := &parcel{form: "soap", operation: operation, kind: "async", external: parameters(q).Get("ExternalMessageID")}
	if t := s.receive(q, p, name, root); t != nil {
		return s.refuse(q, t, 0)
	}
	a := s.accepted()
	return reply(http.StatusOK, "text/xml; charset=UTF-8", envelope(strings.TrimPrefix(string(a.body), xmlHead)))
}

// handler checks a message's structure and gives what its handler will do once the queue gets to it.
func (s *Server) handler(q *request, p *parcel, name string, root *element) (func(), *trouble) {
	broken := q.shape["handler_error"] != nil
	if name == "VENDOR_SYNC" {
		rows, t := s.readMessage(root, name, s.vendor, "A", "C")
		return func() {
			for _, v := range rows {
				s.syncVendor(q, v, broken)
			}
		}, t
	}
	rows, t := s.readMessage(root, name, s.voucher, "A")
	for _, v := range rows {
		s.acceptVoucher(v)
	}
	return func() {
		for _, v := range rows {
			if broken {
				s.handlerErrors = append(s.handlerErrors, voucherKey(v)+": handler error ("+p.external+")")
				continue
			}
			s.stage(v)
		}
	}, t
}

// syncVendor is the handler of VENDOR_SYNC: it runs the vendor page; what the page refuses only PeopleSoft's staff see.
func (s *Server) syncVendor(q *request, v *Row, broken bool) {
	c := s.components["JGR_VNDR_CI"]
	if v.Get("VENDOR_ID") == "" {
		v.set("VENDOR_ID", "NEXT")
	}
	k := c.keyOf(v)
	if broken {
		s.handlerErrors = append(s.handlerErrors, k+": handler error")
		return
	}
	e := &edits{s: s, ci: c.name}
	o := &outcome{}
	if c.table.get(k) != nil {
		o = s.update(q, c, e, v, false)
	} else {
		o = s.create(c, e, v)
	}
	if !o.saved {
		s.handlerErrors = append(s.handlerErrors, k+": "+o.messages[0].text)
	}
}

// unwrap finds the parameters where this site reads them.
func (s *Server) unwrap(q *request) (*parcel, *trouble) {
	p := &parcel{content: q.body}
	values := parameters(q)
	switch {
	case strings.Contains(string(q.body[:min(len(q.body), 400)]), "<IBRequest"):
		root, err := readXML(q.body)
		if err != nil {
			return nil, refusal(159, 5, "XML parser error ParseXmlString Fatal Error: at file Integration Server message: %v", err)
		}
		*p = parcel{form: "ibrequest", operation: root.value("ExternalOperationName"), kind: root.value("OperationType"), from: root.child("From").value("RequestingNode"), password: root.child("From").value("Password"),
			to: root.child("To").value("DestinationNode"), external: or(root.value("ExternalMessageID"), q.Header.Get("ExternalMessageID"))}
		if data := root.descend("Data"); data != nil {
			p.content = []byte(strings.TrimSpace(data.text))
		}
	case values.Get("OperationName") != "" || values.Get("Operation") != "" || values.Get("OperationType") != "":
		*p = parcel{form: "query", operation: or(values.Get("OperationName"), values.Get("Operation")), kind: values.Get("OperationType"), from: values.Get("From"), to: values.Get("To"), external: values.Get("ExternalMessageID"), content: q.body}
	default:
		h := q.Header
		*p = parcel{form: "headers", operation: or(h.Get("OperationName"), h.Get("Operation")), kind: h.Get("OperationType"), from: h.Get("From"), to: h.Get("To"), password: h.Get("Password"), external: h.Get("ExternalMessageID"), content: q.body}
	}
	if !slices.Contains(s.options.Site.Envelopes, p.form) {
		return nil, &trouble{set: 158, number: 505, text: "Unable to find a Routing corresponding to the incoming request message."}
	}
	return p, nil
}

// fromNode checks the sending node and signs its default user on; a password in a query string is not looked at.
func (s *Server) fromNode(q *request, p *parcel) *trouble {
	n, ok := s.options.Nodes[p.from]
	switch {
	case !ok:
		return refusal(158, 55, "Requesting node %s is not defined.", p.from)
	case n.Password != "" && !same(n.Password, p.password):
		return refusal(158, 45, "Node password failed for %s.", p.from)
	case p.to != "" && p.to != s.options.Site.Node:
		return refusal(158, 505, "Integration Service: no send handler matches the inbound request message.")
	case s.users[n.User] == nil:
		return refusal(158, 55, "Default user of node %s is not defined.", p.from)
	}
	q.user = s.users[n.User]
	return nil
}

func (s *Server) accepted() *answer {
	s.numbers["transaction"]++
	n := s.numbers["transaction"]
	return reply(http.StatusOK, "text/xml", xmlHead+fmt.Sprintf(`<IBResponse type="success"><DefaultTitle>Integration Broker Response</DefaultTitle><StatusCode>0</StatusCode><TransactionID>%08x-1f2e-11f1-9c55-%012x</TransactionID></IBResponse>`, 0xa1b2c3d4+n, n))
}

// acceptVoucher numbers a voucher that asks for it and fills what the message left out.
func (s *Server) acceptVoucher(v *Row) {
	if n := v.Get("VOUCHER_ID"); n == "" || n == "NEXT" {
		v.set("VOUCHER_ID", s.next("VOUCHER_ID", 8, func(n string) bool { return s.vouchers.get(key(v.Get("BUSINESS_UNIT"), n)) != nil }))
	}
	s.voucher.blank(v)
	s.effect("voucher.accept", voucherKey(v))
}

// stage is the handler of VOUCHER_BUILD: it inserts into VCHR_HDR_STG. A key that exists is an error that only PeopleSoft's staff see.
func (s *Server) stage(v *Row) {
	k := voucherKey(v)
	if s.staged.get(k) != nil || s.preedit.get(k) != nil || s.vouchers.get(k) != nil {
		s.handlerErrors = append(s.handlerErrors, k+": row exists already in VCHR_HDR_STG")
		return
	}
	v.at = s.now()
	s.staged.put(k, v)
	s.effect("voucher.stage", k)
}

func voucherKey(v *Row) string { return key(v.Get("BUSINESS_UNIT"), v.Get("VOUCHER_ID")) }
