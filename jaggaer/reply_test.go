package jaggaer

import (
	"strings"
	"testing"
)

// TestWhatAReplySays reads the answers of the router, and the odd ones (JAGGAER.md §5.2 to §5.4).
func TestWhatAReplySays(t *testing.T) {
	t.Parallel()
	const status = `<Status><StatusCode> 200 </StatusCode><StatusText> Success </StatusText></Status>`
	root := func(inside string) string {
		return `<M><Header><MessageId> m1 </MessageId></Header><R>` + inside + `</R><Later><MessageId>m2</MessageId><StatusCode>500</StatusCode><StatusText>Later</StatusText></Later></M>`
	}
	tell := func(r reply) string {
		out := []string{r.messageID, r.code, r.text}
		for _, c := range r.errors {
			out = append(out, map[bool]string{true: "E of ", false: "E "}[c.of]+c.String())
		}
		for _, c := range r.warnings {
			out = append(out, "W "+c.String())
		}
		for _, x := range r.refs {
			out = append(out, "ref "+strings.Join([]string{x.id, x.name, x.number, x.result}, "/")+map[bool]string{true: " failed", false: ""}[x.failed])
		}
		if r.objects {
			out = append(out, "objects")
		}
		if r.supplier != "" {
			out = append(out, "supplier "+r.supplier)
		}
		return strings.Join(out, "|")
	}
	for name, row := range map[string]struct{ inside, want string }{
		"the first code, text and id count": {status, "m1|200|Success"},
		"a requisition, its attributes padded": {status + `<ObjectErrors><RequisitionRef requisitionId=" 7 " requisitionName="US001
 1" requisitionNumber="R7"><RequisitionCreationStatus result=" Success "/></RequisitionRef></ObjectErrors>`, "m1|200|Success|ref 7/US001 1/R7/success"},
		"an Error that is a warning, with two messages": {status + `<ObjectErrors><RequisitionRef requisitionId="7"><Error type="warning"><ErrorMessage>a</ErrorMessage><ErrorMessage>b</ErrorMessage></Error></RequisitionRef></ObjectErrors>`,
			"m1|200|Success|W a|W b|ref 7///"},
		"a warning ends with its element":      {status + `<Errors><ErrorMessage type="Warning">a</ErrorMessage><ErrorMessage>b</ErrorMessage></Errors>`, "m1|200|Success|E b|W a"},
		"a message without a type is an error": {status + `<ObjectErrors><RequisitionRef><Error><ErrorMessage>a</ErrorMessage></Error></RequisitionRef></ObjectErrors>`, "m1|200|Success|E of a|ref /// failed"},
		"an Error with a text of its own":      {status + `<Errors><Error type="Error">a</Error></Errors>`, "m1|200|Success|E a"},
		"one without a text":                   {status + `<Errors><ErrorMessage type="Error"> </ErrorMessage></Errors>`, "m1|200|Success|E (no text)"},
		"an object's that names no object":     {status + `<ObjectErrors><ErrorMessage>a</ErrorMessage></ObjectErrors>`, "m1|200|Success|E of a"},
		"parts of a supplier": {status + `<SupplierErrors><SupplierRef><ERPNumber>1</ERPNumber></SupplierRef><ErrorMessage type="Error">tax</ErrorMessage>
			<AddressErrors><AddressRef><ERPNumber>1-1</ERPNumber></AddressRef><ErrorMessage type="Error">state</ErrorMessage></AddressErrors><LocationErrors><ErrorMessage type="Error">where</ErrorMessage></LocationErrors>
			<CustomElementErrors><CustomElementIdentifier>WHT</CustomElementIdentifier><ErrorMessage>no</ErrorMessage></CustomElementErrors></SupplierErrors>`,
			"m1|200|Success|E of tax|E of address 1-1: state|E of location: where|E of custom element WHT: no|objects"},
		"who it is": {status + `<SupplierRef><ERPNumber>1</ERPNumber><SupplierId> 9 </SupplierId></SupplierRef>`, "m1|200|Success|supplier 9"},
	} {
		r, err := readReply([]byte(root(row.inside)))
		if got := tell(r); got != row.want || err != nil {
			t.Errorf("%s: %s (%v), expected %s", name, got, err, row.want)
		}
	}
	for name, text := range map[string]string{
		"too deep":             "<M>" + strings.Repeat("<a>", maxDepth+1) + strings.Repeat("</a>", maxDepth+1) + status + "</M>",
		"too long":             "<M>" + status + strings.Repeat("<a/>", maxElements) + "</M>",
		"without a code":       "<M><Status/></M>",
		"of another alphabet":  `<?xml version="1.0" encoding="EBCDIC"?><M>` + status + "</M>",
		"that breaks off":      "<M>" + status,
		"of no form":           "OK",
		"with an open entity":  "<M>&x;" + status + "</M>",
		"with its end missing": "<M>" + status + "</N>",
	} {
		if _, err := readReply([]byte(text)); err == nil {
			t.Errorf("an answer %s was taken", name)
		}
	}
	for _, set := range []string{"UTF-8", "utf-8", "US-ASCII", "ascii", "ISO-8859-1", "latin1", "Windows-1252"} {
		text := "Success"
		if strings.ContainsAny(set, "12") {
			text = "Succ\xe9s"
		}
		r, err := readReply([]byte(`<?xml version="1.0" encoding="` + set + `"?><M><StatusCode>200</StatusCode><StatusText>` + text + `</StatusText></M>`))
		if err != nil || r.text != strings.ReplaceAll(text, "\xe9", "é") {
			t.Errorf("%s: %q %v", set, r.text, err)
		}
	}
}
