package jaggaersim

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// readJSON decodes the body of a REST write, or says why not (JAGGAER.md §5.1).
func (s *Server) readJSON(c call) (doc, *answer) {
	refuse := func(status int, message string) (doc, *answer) {
		a := s.refusal(status, 2, message)
		return nil, &a
	}
	if kind, _, err := mime.ParseMediaType(c.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "Content type not supported")
	}
	var in doc
	err := decode(c.body, &in)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return refuse(http.StatusBadRequest, fmt.Sprintf("Malformed JSON at position %d", syntax.Offset))
	case err != nil || in == nil:
		return refuse(http.StatusBadRequest, fmt.Sprintf("Malformed JSON at position %d", len(c.body)))
	}
	return in, nil
}

// unknownMember answers when the switch has the server refuse what it does not know.
func (s *Server) unknownMember(in doc, known string) *answer {
	if !s.switches.StrictMembers {
		return nil
	}
	for name := range in {
		if !slices.Contains(strings.Fields(known), name) {
			a := s.refusal(http.StatusOK, 2, "Unknown member "+name)
			return &a
		}
	}
	return nil
}

// written is the answer to a write that was done.
func (s *Server) written(keys doc) answer {
	if s.switches.NoWriteIDs {
		keys = doc{}
	}
	keys["returnCode"], keys["returnMessage"] = s.code(0), "OK"
	return jsonAnswer(http.StatusOK, keys)
}

// writeSupplier is POST suppliers: create or update by erpNumber, else by sqIntegrationNumber.
func (s *Server) writeSupplier(c call) answer {
	in, refused := s.readJSON(c)
	if refused != nil {
		return *refused
	}
	if a := s.unknownMember(in, "header addressList contactList locationList accountsPayableList taxInformationList customElementList"); a != nil {
		return *a
	}
	h := header(in)
	if h == nil {
		return s.refusal(http.StatusOK, 2, "124(header)")
	}
	if text(h, "name") == "" && s.matchSupplier(h) == nil {
		return s.refusal(http.StatusOK, 2, "124(name)")
	}
	r, operation, parts := s.upsertSupplier(in)
	if len(parts) > 0 {
		return s.refusal(http.StatusOK, 2, parts[0].text)
	}
	return s.written(doc{"supplierId": r.head()["supplierId"], "erpNumber": r.text("erpNumber"), "operation": operation})
}

// writeRequisition is POST requisitions: always a new one.
func (s *Server) writeRequisition(c call) answer {
	in, refused := s.readJSON(c)
	if refused != nil {
		return *refused
	}
	if a := s.unknownMember(in, "header lineList"); a != nil {
		return *a
	}
	h := header(in)
	var missing []string
	for _, name := range []string{"requisitionName", "requestor.username", "total.currency"} {
		if text(h, name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return s.refusal(http.StatusOK, 2, "124("+strings.Join(missing, ",")+")")
	}
	if problems := s.requisitionProblems(in); len(problems) > 0 {
		return s.refusal(http.StatusOK, 2, problems[0])
	}
	for _, set := range items(in, "header.customFieldValueSetList.customFieldValueSet") {
		if text(set, "label") == "" {
			set["label"] = text(set, "name")
		}
	}
	r := s.storeRequisition(in)
	return s.written(doc{"requisitionId": r.head()["requisitionId"], "requisitionNumber": r.text("requisitionNumber"), "status": "Pending"})
}

const maxValues = 200 // records of one custom field value batch (cfv_batch)

// writeValues is POST customfieldvalues: a batch with a result for each record.
func (s *Server) writeValues(c call) answer {
	in, refused := s.readJSON(c)
	if refused != nil {
		return *refused
	}
	batch := items(in, "customFieldValueList.customFieldValue")
	switch {
	case len(batch) == 0:
		return s.refusal(http.StatusOK, 2, "124(customFieldValue)")
	case len(batch) > maxValues:
		return s.refusal(http.StatusRequestEntityTooLarge, 2, fmt.Sprintf("At most %d records in one call", maxValues))
	}
	results, failed := make([]any, 0, len(batch)), 0
	for i, v := range batch {
		r, message := s.upsertValue(v)
		one := doc{"index": i, "value": text(v, "value"), "returnCode": s.code(0), "returnMessage": "OK"}
		if message != "" {
			failed++
			one["returnCode"], one["returnMessage"] = s.code(2), message
		} else if !s.switches.NoWriteIDs {
			one["customFieldValueId"] = r.head()["customFieldValueId"]
		}
		results = append(results, one)
	}
	out := doc{"returnCode": s.code(0), "returnMessage": "OK", "resultList": doc{"result": results}}
	if failed > 0 {
		out["returnCode"], out["returnMessage"] = s.code(1), fmt.Sprintf("%d of %d records failed", failed, len(batch))
	}
	return jsonAnswer(http.StatusOK, out)
}

// writePayment is PUT invoices/{id}/payment (JAGGAER.md §5.1).
func (s *Server) writePayment(c call) answer {
	in, refused := s.readJSON(c)
	if refused != nil {
		return *refused
	}
	payment, _ := in["payment"].(doc)
	if payment == nil {
		return s.refusal(http.StatusOK, 2, "124(payment)")
	}
	id, err := strconv.ParseInt(c.id, 10, 64)
	r := s.byID(Invoice, id)
	if err != nil || r == nil {
		return s.refusal(http.StatusNotFound, 2, "Invoice "+c.id+" not found")
	}
	if message := s.pay(r, payment); message != "" {
		return s.refusal(http.StatusOK, 2, message)
	}
	return s.written(doc{"invoiceId": r.head()["invoiceId"], "paymentStatus": r.text("paymentStatus")})
}

// pay stores a payment or voucher on an invoice. The same content again does nothing.
func (s *Server) pay(r *row, payment doc) (refusal string) {
	h := r.head()
	if old, ok := s.payments[r.id]; ok && reflect.DeepEqual(old, payment) {
		return ""
	}
	if text(h, "workflowStatus") != "Completed" {
		return "Invoice is not in a payable state"
	}
	if text(h, "paymentStatus") == "Paid" {
		return "Invoice is already paid"
	}
	s.payments[r.id] = clone(payment)
	if status := text(payment, "paymentStatus"); status != "" {
		h["paymentStatus"] = status
	}
	if voucher := text(payment, "voucherNumber"); voucher != "" {
		setCustomField(h, "Voucher Number", voucher)
	}
	if method := text(payment, "paymentMethod"); method != "" {
		h["payment"] = doc{"method": method, "paidByExternalPaymentProcessor": "true"}
	}
	s.touch(r, s.now())
	s.effect("payment.write", text(h, "invoiceId"))
	return ""
}
