package jaggaersim

import (
	"strings"
	"testing"
	"time"

	"ml-connector/sample"
)

// TestWhatAnExportHolds is JAGGAER.md §5.6: headers, lines and both nestings of splits; a cancelled invoice has no lines.
func TestWhatAnExportHolds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	s := New(sample.New(3, sample.Small(), now), Options{Now: func() time.Time { return now }, Pace: -1})
	text := func(entity, key string) string {
		t.Helper()
		b, err := s.Export(entity, key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseXML(b); err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(string(b)), " ")
	}
	invoice := s.Invoices()[0].Text("invoiceNumber")
	holds := func(what, text string, words ...string) {
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%s lacks %s", what, w)
			}
		}
	}
	holds("an invoice", text(Invoice, invoice), "<BuyerInvoiceExportMessage", `<InvoiceHeader status="`, "<InvoiceCreateDate>", "<AccountingDate>", "<DaysAfter>", `<UserProfile username="`, "<ShippingCharge>",
		"<SplittableFieldSetGroup> <SplittableFieldIndexSet", "<SplittableFieldIndex ", `<CustomFieldValue name="`, "<Identity>", "<SharedSecret>")
	holds("an order", text(PurchaseOrder, s.Orders()[0].Text("poNumber")), "<PurchaseOrderMessage", `<POLine linenumber="1">`, "<ExtendedPrice>", `<CustomFieldValueSet name="`, `splitindex="`)
	if err := s.Cancel(Invoice, invoice); err != nil {
		t.Fatal(err)
	}
	if got := text(Invoice, invoice); strings.Contains(got, "<InvoiceLine>") || !strings.Contains(got, `status="Cancelled"`) {
		t.Errorf("a cancelled one: %s", got)
	}
}
