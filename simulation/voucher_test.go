package simulation

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/engine"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
	"ml-connector/store"
)

// calmSite is a site with both Systems, all Flows and one engine, on which only the test lets time go by: vouchers are built,
// posted and paid when it says so.
type calmSite struct {
	*sim
	t  *testing.T
	e  *engine.Engine
	mu sync.Mutex
	n  int
	xs []connector.Exchange
}

func calm(t *testing.T) *calmSite {
	t.Helper()
	p := profile{
		Sole: true, Processes: 1, Flows: flowSets[0], Overlap: 10 * time.Minute, Settle: 2 * time.Minute, LookupSettle: time.Minute, Concurrency: 2, Schedule: 15 * time.Minute,
		Track: time.Hour, POTransport: "soap_ci", VendorTransport: "soap_ci", CanUpdate: true, PageSize: 200, Withdraw: connector.WithdrawHold, Pace: -1, StageTimeout: 48 * time.Hour,
		Acknowledge: "paid", PaymentTransport: "rest",
		Life: peoplesoftsim.Life{Dispatch: peoplesoftsim.Immediately, Approve: peoplesoftsim.Immediately},
	}
	s := &sim{seed: 4, ctx: t.Context(), profile: p, inForce: map[string]connector.Validation{}}
	s.turns = newTurns(nil, began.AddDate(0, 0, 2), 0, func(what string) { t.Error(what) })
	s.company = sample.New(4, sample.Small(), s.turns.now)
	s.found()
	if err := s.prepare(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	c := &calmSite{sim: s, t: t}
	now := func() time.Time { return s.turns.now }
	c.e = engine.New(engine.Config{DB: s.desk, Now: now, Sleep: c.sleep, Jitter: func() float64 { return 0.5 }, Owner: "test", Sole: true,
		Tick: func(ctx context.Context, _ time.Duration) error { <-ctx.Done(); return ctx.Err() },
		Open: func(_ context.Context, conn connector.Connection) (connector.Instance, error) {
			return s.open(conn, keeping{c, s.sides[conn.Name]}, now, nil)
		}})
	return c
}

// keeping is a network that nothing disturbs, and that keeps what goes over it.
type keeping struct {
	c    *calmSite
	side *side
}

func (k keeping) Call(ctx context.Context, q connector.Request) (*connector.Response, error) {
	resp, err := wire{side: k.side}.Call(ctx, q)
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	k.c.n++
	x := connector.Exchange{ID: fmt.Sprintf("%016x", k.c.n), Connection: k.side.name, Op: q.Op, Method: q.Method, URL: q.URL, RequestHeader: q.Header, RequestBody: q.Body, Started: k.c.turns.now}
	x.Run, x.Delivery = connector.TraceOf(ctx).Run, connector.TraceOf(ctx).Delivery
	if resp != nil {
		x.Status, x.ResponseBody, resp.Exchange = resp.Status, resp.Body, x.ID
	}
	if keep := connector.TraceOf(ctx).Keep; keep != nil {
		keep(x)
	}
	k.c.xs = append(k.c.xs, x)
	return resp, err
}

// sleep moves the clock instead of waiting.
func (c *calmSite) sleep(ctx context.Context, d time.Duration) error {
	c.turns.now = c.turns.now.Add(d)
	return ctx.Err()
}

// after lets time go by, and then runs everything once: what is read, what is delivered, and a round of following.
func (c *calmSite) after(d time.Duration) {
	c.t.Helper()
	c.turns.now = c.turns.now.Add(d)
	if _, err := c.e.Sync(c.t.Context(), engine.SyncRequest{Trigger: connector.TriggerManual, Wait: time.Hour}); err != nil {
		c.t.Fatal(err)
	}
}

// rounds follows what was delivered so many times, and does nothing else.
func (c *calmSite) rounds(n int, every time.Duration) {
	c.t.Helper()
	for range n {
		c.turns.now = c.turns.now.Add(every)
		c.must(c.e.TrackFlow(c.t.Context(), "invoices"))
	}
}

func (c *calmSite) tx(f func(*store.Tx) error) {
	c.t.Helper()
	if err := c.desk.Tx(c.t.Context(), f); err != nil {
		c.t.Fatal(err)
	}
}

// must fails when a person at PeopleSoft could not do something.
func (c *calmSite) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// vouchers are the Deliveries of invoices that were accepted, oldest first.
func (c *calmSite) vouchers() []connector.Delivery {
	c.t.Helper()
	ds, err := c.desk.Deliveries(c.t.Context(), store.DeliveryFilter{Flow: "invoices", State: connector.Delivered})
	c.must(err)
	if len(ds) < 2 {
		c.t.Fatalf("%d invoices were delivered", len(ds))
	}
	return ds
}

// is checks where a Delivery stands, and what it says of its life.
func (c *calmSite) is(d connector.Delivery, state connector.State, stage connector.Stage, says string) connector.Delivery {
	c.t.Helper()
	now, err := c.desk.Delivery(c.t.Context(), d.ID)
	c.must(err)
	if now.State != state || now.Life == nil || now.Life.Stage != stage || !strings.Contains(now.Life.Reason, says) {
		c.t.Errorf("delivery %d is %s (%v) with life %+v; want %s, %s: %s", d.ID, now.State, now.Err, now.Life, state, stage, says)
	}
	return now
}

// why is what a person is told of the invoice of a Delivery.
func (c *calmSite) why(d connector.Delivery) string {
	c.t.Helper()
	a := &app.App{DB: c.desk, Config: app.Config{Now: func() time.Time { return c.turns.now }}}
	w, err := a.Why(c.t.Context(), d.Record.ID)
	c.must(err)
	return strings.Join(w.Sentences, " ")
}

func unitAndVoucher(d connector.Delivery) (unit, id string) {
	unit, id, _ = strings.Cut(d.Target.ID, "/")
	return unit, id
}

// writes are the messages that went out for a Delivery's voucher, by their ExternalMessageID.
func (c *calmSite) writes(d connector.Delivery) (ids []string) {
	_, voucher := unitAndVoucher(d)
	for _, x := range c.xs {
		if id := x.RequestHeader["ExternalMessageID"]; id != "" && strings.Contains(string(x.RequestBody), ">"+voucher+"<") {
			ids = append(ids, id)
		}
	}
	return ids
}

func invoiceID(d connector.Delivery) int64 {
	id, err := strconv.ParseInt(d.Record.ID, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// told checks what JAGGAER knows of the voucher of an invoice.
func (c *calmSite) told(d connector.Delivery, voucher, status string) {
	c.t.Helper()
	if got, _ := c.jg.Payments()[invoiceID(d)]["voucherNumber"].(string); got != voucher {
		c.t.Errorf("JAGGAER was told of voucher %q, expected %q", got, voucher)
	}
	for _, r := range c.jg.Invoices() {
		if r.ID == invoiceID(d) && r.Text("paymentStatus") != status {
			c.t.Errorf("in JAGGAER the invoice is %s, expected %s", r.Text("paymentStatus"), status)
		}
	}
}

func TestAVoucherIsFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	c := calm(t)
	c.after(0)
	d := c.vouchers()[0]
	unit, id := unitAndVoucher(d)
	c.is(d, connector.Delivered, connector.StageStaged, "waits for the voucher build")
	c.told(d, "", "Payable")
	c.ps.Build()
	c.after(time.Hour)
	c.is(d, connector.Delivered, connector.StageBuilt, "is not matched yet; waits for approval")
	c.told(d, id, "Payable")
	c.must(c.ps.Post(unit, id))
	c.after(time.Hour)
	c.is(d, connector.Delivered, connector.StagePosted, "is matched; is approved")
	c.must(c.ps.Pay(unit, id))
	c.after(time.Hour)
	paid := c.is(d, connector.Delivered, connector.StagePaid, "paid ")
	if paid.Life.Payment == nil || paid.Life.Payment.Number == "" || paid.Life.Payment.Amount == "" || paid.Life.Number != id {
		t.Errorf("the payment is %+v of %q", paid.Life.Payment, paid.Life.Number)
	}
	c.told(d, id, "Paid")
	if got := c.jg.Payments()[invoiceID(d)]["paymentNumber"]; got != paid.Life.Payment.Number {
		t.Errorf("JAGGAER has payment %v, and PeopleSoft %q", got, paid.Life.Payment.Number)
	}
	c.after(time.Hour) // what JAGGAER changed because of it is read, and changes nothing
	if why := c.why(d); !strings.Contains(why, "is paid there") {
		t.Errorf("why says %q", why)
	}
	entries, err := c.desk.Entries(t.Context(), store.EntryFilter{Delivery: d.ID, Action: "delivery.acknowledged"})
	c.must(err)
	if len(entries) != 2 || entries[1].Details["payment"] != "paid" || entries[1].Exchange == "" {
		t.Errorf("the ledger says %+v", entries)
	}
	if ids := c.writes(d); len(ids) != 1 {
		t.Errorf("it was sent as %q, expected once", ids)
	}
}

func TestAVoidOfAPaidVoucherIsReportedForNinetyDays(t *testing.T) {
	t.Parallel()
	c := calm(t)
	c.after(0)
	c.ps.Build()
	ds := c.vouchers()
	for _, d := range ds[:2] {
		unit, id := unitAndVoucher(d)
		c.must(c.ps.Pay(unit, id))
	}
	c.after(time.Hour)
	asked := func() (n int) {
		for _, x := range c.xs {
			if x.Delivery == ds[0].ID && strings.Contains(x.URL, "JGR_VCHR_BY_ID") {
				n++
			}
		}
		return n
	}
	before := asked()
	c.rounds(12, 4*time.Hour)
	if n := asked() - before; n < 1 || n > 3 {
		t.Errorf("in two days it was looked at %d times, expected each day once", n)
	}
	unit, id := unitAndVoucher(ds[0])
	c.must(c.ps.Void(unit, id))
	c.after(25 * time.Hour)
	d := c.is(ds[0], connector.Delivered, connector.StagePosted, "was voided")
	if d.Told == nil || d.Told.Err == nil || d.Told.Err.Code != connector.Conflict || !strings.Contains(c.why(d), "s2p was not told: JAGGAER refused it: Invoice is already paid") {
		t.Errorf("of the void JAGGAER was told %+v, and why says %q", d.Told, c.why(d))
	}
	c.must(c.ps.Pay(unit, id))
	c.after(time.Hour)
	c.is(ds[0], connector.Delivered, connector.StagePaid, "was voided or stopped; paid ")
	c.rounds(4, 25*24*time.Hour)
	unit, id = unitAndVoucher(ds[1])
	c.must(c.ps.Void(unit, id))
	c.after(25 * time.Hour)
	c.is(ds[1], connector.Delivered, connector.StagePaid, "")
}

func TestWhatIsRecycledTonightIsHeldTomorrowAndLeavesHeldWhenItIsCorrected(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, says string
		spoil      func(c *calmSite, d connector.Delivery)
		build      func(c *calmSite, d connector.Delivery)
	}{
		{"a pre-edit error", "pre-edit error: Invalid supplier", func(c *calmSite, d connector.Delivery) {
			for _, v := range c.ps.Staged() {
				if _, id := unitAndVoucher(d); v.Get("VOUCHER_ID") == id {
					c.must(c.ps.EditVendor(c.company.SetID, v.Get("VENDOR_ID"), map[string]string{"VENDOR_STATUS": "I"}))
				}
			}
		}, func(c *calmSite, _ connector.Delivery) { c.ps.Build() }},
		{"recycled", "Accounting date 2026-03-09 is not in an open period", func(*calmSite, connector.Delivery) {}, func(c *calmSite, d connector.Delivery) {
			c.ps.Build()
			unit, id := unitAndVoucher(d)
			c.must(c.ps.Recycle(unit, id, "Accounting date 2026-03-09 is not in an open period"))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := calm(t)
			c.after(0)
			d := c.vouchers()[0]
			row.spoil(c, d)
			c.turns.now = c.turns.now.Add(6 * time.Hour) // tonight
			row.build(c, d)
			c.after(10 * time.Hour) // tomorrow morning
			held := c.is(d, connector.Held, connector.StageRecycled, row.says)
			if held.Err == nil || held.Err.Code != connector.Rejected || !strings.Contains(held.Err.Message, row.says) {
				t.Errorf("it is held for %v", held.Err)
			}
			if why := c.why(d); !strings.Contains(why, "is held") || !strings.Contains(why, row.says) {
				t.Errorf("why says %q", why)
			}
			// The invoice is saved again in JAGGAER, and a person replays it: nothing of that mends the voucher, nor hides that it is recycled.
			c.must(c.jg.Edit("invoice", d.Record.ID, map[string]any{"header": map[string]any{"invoiceName": "Saved again"}}))
			c.after(time.Hour)
			c.is(d, connector.Held, connector.StageRecycled, row.says)
			if why := c.why(d); !strings.Contains(why, row.says) {
				t.Errorf("after the invoice was saved again, why says %q", why)
			}
			unit, id := unitAndVoucher(d)
			c.must(c.ps.Correct(unit, id))
			c.after(time.Hour)
			c.is(d, connector.Delivered, connector.StageBuilt, "")
			if ids := c.writes(d); len(ids) != 1 {
				t.Errorf("it was sent as %q, expected once", ids)
			}
		})
	}
}

func TestAReplayOfARecycledVoucherHidesNothing(t *testing.T) {
	t.Parallel()
	c := calm(t)
	c.after(0)
	d := c.vouchers()[0]
	c.ps.Build()
	unit, id := unitAndVoucher(d)
	c.must(c.ps.Recycle(unit, id, "Out of balance"))
	c.after(time.Hour)
	c.tx(func(tx *store.Tx) error { return tx.Replay([]int64{d.ID}, "cli:me", false) })
	_, err := c.e.Settle(t.Context(), nil, time.Hour)
	c.must(err)
	c.is(d, connector.Held, connector.StageRecycled, "Out of balance")
	c.must(c.ps.Correct(unit, id))
	c.after(time.Hour)
	c.is(d, connector.Delivered, connector.StageBuilt, "")
}

func TestALostVoucherIsHeldAndSentAgainUnderItsNumberWhenAPersonReplaysIt(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		meant func(c *calmSite, d connector.Delivery)
	}{
		{"it is nowhere", func(*calmSite, connector.Delivery) {}},
		{"its invoice was saved again meanwhile", func(c *calmSite, d connector.Delivery) {
			c.must(c.jg.Edit("invoice", d.Record.ID, map[string]any{"header": map[string]any{"invoiceName": "Saved again"}}))
			c.after(time.Hour)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := calm(t)
			c.must(c.ps.Fault(peoplesoftsim.Fault{Kind: "handler_error", Match: "message.*", Times: 1}))
			c.after(0)
			var d connector.Delivery
			for _, v := range c.vouchers() {
				if v.Life.Stage == connector.StageSent {
					d = v
				}
			}
			if d.ID == 0 {
				t.Fatal("no voucher is missing")
			}
			c.ps.Build()
			row.meant(c, d)
			c.after(49 * time.Hour)
			c.is(d, connector.Held, connector.StageLost, "nowhere after 48h")
			if why := c.why(d); !strings.Contains(why, "nowhere after 48h") {
				t.Errorf("why says %q", why)
			}
			c.tx(func(tx *store.Tx) error { return tx.Replay([]int64{d.ID}, "cli:me", false) })
			_, err := c.e.Settle(t.Context(), nil, time.Hour)
			c.must(err)
			c.after(time.Hour)
			if ids := c.writes(d); len(ids) != 2 || ids[1] != ids[0]+"-2" {
				t.Errorf("it was sent as %q, expected a second one that ends in -2", ids)
			}
			c.ps.Build()
			c.after(time.Hour)
			last, err := c.desk.LastDelivery(t.Context(), "invoices", d.Record)
			c.must(err)
			if now := c.is(*last, connector.Delivered, connector.StageBuilt, ""); now.Target != d.Target {
				t.Errorf("it is %s now, and was %s", now.Target, d.Target)
			}
		})
	}
}
