package store

import (
	"slices"

	connector "ml-connector"
)

// recheckTargets looks again at what is settled with an agreement: a target that was read with another content since the
// decision was read without that agreement, so nobody saw that it drifts. The Delivery waits, and looks at it.
func (s *settling) recheckTargets() error {
	if s.drift == connector.DriftIgnore {
		return nil
	}
	byTarget := map[string]*outcome{}
	var ids []string
	for _, o := range s.outs {
		if o.Agreement != nil && o.link != 0 && o.Target.ID != "" && (o.State == connector.Delivered || o.State == connector.Unchanged) {
			byTarget[o.Target.ID] = o
			ids = append(ids, o.Target.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := s.tx.gate("the agreements of "+s.flow, false); err != nil {
		return err
	}
	rows, err := rowsByID(s.tx, s.to, s.kind, ids)
	if err != nil {
		return err
	}
	later := slices.DeleteFunc(rows, func(r RecordRow) bool { return r.Version <= byTarget[r.Record.ID].Known })
	if len(later) == 0 {
		return nil
	}
	if err := s.tx.db.fill(s.tx, later); err != nil {
		return err
	}
	for _, r := range later {
		o := byTarget[r.Record.ID]
		if r.Mirror == nil || connector.Covers(r.Mirror, o.Agreement.Owned) {
			continue
		}
		o.State, o.DueAt, o.Action, o.Life = connector.Waiting, s.tx.now.Add(again), "", nil
		o.Details = map[string]string{"reason": "the target was read with another content meanwhile"}
		if s.drift == connector.DriftOverwrite {
			s.drifted = append(s.drifted, o.was)
		}
		s.tx.wakeUp(o.was.flow, o.was.part)
	}
	return nil
}
