package peoplesoftsim

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Step does everything that is due by the clock. Every request does it first, so a test needs it only to look without asking.
func (s *Server) Step() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step()
}

func (s *Server) step() {
	life := s.options.Life
	for _, k := range s.due(s.vendors, life.Approve, func(r *Row) bool { return r.Get("VENDOR_STATUS") == "E" }) {
		s.vendors.get(k).set("VENDOR_STATUS", "A")
	}
	for _, k := range s.due(s.orders, life.Dispatch, func(r *Row) bool { return r.Get("PO_STATUS") == "A" }) {
		s.dispatch(s.orders.get(k))
	}
	if !s.slow() {
		s.drain()
		for _, k := range s.due(s.staged, life.Build, func(*Row) bool { return true }) {
			s.build(k)
		}
	}
	for _, k := range s.due(s.vouchers, life.Post, func(r *Row) bool { return r.Get("ENTRY_STATUS") == "P" && r.Get("POST_STATUS_AP") == "U" }) {
		s.post(s.vouchers.get(k))
	}
	for _, k := range s.due(s.vouchers, life.Pay, func(r *Row) bool {
		return r.Get("ENTRY_STATUS") == "P" && r.Get("POST_STATUS_AP") == "P" && r.Get("CLOSE_STATUS") == "O"
	}) {
		s.pay(s.vouchers.get(k))
	}
}

// slow says whether it is the part of the day in which the site is slow.
func (s *Server) slow() bool {
	m, hour := s.options.Morning, s.now().In(s.zone).Hour()
	return m.From < m.To && m.From <= hour && hour < m.To
}

// drain has the handlers do what waits in the queue, unless that is paused.
func (s *Server) drain() {
	if s.paused {
		return
	}
	work := s.queue
	s.queue = nil
	for _, w := range work {
		w()
	}
}

// due are the keys of rows whose stage began at least a span ago.
func (s *Server) due(t *table, after time.Duration, in func(*Row) bool) []string {
	if after == 0 {
		return nil
	}
	var out []string
	for _, k := range t.keys {
		if r := t.rows[k]; !r.at.IsZero() && in(r) && (after == Immediately || s.now().Sub(r.at) >= after) {
			out = append(out, k)
		}
	}
	return out
}

func (s *Server) dispatch(r *Row) {
	r.set("PO_STATUS", "D")
	r.set("LAST_DTTM_UPDATE", s.local(s.now()))
	r.at = s.now()
}

// post matches, approves and posts a voucher, and opens its payment schedule.
func (s *Server) post(v *Row) {
	if v.Get("MATCH_STATUS_VCHR") == "T" {
		v.set("MATCH_STATUS_VCHR", "M")
	}
	v.set("APPR_STATUS", "A")
	v.set("POST_STATUS_AP", "P")
	v.at = s.now()
	k := voucherKey(v)
	if s.payments.get(k) == nil {
		s.payments.put(k, newRow())
		s.schedule(v)
	}
}

// schedule adds a scheduled payment that nobody selected yet.
func (s *Server) schedule(v *Row) {
	p := s.payments.get(voucherKey(v))
	r := newRow("BUSINESS_UNIT", v.Get("BUSINESS_UNIT"), "VOUCHER_ID", v.Get("VOUCHER_ID"), "PYMNT_CNT", strconv.Itoa(len(p.Below["schedule"])+1), "PYMNT_SELCT_STATUS", "N", "PYMNT_HOLD", "N",
		"SCHEDULED_PAY_DT", v.Get("DUE_DT"), "CURRENCY_PYMNT", v.Get("TXN_CURRENCY_CD"))
	s.payment.blank(r)
	p.add("schedule", r)
}

// pay is the pay cycle: every open schedule is paid by one payment.
func (s *Server) pay(v *Row) {
	if v.Get("POST_STATUS_AP") != "P" {
		s.post(v)
	}
	for _, r := range s.payments.get(voucherKey(v)).Below["schedule"] {
		if r.Get("PYMNT_SELCT_STATUS") != "N" {
			continue
		}
		s.numbers["PYMNT_ID"]++
		n := s.numbers["PYMNT_ID"]
		method := s.joinVendor(s.vendors.get(key(v.Get("VENDOR_SETID"), v.Get("VENDOR_ID"))))["D"].Get("PYMNT_METHOD")
		for name, value := range map[string]string{"PYMNT_SELCT_STATUS": "P", "PAID_AMT": v.Get("GROSS_AMT"), "PYMNT_ID": fmt.Sprintf("%010d", n), "PYMNT_ID_REF": strconv.Itoa(900000 + n), "PYMNT_DT": s.today(),
			"PYMNT_METHOD": or(method, "CHK"), "PYMNT_STATUS": "P"} {
			r.set(name, value)
		}
	}
	v.set("CLOSE_STATUS", "C")
	v.at = s.now()
	s.effect("voucher.pay", voucherKey(v))
}

// void cancels the last payment and re-opens the schedule as a new row (PEOPLESOFT.md §4.5).
func (s *Server) void(v *Row) error {
	rows := s.payments.get(voucherKey(v))
	if rows == nil || v.Get("CLOSE_STATUS") != "C" {
		return fmt.Errorf("voucher %s is not paid", voucherKey(v))
	}
	last := rows.Below["schedule"][len(rows.Below["schedule"])-1]
	last.set("PYMNT_STATUS", "V")
	s.schedule(v)
	v.set("CLOSE_STATUS", "O")
	v.at = time.Time{} // a person decides when it is paid again
	return nil
}

// Build runs the voucher batch over everything that is staged.
func (s *Server) Build() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range slices.Clone(s.staged.keys) {
		s.build(k)
	}
}

// Approve gives a vendor status A. An unknown one is an error, as in all that follow.
func (s *Server) Approve(id string) error {
	return s.change(s.vendors, key(s.company.SetID, id), func(r *Row) error { r.set("VENDOR_STATUS", "A"); return nil })
}

// Dispatch sends an order to its supplier, so that vouchers may refer to it.
func (s *Server) Dispatch(businessUnit, id string) error {
	return s.change(s.orders, key(businessUnit, id), func(r *Row) error { s.dispatch(r); return nil })
}

// Post matches, approves and posts a voucher.
func (s *Server) Post(businessUnit, id string) error {
	return s.change(s.vouchers, key(businessUnit, id), func(r *Row) error { return s.postable(r, s.post) })
}

// Pay pays a voucher, posting it first where needed.
func (s *Server) Pay(businessUnit, id string) error {
	return s.change(s.vouchers, key(businessUnit, id), func(r *Row) error { return s.postable(r, s.pay) })
}

// Void voids the payment of a paid voucher; it is open again.
func (s *Server) Void(businessUnit, id string) error {
	return s.change(s.vouchers, key(businessUnit, id), s.void)
}

// Delete is a person deleting a voucher: it keeps its number with ENTRY_STATUS X.
func (s *Server) Delete(businessUnit, id string) error {
	return s.change(s.vouchers, key(businessUnit, id), func(r *Row) error { r.set("ENTRY_STATUS", "X"); return nil })
}

// Recycle puts a built voucher to recycle for a reason of the test's own.
func (s *Server) Recycle(businessUnit, id, reason string) error {
	k := key(businessUnit, id)
	return s.change(s.vouchers, k, func(r *Row) error { s.recycle(k, r, reason); return nil })
}

// Correct is a person repairing a voucher that is recycled or in pre-edit error: it becomes postable.
func (s *Server) Correct(businessUnit, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key(businessUnit, id)
	v := s.vouchers.get(k)
	if v == nil {
		if v = s.preedit.get(k); v == nil {
			return fmt.Errorf("peoplesoftsim: no voucher %s", k)
		}
		s.preedit.remove(k)
		s.buildDefaults(v)
		s.vouchers.put(k, v)
	}
	v.set("ENTRY_STATUS", "P")
	v.set("DUP_INVOICE_STATUS", " ")
	v.set("ERRMSGTEXT", " ")
	v.at = s.now()
	return nil
}

func (s *Server) postable(v *Row, then func(*Row)) error {
	if status := v.Get("ENTRY_STATUS"); status != "P" {
		return fmt.Errorf("voucher %s has entry status %s", voucherKey(v), status)
	}
	then(v)
	return nil
}

func (s *Server) change(t *table, k string, what func(*Row) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := t.get(k)
	if r == nil {
		return fmt.Errorf("peoplesoftsim: no row %s", k)
	}
	if err := what(r); err != nil {
		return fmt.Errorf("peoplesoftsim: %w", err)
	}
	return nil
}
