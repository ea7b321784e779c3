package sample_test

import (
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"ml-connector/sample"
)

var moment = time.Date(2026, 3, 4, 10, 11, 12, 345678901, time.UTC)

func TestSameSeedGivesTheSameCompany(t *testing.T) {
	t.Parallel()
	a, b := sample.New(7, sample.Small(), moment), sample.New(7, sample.Small(), moment)
	if !reflect.DeepEqual(a, b) {
		t.Error("two companies of one seed differ")
	}
	if reflect.DeepEqual(a.Orders, sample.New(8, sample.Small(), moment).Orders) {
		t.Error("another seed gives the same orders")
	}
}

func TestSizesAreKept(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]sample.Size{"default": sample.Default(), "small": sample.Small()} {
		c := sample.New(1, size, moment)
		got := sample.Size{Suppliers: len(c.Suppliers), Accounts: len(c.Accounts), Requisitions: len(c.Requisitions), Orders: len(c.Orders), Invoices: len(c.Invoices), MaxLines: size.MaxLines}
		if got != size {
			t.Errorf("%s: got %+v, want %+v", name, got, size)
		}
	}
}

func TestKeysAreUniqueAndFieldsFit(t *testing.T) {
	t.Parallel()
	c := sample.New(1, sample.Default(), moment)
	seen := map[string]bool{}
	once := func(kind, key string) {
		if seen[kind+key] {
			t.Errorf("%s %s is there twice", kind, key)
		}
		seen[kind+key] = true
	}
	fits := func(what, value string, limit int) {
		if utf8.RuneCountInString(value) > limit {
			t.Errorf("%s %q is longer than %d", what, value, limit)
		}
	}
	for _, s := range c.Suppliers {
		once("vendor", s.VendorID)
		fits("VENDOR_ID", s.VendorID, 10)
		fits("VENDOR_NAME_SHORT", s.ShortName, 14)
		fits("NAME1", s.Name1, 40)
		fits("NAME2", s.Name2, 40)
	}
	for _, a := range c.Accounts {
		once("account", a.Value)
		fits("ACCOUNT", a.Value, 10)
		for _, r := range a.Rows {
			fits("DESCR", r.Description, 30)
			fits("DESCRSHORT", r.Short, 10)
		}
	}
	for _, r := range c.Requisitions {
		once("requisition", r.BusinessUnit+r.ID)
	}
	for _, o := range c.Orders {
		once("order", o.Number)
	}
	for _, v := range c.Invoices {
		once("invoice", v.Number)
	}
}

func TestRequisitionSumsAreExact(t *testing.T) {
	t.Parallel()
	for _, r := range sample.New(1, sample.Default(), moment).Requisitions {
		for _, l := range r.Lines {
			for _, s := range l.Schedules {
				total := "0.00"
				for _, d := range s.Distributions {
					total = sample.Sum(total, d.Amount)
				}
				exact := total == s.Amount && s.Amount == sample.Extend(s.Quantity, s.Price)
				if !exact && r.Note != "distributions do not sum" {
					t.Errorf("%s line %d: distributions %s, amount %s", r.ID, l.Number, total, s.Amount)
				}
			}
		}
	}
}

func TestOrderAndInvoiceTotalsAreTheSumOfTheirLines(t *testing.T) {
	t.Parallel()
	c := sample.New(1, sample.Default(), moment)
	for _, o := range c.Orders {
		total := "0.00"
		for _, l := range o.Lines {
			total = sample.Sum(total, l.Amount)
			checkSplits(t, o.Number, l.Amount, l.Distribution, l.Splits)
		}
		if (total != o.Total) != (o.Note == "total differs from the lines") {
			t.Errorf("%s: lines %s, total %s, note %q", o.Number, total, o.Total, o.Note)
		}
	}
	for _, v := range c.Invoices {
		total := sample.Sum(v.Tax1, v.Tax2, v.Shipping, v.Handling, sample.Negate(v.Discount))
		for _, f := range v.Fees {
			total = sample.Sum(total, f.Amount)
		}
		for _, l := range v.Lines {
			total = sample.Sum(total, l.Amount)
			checkSplits(t, v.Number, l.Amount, l.Distribution, l.Splits)
		}
		if v.Total != "" && (total != v.Total) != (v.Note == "amounts do not add up") {
			t.Errorf("%s: sum %s, total %s, note %q", v.Number, total, v.Total, v.Note)
		}
	}
}

func checkSplits(t *testing.T, number, amount, distribution string, splits []sample.Split) {
	t.Helper()
	want := map[string]string{"AmountOfPrice": amount, "PercentOfPrice": "100", "": ""}[distribution]
	total := "0"
	for _, s := range splits {
		if s.Value != "" {
			total = sample.Sum(total, s.Value)
		}
	}
	if want != "" && total != want {
		t.Errorf("%s: splits %s, want %s", number, total, want)
	}
	if (distribution == "") != (len(splits) == 1) {
		t.Errorf("%s: %d splits with distribution %q", number, len(splits), distribution)
	}
}

func TestReferencesResolve(t *testing.T) {
	t.Parallel()
	c := sample.New(1, sample.Default(), moment)
	vendors, accounts, orders := map[string]sample.Supplier{}, map[string]string{}, map[string]sample.Order{}
	for _, s := range c.Suppliers {
		vendors[s.VendorID] = s
	}
	for _, a := range c.Accounts {
		accounts[a.Value] = a.Note
	}
	for _, o := range c.Orders {
		orders[o.Number] = o
		if id := o.Supplier.VendorID; id != "" && !vendors[id].InJaggaer {
			t.Errorf("order %s: supplier %s is not in JAGGAER", o.Number, id)
		}
		for _, l := range o.Lines {
			for _, s := range l.Splits {
				if note, ok := accounts[s.Fields[0].Value]; !ok || note != "" {
					t.Errorf("order %s charges account %s (%s)", o.Number, s.Fields[0].Value, note)
				}
			}
		}
	}
	for _, r := range c.Requisitions {
		for _, l := range r.Lines {
			if v, ok := vendors[l.VendorID]; l.VendorID != "" && r.Note == "" && (!ok || v.Status != "A" || v.Note != "") {
				t.Errorf("requisition %s: supplier %s %q", r.ID, l.VendorID, v.Note)
			}
		}
	}
	for _, v := range c.Invoices {
		for _, l := range v.Lines {
			if o, ok := orders[l.OrderNumber]; l.OrderNumber != "" && (!ok || o.Note != "" || o.Supplier != v.Supplier) {
				t.Errorf("invoice %s is on order %q", v.Number, l.OrderNumber)
			}
		}
	}
}

func TestStampsLieWithinTenDays(t *testing.T) {
	t.Parallel()
	c := sample.New(3, sample.Small(), moment)
	for _, r := range c.Requisitions {
		if age := c.Now.Sub(r.Updated); age <= 0 || age > 241*time.Hour {
			t.Errorf("requisition %s changed %s ago", r.ID, age)
		}
	}
	for _, o := range c.Orders {
		if age := c.Now.Sub(o.Updated); age <= 0 || age > 241*time.Hour || o.Created.After(o.Updated) {
			t.Errorf("order %s changed %s ago", o.Number, age)
		}
	}
}

func TestNearlyEverythingMovesAndEachReasonToWaitIsThere(t *testing.T) {
	t.Parallel()
	c := sample.New(1, sample.Default(), moment)
	notes, records := map[string]int{}, 0
	add := func(note string) { notes[note]++; records++ }
	for _, x := range c.Suppliers {
		add(x.Note)
	}
	for _, x := range c.Registrations {
		add(x.Note)
	}
	for _, x := range c.Requisitions {
		add(x.Note)
	}
	for _, x := range c.Orders {
		add(x.Note)
	}
	for _, x := range c.Invoices {
		add(x.Note)
	}
	if moving := notes[""]; moving*100 < records*90 {
		t.Errorf("only %d of %d move", moving, records)
	}
	for _, want := range []string{
		"inactive", "denied", "unapproved", "employee", "one-time", "an existing vendor has the same name", "name over 80 characters", "on hold", "pending approval",
		"budget error", "distributions do not sum", "unknown supplier", "in workflow", "commodity without a crosswalk row", "total differs from the lines", "cancelled",
		"not payable yet", "amounts do not add up", "invoice number over 30 characters",
	} {
		if notes[want] == 0 {
			t.Errorf("no record says %q", want)
		}
	}
}

func TestCrosswalksCoverEveryCodeInUse(t *testing.T) {
	t.Parallel()
	c := sample.New(1, sample.Default(), moment)
	has := func(name, jaggaer, peoplesoft string) bool {
		for _, r := range c.Crosswalks[name] {
			if r.Jaggaer == jaggaer || r.PeopleSoft == peoplesoft {
				return true
			}
		}
		return false
	}
	for _, o := range c.Orders {
		for _, l := range o.Lines {
			if has("category", l.Commodity, "-") == (l.Commodity == sample.UnmappedCommodity) || !has("uom", l.Unit, "-") {
				t.Errorf("order %s: commodity %s, unit %s", o.Number, l.Commodity, l.Unit)
			}
		}
		if !has("business_unit", o.BusinessUnit, "-") || !has("buyer", o.Requestor, "-") || !has("ship_to", o.ShipTo, "-") {
			t.Errorf("order %s: %s %s %s", o.Number, o.BusinessUnit, o.Requestor, o.ShipTo)
		}
	}
	for _, r := range c.Requisitions {
		if !has("requestor", "-", r.Requestor) || !has("business_unit", "-", r.BusinessUnit) {
			t.Errorf("requisition %s: %s %s", r.ID, r.Requestor, r.BusinessUnit)
		}
	}
	for _, v := range c.Invoices {
		if !has("payment_terms", v.Terms, "-") {
			t.Errorf("invoice %s: terms %s", v.Number, v.Terms)
		}
	}
}

func TestMoneyRoundsHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, quantity, price, want string }{
		{"a half goes up", "1", "0.125", "0.13"},
		{"a negative half goes down", "-1", "0.125", "-0.13"},
		{"digits beyond a float stay", "100000000000000001", "1.01", "101000000000000001.01"},
		{"nothing has no sign", "-1", "0.001", "0.00"},
	} {
		if got := sample.Extend(row.quantity, row.price); got != row.want {
			t.Errorf("%s: %s × %s = %s, want %s", row.name, row.quantity, row.price, got, row.want)
		}
	}
}
