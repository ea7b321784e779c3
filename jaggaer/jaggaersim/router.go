package jaggaersim

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
)

// importKind is one message type of the XML surface.
type importKind struct {
	root, response string // root element; element around Status in the answer
	dtd            string // system id behind dtdBase; "" = the message has no DOCTYPE
	operation      string
	grammar        func() grammar
	take           func(s *Server, root *node) outcome
}

// outcome is what an import did with the objects of one document.
type outcome struct {
	attempted, completed int
	code                 int // 0 = 200, or 500 when an object failed
	statusText           string
	errors               []string  // Status/Errors
	objects              []element // ObjectErrors or SupplierErrors, as they stand in the answer
}

const dtdBase = "https://usertest-messages.sciquest.com/app_docs/dtd/"

var importKinds = map[string]importKind{
	Requisition: {
		root: "PurchaseRequisitionMessage", response: "ResponseMessage", dtd: "requisition/PRImport.dtd",
		operation: "requisition.create", grammar: requisitionGrammar, take: (*Server).importRequisitions,
	},
	Supplier: {
		root: "SupplierSyncMessage", response: "SupplierResponseMessage", dtd: "supplier/TSMSupplier.dtd",
		operation: "supplier.write", grammar: supplierGrammar, take: (*Server).importSuppliers,
	},
	PurchaseOrder: {
		root: "PurchaseOrderMessage", response: "ResponseMessage", dtd: "po/PO.dtd",
		operation: "po.import", grammar: orderGrammar, take: (*Server).importOrders,
	},
	CustomFieldValue: {
		root: "CustomFieldValueMessage", response: "ResponseMessage",
		operation: "cfv.write", grammar: valueGrammar, take: (*Server).importValues,
	},
	"payment": {
		root: "InvoicePaymentMessage", response: "ResponseMessage",
		operation: "payment.write", grammar: paymentGrammar, take: (*Server).importPayment,
	},
}

func (s *Server) routeImport(c call, name string) call {
	c.entity, c.xml = s.profile.Imports[name], true
	k := importKinds[c.entity]
	c.operation = k.operation
	c.handle = func(c call) answer { return s.importDocument(c, k) }
	if c.Method != http.MethodPost {
		c.operation = "router.probe"
		c.handle = func(call) answer {
			a := htmlAnswer(http.StatusMethodNotAllowed, "405 Method Not Allowed")
			a.header["Allow"] = http.MethodPost
			return a
		}
	}
	return c
}

// importDocument judges in the router's order: transport, well-formedness, root against path, DTD, Header, then the objects.
func (s *Server) importDocument(c call, k importKind) answer {
	kind, _, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || kind != "text/xml" && kind != "application/xml" && kind != "text/plain" {
		return htmlAnswer(http.StatusUnsupportedMediaType, "415 Unsupported Media Type")
	}
	if c.ContentLength < 0 && !s.switches.AllowChunked {
		return htmlAnswer(http.StatusLengthRequired, "411 Length Required")
	}
	parsed, err := parseXML(c.body)
	if err != nil {
		return s.status(k, http.StatusBadRequest, outcome{code: 400, statusText: "Error processing XML", errors: []string{err.Error()}})
	}
	if parsed.root.name != k.root {
		return s.status(k, http.StatusBadRequest, outcome{code: 400, statusText: "Error processing XML", errors: []string{"Root element " + parsed.root.name + " does not belong to this address"}})
	}
	if problems := k.validate(parsed); len(problems) > 0 {
		return s.parseError(k, problems)
	}
	if refusal := s.refuseHeader(c.entity, parsed.root.child("Header")); refusal != "" {
		return s.status(k, http.StatusUnauthorized, outcome{code: 401, statusText: "Authentication failed", errors: []string{refusal}})
	}
	o := k.take(s, parsed.root)
	return s.status(k, max(o.code, http.StatusOK), o)
}

func (k importKind) validate(d document) []string {
	if k.dtd != "" && d.doctype == "" {
		return []string{fmt.Sprintf("XML Error : Document is invalid: no grammar found. at line %d", d.root.line)}
	}
	if k.dtd != "" && d.doctype != k.root {
		return []string{fmt.Sprintf("XML Error : Document root element %q, must match DOCTYPE root %q. at line %d", k.root, d.doctype, d.root.line)}
	}
	return k.grammar().check(d.root)
}

// refuseHeader checks identity and secret.
func (s *Server) refuseHeader(entity string, h *node) string {
	secret := s.options.SharedSecret
	if own, ok := s.options.SharedSecrets[entity]; ok {
		secret = own
	}
	auth := h.child("Authentication")
	if auth.get("Identity") != s.options.Identity || auth.get("SharedSecret") != secret {
		return "Authentication failed: Identity or SharedSecret is not valid"
	}
	return ""
}

// parseError is the answer to a document that its DTD refuses (JAGGAER.md §5.4): HTTP 500 or, by switch, 200.
func (s *Server) parseError(k importKind, problems []string) answer {
	status := s.switches.ParseErrorStatus
	if status == 0 {
		status = http.StatusInternalServerError
	}
	return s.render(k, status, outcome{
		code: 500, errors: problems,
		statusText: "Error while parsing the input / All documents failed. (Counts:  Total documents attempted=1, Total documents completed=0.  " +
			"Documents attempted but unable to parse=1 - if there were any documents beyond the point of this parsing error, they were not able " +
			"to be read and are not included in these counts.)",
	})
}

// status answers with HTTP 200 whatever the body says, or with httpStatus when the switch has the two agree.
func (s *Server) status(k importKind, httpStatus int, o outcome) answer {
	if !s.switches.MirrorStatus && httpStatus != http.StatusAccepted {
		httpStatus = http.StatusOK
	}
	return s.render(k, httpStatus, o)
}

// render writes the answer message: same root, JAGGAER's own MessageId, padded texts.
func (s *Server) render(k importKind, httpStatus int, o outcome) answer {
	if o.code == 0 {
		o.code = 200
	}
	if o.statusText == "" {
		o.statusText = successText(o.attempted, o.completed)
	}
	status := el("Status", "", el("StatusCode", fmt.Sprint(o.code)), el("StatusText", o.statusText))
	if len(o.errors) > 0 {
		list := el("Errors", "")
		for _, text := range o.errors {
			list.children = append(list.children, errorMessage(text))
		}
		status.children = append(status.children, list)
	}
	root := el(k.root, "",
		el("Header", "", el("MessageId", s.uuid()), el("Timestamp", s.now().Format("2006-01-02T15:04:05.000-07:00"))),
		el(k.response, "", append([]element{status}, o.objects...)...),
	).with("version", "1.0")

	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	if k.dtd != "" {
		b.WriteString("<!DOCTYPE " + k.root + " SYSTEM \"" + dtdBase + k.dtd + "\">\n")
	}
	root.write(&b, 0)
	return answer{status: httpStatus, header: map[string]string{"Content-Type": "text/xml;charset=UTF-8"}, body: b.Bytes()}
}

func errorMessage(text string) element { return el("ErrorMessage", text).with("type", "Error") }

func successText(attempted, completed int) string {
	return fmt.Sprintf("Success (Counts:  Total documents attempted=%d, Total documents completed=%d.  Documents successful without warnings=%d)", attempted, completed, completed)
}

func failureText(attempted, completed int) string {
	word := "All"
	if completed > 0 {
		word = "Some"
	}
	return fmt.Sprintf("%s documents failed. (Counts:  Total documents attempted=%d, Total documents completed=%d.)", word, attempted, completed)
}

// instantOr reads an XML timestamp, else the fallback.
func instantOr(text string, fallback time.Time) time.Time {
	if t, ok := instant(strings.TrimSpace(text)); ok {
		return t
	}
	return fallback
}
