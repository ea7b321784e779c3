package jaggaer

import (
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
)

// TestCustomFieldsOfRequisitionsArrive writes what the profile adds over both surfaces.
func TestCustomFieldsOfRequisitionsArrive(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"xml", "rest"} {
		b := openSim(t, jaggaersim.Switches{AnyValue: true}, profileOf(transport, "operations", "requisition.create"), profileOf("Origin Code", "req_origin_field"), profileOf("PS", "req_origin_value"),
			profileOf("Main/{ShipTo.AddressCode}", "header_fields", "Campus"), profileOf("{CommodityCode}", "line_fields", "Our category"))
		d := b.requisition("US001-0000001234")
		if _, err := b.Write(t.Context(), connector.Write{Kind: connector.Requisition, Document: d}); connector.CodeOf(err) == "" {
			t.Errorf("%s: a field that JAGGAER has not got is taken", transport)
		}
		b.AddCustomField("Campus")
		b.AddCustomField("Our category")
		if _, err := b.Write(t.Context(), connector.Write{Kind: connector.Requisition, Document: d}); err != nil {
			t.Fatalf("%s: %v", transport, err)
		}
		header := b.Requisitions()[0].Body["header"].(map[string]any)
		for name, want := range map[string]string{"Origin Code": "PS", "Campus": "Main/" + d.Text("ShipTo.AddressCode"), "External Req #": "US001-0000001234"} {
			if got := fieldOf(header, name); got != want {
				t.Errorf("%s: custom field %s is %q, expected %q", transport, name, got, want)
			}
		}
		for n, line := range objects(member(b.Requisitions()[0].Body, "lineList.requisitionLine")) {
			if got := fieldOf(line, "Our category"); got != b.company.Categories[0].Jaggaer {
				t.Errorf("%s: line %d has %q", transport, n, got)
			}
			if len(objects(member(line, "splittableFieldSetGroupList.splittableFieldSetGroup"))) != 1 {
				t.Errorf("%s: line %d lost its splits", transport, n)
			}
		}
	}
}

// TestWhatJaggaerHeardIsLookedUp: after a doubt the invoice itself tells, where the profile says where it shows the voucher.
func TestWhatJaggaerHeardIsLookedUp(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		way    func(connector.Settings)
		field  string
		kind   string
		before string // voucher that JAGGAER has already
		told   connector.Tidings
		code   connector.Code
		words  string
	}{
		"it has it all":                    {overREST, "Voucher Number", "reset_after", "", ofPayment("9"), "", ""},
		"it has the voucher":               {overREST, "Voucher Number", "reset_after", "", ofVoucher(), "", ""},
		"it has the voucher, by XML":       {overXML, "Voucher Number", "reset_after", "", ofVoucher(), "", ""},
		"it has not got it":                {overREST, "Voucher Number", "reset_before", "", ofVoucher(), connector.Ambiguous, "harmless"},
		"it has the voucher only":          {overREST, "Voucher Number", "reset_before", "J2700101", ofPayment("9"), connector.Ambiguous, "harmless"},
		"it has another voucher":           {overREST, "Voucher Number", "reset_before", "J1", ofVoucher(), connector.Conflict, "voucher J1"},
		"nobody knows where it would show": {overREST, "", "reset_after", "", ofVoucher(), connector.Ambiguous, "harmless"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openSim(t, jaggaersim.Switches{}, row.way, profileOf(row.field, "voucher_field"))
			var of jaggaersim.Record
			for _, r := range b.Invoices() {
				if r.Text("workflowStatus") == "Completed" && r.Text("paymentStatus") == "Payable" {
					of = r
				}
			}
			id := of.Text("invoiceId")
			page, err := b.Read(t.Context(), connector.Query{Kind: connector.Invoice, Keys: []connector.Key{{ID: id}}})
			if err != nil || len(page.Versions) != 1 {
				t.Fatal(err)
			}
			if row.before != "" {
				if err := b.Acknowledge(t.Context(), connector.Invoice, id, page.Versions[0].Document, connector.Tidings{Target: "US001/" + row.before, Number: row.before}); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Fault(jaggaersim.Fault{Kind: row.kind, Operation: "payment.write"}); err != nil {
				t.Fatal(err)
			}
			err = b.Acknowledge(t.Context(), connector.Invoice, id, page.Versions[0].Document, row.told)
			if row.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			mustFail(t, err, row.code, row.words)
		})
	}
}

// TestCustomFieldsStandInTheirOrderAndBlankOnesAreLeftOut: the same profile gives the same document.
func TestCustomFieldsStandInTheirOrderAndBlankOnesAreLeftOut(t *testing.T) {
	t.Parallel()
	b := open(t, always(200, "{}"), profileOf(map[string]any{"D": "4", "B": "2", "A": " {Description} ", "C": "3", "E": "5"}, "header_fields"))
	for range 20 {
		got := ""
		for _, f := range b.headerFields(connector.Document{"ExternalReq": "X"}) {
			got += f.name + "=" + f.value + " "
		}
		if got != "B=2 C=3 D=4 E=5 External Req #=X " {
			t.Fatalf("%q", got)
		}
	}
}

// TestAnAnswerInDoubtIsAnAnswer: what JAGGAER said itself says that it is well; a gateway's page, or a failure, does not.
func TestAnAnswerInDoubtIsAnAnswer(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status   int
		body     string
		answered bool
	}{
		"a requisition without id":     {200, created(""), true},
		"accepted for later":           {202, created(""), true},
		"a failure with a status code": {500, strings.Replace(created(""), "200", "599", 1), false},
		"a page":                       {200, "<html>", false},
		"nothing":                      {200, "", false},
	} {
		b := open(t, always(row.status, row.body))
		_, err := b.Write(t.Context(), connector.Write{Kind: connector.Requisition, Operation: connector.OpCreate, Document: plainRequisition()})
		if e := connector.AsError(err); e == nil || e.Code != connector.Ambiguous || e.Answered != row.answered {
			t.Errorf("%s: %+v", name, e)
		}
	}
}
