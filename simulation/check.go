package simulation

import (
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/invariant"
	"ml-connector/invariant/sides"
)

// committed is called after each commit: what can be checked cheaply is checked at once.
func (s *sim) committed(op string) {
	s.count("commit " + op)
	switch op {
	case "store.Beat", "store.Leave", "store.Take", "store.Share", "store.SaveExchanges", "engine.beginRun", "engine.closeRuns":
	default:
		s.commits++ // a sweep has something new to look at
	}
	switch op {
	case "store.Accept", "store.Settle", "store.Intend", "store.SettleAndIntend", "store.Heal", "engine.settle", "store.Take":
	default:
		return
	}
	if s.settles++; s.settles%4 != 0 {
		return
	}
	found, err := invariant.Quick(s.ctx, s.desk)
	s.report("after "+op, found, err)
	if s.settles%(4*s.profile.CheckEvery) == 0 {
		found, err = invariant.Check(s.ctx, s.desk, s.within()...)
		s.report("after "+op, found, err)
	}
}

// within are both Systems as somebody sees them who may look inside.
func (s *sim) within() []invariant.Side {
	return []invariant.Side{
		sides.PeopleSoft(erp, s.company, s.ps, func() time.Time { return s.turns.now }),
		sides.Jaggaer(s2p, s.company, s.jg),
	}
}

// excused says that the target differs because somebody changed it there, which no Flow of this site sees, or may.
func (s *sim) excused(v invariant.Violation) bool {
	f, err := s.desk.Flow(s.ctx, v.Flow)
	if err != nil {
		return false
	}
	w, err := s.desk.WorkFor(s.ctx, f.Name, v.Record, f.To)
	if err != nil || w.Link == nil {
		return false
	}
	target := w.Link.Other(f.From).ID
	return s.drifted[target] || s.touched[target] && f.Drift == connector.DriftIgnore
}

func (s *sim) report(when string, found []invariant.Violation, err error) {
	if err != nil {
		s.violate("", "the invariants can't be checked: %v", err)
	}
	for _, v := range found {
		if v.Item == "I10" && s.excused(v) {
			continue
		}
		s.violateAbout(v.Item, v.Record, "%s, %s", v, when)
	}
}

// final checks what must be so once all is at rest.
func (s *sim) final() {
	found, err := invariant.Settled(s.ctx, s.desk, s.within()...)
	s.report("at rest", found, err)
	s.checkStates()
	s.witness.kept()
	for _, name := range s.profile.Flows {
		f, err := s.desk.Flow(s.ctx, name)
		if err != nil {
			s.violate("", "flow %s can't be read: %v", name, err)
			continue
		}
		s.checkFlow(f)
	}
}

// checkStates looks for Deliveries that are where they must not be, at rest.
func (s *sim) checkStates() {
	for _, state := range connector.States() {
		for _, d := range s.in(state) {
			s.count("at rest: " + string(state))
			if d.Told != nil && d.Told.Err != nil {
				switch d.Told.Err.Code {
				case connector.Rejected, connector.Conflict, connector.NotFound: // people of the source did something with it
				default:
					s.violateAbout("told", d.Record, "its source was not told at rest, although nothing is wrong any more: %v", d.Told.Err)
				}
			}
			if state != connector.Held || d.Err == nil {
				continue
			}
			switch d.Err.Code {
			case connector.Unavailable, connector.Throttled, connector.Internal, connector.Ambiguous, connector.Credentials, connector.Forbidden, connector.Misconfigured:
				s.violateAbout("I19", d.Record, "it is held at rest, although nothing is wrong any more: %v", d.Err)
			}
		}
	}
}

func (s *sim) violateAbout(item string, r connector.Record, format string, args ...any) {
	s.violate(item, format, args...)
	s.broken[len(s.broken)-1].Record, s.broken[len(s.broken)-1].record = r.String(), r
}

// checkFlow holds what the source has now against what is known of it, and what was delivered against what the target has.
func (s *sim) checkFlow(f connector.Flow) {
	i, err := s.clear(f.From)
	if err != nil {
		s.violate("", "%s can't be opened: %v", f.From, err)
		return
	}
	to, err := s.clear(f.To)
	if err != nil {
		s.violate("", "%s can't be opened: %v", f.To, err)
		return
	}
	q := connector.Query{Kind: f.Kind, From: f.Start, To: s.turns.now.Add(s.profile.Overlap)}
	for {
		page, err := i.(connector.Source).Read(s.ctx, q)
		if err != nil {
			s.violate("", "%s can't be read at the end: %v", f.Name, err)
			return
		}
		for _, v := range page.Versions {
			s.checkRecord(f, to, v)
		}
		if q.After = page.Next; page.Next == "" {
			return
		}
	}
}

// checkRecord checks one record of the source.
func (s *sim) checkRecord(f connector.Flow, to connector.Instance, v connector.Version) {
	r := connector.Record{Connection: f.From, Kind: f.Kind, ID: v.ID}
	if !v.Changed.IsZero() && v.Changed.Before(f.Start) {
		return
	}
	if !v.Changed.IsZero() && v.Changed.Add(-s.sides[f.From].skew).After(s.quietFrom.Add(-time.Second)) {
		return // it came just now, of the System's own life
	}
	w, err := s.desk.WorkFor(s.ctx, f.Name, r, f.To)
	switch {
	case err != nil:
		s.violateAbout("", r, "it can't be read: %v", err)
		return
	case w.Delivery.ID == 0:
		s.violateAbout("I1", r, "it is at the source, changed at %s, and has no Delivery of %s", v.Changed, f.Name)
		return
	case w.Delivery.State == connector.Skipped:
		return // a person said that it is not wanted
	case w.Delivery.Err != nil && strings.Contains(w.Delivery.Err.Message, "its end may be missing"):
		// The client takes a record that is all that its list holds for one that was cut: it can't know better (docs/reliability.md).
		s.count("records taken for cut")
		return
	case w.Version.Document.Fingerprint() != v.Document.Fingerprint():
		s.violateAbout("I4", r, "what the source has now was never read; it changed at %s: %v", v.Changed, connector.Diff(w.Version.Document, v.Document))
		return
	}
	switch w.Delivery.State {
	case connector.Filtered:
		if w.Link != nil && w.Agreement != nil {
			s.violateAbout("I5", r, "it is linked, and delivery %d of it is filtered", w.Delivery.ID)
		}
	case connector.Delivered, connector.Unchanged:
		s.checkDelivered(f, to, r, w.Delivery)
	}
}

func (s *sim) checkDelivered(f connector.Flow, to connector.Instance, r connector.Record, d connector.Delivery) {
	w, err := s.desk.WorkFor(s.ctx, f.Name, r, f.To)
	if err == nil && w.Link == nil {
		if _, moved, err := s.desk.Linked(s.ctx, d.Kind, f.To, []string{d.Target.ID}, f.From); err == nil && moved {
			s.count("objects taken over by a later revision")
			return
		}
	}
	if err != nil || w.Link == nil {
		s.violateAbout("I6", r, "delivery %d is %s, and it has no Link: %v", d.ID, d.State, err)
		return
	}
	if s.byHand[d.ID] {
		return // a person's word for it is no look at what the target holds
	}
	if w.Agreement == nil && d.State == connector.Unchanged {
		return // it is linked and does not pass the filter; nothing of it is this Flow's
	}
	if w.Agreement == nil {
		s.violateAbout("I6", r, "delivery %d is %s, and nothing was agreed", d.ID, d.State)
		return
	}
	if d.State == connector.Delivered && w.Agreement.SourceVersion != d.Version {
		s.violateAbout("I10", r, "version %d is %s, but version %d was agreed", d.Version, d.State, w.Agreement.SourceVersion)
	}
	finder, ok := to.(connector.Finder)
	if !ok || f.Drift == connector.DriftIgnore || s.drifted[w.Link.Other(f.From).ID] {
		return
	}
	found, err := finder.Find(s.ctx, connector.Lookup{Kind: f.Kind, ID: w.Link.Other(f.From).ID, Document: w.SentDocument})
	switch {
	case err != nil:
		s.violateAbout("", r, "its target can't be looked up: %v", err)
	case len(found) != 1:
		s.violateAbout("I7", r, "the target holds %d of it", len(found))
	case found[0].Document != nil && w.Agreement.Owned.Text("PO_STATUS") == "PX":
		// The System goes on from there by itself.
	case found[0].Document != nil && !connector.Covers(found[0].Document, w.Agreement.Owned):
		s.violateAbout("I10", r, "delivery %d is %s, but the target has not got what was agreed: %v", d.ID, d.State, connector.Diff(found[0].Document, w.Agreement.Owned))
	}
}
