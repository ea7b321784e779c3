package simulation

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/sample"
)

// work is what the people of both Systems do: they enter, change, approve and cancel records until the busy time is over.
func (s *sim) work() {
	for n := range s.profile.Edits {
		s.turns.sleep(s.ctx, time.Duration(s.world.Int64N(int64(2*s.profile.Busy)/int64(s.profile.Edits))))
		if s.ctx.Err() != nil {
			return
		}
		what := s.edit()
		for range 4 {
			if what != "" {
				break
			}
			what = s.edit()
		}
		if what != "" {
			s.count("edits")
			s.tell("world: edit %d: %s", n+1, what)
		}
	}
	s.turns.sleep(s.ctx, 5*time.Second)
	s.quiet()
}

// edit does one thing and says what; "" when there was nothing to do it to.
func (s *sim) edit() string {
	edits := []func() string{
		s.editOrder, s.editOrder, s.reviseOrder, s.cancelOrder, s.approveOrder, s.newOrder, s.newOrder, s.newInvoice, s.newInvoice, s.editInvoice, s.cancelInvoice,
		s.editRequisition, s.editRequisition, s.statusOfRequisition, s.newRequisition, s.newRequisition, s.editVendor, s.editVendor, s.statusOfVendor, s.newVendor,
		s.editSupplier, s.register, s.editAccount, s.closeAccount, s.typeVoucher, s.editERPOrder, s.sameAgain,
	}
	return edits[s.world.IntN(len(edits))]()
}

func chosen[T any](s *sim, of []T) (x T, ok bool) {
	if len(of) == 0 {
		return x, false
	}
	return of[s.world.IntN(len(of))], true
}

// aRecord prefers what was written at the other side just now: it is there that things overtake each other.
func (s *sim) aRecord(kind connector.Kind, of []jaggaersim.Record) (jaggaersim.Record, bool) {
	hot := s.witness.hot[kind]
	if s.world.IntN(2) == 0 {
		for _, r := range of {
			if idOf(r) == hot {
				return r, true
			}
		}
	}
	return chosen(s, of)
}

// text is a new text: short, or with characters that have to survive.
func (s *sim) text() string {
	s.texts++
	return fmt.Sprintf(pick(s.world, "Changed %d", "Ämter & Söhne <%d>", "\"Quoted\" %d 𝔘", "a;b,c %d", "%d"), s.texts)
}

// body is a copy of a record's document that may be changed.
func body(r jaggaersim.Record) map[string]any {
	var out map[string]any
	text, err := json.Marshal(r.Body)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

// firstLine gives the first line of a document; nil when it has none.
func firstLine(doc map[string]any, name string) map[string]any {
	list, _ := doc["lineList"].(map[string]any)
	lines, _ := list[name].([]any)
	if len(lines) == 0 {
		return nil
	}
	line, _ := lines[0].(map[string]any)
	return line
}

func described(line map[string]any, text string) bool {
	item, ok := line["item"].(map[string]any)
	if ok {
		item["description"] = text
	}
	return ok
}

func idOf(r jaggaersim.Record) string { return fmt.Sprint(r.ID) }

// must tells what an edit was refused for: nothing was done then.
func (s *sim) done(err error, format string, args ...any) string {
	if err != nil {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

func (s *sim) editOrder() string {
	r, ok := s.aRecord(connector.PurchaseOrder, s.jg.Orders())
	if !ok {
		return ""
	}
	doc := body(r)
	if !described(firstLine(doc, "purchaseOrderLine"), s.text()) {
		return ""
	}
	return s.done(s.jg.Edit(jaggaersim.PurchaseOrder, idOf(r), map[string]any{"lineList": doc["lineList"]}), "order %s changed in %s", r.Text("poNumber"), s2p)
}

func (s *sim) reviseOrder() string {
	r, ok := s.aRecord(connector.PurchaseOrder, s.jg.Orders())
	if !ok {
		return ""
	}
	doc := body(r)
	if !described(firstLine(doc, "purchaseOrderLine"), s.text()) {
		return ""
	}
	return s.done(s.jg.Revise(idOf(r), map[string]any{"lineList": doc["lineList"]}, s.world.IntN(3) == 0), "order %s revised in %s", r.Text("poNumber"), s2p)
}

func (s *sim) cancelOrder() string {
	r, ok := s.aRecord(connector.PurchaseOrder, s.jg.Orders())
	if !ok || s.world.IntN(2) == 0 {
		return ""
	}
	return s.done(s.jg.Cancel(jaggaersim.PurchaseOrder, idOf(r)), "order %s cancelled in %s", r.Text("poNumber"), s2p)
}

func (s *sim) approveOrder() string {
	r, ok := s.aRecord(connector.PurchaseOrder, s.jg.Orders())
	if !ok {
		return ""
	}
	return s.done(s.jg.Approve(jaggaersim.PurchaseOrder, idOf(r)), "order %s approved in %s", r.Text("poNumber"), s2p)
}

func (s *sim) newOrder() string {
	if len(s.later.orders) == 0 {
		return ""
	}
	o := s.later.orders[0]
	s.later.orders = s.later.orders[1:]
	o.Created, o.Updated = s.turns.now, s.turns.now
	_, err := s.jg.AddOrder(s.supplierKey(o.Supplier), o)
	return s.done(err, "order %s entered in %s", o.Number, s2p)
}

// supplierKey names a supplier as JAGGAER knows it.
func (s *sim) supplierKey(ref sample.SupplierRef) string {
	if ref.VendorID != "" {
		return ref.VendorID
	}
	return s.company.Registrations[ref.Registration].Name
}

func (s *sim) newInvoice() string {
	if len(s.later.invoices) == 0 {
		return ""
	}
	v := s.later.invoices[0]
	s.later.invoices = s.later.invoices[1:]
	v.Created, v.Updated = s.turns.now, s.turns.now
	_, err := s.jg.AddInvoice(s.supplierKey(v.Supplier), v)
	return s.done(err, "invoice %s entered in %s", v.Number, s2p)
}

func (s *sim) editInvoice() string {
	r, ok := s.aRecord(connector.Invoice, s.jg.Invoices())
	if !ok {
		return ""
	}
	if s.world.IntN(2) == 0 {
		return s.done(s.jg.Approve(jaggaersim.Invoice, idOf(r)), "invoice %s approved in %s", r.Text("invoiceNumber"), s2p)
	}
	doc := body(r)
	if !described(firstLine(doc, "invoiceLine"), s.text()) {
		return ""
	}
	return s.done(s.jg.Edit(jaggaersim.Invoice, idOf(r), map[string]any{"lineList": doc["lineList"]}), "invoice %s changed in %s", r.Text("invoiceNumber"), s2p)
}

func (s *sim) cancelInvoice() string {
	r, ok := s.aRecord(connector.Invoice, s.jg.Invoices())
	if !ok || s.world.IntN(2) == 0 {
		return ""
	}
	return s.done(s.jg.Cancel(jaggaersim.Invoice, idOf(r)), "invoice %s cancelled in %s", r.Text("invoiceNumber"), s2p)
}

func (s *sim) editSupplier() string {
	r, ok := chosen(s, s.jg.Suppliers())
	if !ok {
		return ""
	}
	if s.world.IntN(2) == 0 {
		return s.done(s.jg.Approve(jaggaersim.Supplier, idOf(r)), "supplier %d approved in %s", r.ID, s2p)
	}
	s.touched[idOf(r)] = true
	if !slices.Contains(s.profile.Flows, "suppliers-to-peoplesoft") {
		s.drifted[idOf(r)] = true
	}
	return s.done(s.jg.Edit(jaggaersim.Supplier, idOf(r), map[string]any{"header": map[string]any{"name": r.Text("name") + " " + s.text()}}), "supplier %d renamed in %s", r.ID, s2p)
}

func (s *sim) register() string {
	if len(s.later.registrations) == 0 {
		return ""
	}
	g := s.later.registrations[0]
	s.later.registrations = s.later.registrations[1:]
	if v, ok := chosen(s, s.company.Suppliers); ok && s.world.IntN(4) == 0 {
		g.Name = v.Name1 // looks like one that is there
	}
	return s.done(nil, "supplier %d registered in %s as %s", s.jg.Register(g), s2p, g.Name)
}

// sameAgain saves a record without changing it: its stamp moves, its content doesn't.
func (s *sim) sameAgain() string {
	r, ok := s.aRecord(connector.PurchaseOrder, s.jg.Orders())
	if !ok {
		return ""
	}
	return s.done(s.jg.Edit(jaggaersim.PurchaseOrder, idOf(r), map[string]any{}), "order %s saved again in %s", r.Text("poNumber"), s2p)
}
