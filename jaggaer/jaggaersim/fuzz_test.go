package jaggaersim

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// FuzzRouter sends anything to every import: there is always an answer.
func FuzzRouter(f *testing.F) {
	f.Add(requisitionXML())
	f.Add(supplierXML(wholeSupplier))
	f.Add(strings.Replace(requisitionXML(), "35.05", "1E999999", 1))
	f.Add(strings.Replace(requisitionXML(), ">10<", ">"+strings.Repeat("9", 60)+"<", 1))
	f.Add(`<CustomFieldValueMessage version="1.0">` + messageHeader + `<CustomFieldValueRequest><CustomField internalName="Account"><CustomFieldValue><Value>1</Value></CustomFieldValue></CustomField></CustomFieldValueRequest></CustomFieldValueMessage>`)
	f.Add("<a><b></a></b>")
	f.Add("<?xml version=\"1.0\" encoding=\"latin1\"?><a/>")
	f.Fuzz(func(t *testing.T, body string) {
		s := New(nil, Options{Now: func() time.Time { return noon }})
		s.AddUser("jdoe")
		for name := range s.profile.Imports {
			r := httptest.NewRequest("POST", "http://jaggaer.test/apps/Router/"+name, strings.NewReader(body))
			r.Header.Set("Content-Type", "text/xml")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if _, err := parseXML(w.Body.Bytes()); err != nil {
				t.Errorf("%s answers what is no XML: %v", name, err)
			}
		}
	})
}

// FuzzWrites sends anything to every REST write: there is always a JSON answer.
func FuzzWrites(f *testing.F) {
	f.Add(string(encode(requisitionJSON())))
	f.Add(`{"header":{"name":"N","erpNumber":7,"businessUnitVendorNumberList":3},"addressList":{"address":[1,{"type":2}]}}`)
	f.Add(`{"customFieldValueList":{"customFieldValue":[{"fieldInternalName":"Account","value":1e400}]}}`)
	f.Add(`{"payment":{"voucherNumber":1}}`)
	f.Add(`{"company":{"operationCode":"CREATE","companyInfo":{"companyName":"N"}}}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, body string) {
		s := New(nil, Options{Now: func() time.Time { return noon }})
		s.AddUser("jdoe")
		if _, err := s.Add(Invoice, doc{"header": doc{"workflowStatus": "Completed"}}); err != nil {
			t.Fatal(err)
		}
		token := s.issue("", time.Hour)
		for _, call := range []string{"POST suppliers", "POST requisitions", "POST customfieldvalues", "PUT invoices/2700101/payment"} {
			method, path, _ := strings.Cut(call, " ")
			r := httptest.NewRequest(method, "http://jaggaer.test"+api+path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			var out doc
			if err := decode(w.Body.Bytes(), &out); err != nil {
				t.Errorf("%s answers what is no JSON: %v", call, err)
			}
		}
		for _, path := range []string{"suppliers", "requisitions", "customfieldvalues", "invoices/2700101"} {
			r := httptest.NewRequest("GET", "http://jaggaer.test"+api+path, nil)
			r.Header.Set("Authorization", "Bearer "+token)
			s.ServeHTTP(httptest.NewRecorder(), r)
		}
	})
}
