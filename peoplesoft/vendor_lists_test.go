package peoplesoft_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/peoplesoft"
	"ml-connector/peoplesoft/peoplesoftsim"
)

// allLists are the edits of a site that reads all lists of its suppliers.
func allLists(more ...any) []any {
	out := more
	for _, l := range []string{"addresses", "locations", "contacts", "bank_accounts", "tax_numbers"} {
		out = append(out, "profile.read."+l, true)
	}
	return out
}

// keepsMuch gives every vendor contacts and numbers, and one of them more than fits on a page.
func (w *world) keepsMuch() {
	w.t.Helper()
	must := func(err error) {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	for n, v := range w.sim.Vendors() {
		id := v.Get("VENDOR_ID")
		for k := range 1 + n%3 {
			must(w.sim.SetContact("SHARE", id, fmt.Sprint(k+1), map[string]string{"EFFDT": "2020-01-01", "EFF_STATUS": "A", "CONTACT_NAME": fmt.Sprintf("Contact %d of %s", k+1, id), "EMAILID": "ar@example.com"}))
		}
		for _, l := range v.Below["VNDR_LOC_SCROL"] {
			for k := range n % 3 {
				must(w.sim.SetBankAccount("SHARE", id, l.Get("VNDR_LOC"), fmt.Sprint(k+1), map[string]string{"DEFAULT_IND": "Y", "COUNTRY": "USA", "BNK_ID_NBR": "021000021", "BANK_ACCOUNT_NUM": fmt.Sprintf("99887766%04d", 10*n+k)}))
			}
		}
		if n%2 == 0 {
			must(w.sim.SetTaxNumber("SHARE", id, "FED", fmt.Sprintf("12-345%04d", n)))
			must(w.sim.SetTaxNumber("SHARE", id, "DUN", "4711"))
		}
	}
}

// rowsOf are the values of one column of a supplier's list.
func rowsOf(v connector.Version, list, column string) []string {
	var out []string
	for _, r := range v.Document.List(list) {
		out = append(out, r.Text(column))
	}
	return out
}

// TestSuppliersWithAllTheirLists: however the pages fall and whatever caps them, each supplier has its own rows, all of them, and
// has the same ones when it is asked for by key.
func TestSuppliersWithAllTheirLists(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		format string
		size   int64
		most   int
	}{{"json", 2, 0}, {"xmlp", 3, 4}, {"webrowset", 500, 0}, {"json", 500, 4}, {"webrowset", 7, 5}} {
		t.Run(fmt.Sprintf("%s, pages of %d, at most %d rows", tc.format, tc.size, tc.most), func(t *testing.T) {
			t.Parallel()
			user := peoplesoftsim.DefaultUser()
			user.RowCap = tc.most
			w := connect(t, peoplesoftsim.Options{Users: []peoplesoftsim.User{user}}, allLists("profile.query.format", tc.format, "profile.query.page_size", tc.size)...)
			w.keepsMuch()
			vs, ps := w.read(connector.Query{Kind: connector.Supplier})
			if len(ps) > 0 || len(vs) != len(w.sim.Vendors()) {
				t.Fatalf("%d suppliers, %v", len(vs), ps)
			}
			for n, v := range w.sim.Vendors() {
				for list, want := range map[[2]string][]string{
					{"ADDRESSES", "ADDRESS_SEQ_NUM"}: below(v.Below["VNDR_ADDR_SCROL"], "ADDRESS_SEQ_NUM"), {"LOCATIONS", "VNDR_LOC"}: below(v.Below["VNDR_LOC_SCROL"], "VNDR_LOC"),
					{"CONTACTS", "CNTCT_SEQ_NUM"}: below(v.Below["VENDOR_CNTCT"], "CNTCT_SEQ_NUM"), {"TAX_NUMBERS", "STD_ID_NUM_QUAL"}: below(v.Below["VENDOR_ID_NBRS"], "STD_ID_NUM_QUAL"),
				} {
					if got := rowsOf(vs[n], list[0], list[1]); !slices.Equal(got, want) {
						t.Errorf("%s of %s are %v, expected %v", list[0], vs[n].ID, got, want)
					}
				}
				if got, want := len(vs[n].Document.List("BANK_ACCOUNTS")), n%3*len(v.Below["VNDR_LOC_SCROL"]); got != want {
					t.Errorf("%s has %d bank accounts, expected %d", vs[n].ID, got, want)
				}
				one, _ := w.read(connector.Query{Kind: connector.Supplier, Keys: []connector.Key{{ID: vs[n].ID}}})
				if len(one) != 1 || one[0].Document.Fingerprint() != vs[n].Document.Fingerprint() {
					t.Errorf("%s by key is %v, in the list %v", vs[n].ID, one, vs[n].Document)
				}
			}
		})
	}
}

func below(rows []*peoplesoftsim.Row, name string) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Get(name))
	}
	slices.Sort(out)
	return out
}

// hides remembers what may be kept nowhere.
type hides struct {
	connector.Caller
	hidden map[string]bool
}

func (h hides) Call(ctx context.Context, r connector.Request) (*connector.Response, error) {
	h.hidden[r.Op] = r.Hide
	return h.Caller.Call(ctx, r)
}

// TestBankAndTaxNumbersAreNotKept: a Document tells that a number is another one, and shows its end; whoever reads the Document or
// the Exchange does not learn the number.
func TestBankAndTaxNumbersAreNotKept(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"json", "xmlp", "webrowset"} {
		w := connect(t, peoplesoftsim.Options{}, allLists("profile.query.format", format)...)
		w.keepsMuch()
		h := hides{httpCaller{http.DefaultClient}, map[string]bool{}}
		var err error
		w.i, err = peoplesoft.New().Open(connector.Opening{Connection: "erp", Settings: w.i.Settings(), Caller: h, Now: func() time.Time { return w.now },
			Secrets: map[string]string{"password": peoplesoftsim.DefaultUser().Password}, Digest: func(v string) string { return "digest of " + v[len(v)-2:] }})
		if err != nil {
			t.Fatal(err)
		}
		vs, _ := w.read(connector.Query{Kind: connector.Supplier})
		text := ""
		for _, v := range vs {
			text += string(v.Document.Canonical())
		}
		for _, secret := range []string{"9988776", "021000021", "12-345", `"4711"`} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: the Documents hold %s", format, secret)
			}
		}
		for _, shown := range []string{`"BANK_ACCOUNT_NUM":{"HASH":"digest of 10","LAST_FOUR":"0010"}`, `"STD_ID_NUM":{"HASH":"digest of 11"}`, `"STD_ID_NUM":{"HASH":"digest of 00","LAST_FOUR":"0000"}`} {
			if !strings.Contains(text, shown) {
				t.Errorf("%s: the Documents don't hold %s: %s", format, shown, text)
			}
		}
		for op, want := range map[string]bool{"query JGR_VENDOR": false, "query JGR_VENDOR_ADDR": false, "query JGR_VENDOR_CNTCT": false, "query JGR_VENDOR_BANK": true, "query JGR_VENDOR_TAX": true} {
			if got, asked := h.hidden[op]; got != want || !asked {
				t.Errorf("%s: %s is hidden: %v, was asked: %v", format, op, got, asked)
			}
		}
	}
}

// TestAListThatDoesNotHeedItsPromptsIsNotReadForEver.
func TestAListThatDoesNotHeedItsPromptsIsNotReadForEver(t *testing.T) {
	t.Parallel()
	w := connect(t, peoplesoftsim.Options{}, "profile.read.contacts", true, "profile.query.vendor_contacts.name", "JGR_VENDOR_STUCK")
	_, err := w.i.(connector.Source).Read(context.Background(), connector.Query{Kind: connector.Supplier})
	if connector.CodeOf(err) != connector.Misconfigured {
		t.Errorf("a query that is not there: %v", err)
	}
	w = connect(t, peoplesoftsim.Options{Site: peoplesoftsim.Site{Prompts: map[string]map[string]string{"JGR_VENDOR_TAX": {"AFTER_QUAL": "BIND3"}}}}, "profile.read.tax_numbers", true)
	if _, err = w.i.(connector.Source).Read(context.Background(), connector.Query{Kind: connector.Supplier}); connector.CodeOf(err) != connector.Misconfigured {
		t.Errorf("a prompt of another name: %v", err)
	}
}
