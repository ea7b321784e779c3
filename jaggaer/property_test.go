package jaggaer

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/sample"
)

// traps draws how a customer's JAGGAER is odd.
func traps(t *rapid.T) jaggaersim.Switches {
	yes := rapid.Bool()
	one := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	s := jaggaersim.Switches{
		PageSize: rapid.IntRange(2, 12).Draw(t, "page size"), PageSizeVaries: yes.Draw(t, "page sizes vary"), TotalsDrift: rapid.IntRange(0, 3).Draw(t, "totals drift"),
		CodeAsText: yes.Draw(t, "codes are texts"), CountsAsText: yes.Draw(t, "counts are texts"), ReturnMessage: one("says", "", "OK", "Ok"), EmptyList: one("empty list", "", "null", "object", "array"),
		Detail: one("detail", "", "envelope", "list_of_one"), DetailMissing: one("gone", "", "code2", "empty"), MalformedUnauthorized: yes.Draw(t, "older 401"),
	}
	if yes.Draw(t, "tokens revoked") {
		s.RevokeEvery = rapid.IntRange(20, 60).Draw(t, "revoked every")
	}
	if yes.Draw(t, "throttled") {
		s.RateCalls, s.RatePerMS, s.RateRetryAfter = rapid.IntRange(5, 30).Draw(t, "calls"), 1000, one("retry after", "", "1", "soon")
	}
	if rapid.IntRange(0, 5).Draw(t, "filter") == 0 {
		s.IgnoreFilter = []string{"*"}
	}
	return s
}

// clock is the time of one bench. Details are read several at once, and each wait moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// stirred is a simulator whose people work while it is read.
type stirred struct {
	simBench
	clock   *clock
	kind    connector.Kind
	entity  string
	quiet   map[string]string // what nobody touches while it is read, by id: its stamp
	touched map[string]bool
}

func stir(t *testing.T, r *rapid.T, switches jaggaersim.Switches) *stirred {
	at := &clock{now: noon}
	company := sample.New(3, sample.Small(), noon)
	sim := jaggaersim.New(company, jaggaersim.Options{
		Now: at.Now, ClientSecret: "S3cr3t/plus +&", SharedSecret: "<shared> & secret", Switches: switches, Pace: -1, ApproveAfter: -1, Seed: int64(rapid.IntRange(1, 1000).Draw(r, "seed")),
	})
	s := &stirred{simBench: simBench{bench: open(t, direct{sim}), Server: sim, company: company}, clock: at, quiet: map[string]string{}, touched: map[string]bool{}}
	forward := s.wait
	s.wait = func(ctx context.Context, d time.Duration) error { at.add(d); return forward(ctx, d) }
	s.kind = rapid.SampledFrom([]connector.Kind{connector.Supplier, connector.PurchaseOrder, connector.Invoice}).Draw(r, "kind")
	s.entity = map[connector.Kind]string{connector.Supplier: jaggaersim.Supplier, connector.PurchaseOrder: jaggaersim.PurchaseOrder, connector.Invoice: jaggaersim.Invoice}[s.kind]
	for _, x := range s.records() {
		s.quiet[fmt.Sprint(x.ID)] = x.Text("lastUpdate")
	}
	return s
}

func (s *stirred) records() []jaggaersim.Record { return entityRecords(s.Server)[s.kind] }

// somebody changes, adds or removes a record.
func (s *stirred) somebody(t *rapid.T) {
	s.clock.add(time.Duration(rapid.IntRange(1, 5000).Draw(t, "ms")) * time.Millisecond)
	all := s.records()
	x := all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
	id := fmt.Sprint(x.ID)
	var err error
	switch rapid.SampledFrom([]string{"change", "change", "change", "remove", "add", "revise"}).Draw(t, "does") {
	case "remove":
		if err = s.Remove(s.entity, id); err == nil {
			delete(s.quiet, id)
			s.touched[id] = true
		}
		return
	case "add":
		if _, err := s.Add(s.entity, map[string]any{"header": map[string]any{"name": "New & Co", "poNumber": "P-N", "invoiceNumber": "I-N", "workflowStatus": "Pending", "revisionNumber": 0}}); err != nil {
			t.Fatal(err)
		}
		return
	case "revise":
		if s.kind == connector.PurchaseOrder {
			err = s.Revise(id, map[string]any{"header": map[string]any{"priority": "High"}}, false)
			break
		}
		fallthrough
	default:
		err = s.Edit(s.entity, id, map[string]any{"header": map[string]any{"name": "Changed", "priority": "Low", "invoiceName": "Changed"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	delete(s.quiet, id)
	s.touched[id] = true
}

// TestNoTrapLosesARecord reads a list while people work in it, with every oddity: what nobody touched is read with its stamp, nothing is
// read that is not there, and the next Run, a window that begins before this one, has what was touched as it is then. A filter that is
// ignored stops the read or loses nothing.
func TestNoTrapLosesARecord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := stir(t, r, traps(r))
		from := noon.AddDate(0, 0, -rapid.IntRange(1, 60).Draw(r, "days"))
		whole := rapid.Bool().Draw(r, "whole")
		began := s.clock.Now()
		q := connector.Query{Kind: s.kind, From: from, To: began}
		if whole {
			q.From = time.Time{}
		}
		read, err := s.reads(r, q, true)
		if err != nil {
			if len(s.Switches().IgnoreFilter) == 0 || connector.CodeOf(err) != connector.Misconfigured {
				r.Fatalf("%v (%s)", err, connector.AsError(err).Hint)
			}
			return
		}
		for id, stamp := range s.quiet {
			at := instant(stamp)
			if inside := whole || !at.Before(from) && at.Before(began); inside && read[id] != stamp {
				r.Errorf("%s, which nobody touched, was read with the stamp %q, and has %q", id, read[id], stamp)
			}
		}
		for id := range read {
			if _, there := s.quiet[id]; !there && !s.touched[id] && !s.added(id) {
				r.Errorf("%s was read, and never was there", id)
			}
		}
		s.clock.add(time.Minute)
		next, err := s.reads(r, connector.Query{Kind: s.kind, From: began.Add(-10 * time.Minute), To: s.clock.Now()}, false)
		if err != nil && len(s.Switches().IgnoreFilter) > 0 {
			return
		}
		if err != nil {
			r.Fatal(err)
		}
		for _, x := range s.records() {
			if id := fmt.Sprint(x.ID); s.touched[id] && next[id] != x.Text("lastUpdate") {
				r.Errorf("%s was changed to %s, and the next Run has %q", id, x.Text("lastUpdate"), next[id])
			}
		}
	})
}

func (s *stirred) added(id string) bool {
	for _, x := range s.records() {
		if fmt.Sprint(x.ID) == id {
			return true
		}
	}
	return false
}

// reads reads to the end, and gives the stamps that came, the last of each record; people work between the pages if they may.
func (s *stirred) reads(r *rapid.T, q connector.Query, people bool) (map[string]string, error) {
	out := map[string]string{}
	for pages := 0; ; pages++ {
		if pages > 500 {
			r.Fatal("the read does not end")
		}
		page, err := s.Read(s.t.Context(), q)
		if err != nil {
			return nil, err
		}
		for _, v := range page.Versions {
			out[v.ID] = v.Stamp
		}
		for _, p := range page.Problems {
			if p.Err.Code != connector.NotFound {
				r.Errorf("problem %s: %v", p.ID, p.Err)
			}
		}
		if page.Next == "" {
			return out, nil
		}
		q.After = page.Next
		for range rapid.IntRange(0, 2).Draw(r, "edits") {
			if people && pages < 40 {
				s.somebody(r)
			}
		}
	}
}
