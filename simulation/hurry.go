package simulation

import (
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/store"
)

// hurry has somebody change a record whose write got no answer just now, and ask for a Run: a newer Version comes while nobody
// knows what became of the one before.
func (s *sim) hurry(d connector.Delivery) {
	if s.calm || s.hurries >= 6 || s.chance.IntN(2) == 0 {
		return
	}
	s.hurries++
	s.turns.begin("who is in a hurry", nil, func() {
		s.turns.sleep(s.ctx, time.Duration(s.chance.IntN(3000))*time.Millisecond)
		if s.calm || s.ctx.Err() != nil {
			return
		}
		if what := s.editNow(d.Record); what != "" {
			s.count("edits in a hurry")
			s.tell("world: in a hurry, %s", what)
			s.at("ask for a Run", func(tx *store.Tx) error {
				_, err := tx.RequestRun(store.RunRequest{Flows: []string{d.Flow}, Actor: "operator", Wait: 10 * time.Second})
				return err
			})
		}
	})
}

// editNow changes one record.
func (s *sim) editNow(r connector.Record) string {
	_, id, _ := strings.Cut(r.ID, "/")
	switch r.Kind {
	case connector.PurchaseOrder:
		for _, o := range s.jg.Orders() {
			doc := body(o)
			if idOf(o) == r.ID && described(firstLine(doc, "purchaseOrderLine"), s.text()) {
				return s.done(s.jg.Edit(jaggaersim.PurchaseOrder, r.ID, map[string]any{"lineList": doc["lineList"]}), "order %s changed in %s", r.ID, s2p)
			}
		}
	case connector.Supplier:
		if r.Connection == erp {
			return s.done(s.ps.EditVendor(s.company.SetID, id, map[string]string{"NAME1": s.text()}), "vendor %s renamed in %s", id, erp)
		}
	case connector.Requisition:
		for i := range s.company.Requisitions {
			if q := &s.company.Requisitions[i]; q.ID == id {
				return s.describeRequisition(q)
			}
		}
	}
	return ""
}
