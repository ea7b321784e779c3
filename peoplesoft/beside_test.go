package peoplesoft_test

import (
	"context"
	"testing"

	connector "ml-connector"
	"ml-connector/peoplesoft/peoplesoftsim"
)

// TestPaymentsAndReceipts: what was paid is seen with the life of its voucher, in the list of payments, and by its key, as the same
// Record; a void is another Version of it. Receipts name their orders.
func TestPaymentsAndReceipts(t *testing.T) {
	t.Parallel()
	w := connect(t, peoplesoftsim.Options{}, "profile.read.receipts", true, "profile.read.payments", true)
	w.write(connector.PurchaseOrder, w.order("JGR-PO-1"))
	v := w.write(connector.Invoice, w.invoice("0000001"))
	w.sim.Build()
	life := func() connector.Life {
		t.Helper()
		l, err := w.i.(connector.Tracker).Track(context.Background(), connector.Track{Kind: connector.Invoice, ID: v.ID, Sent: w.now})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if l := life(); len(l.Beside) != 0 {
		t.Errorf("a voucher without a payment shows %v", l.Beside)
	}
	if err := w.sim.Post("US001", "J0000001"); err != nil {
		t.Fatal(err)
	}
	if l := life(); len(l.Beside[connector.InvoicePayment]) != 1 || l.Beside[connector.InvoicePayment][0].Standing != connector.Pending {
		t.Errorf("a scheduled payment shows as %v", l.Beside)
	}
	if vs, _ := w.read(connector.Query{Kind: connector.InvoicePayment, From: w.now.AddDate(0, 0, -1), To: w.now}); len(vs) != 0 {
		t.Errorf("payments were made: %v", vs)
	}
	if err := w.sim.Pay("US001", "J0000001"); err != nil {
		t.Fatal(err)
	}
	seen := life().Beside[connector.InvoicePayment][0]
	list, _ := w.read(connector.Query{Kind: connector.InvoicePayment, From: w.now.AddDate(0, 0, -1), To: w.now})
	byKey, _ := w.read(connector.Query{Kind: connector.InvoicePayment, Keys: []connector.Key{{ID: seen.ID}}})
	for _, vs := range [][]connector.Version{list, byKey} {
		if len(vs) != 1 || vs[0].ID != "US001/J0000001/payment" || vs[0].Document.Fingerprint() != seen.Document.Fingerprint() || vs[0].Standing != connector.Usable || vs[0].Names[0].ID() != v.ID {
			t.Errorf("%+v is not %+v", vs, seen)
		}
	}
	if err := w.sim.Void("US001", "J0000001"); err != nil {
		t.Fatal(err)
	}
	if l := life(); l.Beside[connector.InvoicePayment][0].Document.Fingerprint() == seen.Document.Fingerprint() || len(l.Beside[connector.InvoicePayment][0].Document.List("PAYMENT")) != 2 {
		t.Errorf("after a void: %v", l.Beside)
	}
	if err := w.sim.Receive("US001", "0000000007", "0000004711", "12"); err != nil {
		t.Fatal(err)
	}
	receipts, _ := w.read(connector.Query{Kind: connector.GoodsReceipt, From: w.now.AddDate(0, 0, -1), To: w.now.AddDate(0, 0, 1)})
	one, _ := w.read(connector.Query{Kind: connector.GoodsReceipt, Keys: []connector.Key{{ID: "US001/0000000007"}}})
	for _, vs := range [][]connector.Version{receipts, one} {
		if len(vs) != 1 || vs[0].ID != "US001/0000000007" || len(vs[0].Names) != 1 || vs[0].Names[0].ID() != "US001/0000004711" || vs[0].Document.List("RECV_LN_SHIP")[0].Text("QTY_SH_ACCPT") != "12" {
			t.Errorf("receipts %+v", vs)
		}
	}
}

// TestReceiptsAndPaymentsAreReadOnlyWhereTheSiteSaysSo: a site without those queries works as ever.
func TestReceiptsAndPaymentsAreReadOnlyWhereTheSiteSaysSo(t *testing.T) {
	t.Parallel()
	w := connect(t, peoplesoftsim.Options{Site: peoplesoftsim.Site{Missing: []string{"JGR_RECEIPT", "JGR_PAYMENT_LIST"}}})
	for _, k := range []connector.Kind{connector.GoodsReceipt, connector.InvoicePayment} {
		if w.i.Kind(k).Reads {
			t.Errorf("%s are read", k)
		}
	}
	for _, s := range w.i.Check(context.Background(), needs) {
		if s.State != connector.StepOK && s.Step != "tls" && s.Step != "clock" {
			t.Errorf("%+v", s)
		}
	}
}
