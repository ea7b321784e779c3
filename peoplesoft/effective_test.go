package peoplesoft_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/peoplesoft/peoplesoftsim"
)

// supplied is a site with one supplier of ours, paid by ACH, whose rows begin on the day that it was entered.
func supplied(t *testing.T, edits ...any) (*world, string) {
	t.Helper()
	w := connect(t, peoplesoftsim.Options{KeepBodies: true, Site: peoplesoftsim.Site{VendorREST: "UNI_VENDOR.v1"}}, edits...)
	d := w.supplier("JGR-1")
	d["VNDR_LOC_SCROL"] = append(d["VNDR_LOC_SCROL"].([]any), doc{"VNDR_LOC": "WEST", "DEFAULT_LOC_FLG": "N", "VENDOR_LOC": []any{doc{"EFFDT": "2026-03-04", "EFF_STATUS": "A", "CURRENCY_CD": "USD"}}})
	w.write(connector.Supplier, d)
	found, err := w.i.(connector.Finder).Find(t.Context(), connector.Lookup{Kind: connector.Supplier, Document: d})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d found, %v", len(found), err)
	}
	if err := w.sim.PayBy(found[0].ID, "ACH"); err != nil {
		t.Fatal(err)
	}
	return w, found[0].ID
}

func (w *world) changeSupplier(id string, d, previous connector.Document) (connector.Receipt, error) {
	return w.i.(connector.Sink).Write(w.t.Context(), connector.Write{Kind: connector.Supplier, Operation: connector.OpUpdate, TargetID: id, Document: d, Previous: previous})
}

// rowsOf are the dated rows of a supplier as "date field=value …", by the path of their scroll.
func (w *world) rowsOf(id, scroll, record string, fields ...string) map[string][]string {
	out := map[string][]string{}
	for _, v := range w.sim.Vendors() {
		if v.Get("SETID")+"/"+v.Get("VENDOR_ID") != id {
			continue
		}
		for _, s := range v.Below[scroll] {
			key := s.Get("VNDR_LOC") + s.Get("ADDRESS_SEQ_NUM")
			for _, r := range s.Below[record] {
				said := r.Get("EFFDT") + " " + r.Get("EFF_STATUS")
				for _, f := range fields {
					said += " " + r.Get(f)
				}
				for _, p := range r.Below["VENDOR_PAY"] {
					said += " " + p.Get("PYMNT_METHOD")
				}
				out[key] = append(out[key], said)
			}
		}
	}
	return out
}

func city(name string) connector.Document {
	return connector.Document{"VNDR_ADDR_SCROL": []any{doc{"ADDRESS_SEQ_NUM": "1", "VENDOR_ADDR": []any{doc{"CITY": name}}}}}
}

// A dated row is never edited: what a site's mapping owns of a supplier goes into a row of today, with all that the one in
// force holds; on the same day that row is corrected. Today is a day in the base time zone.
func TestASupplierChangesByEffectiveDate(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name  string
		edits []any
		blind bool // only the primary address and the default location are seen
	}{
		{"by SOAP", nil, false}, {"by SOAP, parts", []any{"profile.vendor.update_verb", "updatedata"}, false}, {"by REST", []any{"profile.write.vendor.transport", "rest_ci"}, false},
		{"by REST, parts", []any{"profile.write.vendor.transport", "rest_ci", "profile.vendor.update_verb", "updatedata", "profile.rest_ci.url.vendor_updatedata", "/PSIGW/RESTListeningConnector/{node}/CIRT_{ci}.v1/UD/"}, false},
		{"by message", []any{"profile.write.vendor.transport", "message"}, true}, {"by its own service", ownService("vendor", "VENDOR_ID", nil), true},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			w, id := supplied(t, x.edits...)
			step := func(what string, d, previous connector.Document, rows map[string][]string) {
				t.Helper()
				if _, err := w.changeSupplier(id, d, previous); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if got := w.rowsOf(id, "VNDR_ADDR_SCROL", "VENDOR_ADDR", "CITY", "POSTAL"); !slices.Equal(got["1"], rows["1"]) {
					t.Errorf("%s: addresses %q, want %q", what, got["1"], rows["1"])
				}
			}
			w.now = time.Date(2026, 3, 7, 4, 0, 0, 0, time.UTC) // the evening of the 6th in Chicago
			step("another city", city("Duluth"), city("Springfield"), map[string][]string{"1": {"2026-03-04 A Springfield 55000", "2026-03-06 A Duluth 55000"}})
			step("corrected on the same day", city("Ely"), city("Duluth"), map[string][]string{"1": {"2026-03-04 A Springfield 55000", "2026-03-06 A Ely 55000"}})
			before := len(w.sim.Effects("vendor.update"))
			step("the same again", city("Ely"), city("Ely"), map[string][]string{"1": {"2026-03-04 A Springfield 55000", "2026-03-06 A Ely 55000"}})
			if n := len(w.sim.Effects("vendor.update")); n != before {
				t.Errorf("what PeopleSoft holds already was sent")
			}
			w.now = w.now.Add(24 * time.Hour)
			terms := connector.Document{"NAME2": "and Sons", "VNDR_LOC_SCROL": []any{doc{"VNDR_LOC": "MAIN", "VENDOR_LOC": []any{doc{"PYMNT_TERMS_CD": w.company.Terms[0].PeopleSoft}}}}}
			step("other terms, and a field of the header", terms, nil, map[string][]string{"1": {"2026-03-04 A Springfield 55000", "2026-03-06 A Ely 55000"}})
			got := w.rowsOf(id, "VNDR_LOC_SCROL", "VENDOR_LOC", "CURRENCY_CD", "PYMNT_TERMS_CD")
			pay := " ACH"
			if x.blind {
				pay = " CHK" // what the look-up does not show can't be carried over: PeopleSoft's default
			}
			if want := []string{"2026-03-04 A USD  ACH", "2026-03-07 A USD " + w.company.Terms[0].PeopleSoft + pay}; !slices.Equal(got["MAIN"], want) || len(got["WEST"]) != 1 {
				t.Errorf("locations %q, want %q", got, want)
			}
		})
	}
}

// TestARowOfTheFutureStaysAsItIs: what is in force today is changed, whatever was entered for later.
func TestARowOfTheFutureStaysAsItIs(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"update", "updatedata"} {
		w, id := supplied(t, "profile.vendor.update_verb", verb)
		later := city("Duluth")
		later["VNDR_ADDR_SCROL"].([]any)[0].(doc)["VENDOR_ADDR"].([]any)[0].(doc)["EFFDT"] = "2026-12-01"
		w.now = time.Date(2026, 3, 6, 18, 0, 0, 0, time.UTC)
		for _, d := range []connector.Document{later, {"VNDR_ADDR_SCROL": []any{doc{"ADDRESS_SEQ_NUM": "1", "VENDOR_ADDR": []any{doc{"POSTAL": "55001"}}}}}} {
			if _, err := w.changeSupplier(id, d, nil); err != nil {
				t.Fatalf("%s: %v", verb, err)
			}
		}
		got := w.rowsOf(id, "VNDR_ADDR_SCROL", "VENDOR_ADDR", "CITY", "POSTAL")["1"]
		slices.Sort(got)
		if want := []string{"2026-03-04 A Springfield 55000", "2026-03-06 A Springfield 55001", "2026-12-01 A Duluth 55000"}; !slices.Equal(got, want) {
			t.Errorf("%s: addresses %q, want %q", verb, got, want)
		}
	}
}

func TestASupplierThatLosesALocationOrAll(t *testing.T) {
	t.Parallel()
	w, id := supplied(t)
	w.now = w.now.Add(72 * time.Hour)
	location := func(names ...string) connector.Document {
		var list []any
		for _, n := range names {
			list = append(list, doc{"VNDR_LOC": n, "VENDOR_LOC": []any{doc{"EFF_STATUS": "A"}}})
		}
		return connector.Document{"VNDR_LOC_SCROL": list}
	}
	if _, err := w.changeSupplier(id, location("MAIN"), location("MAIN", "WEST")); err != nil {
		t.Fatal(err)
	}
	if got := w.rowsOf(id, "VNDR_LOC_SCROL", "VENDOR_LOC"); !slices.Equal(got["WEST"], []string{"2026-03-04 A CHK", "2026-03-07 I CHK"}) || len(got["MAIN"]) != 1 {
		t.Errorf("a location that is gone: %q", got)
	}
	if _, err := w.changeSupplier(id, location("MAIN"), location("MAIN", "WEST")); err != nil {
		t.Errorf("once more: %v", err)
	}
	if _, err := w.i.(connector.Sink).Write(t.Context(), connector.Write{Kind: connector.Supplier, Operation: connector.OpCancel, TargetID: id, Document: location("MAIN")}); err != nil {
		t.Fatal(err)
	}
	found, err := w.i.(connector.Finder).Find(t.Context(), connector.Lookup{Kind: connector.Supplier, ID: id})
	if err != nil || len(found) != 1 || found[0].Standing != connector.Refused {
		t.Errorf("after it was made inactive: %+v, %v", found, err)
	}
	if got := w.rowsOf(id, "VNDR_LOC_SCROL", "VENDOR_LOC"); len(got["MAIN"]) != 1 || len(got["WEST"]) != 2 {
		t.Errorf("that touched its locations: %q", got)
	}
}

// What can't be seen can't be carried over, and so is not overwritten.
func TestAnAddressThatIsNotSeenIsNotChangedBlind(t *testing.T) {
	t.Parallel()
	for _, edits := range [][]any{{"profile.write.vendor.transport", "message"}, ownService("vendor", "VENDOR_ID", nil)} {
		w, id := supplied(t, edits...)
		other := connector.Document{"VNDR_LOC_SCROL": []any{doc{"VNDR_LOC": "WEST", "VENDOR_LOC": []any{doc{"CURRENCY_CD": "CAD"}}}}}
		_, err := w.changeSupplier(id, other, other)
		if e := connector.AsError(err); e == nil || e.Code != connector.Conflict || !strings.Contains(e.Message, "WEST") {
			t.Errorf("%v", err)
		}
	}
	w, _ := supplied(t)
	if _, err := w.changeSupplier("SHARE/0000099999", city("Ely"), nil); connector.CodeOf(err) != connector.NotFound {
		t.Errorf("a supplier that is not there: %v", err)
	}
}

// TestSlowMornings: for hours the queue holds what was accepted and the batch does not run. Nothing is doubled by asking, and
// all is there afterwards.
func TestSlowMornings(t *testing.T) {
	t.Parallel()
	for _, x := range ways() {
		if x.kind == connector.PurchaseOrder {
			continue
		}
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			slept := 0
			w := connect(t, peoplesoftsim.Options{Site: x.site, Life: peoplesoftsim.Life{Build: peoplesoftsim.Immediately}, Morning: peoplesoftsim.Morning{From: 12, To: 17, Answer: time.Minute}}, x.edits...)
			w.sleep = func(time.Duration) { slept++ } // it is noon in Chicago
			d, field := w.invoice("0000008"), "INVOICE_ID"
			if x.kind == connector.Supplier {
				d, field = w.supplier("JGR-8"), "AR_NUM"
			}
			write := connector.Write{Kind: x.kind, Operation: connector.OpCreate, Document: d}
			for range 2 { // the second time by a person who lost patience, or an engine that lost its answer
				if _, err := w.i.(connector.Sink).Write(context.Background(), write); err != nil && connector.CodeOf(err) != connector.Conflict && connector.CodeOf(err) != connector.Rejected {
					t.Fatal(err)
				}
				if x.class != connector.ClassRefused {
					break // it is not sent again before it is known that it is not there
				}
			}
			if x.kind == connector.Invoice {
				if life, err := w.i.(connector.Tracker).Track(t.Context(), connector.Track{Kind: x.kind, ID: "US001/J0000008", Sent: w.now}); err != nil || life.Stage != connector.StageSent && life.Stage != connector.StageStaged {
					t.Errorf("in the morning it is %+v, %v", life, err)
				}
			}
			w.now = w.now.Add(6 * time.Hour)
			found, err := w.i.(connector.Finder).Find(t.Context(), connector.Lookup{Kind: x.kind, Document: d})
			n := 0
			for _, r := range append(w.sim.Vendors(), append(w.sim.Vouchers(), append(w.sim.Staged(), w.sim.PreEdits()...)...)...) {
				if r.Get(field) == d.Text(field) {
					n++
				}
			}
			if err != nil || len(found) != 1 || n != 1 {
				t.Errorf("in the afternoon %d are there and %d found, %v", n, len(found), err)
			}
			if slept == 0 {
				t.Error("no answer was slow")
			}
		})
	}
}
