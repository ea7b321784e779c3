package simulation

import (
	"math/rand/v2"
	"time"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/peoplesoft/peoplesoftsim"
)

// profile is what a seed draws of the site, its Systems and its bad luck.
type profile struct {
	Sole      bool // one process at a time, on a database that it has for itself
	Processes int
	Skew      []time.Duration // of the processes' clocks
	Flows     []string
	Edits     int
	Busy      time.Duration // how long people edit

	CheckEvery int // all invariants are checked after each so many commits that change something

	Network float64       // share of calls that the network breaks
	Kills   float64       // likelihood of a kill where a point is passed for the first time
	Stalls  float64       // the same of a stall
	Trouble time.Duration // longest time between two moments of trouble

	Overlap, Settle, LookupSettle time.Duration
	Concurrency                   int
	Schedule, Track               time.Duration
	Acknowledge, PaymentTransport string
	StageTimeout                  time.Duration // after which a voucher that is nowhere counts as lost
	Drift                         map[string]connector.DriftRule
	Withdraw                      connector.WithdrawRule
	MaxChanges                    int
	POTransport, VendorTransport  string
	VoucherTransport, Envelope    string // "" = the System's defaults
	SupplierBy, RequisitionBy     string // transports of JAGGAER
	Unseen                        bool   // requisitions can't be read over REST
	LinkRequisition, Dispatched   bool
	CanUpdate, CanCancel          bool
	PageSize                      int
	S2PSkew, ERPSkew              time.Duration
	Switches                      jaggaersim.Switches
	Life                          peoplesoftsim.Life
	Pace                          time.Duration
	Gaps                          int // one row of the Crosswalks in so many is given late; 0 = none
}

// flowSets are the Flows that a site runs: all, or those that belong together.
var flowSets = [][]string{
	{"gl-accounts", "suppliers-to-peoplesoft", "suppliers-to-jaggaer", "requisitions", "purchase-orders", "invoices"},
	{"gl-accounts", "suppliers-to-peoplesoft", "suppliers-to-jaggaer", "purchase-orders", "invoices"},
	{"gl-accounts", "suppliers-to-peoplesoft", "suppliers-to-jaggaer", "requisitions"},
	{"suppliers-to-peoplesoft", "suppliers-to-jaggaer"},
	{"gl-accounts", "suppliers-to-peoplesoft", "purchase-orders"},
	{"gl-accounts", "suppliers-to-jaggaer", "purchase-orders", "invoices"},
}

func span(r *rand.Rand, from, to time.Duration) time.Duration {
	return (from + time.Duration(r.Int64N(int64(to-from)+1))).Round(time.Second)
}

func draw(r *rand.Rand) profile {
	p := profile{
		Sole: r.IntN(3) == 0, Processes: 2 + r.IntN(2), Flows: flowSets[r.IntN(len(flowSets))], CheckEvery: 10 + r.IntN(20), Edits: 6 + r.IntN(20), Busy: span(r, 40*time.Second, 130*time.Second),
		Overlap: span(r, 30*time.Second, 3*time.Minute), Settle: span(r, 0, 10*time.Second), LookupSettle: span(r, time.Second, 15*time.Second), Concurrency: 1 + r.IntN(4),
		Schedule: span(r, 25*time.Second, time.Minute), Track: span(r, 15*time.Second, time.Minute),
		POTransport: pick(r, "soap_ci", "rest_ci"), VendorTransport: pick(r, "soap_ci", "rest_ci"), CanUpdate: r.IntN(4) > 0, CanCancel: r.IntN(2) == 0,
		Withdraw: pick(r, connector.WithdrawHold, connector.WithdrawUpdate), PageSize: pick(r, 2+r.IntN(4), 4+r.IntN(40)), Drift: map[string]connector.DriftRule{},
		Pace: pick(r, -1, 20*time.Second, 45*time.Second), StageTimeout: 3 * time.Minute,
	}
	if p.Sole {
		p.Processes = 1
	}
	for range p.Processes {
		p.Skew = append(p.Skew, time.Duration(r.Int64N(int64(400*time.Millisecond)))-200*time.Millisecond)
	}
	for _, f := range p.Flows {
		p.Drift[f] = pick(r, connector.DriftOverwrite, connector.DriftOverwrite, connector.DriftHold, connector.DriftIgnore)
	}
	// A quarter of the seeds has good luck only, so that what comes of the world alone is seen as well.
	if r.IntN(4) > 0 {
		p.Network = pick(r, 0, 0.01, 0.03, 0.1)
		p.Kills = pick(r, 0, 0.01, 0.03)
		p.Stalls = pick(r, 0, 0.01, 0.03)
		p.Trouble = pick(r, 20*time.Second, time.Minute, 3*time.Minute)
	}
	if r.IntN(8) == 0 {
		p.MaxChanges = 5 + r.IntN(10)
	}
	half := int64(p.Overlap / 2)
	if r.IntN(2) == 0 {
		p.S2PSkew, p.ERPSkew = time.Duration(r.Int64N(2*half)-half).Round(time.Millisecond), time.Duration(r.Int64N(2*half)-half).Round(time.Millisecond)
	}
	p.Switches = oddities(r, p.Overlap)
	p.ways(r)
	p.Life = peoplesoftsim.Life{Dispatch: peoplesoftsim.Immediately, Approve: span(r, time.Second, time.Minute), Build: span(r, time.Second, time.Minute), Post: time.Minute, Pay: 2 * time.Minute}
	p.Acknowledge, p.PaymentTransport = pick(r, "off", "off", "voucher", "paid", "paid"), pick(r, "rest", "rest", "xml")
	if p.Acknowledge != "off" { // vouchers live fast, so that JAGGAER is told while things go wrong
		p.Track = span(r, 5*time.Second, 15*time.Second)
		p.Life.Build, p.Life.Post, p.Life.Pay = span(r, time.Second, 10*time.Second), 10*time.Second, 15*time.Second
	}
	if p.Dispatched { // orders are on their way for a while, and their invoices wait
		p.Life.Dispatch = span(r, time.Second, 2*time.Minute)
	}
	return p
}

// ways draws how documents are written, beyond the usual.
func (p *profile) ways(r *rand.Rand) {
	if r.IntN(4) == 0 {
		p.POTransport = "custom_rest"
	}
	p.VendorTransport = pick(r, p.VendorTransport, p.VendorTransport, "custom_rest", "message")
	p.VoucherTransport, p.Envelope = pick(r, "message", "message", "message", "custom_rest"), pick(r, "headers", "query", "ibrequest", "soap")
	p.LinkRequisition, p.Dispatched = r.IntN(2) == 0, r.IntN(3) == 0
	p.SupplierBy, p.RequisitionBy, p.Unseen = pick(r, "xml", "xml", "rest"), pick(r, "xml", "xml", "rest"), r.IntN(6) == 0
}

func oddities(r *rand.Rand, overlap time.Duration) jaggaersim.Switches {
	w := jaggaersim.Switches{PageSize: pick(r, 2+r.IntN(3), 3+r.IntN(40))}
	one := func(in int) bool { return r.IntN(in) == 0 }
	w.PageSizeVaries = one(4)
	if one(4) {
		w.TotalsDrift = 1 + r.IntN(3)
	}
	if one(8) {
		w.IgnoreFilter = []string{"*"}
	}
	w.CodeAsText, w.CountsAsText, w.NoWriteIDs, w.SupplierIDs, w.MirrorStatus = one(3), one(3), one(3), one(3), one(4)
	w.ReturnMessage, w.EmptyList = pick(r, "", "OK"), pick(r, "", "null", "object", "array")
	w.DetailMissing = pick(r, "", "code2", "empty")
	if one(3) {
		w.IndexDelayMS = int(r.Int64N(int64(min(overlap/3, 20*time.Second) / time.Millisecond)))
	}
	if one(6) {
		w.RevokeEvery = 20 + r.IntN(60)
	}
	if one(8) {
		w.RateCalls, w.RatePerMS, w.RateRetryAfter = 10+r.IntN(20), 5000, pick(r, "", "3")
	}
	return w
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }
