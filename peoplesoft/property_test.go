package peoplesoft_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	connector "ml-connector"
	"ml-connector/peoplesoft"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

// inProcess calls the simulator without a network, so that a property can be tried at hundreds of sites.
type inProcess struct{ sim *peoplesoftsim.Server }

func (c inProcess) Call(ctx context.Context, r connector.Request) (*connector.Response, error) {
	req := httptest.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	rec := httptest.NewRecorder()
	c.sim.ServeHTTP(rec, req)
	header := map[string]string{}
	for k := range rec.Header() {
		header[k] = rec.Header().Get(k)
	}
	return &connector.Response{Status: rec.Code, Header: header, Body: rec.Body.Bytes()}, nil
}

// company is made once; nobody changes it.
var company = sync.OnceValue(func() *sample.Company { return sample.New(7, sample.Small(), start) })

// bare is a site that holds nothing, with a clock that the test sets.
type bare struct {
	t    *rapid.T
	sim  *peoplesoftsim.Server
	i    connector.Instance
	now  time.Time
	zone *time.Location
}

func newBare(t *rapid.T, o peoplesoftsim.Options, edits ...any) *bare {
	b := &bare{t: t, now: start}
	c := *company()
	c.Requisitions, c.Suppliers, c.Accounts = nil, nil, nil
	o.Now = func() time.Time { return b.now }
	b.sim = peoplesoftsim.New(&c, o)
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	b.zone = zone
	s := connector.Settings{"host": "localhost", "port": int64(80), "tls": false, "node": "PSFT_EP", "username": "JGR_SVC", "time_zone": c.TimeZone, "business_units": []any{"US001", "US002"}}
	for n := 0; n < len(edits); n += 2 {
		set(s, edits[n].(string), edits[n+1])
	}
	v := peoplesoft.New().Validate(s)
	if len(v.Problems) > 0 {
		t.Fatalf("%+v", v.Problems)
	}
	b.i, err = peoplesoft.New().Open(connector.Opening{Connection: "erp", Settings: v.Settings, Caller: inProcess{b.sim}, Now: o.Now, Secrets: map[string]string{"password": peoplesoftsim.DefaultUser().Password}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// page reads one page; the end is "".
func (b *bare) page(q connector.Query) connector.Page {
	p, err := b.i.(connector.Source).Read(context.Background(), q)
	if err != nil {
		b.t.Fatalf("%+v", err)
	}
	return p
}

// put writes a requisition with so many rows, spread over lines and distributions.
func (b *bare) put(unit, id string, rows int, at time.Time) {
	r := sample.Requisition{BusinessUnit: unit, ID: id, Status: "A", Date: "2026-03-01", Currency: "USD", Updated: at}
	for n := range rows {
		if n%3 == 0 {
			r.Lines = append(r.Lines, sample.RequisitionLine{Number: len(r.Lines) + 1, Status: "A", Description: fmt.Sprintf("line of %d", rows), Schedules: []sample.RequisitionSchedule{{Number: 1, Quantity: "1", Price: "1", Amount: "1"}}})
		}
		s := &r.Lines[len(r.Lines)-1].Schedules[0]
		s.Distributions = append(s.Distributions, sample.Distribution{Number: len(s.Distributions) + 1, Account: "600000", Amount: "1"})
	}
	b.sim.PutRequisition(r)
}

// rowsIn counts the rows that a Document was made of.
func rowsIn(d connector.Document) (n int) {
	for _, l := range d.List("REQ_LINE") {
		for _, s := range l.List("REQ_LINE_SHIP") {
			n += len(s.List("REQ_LN_DISTRIB"))
		}
	}
	return n
}

// TestPagesGiveEachDocumentOnceAndWhole: whatever the page size, the user's row cap and the form of answers, and while between
// pages documents come, grow, shrink, vanish and appear again. What nobody touched comes exactly once, as it stands; what was
// touched comes as it stood at some time, never in part; what has more rows than the cap is a Problem and stops nothing.
func TestPagesGiveEachDocumentOnceAndWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rowCap := rapid.SampledFrom([]int{0, 0, 3, 5, 11, 40}).Draw(t, "cap")
		user := peoplesoftsim.DefaultUser()
		user.RowCap = rowCap
		form := rapid.SampledFrom([]string{"JSON", "XMLP", "WEBROWSET"}).Draw(t, "form")
		b := newBare(t, peoplesoftsim.Options{Users: []peoplesoftsim.User{user}, Site: peoplesoftsim.Site{Formats: []string{form}}},
			"profile.query.page_size", int64(rapid.IntRange(2, 9).Draw(t, "page")))
		for n := range 30 { // a longer list, by which a cap can be told from a small site
			b.sim.PutAccount(fmt.Sprintf("%06d", n), sample.AccountRow{Effective: "2020-01-01"})
		}
		m := model{b: b, states: map[string][]int{}, touched: map[string]bool{}, hidden: map[string]bool{}}
		for range rapid.IntRange(0, 14).Draw(t, "documents") {
			m.write(t)
		}
		clear(m.touched)
		q := connector.Query{Kind: connector.Requisition}
		got, problems := map[string]int{}, map[string]bool{}
		for n := 0; ; n++ {
			if n > 400 {
				t.Fatal("the read does not end")
			}
			p := b.page(q)
			for _, v := range p.Versions {
				if _, twice := got[v.ID]; twice {
					t.Fatalf("%s came twice", v.ID)
				}
				got[v.ID] = rowsIn(v.Document)
			}
			for _, x := range p.Problems {
				problems[x.ID] = true
			}
			if p.Next == "" {
				break
			}
			q.After = p.Next
			if rapid.IntRange(0, 3).Draw(t, "edit") == 0 {
				m.write(t)
			}
		}
		m.judge(t, rowCap, got, problems)
	})
}

// model is what the site holds, and held at any time of a read.
type model struct {
	b       *bare
	states  map[string][]int // by ID: each number of rows that it had, the last one is now
	touched map[string]bool  // since the read began
	hidden  map[string]bool
}

// write adds a document, changes one, or lets row security hide one or show all.
func (m *model) write(t *rapid.T) {
	unit, id := rapid.SampledFrom([]string{"US001", "US002"}).Draw(t, "unit"), fmt.Sprintf("%010d", rapid.IntRange(1, 12).Draw(t, "id"))
	key := unit + "/" + id
	switch what := rapid.IntRange(0, 5).Draw(t, "what"); {
	case what == 0 && m.states[key] != nil:
		m.hidden[key] = true
		m.touched[key] = true
		if err := m.b.sim.Hide("JGR_SVC", key); err != nil {
			t.Fatal(err)
		}
	case what == 1:
		for k := range m.hidden {
			m.touched[k] = true
		}
		clear(m.hidden)
		if err := m.b.sim.Show("JGR_SVC"); err != nil {
			t.Fatal(err)
		}
	default:
		rows := rapid.IntRange(1, 14).Draw(t, "rows")
		m.b.put(unit, id, rows, start)
		m.touched[key] = true
		m.states[key] = append(m.states[key], rows)
	}
}

func (m *model) judge(t *rapid.T, rowCap int, got map[string]int, problems map[string]bool) {
	for key, states := range m.states {
		rows, came := got[key]
		now := states[len(states)-1]
		switch {
		case came && !slices.Contains(states, rows):
			t.Errorf("%s came with %d rows; it never had but %v", key, rows, states)
		case came && rowCap > 0 && rows > rowCap:
			t.Errorf("%s came with %d rows through a cap of %d", key, rows, rowCap)
		case m.touched[key]:
		case m.hidden[key]:
			if came || problems[key] {
				t.Errorf("%s is hidden, and came", key)
			}
		case !came && !problems[key]:
			t.Errorf("%s, with %d rows, did not come", key, now)
		case problems[key] && (rowCap == 0 || now < rowCap):
			t.Errorf("%s, with %d rows and a cap of %d, is a Problem", key, now, rowCap)
		case came && rows != now:
			t.Errorf("%s came with %d rows and has %d", key, rows, now)
		}
	}
	for key := range got {
		if m.states[key] == nil {
			t.Errorf("%s came and was never there", key)
		}
	}
}

// TestEveryChangeLiesInItsWindow: windows that follow each other, cut anywhere around both changes of the clocks, give each
// change in the window of its instant. PeopleSoft stores local times without an offset: those of the repeated hour may come in
// two windows, and none is missed.
func TestEveryChangeLiesInItsWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		layout := rapid.SampledFrom([]string{"2006-01-02-15.04.05.000000", "2006-01-02 15:04:05", "2006-01-02T15:04:05"}).Draw(t, "layout")
		b := newBare(t, peoplesoftsim.Options{Site: peoplesoftsim.Site{DateTimeLayout: layout}})
		from := time.Date(2026, 3, 7, 18, 0, 0, 0, time.UTC)
		if rapid.Bool().Draw(t, "autumn") {
			from = time.Date(2026, 10, 31, 18, 0, 0, 0, time.UTC)
		}
		seconds := 48 * 3600
		moment := rapid.OneOf(rapid.IntRange(0, seconds-1), rapid.IntRange(10*3600, 16*3600)) // more of them around the change
		at := map[string]time.Time{}
		for n, s := range rapid.SliceOfN(moment, 1, 20).Draw(t, "changes") {
			id := fmt.Sprintf("%010d", n)
			at["US001/"+id] = from.Add(time.Duration(s) * time.Second)
			b.put("US001", id, 1, at["US001/"+id])
		}
		cuts := rapid.SliceOfN(moment, 0, 5).Draw(t, "cuts")
		slices.Sort(cuts)
		cuts = append(cuts, seconds)
		begin := from
		found := map[string]int{}
		for _, c := range cuts {
			end := from.Add(time.Duration(c) * time.Second)
			for q := (connector.Query{Kind: connector.Requisition, From: begin, To: end}); ; {
				p := b.page(q)
				for _, v := range p.Versions {
					in := !at[v.ID].Before(begin) && at[v.ID].Before(end)
					if in {
						found[v.ID]++
					} else if !ambiguous(at[v.ID], b.zone) {
						t.Errorf("%s of %s came in the window from %s to %s", v.ID, at[v.ID], begin, end)
					}
				}
				if q.After = p.Next; p.Next == "" {
					break
				}
			}
			begin = end
		}
		for id, when := range at {
			if found[id] != 1 {
				t.Errorf("%s, changed at %s (%s there), came %d times in its window", id, when, when.In(b.zone), found[id])
			}
		}
	})
}

// ambiguous says whether an instant's local time stands for another instant too.
func ambiguous(t time.Time, zone *time.Location) bool {
	local := t.In(zone).Format(time.DateTime)
	for _, d := range []time.Duration{-time.Hour, time.Hour} {
		if t.Add(d).In(zone).Format(time.DateTime) == local {
			return true
		}
	}
	return false
}

// TestAccountsAreThoseInForceOnTheBaseDay: of several rows for an account the one in force counts, by the day of the base time
// zone; future ones don't, inactive ones do, and what begins only in the future is not there.
func TestAccountsAreThoseInForceOnTheBaseDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := newBare(t, peoplesoftsim.Options{}, "profile.query.page_size", int64(rapid.IntRange(2, 20).Draw(t, "page")))
		b.now = start.Add(time.Duration(rapid.IntRange(0, 48*60).Draw(t, "minutes")) * time.Minute)
		today := b.now.In(b.zone).Format(time.DateOnly)
		want := map[string]sample.AccountRow{}
		for n := range rapid.IntRange(0, 6).Draw(t, "accounts") {
			value := fmt.Sprintf("%06d", n)
			for k := range rapid.IntRange(1, 4).Draw(t, "rows") {
				day := start.AddDate(0, 0, rapid.IntRange(-4, 4).Draw(t, "day")).Format(time.DateOnly)
				row := sample.AccountRow{Effective: day, Status: rapid.SampledFrom([]string{"A", "I"}).Draw(t, "status"), Description: fmt.Sprintf("row %d", k)}
				b.sim.PutAccount(value, row)
				if had, ok := want[value]; day <= today && (!ok || day >= had.Effective) {
					want[value] = row
				}
			}
		}
		got := map[string]bool{}
		for q := (connector.Query{Kind: connector.GLAccount}); ; {
			p := b.page(q)
			for _, v := range p.Versions {
				value := v.Document.Text("VALUE")
				got[value] = true
				if w := want[value]; v.Document.Text("EFFDT") != w.Effective || v.Document.Text("DESCR") != w.Description || v.Document.Text("EFF_STATUS") != w.Status || (v.Standing == connector.Usable) != (w.Status == "A") {
					t.Errorf("on %s account %s is %v (%s), want %+v", today, value, v.Document, v.Standing, w)
				}
			}
			if q.After = p.Next; p.Next == "" {
				break
			}
		}
		if len(got) != len(want) {
			t.Errorf("on %s: %v, want %v", today, got, want)
		}
	})
}

// TestTheFormOfAnAnswerIsNoContent: numbers as numbers or as texts, keys with or without alias, raw line breaks, Latin-1: the
// Documents are the same, but for what such an answer can't hold.
func TestTheFormOfAnAnswerIsNoContent(t *testing.T) {
	t.Parallel()
	kinds := []connector.Kind{connector.Supplier, connector.GLAccount, connector.Requisition}
	plain := func(d connector.Document) string {
		return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
			if r > 0xff {
				return '?'
			}
			return r
		}, string(d.Canonical()))), " ")
	}
	all := func(t *rapid.T, faults []string, site peoplesoftsim.Site) map[string]string {
		b := newBare(t, peoplesoftsim.Options{Site: site})
		for _, s := range company().Suppliers {
			b.sim.PutVendor(s)
		}
		for _, r := range company().Requisitions {
			b.sim.PutRequisition(r)
		}
		for _, a := range company().Accounts {
			for _, r := range a.Rows {
				b.sim.PutAccount(a.Value, r)
			}
		}
		for _, f := range faults {
			if err := b.sim.Fault(peoplesoftsim.Fault{Kind: f, Match: "query.*"}); err != nil {
				t.Fatal(err)
			}
		}
		out := map[string]string{}
		for _, k := range kinds {
			for q := (connector.Query{Kind: k}); ; {
				p := b.page(q)
				for _, x := range p.Problems {
					t.Error(x.Err)
				}
				for _, v := range p.Versions {
					out[string(k)+" "+v.ID] = plain(v.Document)
				}
				if q.After = p.Next; p.Next == "" {
					break
				}
			}
		}
		return out
	}
	var want map[string]string
	tries := 0
	rapid.Check(t, func(t *rapid.T) {
		if tries++; tries > 25 { // the whole company is read each time
			return
		}
		if want == nil {
			want = all(t, nil, peoplesoftsim.Site{})
			if len(want) < 100 {
				t.Fatalf("only %d records", len(want))
			}
		}
		var faults []string
		for _, f := range []string{"queryname", "bare_keys", "number_strings", "no_rows", "charset", "raw_newline"} {
			if rapid.Bool().Draw(t, f) {
				faults = append(faults, f)
			}
		}
		formats := rapid.SampledFrom([][]string{{"JSON"}, {"XMLP"}, {"WEBROWSET"}}).Draw(t, "form")
		got := all(t, faults, peoplesoftsim.Site{Formats: formats})
		if len(got) != len(want) {
			t.Errorf("%d records, want %d", len(got), len(want))
		}
		for id, text := range want {
			if got[id] != text {
				t.Errorf("%s reads\n%s\nwant\n%s", id, got[id], text)
			}
		}
	})
}

var _ connector.Caller = inProcess{}
