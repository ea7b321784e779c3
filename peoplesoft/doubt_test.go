package peoplesoft_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/peoplesoft/peoplesoftsim"
)

// way is one transport of one document: how the site is, and what its profile says.
type way struct {
	name  string
	kind  connector.Kind
	match string // the simulator's name of its writes
	site  peoplesoftsim.Site
	edits []any
	class connector.Class
}

func ownService(document, number string, more doc) []any {
	s := doc{"url": "/PSIGW/RESTListeningConnector/{node}/UNI_" + strings.ToUpper(document) + ".v1/", "success_pointer": "/Response/Status", "messages_pointer": "/Response/Message", "key_pointers": doc{number: "/Response/" + number}}
	for k, v := range more {
		s[k] = v
	}
	return []any{"profile.write." + document + ".transport", "custom_rest", "profile.custom_rest." + document, s}
}

// ways are all transports of PEOPLESOFT.md §4.0 in all their forms.
func ways() []way {
	own := peoplesoftsim.Site{OrderREST: "UNI_PO.v1", VendorREST: "UNI_VENDOR.v1", VoucherREST: "UNI_VOUCHER.v1"}
	can := []any{"profile.po.can_update", true, "profile.po.can_cancel", true, "profile.po.can_close", true}
	with := func(base []any, more ...any) []any { return append(slices.Clone(base), more...) }
	natural, refused, duplicate := connector.ClassNatural, connector.ClassRefused, connector.ClassDuplicate
	byMessage := []any{"profile.write.vendor.transport", "message"}
	return []way{
		{"order by SOAP", connector.PurchaseOrder, "ci.JGR_PO_CI.[cu]*", peoplesoftsim.Site{}, can, natural},
		{"order by SOAP, parts", connector.PurchaseOrder, "ci.JGR_PO_CI.[cu]*", peoplesoftsim.Site{}, with(can, "profile.po.update_verb", "updatedata"), natural},
		{"order by REST", connector.PurchaseOrder, "ci.JGR_PO_CI.[cu]*", peoplesoftsim.Site{}, with(can, "profile.write.po.transport", "rest_ci"), natural},
		{"order by its own service", connector.PurchaseOrder, "rest.po", own, with(can, ownService("po", "PO_ID", nil)...), natural},
		{"supplier by SOAP", connector.Supplier, "ci.JGR_VNDR_CI.[cu]*", peoplesoftsim.Site{}, nil, natural},
		{"supplier by SOAP, parts", connector.Supplier, "ci.JGR_VNDR_CI.[cu]*", peoplesoftsim.Site{}, []any{"profile.vendor.update_verb", "updatedata"}, natural},
		{"supplier by REST", connector.Supplier, "ci.JGR_VNDR_CI.[cu]*", peoplesoftsim.Site{}, []any{"profile.write.vendor.transport", "rest_ci"}, natural},
		{"supplier by message", connector.Supplier, "message.VENDOR_SYNC", peoplesoftsim.Site{}, byMessage, refused},
		{"supplier by message in SOAP", connector.Supplier, "message.VENDOR_SYNC", peoplesoftsim.Site{}, with(byMessage, "profile.message.envelope", "soap"), duplicate},
		{"supplier by its own service", connector.Supplier, "rest.vendor", own, ownService("vendor", "VENDOR_ID", nil), natural},
		{"voucher by headers", connector.Invoice, "message.VOUCHER_BUILD", peoplesoftsim.Site{}, nil, refused},
		{"voucher by query", connector.Invoice, "message.VOUCHER_BUILD", peoplesoftsim.Site{}, []any{"profile.message.envelope", "query"}, refused},
		{"voucher in one document", connector.Invoice, "message.VOUCHER_BUILD", peoplesoftsim.Site{}, []any{"profile.message.envelope", "ibrequest"}, duplicate},
		{"voucher in one document, guarded", connector.Invoice, "message.VOUCHER_BUILD", peoplesoftsim.Site{}, []any{"profile.message.envelope", "ibrequest", "profile.message.external_id", "ibrequest"}, refused},
		{"voucher in SOAP", connector.Invoice, "message.VOUCHER_BUILD", peoplesoftsim.Site{}, []any{"profile.message.envelope", "soap"}, duplicate},
		{"voucher in SOAP, guarded", connector.Invoice, "message.VOUCHER_BUILD", peoplesoftsim.Site{}, []any{"profile.message.envelope", "soap", "profile.message.external_id", "query"}, refused},
		{"voucher by its own service", connector.Invoice, "rest.voucher", own, ownService("voucher", "VOUCHER_ID", nil), natural},
	}
}

// trouble is what may go wrong with one write. Without doubt it surely was not done.
type trouble struct {
	name  string
	fault peoplesoftsim.Fault
	doubt bool
}

func troubles() []trouble {
	f := func(kind string, after bool) peoplesoftsim.Fault {
		return peoplesoftsim.Fault{Kind: kind, After: after, Times: 1}
	}
	status := func(code int, after bool) peoplesoftsim.Fault {
		return peoplesoftsim.Fault{Kind: "status", Status: code, After: after, Times: 1}
	}
	out := []trouble{
		{"the connection is lost before anything is done", f("reset", false), true}, {"the answer is lost after it is saved", f("reset", true), true},
		{"the answer is cut", f("cut", true), true}, {"half an answer, complete as HTTP", f("truncated", true), true},
		{"the call takes longer than we wait", peoplesoftsim.Fault{Kind: "delay", Delay: time.Minute, Times: 1}, true},
		{"an empty 500 of Production, nothing done", f("production", false), true}, {"an empty 500 of Production, saved", f("production", true), true},
		{"Jolt, nothing done", f("jolt", false), true}, {"Jolt, saved", f("jolt", true), true},
		{"a web page with 200, nothing done", f("html", false), true}, {"a web page with 200, saved", f("html", true), true},
		{"an empty 200, nothing done", f("empty", false), true}, {"an empty 200, saved", f("empty", true), true},
		{"no JSON and no XML, saved", f("not_json", true), true}, {"an application's error with 200, saved", f("errmsgtext", true), true},
		{"a redirect to a sign-on page", f("redirect", false), false}, {"no routing, with 200", peoplesoftsim.Fault{Kind: "routing", Status: 200, Times: 1}, false},
		{"a wrong node", f("wrong_node", false), false}, {"refused at the door", f("unauthorized", false), false}, {"throttled", status(429, false), false},
		{"the domain is down", f("contact", false), false},
	}
	for _, code := range []int{502, 503, 504} {
		out = append(out, trouble{fmt.Sprintf("a %d, nothing done", code), status(code, false), true}, trouble{fmt.Sprintf("a %d, saved", code), status(code, true), true})
	}
	return out
}

// TestNothingIsEnteredTwiceWhateverGoesWrong writes everything in every way, with every trouble, and goes on as the engine
// does: by Decide and Find, never again while it is not known that nothing was done. In the end it is there, once.
func TestNothingIsEnteredTwiceWhateverGoesWrong(t *testing.T) {
	t.Parallel()
	for _, x := range ways() {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			w := connect(t, peoplesoftsim.Options{Site: x.site, Journal: 1}, x.edits...)
			if got := w.i.Kind(x.kind).Class; got != x.class {
				t.Fatalf("class %s, want %s", got, x.class)
			}
			number := 0
			for _, operation := range operationsOf(x.kind) {
				for n, tr := range troubles() {
					if testing.Short() && n%3 != len(x.name)%3 {
						continue
					}
					number++
					d := &driver{world: w, kind: x.kind, number: fmt.Sprintf("%07d", number), about: operation + ", " + tr.name, doubt: tr.doubt}
					d.begin(operation)
					tr.fault.Match = x.match
					if err := w.sim.Fault(tr.fault); err != nil {
						t.Fatal(err)
					}
					d.drive()
					d.judge(tr.fault.After || tr.fault.Kind == "delay")
				}
			}
		})
	}
}

func operationsOf(k connector.Kind) []string {
	switch k {
	case connector.PurchaseOrder:
		return []string{"new", "change", "cancel", "close"}
	case connector.Supplier:
		return []string{"new", "change", "inactivate"}
	}
	return []string{"new"}
}

// driver does with one record what the engine does, over the public interfaces only.
type driver struct {
	*world
	kind   connector.Kind
	number string // of the record
	about  string
	doubt  bool // the first answer must say that it may have happened
	write  connector.Write
	owned  connector.Document
	link   string // ID of the target, "" while nothing is linked
	before *connector.Agreement
	sent   int // writes
	done   string
}

func (d *driver) fail(format string, args ...any) {
	d.t.Errorf("%s: %s", d.about, fmt.Sprintf(format, args...))
}

// begin makes the write: for a change of something that is there it is entered first.
func (d *driver) begin(operation string) {
	var whole connector.Document
	switch d.kind {
	case connector.PurchaseOrder:
		whole = d.order("JGR-PO-" + d.number)
	case connector.Supplier:
		whole = d.supplier("JGR-" + d.number)
	default:
		whole = d.invoice(d.number)
	}
	d.write = connector.Write{Kind: d.kind, Operation: connector.OpCreate, Document: whole}
	d.owned = whole.Clone()
	delete(d.owned, "PO_ID")
	delete(d.owned, "VENDOR_ID")
	if operation == "new" {
		return
	}
	if _, err := d.i.(connector.Sink).Write(context.Background(), d.write); err != nil {
		d.t.Fatal(err)
	}
	found, err := d.i.(connector.Finder).Find(context.Background(), connector.Lookup{Kind: d.kind, Document: whole})
	if err != nil || len(found) != 1 {
		d.t.Fatalf("%d found, %v", len(found), err)
	}
	d.link = found[0].ID
	previous := d.owned
	d.before = &connector.Agreement{Owned: previous, Fingerprint: previous.Fingerprint()}
	d.owned = previous.Clone()
	d.write.Operation, d.write.TargetID, d.write.Previous = connector.OpUpdate, d.link, previous
	switch operation {
	case "cancel":
		d.write.Operation = connector.OpCancel
		d.owned["PO_STATUS"] = "X"
	case "close":
		d.owned["PO_STATUS"] = "C"
	case "inactivate":
		d.write.Operation = connector.OpCancel
		d.owned["VENDOR_STATUS"] = "I"
	default:
		d.change()
	}
	d.write.Document = d.owned
}

func (d *driver) change() {
	d.now = d.now.Add(48 * time.Hour) // another day: a dated row is inserted
	if d.kind == connector.PurchaseOrder {
		d.owned["PO_LINE"].([]any)[0].(doc)["DESCR254_MIXED"] = "Gloves, L only"
		return
	}
	address := d.owned["VNDR_ADDR_SCROL"].([]any)[0].(doc)["VENDOR_ADDR"].([]any)[0].(doc)
	address["CITY"], address["EFFDT"] = "Duluth", d.now.Format(time.DateOnly)
	location := d.owned["VNDR_LOC_SCROL"].([]any)[0].(doc)["VENDOR_LOC"].([]any)[0].(doc)
	delete(location, "EFFDT") // nothing of it changes: its row stays
	d.owned["NAME2"] = "and Sons"
}

// drive goes on until it is delivered, or nothing more can be done.
func (d *driver) drive() {
	for range 6 {
		if d.done != "" {
			return
		}
		found := d.find()
		s := connector.Situation{Rules: connector.Rules{CanUpdate: d.link != "", CanCancel: d.link != ""}, Passed: true, Linked: d.link != "", Sent: d.sent > 0, Wanted: d.owned, Agreed: d.before, Looked: true, Target: found}
		switch decision := connector.Decide(s); decision.Action {
		case connector.ActCreate, connector.ActUpdate:
			d.send()
		case connector.ActAdopt, connector.ActUnchanged:
			d.done = found[0].ID
		default:
			d.fail("%s: %s", decision.Action, decision.Reason)
			return
		}
	}
}

func (d *driver) find() []connector.Found {
	found, err := d.i.(connector.Finder).Find(context.Background(), connector.Lookup{Kind: d.kind, ID: d.link, Document: d.write.Document})
	if err != nil {
		d.fail("the look-up: %v", err)
	}
	return found
}

// send writes once, and settles the doubt of an answer that does not tell.
func (d *driver) send() {
	d.sent++
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	gone := make(chan struct{})
	d.sleep = func(time.Duration) { cancel(); <-gone } // the answer comes when nobody waits for it
	r, err := d.i.(connector.Sink).Write(ctx, d.write)
	close(gone)
	code := connector.CodeOf(err)
	if d.sent == 1 && (code == connector.Ambiguous) != d.doubt {
		d.fail("the answer is %q (%v), doubt %v expected", code, err, d.doubt)
	}
	if err == nil && (r.ID != "" || d.link != "") {
		d.done = r.ID
	}
	if err != nil && code != connector.Ambiguous {
		return // it surely was not done: a person, or time, sets it right
	}
	found := d.find()
	if len(found) == 1 && (d.link == "" || connector.Covers(found[0].Document, d.owned)) {
		d.done = found[0].ID
		return
	}
	if late := d.i.Kind(d.kind).Late; len(found) == 0 && late > 0 {
		d.now = d.now.Add(late) // until then absence proves nothing; a person has it sent again as another one
		d.write.Lost++
	}
}

// judge holds what is there against what was to be.
func (d *driver) judge(saved bool) {
	if d.done == "" {
		d.fail("given up after %d writes", d.sent)
		return
	}
	if want := map[bool]int{true: 1, false: 2}[saved]; d.sent != want {
		d.fail("written %d times, %d expected", d.sent, want)
	}
	var list []*peoplesoftsim.Row
	field, value := "PO_REF", "JGR-PO-"+d.number
	switch d.kind {
	case connector.PurchaseOrder:
		list = d.sim.Orders()
	case connector.Supplier:
		list, field, value = d.sim.Vendors(), "AR_NUM", "JGR-"+d.number
	default:
		list, field, value = append(d.sim.Staged(), append(d.sim.PreEdits(), d.sim.Vouchers()...)...), "INVOICE_ID", "TG-"+d.number
	}
	n := 0
	for _, r := range list {
		if r.Get(field) == value {
			n++
		}
	}
	if n != 1 {
		d.fail("it is there %d times", n)
	}
	if found := d.find(); len(found) != 1 || found[0].ID != d.done || d.link != "" && !connector.Covers(found[0].Document, d.owned) {
		d.fail("what is there is not what was to be")
	}
}
