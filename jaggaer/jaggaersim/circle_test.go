package jaggaersim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ml-connector/sample"
)

// TestCircle imports a requisition for a place that JAGGAER knows: the order has its address and business unit.
func TestCircle(t *testing.T) {
	t.Parallel()
	company := sample.New(3, sample.Small(), noon)
	b := newBench(t, company, Options{Pace: time.Second})
	vendor := b.Suppliers()[0].Text("erpNumber")
	document := strings.NewReplacer("0000012345", vendor, "MB-100", company.ShipTos[1].Jaggaer, "14306", company.Funds[0].Value, "19900", company.Funds[1].Value).Replace(requisitionXML())
	if r := b.post("PRXMLImport", document); r.status() != "500" || !strings.Contains(r.Body.String(), "Value 610000 is not valid for custom field Account") {
		t.Errorf("before the accounts are there: %s", r.Body)
	}
	b.write("POST", api+"customfieldvalues", `{"customFieldValueList":{"customFieldValue":[{"fieldInternalName":"Account","value":"610000"},{"fieldInternalName":"Account","value":"630000"}]}}`)
	if r := b.post("PRXMLImport", document); r.status() != "200" {
		t.Fatalf("%s", r.Body)
	}
	b.Advance(2 * time.Second)
	orders := b.Orders()
	o := orders[len(orders)-1]
	if o.Text("businessUnit") != company.Divisions[1].Jaggaer || o.Text("shipTo.address.city") != company.ShipTos[1].City {
		t.Errorf("order %v", o.Body)
	}
	for _, other := range orders[:len(orders)-1] {
		if other.Text("poNumber") == o.Text("poNumber") {
			t.Errorf("two orders have the number %s", o.Text("poNumber"))
		}
	}
	invoices := b.Invoices()
	if v := invoices[len(invoices)-1]; v.Text("businessUnit") != o.Text("businessUnit") || v.Text("supplierInvoiceNumber") != "SI-"+o.Text("poNumber") {
		t.Errorf("invoice %v", v.Body)
	}
	if err := b.Approve(PurchaseOrder, o.Text("poNumber")); err != nil {
		t.Fatal(err)
	}
	b.Advance(time.Minute)
	if got := len(b.Invoices()); got != len(invoices) {
		t.Error("an order is billed once, however often it is approved")
	}
}

func TestMoneyOfCurrencies(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ quantity, price, currency, want string }{
		"dollars have cents":                  {"3", "0.335", "USD", "1.01"},
		"a tie goes away from zero":           {"1", "-0.125", "USD", "-0.13"},
		"yen have none":                       {"3", "33.5", "JPY", "101"},
		"dinars have three digits":            {"1", "1.0005", "KWD", "1.001"},
		"fractions are exact before rounding": {"1000000000", "0.00000001", "USD", "10.00"},
	} {
		if got := extended(row.quantity, row.price, row.currency).Text('f'); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

func TestServesTLS(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	server := httptest.NewTLSServer(b)
	t.Cleanup(server.Close)
	r, err := server.Client().Get(server.URL + "/__control/state")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("%d", r.StatusCode)
	}
}
