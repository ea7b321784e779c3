package jaggaersim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// Edit changes a record by a merge patch of its whole document, as a person in JAGGAER would: lastUpdate moves. key is an id or
// a number that people know.
func (s *Server) Edit(entity, key string, patch map[string]any) error {
	return s.change("editing", entity, key, func(r *row) error {
		var plain doc
		if err := decode(encode(patch), &plain); err != nil {
			return err
		}
		merge(r.body, plain)
		s.touch(r, s.now())
		return nil
	})
}

// Approve moves a record to the state from which it is taken over: a supplier to Approved, an order to Completed, an invoice to
// Completed and Payable; a requisition gets its orders now.
func (s *Server) Approve(entity, key string) error {
	return s.change("approving", entity, key, func(r *row) error {
		s.approve(entity, r, s.now())
		return nil
	})
}

// Cancel sets the status of an order or requisition, or the payment status of an invoice, to Cancelled.
func (s *Server) Cancel(entity, key string) error {
	return s.change("cancelling", entity, key, func(r *row) error {
		switch entity {
		case PurchaseOrder, Requisition:
			r.head()["status"] = "Cancelled"
		case Invoice:
			r.head()["paymentStatus"] = "Cancelled"
		default:
			return fmt.Errorf("%s has no cancelled state", entity)
		}
		s.touch(r, s.now())
		return nil
	})
}

// Revise makes the next revision of an order from a merge patch; pending leaves it in workflow until Approve.
func (s *Server) Revise(key string, patch map[string]any, pending bool) error {
	return s.change("revising", PurchaseOrder, key, func(r *row) error {
		var plain doc
		if err := decode(encode(patch), &plain); err != nil {
			return err
		}
		merge(r.body, plain)
		h := r.head()
		n, err := strconv.Atoi(text(h, "revisionNumber"))
		if err != nil {
			return fmt.Errorf("revision number: %w", err)
		}
		h["revisionNumber"], h["revisionDate"] = json.Number(strconv.Itoa(n+1)), stamp(s.now())
		if pending {
			h["workflowStatus"], h["status"] = "Pending", "Pending"
		}
		s.touch(r, s.now())
		return nil
	})
}

// Remove deletes a record without a trace.
func (s *Server) Remove(entity, key string) error {
	return s.change("removing", entity, key, func(r *row) error {
		s.remove(entity, r)
		return nil
	})
}

func (s *Server) remove(entity string, r *row) {
	s.rows[entity] = slices.DeleteFunc(s.rows[entity], func(x *row) bool { return x == r })
}

func (s *Server) change(what, entity, key string, do func(*row) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step()
	r, err := s.find(entity, key)
	if err == nil {
		err = do(r)
	}
	s.values = nil
	if err != nil {
		return fmt.Errorf("%s %s: %w", what, entity, err)
	}
	return nil
}
