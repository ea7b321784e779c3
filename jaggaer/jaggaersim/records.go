package jaggaersim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Record is one object as JAGGAER holds it: Body is the whole detail document ({"header":{…},"lineList":{…}}) with our
// field names, whatever the Profile shows.
type Record struct {
	Entity string         `json:"entity"`
	ID     int64          `json:"id"`
	Body   map[string]any `json:"body"`
}

// Text is a header field by dotted path (supplier.supplierNumber) as text; "" when it is absent.
func (r Record) Text(path string) string { return text(header(r.Body), path) }

// row is a stored record. shows is when lists begin to have it.
type row struct {
	id    int64
	body  doc
	shows time.Time
}

func header(body doc) doc {
	h, _ := body["header"].(doc)
	return h
}

func (r *row) head() doc               { return header(r.body) }
func (r *row) text(path string) string { return text(r.head(), path) }

// add stores a new record under the next id and stamps it.
func (s *Server) add(entity string, body doc, at time.Time) *row {
	e := s.profile.Entities[entity]
	s.lastID[entity]++
	r := &row{id: e.firstID + s.lastID[entity] - 1, body: body}
	r.head()[e.defaultIDField] = json.Number(strconv.FormatInt(r.id, 10))
	r.shows = at.Add(time.Duration(s.switches.IndexDelayMS) * time.Millisecond)
	s.rows[entity] = append(s.rows[entity], r)
	s.touch(r, at)
	return r
}

// touch sets lastUpdate. It never stands still or goes back for one record, since lastUpdate is the version.
func (s *Server) touch(r *row, when time.Time) {
	when = when.Add(time.Duration(s.switches.ClockOffsetMS) * time.Millisecond).UTC().Truncate(time.Millisecond)
	if old, ok := instant(r.text("lastUpdate")); ok && !when.After(old) {
		when = old.Add(time.Millisecond)
	}
	r.head()["lastUpdate"] = stamp(when)
}

// stamp writes an instant as JAGGAER does: UTC with milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// midnight writes a date as JAGGAER does; "" stays "".
func midnight(date string) string {
	if len(date) < 10 {
		return ""
	}
	return date[:10] + "T00:00:00.000Z"
}

// byID finds a record; nil when there is none.
func (s *Server) byID(entity string, id int64) *row {
	i, ok := slices.BinarySearchFunc(s.rows[entity], id, func(r *row, id int64) int { return cmp.Compare(r.id, id) })
	if !ok {
		return nil
	}
	return s.rows[entity][i]
}

// byText finds the first record whose header field has this value; nil for "" and when there is none.
func (s *Server) byText(entity, path, value string) *row {
	if value == "" {
		return nil
	}
	for _, r := range s.rows[entity] {
		if r.text(path) == value {
			return r
		}
	}
	return nil
}

// find takes an id or one of the numbers that people know.
func (s *Server) find(entity, key string) (*row, error) {
	if _, ok := s.profile.Entities[entity]; !ok {
		return nil, fmt.Errorf("no entity %q", entity)
	}
	if id, err := strconv.ParseInt(key, 10, 64); err == nil {
		if r := s.byID(entity, id); r != nil {
			return r, nil
		}
	}
	for _, path := range []string{s.profile.Entities[entity].external, "requisitionName", "invoiceNumber", "sqIntegrationNumber", "name"} {
		if r := s.byText(entity, path, key); r != nil {
			return r, nil
		}
	}
	return nil, fmt.Errorf("no %s %q", entity, key)
}

// records copies what JAGGAER holds of one entity, ordered by id.
func (s *Server) records(entity string) []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step()
	out := make([]Record, 0, len(s.rows[entity]))
	for _, r := range s.rows[entity] {
		out = append(out, Record{Entity: entity, ID: r.id, Body: clone(r.body)})
	}
	return out
}

// Suppliers are all suppliers, ordered by supplierId.
func (s *Server) Suppliers() []Record { return s.records(Supplier) }

// CustomFieldValues are all values of all custom fields, ordered by id.
func (s *Server) CustomFieldValues() []Record { return s.records(CustomFieldValue) }

// Requisitions are all requisitions, ordered by requisitionId; two with one externalRequisitionNumber are a duplicate.
func (s *Server) Requisitions() []Record { return s.records(Requisition) }

// Orders are all purchase orders in their present revision, ordered by purchaseOrderId.
func (s *Server) Orders() []Record { return s.records(PurchaseOrder) }

// Invoices are all invoices, ordered by invoiceId.
func (s *Server) Invoices() []Record { return s.records(Invoice) }

// effect notes that a write took place, by the key of what it wrote. Two equal keys under one operation that creates are a
// duplicate.
func (s *Server) effect(operation, key string) {
	s.effects[operation] = append(s.effects[operation], key)
}

// Effects are the keys of everything that an operation wrote, in order: supplier.create, supplier.update (ERP number),
// requisition.create (external number), cfv.create, cfv.update (field/value), payment.write (invoiceId), po.import (PO number).
// Writes that changed nothing leave no effect.
func (s *Server) Effects(operation string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.effects[operation])
}

// Payments are the payments and vouchers that were written back, by invoiceId: the payment object of JAGGAER.md §5.1.
func (s *Server) Payments() map[int64]map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[int64]map[string]any{}
	for id, p := range s.payments {
		out[id] = clone(p)
	}
	return out
}
