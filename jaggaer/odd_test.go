package jaggaer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
)

// TestANumberThatCanNotStandInAFilterIsFoundAllTheSame: whatever characters a number has, and whatever a site makes of stars and of
// filters, a look-up finds exactly the one that carries it, and says "none" of no other.
func TestANumberThatCanNotStandInAFilterIsFoundAllTheSame(t *testing.T) {
	t.Parallel()
	letters := []string{"A", "7", "a", " ", "  ", "=", "==", ";", "\"", "'", "&", "&amp;", ",", "(", ")", "*", "\\", "<", ">", "!", "~", "%", "%41", "%20", "+", "#", "/", "?", "é", "日"}
	r := rand.New(rand.NewPCG(4, 7))
	draw := func() string {
		var b strings.Builder
		for range 1 + r.IntN(6) {
			b.WriteString(letters[r.IntN(len(letters))])
		}
		return "x" + b.String() + "y" // blanks at its ends are no part of a number
	}
	for name, switches := range map[string]jaggaersim.Switches{
		"as the contract has it": {PageSize: 7}, "where a star is a star": {PageSize: 7, PlainStar: true}, "where filters are ignored": {PageSize: 40, IgnoreFilter: []string{"*"}},
		"where what is not understood is ignored": {PageSize: 9, IgnoreUnknownField: true},
	} {
		b := openSim(t, switches)
		numbers := map[string]string{}
		for range map[bool]int{true: 12, false: 30}[testing.Short()] {
			n := draw()
			if numbers[n] != "" {
				continue
			}
			for entity, field := range map[string]string{jaggaersim.Requisition: "externalRequisitionNumber", jaggaersim.PurchaseOrder: "poNumber"} {
				id, err := b.Add(entity, map[string]any{"header": map[string]any{field: n, "requisitionName": "R", "status": "Completed"}})
				if err != nil {
					t.Fatal(err)
				}
				numbers[n] += fmt.Sprint(id) + " "
			}
		}
		ask := func(n string) string {
			found, err := b.Find(t.Context(), connector.Lookup{Kind: connector.Requisition, Document: connector.Document{"ExternalReq": n}})
			if err != nil {
				t.Fatalf("%s: %q: %v", name, n, err)
			}
			page, err := b.Read(t.Context(), connector.Query{Kind: connector.PurchaseOrder, Keys: []connector.Key{{Number: n}}})
			if err != nil {
				t.Fatalf("%s: %q: %v", name, n, err)
			}
			out := ""
			for _, f := range found {
				out += f.ID + " "
			}
			for _, v := range page.Versions {
				out += v.ID + " "
			}
			return out
		}
		for n, want := range numbers {
			if got := ask(n); len(strings.Fields(got)) != 2 || !sameWords(got, want) {
				t.Errorf("%s: %q is found as %q, it is %q", name, n, got, want)
			}
			if near := n[:len(n)-1] + "z"; numbers[near] == "" && ask(near) != "" {
				t.Errorf("%s: %q is found, which nobody has", name, near)
			}
		}
	}
}

func sameWords(a, b string) bool {
	for _, w := range strings.Fields(a) {
		if !strings.Contains(" "+b, " "+w+" ") {
			return false
		}
	}
	return len(strings.Fields(a)) == len(strings.Fields(b))
}

// TestWhatAFilterIsAskedForOddNumbers: what the contract lets stand there goes as it is; what is reserved is a star, and then nothing.
func TestWhatAFilterIsAskedForOddNumbers(t *testing.T) {
	t.Parallel()
	for number, want := range map[string][]string{
		"P&7":     {"poNumber%3D%3DP%267"},
		"P+7/é":   {"poNumber%3D%3DP%2B7%2F%C3%A9"},
		"P 7":     {"poNumber%3D%3DP%207", ""},
		"P=7":     {"poNumber%3D%3D%2AP%2A7%2A", ""},
		`"P";7%`:  {"poNumber%3D%3D%2AP%2A7%2A", ""},
		`";"`:     {""},
		"P and 7": {"poNumber%3D%3DP%20and%207", ""},
	} {
		f := always(200, strings.ReplaceAll(emptyList, "jisupplier", "jipurchaseorder"))
		b := open(t, f)
		if page, err := b.Read(t.Context(), connector.Query{Kind: connector.PurchaseOrder, Keys: []connector.Key{{Number: number}}}); err != nil || len(page.Versions) > 0 {
			t.Errorf("%q: %v", number, err)
		}
		var got []string
		for _, r := range f.requests {
			_, filter, _ := strings.Cut(r.URL, "&flt=")
			got = append(got, filter)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q is asked for as %q, expected %q", number, got, want)
		}
	}
	f := always(200, emptyList)
	b := open(t, f, profileOf(" and ", "rest", "filter_and"))
	if _, err := b.Find(t.Context(), connector.Lookup{Kind: connector.Supplier, Document: connector.Document{"ERPNumber": "P and 7"}}); err != nil || !strings.HasSuffix(f.requests[0].URL, "%2AP%2A7%2A") {
		t.Errorf("a site's own word for and: %v %s", err, f.requests[0].URL)
	}
}

// TestALookUpThatCouldNotBeMadeSaysSo: never "none", for what is none would be made anew.
func TestALookUpThatCouldNotBeMadeSaysSo(t *testing.T) {
	t.Parallel()
	n := 0
	endless := func(item func(n int) string, list func(total int, items ...string) *connector.Response) *fake {
		return &fake{answer: func(r connector.Request) (*connector.Response, error) {
			if strings.Contains(r.URL, "flt=") && !strings.Contains(r.URL, "fieldInternalName") {
				return list(0), nil
			}
			n++
			return list(100000, item(n*2), item(n*2+1)), nil
		}}
	}
	blind := profileOf(int64(0), "rest", "page_overlap")
	for name, l := range map[string]connector.Lookup{
		"a requisition": {Kind: connector.Requisition, Document: connector.Document{"ExternalReq": "US001-1;2"}},
		"with a blank":  {Kind: connector.Requisition, Document: connector.Document{"ExternalReq": "US001 1"}},
		"a supplier":    {Kind: connector.Supplier, Document: connector.Document{"ERPNumber": "1=2"}},
	} {
		f := endless(func(n int) string {
			return fmt.Sprintf(`{"header":{"requisitionId":%d,"supplierId":%d,"externalRequisitionNumber":"x","erpNumber":"y"}}`, n, n)
		}, map[connector.Kind]func(int, ...string) *connector.Response{connector.Requisition: requisitions, connector.Supplier: suppliers}[l.Kind])
		_, err := open(t, f, blind).Find(t.Context(), l)
		words := l.Document.Text("ExternalReq") + l.Document.Text("ERPNumber")
		if e := connector.AsError(err); e == nil || e.Code != connector.Invalid || e.Code.Reaction() != connector.ReactHold || !strings.Contains(e.Message, words) || !strings.Contains(e.Message, "no filter can be trusted") {
			t.Errorf("%s: %v", name, err)
		}
	}

	// Of many values at once, one that can't be looked up does not keep the others from being looked up alone.
	f := endless(func(n int) string {
		return fmt.Sprintf(`{"customFieldValueId":%d,"fieldInternalName":"Account","value":"%d"}`, n, n+1000)
	}, func(total int, items ...string) *connector.Response {
		return listed("jicustomfieldvalueList", "jicustomfieldvalue", total, items...)
	})
	b := open(t, f, blind)
	look := func(v string) connector.Lookup {
		return connector.Lookup{Kind: connector.GLAccount, Document: connector.Document{"fieldInternalName": "Account", "value": v}}
	}
	n = 0
	if _, err := b.FindBatch(t.Context(), []connector.Lookup{look("1002"), look("A;1")}); connector.CodeOf(err) != connector.Invalid || !strings.Contains(err.Error(), "A;1") {
		t.Errorf("a batch: %v", err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	n = 0
	if found, err := b.FindBatch(ctx, []connector.Lookup{look("1003")}); err != nil || len(found[0]) != 1 {
		t.Errorf("alone: %v %v", found, err)
	}
}
