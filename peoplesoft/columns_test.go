package peoplesoft_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/peoplesoft/peoplesoftsim"
)

// TestPingLooksAtColumns: at a site with queries whose authors left columns out, some with rows and some without.
func TestPingLooksAtColumns(t *testing.T) {
	t.Parallel()
	all := []string{"JSON", "XMLP", "WEBROWSET"}
	lacking := func(query string, columns ...string) map[string][]string { return map[string][]string{query: columns} }
	for name, row := range map[string]struct {
		formats []string
		lacking map[string][]string
		edits   []any
		step    string
		state   connector.StepState
		words   []string
		flows   []string // of the step
	}{
		"a needed column of a query with rows": {all, lacking("JGR_REQ", "C.PRICE_REQ"), nil, "query:JGR_REQ", connector.StepFailed, []string{"JGR_REQ", "C.PRICE_REQ"}, []string{"c"}},
		"a needed column of a query that gives no row": {all, lacking("JGR_VCHR_BY_ID", "A.ENTRY_STATUS"), nil, "query:JGR_VCHR_BY_ID", connector.StepFailed,
			[]string{"JGR_VCHR_BY_ID", "A.ENTRY_STATUS"}, []string{"e"}},
		"a needed column of a query that gives no row, by XMLP": {[]string{"XMLP", "WEBROWSET"}, lacking("JGR_VCHR_BY_ID", "A.ENTRY_STATUS"), nil, "query:JGR_VCHR_BY_ID", connector.StepFailed,
			[]string{"A.ENTRY_STATUS"}, []string{"e"}},
		"a needed column of a query that gives no row, by WEBROWSET alone": {[]string{"WEBROWSET"}, lacking("JGR_VCHR_BY_ID", "A.ENTRY_STATUS"), nil, "query:JGR_VCHR_BY_ID", connector.StepFailed,
			[]string{"A.ENTRY_STATUS"}, []string{"e"}},
		"the same where WEBROWSET is refused can't be told": {[]string{"JSON"}, lacking("JGR_VCHR_BY_ID", "A.ENTRY_STATUS"), nil, "query:JGR_VCHR_BY_ID", connector.StepOK,
			[]string{"no row came", "could not be proven"}, []string{"e"}},
		"a column that is useful, of a query with rows": {all, lacking("JGR_REQ", "A.HOLD_STATUS"), nil, "query:JGR_REQ", connector.StepWarning,
			[]string{"JGR_REQ", "A.HOLD_STATUS", "on hold are sent"}, []string{"c"}},
		"a column that is useful, of a query that gives no row": {all, lacking("JGR_PAYMENT", "B.PYMNT_STATUS"), nil, "query:JGR_PAYMENT", connector.StepWarning,
			[]string{"B.PYMNT_STATUS", "voided"}, []string{"e"}},
		"a date, which may be missing from a row because it is blank": {all, lacking("JGR_REQ", "C.DUE_DT"), nil, "query:JGR_REQ", connector.StepWarning, []string{"C.DUE_DT"}, []string{"c"}},
		"a ChartField that is not kept in step is no loss":            {all, lacking("JGR_REQ", "D.PRODUCT", "D.CHARTFIELD3"), nil, "query:JGR_REQ", connector.StepOK, []string{"has no D.PRODUCT, D.CHARTFIELD3"}, []string{"c"}},
		"one that is, is": {all, lacking("JGR_REQ", "D.PRODUCT"), []any{"profile.chartfields", []any{doc{"field": "PRODUCT", "internal_name": "Product"}}}, "query:JGR_REQ", connector.StepWarning, []string{"D.PRODUCT"}, []string{"c"}},
		"a column of the site's own that the query does not have": {all, nil, []any{"profile.query.requisition.columns", []any{doc{"name": "B.RISK_CLASS", "length": int64(4)}}}, "query:JGR_REQ", connector.StepWarning,
			[]string{"JGR_REQ", "B.RISK_CLASS", "records come without it"}, []string{"c"}},
		"nothing is missing": {all, nil, nil, "query:JGR_REQ", connector.StepOK, nil, []string{"c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := connect(t, peoplesoftsim.Options{Site: peoplesoftsim.Site{Formats: row.formats, Lacking: row.lacking}}, row.edits...)
			for _, s := range w.i.Check(context.Background(), needs) {
				if s.Step != row.step {
					if s.State != connector.StepOK && s.Step != "tls" && s.Step != "clock" && !strings.HasPrefix(s.Step, "operation:") {
						t.Errorf("%+v", s)
					}
					continue
				}
				if s.State != row.state || !slices.Equal(s.Flows, row.flows) || (s.State != connector.StepOK) != (s.Code == connector.Misconfigured) || (s.State != connector.StepOK) != (s.Hint != "") {
					t.Errorf("%+v, want %s for %q", s, row.state, row.flows)
				}
				for _, word := range row.words {
					if !strings.Contains(s.Message, word) {
						t.Errorf("%q is not in %q", word, s.Message)
					}
				}
			}
		})
	}
}

// TestPingSaysInWhichFormQueriesAnswer, and asks WEBROWSET no second time where it was refused once.
func TestPingSaysInWhichFormQueriesAnswer(t *testing.T) {
	t.Parallel()
	for form, formats := range map[string][]string{"json": {"JSON"}, "xmlp": {"XMLP"}, "webrowset": {"WEBROWSET"}} {
		w := connect(t, peoplesoftsim.Options{Site: peoplesoftsim.Site{Formats: formats}})
		for _, s := range w.i.Check(context.Background(), needs) {
			if s.Step == "node" && !strings.Contains(s.Message, "queries answer in "+form) {
				t.Errorf("%s: %q", form, s.Message)
			}
		}
		asked := 0
		for _, e := range w.sim.Journal() {
			if strings.Contains(e.Path, "/WEBROWSET/") && !strings.Contains(e.Path, "/JGR_PING/") {
				asked++
			}
		}
		if form != "webrowset" && asked != 1 {
			t.Errorf("%s: WEBROWSET was asked %d times", form, asked)
		}
	}
}
