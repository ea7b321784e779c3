package jaggaer

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
)

// way is one surface of one Kind.
type way struct {
	name, operation string
	kind            connector.Kind
	transport       string // "rest" or "xml"
	class           connector.Class
}

func ways() []way {
	return []way{
		{"requisition by the router", "requisition.create", connector.Requisition, "xml", connector.ClassDuplicate},
		{"requisition over REST", "requisition.create", connector.Requisition, "rest", connector.ClassDuplicate},
		{"supplier by the router", "supplier.write", connector.Supplier, "xml", connector.ClassUpsert},
		{"supplier over REST", "supplier.write", connector.Supplier, "rest", connector.ClassUpsert},
		{"value over REST", "cfv.write", connector.GLAccount, "rest", connector.ClassUpsert},
		{"value by the router", "cfv.write", connector.GLAccount, "xml", connector.ClassUpsert},
	}
}

// trouble is what may go wrong with one write.
type trouble struct {
	name    string
	kind    string // of the simulator's fault; "" = our process is killed once the write is out
	saved   bool   // the write has its effect
	class   connector.Code
	repeats bool // the client itself repeats it, since it was decided before anything was done
}

const done = connector.Code("")

// troubles of a surface: lost answers, gateways, answers that can't be read, refusals and those that are none.
func troubles(transport string) []trouble {
	const doubt = connector.Ambiguous
	out := []trouble{
		{"we are killed once it is out", "", true, done, false},
		{"the connection is lost before anything is done", "reset_before", false, doubt, false}, {"the answer is lost", "reset_after", true, doubt, false},
		{"half an answer, complete as HTTP", "truncated", true, doubt, false}, {"an answer without end", "deep", true, doubt, false},
		{"an empty answer", "empty", true, doubt, false}, {"an answer in no form", "not_json", true, doubt, false},
		{"a log-in page with 200, nothing done", "login_page", false, doubt, false}, {"a log-in page with 200, saved", "login_page", true, doubt, false},
		{"throttled", "throttled", false, connector.Throttled, false}, {"a redirect", "redirect", false, connector.Misconfigured, false},
		{"denied by a wall in front", "forbidden_html", false, connector.Forbidden, false}, {"no such address", "not_found_html", false, connector.Misconfigured, false},
		{"too large", "too_large", false, connector.Invalid, false}, {"409", "conflict", false, connector.Conflict, false},
	}
	for _, kind := range []string{"error", "error_html", "bad_gateway", "maintenance", "gateway_timeout"} {
		out = append(out, trouble{kind + ", nothing done", kind, false, doubt, false}, trouble{kind + ", saved", kind, true, doubt, false})
	}
	if transport == "rest" {
		return append(out,
			trouble{"the token was revoked", "revoked", false, done, true}, trouble{"a token that is not taken once", "unauthorized_malformed", false, done, true},
			trouble{"refused", "rejected", false, connector.Rejected, false}, trouble{"refused, though saved", "rejected", true, connector.Rejected, false},
			trouble{"a field is missing, though saved", "required", true, connector.Invalid, false}, trouble{"it exists, says code 1", "exists", true, connector.Conflict, false},
			trouble{"done with a warning", "warning", true, done, false})
	}
	return append(out,
		trouble{"refused", "xml_rejected", false, connector.Rejected, false}, trouble{"refused, though saved", "xml_rejected", true, connector.Rejected, false},
		trouble{"not valid by the DTD", "xml_parse_error", false, connector.Invalid, false}, trouble{"Identity not taken", "xml_unauthorized", false, connector.Credentials, false},
		trouble{"an error without a cause, nothing done", "xml_error", false, doubt, false}, trouble{"an error without a cause, saved", "xml_stored_but_error", true, doubt, false},
		trouble{"done, and nothing completed", "xml_counts", false, doubt, false}, trouble{"done and failed at once", "xml_contradiction", true, doubt, false},
		trouble{"accepted, processed later", "xml_accepted", true, doubt, false}, trouble{"done, without an id", "xml_no_id", true, doubt, false},
		trouble{"done with a warning", "xml_warning", true, done, false})
}

// looking is how JAGGAER's lists are when something is looked up.
type looking struct {
	switches jaggaersim.Switches
	off      bool   // this customer's requisitions can't be read
	number   string // what a number has besides its digits
}

func lookings() map[string]looking {
	return map[string]looking{
		"":                      {},
		", the filter ignored":  {switches: jaggaersim.Switches{IgnoreFilter: []string{"*"}, PageSize: 40}},
		", slow to show":        {switches: jaggaersim.Switches{IndexDelayMS: 95_000}},
		", answers without ids": {switches: jaggaersim.Switches{NoWriteIDs: true}},
		", no look-up":          {off: true},
		", odd numbers":         {number: `; (x),"=*'%41\\ & +<~>!`},
		", blanks in numbers":   {number: " x"},
		", odd numbers, plain":  {number: "*a;b,(c)", switches: jaggaersim.Switches{PlainStar: true, PageSize: 9}},
	}
}

// TestNothingIsEnteredTwiceWhateverGoesWrong writes each Kind by each surface, with every trouble and every sort of look-up, and goes
// on as the engine does: by Decide and Find, never again while it is not known that nothing was done. In the end it is there once;
// where nothing can be looked up, what is in doubt was sent once and stays.
func TestNothingIsEnteredTwiceWhateverGoesWrong(t *testing.T) {
	t.Parallel()
	for _, x := range ways() {
		for _, about := range slices.Sorted(maps.Keys(lookings())) {
			look := lookings()[about]
			if look.off && x.kind != connector.Requisition {
				continue
			}
			t.Run(x.name+about, func(t *testing.T) {
				t.Parallel()
				edits := []func(connector.Settings){profileOf(x.transport, "operations", x.operation), profileOf("TestCustomFieldValueImport", "xml", "paths", "cfv")}
				if look.off {
					edits = append(edits, profileOf("off", "operations", "requisition.read"))
				}
				look.switches.AnyValue = true
				b := openSim(t, look.switches, edits...)
				if got := b.Kind(x.kind).Class; got != x.class {
					t.Fatalf("class %s, want %s", got, x.class)
				}
				n := 0
				for _, change := range []bool{false, true} {
					for _, tr := range troubles(x.transport) {
						if n++; change && x.kind == connector.Requisition || testing.Short() && n%3 != 0 || about != "" && (n%2 != len(about)%2 || tr.kind == "deep") || look.number != "" && n%3 != 0 || change && tr.kind == "deep" {
							continue
						}
						d := &driver{simBench: b, way: x, trouble: tr, number: 100_000 + n, off: look.off, odd: look.number, slow: look.switches.IndexDelayMS > 0}
						d.about = map[bool]string{false: "new, ", true: "change, "}[change] + tr.name
						d.begin(change)
						d.arm()
						d.drive()
						d.judge()
					}
				}
			})
		}
	}
}

// driver does with one record what the engine does, over the public interfaces only.
type driver struct {
	simBench
	way
	trouble trouble
	about   string
	number  int
	off     bool // no look-up
	odd     string
	slow    bool // lists show things late
	write   connector.Write
	before  *connector.Agreement
	sent    int // writes
	code    connector.Code
	target  string // "" = not delivered
	stays   bool   // in doubt, for a person
}

func (d *driver) fail(format string, args ...any) {
	d.t.Errorf("%s: %s", d.about, fmt.Sprintf(format, args...))
}

func (d *driver) key() string { return fmt.Sprintf("%010d", d.number) + d.odd }

// begin makes the write; what is to be changed is entered first.
func (d *driver) begin(change bool) {
	switch d.kind {
	case connector.Requisition:
		d.write = connector.Write{Kind: d.kind, Document: d.requisition("US001-" + d.key())}
	case connector.Supplier:
		d.write = connector.Write{Kind: d.kind, Document: supplierDocument(d.key(), "Acme")}
	default:
		d.write = connector.Write{Kind: d.kind, Document: connector.Document{"fieldInternalName": "Account", "value": d.key(), "description": "Supplies", "active": "true"}}
	}
	if d.write.Operation = connector.OpCreate; !change {
		return
	}
	if _, err := d.Write(d.t.Context(), d.write); err != nil {
		d.t.Fatalf("%s: %v", d.about, err)
	}
	d.Advance(2 * time.Minute)
	found := d.find()
	if len(found) != 1 {
		d.t.Fatalf("%s: %d found", d.about, len(found))
	}
	previous := d.write.Document
	d.before = &connector.Agreement{Owned: previous, Fingerprint: previous.Fingerprint()}
	d.write.Operation, d.write.TargetID, d.write.Previous, d.write.Document = connector.OpUpdate, found[0].ID, previous, previous.Clone()
	for _, field := range []string{"Name", "description"} {
		if d.write.Document[field] != nil {
			d.write.Document[field] = "Another"
		}
	}
}

func (d *driver) arm() {
	d.ClearFaults()
	if d.trouble.kind == "" {
		return
	}
	if err := d.Fault(jaggaersim.Fault{Kind: d.trouble.kind, Operation: d.operation, After: &d.trouble.saved}); err != nil {
		d.t.Fatal(err)
	}
}

// drive goes on until it is delivered, or only a person can go on.
func (d *driver) drive() {
	for range 6 {
		if d.target != "" || d.stays {
			return
		}
		s := connector.Situation{
			Rules:  connector.Rules{CanUpdate: d.Kind(d.kind).CanUpdate, Linkable: d.Kind(d.kind).Linkable},
			Passed: true, Linked: d.before != nil, Sent: d.sent > 0, Wanted: d.write.Document, Agreed: d.before,
		}
		if d.sent > 0 || !d.off { // a first write of what can't be looked up goes out all the same
			s.Looked, s.Target = true, d.find()
		}
		if d.stays {
			return
		}
		switch decision := connector.Decide(s); decision.Action {
		case connector.ActCreate, connector.ActUpdate:
			d.send()
		case connector.ActAdopt, connector.ActUnchanged:
			d.target = s.Target[0].ID
		default:
			d.fail("%s: %s", decision.Action, decision.Reason)
			return
		}
	}
}

func (d *driver) find() []connector.Found {
	found, err := d.Find(d.t.Context(), connector.Lookup{Kind: d.kind, ID: d.write.TargetID, Document: d.write.Document})
	if err != nil && d.off && connector.CodeOf(err) == connector.Misconfigured {
		d.stays = true
		return nil
	}
	if err != nil {
		d.fail("the look-up: %v", err)
	}
	return found
}

// send writes once, and settles the doubt of an answer that does not tell.
func (d *driver) send() {
	d.sent++
	r, err := d.Write(d.t.Context(), d.write)
	code := connector.CodeOf(err)
	if d.sent == 1 {
		if d.code = code; d.expected() != code {
			d.fail("the answer is %q (%v), %q expected", code, err, d.expected())
		}
	}
	d.pass(10 * time.Minute) // what waits for a 429 goes on
	if d.class == connector.ClassDuplicate && code != connector.Ambiguous {
		d.Advance(2 * time.Minute) // what was refused is not looked up before lookup_settle is over
	}
	killed := d.sent == 1 && d.trouble.kind == ""
	if err == nil && !killed {
		if d.target = r.ID; r.ID == "" {
			d.Advance(2 * time.Minute)
			d.target = d.find()[0].ID // the router does not name suppliers
		}
		return
	}
	if code == connector.Ambiguous || killed {
		d.resolve()
	}
}

// expected is what the first answer is. The router names suppliers by our own number, so no id is missing.
func (d *driver) expected() connector.Code {
	x := d.trouble
	switch {
	case x.class == done && d.kind == connector.Requisition && d.Switches().NoWriteIDs:
		return connector.Ambiguous // which requisition it is nobody can tell
	case d.kind == connector.Supplier && x.kind == "xml_accepted", d.kind != connector.Requisition && x.kind == "xml_no_id":
		return done // its id is ours: the number of the supplier, field and value
	case d.kind == connector.GLAccount && x.kind == "exists":
		return connector.Ambiguous // there is no result for each
	}
	return x.class
}

// resolve looks whether it happened. Of a requisition absence is believed only while the same look-up finds one that we wrote later.
func (d *driver) resolve() {
	found := d.find()
	if d.stays || len(found) > 0 || d.class == connector.ClassUpsert {
		return // Decide goes on
	}
	later := d.write
	later.Document = d.requisition(fmt.Sprintf("CTRL-%d-%d", d.number, d.sent))
	if _, err := d.Write(d.t.Context(), later); err != nil && connector.CodeOf(err) != connector.Ambiguous {
		d.fail("the control: %v", err)
	}
	for range 20 {
		d.Advance(10 * time.Second)
		control, err := d.Find(d.t.Context(), connector.Lookup{Kind: d.kind, Document: later.Document})
		if err != nil {
			d.fail("the control: %v", err)
		}
		if len(control) == 1 {
			return // what Decide looks up now is believed
		}
	}
	d.stays = true
}

// judge holds what is there against what was to be.
func (d *driver) judge() {
	d.ClearFaults()
	n := 0
	for _, r := range append(append(d.Requisitions(), d.Suppliers()...), d.CustomFieldValues()...) {
		if r.Text("externalRequisitionNumber") == "US001-"+d.key() || r.Text("erpNumber") == d.key() || r.Text("fieldInternalName") == "Account" && r.Text("value") == d.key() {
			n++
		}
	}
	saved := d.trouble.saved || d.trouble.repeats
	if d.stays {
		if !d.off || d.sent != 1 || n > 1 || saved != (n == 1) {
			d.fail("in doubt after %d writes, there %d times", d.sent, n)
		}
		return
	}
	if d.target == "" {
		d.fail("given up after %d writes (%s)", d.sent, d.code)
		return
	}
	want := map[bool]int{true: 1, false: 2}[saved]
	if d.slow && d.class == connector.ClassUpsert && d.before == nil && d.sent == 2 {
		want = 2 // it was not seen yet, and is the same again
	}
	if n != 1 || d.sent != want {
		d.fail("written %d times (%d expected), there %d times", d.sent, want, n)
	}
	if d.off {
		return
	}
	d.Advance(2 * time.Minute)
	if found := d.find(); len(found) != 1 || found[0].ID != d.target || found[0].Document != nil && !connector.Covers(found[0].Document, d.write.Document) {
		d.fail("what is there is not what was to be: %+v", found)
	}
}

// TestTellingAgainIsHarmless tells of vouchers and payments with every trouble until JAGGAER takes it: it has what was told, and takes
// no other payment after.
func TestTellingAgainIsHarmless(t *testing.T) {
	t.Parallel()
	for name, over := range map[string]func(connector.Settings){"over REST": overREST, "by the router": overXML} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := map[string]string{"over REST": "rest", "by the router": "xml"}[name]
			for _, tr := range troubles(transport) {
				b := openSim(t, jaggaersim.Switches{}, over)
				var invoice jaggaersim.Record
				for _, r := range b.Invoices() {
					if r.Text("workflowStatus") == "Completed" && r.Text("paymentStatus") == "Payable" {
						invoice = r
					}
				}
				page, err := b.Read(t.Context(), connector.Query{Kind: connector.Invoice, Keys: []connector.Key{{ID: fmt.Sprint(invoice.ID)}}})
				if err != nil || len(page.Versions) != 1 {
					t.Fatal(err)
				}
				tell := func(x connector.Tidings) error {
					return b.Acknowledge(t.Context(), connector.Invoice, fmt.Sprint(invoice.ID), page.Versions[0].Document, x)
				}
				for _, tidings := range []connector.Tidings{ofVoucher(), ofPayment("900123")} {
					if tr.kind != "" {
						if err := b.Fault(jaggaersim.Fault{Kind: tr.kind, Operation: "payment.*", After: &tr.saved}); err != nil {
							t.Fatal(err)
						}
					}
					err := tell(tidings)
					for range 3 {
						if err == nil {
							break
						}
						b.pass(10 * time.Minute)
						err = tell(tidings)
					}
					if err != nil {
						t.Errorf("%s: %v", tr.name, err)
					}
				}
				got := b.Payments()[invoice.ID]
				if len(b.Payments()) != 1 || got["voucherNumber"] != "J2700101" || got["paymentNumber"] != "900123" || got["paymentStatus"] != "Paid" {
					t.Errorf("%s: JAGGAER has %v", tr.name, got)
				}
				mustFail(t, tell(ofPayment("900999")), connector.Conflict)
			}
		})
	}
}
