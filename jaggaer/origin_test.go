package jaggaer

import (
	"strings"
	"testing"

	connector "ml-connector"
)

const anOrder = `{"header":{"purchaseOrderId":700451,"poNumber":"P1","requisitionId":3466726,"lastUpdate":"2026-03-02T10:00:00.500Z"},"lineList":{"purchaseOrderLine":[{"lineNumber":1,"requisitionLineId":9002},{"lineNumber":2,"requisitionLineId":9001},{"lineNumber":3}]}}`

func TestAnOrdersLinesAreGivenThoseOfTheirRequisition(t *testing.T) {
	t.Parallel()
	asks := profileOf(true, "po_requisition_lines")
	for name, row := range map[string]struct {
		edits       []func(connector.Settings)
		requisition *connector.Response
		code        connector.Code
		want        string // numbers of the three lines
		calls       int
	}{
		"asked for":                         {[]func(connector.Settings){asks}, reply200(`{"header":{"requisitionId":3466726},"lineList":{"requisitionLine":[{"lineId":9001,"lineNumber":1},{"lineId":"9002","lineNumber":2}]}}`), "", "2 1 ", 2},
		"not asked for":                     {nil, reply200(`{}`), "", "  ", 1},
		"requisitions can't be read":        {[]func(connector.Settings){asks, profileOf("off", "operations", "requisition.read")}, reply200(`{}`), "", "  ", 1},
		"the requisition is gone":           {[]func(connector.Settings){asks}, respond(404, `{"returnCode":2,"returnMessage":"Resource not found"}`), "", "  ", 2},
		"the client may read none":          {[]func(connector.Settings){asks}, respond(403, `{"returnCode":2,"returnMessage":"Access denied"}`), "", "  ", 2},
		"the log-in is over, and stays so":  {[]func(connector.Settings){asks}, respond(401, ``), connector.Credentials, "", 3},
		"JAGGAER is down when it is needed": {[]func(connector.Settings){asks, profileOf(int64(1), "rest", "max_attempts")}, respond(503, ``), connector.Unavailable, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{answer: func(r connector.Request) (*connector.Response, error) {
				if strings.Contains(r.URL, "/requisitions/3466726") {
					again := *row.requisition
					return &again, nil
				}
				return reply200(anOrder), nil
			}}
			b := open(t, f, row.edits...)
			page, err := b.Read(t.Context(), connector.Query{Kind: connector.PurchaseOrder, Keys: []connector.Key{{ID: "700451"}}})
			if connector.CodeOf(err) != row.code || len(f.requests) != row.calls {
				t.Fatalf("%v, %d calls", err, len(f.requests))
			}
			if row.code != "" {
				return
			}
			var got []string
			for _, line := range page.Versions[0].Document.List("lineList.purchaseOrderLine") {
				got = append(got, line.Text("requisitionLineNumber"))
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("lines come from %q, expected %q", got, row.want)
			}
		})
	}
}

// TestWhatIsAskedForOrdersThatTellTheirRequisitionsLines: nobody finds out by empty fields that requisitions can't be read.
func TestWhatIsAskedForOrdersThatTellTheirRequisitionsLines(t *testing.T) {
	t.Parallel()
	asks, off := profileOf(true, "po_requisition_lines"), profileOf("off", "operations", "requisition.read")
	orders := []connector.Need{{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Reads: true}}
	for name, row := range map[string]struct {
		edits   []func(connector.Settings)
		needs   []connector.Need
		asked   bool
		decide  string
		warning string
	}{
		"it is asked for":                {[]func(connector.Settings){asks}, orders, true, "", ""},
		"it is not":                      {nil, orders, false, "", ""},
		"no Flow reads orders":           {[]func(connector.Settings){asks}, []connector.Need{{Flow: "invoices", Kind: connector.Invoice, Reads: true}}, false, "", ""},
		"requisitions are not read":      {[]func(connector.Settings){asks, off}, orders, true, "requisition.read", "requisition.read"},
		"requisitions have no detail":    {[]func(connector.Settings){asks, profileOf("none", "entities", "requisition", "detail")}, orders, true, "detail", "detail"},
		"they are not, and nobody wants": {[]func(connector.Settings){off}, orders, false, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, always(200, "{}"), row.edits...)
			var got []connector.Requirement
			for _, q := range asked(b, row.needs) {
				if q.Name == "requisitions/ID" {
					got = append(got, q)
				}
			}
			switch {
			case (len(got) == 1) != row.asked:
				t.Fatalf("%d requirements", len(got))
			case row.asked && (strings.Join(got[0].Flows, "") != "purchase-orders" || got[0].Without == "" || !strings.Contains(strings.Join(valuesOf(got[0], "calls"), ""), "GET /j1p/api/public/ji/v1/requisitions/ID")):
				t.Errorf("asked for is %+v", got[0])
			case row.asked && !strings.Contains(strings.Join(valuesOf(got[0], "to decide"), ""), row.decide), row.asked && row.decide == "" && len(valuesOf(got[0], "to decide")) > 0:
				t.Errorf("to decide is %q", valuesOf(got[0], "to decide"))
			}
			warnings := New().Validate(b.Settings()).Warnings
			if (len(warnings) == 1) != (row.warning != "") || row.warning != "" && (warnings[0].Path != "profile.po_requisition_lines" || !strings.Contains(warnings[0].Message, row.warning)) {
				t.Errorf("warnings are %+v", warnings)
			}
		})
	}
}

func TestAPingSaysWhatOrdersLoseWithoutRequisitions(t *testing.T) {
	t.Parallel()
	b := open(t, always(403, `{"returnCode":2,"returnMessage":"Access denied"}`), profileOf(true, "po_requisition_lines"))
	for _, s := range b.Check(t.Context(), []connector.Need{{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Reads: true}}) {
		if s.Step == "entity:requisition" && (s.State != connector.StepWarning || len(s.Flows) > 0 || !strings.Contains(s.Hint, "which line of the requisition") || strings.Contains(s.Hint, personDecides)) {
			t.Errorf("the step is %+v", s)
		}
	}
}
