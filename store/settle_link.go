package store

import (
	"fmt"
	"maps"

	connector "ml-connector"
)

// findLinks finds the Links that the sources and the targets have, and turns Outcomes that would break I6 into conflicts.
func (s *settling) findLinks() error {
	var sources, targets []string
	for _, o := range s.outs {
		if o.Link && o.Target.ID != "" {
			targets = append(targets, o.Target.ID)
		}
		if o.Link || o.Agreement != nil {
			sources = append(sources, o.was.source.ID)
		}
	}
	if len(sources) == 0 {
		return nil
	}
	bySource, err := linksOf(s.tx, s.kind, s.from, s.to, sources)
	if err != nil {
		return err
	}
	byTarget, err := linksOf(s.tx, s.kind, s.to, s.from, targets)
	if err != nil {
		return err
	}
	merged, err := mergedInto(s.tx, s.kind, s.to, targets)
	if err != nil {
		return err
	}
	for _, o := range s.outs {
		l, has := bySource[o.was.source.ID]
		if has {
			o.link = l.ID
		}
		if !o.Link || o.Target.ID == "" {
			continue
		}
		o.Target.Connection, o.Target.Kind = s.to, s.kind
		other, taken := byTarget[o.Target.ID]
		switch {
		case has && l.Other(s.from).ID != o.Target.ID:
			o.conflict("the record is linked to %s already, not to %s", l.Other(s.from), o.Target)
		case taken && other.Other(s.to).ID != o.was.source.ID:
			o.conflict("%s belongs to another record: %s", o.Target, other.Other(s.to))
			o.Err.Refs = []connector.Ref{{Connection: s.from, Kind: s.kind, IDs: []string{other.Other(s.to).ID}, Reason: "the other record"}}
		case !has && merged[o.Target.ID] != "":
			o.conflict("%s was merged into %s there", o.Target, merged[o.Target.ID])
		case !has:
			l := newLink(o.was.source, o.Target)
			bySource[o.was.source.ID], byTarget[o.Target.ID] = l, l
			s.linked = append(s.linked, o)
		}
	}
	return nil
}

// conflict holds an Outcome whose Link can't be made.
func (o *outcome) conflict(format string, args ...any) {
	o.State, o.Link, o.Agreement, o.Life, o.BlockedOn, o.Action, o.alone = connector.Held, false, nil, nil, nil, "", true
	o.Err = connector.Errorf(connector.Conflict, "link "+o.was.subject(), "%s", fmt.Sprintf(format, args...)).
		Advise("Find out which of them is the same object and link that with `ml-connector link`, or skip this Delivery.")
	o.Err.Exchange = o.Exchange
}

func (s *settling) makeLinks() error {
	id, err := s.tx.nextIDs("link", len(s.linked))
	if err != nil {
		return err
	}
	rows := make([][]any, len(s.linked))
	for i, o := range s.linked {
		o.link = id + int64(i)
		rows[i] = s.tx.linkRow(o.link, newLink(o.was.source, o.Target), connector.Entry{Run: o.was.run, Delivery: o.was.id, Exchange: o.Exchange})
	}
	return s.tx.insertLinks(rows)
}

// linkRow is the row of a new Link, with its Entry.
func (tx *Tx) linkRow(id int64, l connector.Link, e connector.Entry) []any {
	details := map[string]string{"other": l.B.String()}
	maps.Copy(details, e.Details)
	e.Action, e.Subject, e.Details = "link.made", l.A.String(), details
	tx.Enter(e)
	return []any{id, string(l.Kind), l.A.Connection, l.A.ID, l.B.Connection, l.B.ID}
}

func (tx *Tx) insertLinks(rows [][]any) error {
	_, err := tx.insert("make Links", "INSERT INTO links (id, kind, a_connection, a_id, b_connection, b_id)", "", rows)
	return err
}

// target is what is to be known of a target Record.
type target struct {
	id       string
	title    string // of the source, for a Record that is not known yet
	standing connector.Standing
	numbers  []string
}

// writeTargets makes sure that linked targets are Records, with the standing and the numbers that the target told.
func (s *settling) writeTargets() error {
	var ts []target
	for _, o := range s.outs {
		if o.Link && o.Target.ID != "" {
			ts = append(ts, target{o.Target.ID, o.was.title, o.Standing, o.Numbers})
		}
	}
	known, changed, err := s.tx.writeTargets(s.to, s.kind, ts)
	if err != nil {
		return err
	}
	s.changed = changed
	for _, o := range s.linked {
		if key, ok := known[o.Target.ID]; ok {
			s.keys = append(s.keys, key)
		}
	}
	return nil
}

// writeTargets adds Records that are not known, and gives those that were and those whose standing changed.
func (tx *Tx) writeTargets(connection string, kind connector.Kind, ts []target) (known map[string]int64, changed []connector.Record, err error) {
	const op = "store target Records"
	if len(ts) == 0 {
		return nil, nil, nil
	}
	ids := make([]string, len(ts))
	for i, t := range ts {
		ids[i] = t.id
	}
	rows, err := rowsByID(tx, connection, kind, ids)
	if err != nil {
		return nil, nil, err
	}
	have := make(map[string]RecordRow, len(ts))
	known = make(map[string]int64, len(rows))
	for _, r := range rows {
		have[r.Record.ID], known[r.Record.ID] = r, r.Key
	}
	next, err := tx.nextIDs("record", len(ts)-len(known))
	if err != nil {
		return nil, nil, err
	}
	var added, standings, numbers [][]any
	now := micros(tx.now)
	for _, t := range ts {
		r, ok := have[t.id]
		if !ok {
			r = RecordRow{Key: next, Standing: t.standing}
			next++
			have[t.id] = r
			added = append(added, []any{r.Key, connection, string(kind), t.id, t.title, "", string(t.standing), "", int64(0), []byte{}, int64(0), []byte{}, int64(0), int64(0), now})
		} else if t.standing != "" && t.standing != r.Standing {
			standings = append(standings, []any{r.Key, string(t.standing)})
			changed = append(changed, connector.Record{Connection: connection, Kind: kind, ID: t.id})
		}
		for _, n := range t.numbers {
			if n != "" && n != t.id {
				numbers = append(numbers, []any{r.Key, connection, string(kind), n})
			}
		}
	}
	if _, err := tx.insert(op, "INSERT INTO records (id, connection, kind, ext_id, title, name_key, standing, stamp, version, hash, document, mirror_hash, mirror, changed_at, updated_at)", "", added); err != nil {
		return nil, nil, err
	}
	if _, err := tx.update(op, "UPDATE records SET standing = v.column2", "WHERE records.id = v.column1", []string{"BIGINT", "TEXT"}, standings); err != nil {
		return nil, nil, err
	}
	return known, changed, tx.insertNumbers(distinct(numbers))
}

// writeAgreements stores what both sides agree on from here on.
func (s *settling) writeAgreements() error {
	var rows [][]any
	for _, o := range s.outs {
		if o.Agreement == nil || o.link == 0 {
			continue
		}
		a, owned := o.Agreement, s.owned[o.Delivery]
		rows = append(rows, []any{o.link, s.flow, int64(a.SourceVersion), a.TargetVersion, a.Revision, owned.hash, owned.id})
	}
	_, err := s.tx.insert("store agreements", "INSERT INTO agreements (link, flow, source_version, target_version, revision, fingerprint, owned)", ` ON CONFLICT (link, flow) DO UPDATE SET
 source_version = excluded.source_version, target_version = excluded.target_version, revision = excluded.revision, fingerprint = excluded.fingerprint, owned = excluded.owned`, rows)
	return err
}
