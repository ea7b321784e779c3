package simulation

import (
	"fmt"
	"slices"

	"ml-connector/sample"
)

func (s *sim) editRequisition() string {
	if len(s.company.Requisitions) == 0 {
		return ""
	}
	return s.describeRequisition(&s.company.Requisitions[s.world.IntN(len(s.company.Requisitions))])
}

func (s *sim) describeRequisition(q *sample.Requisition) string {
	q.Lines = slices.Clone(q.Lines)
	q.Lines[0].Description = s.text()
	changed := *q
	changed.Updated = s.turns.now.Add(s.profile.ERPSkew)
	s.ps.PutRequisition(changed)
	return fmt.Sprintf("requisition %s changed in %s", q.ID, erp)
}

func (s *sim) statusOfRequisition() string {
	q, ok := chosen(s, s.company.Requisitions)
	if !ok {
		return ""
	}
	fields := pick(s.world, map[string]string{"HOLD_STATUS": "Y"}, map[string]string{"HOLD_STATUS": "N"}, map[string]string{"REQ_STATUS": "X"}, map[string]string{"REQ_STATUS": "A"},
		map[string]string{"BUDGET_HDR_STATUS": "V"})
	return s.done(s.ps.EditRequisition(q.BusinessUnit, q.ID, fields), "requisition %s gets %v in %s", q.ID, fields, erp)
}

func (s *sim) newRequisition() string {
	if len(s.later.requisitions) == 0 {
		return ""
	}
	q := s.later.requisitions[0]
	s.later.requisitions = s.later.requisitions[1:]
	q.Updated = s.turns.now.Add(s.profile.ERPSkew)
	s.ps.PutRequisition(q)
	s.company.Requisitions = append(s.company.Requisitions, q)
	return fmt.Sprintf("requisition %s entered in %s", q.ID, erp)
}

func (s *sim) editVendor() string {
	v, ok := chosen(s, s.ps.Vendors())
	if !ok {
		return ""
	}
	name := v.Get("NAME1")
	if s.world.IntN(2) == 0 {
		name = s.text()
	}
	return s.done(s.ps.EditVendor(v.Get("SETID"), v.Get("VENDOR_ID"), map[string]string{"NAME1": name}), "vendor %s named %q in %s", v.Get("VENDOR_ID"), name, erp)
}

func (s *sim) statusOfVendor() string {
	v, ok := chosen(s, s.ps.Vendors())
	if !ok {
		return ""
	}
	status := pick(s.world, "A", "A", "I", "E")
	return s.done(s.ps.EditVendor(v.Get("SETID"), v.Get("VENDOR_ID"), map[string]string{"VENDOR_STATUS": status}), "vendor %s gets status %s in %s", v.Get("VENDOR_ID"), status, erp)
}

func (s *sim) newVendor() string {
	if len(s.later.suppliers) == 0 {
		return ""
	}
	v := s.later.suppliers[0]
	s.later.suppliers = s.later.suppliers[1:]
	v.InJaggaer = false
	s.ps.PutVendor(v)
	return fmt.Sprintf("vendor %s entered in %s", v.VendorID, erp)
}

func (s *sim) editAccount() string {
	a, ok := chosen(s, s.company.Accounts)
	if !ok {
		return ""
	}
	row := a.Rows[len(a.Rows)-1]
	row.Description = s.text()
	s.ps.PutAccount(a.Value, row)
	return fmt.Sprintf("account %s renamed in %s", a.Value, erp)
}

func (s *sim) closeAccount() string {
	a, ok := chosen(s, append(slices.Clone(s.company.Accounts), s.later.accounts...))
	if !ok {
		return ""
	}
	row := a.Rows[len(a.Rows)-1]
	row.Effective, row.Status = s.turns.now.Format("2006-01-02"), pick(s.world, "A", "I")
	s.ps.PutAccount(a.Value, row)
	if !slices.ContainsFunc(s.company.Accounts, func(x sample.Account) bool { return x.Value == a.Value }) {
		s.company.Accounts = append(s.company.Accounts, a)
	}
	return fmt.Sprintf("account %s gets status %s in %s", a.Value, row.Status, erp)
}

// typeVoucher enters the invoice of a voucher of ours once more, by hand.
func (s *sim) typeVoucher() string {
	v, ok := chosen(s, s.ps.Vouchers())
	if !ok || s.world.IntN(2) == 0 {
		return ""
	}
	s.texts++
	id := fmt.Sprintf("T%07d", s.texts)
	return s.done(s.ps.TypeVoucher(v.Get("BUSINESS_UNIT"), v.Get("VOUCHER_ID"), id), "voucher %s typed in %s like %s", id, erp, v.Get("VOUCHER_ID"))
}

// editERPOrder changes an order at the side that does not own it.
func (s *sim) editERPOrder() string {
	o, ok := chosen(s, s.ps.Orders())
	if !ok {
		return ""
	}
	buyer, _ := chosen(s, s.company.Buyers)
	s.drifted[o.Get("BUSINESS_UNIT")+"/"+o.Get("PO_ID")] = true
	return s.done(s.ps.EditOrder(o.Get("BUSINESS_UNIT"), o.Get("PO_ID"), map[string]string{"BUYER_ID": buyer.ID}), "order %s gets buyer %s in %s", o.Get("PO_ID"), buyer.ID, erp)
}
