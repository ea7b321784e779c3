package jaggaer

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	connector "ml-connector"
)

func valueWrites(values ...string) []connector.Write {
	var out []connector.Write
	for _, v := range values {
		out = append(out, connector.Write{Kind: connector.GLAccount, Document: connector.Document{"fieldInternalName": "Account", "value": v, "description": "D " + v, "active": "true"}})
	}
	return out
}

// sentValues are the values of a request.
func sentValues(t *testing.T, r connector.Request) []string {
	t.Helper()
	var body struct {
		CustomFieldValueList struct{ CustomFieldValue []struct{ Value string } }
	}
	if err := json.Unmarshal(r.Body, &body); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, v := range body.CustomFieldValueList.CustomFieldValue {
		out = append(out, v.Value)
	}
	return out
}

// TestResultsOfABatch is JAGGAER.md §5.1: partial success, results in any order, results that are missing.
func TestResultsOfABatch(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		body   string
		want   string // of values 1, 2 and 3
	}{
		"all are stored":              {200, `{"returnCode":0,"resultList":{"result":[{"index":0,"returnCode":0},{"index":1,"returnCode":"0"},{"index":2,"returnCode":0}]}}`, "Account/1 Account/2 Account/3"},
		"one is refused":              {200, `{"returnCode":1,"returnMessage":"1 of 3 failed","resultList":{"result":[{"index":0,"returnCode":0},{"index":1,"returnCode":2,"returnMessage":"not allowed"},{"index":2,"returnCode":0}]}}`, "Account/1 rejected Account/3"},
		"each for its own reason":     {200, `{"returnCode":1,"resultList":{"result":[{"index":0,"returnCode":2,"returnMessage":"124(value)"},{"index":1,"returnCode":1,"returnMessage":"112(value)"},{"index":2,"returnCode":2,"returnMessage":"Custom field 'Account' does not exist"}]}}`, "invalid conflict misconfigured"},
		"in another order":            {200, `{"returnCode":1,"resultList":{"result":[{"index":2,"returnCode":2},{"index":"0","returnCode":0},{"index":1,"returnCode":0}]}}`, "Account/1 Account/2 rejected"},
		"by value, without an index":  {200, `{"returnCode":1,"resultList":{"result":[{"value":"3","returnCode":2},{"value":"1","returnCode":0},{"value":"2","returnCode":0}]}}`, "Account/1 Account/2 rejected"},
		"by place alone":              {200, `{"returnCode":1,"resultList":{"result":[{"returnCode":0},{"returnCode":2},{"returnCode":0}]}}`, "Account/1 rejected Account/3"},
		"counted from 1":              {200, `{"returnCode":1,"resultList":{"result":[{"index":1,"value":"1","returnCode":0},{"index":2,"value":"2","returnCode":2},{"index":3,"value":"3","returnCode":0}]}}`, "Account/1 rejected Account/3"},
		"two of one value":            {200, `{"returnCode":1,"resultList":{"result":[{"value":"1","returnCode":0},{"value":"1","returnCode":2},{"value":"3","returnCode":0}]}}`, "ambiguous ambiguous Account/3"},
		"one result is missing":       {200, `{"returnCode":0,"resultList":{"result":[{"index":0,"returnCode":0},{"index":2,"returnCode":0}]}}`, "Account/1 ambiguous Account/3"},
		"one result has no code":      {200, `{"returnCode":0,"resultList":{"result":[{"index":0,"returnCode":0},{"index":1},{"index":2,"returnCode":0}]}}`, "Account/1 ambiguous Account/3"},
		"no results, done":            {200, `{"returnCode":0,"returnMessage":"OK"}`, "ambiguous ambiguous ambiguous"},
		"no results, partly done":     {200, `{"returnCode":1,"returnMessage":"1 of 3 records failed"}`, "ambiguous ambiguous ambiguous"},
		"all are refused":             {200, `{"returnCode":2,"returnMessage":"not now"}`, "rejected rejected rejected"},
		"the answer can't be read":    {200, `OK`, "ambiguous ambiguous ambiguous"},
		"JAGGAER failed":              {500, ``, "ambiguous ambiguous ambiguous"},
		"not enabled":                 {403, `{"returnCode":2,"returnMessage":"Access denied"}`, "forbidden forbidden forbidden"},
		"slowed down":                 {429, ``, "throttled throttled throttled"},
		"there is no such address":    {404, ``, "misconfigured misconfigured misconfigured"},
		"our JSON is wrong":           {400, `{"returnCode":2,"returnMessage":"Malformed JSON"}`, "invalid invalid invalid"},
		"stored, says 201":            {201, `{"returnCode":0,"resultList":{"result":[{"index":0,"returnCode":0},{"index":1,"returnCode":0},{"index":2,"returnCode":0}]}}`, "Account/1 Account/2 Account/3"},
		"one whose text is too large": {200, `{"returnCode":1,"returnMessage":"1 of 3 failed: a description is too large","resultList":{"result":[{"index":0,"returnCode":0},{"index":1,"returnCode":2,"returnMessage":"too large"},{"index":2,"returnCode":0}]}}`, "Account/1 rejected Account/3"},
		"a user who exists, no harm?": {200, `{"returnCode":-996,"returnMessage":"exists"}`, "ambiguous ambiguous ambiguous"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, always(row.status, row.body))
			var got []string
			for _, r := range b.WriteBatch(t.Context(), valueWrites("1", "2", "3")) {
				if r.Err != nil {
					e := connector.AsError(r.Err)
					got = append(got, string(e.Code))
					if told := strings.Contains(row.body, "returnCode") && !strings.Contains(row.body, "resultList"); e.Code == connector.Ambiguous && e.Answered != told {
						t.Errorf("answered: %t (%v)", e.Answered, e)
					}
					continue
				}
				got = append(got, r.Receipt.ID)
			}
			if n := len(b.caller.(*fake).requests); n != 1 {
				t.Errorf("%d requests", n)
			}
			if s := strings.Join(got, " "); s != row.want {
				t.Errorf("%s, expected %s", s, row.want)
			}
		})
	}
}

// storing answers a batch as JAGGAER does, and refuses more values than it takes.
func storing(t *testing.T, most, status int, message string) *fake {
	f := &fake{}
	f.answer = func(r connector.Request) (*connector.Response, error) {
		values := sentValues(t, r)
		if len(values) > most {
			return respond(status, fmt.Sprintf(`{"returnCode":2,"returnMessage":%q}`, message)), nil
		}
		var results []string
		for n := range values {
			results = append(results, fmt.Sprintf(`{"index":%d,"returnCode":0}`, n))
		}
		return reply200(`{"returnCode":0,"resultList":{"result":[` + strings.Join(results, ",") + `]}}`), nil
	}
	return f
}

func TestBatchesThatAreTooLarge(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		most    int
		status  int
		message string
		batch   int
		sizes   string
		failed  int
	}{
		"it fits":                      {100, 413, "", 200, "[9]", 0},
		"cfv_batch":                    {100, 413, "", 4, "[4 4 1]", 0},
		"413: halved until it fits":    {2, 413, "", 200, "[9 4 2 2 5 2 3 1 2]", 0},
		"400: told by its words":       {4, 400, "Batch too large", 200, "[9 4 5 2 3]", 0},
		"200: told by its words":       {4, 200, "too many records", 200, "[9 4 5 2 3]", 0},
		"later batches are smaller":    {2, 413, "", 4, "[4 2 2 2 2 1]", 0},
		"the size that it took counts": {2, 413, "", 5, "[5 2 3 1 2 2 2]", 0},
		"one alone that is too large":  {0, 413, "", 200, "[9 4 2 1 1 2 1 1 5 2 1 1 3 1 2 1 1]", 9},
		"400 for another reason stops": {0, 400, "Malformed JSON", 200, "[9]", 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := storing(t, row.most, row.status, row.message)
			b := open(t, f, profileOf(row.batch, "cfv_batch"))
			failed := 0
			for _, r := range b.WriteBatch(t.Context(), valueWrites("1", "2", "3", "4", "5", "6", "7", "8", "9")) {
				if r.Err != nil {
					failed++
					mustFail(t, r.Err, connector.Invalid)
				}
			}
			var sizes []int
			for _, r := range f.requests {
				sizes = append(sizes, len(sentValues(t, r)))
			}
			if fmt.Sprint(sizes) != row.sizes || failed != row.failed {
				t.Errorf("sizes %v, %d failed; expected %s, %d", sizes, failed, row.sizes, row.failed)
			}
		})
	}
}

func TestWhatIsSentOfAValue(t *testing.T) {
	t.Parallel()
	f := storing(t, 100, 413, "")
	b := open(t, f)
	b.WriteBatch(t.Context(), []connector.Write{{Kind: connector.GLAccount, Document: connector.Document{"fieldInternalName": "Account", "value": "1", "description": "A & <B>", "active": "false", "parentValue": "0"}}})
	if got := string(f.requests[0].Body); got != `{"customFieldValueList":{"customFieldValue":[{"active":"false","description":"A & <B>","fieldInternalName":"Account","parentValue":"0","value":"1"}]}}` {
		t.Error(got)
	}
}

func TestABadDocumentHidesNoOther(t *testing.T) {
	t.Parallel()
	f := storing(t, 100, 413, "")
	b := open(t, f)
	ws := valueWrites("1", "2", "3")
	delete(ws[1].Document, "value")
	ws = append(ws, connector.Write{Kind: connector.Invoice})
	got := b.WriteBatch(t.Context(), ws)
	if got[0].Receipt.ID != "Account/1" || got[2].Receipt.ID != "Account/3" || fmt.Sprint(sentValues(t, f.requests[0])) != "[1 3]" {
		t.Errorf("%+v", got)
	}
	mustFail(t, got[1].Err, connector.Invalid, "value is required")
	mustFail(t, got[3].Err, connector.Misconfigured)
}

func TestValuesInThisCustomersForm(t *testing.T) {
	t.Parallel()
	f := storing(t, 100, 413, "")
	b := open(t, f, profileOf("X{value}-L", "value_templates", "Account"))
	r := b.WriteBatch(t.Context(), valueWrites("1"))[0]
	if r.Err != nil || r.Receipt.ID != "Account/1" || fmt.Sprint(sentValues(t, f.requests[0])) != "[X1-L]" {
		t.Errorf("%+v, sent %v", r, sentValues(t, f.requests[0]))
	}
	f.answer = func(connector.Request) (*connector.Response, error) {
		return reply200(`{"returnCode":0,"totRecords":1,"returnedRecords":1,"jicustomfieldvalueList":{"jicustomfieldvalue":[{"customFieldValueId":1,"fieldInternalName":"Account","value":"X1-L","description":"D 1","active":"true"}]}}`), nil
	}
	found, err := b.Find(t.Context(), connector.Lookup{Kind: connector.GLAccount, Document: valueWrites("1")[0].Document})
	if err != nil || len(found) != 1 || found[0].ID != "Account/1" || !connector.Covers(found[0].Document, valueWrites("1")[0].Document) {
		t.Errorf("%+v, %v", found, err)
	}
	if seen := f.seen(); !strings.HasSuffix(seen[1], "flt=fieldInternalName==Account;value==X1-L") {
		t.Error(seen[1])
	}
}
