package jaggaer

import (
	"errors"
	"fmt"
	"testing"

	connector "ml-connector"
)

func orderEntity() entity {
	return optionsFrom(New().Validate(connector.Settings{}).Settings).entities[connector.PurchaseOrder]
}

// TestShapesOfLists is JAGGAER.md §3.1: what counts as which list.
func TestShapesOfLists(t *testing.T) {
	t.Parallel()
	item := func(id string) string {
		return `{"header":{"purchaseOrderId":` + id + `,"lastUpdate":"2026-03-01T08:12:33.733Z"}}`
	}
	for name, row := range map[string]struct {
		body string
		want string // ids, or an error
	}{
		"the profile's keys":                       {`{"returnCode":0,"totRecords":2,"returnedRecords":2,"jipurchaseorderList":{"jipurchaseorder":[` + item("1") + `,` + item("2") + `]}}`, "[1 2] 2"},
		"counts as texts":                          {`{"returnCode":"0","totRecords":"9","returnedRecords":"1","jipurchaseorderList":{"jipurchaseorder":[` + item("1") + `]}}`, "[1] 9"},
		"no counts at all":                         {`{"jipurchaseorderList":{"jipurchaseorder":[` + item("1") + `]}}`, "[1] -1"},
		"ids as texts":                             {`{"jipurchaseorderList":{"jipurchaseorder":[` + item(`"0007"`) + `]}}`, "[0007] -1"},
		"another list of one array":                {`{"returnCode":0,"totRecords":1,"returnedRecords":1,"orderList":{"order":[` + item("1") + `]}}`, "[1] 1"},
		"another array inside the list":            {`{"totRecords":1,"returnedRecords":1,"jipurchaseorderList":{"order":[` + item("1") + `]}}`, "[1] 1"},
		"the only array at the top":                {`{"returnCode":"0","totRecords":1,"returnedRecords":1,"returnData":[{"info":{"purchaseOrderId":5}}]}`, "[5] 1"},
		"the list itself an array":                 {`{"totRecords":1,"returnedRecords":1,"jipurchaseorderList":[` + item("1") + `]}`, "[1] 1"},
		"records without a header":                 {`{"totRecords":1,"returnedRecords":1,"jipurchaseorderList":{"jipurchaseorder":[{"purchaseOrderId":6,"poNumber":"P"}]}}`, "[6] 1"},
		"no hits: the list is missing":             {`{"returnCode":0,"totRecords":0,"returnedRecords":0}`, "[] 0"},
		"no hits: it is null":                      {`{"returnCode":0,"totRecords":0,"returnedRecords":0,"jipurchaseorderList":null}`, "[] 0"},
		"no hits: it is {}":                        {`{"returnCode":0,"totRecords":0,"returnedRecords":0,"jipurchaseorderList":{}}`, "[] 0"},
		"no hits: an empty array":                  {`{"returnCode":0,"totRecords":0,"returnedRecords":0,"jipurchaseorderList":{"jipurchaseorder":[]}}`, "[] 0"},
		"no hits behind the end":                   {`{"returnCode":0,"totRecords":7,"returnedRecords":0}`, "[] 7"},
		"an answer that was cut":                   {`{"totRecords":2,"returnedRecords":2,"jipurchaseorderList":{"jipurchaseorder":[` + item("1") + `]}}`, "answer truncated"},
		"more than it speaks of":                   {`{"totRecords":0,"returnedRecords":0,"jipurchaseorderList":{"jipurchaseorder":[` + item("1") + `]}}`, "answer truncated"},
		"records that we can't see":                {`{"returnCode":0,"totRecords":2,"returnedRecords":2,"orders":{"a":{}}}`, "unknown list shape"},
		"a null list of which records are told":    {`{"totRecords":2,"returnedRecords":2,"jipurchaseorderList":null}`, "unknown list shape"},
		"two lists, none of them the profile's":    {`{"totRecords":2,"returnedRecords":2,"aList":{"a":[1]},"bList":{"b":[1]}}`, "unknown list shape"},
		"nothing that says that there are no hits": {`{"status":"fine"}`, "unknown list shape"},
		"hits without a list or a count of them":   {`{"returnCode":0,"totRecords":4}`, "unknown list shape"},
	} {
		body, err := decodeObject([]byte(row.body))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		elements, total, err := readList(orderEntity(), body)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			ids := []string{}
			for _, e := range elements {
				ids = append(ids, readItem(orderEntity(), e).key)
			}
			got = fmt.Sprint(ids, total)
		}
		if got != row.want {
			t.Errorf("%s: %s, expected %s", name, got, row.want)
		}
	}
}

// TestFormsOfDetails is JAGGAER.md §3.2.
func TestFormsOfDetails(t *testing.T) {
	t.Parallel()
	const record = `"header":{"purchaseOrderId":7,"poNumber":"P7"},"lineList":{"purchaseOrderLine":[{"lineNumber":1}]}`
	for name, row := range map[string]struct {
		body string
		want error
	}{
		"bare":                                 {`{` + record + `}`, nil},
		"with an envelope around it":           {`{"returnCode":0,"totRecords":1,"returnedRecords":1,"startAt":1,"jipurchaseorderList":{"jipurchaseorder":[{` + record + `}]}}`, nil},
		"with the envelope's members beside":   {`{"returnCode":"0","returnMessage":"OK",` + record + `}`, nil},
		"a list of one":                        {`{"jipurchaseorderList":{"jipurchaseorder":[{` + record + `}]}}`, nil},
		"one of several":                       {`{"jipurchaseorderList":{"jipurchaseorder":[{"header":{"purchaseOrderId":6}},{` + record + `}]}}`, nil},
		"an empty list":                        {`{"returnCode":0,"totRecords":0,"returnedRecords":0}`, errGone},
		"an empty array":                       {`{"jipurchaseorderList":{"jipurchaseorder":[]}}`, errGone},
		"another record":                       {`{"header":{"purchaseOrderId":8,"poNumber":"P7"},"lineList":{"purchaseOrderLine":[{"lineNumber":1}]}}`, errOther},
		"only others":                          {`{"jipurchaseorderList":{"jipurchaseorder":[{"header":{"purchaseOrderId":6}}]}}`, errGone},
		"something else":                       {`{"document":{"id":"1"}}`, errNoHeader},
		"counts of records that are not shown": {`{"totRecords":1,"returnedRecords":1}`, errNoHeader},
	} {
		body, err := decodeObject([]byte(row.body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := readDetail(orderEntity(), body, "7")
		if !errors.Is(err, row.want) {
			t.Errorf("%s: %v, expected %v", name, err, row.want)
		}
		if row.want == nil && (member(got, "header.poNumber") != "P7" || got["returnCode"] != nil || got["lineList"] == nil) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestCodesOfResults(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]returned{
		`{"returnCode":0,"returnMessage":"Ok"}`: {true, 0, "Ok"}, `{"returnCode":"0"}`: {true, 0, ""}, `{"returnCode":"2","returnMessage":" 124(a,\n b) "}`: {true, 2, "124(a, b)"},
		`{"returnCode":-996}`: {true, -996, ""}, `{"returnCode":"x"}`: {true, 2, ""}, `{}`: {}, `{"returnCode":null}`: {},
	} {
		object, err := decodeObject([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if got := readReturned(object); got != want {
			t.Errorf("%s: %+v, expected %+v", body, got, want)
		}
	}
}

func TestWhatIsNoObject(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "null", "[]", "1", `"x"`, "<html>", `{"a":1`, `{"a":1}{"b":2}`, `{"a":1} trailing`, `{"a":}`} {
		if got, err := decodeObject([]byte(text)); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
	if _, err := decodeObject([]byte("\ufeff {\"a\":1}\n")); err != nil {
		t.Errorf("a byte order mark: %v", err)
	}
}

// FuzzAnswers feeds any JSON to everything that reads lists and details.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"returnCode":0,"totRecords":1,"returnedRecords":1,"jipurchaseorderList":{"jipurchaseorder":[{"header":{"purchaseOrderId":7,"lastUpdate":"2026-03-01T08:12:33.733Z"}}]}}`))
	f.Add([]byte(`{"header":{"purchaseOrderId":7},"lineList":{"a":[{"splittableFieldSetGroupList":{"splittableFieldSetGroup":[{"splittableFieldIndexSet":[{"splittableFieldIndexList":{"splittableFieldIndex":[{"splitIndex":1}]}}]}]}},null,1]}}`))
	f.Add([]byte(`{"header":{"purchaseOrderId":7},"lineList":{".":[{"lineNumber":1}]}}`))
	f.Add([]byte(`{"returnCode":"1","resultList":{"result":[{"index":0,"returnCode":0},{"index":"1"}]}}`))
	f.Add([]byte(`{"header":{"supplierId":1,"businessUnitVendorNumberList":[1],"enabledCurrencyList":{"isoCurrencyCode":[{"value":1}]}},"addressList":{"address":[null,{"addressLineList":{"addressLine":[{"lineNumber":1}]}}]}}`))
	opts := optionsFrom(New().Validate(connector.Settings{"profile": map[string]any{"value_templates": map[string]any{"Account": "{value}-L"}}}).Settings)
	i := &Instance{opts: opts}
	f.Fuzz(func(t *testing.T, text []byte) {
		body, err := decodeObject(text)
		if err != nil {
			return
		}
		for kind, e := range opts.entities {
			if elements, _, err := readList(e, body); err == nil {
				for _, element := range elements {
					readItem(e, element)
				}
			}
			record, err := readDetail(e, body, "7")
			if err != nil {
				continue
			}
			v, fault := i.version(kind, e, record)
			if fault == nil {
				_ = v.Document.Fingerprint() // panics if anything but texts, maps and lists got into it
				_ = v.Mirror.Fingerprint()
			}
		}
		resultOf(objects(member(body, "resultList.result")), 0, "x", 1)
		readReturned(body)
		tokenLifetime(body)
	})
}
