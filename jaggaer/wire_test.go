package jaggaer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/sample"
)

// tape answers from a golden file, or, when it is rewritten, from the simulator.
type tape struct {
	sim  *jaggaersim.Server // nil: play
	in   []byte
	out  bytes.Buffer
	said error
}

var errOffTape = errors.New("the request is not the one of the golden file")

// onTape is a request as bytes, but for what every call has in common.
func onTape(r connector.Request) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "> %s %s\n", r.Method, r.URL)
	for _, h := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(&b, "> %s: %s\n", h, r.Header[h])
	}
	fmt.Fprintf(&b, "%s\n", r.Body)
	return b.Bytes()
}

// Call writes or compares one request, and gives the answer that follows it.
func (c *tape) Call(ctx context.Context, r connector.Request) (*connector.Response, error) {
	sent := onTape(r)
	if c.sim != nil {
		resp, err := direct{c.sim}.Call(ctx, r)
		c.out.Write(sent)
		if err != nil {
			fmt.Fprint(&c.out, "< no answer\n\n")
			return nil, err
		}
		fmt.Fprintf(&c.out, "< %d %s %q, %d bytes\n%s\n", resp.Status, resp.Header["Content-Type"], resp.Header["Retry-After"], len(resp.Body), resp.Body)
		return resp, nil
	}
	if !bytes.HasPrefix(c.in, sent) {
		c.said = fmt.Errorf("%w: asked\n%s\nthe file goes on with\n%s", errOffTape, sent, c.in[:min(len(c.in), len(sent))])
		return nil, c.said
	}
	line, rest, _ := bytes.Cut(c.in[len(sent):], []byte("\n"))
	if c.in = rest[min(1, len(rest)):]; string(line) == "< no answer" {
		return nil, connector.Errorf(connector.Ambiguous, "", "the connection was cut before the answer was whole")
	}
	before, length, _ := bytes.Cut(line, []byte(`", `))
	var status, size int
	if _, err := fmt.Sscanf(string(length), "%d bytes", &size); err != nil {
		return nil, err
	}
	if _, err := fmt.Sscanf(string(before), "< %d", &status); err != nil {
		return nil, err
	}
	kind, wait, _ := strings.Cut(string(before[min(len("< 200 "), len(before)):]), ` "`)
	c.in = rest[size+1:]
	return respond(status, string(rest[:size]), "Content-Type", kind, "Retry-After", wait), nil
}

// little is a company with a little of everything.
func little() *sample.Company {
	c := *sample.New(3, sample.Small(), noon)
	all := *sample.New(3, sample.Small(), noon)
	c.Suppliers, c.Orders, c.Invoices, c.Registrations = nil, nil, nil, c.Registrations[:1]
	wanted := map[string]bool{}
	for _, o := range all.Orders {
		if o.Supplier.VendorID != "" && len(c.Orders) < 3 {
			c.Orders, wanted[o.Supplier.VendorID] = append(c.Orders, o), true
		}
	}
	kinds := map[string]int{}
	for _, v := range all.Invoices {
		if v.Supplier.VendorID != "" && kinds[v.Type] < 2 {
			kinds[v.Type]++
			c.Invoices, wanted[v.Supplier.VendorID] = append(c.Invoices, v), true
		}
	}
	for _, s := range all.Suppliers {
		if wanted[s.VendorID] {
			c.Suppliers = append(c.Suppliers, s)
		}
	}
	c.Funds, c.Departments, c.Programs, c.Projects = all.Funds[:2], all.Departments[:1], nil, nil
	return &c
}

// wired opens an Instance in front of a golden file, or of the simulator if it is to be written anew. One call goes at a time.
func wired(t *testing.T, file string, sim *jaggaersim.Server, edits ...func(connector.Settings)) (*bench, *tape) {
	t.Helper()
	c := &tape{}
	if *update {
		c.sim = sim
	} else {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c.in = text
	}
	return open(t, c, append(edits, func(s connector.Settings) { s["concurrency"] = 1 })...), c
}

// ends compares what the client makes of the exchanges with the end of the golden file, or writes the file.
func (c *tape) ends(t *testing.T, file, result string) {
	t.Helper()
	result = "= " + strings.ReplaceAll(strings.TrimRight(result, "\n"), "\n", "\n= ") + "\n"
	switch {
	case c.said != nil:
		t.Fatalf("%s: %v", file, c.said)
	case c.sim != nil:
		c.out.WriteString(result)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, c.out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	case string(c.in) != result:
		t.Errorf("%s: the client makes of it\n%s\nthe file says\n%s", file, result, c.in)
	}
}

// told is a result in lines.
func told(v any, err error) string {
	var b strings.Builder
	if err != nil {
		fmt.Fprintf(&b, "%s: %s\n%s\n", connector.CodeOf(err), err, connector.AsError(err).Hint)
	}
	switch x := v.(type) {
	case nil:
		if err == nil {
			b.WriteString("done")
		}
	case connector.Page:
		for _, v := range x.Versions {
			fmt.Fprintf(&b, "%s %q %s %q changed %s names %v\n%s\n", v.ID, v.Numbers, v.Standing, v.Stamp, v.Changed.UTC().Format(time.RFC3339), v.Names, v.Document.Canonical())
		}
		for _, p := range x.Problems {
			fmt.Fprintf(&b, "problem %s %s\n", p.ID, p.Err.Error())
		}
		fmt.Fprintf(&b, "%d read\n", len(x.Versions))
	case []connector.Found:
		for _, f := range x {
			fmt.Fprintf(&b, "%s %q %s %q\n%s\n", f.ID, f.Numbers, f.Standing, f.Version, f.Document.Canonical())
		}
		fmt.Fprintf(&b, "%d found\n", len(x))
	case [][]connector.Found:
		for n, f := range x {
			fmt.Fprintf(&b, "%d: %s", n, told(f, nil))
		}
	case connector.Receipt:
		fmt.Fprintf(&b, "%s %q %q\n", x.ID, x.Numbers, x.Warnings)
	case []connector.Result:
		for _, r := range x {
			b.WriteString(told(r.Receipt, r.Err))
		}
	}
	return b.String()
}

// reads are all sorts of reading calls, by name.
func reads() map[string]func(*bench) (any, error) {
	read := func(q connector.Query) func(*bench) (any, error) {
		return func(b *bench) (any, error) { return b.readAll(q) }
	}
	key := func(k connector.Kind, key connector.Key) func(*bench) (any, error) {
		return read(connector.Query{Kind: k, Keys: []connector.Key{key}})
	}
	find := func(l connector.Lookup) func(*bench) (any, error) {
		return func(b *bench) (any, error) { return b.Find(b.t.Context(), l) }
	}
	changed := func(k connector.Kind) func(*bench) (any, error) {
		return read(connector.Query{Kind: k, From: noon.AddDate(0, 0, -60), To: noon.Add(time.Second)})
	}
	company := little()
	account := func(value string) connector.Lookup {
		return connector.Lookup{Kind: connector.GLAccount, Document: connector.Document{"fieldInternalName": "Fund", "value": value}}
	}
	return map[string]func(*bench) (any, error){
		"suppliers": changed(connector.Supplier), "orders": changed(connector.PurchaseOrder), "invoices": changed(connector.Invoice), "requisitions": changed(connector.Requisition),
		"values": read(connector.Query{Kind: connector.GLAccount}), "all_orders": read(connector.Query{Kind: connector.PurchaseOrder}),
		"supplier_by_id": key(connector.Supplier, connector.Key{ID: "1003800001"}), "supplier_by_number": key(connector.Supplier, connector.Key{Number: company.Suppliers[0].VendorID}),
		"order_by_number": key(connector.PurchaseOrder, connector.Key{Number: company.Orders[0].Number}), "invoice_by_number": key(connector.Invoice, connector.Key{Number: company.Invoices[0].SupplierNumber}),
		"invoice_that_is_gone": key(connector.Invoice, connector.Key{ID: "999"}), "order_that_is_nowhere": key(connector.PurchaseOrder, connector.Key{Number: "P-NOWHERE"}),
		"value_by_id":               key(connector.GLAccount, connector.Key{ID: "Fund/" + company.Funds[0].Value}),
		"supplier_by_our_number":    find(connector.Lookup{Kind: connector.Supplier, Document: connector.Document{"ERPNumber": company.Suppliers[0].VendorID}}),
		"supplier_by_their_number":  find(connector.Lookup{Kind: connector.Supplier, Document: connector.Document{"ERPNumber": "0000000000", "SQIntegrationNumber": "u1511507"}}),
		"requisition_by_our_number": find(connector.Lookup{Kind: connector.Requisition, Document: connector.Document{"ExternalReq": "US001-0000001234"}}),
		"requisition_not_there":     find(connector.Lookup{Kind: connector.Requisition, Document: connector.Document{"ExternalReq": "US001-0000009999"}}),
		"any_requisition":           find(connector.Lookup{Kind: connector.Requisition, Any: true}),
		"values_looked_up": func(b *bench) (any, error) {
			return b.FindBatch(b.t.Context(), []connector.Lookup{account(company.Funds[0].Value), account(company.Funds[1].Value), account("NOWHERE")})
		},
	}
}

// TestReadsOnTheWire plays golden exchanges: every reading call in each form of answer, request and answer as bytes, and what the client
// makes of them. `go test ./jaggaer -run OnTheWire -update` records them anew from the simulator; a person reads the difference.
func TestReadsOnTheWire(t *testing.T) {
	t.Parallel()
	legacy := func(s connector.Settings) { profileOf("legacy", "rest", "token_style")(s) }
	for form, f := range map[string]struct {
		switches jaggaersim.Switches
		edits    []func(connector.Settings)
	}{
		"bare":    {switches: jaggaersim.Switches{PageSize: 4}},
		"wrapped": {jaggaersim.Switches{PageSize: 2, CodeAsText: true, CountsAsText: true, ReturnMessage: "OK", EmptyList: "null", Detail: "envelope", DetailMissing: "code2"}, []func(connector.Settings){legacy}},
		"listed":  {jaggaersim.Switches{EmptyList: "array", Detail: "list_of_one", DetailMissing: "empty", IgnoreFilter: []string{jaggaersim.Requisition}}, nil},
	} {
		for name, do := range reads() {
			t.Run(name+", "+form, func(t *testing.T) {
				t.Parallel()
				file := filepath.Join("testdata", "reads", name+"_"+form+".txt")
				b, c := wired(t, file, littleSim(t, f.switches), f.edits...)
				got, err := do(b)
				c.ends(t, file, told(got, err))
			})
		}
	}
}

// littleSim is the site that golden exchanges are recorded from: its people have entered two requisitions.
func littleSim(t *testing.T, switches jaggaersim.Switches) *jaggaersim.Server {
	t.Helper()
	if !*update {
		return nil
	}
	company := little()
	sim := jaggaersim.New(company, jaggaersim.Options{
		Now: func() time.Time { return noon }, ClientSecret: "S3cr3t/plus +&", SharedSecret: "<shared> & secret", Pace: -1, ApproveAfter: -1, Seed: 7,
		Switches: jaggaersim.Switches{AnyValue: true},
	})
	b := simBench{bench: open(t, direct{sim}), Server: sim, company: company}
	for _, number := range []string{"US001-0000001233", "US001-0000001234"} {
		if _, err := b.Write(t.Context(), connector.Write{Kind: connector.Requisition, Document: b.requisition(number)}); err != nil {
			t.Fatal(err)
		}
	}
	sim.SetSwitches(switches)
	return sim
}

// TestWritesOnTheWire plays golden exchanges of every write by each surface: what JAGGAER takes, what it refuses, and what can't be
// told.
func TestWritesOnTheWire(t *testing.T) {
	t.Parallel()
	for _, x := range writesOnTheWire() {
		for about, fault := range x.answers {
			t.Run(x.name+", "+about, func(t *testing.T) {
				t.Parallel()
				file := filepath.Join("testdata", "writes", strings.NewReplacer(" ", "_", ",", "").Replace(x.name+"_"+about)+".txt")
				sim := littleSim(t, jaggaersim.Switches{AnyValue: true})
				if fault != "" && sim != nil {
					if err := sim.Fault(jaggaersim.Fault{Kind: fault, Operation: x.operation, Times: -1}); err != nil {
						t.Fatal(err)
					}
				}
				b, c := wired(t, file, sim, x.edits...)
				got, err := x.do(b)
				c.ends(t, file, told(got, err))
			})
		}
	}
}

// onWire is a write by a surface, and the simulator's faults that give the answers to look at; "" is none.
type onWire struct {
	name, operation string
	edits           []func(connector.Settings)
	answers         map[string]string
	do              func(*bench) (any, error)
}

func writesOnTheWire() []onWire {
	company := little()
	by := func(transport, operation string) []func(connector.Settings) {
		return []func(connector.Settings){profileOf(transport, "operations", operation)}
	}
	write := func(w connector.Write) func(*bench) (any, error) {
		return func(b *bench) (any, error) { return b.Write(delivering(b.t, 4711), w) }
	}
	supplier := supplierDocument(company.Suppliers[0].VendorID, `O'Malley & Sons "Quality" <Tools>`)
	requisition := wireRequisition(company)
	value := func(field, value string) connector.Write {
		return connector.Write{Kind: connector.GLAccount, Document: connector.Document{"fieldInternalName": field, "value": value, "description": "R&D <supplies>", "active": "true"}}
	}
	batch := func(b *bench) (any, error) {
		return b.WriteBatch(delivering(b.t, 4711), []connector.Write{value("Account", "610099"), value("Nothing", "1"), value("Fund", company.Funds[0].Value)}), nil
	}
	tell := func(tidings connector.Tidings) func(*bench) (any, error) {
		return func(b *bench) (any, error) {
			record := connector.Document{"header": map[string]any{"invoiceNumber": company.Invoices[0].Number, "supplierInvoiceNumber": "INV-1 & 2", "supplier": map[string]any{"supplierNumber": "0000012345"}}}
			return nil, b.Acknowledge(delivering(b.t, 4711), connector.Invoice, "2700101", record, tidings)
		}
	}
	rest := map[string]string{"taken": "", "taken with a warning": "warning", "refused": "rejected", "lacks a field": "required", "exists": "exists", "changed meanwhile": "conflict", "500": "error", "502": "bad_gateway",
		"a web page": "login_page", "no JSON": "not_json", "empty": "empty", "throttled": "throttled", "no right": "forbidden", "answer lost": "reset_after", "address wrong": "not_found_html"}
	xml := map[string]string{"taken": "", "refused": "xml_rejected", "no such field": "xml_no_field", "not valid": "xml_parse_error", "not valid, 200": "xml_parse_error_200", "identity refused": "xml_unauthorized",
		"malformed": "xml_malformed", "error": "xml_error", "nothing done": "xml_counts", "accepted": "xml_accepted", "without id": "xml_no_id", "both": "xml_contradiction", "done but an error": "xml_stored_but_error",
		"502": "bad_gateway", "empty": "empty", "throttled": "throttled_bare", "answer lost": "reset_after"}
	few := func(of map[string]string, names ...string) map[string]string {
		out := map[string]string{}
		for _, n := range names {
			out[n] = of[n]
		}
		return out
	}
	part := maps.Clone(xml)
	part["one part refused"] = "xml_partial"
	create, change := connector.Write{Kind: connector.Supplier, Document: supplierDocument("0000099001", "Acme")}, connector.Write{Kind: connector.Supplier, Operation: connector.OpUpdate, TargetID: "1003800001", Document: supplier}
	order := connector.Write{Kind: connector.Requisition, Document: requisition}
	return []onWire{
		{"supplier new by XML", "supplier.write", by("xml", "supplier.write"), part, write(create)},
		{"supplier new by REST", "supplier.write", by("rest", "supplier.write"), rest, write(create)},
		{"supplier change by XML", "supplier.write", by("xml", "supplier.write"), few(xml, "taken"), write(change)},
		{"supplier change by REST", "supplier.write", by("rest", "supplier.write"), few(rest, "taken"), write(change)},
		{"requisition by XML", "requisition.create", by("xml", "requisition.create"), xml, write(order)},
		{"requisition by REST", "requisition.create", by("rest", "requisition.create"), rest, write(order)},
		{"requisition lump sum by XML", "requisition.create", append(by("xml", "requisition.create"), profileOf(true, "lump_sum")), few(xml, "taken"), write(order)},
		{"requisition lump sum by REST", "requisition.create", append(by("rest", "requisition.create"), profileOf(true, "lump_sum")), few(rest, "taken"), write(order)},
		{"values by REST", "cfv.write", nil, rest, batch},
		{"voucher by REST", "payment.write", []func(connector.Settings){overREST}, few(rest, "taken"), tell(ofVoucher())},
		{"payment by REST", "payment.write", []func(connector.Settings){overREST}, rest, tell(ofPayment("900123"))},
		{"voucher by XML", "payment.import", []func(connector.Settings){overXML}, few(xml, "taken"), tell(ofVoucher())},
		{"payment by XML", "payment.*", []func(connector.Settings){overXML}, few(xml, "taken", "refused", "error", "answer lost", "identity refused"), tell(ofPayment("900123"))},
	}
}

// wireRequisition needs no simulator to be made.
func wireRequisition(c *sample.Company) connector.Document {
	d := plainRequisition()
	d["Requestor"] = map[string]any{"username": c.Users[0].Jaggaer}
	d["ShipTo"] = map[string]any{"AddressCode": c.ShipTos[0].Jaggaer}
	for _, g := range d.List("RequisitionSupplierGroup") {
		if g.Text("SupplierNumber") != "" {
			g["SupplierNumber"] = c.Suppliers[0].VendorID
		}
	}
	return d
}
