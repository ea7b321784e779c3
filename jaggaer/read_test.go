package jaggaer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	connector "ml-connector"
	"ml-connector/pace"
)

func orders(total int, items ...string) *connector.Response {
	return listed("jipurchaseorderList", "jipurchaseorder", total, items...)
}

// order is a list item; its stamp is so many minutes before noon.
func order(id, before int) string {
	return fmt.Sprintf(`{"header":{"purchaseOrderId":%d,"poNumber":"P%d","lastUpdate":"%s"}}`, id, id, noon.Add(-time.Duration(before)*time.Minute).Format("2006-01-02T15:04:05.000Z"))
}

// site answers lists from items and details with them.
func site(items map[int]string, disturb func(path string) *connector.Response) *fake {
	f := &fake{}
	f.answer = func(r connector.Request) (*connector.Response, error) {
		_, tail, _ := strings.Cut(r.URL, "/purchaseorders")
		if disturb != nil {
			if resp := disturb(tail); resp != nil {
				return resp, nil
			}
		}
		var id int
		if n, _ := fmt.Sscanf(tail, "/%d", &id); n == 1 {
			if items[id] == "" {
				return respond(404, `{"returnCode":2,"returnMessage":"Resource not found"}`), nil
			}
			return reply200(items[id]), nil
		}
		var start int
		_, _ = fmt.Sscanf(tail, "?start=%d", &start)
		var list []string
		var ids []int
		for id := range items {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for n, id := range ids {
			if n >= start-1 && len(list) < 3 {
				list = append(list, order(id, 30))
			}
		}
		return orders(len(items), list...), nil
	}
	return f
}

func TestWindowsAreAskedFor(t *testing.T) {
	t.Parallel()
	from, to := time.Date(2026, 3, 1, 1, 2, 3, 456789000, time.FixedZone("CST", -6*3600)), noon
	const base = "/j1p/api/public/ji/v1/purchaseorders?start=1"
	for name, row := range map[string]struct {
		q     connector.Query
		edits []func(connector.Settings)
		want  string
	}{
		"the default dialect":       {connector.Query{From: from, To: to}, nil, base + "&flt=lastUpdate%3E%3D2026-03-01T07%3A02%3A03.456Z%3BlastUpdate%3C2026-03-02T12%3A00%3A00.000Z"},
		"no end":                    {connector.Query{From: from}, nil, base + "&flt=lastUpdate%3E%3D2026-03-01T07%3A02%3A03.456Z"},
		"the whole":                 {connector.Query{To: to}, nil, base},
		"the whole of what counts":  {connector.Query{To: to}, []func(connector.Settings){profileOf("workflowStatus==Completed", "entities", "po", "extra_filter")}, base + "&flt=workflowStatus%3D%3DCompleted"},
		"a choice of what counts":   {connector.Query{From: from}, []func(connector.Settings){profileOf("workflowStatus==Completed,poAPStatus==Close", "entities", "po", "extra_filter")}, base + "&flt=lastUpdate%3E%3D2026-03-01T07%3A02%3A03.456Z%3B%28workflowStatus%3D%3DCompleted%2CpoAPStatus%3D%3DClose%29"},
		"a choice of values":        {connector.Query{To: to}, []func(connector.Settings){profileOf("workflowStatus=in=(Completed,Pending)", "entities", "po", "extra_filter")}, base + "&flt=workflowStatus%3Din%3D%28Completed%2CPending%29"},
		"FIQL spelling":             {connector.Query{From: from, To: to}, []func(connector.Settings){profileOf("=ge=", "rest", "filter_ge"), profileOf("=lt=", "rest", "filter_lt"), profileOf(" and ", "rest", "filter_and")}, base + "&flt=lastUpdate%3Dge%3D2026-03-01T07%3A02%3A03.456Z%20and%20lastUpdate%3Dlt%3D2026-03-02T12%3A00%3A00.000Z"},
		"another field and form":    {connector.Query{From: from}, []func(connector.Settings){profileOf("LASTMODTIME", "entities", "po", "filter_field"), profileOf("20060102150405", "rest", "filter_time_format")}, base + "&flt=LASTMODTIME%3E%3D20260301070203"},
		"no date filter possible":   {connector.Query{From: from, To: to}, []func(connector.Settings){profileOf("", "entities", "po", "filter_field")}, base},
		"another address":           {connector.Query{}, []func(connector.Settings){profileOf("/esop/jint/api/public/", "rest", "api_prefix"), profileOf("ja", "entities", "po", "module"), profileOf("v2", "rest", "version"), profileOf("/orders/all/", "entities", "po", "path")}, "/esop/jint/api/public/ja/v2/orders/all?start=1"},
		"no version in the address": {connector.Query{}, []func(connector.Settings){profileOf("", "rest", "version")}, "/j1p/api/public/ji/purchaseorders?start=1"},
		"counting from 0":           {connector.Query{}, []func(connector.Settings){profileOf(0, "rest", "start_base"), profileOf("from", "rest", "start_param")}, "/j1p/api/public/ji/v1/purchaseorders?from=0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := always(200, emptyList)
			row.q.Kind = connector.PurchaseOrder
			if _, err := open(t, f, row.edits...).readAll(row.q); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimPrefix(f.requests[0].URL, "https://acme.example.com"); got != row.want {
				t.Errorf("asked for %s\nexpected      %s", got, row.want)
			}
		})
	}
}

func TestRecordsOutsideTheWindow(t *testing.T) {
	t.Parallel()
	// JAGGAER's stamps have milliseconds: what is asked for with finer borders begins and ends at the millisecond.
	q := connector.Query{Kind: connector.PurchaseOrder, From: noon.Add(-time.Hour + 789*time.Microsecond), To: noon.Add(789 * time.Microsecond)}
	for name, row := range map[string]struct {
		before int // minutes before noon
		edits  []func(connector.Settings)
		read   int
		code   connector.Code
	}{
		"inside":                                 {30, nil, 1, ""},
		"at its beginning":                       {60, nil, 1, ""},
		"just before: dropped":                   {65, nil, 0, ""},
		"at its end: the next window's":          {0, nil, 0, ""},
		"just behind: dropped":                   {-5, nil, 0, ""},
		"before by more than the overlap":        {71, nil, 0, connector.Misconfigured},
		"behind by more than the overlap":        {-11, nil, 0, connector.Misconfigured},
		"far outside, without a filter: dropped": {9999, []func(connector.Settings){profileOf("", "entities", "po", "filter_field")}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := order(1, row.before)
			f := inTurn(orders(1, page), reply200(page), reply200(emptyList))
			if row.read == 0 {
				f = inTurn(orders(1, page), orders(1, page), reply200(emptyList))
			}
			got, err := open(t, f, row.edits...).readAll(q)
			if connector.CodeOf(err) != row.code || len(got.Versions) != row.read {
				t.Fatalf("%d read, %v", len(got.Versions), err)
			}
			if row.code != "" {
				mustFail(t, err, row.code, "the server ignored our filter", "check filter_field", "record 1 ")
			}
		})
	}
}

func TestWhatIsKnownIsNotReadAgain(t *testing.T) {
	t.Parallel()
	f := site(map[int]string{1: order(1, 30), 2: order(2, 30), 3: order(3, 30)}, nil)
	got, err := open(t, f).readAll(connector.Query{Kind: connector.PurchaseOrder, Known: func(id, stamp string) bool { return id == "2" && stamp == "2026-03-02T11:30:00.000Z" }})
	if err != nil || ids(got.Versions) != "1 3" || len(got.Same) != 1 || got.Same[0] != (connector.Seen{ID: "2", Stamp: "2026-03-02T11:30:00.000Z"}) {
		t.Errorf("%s, same %v, %v", ids(got.Versions), got.Same, err)
	}
	for _, s := range f.seen() {
		if strings.HasSuffix(s, "/2") {
			t.Error("its detail was read")
		}
	}
}

func TestTheDetailsStampCounts(t *testing.T) {
	t.Parallel()
	f := site(map[int]string{1: order(1, 10)}, nil) // the list says 30
	got, err := open(t, f).readAll(connector.Query{Kind: connector.PurchaseOrder})
	if err != nil || got.Versions[0].Stamp != "2026-03-02T11:50:00.000Z" || !got.Versions[0].Changed.Equal(noon.Add(-10*time.Minute)) {
		t.Errorf("%+v, %v", got.Versions, err)
	}
}

// TestOneBadRecordStopsNothing, and a bad page counts for nothing.
func TestOneBadRecordStopsNothing(t *testing.T) {
	t.Parallel()
	all := map[int]string{1: order(1, 30), 2: order(2, 30), 3: order(3, 30), 4: order(4, 30)}
	at2 := func(resp *connector.Response) func(string) *connector.Response {
		return func(path string) *connector.Response {
			if path == "/2" {
				return resp
			}
			return nil
		}
	}
	everywhere := func(resp *connector.Response) func(string) *connector.Response {
		return func(path string) *connector.Response {
			if strings.HasPrefix(path, "/") {
				return resp
			}
			return nil
		}
	}
	for name, row := range map[string]struct {
		disturb func(string) *connector.Response
		problem connector.Code
		code    connector.Code
		words   string
	}{
		"gone, 404":                   {at2(respond(404, "")), connector.NotFound, "", "record 2 no longer exists in JAGGAER"},
		"gone, code 2":                {at2(reply200(`{"returnCode":2,"returnMessage":"Order not found"}`)), connector.NotFound, "", "no longer exists"},
		"gone, an empty list":         {at2(reply200(emptyList)), connector.NotFound, "", "no longer exists"},
		"gone, 410":                   {at2(respond(410, "")), connector.NotFound, "", "no longer exists"},
		"busy, 409":                   {at2(respond(409, `{"returnCode":2,"returnMessage":"being changed"}`)), connector.Rejected, "", "(HTTP 409): being changed"},
		"refused, 400":                {at2(respond(400, "")), connector.Rejected, "", "(HTTP 400)"},
		"refused":                     {at2(reply200(`{"returnCode":"2","returnMessage":"Record is locked"}`)), connector.Rejected, "", "Record is locked"},
		"a shape that is not ours":    {at2(reply200(`{"document":{}}`)), connector.Invalid, "", "has no header"},
		"a record without its id":     {at2(reply200(`{"header":{"poNumber":"P2"}}`)), connector.Invalid, "", "no purchaseOrderId"},
		"all in a shape not ours":     {everywhere(reply200(`{"document":{}}`)), "", connector.Misconfigured, "header_key"},
		"all gone":                    {everywhere(respond(404, "")), "", connector.Misconfigured, "detail: none"},
		"not enabled":                 {at2(respond(403, `{"returnCode":2,"returnMessage":"Access denied"}`)), "", connector.Forbidden, "enable purchaseorders for client acme-peoplesoft"},
		"the server is not well":      {at2(respond(500, "")), "", connector.Unavailable, "500"},
		"the answer is cut":           {at2(reply200(`{"header":{"purch`)), "", connector.Unavailable, "not JSON"},
		"the token is refused":        {at2(respond(401, "")), "", connector.Credentials, "same JAGGAER"},
		"the method is not supported": {at2(respond(405, "")), "", connector.Misconfigured, "405"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := open(t, site(all, row.disturb)).readAll(connector.Query{Kind: connector.PurchaseOrder})
			if row.code != "" {
				mustFail(t, err, row.code, row.words)
				return
			}
			if err != nil || ids(got.Versions) != "1 3 4" || len(got.Problems) != 1 || got.Problems[0].ID != "2" {
				t.Fatalf("%s, %v, %v", ids(got.Versions), got.Problems, err)
			}
			mustFail(t, got.Problems[0].Err, row.problem, row.words)
			if got.Problems[0].Err.Exchange == "" && row.words != "no purchaseOrderId" {
				t.Error("the Problem names no Exchange")
			}
		})
	}
}

// TestHowManyBadDetailsAreDoubted: one record may be odd, and two may be gone; more, when none is good, and the profile is.
func TestHowManyBadDetailsAreDoubted(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		records int
		answer  *connector.Response
		code    connector.Code
	}{
		"one in an odd shape":   {1, reply200(`{"document":{}}`), ""},
		"two of two in one":     {2, reply200(`{"document":{}}`), connector.Misconfigured},
		"two of two gone":       {2, respond(404, ""), ""},
		"three of three gone":   {3, respond(404, ""), connector.Misconfigured},
		"three of three locked": {3, respond(409, ""), ""},
	} {
		all := map[int]string{}
		for n := range row.records {
			all[n+1] = order(n+1, 30)
		}
		got, err := open(t, site(all, func(path string) *connector.Response {
			if strings.HasPrefix(path, "/") {
				return row.answer
			}
			return nil
		})).readAll(connector.Query{Kind: connector.PurchaseOrder})
		if connector.CodeOf(err) != row.code || row.code == "" && len(got.Problems) != row.records {
			t.Errorf("%s: %d problems, %v", name, len(got.Problems), err)
		}
	}
}

// TestADetailWithoutAStampHasTheListsOne, or it would be read again for ever.
func TestADetailWithoutAStampHasTheListsOne(t *testing.T) {
	t.Parallel()
	f := site(map[int]string{1: `{"header":{"purchaseOrderId":1,"poNumber":"P1"}}`}, nil) // the list says 30
	got, err := open(t, f).readAll(connector.Query{Kind: connector.PurchaseOrder})
	if err != nil || len(got.Versions) != 1 || got.Versions[0].Stamp != "2026-03-02T11:30:00.000Z" || !got.Versions[0].Changed.Equal(noon.Add(-30*time.Minute)) {
		t.Errorf("%+v, %v", got.Versions, err)
	}
}

// TestWhatComesTwiceInOneReadIsCountedOnce: what is known by then, because it was read before in this very read, is not told again.
func TestWhatComesTwiceInOneReadIsCountedOnce(t *testing.T) {
	t.Parallel()
	b := open(t, always(500, ""))
	q := connector.Query{Kind: connector.PurchaseOrder, Known: func(string, string) bool { return true }}
	for _, repeats := range []bool{false, true} {
		var page connector.Page
		if err := b.fill(t.Context(), &page, q, b.opts.entities[q.Kind], []item{{key: "1", id: "1", stamp: "x"}}, repeats); err != nil || (len(page.Same) == 0) != repeats {
			t.Errorf("repeats %t: %+v, %v", repeats, page, err)
		}
	}
}

// TestReadsAreMadeAgain is JAGGAER.md §8: how often, and after which pauses.
func TestReadsAreMadeAgain(t *testing.T) {
	t.Parallel()
	good := reply200(emptyList)
	cut := reply200(`{"returnCode":0,"totRecords":2,"returnedRecords":2,"jipurchaseorderList":{"jipurchaseorder":[` + order(1, 30) + `]}}`)
	busy := func(after string) *connector.Response { return respond(429, "", "Retry-After", after) }
	for name, row := range map[string]struct {
		answers []*connector.Response
		edits   []func(connector.Settings)
		waits   string
		code    connector.Code
	}{
		"a server error":              {[]*connector.Response{respond(500, ""), good}, nil, "[1s]", ""},
		"three of them":               {[]*connector.Response{respond(500, ""), respond(502, ""), respond(504, ""), good}, nil, "[1s 4s 15s]", ""},
		"four are too many":           {[]*connector.Response{respond(500, "")}, nil, "[1s 4s 15s]", connector.Unavailable},
		"as the profile says":         {[]*connector.Response{respond(500, "")}, []func(connector.Settings){profileOf(1, "rest", "max_attempts")}, "[]", connector.Unavailable},
		"an answer that was cut":      {[]*connector.Response{cut, good}, nil, "[1s]", ""},
		"a page of a web server":      {[]*connector.Response{reply200("<html>"), good}, nil, "[1s]", ""},
		"maintenance, with a time":    {[]*connector.Response{respond(503, "", "Retry-After", "120"), good}, nil, "[2m0s]", ""},
		"maintenance, far too long":   {[]*connector.Response{respond(503, "", "Retry-After", "86400"), good}, nil, "[5m0s]", ""},
		"slowed down":                 {[]*connector.Response{busy("30"), good}, nil, "[30s]", ""},
		"slowed down without a time":  {[]*connector.Response{busy(""), busy(""), good}, nil, "[15s 15s]", ""},
		"slowed down for ever":        {[]*connector.Response{busy("1")}, nil, "[1s 1s 1s 1s 1s 1s 1s 1s 1s 1s]", connector.Throttled},
		"slowed down, own fallback":   {[]*connector.Response{busy("x"), good}, []func(connector.Settings){profileOf(7, "rest", "throttle_fallback_s")}, "[7s]", ""},
		"a query that is refused":     {[]*connector.Response{reply200(`{"returnCode":2,"returnMessage":"Invalid filter"}`)}, nil, "[]", connector.Misconfigured},
		"an address that is not here": {[]*connector.Response{respond(404, "<html>")}, nil, "[]", connector.Misconfigured},
		"access denied":               {[]*connector.Response{respond(403, "")}, nil, "[]", connector.Forbidden},
		"a redirect":                  {[]*connector.Response{respond(302, "")}, nil, "[]", connector.Misconfigured},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, inTurn(row.answers...), row.edits...)
			err := readOrders(b)
			if connector.CodeOf(err) != row.code || fmt.Sprint(b.waits) != row.waits {
				t.Errorf("waits %v, %v", b.waits, err)
			}
			if err != nil && (connector.AsError(err).Hint == "" || connector.AsError(err).Exchange == "") {
				t.Errorf("no hint or Exchange: %+v", err)
			}
		})
	}
	f := &fake{answer: func(connector.Request) (*connector.Response, error) { return silence() }}
	b := open(t, f)
	mustFail(t, readOrders(b), connector.Unavailable, "connection refused")
	if len(b.waits) != 3 {
		t.Errorf("no answer: waits %v", b.waits)
	}
}

func TestStoppingAReadEndsItsWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := open(t, always(503, "", "Retry-After", "120"))
		b.wait = pace.Real{}.Sleep
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		_, err := b.Read(ctx, connector.Query{Kind: connector.Supplier})
		mustFail(t, err, connector.Unavailable)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestCallsAreSpacedAndBounded(t *testing.T) {
	t.Parallel()
	items := map[int]string{}
	for id := 1; id <= 3; id++ {
		items[id] = order(id, 30)
	}
	b := open(t, site(items, nil), profileOf(1000, "rest", "min_interval_ms"))
	if _, err := b.readAll(connector.Query{Kind: connector.PurchaseOrder}); err != nil {
		t.Fatal(err)
	}
	if spent := b.clock().Sub(noon); spent < 5*time.Second { // 3 pages and 3 details
		t.Errorf("six calls in %s", spent)
	}

	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		inner := site(map[int]string{1: order(1, 30), 2: order(2, 30), 3: order(3, 30)}, nil)
		b := open(t, callerFunc(func(ctx context.Context, r connector.Request) (*connector.Response, error) {
			if r.Op != "token" {
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(time.Second)
				now.Add(-1)
			}
			return inner.Call(ctx, r)
		}), func(s connector.Settings) { s["concurrency"] = 2 })
		done := make(chan error, 4)
		for range 4 {
			go func() { _, err := b.Read(t.Context(), connector.Query{Kind: connector.PurchaseOrder}); done <- err }()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if most.Load() != 2 {
			t.Errorf("%d calls at once", most.Load())
		}
	})
}

func TestReadsByKey(t *testing.T) {
	t.Parallel()
	items := map[int]string{}
	var keys []connector.Key
	for id := 1; id <= 120; id++ {
		items[id] = order(id, 30)
		keys = append(keys, connector.Key{ID: fmt.Sprint(id)})
	}
	b := open(t, site(items, nil))
	got, err := b.readAll(connector.Query{Kind: connector.PurchaseOrder, Keys: append(keys, connector.Key{ID: "999"}, connector.Key{})})
	if err != nil || len(got.Versions) != 120 || len(got.Problems) != 0 {
		t.Errorf("%d read, %v, %v", len(got.Versions), got.Problems, err)
	}
	invoice := `{"header":{"invoiceId":5,"invoiceNumber":"I5","supplierInvoiceNumber":"INV-1"}}`
	f := inTurn(listed("jiinvoiceList", "jiinvoice", 0), listed("jiinvoiceList", "jiinvoice", 1, invoice), reply200(invoice))
	got, err = open(t, f).readAll(connector.Query{Kind: connector.Invoice, Keys: []connector.Key{{Number: "INV-1"}}})
	if err != nil || ids(got.Versions) != "5" || !strings.HasSuffix(f.seen()[0], "flt=invoiceNumber==INV-1") || !strings.HasSuffix(f.seen()[1], "flt=supplierInvoiceNumber==INV-1") {
		t.Errorf("%s, %v, %v", ids(got.Versions), f.seen(), err)
	}
	value := inTurn(listed("jicustomfieldvalueList", "jicustomfieldvalue", 1, `{"customFieldValueId":1,"fieldInternalName":"Account","value":"610000"}`))
	got, err = open(t, value).readAll(connector.Query{Kind: connector.GLAccount, Keys: []connector.Key{{ID: "Account/610000"}, {ID: "Account"}}})
	if err != nil || ids(got.Versions) != "Account/610000" {
		t.Errorf("%s, %v", ids(got.Versions), err)
	}
}
