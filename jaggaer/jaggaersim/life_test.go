package jaggaersim

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/apd/v3"

	"ml-connector/sample"
)

func TestRequisitionBecomesOrdersAndInvoices(t *testing.T) {
	t.Parallel()
	b := small(t, Options{Pace: 10 * time.Second})
	b.must(b.Add(Supplier, doc{"header": doc{"erpNumber": "0000054321", "name": "Other", "active": "true"}}))
	in := strings.Replace(requisitionXML(), `<RequisitionLine linenumber="2">`, `</RequisitionSupplierGroup><RequisitionSupplierGroup>
		<RequisitionSupplierGroupInfo><Supplier><SupplierNumber>0000054321</SupplierNumber></Supplier></RequisitionSupplierGroupInfo><RequisitionLine linenumber="2">`, 1)
	if r := b.post("PRXMLImport", in); r.status() != "200" {
		t.Fatalf("%s", r.Body)
	}
	b.clock.pass(9 * time.Second)
	if len(b.Orders()) != 0 {
		t.Error("no order before its time")
	}
	b.clock.pass(11 * time.Second) // the order is made after 10 s, its invoice after 20 s, however late somebody asks
	orders, req := b.Orders(), b.Requisitions()[0]
	if len(orders) != 2 || req.Text("workflowStatus") != "Completed" || orders[0].Text("createDateTime") != "2026-03-01T12:00:10.000Z" {
		t.Fatalf("two suppliers, two orders: %v", orders)
	}
	first := orders[0]
	line := items(first.Body, "lineList.purchaseOrderLine")[0]
	if first.Text("supplier.supplierNumber") != "0000012345" || first.Text("total.value") != "350.5" || first.Text("requisitionNumber") != "3466726" || text(line, "extendedPrice") != "350.5" || len(splitSets(line)) != 1 {
		t.Errorf("the order has its lines and splits from the requisition: %v", first.Body)
	}
	if got := at(req.Body, "header.poNumberList.poNumber"); len(got.([]any)) != 2 {
		t.Errorf("the requisition names its orders: %v", got)
	}
	invoices := b.Invoices()
	if len(invoices) != 2 || invoices[0].Text("paymentStatus") != "Payable" || invoices[0].Text("workflowStatus") != "Completed" {
		t.Fatalf("each order gets an invoice: %v", invoices)
	}
	for _, v := range invoices {
		if sum := invoiceSum(v); sum.Cmp(amountOr0(v.Text("total.value"))) != 0 {
			t.Errorf("invoice %d: lines and charges are %s, the total %s", v.ID, sum, v.Text("total.value"))
		}
	}
	if got := items(invoices[0].Body, "lineList.invoiceLine")[0]; text(got, "poNumber") != first.Text("poNumber") || at(got, "poLineNumber") != "1" {
		t.Errorf("an invoice line names its order line, as text: %v", got)
	}
	if got := b.ids("purchaseorders", "lastUpdate>=2026-03-01T12:00:10.000Z;lastUpdate<2026-03-01T12:00:11.000Z"); len(got) != 2 {
		t.Errorf("what happened carries the time at which it was due: %v", got)
	}
}

// invoiceSum is lines + tax + shipping + handling + fees − discount.
func invoiceSum(v Record) *apd.Decimal {
	sum := new(apd.Decimal)
	for _, l := range items(v.Body, "lineList.invoiceLine") {
		sum = plus(sum, extended(text(l, "quantity"), text(l, "unitPrice"), "USD"))
	}
	for _, charge := range []string{"taxCharge1", "taxCharge2", "shippingCharge", "handlingCharge"} {
		sum = plus(sum, amountOr0(v.Text(charge)))
	}
	for _, f := range items(v.Body, "header.miscFeeList.miscFee") {
		sum = plus(sum, amountOr0(text(f, "fee")))
	}
	return calculate(exact().Sub, sum, amountOr0(v.Text("discountAmount")))
}

func TestLifeStandsStill(t *testing.T) {
	t.Parallel()
	b := small(t, Options{Pace: -1})
	without := strings.Replace(requisitionXML(), `<RequisitionSupplierGroupInfo><Supplier><SupplierNumber>0000012345</SupplierNumber></Supplier></RequisitionSupplierGroupInfo>`, "", 1)
	b.post("PRXMLImport", requisitionXML())
	b.post("PRXMLImport", without)
	b.clock.pass(24 * time.Hour)
	if len(b.Orders()) != 0 {
		t.Error("at a negative pace nothing happens by itself")
	}
	if err := b.Approve(Requisition, "3466726"); err != nil || len(b.Orders()) != 1 {
		t.Errorf("approved by hand it has its order: %v", err)
	}
	if err := b.Approve(Requisition, "3466727"); err != nil || len(b.Orders()) != 1 {
		t.Errorf("without a supplier there is none: %v", err)
	}
}

func TestRegistrationIsApproved(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil, Options{ApproveAfter: time.Minute})
	b.Register(sample.Registration{Name: "Waiting", Status: "Pending Approval", Active: true, Country: "US", Currency: "USD"})
	b.Register(sample.Registration{Name: "Refused", Status: "Rejected", Active: true, Country: "US", Currency: "USD"})
	before := b.Suppliers()[0].Text("lastUpdate")
	b.Advance(time.Minute)
	got := b.Suppliers()
	if got[0].Text("registrationStatus") != "Approved" || got[0].Text("lastUpdate") == before || got[1].Text("registrationStatus") != "Rejected" {
		t.Errorf("%v", got)
	}
}

func TestOrderTimeline(t *testing.T) {
	t.Parallel()
	b := small(t, Options{Pace: -1})
	id := b.must(b.AddOrder("0000012345", sample.Order{Workflow: "Completed", Status: "Completed", Currency: "USD", Total: "20", Lines: []sample.OrderLine{{Number: 1, Quantity: "2", Price: "10", Amount: "20"}}}))
	key := b.Orders()[0].Text("poNumber")
	state := func() string {
		o := b.Orders()[0]
		return o.Text("revisionNumber") + " " + o.Text("workflowStatus") + " " + o.Text("status")
	}
	stamps := []string{b.Orders()[0].Text("lastUpdate")}
	for _, step := range []struct {
		name string
		do   func() error
		want string
	}{
		{"revised, in workflow", func() error { return b.Revise(key, doc{"header": doc{"total": doc{"value": 30}}}, true) }, "1 Pending Pending"},
		{"approved", func() error { return b.Approve(PurchaseOrder, key) }, "1 Completed Completed"},
		{"cancelled", func() error { return b.Cancel(PurchaseOrder, key) }, "1 Completed Cancelled"},
	} {
		if err := step.do(); err != nil || state() != step.want {
			t.Errorf("%s: %s, %v", step.name, state(), err)
		}
		stamps = append(stamps, b.Orders()[0].Text("lastUpdate"))
	}
	if !slices.IsSorted(stamps) || len(slices.Compact(slices.Clone(stamps))) != len(stamps) {
		t.Errorf("each change is a version of its own, though the clock stands still: %v", stamps)
	}
	if err := b.Remove(PurchaseOrder, itoa(int(id))); err != nil || len(b.Orders()) != 0 {
		t.Errorf("removed: %v", err)
	}
	if err := b.Edit(PurchaseOrder, key, nil); err == nil {
		t.Error("what is gone can't be edited")
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	company := sample.New(7, sample.Small(), noon)
	b := newBench(t, company, Options{Pace: -1})
	counts := b.Counts()
	if counts[PurchaseOrder] != len(company.Orders) || counts[Invoice] != len(company.Invoices) || counts[Requisition] != 0 || counts[Supplier] <= len(company.Registrations) {
		t.Fatalf("counts %v", counts)
	}
	for i, v := range b.Invoices() {
		of := company.Invoices[i]
		total, sum := amountOr0(of.Total), invoiceSum(v)
		if adds := total.Cmp(sum) == 0; of.Total != "" && adds == (of.Note == "amounts do not add up") {
			t.Errorf("invoice %s (%s): sum %s, total %s", of.Number, of.Note, sum, total)
		}
		if (v.Text("total.value") == "") != (of.Total == "") || v.Text("supplierInvoiceNumber") != of.SupplierNumber {
			t.Errorf("invoice %s: %v", of.Number, v.Body)
		}
		if v.Text("supplier.id") == "" {
			t.Errorf("invoice %s has no supplier", of.Number)
		}
	}
	for i, o := range b.Orders() {
		for _, l := range items(o.Body, "lineList.purchaseOrderLine") {
			if problems := b.splitProblems(l, o.Text("total.currency")); len(problems) > 0 && !strings.Contains(problems[0], "custom field Account") {
				t.Errorf("order %s line %s: %v", company.Orders[i].Number, text(l, "lineNumber"), problems)
			}
		}
		if o.Text("lastUpdate") != stamp(company.Orders[i].Updated) {
			t.Errorf("order %s: lastUpdate %s", company.Orders[i].Number, o.Text("lastUpdate"))
		}
	}
	if got := b.ids("customfieldvalues", "fieldInternalName==Department;active==false"); len(got) != 1 {
		t.Errorf("one department is closed: %v", got)
	}
	if got := b.ids("customfieldvalues", "fieldInternalName==Account"); len(got) != 0 {
		t.Errorf("accounts come with their Flow: %v", got)
	}
	if len(b.ids("invoices", "")) != len(company.Invoices) {
		t.Error("all invoices are listed")
	}
}
