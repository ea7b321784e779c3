package peoplesoft_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/peoplesoft"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

// rewrite is the flag -update, which the package's own golden requests have too.
func rewrite() bool { return flag.Lookup("update").Value.String() == "true" }

// wireNow is the clock of the golden exchanges.
var wireNow = time.Date(2026, 3, 4, 18, 0, 0, 0, time.UTC)

// tape answers from a golden file, or, when it is rewritten, from the simulator.
type tape struct {
	sim  *peoplesoftsim.Server // nil: play
	in   *bufio.Reader
	out  bytes.Buffer
	said error
}

var errOffTape = errors.New("the request is not the one of the golden file")

func head(r connector.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "> %s %s\n", r.Method, r.URL)
	for _, h := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(&b, "> %s: %s\n", h, r.Header[h])
	}
	return b.String()
}

// Call writes or compares one request, and gives the answer that follows it.
func (c *tape) Call(ctx context.Context, r connector.Request) (*connector.Response, error) {
	if c.sim != nil {
		resp, err := inProcess{c.sim}.Call(ctx, r)
		if err == nil {
			fmt.Fprintf(&c.out, "%s< %d %s, %d bytes\n%s\n", head(r), resp.Status, resp.Header["Content-Type"], len(resp.Body), resp.Body)
		}
		return resp, err
	}
	want := make([]byte, len(head(r)))
	if _, err := io.ReadFull(c.in, want); err != nil || string(want) != head(r) {
		c.said = fmt.Errorf("%w: asked\n%s\nthe file goes on with\n%s", errOffTape, head(r), want)
		return nil, c.said
	}
	line, err := c.in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	var status, size int
	kind, _, _ := strings.Cut(strings.TrimPrefix(line, "< "), ",")
	if _, err := fmt.Sscanf(kind, "%d", &status); err != nil {
		return nil, err
	}
	if _, err := fmt.Sscanf(line[strings.LastIndex(line, ",")+1:], "%d bytes", &size); err != nil {
		return nil, err
	}
	body := make([]byte, size+1)
	if _, err := io.ReadFull(c.in, body); err != nil {
		return nil, err
	}
	return &connector.Response{Status: status, Header: map[string]string{"Content-Type": kind[min(len(kind), 4):]}, Body: body[:size]}, nil
}

// small is a site with a little of everything.
func small(t *testing.T, o peoplesoftsim.Options) *peoplesoftsim.Server {
	t.Helper()
	c := *company()
	c.Suppliers, c.Requisitions = nil, nil
	for _, s := range company().Suppliers {
		if s.Status == "A" && len(c.Suppliers) < 3 {
			c.Suppliers = append(c.Suppliers, s)
		}
	}
	for _, r := range company().Requisitions {
		if r.BusinessUnit == "US001" && len(r.Lines) > 1 && len(c.Requisitions) < 2 {
			c.Requisitions = append(c.Requisitions, r)
		}
	}
	c.Accounts = c.Accounts[:3]
	c.Departments = append([]sample.ChartValue{}, c.Departments[:3]...)
	o.Now = func() time.Time { return wireNow }
	return peoplesoftsim.New(&c, o)
}

// operations are all that the client reads, by name.
func operations(vendor, voucher string) map[string]func(context.Context, connector.Instance) (any, error) {
	read := func(q connector.Query) func(context.Context, connector.Instance) (any, error) {
		return func(ctx context.Context, i connector.Instance) (any, error) { return i.(connector.Source).Read(ctx, q) }
	}
	keys := func(k connector.Kind, key connector.Key) func(context.Context, connector.Instance) (any, error) {
		return read(connector.Query{Kind: k, Keys: []connector.Key{key}})
	}
	find := func(l connector.Lookup) func(context.Context, connector.Instance) (any, error) {
		return func(ctx context.Context, i connector.Instance) (any, error) { return i.(connector.Finder).Find(ctx, l) }
	}
	track := func(id string) func(context.Context, connector.Instance) (any, error) {
		return func(ctx context.Context, i connector.Instance) (any, error) {
			return i.(connector.Tracker).Track(ctx, connector.Track{Kind: connector.Invoice, ID: id, Sent: wireNow})
		}
	}
	since := wireNow.AddDate(0, 0, -60)
	return map[string]func(context.Context, connector.Instance) (any, error){
		"suppliers":               read(connector.Query{Kind: connector.Supplier}),
		"supplier_by_id":          keys(connector.Supplier, connector.Key{ID: "SHARE/" + vendor}),
		"supplier_by_our_number":  find(connector.Lookup{Kind: connector.Supplier, Document: connector.Document{"SETID": "SHARE", "AR_NUM": "JGR-990001"}}),
		"accounts":                read(connector.Query{Kind: connector.GLAccount}),
		"account_by_id":           keys(connector.GLAccount, connector.Key{ID: "SHARE/ACCOUNT/" + company().Accounts[0].Value}),
		"departments":             read(connector.Query{Kind: connector.GLAccount, After: `{"part":1,"after":""}`}),
		"requisitions":            read(connector.Query{Kind: connector.Requisition, From: since, To: wireNow}),
		"orders":                  read(connector.Query{Kind: connector.PurchaseOrder, From: since, To: wireNow.Add(time.Hour)}),
		"order_by_id":             keys(connector.PurchaseOrder, connector.Key{ID: "US001/0000004711"}),
		"order_by_our_number":     find(connector.Lookup{Kind: connector.PurchaseOrder, Document: connector.Document{"BUSINESS_UNIT": "US001", "PO_REF": "JGR-PO-1"}}),
		"vouchers":                read(connector.Query{Kind: connector.Invoice, From: since, To: wireNow.Add(time.Hour)}),
		"voucher_by_id":           keys(connector.Invoice, connector.Key{ID: "US001/" + voucher}),
		"voucher_by_invoice":      find(connector.Lookup{Kind: connector.Invoice, Document: connector.Document{"BUSINESS_UNIT": "US001", "VOUCHER_ID": "J9999999", "VENDOR_ID": vendor, "INVOICE_ID": "TG-0000001"}}),
		"voucher_that_waits":      track("US001/J0000002"),
		"voucher_in_preedit":      track("US001/J0000003"),
		"voucher_that_is_paid":    track("US001/" + voucher),
		"voucher_that_is_nowhere": track("US001/J0000009"),
	}
}

// TestReadsOnTheWire plays golden exchanges: every reading operation in each form of answer, request and answer as bytes, and
// what the client makes of them. `go test ./peoplesoft -run TestReadsOnTheWire -update` records them anew from the simulator; a
// person reads the difference.
func TestReadsOnTheWire(t *testing.T) {
	t.Parallel()
	const voucher = "J0000001"
	for _, form := range []string{"json", "xmlp", "webrowset"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			sim, vendor := recorded(t)
			for name, do := range operations(vendor, voucher) {
				file := filepath.Join("testdata", "reads", name+"_"+form+".txt")
				c := &tape{}
				if rewrite() {
					c.sim = sim
				} else {
					text, err := os.ReadFile(file)
					if err != nil {
						t.Fatal(err)
					}
					c.in = bufio.NewReader(bytes.NewReader(text))
				}
				got, err := do(context.Background(), wired(t, c, form))
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				result := "= " + strings.ReplaceAll(told(got), "\n", "\n= ") + "\n"
				if rewrite() {
					if err := os.WriteFile(file, append(c.out.Bytes(), result...), 0o644); err != nil {
						t.Fatal(err)
					}
					continue
				}
				want, err := io.ReadAll(c.in)
				if err != nil || string(want) != result {
					t.Errorf("%s: the client makes of it\n%s\nthe file says\n%s", name, result, want)
				}
			}
		})
	}
}

// told is a result in lines.
func told(v any) string {
	var b strings.Builder
	switch x := v.(type) {
	case connector.Page:
		for _, v := range x.Versions {
			fmt.Fprintf(&b, "%s %q %s %q changed %s names %v\n%s\n", v.ID, v.Numbers, v.Standing, v.Stamp, v.Changed.UTC().Format(time.RFC3339), v.Names, v.Document.Canonical())
		}
		for _, p := range x.Problems {
			fmt.Fprintf(&b, "problem %s %s\n", p.ID, p.Err.Error())
		}
		fmt.Fprintf(&b, "next %s", x.Next)
	case []connector.Found:
		for _, f := range x {
			fmt.Fprintf(&b, "%s %q %s\n%s\n", f.ID, f.Numbers, f.Standing, f.Document.Canonical())
			if f.Life != nil {
				fmt.Fprintf(&b, "%s: %s\n", f.Life.Stage, f.Life.Reason)
			}
		}
		fmt.Fprintf(&b, "%d found", len(x))
	case connector.Life:
		fmt.Fprintf(&b, "%s: %s", x.Stage, x.Reason)
	}
	return b.String()
}

func wired(t *testing.T, c connector.Caller, form string) connector.Instance {
	t.Helper()
	s := connector.Settings{"host": "localhost", "port": int64(80), "tls": false, "node": "PSFT_EP", "username": "JGR_SVC", "time_zone": company().TimeZone, "business_units": []any{"US001"}}
	set(s, "profile.query.format", form)
	set(s, "profile.chartfields", []any{doc{"field": "DEPTID", "internal_name": "Department"}})
	v := peoplesoft.New().Validate(s)
	if len(v.Problems) > 0 {
		t.Fatalf("%+v", v.Problems)
	}
	i, err := peoplesoft.New().Open(connector.Opening{Connection: "erp", Settings: v.Settings, Caller: c, Now: func() time.Time { return wireNow }, Secrets: map[string]string{"password": peoplesoftsim.DefaultUser().Password}})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// recorded is the site that the golden exchanges are recorded from, after a day's work; the number of its supplier does not
// change.
func recorded(t *testing.T) (sim *peoplesoftsim.Server, vendor string) {
	t.Helper()
	sim = small(t, peoplesoftsim.Options{})
	w := &world{t: t, company: company(), sim: sim, now: wireNow}
	for _, s := range company().Suppliers {
		if s.Status == "A" {
			vendor = s.VendorID
			break
		}
	}
	if !rewrite() {
		return nil, vendor
	}
	w.i = wired(t, inProcess{sim}, "json")
	w.write(connector.Supplier, w.supplier("JGR-990001"))
	w.write(connector.PurchaseOrder, w.order("JGR-PO-1"))
	w.write(connector.Invoice, w.invoice("0000001"))
	bad := w.invoice("0000003")
	bad["VENDOR_ID"] = "NOBODY"
	w.write(connector.Invoice, bad)
	sim.Build()
	if err := sim.Pay("US001", "J0000001"); err != nil {
		t.Fatal(err)
	}
	w.write(connector.Invoice, w.invoice("0000002"))
	return sim, vendor
}
