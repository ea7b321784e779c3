package store

import (
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
	var later []RecordRow
	err := chunks(ids, func(part []string) error {
		args := []any{s.to, string(s.kind)}
		in := list(&args, part)
		rows, err := recordsWhere(s.tx, "WHERE r.connection = $1 AND r.kind = $2 AND r.version > 0 AND r.ext_id IN ("+in+")", args)
		for _, r := range rows {
			if r.Version > byTarget[r.Record.ID].Known {
				later = append(later, r)
			}
		}
		return err
	})
	if err != nil || len(later) == 0 {
		return err
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
