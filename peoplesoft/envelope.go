package peoplesoft

import (
	"bytes"
	"net/http"
	"slices"

	connector "ml-connector"
)

// Envelopes of a message (PEOPLESOFT.md §4.3).
const (
	inHeaders   = "headers"
	inQuery     = "query"
	inIBRequest = "ibrequest"
	inSOAP      = "soap"
)

// guarded says whether PeopleSoft refuses a second message with the same ExternalMessageID. In one XML document, and at the
// service connector, the place of that ID is not proven: there it is guarded where the profile names one.
func (i *Instance) guarded() bool {
	switch i.profile.envelope {
	case inIBRequest:
		return i.profile.externalID == inIBRequest
	case inSOAP:
		return i.profile.externalID == inQuery
	}
	return true
}

// messageRequest puts a payload into one of the envelopes. The node's password is never in an address.
func (i *Instance) messageRequest(op, operation, external string, payload []byte) request {
	to := i.profile.toNode
	if to == "" {
		to = i.config.node
	}
	type parameter struct{ name, value string }
	parameters := []parameter{
		{"OperationName", operation}, {"OperationType", "async"}, {"From", i.config.fromNode}, {"To", to}, {externalMessageID, external},
	}
	parameters = slices.DeleteFunc(parameters, func(p parameter) bool { return p.value == "" }) // a gateway of one database needs no node
	r := request{op: op, method: http.MethodPost, path: i.path(i.profile.messageURL, "", ""), write: true, door: doorMessage, header: map[string]string{"Content-Type": "text/xml; charset=UTF-8"}}
	const head = `<?xml version="1.0"?>` + "\n"
	switch i.profile.envelope {
	case inSOAP:
		i.soapMessageRequest(&r, operation, external, payload)
		return r
	case inQuery:
		for n, p := range parameters {
			r.path += string("?&"[min(n, 1)]) + p.name + "=" + escape(p.value)
		}
	case inIBRequest:
		r.body = i.brokerRequest(operation, to, external, append([]byte(head), payload...))
		if i.profile.externalID == inIBRequest {
			r.header[externalMessageID] = external
		}
		var escaped bytes.Buffer
		escapeXML(&escaped, i.secrets["node_password"])
		r.secret = []string{escaped.String()}
		return r
	default:
		for _, p := range parameters {
			r.header[p.name] = p.value
		}
		if pw := i.secrets["node_password"]; pw != "" {
			r.header["Password"] = pw
		}
	}
	r.body = append([]byte(head), payload...)
	return r
}

// soapMessageRequest puts the message's root into a SOAP body, at the service connector.
func (i *Instance) soapMessageRequest(r *request, operation, external string, payload []byte) {
	i.soapBody(r, "", func(b *bytes.Buffer) { b.Write(payload) })
	r.path = i.path(i.profile.soapURL, "", operation)
	if i.profile.externalID == inQuery {
		r.path += "?" + externalMessageID + "=" + escape(external)
	}
	r.header["SOAPAction"] = i.path(i.profile.soapMessageAction, "", operation)
}

// brokerRequest is form 2, everything in one document.
func (i *Instance) brokerRequest(operation, to, external string, payload []byte) []byte {
	var b bytes.Buffer
	leaf := func(name, value string) node { return node{name: name, text: value} }
	head := []node{leaf("ExternalOperationName", operation), leaf("OperationType", "async")}
	if i.profile.externalID == inIBRequest {
		head = append(head, leaf(externalMessageID, external))
	}
	from := []node{leaf("RequestingNode", i.config.fromNode)}
	if pw := i.secrets["node_password"]; pw != "" {
		from = append(from, leaf("Password", pw))
	}
	from = append(from, leaf("OrigUser", ""), leaf("OrigNode", ""), leaf("OrigProcess", ""), leaf("OrigTimeStamp", ""))
	head = append(head, node{name: "From", group: true, kids: from},
		node{name: "To", group: true, kids: []node{leaf("FinalDestination", ""), leaf("DestinationNode", to), leaf("SubChannel", "")}})
	b.WriteString(`<?xml version="1.0"?>` + "\n<IBRequest>")
	writeXML(&b, head, "")
	b.WriteString("<ContentSections><ContentSection><NonRepudiation/><MessageVersion/><Data><![CDATA[")
	b.Write(bytes.ReplaceAll(payload, []byte("]]>"), []byte("]]]]><![CDATA[>")))
	b.WriteString("]]></Data></ContentSection></ContentSections></IBRequest>")
	return b.Bytes()
}

// transport is how a Kind is written here.
func (i *Instance) transport(k connector.Kind) string {
	switch k {
	case connector.Supplier:
		return i.profile.vendorTransport
	case connector.PurchaseOrder:
		return i.profile.poTransport
	}
	return i.profile.voucher.transport
}

// class says what a repeated write of a Kind does: a message is refused by its ExternalMessageID where that is guarded, and
// else makes a second one; whatever is saved at once is found by the number that we chose (PO_REF, AR_NUM, VOUCHER_ID).
func (i *Instance) class(k connector.Kind) connector.Class {
	if i.transport(k) != messageTransport {
		return connector.ClassNatural
	}
	if i.guarded() {
		return connector.ClassRefused
	}
	return connector.ClassDuplicate
}
