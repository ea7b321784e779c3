package jaggaersim

import (
	"bytes"
	"net/http"
	"regexp"
)

// routed makes a fault of the XML surface from an outcome; the call has no effect. On another surface it answers 500.
func routed(httpStatus int, make func(c call, f *Fault) outcome) faultKind {
	return faultKind{apply: func(s *Server, c call, f *Fault, _ answer) answer {
		k, ok := importKinds[c.entity]
		if !c.xml || !ok {
			return s.refusal(http.StatusInternalServerError, 2, "Internal error")
		}
		return s.render(k, httpStatus, make(c, f))
	}}
}

// routerFaults are rows 32 to 45.
var routerFaults = map[string]faultKind{
	"xml_rejected":         routed(http.StatusOK, objectRefused("Line 1: split amounts (350.00) do not equal the extended price (350.50)")),
	"xml_no_field":         routed(http.StatusOK, objectRefused("No custom field found in the organization's document configuration (External Req #)")),
	"xml_supplier_unknown": routed(http.StatusOK, objectRefused("Supplier 0000012345 does not exist")),
	"xml_user_unknown":     routed(http.StatusOK, objectRefused("User jdoe does not exist or has no permission to order non-catalog items")),
	"xml_parse_error":      routed(http.StatusInternalServerError, unparsable),
	"xml_parse_error_200":  routed(http.StatusOK, unparsable),
	"xml_unauthorized": routed(http.StatusOK, func(call, *Fault) outcome {
		return outcome{code: 401, statusText: "Authentication failed: Identity or SharedSecret is not valid"}
	}),
	"xml_forbidden": routed(http.StatusOK, func(call, *Fault) outcome {
		return outcome{code: 403, statusText: "Authentication failed: address not allowed"}
	}),
	"xml_malformed": routed(http.StatusOK, func(call, *Fault) outcome { return outcome{code: 400, statusText: "Error processing XML"} }),
	"xml_error": routed(http.StatusInternalServerError, func(_ call, f *Fault) outcome { // row 37: neither a parse nor an object error
		return outcome{code: 500, statusText: f.message("Unexpected error")}
	}),
	"xml_counts": routed(http.StatusOK, func(call, *Fault) outcome { // row 41
		return outcome{code: 200, statusText: successText(1, 0)}
	}),
	"xml_accepted": {after: true, apply: func(s *Server, c call, _ *Fault, real answer) answer { // row 39: seen in lists later
		if rows := s.rows[c.entity]; len(rows) > 0 && c.entity == Requisition {
			rows[len(rows)-1].shows = s.now().Add(max(s.options.Pace, 0))
		}
		return s.withoutObjects(c, http.StatusAccepted, outcome{code: 202, statusText: "Accepted"}, real)
	}},
	"xml_no_id": {after: true, apply: func(s *Server, c call, _ *Fault, real answer) answer { // row 40
		return s.withoutObjects(c, http.StatusOK, outcome{code: 200, statusText: successText(1, 1)}, real)
	}},
	"xml_contradiction": {after: true, apply: func(_ *Server, _ call, _ *Fault, real answer) answer { // row 43
		real.body = statusCode.ReplaceAll(real.body, []byte("${1}500${2}"))
		return real
	}},
	"xml_partial": {after: true, apply: func(s *Server, c call, f *Fault, real answer) answer { // stored, one part refused
		if c.entity != Supplier {
			return real
		}
		refused := []part{{"accountsPayableList", "AP1", f.message("Payment method is not allowed")}}
		return s.render(importKinds[Supplier], http.StatusOK, outcome{attempted: 1, completed: 1, objects: []element{supplierErrors(doc{}, refused)}})
	}},
	"xml_warning": {after: true, apply: func(_ *Server, c call, f *Fault, real answer) answer { // only an ErrorMessage of type Error fails
		note := `<Errors><ErrorMessage type="Warning">` + f.message("A default was used") + "</ErrorMessage></Errors></Status>"
		if c.xml {
			real.body = bytes.Replace(real.body, []byte("</Status>"), []byte(note), 1)
		}
		return real
	}},
	"xml_stored_but_error": {after: true, apply: func(s *Server, c call, f *Fault, real answer) answer { // the effect is there, the text denies it
		return s.withoutObjects(c, http.StatusInternalServerError, outcome{code: 500, statusText: f.message("Unexpected error")}, real)
	}},
}

var statusCode = regexp.MustCompile(`(<StatusCode>\s*)\d+(\s*</StatusCode>)`)

// withoutObjects answers an outcome that names nothing of what was done.
func (s *Server) withoutObjects(c call, httpStatus int, o outcome, real answer) answer {
	if k, ok := importKinds[c.entity]; c.xml && ok {
		return s.render(k, httpStatus, o)
	}
	return real
}

// objectRefused is a business refusal in the shape of the message type.
func objectRefused(message string) func(call, *Fault) outcome {
	return func(c call, f *Fault) outcome {
		message := f.message(message)
		if c.entity == Supplier {
			return outcome{code: 406, statusText: "Documents failed", errors: []string{message}, objects: []element{supplierErrors(doc{}, []part{{"", "", message}})}}
		}
		o := outcome{code: 500, statusText: failureText(1, 0)}
		if c.entity == Requisition {
			ref := el("RequisitionRef", "", el("Error", "", errorMessage(message)).with("type", "Error")).with("requisitionName", nameIn(c.body), "requisitionPosition", "1")
			o.objects = []element{el("ObjectErrors", "", ref)}
			return o
		}
		o.errors = []string{message}
		return o
	}
}

func unparsable(call, *Fault) outcome {
	return outcome{
		code: 500, statusText: "Error while parsing the input / " + failureText(1, 0),
		errors: []string{`XML Error : Element type "foo" must be declared. at line 65`},
	}
}

// nameIn is the requisition name of a document that is not looked at further.
func nameIn(body []byte) string {
	_, rest, _ := bytes.Cut(body, []byte("<RequisitionName>"))
	name, _, _ := bytes.Cut(rest, []byte("</RequisitionName>"))
	return string(bytes.TrimSpace(name))
}
