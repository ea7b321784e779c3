package jaggaer

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	connector "ml-connector"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file; -update writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s", file, got)
	}
}

// TestDocumentsOfTheContract reads the samples of JAGGAER.md §4 and compares each Version with its golden file.
func TestDocumentsOfTheContract(t *testing.T) {
	t.Parallel()
	b := open(t, always(200, "{}"))
	for name, kind := range map[string]connector.Kind{
		"invoice": connector.Invoice, "creditmemo": connector.Invoice, "order": connector.PurchaseOrder, "supplier": connector.Supplier, "requisition": connector.Requisition,
	} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := decodeObject(text)
		if err != nil {
			t.Fatal(err)
		}
		v, fault := b.version(kind, b.opts.entities[kind], raw)
		if fault != nil {
			t.Fatal(fault)
		}
		got, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".golden.json", append(got, '\n'))
	}
}

// record reads one record under a profile.
func record(t *testing.T, kind connector.Kind, text string, edits ...func(connector.Settings)) connector.Version {
	t.Helper()
	b := open(t, always(200, "{}"), edits...)
	raw, err := decodeObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v, fault := b.version(kind, b.opts.entities[kind], raw)
	if fault != nil {
		t.Fatal(fault)
	}
	return v
}

func TestACustomersNamesBecomeOurs(t *testing.T) {
	t.Parallel()
	edits := []func(connector.Settings){
		profileOf("head", "entities", "po", "header_key"), profileOf("key.id", "entities", "po", "id"),
		profileOf("changed", "entities", "po", "version_field"), profileOf("orderNo", "entities", "po", "external"),
	}
	v := record(t, connector.PurchaseOrder, `{"head":{"key":{"id":7,"more":"x"},"changed":"2026-03-01T08:12:33.733Z","orderNo":"P7","workflowStatus":"Completed"},"lineList":{}}`, edits...)
	want := connector.Document{"header": map[string]any{"purchaseOrderId": "7", "poNumber": "P7", "workflowStatus": "Completed", "key": map[string]any{"more": "x"}}}
	if v.ID != "7" || v.Numbers[0] != "P7" || v.Stamp != "2026-03-01T08:12:33.733Z" || v.Document.Fingerprint() != want.Fingerprint() {
		t.Errorf("%+v: %s", v, v.Document.Canonical())
	}
}

func TestVersionsNameWhatComesBefore(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		kind connector.Kind
		text string
		want []connector.Ref
	}{
		"an order names its requisition by the ID": {connector.PurchaseOrder, `{"header":{"purchaseOrderId":7,"requisitionId":3466726,"requisitionNumber":"R1"}}`,
			[]connector.Ref{{Kind: connector.Requisition, IDs: []string{"3466726"}}}},
		"an order that tells no ID of it names it by the number": {connector.PurchaseOrder, `{"header":{"purchaseOrderId":7,"requisitionNumber":"R1"}}`,
			[]connector.Ref{{Kind: connector.Requisition, Number: "R1"}}},
		"an order without a requisition names none": {connector.PurchaseOrder, `{"header":{"purchaseOrderId":7}}`, nil},
		"an invoice names the orders of its lines, each once": {connector.Invoice, `{"header":{"invoiceId":1},"lineList":{"invoiceLine":[{"poNumber":"P1"},{"lineNumber":2},{"poNumber":"P1"},{"poNumber":"P2"}]}}`,
			[]connector.Ref{{Kind: connector.PurchaseOrder, Number: "P1"}, {Kind: connector.PurchaseOrder, Number: "P2"}}},
		"a requisition names nothing": {connector.Requisition, `{"header":{"requisitionId":1,"requisitionNumber":"1"}}`, nil},
	} {
		if got := record(t, row.kind, row.text).Names; !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestBankAndTaxNumbersAreDropped(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/supplier.json")
	if err != nil {
		t.Fatal(err)
	}
	v := record(t, connector.Supplier, string(text))
	for _, secret := range []string{"000000001", "0000000000", "000000000", "Account Number"} {
		if bytes.Contains(v.Document.Canonical(), []byte(`"`+secret+`"`)) || bytes.Contains(v.Mirror.Canonical(), []byte(secret+`"`)) {
			t.Errorf("%s is in the Document", secret)
		}
	}
	if got := v.Document.Text("header.taxIdentificationType"); got != "FEIN" {
		t.Errorf("the type of the tax number went too: %q", got)
	}
}

// TestSplits is JAGGAER.md §4.1.
func TestSplits(t *testing.T) {
	t.Parallel()
	set := func(text string) string {
		return `{"splittableFieldSetGroup":[{"splittableFieldIndexSet":[` + text + `]}]}`
	}
	value := func(name, v string) string { return `{"internalName":"` + name + `","value":"` + v + `"}` }
	one := func(extra string, values ...string) string {
		s := `{` + extra + `"customFieldValueList":{"customFieldValue":[`
		for n, v := range values {
			if n > 0 {
				s += ","
			}
			s += v
		}
		return s + `]}}`
	}
	index := func(entries string) string {
		return `"splittableFieldIndexList":{"splittableFieldIndex":[` + entries + `]}`
	}
	account := one("", value("Account", "610000"))
	for name, row := range map[string]struct {
		header, line string // splittableFieldSetGroupList of both
		want         string
		edits        []func(connector.Settings)
	}{
		"one split without type and value is the whole": {"", set(`{"context":"Line",` + index(account) + `}`), `[{"fields":{"Account":"610000"},"type":"PercentOfPrice","value":"100"}]`, nil},
		"two splits in the order of their index": {"", set(`{"context":"Line","distributionType":"AmountOfPrice",` + index(one(`"splitIndex":1,"distributionValue":40.50,`, value("Account", "2"))+`,`+one(`"splitIndex":0,"distributionValue":"60",`, value("Account", "1"))) + `}`),
			`[{"fields":{"Account":"1"},"type":"AmountOfPrice","value":"60"},{"fields":{"Account":"2"},"type":"AmountOfPrice","value":"40.5"}]`, nil},
		"small letters": {"", set(`{"context":"Line","distributiontype":"PercentOfQuantity",` + index(one(`"splitindex":0,"distributionvalue":60,`, value("Account", "1"))+`,`+one(`"splitindex":1,"distributionvalue":40,`, value("Account", "2"))) + `}`),
			`[{"fields":{"Account":"1"},"type":"PercentOfQuantity","value":"60"},{"fields":{"Account":"2"},"type":"PercentOfQuantity","value":"40"}]`, nil},
		"several without a type have the default one": {"", set(`{` + index(one(`"distributionValue":60,`, value("Account", "1"))+`,`+one(`"distributionValue":40,`, value("Account", "2"))) + `}`),
			`[{"fields":{"Account":"1"},"type":"PercentOfPrice","value":"60"},{"fields":{"Account":"2"},"type":"PercentOfPrice","value":"40"}]`, nil},
		"none is blank, and so is a missing value": {"", set(`{` + index(one("", value("Account", "1"), value("Fund", "none"), `{"internalName":"Project"}`)) + `}`), `[{"fields":{"Account":"1"},"type":"PercentOfPrice","value":"100"}]`, nil},
		"the line's context goes first":            {"", set(`{"context":"Header",` + index(one("", value("Account", "9"))) + `},{"context":"Line",` + index(account) + `}`), `[{"fields":{"Account":"610000"},"type":"PercentOfPrice","value":"100"}]`, nil},
		"a line without splits has the header's":   {set(`{"context":"Line",` + index(account) + `}`), "", `[{"fields":{"Account":"610000"},"type":"PercentOfPrice","value":"100"}]`, nil},
		"of two charts the one that holds the key": {"", `{"splittableFieldSetGroup":[{"splittableFieldIndexSet":[{` + index(one("", value("OldAccount", "9"))) + `}]},{"splittableFieldIndexSet":[{` + index(account) + `}]}]}`, `[{"fields":{"Account":"610000"},"type":"PercentOfPrice","value":"100"}]`, nil},
		"of two charts another key": {"", `{"splittableFieldSetGroup":[{"splittableFieldIndexSet":[{` + index(one("", value("OldAccount", "9"))) + `}]},{"splittableFieldIndexSet":[{` + index(account) + `}]}]}`, `[{"fields":{"OldAccount":"9"},"type":"PercentOfPrice","value":"100"}]`,
			[]func(connector.Settings){profileOf("OldAccount", "split_group_key")}},
		"a value template is taken off": {"", set(`{` + index(one("", value("Account", "610000"), value("Fund", "14306-L"))) + `}`), `[{"fields":{"Account":"610000","Fund":"14306"},"type":"PercentOfPrice","value":"100"}]`,
			[]func(connector.Settings){profileOf("{value}-L", "value_templates", "Fund")}},
		"no splits anywhere": {"", "", `null`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			member := func(text string) string {
				if text == "" {
					return ""
				}
				return `,"splittableFieldSetGroupList":` + text
			}
			v := record(t, connector.Invoice, `{"header":{"invoiceId":7`+member(row.header)+`},"lineList":{"invoiceLine":[{},{"lineNumber":1`+member(row.line)+`}]}}`, row.edits...)
			lines := v.Document.List("lineList.invoiceLine")
			if len(lines) != 1 || lines[0][splitMember] != nil || v.Document.Get("header."+splitMember) != nil {
				t.Fatalf("%s", v.Document.Canonical())
			}
			got, err := json.Marshal(lines[0]["splits"])
			if err != nil || string(got) != row.want {
				t.Errorf("%s, expected %s", got, row.want)
			}
		})
	}
}

func TestCustomFieldValues(t *testing.T) {
	t.Parallel()
	v := record(t, connector.GLAccount, `{"customFieldValueId":550001,"fieldInternalName":"Account","value":"610000","description":"Supplies  ","active":"true","parentValue":"","lastUpdate":"2026-03-01T00:00:01.000Z"}`)
	if v.ID != "Account/610000" || v.Standing != connector.Usable || string(v.Document.Canonical()) != `{"active":"true","description":"Supplies","fieldInternalName":"Account","value":"610000"}` || v.Mirror.Fingerprint() != v.Document.Fingerprint() {
		t.Errorf("%+v", v)
	}
	inactive := record(t, connector.GLAccount, `{"fieldInternalName":"Fund","value":"14306-L","active":"No"}`, profileOf("{value}-L", "value_templates", "Fund"))
	if inactive.ID != "Fund/14306" || inactive.Standing != connector.Refused || inactive.Mirror.Text("active") != "false" {
		t.Errorf("%+v", inactive)
	}
}

// TestMirrorsTellOnlyWhatIsKnown: a missing list is unknown, a blank key is blank.
func TestMirrorsTellOnlyWhatIsKnown(t *testing.T) {
	t.Parallel()
	wanted := supplierDocument("0000012345", "Acme")
	for name, row := range map[string]struct {
		text   string
		covers bool
	}{
		"no lists are shown":             {`{"header":{"supplierId":1,"erpNumber":"0000012345","name":"Acme","active":"true"}}`, true},
		"the number is missing":          {`{"header":{"supplierId":1,"name":"Acme","active":"true"}}`, false},
		"the name differs":               {`{"header":{"supplierId":1,"erpNumber":"0000012345","name":"Acme Inc","active":"true"}}`, false},
		"it is inactive":                 {`{"header":{"supplierId":1,"erpNumber":"0000012345","name":"Acme","active":"false"}}`, false},
		"its addresses are shown: none":  {`{"header":{"supplierId":1,"erpNumber":"0000012345","name":"Acme","active":"Yes"},"addressList":{}}`, false},
		"the address lacks a line":       {`{"header":{"supplierId":1,"erpNumber":"0000012345","name":"Acme","active":"Yes"},"addressList":{"address":[{"type":"remitto","erpNumber":"0000012345-1","city":"Springfield","state":"CA","postalCode":"90001","isoCountryCode":"USA"}]}}`, false},
		"the country in the other form":  {`{"header":{"supplierId":1,"erpNumber":"0000012345","name":"Acme","active":"Yes","countryOfOrigin":"USA"},"addressList":{"address":[{"type":"remitto","erpNumber":"0000012345-1","addressLine1":"PO Box 1 & Co.","city":"Springfield","state":"CA","postalCode":"90001","isoCountryCode":"US"}]}}`, true},
		"address lines in the list form": {`{"header":{"supplierId":1,"erpNumber":"0000012345","name":"Acme","active":"Yes"},"addressList":{"address":[{"type":"remitto","erpNumber":"0000012345-1","addressLineList":{"addressLine":[{"lineNumber":1,"addressLine":"PO Box 1 & Co."},{"lineNumber":2}]},"city":"Springfield","state":"CA","postalCode":"90001","isoCountryCode":"USA"}]}}`, true},
	} {
		v := record(t, connector.Supplier, row.text)
		if got := connector.Covers(v.Mirror, wanted); got != row.covers {
			t.Errorf("%s: %v", name, got)
		}
	}
}
