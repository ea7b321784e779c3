package peoplesoftsim

import (
	"fmt"
	"slices"
	"time"

	"ml-connector/sample"
)

// Orders are all purchase orders by business unit and number: PO_HDR with PO_LINE, PO_LINE_SHIP and PO_LINE_DISTRIB below.
func (s *Server) Orders() []*Row { return s.rowsOf(s.orders) }

// Vendors are all vendors by SETID and number: VENDOR with VNDR_ADDR_SCROL and VNDR_LOC_SCROL below.
func (s *Server) Vendors() []*Row { return s.rowsOf(s.vendors) }

// Units are the business units: BUS_UNIT_TBL_FS, with the SetID of each.
func (s *Server) Units() []*Row { return s.rowsOf(s.units) }

// Requisitions are all requisitions: REQ_HDR with REQ_LINE, REQ_LINE_SHIP and REQ_LN_DISTRIB below.
func (s *Server) Requisitions() []*Row { return s.rowsOf(s.requisitions) }

// Vouchers are the built vouchers, with VCHR_LINE_STG and VCHR_DIST_STG below as they were staged.
func (s *Server) Vouchers() []*Row { return s.rowsOf(s.vouchers) }

// Staged are the vouchers that wait for the batch.
func (s *Server) Staged() []*Row { return s.rowsOf(s.staged) }

// PreEdits are the vouchers in pre-edit error; ERRMSGTEXT says why.
func (s *Server) PreEdits() []*Row { return s.rowsOf(s.preedit) }

// Payments are the payment schedules of posted vouchers, below as "schedule".
func (s *Server) Payments() []*Row { return s.rowsOf(s.payments) }

// Accounts are the GL accounts, each with its effective-dated rows below as "rows".
func (s *Server) Accounts() []*Row { return s.ChartValues("ACCOUNT") }

// ChartValues are the values of a ChartField such as DEPTID, each with its effective-dated rows below as "rows".
func (s *Server) ChartValues(field string) []*Row {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.chart[field]; t != nil {
		return t.copies()
	}
	return nil
}

// HandlerErrors are the messages that were accepted and never staged, as PeopleSoft's staff would see them in the monitor.
func (s *Server) HandlerErrors() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.handlerErrors)
}

// BadSignOns is how many wrong passwords in a row a user has, and whether that locked it.
func (s *Server) BadSignOns(user string) (count int, locked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[user]
	if u == nil {
		return 0, false
	}
	return u.bad, u.locked
}

func (s *Server) rowsOf(t *table) []*Row {
	s.mu.Lock()
	defer s.mu.Unlock()
	return t.copies()
}

// Advance moves the clock forward and does what is due then.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew += d
	s.step()
}

// EditVendor changes header fields of a vendor, such as NAME1 or VENDOR_STATUS. A field that VENDOR lacks is an error.
func (s *Server) EditVendor(setid, id string, fields map[string]string) error {
	return s.change(s.vendors, key(setid, id), func(r *Row) error { return setFields(s.vendor, r, fields) })
}

// EditRequisition changes header fields of a requisition, such as REQ_STATUS or HOLD_STATUS, and stamps it.
func (s *Server) EditRequisition(businessUnit, id string, fields map[string]string) error {
	return s.change(s.requisitions, key(businessUnit, id), func(r *Row) error {
		r.set("LAST_DTTM_UPDATE", s.local(s.now()))
		return setFields(s.requisition, r, fields)
	})
}

// EditOrder changes header fields of an order as a buyer would, such as PO_STATUS, and stamps it.
func (s *Server) EditOrder(businessUnit, id string, fields map[string]string) error {
	return s.change(s.orders, key(businessUnit, id), func(r *Row) error {
		r.set("LAST_DTTM_UPDATE", s.local(s.now()))
		return setFields(s.purchaseOrder, r, fields)
	})
}

func setFields(r *record, row *Row, fields map[string]string) error {
	for name, v := range fields {
		if r.field(name) == nil {
			return fmt.Errorf("%s has no field %s", r.name, name)
		}
		row.set(name, v)
	}
	r.blank(row)
	return nil
}

// PutVendor adds a vendor or replaces it.
func (s *Server) PutVendor(v sample.Supplier) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vendors.put(key(s.company.SetID, v.VendorID), s.vendorRow(s.company.SetID, v))
}

// PutRequisition adds a requisition or replaces it; its stamp is taken as given, or now when it is zero.
func (s *Server) PutRequisition(r sample.Requisition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Updated.IsZero() {
		r.Updated = s.now()
	}
	s.requisitions.put(key(r.BusinessUnit, r.ID), s.requisitionRow(s.company.SetID, r))
}

// Receive is a person who receives what an order's schedule waits for: a receipt of one line, stamped now.
func (s *Server) Receive(businessUnit, receiver, order, quantity string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.orders.get(key(businessUnit, order)) == nil {
		return fmt.Errorf("peoplesoftsim: no order %s", key(businessUnit, order))
	}
	r := newRow("BUSINESS_UNIT", businessUnit, "RECEIVER_ID", receiver, "RECV_STATUS", "R", "LAST_DTTM_UPDATE", s.local(s.now()))
	r.add("RECV_LN_SHIP", newRow("RECV_LN_NBR", "1", "RECV_SHIP_SEQ_NBR", "1", "BUSINESS_UNIT_PO", businessUnit, "PO_ID", order, "LINE_NBR", "1", "SCHED_NBR", "1", "QTY_SH_ACCPT", stored(amount(quantity), 4)))
	s.receipt.blank(r)
	s.receipts.put(key(businessUnit, receiver), r)
	return nil
}

// Receipts are all receipts: RECV_HDR with RECV_LN_SHIP below.
func (s *Server) Receipts() []*Row { return s.rowsOf(s.receipts) }

// PutAccount adds one effective-dated row of an account, or replaces the row of that EFFDT.
func (s *Server) PutAccount(value string, r sample.AccountRow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putAccount(value, r)
}

// PutChartValue adds a value of another ChartField, such as DEPTID.
func (s *Server) PutChartValue(field string, v sample.ChartValue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putChart(field, v)
}

// TypeVoucher is a person entering an invoice online: a copy of a staged or built voucher under a number of its own.
func (s *Server) TypeVoucher(businessUnit, like, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.staged.get(key(businessUnit, like))
	if from == nil {
		from = s.vouchers.get(key(businessUnit, like))
	}
	if from == nil {
		return fmt.Errorf("peoplesoftsim: no voucher %s", key(businessUnit, like))
	}
	v := from.clone()
	v.set("VOUCHER_ID", id)
	v.set("VCHR_SRC", "ONL")
	s.buildDefaults(v)
	s.vouchers.put(key(businessUnit, id), v)
	return nil
}

// Hide takes a row, by key such as SHARE/0000010001, out of what a user sees; Show gives everything back.
func (s *Server) Hide(user, rowKey string) error {
	return s.withUser(user, func(u *account) { u.Hidden = append(slices.Clone(u.Hidden), rowKey) })
}

// Show ends Hide for a user.
func (s *Server) Show(user string) error {
	return s.withUser(user, func(u *account) { u.Hidden = nil })
}

// Unlock lets a locked user in again, with a password if one is given.
func (s *Server) Unlock(user, password string) error {
	return s.withUser(user, func(u *account) { u.bad, u.locked, u.Password = 0, false, or(password, u.Password) })
}

func (s *Server) withUser(id string, what func(*account)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[id]
	if u == nil {
		return fmt.Errorf("peoplesoftsim: no user %s", id)
	}
	what(u)
	return nil
}

// PauseQueue stops or starts the message queue; what was accepted meanwhile is worked off at the start.
func (s *Server) PauseQueue(paused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = paused
	if !paused {
		for _, work := range s.queue {
			work()
		}
		s.queue = nil
	}
}

// ExpireTokens makes every OAuth token issued so far invalid.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.bearer)
}

// PayBy gives the default location of a vendor, by its SETID/VENDOR_ID, a payment method.
func (s *Server) PayBy(id, method string) error {
	return s.change(s.vendors, id, func(r *Row) error {
		for _, l := range r.Below["VNDR_LOC_SCROL"] {
			for _, x := range l.Below["VENDOR_LOC"] {
				if l.Get("DEFAULT_LOC_FLG") == "Y" {
					x.Below["VENDOR_PAY"] = []*Row{newRow("SEQ_NUM", "1", "PYMNT_METHOD", method)}
				}
			}
		}
		return nil
	})
}
