package jaggaer

import (
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
)

func overREST(s connector.Settings) { profileOf("rest", "operations", "payment.write")(s) }

func overXML(s connector.Settings) {
	profileOf("xml", "operations", "payment.write")(s)
	profileOf("TestPaymentStatusImport", "xml", "paths", "payment")(s)
}

func ofVoucher() connector.Tidings {
	return connector.Tidings{Target: "US001/J2700101", Number: "J2700101"}
}

func ofPayment(number string) connector.Tidings {
	t := ofVoucher()
	t.Payment = &connector.Payment{Method: "ACH", Number: number, Date: "2026-03-20", Amount: "443.8", Currency: "USD"}
	return t
}

// TestAnInvoiceIsToldItsVoucherAndItsPayment goes both ways that a profile can name.
func TestAnInvoiceIsToldItsVoucherAndItsPayment(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]func(connector.Settings){"over REST": overREST, "through the XML router": overXML} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openSim(t, jaggaersim.Switches{}, way)
			var of jaggaersim.Record
			for _, r := range b.Invoices() {
				if r.Text("workflowStatus") == "Completed" && r.Text("paymentStatus") == "Payable" {
					of = r
				}
			}
			page, err := b.Read(t.Context(), connector.Query{Kind: connector.Invoice, Keys: []connector.Key{{ID: of.Text("invoiceId")}}})
			if err != nil || len(page.Versions) != 1 {
				t.Fatalf("%d versions, %v", len(page.Versions), err)
			}
			tell := func(id string, x connector.Tidings) error {
				return b.Acknowledge(t.Context(), connector.Invoice, id, page.Versions[0].Document, x)
			}
			id := of.Text("invoiceId")
			for _, step := range []struct {
				name    string
				told    connector.Tidings
				code    connector.Code
				status  string
				effects int
			}{
				{"the voucher's number", ofVoucher(), "", "Payable", 1},
				{"the same again does nothing", ofVoucher(), "", "Payable", 1},
				{"the payment", ofPayment("900123"), "", "Paid", 2},
				{"the same payment again does nothing", ofPayment("900123"), "", "Paid", 2},
				{"another payment is a conflict", ofPayment("900124"), connector.Conflict, "Paid", 2},
				{"that it was voided, too", connector.Tidings{Target: "US001/J2700101", Number: "J2700101", Void: true}, connector.Conflict, "Paid", 2},
			} {
				if err := tell(id, step.told); connector.CodeOf(err) != step.code {
					t.Errorf("%s: %v, expected %q", step.name, err, step.code)
				}
				if got := len(b.Effects("payment.write")); got != step.effects {
					t.Errorf("%s: %d effects, expected %d", step.name, got, step.effects)
				}
				for _, r := range b.Invoices() {
					if r.ID == of.ID && r.Text("paymentStatus") != step.status {
						t.Errorf("%s: the invoice is %s, expected %s", step.name, r.Text("paymentStatus"), step.status)
					}
				}
			}
			said := b.Payments()[of.ID]
			for field, want := range map[string]string{"voucherNumber": "J2700101", "paymentMethod": "ACH", "paymentNumber": "900123", "paymentDate": "2026-03-20T00:00:00.000Z"} {
				if said[field] != want {
					t.Errorf("JAGGAER has %s %v, expected %s", field, said[field], want)
				}
			}
		})
	}
}

func TestWhatJaggaerSaysToAPayment(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		body   string
		code   connector.Code
		words  string
	}{
		"it is gone":                     {404, `{"returnCode":2,"returnMessage":"Invoice 2700101 not found"}`, connector.NotFound, "no invoice 2700101"},
		"the address is not there":       {404, `{"returnCode":2,"returnMessage":"Resource not found"}`, connector.Misconfigured, "/j1p/api/public/ji/v1/invoices/2700101/payment"},
		"it is in workflow":              {200, `{"returnCode":2,"returnMessage":"Invoice is not in a payable state"}`, connector.Rejected, "payable state"},
		"it is paid":                     {200, `{"returnCode":"2","returnMessage":"Invoice is already paid"}`, connector.Conflict, "by hand"},
		"the client may not":             {403, `{"returnCode":2,"returnMessage":"Access denied"}`, connector.Forbidden, "invoices/payment"},
		"it failed":                      {500, ``, connector.Ambiguous, "harmless"},
		"the answer is a page":           {200, `<html>`, connector.Ambiguous, "harmless"},
		"it is taken":                    {200, `{"returnCode":0,"returnMessage":"OK","invoiceId":2700101}`, "", ""},
		"it is taken, with a text there": {200, `{"returnCode":1,"returnMessage":"stored"}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, always(row.status, row.body), overREST)
			err := b.Acknowledge(t.Context(), connector.Invoice, "2700101", nil, ofPayment("1"))
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

func TestWhetherJaggaerCanBeTold(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		edits []func(connector.Settings)
		kind  connector.Kind
		says  string // "" it can
	}{
		"by default it can't":             {nil, connector.Invoice, "operations.payment.write is off"},
		"over REST it can":                {[]func(connector.Settings){overREST}, connector.Invoice, ""},
		"through the router it can":       {[]func(connector.Settings){overXML}, connector.Invoice, ""},
		"the router needs a path":         {[]func(connector.Settings){profileOf("xml", "operations", "payment.write")}, connector.Invoice, "xml.paths.payment is missing"},
		"the router needs an address":     {[]func(connector.Settings){overXML, func(s connector.Settings) { delete(s, "xml_url") }}, connector.Invoice, "xml_url is missing"},
		"of orders nobody wants to hear":  {[]func(connector.Settings){overREST}, connector.PurchaseOrder, "invoices only"},
		"a form of the customer's is his": {[]func(connector.Settings){overXML, profileOf("<A><B>{voucher_number}</B></A>", "xml", "templates", "payment")}, connector.Invoice, ""},
	} {
		b := open(t, always(200, "{}"), row.edits...)
		err := b.CanAcknowledge(row.kind)
		if (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestATemplateIsFilledAndItsHolesAreLeftOut(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ template, want, problem string }{
		"values":                         {`<A><B>{voucher_number}</B></A>`, `<A><B>J&lt;1&gt;</B></A>`, ""},
		"what has no value is left out":  {`<A><B>{voucher_number}</B><C><D x="{currency}">{amount}</D></C></A>`, `<A><B>J&lt;1&gt;</B></A>`, ""},
		"text around a value":            {`<A n="no {voucher_number}">V-{voucher_number}</A>`, `<A n="no J&lt;1&gt;">V-J&lt;1&gt;</A>`, ""},
		"prefixes and a DOCTYPE stay":    {`<!DOCTYPE x:A SYSTEM "a.dtd"><x:A xmlns:x="urn:x"><x:B>1</x:B></x:A>`, "<!DOCTYPE x:A SYSTEM \"a.dtd\">\n" + `<x:A xmlns:x="urn:x"><x:B>1</x:B></x:A>`, ""},
		"an unknown name":                {`<A>{voucher}</A>`, "", "{voucher}"},
		"an element that nobody closed":  {`<A><B></A>`, "", "no XML"},
		"no element":                     {`voucher`, "", "no XML"},
		"two roots":                      {`<A/><B/>`, "", "two roots"},
		"the form that is the default's": {paymentTemplate, "", ""},
	} {
		problem := templateProblem(row.template, templateNames)
		if row.problem == "" && problem != "" || !strings.Contains(problem, row.problem) {
			t.Errorf("%s: %q, expected %q", name, problem, row.problem)
		}
		if row.want == "" {
			continue
		}
		got, err := fillTemplate(row.template, map[string]string{"voucher_number": "J<1>"})
		if _, body, _ := strings.Cut(string(got), "?>\n"); err != nil || body != row.want {
			t.Errorf("%s: %s (%v), expected %s", name, body, err, row.want)
		}
	}
}

// TestAPingSaysWhetherPaymentsCanBeTold: what can't be told keeps no Flow from being ready.
func TestAPingSaysWhetherPaymentsCanBeTold(t *testing.T) {
	t.Parallel()
	needs := []connector.Need{{Flow: "invoices", Kind: connector.Invoice, Reads: true, Hears: true}}
	for name, row := range map[string]struct {
		switches jaggaersim.Switches
		edits    []func(connector.Settings)
		want     string
	}{
		"it can, over REST":       {jaggaersim.Switches{}, []func(connector.Settings){overREST}, "connect tls token entity:invoice operation:payment.write clock"},
		"it can, through the XML": {jaggaersim.Switches{}, []func(connector.Settings){overXML}, "connect tls token entity:invoice operation:payment.write clock"},
		"it is off":               {jaggaersim.Switches{}, nil, "connect tls token entity:invoice operation:payment.write=warning:misconfigured clock"},
		"JAGGAER has not got it":  {jaggaersim.Switches{PaymentOff: true}, []func(connector.Settings){overREST}, "connect tls token entity:invoice operation:payment.write=warning:misconfigured clock"},
		"the router has no path":  {jaggaersim.Switches{}, []func(connector.Settings){profileOf("xml", "operations", "payment.write")}, "connect tls token entity:invoice operation:payment.write=warning:misconfigured clock"},
	} {
		b := openSim(t, row.switches, row.edits...)
		if got := summary(b.Check(t.Context(), needs)); got != row.want {
			t.Errorf("%s: %s\nexpected %s", name, got, row.want)
		}
		if got := len(b.Effects("payment.write")); got != 0 {
			t.Errorf("%s: the ping had %d effects", name, got)
		}
	}
}
