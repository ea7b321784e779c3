package peoplesoftsim

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// callName finds verb and Component Interface of a SOAP body without parsing it, so that faults match broken requests too.
func callName(body []byte) (verb, ci string, ok bool) {
	m := callPattern.FindSubmatch(body)
	if m == nil {
		return "", "", false
	}
	return string(m[1]), string(m[2]), true
}

var callPattern = regexp.MustCompile(`<(?:\w+:)?([A-Za-z]+)__CompIntfc__(\w+)[\s>/]`)

const schemaBase = "http://xmlns.oracle.com/Enterprise/Tools/schemas/"

// service is /PSIGW/PeopleSoftServiceListeningConnector: SOAP calls by POST, WSDL and schemas by GET (PEOPLESOFT.md §1.1).
func (s *Server) service(q *request) *answer {
	if q.Method == http.MethodGet {
		return s.describe(q)
	}
	parts := strings.Split(strings.Trim(strings.TrimPrefix(q.path, pathService), "/"), "/")
	if node := parts[0]; node != "" && node != s.options.Site.Node && !strings.HasSuffix(node, ".wsdl") {
		return s.refuse(q, refusal(158, 505, "Integration Service: no send handler matches the inbound request message."), 0)
	}
	root, err := readXML(q.body)
	if err != nil {
		return s.refuse(q, refusal(159, 5, "XML parser error ParseXmlString Fatal Error: at file Integration Server message: %v", err), 0)
	}
	body := root.child("Body")
	if root.name != "Envelope" || body == nil || len(body.below) != 1 {
		return s.refuse(q, refusal(159, 6, "The request is not a SOAP envelope with one element in its body."), 0)
	}
	if t := s.soapSignOn(q, root); t != nil {
		return s.refuse(q, t, 0)
	}
	if name, operation, ok := s.soapMessage(q); ok {
		return s.soapReceive(q, name, operation, body.below[0])
	}
	verb, c, t := s.resolve(q, body.below[0])
	if t != nil {
		return s.refuse(q, t, 0)
	}
	if t := s.may(q.user, permission(c, verb)); t != nil {
		return s.refuse(q, t, 0)
	}
	o, t := s.call(q, c, verb, body.below[0])
	if t != nil {
		return s.refuse(q, t, 0)
	}
	return s.soapAnswer(q, c, verb, o)
}

// soapSignOn takes a UsernameToken, Basic or PS_TOKEN, as the site asks; each that is there must be right (PEOPLESOFT.md §2).
func (s *Server) soapSignOn(q *request, envelope *element) *trouble {
	token := envelope.child("Header").child("Security").child("UsernameToken")
	wsse := credential{}
	if token != nil {
		u, t := s.check(token.value("Username"), token.value("Password"))
		if c := token.child("Password"); t == nil && c != nil && c.attributes["Type"] != "" && !strings.HasSuffix(c.attributes["Type"], "#PasswordText") {
			t = refusal(158, 45, "Only clear text passwords are accepted.")
		}
		wsse = credential{user: u, trouble: t, present: true}
	}
	basic := s.basic(q)
	switch s.options.Site.SignOn {
	case "wsse":
		return s.signOn(q, wsse)
	case "basic":
		return s.signOn(q, basic)
	}
	return s.signOn(q, wsse, s.psToken(q), basic)
}

// resolve finds the method by the body element and the routing by SOAPAction and namespace; either unknown means no routing.
func (s *Server) resolve(q *request, call *element) (string, *component, *trouble) {
	site := s.options.Site
	theirVerb, ci, ok := strings.Cut(call.name, "__CompIntfc__")
	verb := strings.ToLower(theirVerb)
	c := s.components[ours(site.CIs, ci)]
	if !ok || c == nil || theirs(site.CIs, c.name) != ci || !isVerb(verb) || theirVerb != cased(verb, site.VerbCase) {
		return "", nil, &trouble{set: 158, number: 505, text: "Unable to find a Routing corresponding to the incoming request message."}
	}
	want := strings.ReplaceAll(or(site.Actions[verb], "CI_{ci}_"+strings.TrimPrefix(permission(c, verb), "CI_"+c.name+"_")+".V1"), "{ci}", ci)
	if action := strings.Trim(q.Header.Get("SOAPAction"), `"`); action != want {
		return "", nil, &trouble{set: 158, number: 505, text: "Unable to find a Routing corresponding to the incoming request message."}
	}
	if m := site.Messages[c.name+"."+verb]; m != "" && call.space != schemaBase+m+".V1" || m == "" && call.space != "" && !strings.HasPrefix(call.space, schemaBase) {
		return "", nil, refusal(159, 24, "Schema validation failed: namespace %s.", call.space)
	}
	return verb, c, nil
}

func cased(verb, style string) string {
	switch style {
	case "upper":
		return strings.ToUpper(verb)
	case "lower":
		return verb
	}
	return strings.ToUpper(verb[:1]) + verb[1:]
}

// soapAnswer writes an outcome as PEOPLESOFT.md §4.1 has it: keys under an element named after the CI, then messages.
func (s *Server) soapAnswer(q *request, c *component, verb string, o *outcome) *answer {
	if f := q.shape["ci_error"]; f != nil && f.Status == http.StatusInternalServerError {
		m := o.messages[0]
		return soapFault(&trouble{set: m.set, number: m.number, text: f.Text}, 0)
	}
	ci := theirs(s.options.Site.CIs, c.name)
	name := cased(verb, s.options.Site.VerbCase) + "__CompIntfc__" + ci
	if q.shape["spreadsheet"] != nil && !o.saved {
		return reply(http.StatusOK, "text/xml; charset=UTF-8", envelope(spreadsheetErrors(c, ci, o)))
	}
	if q.shape["warning"] != nil && o.saved {
		o.messages = append(o.messages, message{kind: "Warning", set: 10200, number: 99, text: "Warning -- due date is before today. (10200,99)"})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<m:%sResponse xmlns:m=%q>", name, schemaBase+or(s.options.Site.Messages[c.name+"."+verb], name+"Response")+".V1")
	if q.shape["key_only"] == nil || verb != "create" {
		fmt.Fprintf(&b, "<m:notification>%s</m:notification>", map[bool]string{true: "1", false: "0"}[o.saved])
	}
	b.WriteString("<m:detail>")
	if o.whole != nil {
		s.writeWhole(&b, c.root, o.whole, ci)
	}
	for _, k := range o.keys {
		fmt.Fprintf(&b, "<m:%s>", ci)
		for _, f := range c.root.keys {
			s.writeProperty(&b, s.options.Site.Prefixes.Key+f, k.Get(f))
		}
		fmt.Fprintf(&b, "</m:%s>", ci)
	}
	for _, m := range o.messages {
		fmt.Fprintf(&b, "<m:messages><m:type>%s</m:type><m:messagesetnumber>%d</m:messagesetnumber><m:messagenumber>%d</m:messagenumber><m:messagetext>%s</m:messagetext><m:explaintext>%s</m:explaintext></m:messages>",
			m.kind, m.set, m.number, escape(m.text), escape(m.explain))
	}
	fmt.Fprintf(&b, "</m:detail></m:%sResponse>", name)
	return reply(http.StatusOK, "text/xml; charset=UTF-8", envelope(b.String()))
}

func envelope(body string) string {
	return `<?xml version="1.0"?>` + "\n" + `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>` + body + `</soapenv:Body></soapenv:Envelope>`
}

func (s *Server) writeProperty(b *strings.Builder, name, value string) {
	fmt.Fprintf(b, "<m:%s>%s</m:%s>", name, escape(value), name)
}

// writeWhole writes a row with all rows below it, properties before collections.
func (s *Server) writeWhole(b *strings.Builder, r *record, row *Row, name string) {
	p := s.options.Site.Prefixes
	fmt.Fprintf(b, "<m:%s>", name)
	for _, f := range r.fields {
		prefix := p.Property
		if r.isKey(f.name) {
			prefix = p.Key
		}
		s.writeProperty(b, prefix+f.name, s.written(f.kind, row.Get(f.name)))
	}
	for _, below := range r.below {
		for _, x := range row.Below[below.name] {
			s.writeWhole(b, below, x, p.Collection+below.name)
		}
	}
	fmt.Fprintf(b, "</m:%s>", name)
}

// spreadsheetErrors is the older shape of a rejection (PEOPLESOFT.md §4.1).
func spreadsheetErrors(c *component, ci string, o *outcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<%s><Error-Warning>", ci)
	for _, m := range o.messages {
		fmt.Fprintf(&b, "<Message><Type>%s</Type><MessageSetNumber>%d</MessageSetNumber><MessageNumber>%d</MessageNumber><MessageText>%s</MessageText><ExplainText>%s</ExplainText></Message>", m.kind, m.set, m.number, escape(m.text), escape(m.explain))
	}
	b.WriteString("</Error-Warning><Key_information>")
	for _, k := range o.keys {
		for _, f := range c.root.keys {
			fmt.Fprintf(&b, "<%s>%s</%s>", f, escape(k.Get(f)), f)
		}
	}
	fmt.Fprintf(&b, "</Key_information></%s>", ci)
	return b.String()
}

// soapFault is PEOPLESOFT.md §5.1; its faultstring is literally null.
func soapFault(t *trouble, status int) *answer {
	if status == 0 {
		status = http.StatusInternalServerError
	}
	return reply(status, "text/xml; charset=UTF-8", `<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>SOAP-ENV:Server</faultcode><faultstring>null</faultstring><detail>`+
		ibElement(t, ` xmlns=""`)+`</detail></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>`)
}

func ibElement(t *trouble, attributes string) string {
	var b strings.Builder
	status := 20
	if t.number == 10721 || t.number == 10700 {
		status = 10
	}
	fmt.Fprintf(&b, `<IBResponse%s type="error"><DefaultTitle>Integration Broker Response</DefaultTitle><StatusCode>%d</StatusCode><MessageID>%d</MessageID><DefaultMessage><![CDATA[%s]]></DefaultMessage>`,
		attributes, status, t.number, strings.ReplaceAll(t.String(), "]]>", "]] >"))
	if len(t.parameters) > 0 {
		b.WriteString("<MessageParameters>")
		for _, p := range t.parameters {
			fmt.Fprintf(&b, "<Parameter><![CDATA[%s]]></Parameter>", strings.ReplaceAll(p, "]]>", "]] >"))
		}
		b.WriteString("</MessageParameters>")
	}
	b.WriteString("</IBResponse>")
	return b.String()
}

// ibResponse is PEOPLESOFT.md §5.2: an error with HTTP status 200 unless a fault says otherwise.
func ibResponse(t *trouble, status int) *answer {
	if status == 0 {
		status = http.StatusOK
	}
	return reply(status, "text/xml", xmlHead+ibElement(t, ""))
}

// describe serves WSDL of the CI services and a schema stub of their operations; neither needs credentials.
func (s *Server) describe(q *request) *answer {
	p := parameters(q)
	if p.Get("Operation") == "GetSchema" {
		return reply(http.StatusOK, "text/xml", xmlHead+fmt.Sprintf(`<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace=%s/>`, strconv.Quote(schemaBase+escape(p.Get("xsd")))))
	}
	parts := strings.Split(strings.Trim(strings.TrimPrefix(q.path, pathService), "/"), "/")
	service, _, ok := strings.Cut(parts[len(parts)-1], ".1.wsdl")
	c := s.components[ours(s.options.Site.CIs, strings.TrimPrefix(service, "CI_"))]
	if !ok || c == nil || len(parts) > 1 && parts[0] != s.options.Site.Node {
		return s.refuse(q, refusal(158, 505, "WSDL document %s was not found.", parts[len(parts)-1]), 0)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `%s<wsdl:definitions name=%q targetNamespace="%s%s.1" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"><wsdl:portType name="%s_PortType">`, xmlHead, service, schemaBase, service, service)
	for _, v := range verbs {
		fmt.Fprintf(&b, `<wsdl:operation name="%s"/>`, strings.Replace(permission(c, v), c.name, theirs(s.options.Site.CIs, c.name), 1))
	}
	fmt.Fprintf(&b, `</wsdl:portType><wsdl:service name=%q/></wsdl:definitions>`, service)
	return reply(http.StatusOK, "text/xml", b.String())
}
