package peoplesoftsim

import (
	"fmt"
	"slices"
)

// sourced is a requisition's distribution as an order's distribution names it (PEOPLESOFT.md §3.6 JGR_PO).
type sourced struct{ requisition, line, schedule, distribution string }

func sourceOf(order, d *Row) sourced {
	return sourced{key(or(d.Get("BUSINESS_UNIT_REQ"), order.Get("BUSINESS_UNIT")), d.Get("REQ_ID")), d.Get("REQ_LINE_NBR"), d.Get("REQ_SCHED_NBR"), d.Get("REQ_DISTRIB_NBR")}
}

// sources calls f for every distribution of an order that names a requisition, those of cancelled lines left out.
func sources(order *Row, f func(path string, s sourced)) {
	for i, l := range order.Below["PO_LINE"] {
		for j, c := range l.Below["PO_LINE_SHIP"] {
			for n, d := range c.Below["PO_LINE_DISTRIB"] {
				if d.Get("REQ_ID") != "" && l.Get("CANCEL_STATUS") != "X" {
					f(fmt.Sprintf(".PO_LINE(%d).PO_LINE_SHIP(%d).PO_LINE_DISTRIB(%d).REQ_ID", i+1, j+1, n+1), sourceOf(order, d))
				}
			}
		}
	}
}

// sourceRules refuse an order that names a requisition's distribution which is not there.
func (s *Server) sourceRules(e *edits, order *Row) {
	sources(order, func(path string, x sourced) {
		line := find(s.requisitions.get(x.requisition).below("REQ_LINE"), "LINE_NBR", x.line)
		schedule := find(line.below("REQ_LINE_SHIP"), "SCHED_NBR", x.schedule)
		if find(schedule.below("REQ_LN_DISTRIB"), "DISTRIB_LINE_NUM", x.distribution) == nil {
			e.fail(15, 11, e.ci+path, "Invalid value -- press the prompt button or hyperlink for a list of valid values")
		}
	})
}

// below are the rows of a record below a row that may not be there.
func (r *Row) below(record string) []*Row {
	if r == nil {
		return nil
	}
	return r.Below[record]
}

// source closes the requisitions that orders have taken up whole: every distribution of every approved line stands in one.
func (s *Server) source(order *Row) {
	var touched []string
	sources(order, func(_ string, x sourced) {
		if !slices.Contains(touched, x.requisition) {
			touched = append(touched, x.requisition)
		}
	})
	if len(touched) == 0 {
		return
	}
	taken := map[sourced]bool{}
	for _, k := range s.orders.keys {
		if o := s.orders.get(k); o.Get("PO_STATUS") != "X" {
			sources(o, func(_ string, x sourced) { taken[x] = true })
		}
	}
	for _, k := range touched {
		s.closeSourced(k, taken)
	}
}

func (s *Server) closeSourced(k string, taken map[sourced]bool) {
	r := s.requisitions.get(k)
	if r.Get("REQ_STATUS") != "A" {
		return
	}
	for _, l := range r.Below["REQ_LINE"] {
		for _, c := range l.Below["REQ_LINE_SHIP"] {
			for _, d := range c.Below["REQ_LN_DISTRIB"] {
				if l.Get("CURR_STATUS") == "A" && !taken[sourced{k, l.Get("LINE_NBR"), c.Get("SCHED_NBR"), d.Get("DISTRIB_LINE_NUM")}] {
					return
				}
			}
		}
	}
	for _, l := range r.Below["REQ_LINE"] {
		if l.Get("CURR_STATUS") == "A" {
			l.set("CURR_STATUS", "C")
		}
	}
	r.set("REQ_STATUS", "C")
	r.set("LAST_DTTM_UPDATE", s.local(s.now()))
	s.effect("requisition.source", k)
}
