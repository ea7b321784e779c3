package peoplesoft

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"testing"
	"unicode/utf8"

	connector "ml-connector"
)

// FuzzOwnService: an answer of a service that the site built counts as saved only where the profile's pointers say so.
func FuzzOwnService(f *testing.F) {
	seeds(f)
	for _, s := range []string{`{"Response":{"Status":"OK","VOUCHER_ID":"J1"}}`, `{"Response":{"Status":"ERROR","Message":["a (15,11)","b"]}}`, `{"Response":{"Status":true}}`, `{"Response":[{"Status":"1"}]}`,
		`{"Response":{"Status":{"OK":"OK"}}}`, `{"VOUCHER_ID":"J1"}`, `<Response><Status>OK</Status></Response>`, `{"Response":{"Status":"OK"},"Response":{"Status":"ERROR"}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		i := &Instance{}
		d := connector.Document{"BUSINESS_UNIT": "US001", "VOUCHER_ID": "J1"}
		bySuccess := component{"voucher", "", customTransport, connector.Schema{}, [2]string{"BUSINESS_UNIT", "VOUCHER_ID"}, connector.Invoice, replyShape{success: "/Response/Status", messages: "/Response/Message"}}
		byKey := bySuccess
		byKey.reply = replyShape{keys: map[string]string{"VOUCHER_ID": "/Response/VOUCHER_ID"}}
		for _, status := range []int{200, 500} {
			a := readAnswer(&connector.Response{Status: status, Body: body}, "")
			r, err := i.saved("create", bySuccess, verbCreate, d, a)
			if err == nil && (status != 200 || successAt(a.tree.at("/Response/Status")) != "1") || err != nil && (r.ID != "" || connector.CodeOf(err) == connector.Internal) {
				t.Fatalf("status %d: %+v, %v", status, r, err)
			}
			a = readAnswer(&connector.Response{Status: status, Body: body}, "")
			if r, err = i.saved("create", byKey, verbCreate, d, a); err == nil && (status != 200 || a.tree.at("/Response/VOUCHER_ID").value() == "") {
				t.Fatalf("by its key, status %d: %+v", status, r)
			}
		}
	})
}

// FuzzMessageAnswer: a message counts as accepted, or as received before, only when the broker says so.
func FuzzMessageAnswer(f *testing.F) {
	seeds(f)
	f.Add([]byte(soapAccepted))
	f.Fuzz(func(t *testing.T, body []byte) {
		i := open(&testing.T{}, always(200, "text/xml", string(body)))
		life, repeated, err := i.hand(t.Context(), request{op: "try", write: true, door: doorMessage})
		switch {
		case err != nil && (life != nil || repeated), err == nil && (life == nil) != repeated:
			t.Fatalf("%+v, repeated %v, %v", life, repeated, err)
		case life != nil && !bytes.Contains(bytes.ToLower(body), []byte("ibresponse")):
			t.Fatalf("%q was taken for accepted", body)
		}
	})
}

// FuzzSupplierNow: whatever a Component Interface shows of a supplier, what is sent for a change is well-formed, in XML and in
// JSON, and has the keys of what it changes.
func FuzzSupplierNow(f *testing.F) {
	for _, s := range []string{
		`<E><Body><R><detail><JGR_VNDR_CI><SETID>SHARE</SETID><VENDOR_ID>1</VENDOR_ID><NAME1>x</NAME1><VNDR_ADDR_SCROL><ADDRESS_SEQ_NUM>1</ADDRESS_SEQ_NUM><VENDOR_ADDR><EFFDT>2020-01-01</EFFDT><CITY>A &amp; B</CITY><PHONE><SEQ>1</SEQ></PHONE></VENDOR_ADDR></VNDR_ADDR_SCROL></JGR_VNDR_CI></detail></R></Body></E>`,
		`{"SETID":"SHARE","VENDOR_ID":"1","NAME1":"x","VNDR_ADDR_SCROL":[{"ADDRESS_SEQ_NUM":1,"VENDOR_ADDR":[{"EFFDT":"2026-03-04","CITY":"A"},{"EFFDT":"2030-01-01","CITY":"B"}]}]}`,
		`{"KEYPROP_SETID":"SHARE","KEYPROP_VENDOR_ID":"1","PROP_NAME1":"x","COLL_VNDR_ADDR_SCROL":{"KEYPROP_ADDRESS_SEQ_NUM":"1.0"}}`,
		`{"VENDOR_ID":"1","VENDOR_ID":"2","":{"VENDOR_ADDR":[]}}`, `[]`, ``, `<a/>`,
	} {
		f.Add([]byte(s))
	}
	i := open(&testing.T{}, nil)
	c := i.component(connector.Supplier)
	d := connector.Document{"SETID": "SHARE", "VENDOR_ID": "1", "NAME1": "New <name>", "VNDR_ADDR_SCROL": []any{doc{"ADDRESS_SEQ_NUM": "1", "VENDOR_ADDR": []any{doc{"CITY": "Ely & Co", "STATE": ""}}}}}
	prev := connector.Document{"NAME1": "x", "NAME2": "y", "VNDR_ADDR_SCROL": []any{doc{"ADDRESS_SEQ_NUM": "1", "VENDOR_ADDR": []any{doc{"CITY": "A", "STATE": "MN"}}}, doc{"ADDRESS_SEQ_NUM": "2"}}}
	f.Fuzz(func(t *testing.T, body []byte) {
		tree := readAnswer(&connector.Response{Status: 200, Body: body}, "windows-1252").tree
		x := i.newChange("try", c)
		list, err := x.level(d, prev, c.schema.Fields, i.holder(tree, "VENDOR_ID", "1"), 2)
		if err != nil {
			return
		}
		if len(list) < 2 || list[0].text != "SHARE" || list[1].text != "1" {
			t.Fatalf("the keys are %+v", list)
		}
		var asXML, asJSON bytes.Buffer
		writeXML(&asXML, []node{{name: "r", group: true, kids: list}}, "")
		writeJSON(&asJSON, list)
		if !json.Valid(asJSON.Bytes()) || !utf8.Valid(asJSON.Bytes()) {
			t.Fatalf("%s", asJSON.Bytes())
		}
		for dec := xml.NewDecoder(&asXML); ; {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil && tree != nil && len(tree.attrs) == 0 && body[0] == '<' {
				t.Fatalf("%v in what was made of %q", err, body)
			} else if err != nil {
				return // names of JSON members that XML can't have: JSON is answered in JSON
			}
		}
	})
}
