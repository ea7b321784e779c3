package simulation

import (
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// checkAlone holds, when nothing moves by itself any more and before people do their part, that all has moved which needs
// nobody: what is blocked misses something, and what a target rejected was tried again.
func (s *sim) checkAlone() {
	for _, d := range s.in(connector.Blocked) {
		if missing, err := s.missing(d); err == nil && !missing {
			s.violateAbout("rest", d.Record, "delivery %d is blocked, and nothing of what it waits for is missing: %v", d.ID, d.BlockedOn)
		}
	}
	s.checkRows("when nothing moves")
	for _, d := range s.in(connector.Held) {
		if s.unhealed(d) {
			s.violateAbout("rest", d.Record, "delivery %d was rejected, and nobody tried it again", d.ID)
		}
	}
}

// missing says whether anything that a Delivery waits for is not linked, or not usable where it has to be.
func (s *sim) missing(d connector.Delivery) (bool, error) {
	f, err := s.desk.Flow(s.ctx, d.Flow)
	if err != nil || len(d.BlockedOn) == 0 {
		return true, err
	}
	for _, ref := range d.BlockedOn {
		if ref.Kind == connector.CrosswalkKind {
			return true, nil
		}
		other := f.To
		if ref.Connection == f.To {
			other = f.From
		}
		ids := ref.IDs
		if ref.Number != "" {
			rows, err := s.desk.RecordByNumber(s.ctx, ref.Connection, ref.Kind, ref.Number)
			if err != nil {
				return true, err
			}
			for _, r := range rows {
				ids = append(ids[:len(ids):len(ids)], r.Record.ID)
			}
		}
		row, linked, err := s.desk.Linked(s.ctx, ref.Kind, ref.Connection, ids, other)
		if err != nil || !linked || ref.Usable && row.Standing != connector.Usable {
			return true, err
		}
	}
	return false, nil
}

// unhealed says that a Delivery was rejected long ago, and that its Flow, which runs, did not try it again.
func (s *sim) unhealed(d connector.Delivery) bool {
	if d.Err == nil || d.Err.Code != connector.Rejected || d.Healed > 0 || d.Life != nil && d.Life.Stage != "" || d.State != connector.Held {
		return false
	}
	f, err := s.desk.Flow(s.ctx, d.Flow)
	if err != nil || !f.Enabled || f.Paused.Code != "" || f.RetryHeld == 0 || s.turns.now.Sub(d.UpdatedAt) < 2*s.profile.Schedule+time.Minute {
		return false
	}
	for _, name := range []string{f.From, f.To} {
		if c, err := s.desk.Connection(s.ctx, name); err != nil || c.Paused.Code != "" {
			return false
		}
	}
	doubted := false // what came out of doubt is left to people
	err = s.desk.EachEntry(s.ctx, store.EntryFilter{Delivery: d.ID}, func(e connector.Entry) error {
		doubted = doubted || e.Action == "delivery.in_doubt"
		return nil
	})
	return err == nil && !doubted
}

// forPeople says that a doubt is one which look-ups may never end.
func (s *sim) forPeople(d connector.Delivery) bool {
	return d.DueAt.IsZero() || d.Err != nil && strings.Contains(d.Err.Hint, "a person can tell")
}
