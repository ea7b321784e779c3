package store

import (
	"context"
	"fmt"
	"slices"

	connector "ml-connector"
)

// waits are the rows of `waits` of an Outcome: what it is blocked on or names, at whichever side it can be told.
func (o *outcome) waits(from, to string) [][]any {
	refs := o.BlockedOn
	if o.State == connector.Held {
		refs = o.Names
		if !o.Link && !o.alone && o.Target.ID != "" {
			refs = append(refs[:len(refs):len(refs)], connector.Ref{Connection: to, Kind: o.was.source.Kind, IDs: []string{o.Target.ID}})
		}
	} else if o.State != connector.Blocked {
		return nil
	}
	var rows [][]any
	for _, ref := range refs {
		other := to
		if ref.Connection == to {
			other = from
		}
		for _, id := range ref.IDs {
			rows = append(rows, []any{o.Delivery, string(ref.Kind), ref.Connection, id})
		}
		if ref.Number != "" {
			rows = append(rows, []any{o.Delivery, string(ref.Kind), ref.Connection, ref.Number})
		}
		for _, id := range ref.Other {
			rows = append(rows, []any{o.Delivery, string(ref.Kind), other, id})
		}
	}
	return rows
}

// distinct leaves out rows that occur twice: one statement must not meet its own row.
func distinct(rows [][]any) [][]any {
	seen := make(map[string]bool, len(rows))
	out := rows[:0:0]
	for _, r := range rows {
		key := fmt.Sprintf("%q", r)
		if !seen[key] {
			seen[key] = true
			out = append(out, r)
		}
	}
	return out
}

// recheckFiltered looks again at what is filtered: a Link that was made since the decision decides it anew.
func (s *settling) recheckFiltered() error {
	var ids []string
	for _, o := range s.outs {
		if o.State == connector.Filtered {
			ids = append(ids, o.was.source.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := s.tx.gate("waits for "+string(s.kind), true); err != nil {
		return err
	}
	links, err := linksOf(s.tx, s.kind, s.from, s.to, ids)
	if err != nil {
		return err
	}
	for _, o := range s.outs {
		if _, linked := links[o.was.source.ID]; linked && o.State == connector.Filtered {
			o.State, o.DueAt = connector.Waiting, s.tx.now.Add(again)
			s.tx.wakeUp(o.was.flow, o.was.part)
		}
	}
	return nil
}

// recheckBlocked looks again at what Outcomes are blocked on: a Link that was made since the decision would otherwise
// never release them.
func (s *settling) recheckBlocked() error {
	var kinds []string
	for _, o := range s.outs {
		for _, ref := range o.BlockedOn {
			if o.State == connector.Blocked && !slices.Contains(kinds, string(ref.Kind)) {
				kinds = append(kinds, string(ref.Kind))
			}
		}
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		if err := s.tx.gate("waits for "+kind, true); err != nil {
			return err
		}
	}
	met := map[string]bool{}
	for _, o := range s.outs {
		if o.State != connector.Blocked {
			continue
		}
		all := len(o.BlockedOn) > 0
		for _, ref := range o.BlockedOn {
			key := fmt.Sprintf("%q", []any{ref.Connection, ref.Kind, ref.IDs, ref.Number, ref.Other, ref.Usable})
			ok, known := met[key]
			if !known {
				var err error
				if ok, err = s.isMet(ref); err != nil {
					return err
				}
				met[key] = ok
			}
			all = all && ok
		}
		if all {
			o.State, o.DueAt, o.BlockedOn = connector.Waiting, s.tx.now.Add(again), nil
			s.tx.wakeUp(o.was.flow, o.was.part)
		}
	}
	return nil
}

// isMet says whether what a reference names is linked, and usable where that is asked for.
func (s *settling) isMet(ref connector.Ref) (bool, error) {
	if ref.Kind == connector.CrosswalkKind {
		var n int
		return one(s.tx, "read a Crosswalk", "SELECT 1 FROM crosswalk_rows WHERE name = $1 AND (left_value = $2 OR right_value = $2) LIMIT 1", []any{ref.Connection, ref.ID()}, &n)
	}
	other := s.to
	if ref.Connection == s.to {
		other = s.from
	}
	ids := ref.IDs
	if ref.Number != "" {
		rows, err := recordsWhere(s.tx, "WHERE r.connection = $1 AND r.kind = $2 AND r.id IN (SELECT record FROM record_numbers WHERE number = $3)", []any{ref.Connection, string(ref.Kind), ref.Number})
		if err != nil {
			return false, err
		}
		for _, r := range rows {
			ids = append(ids[:len(ids):len(ids)], r.Record.ID)
		}
	}
	for _, side := range []struct {
		connection, other string
		ids               []string
	}{{ref.Connection, other, ids}, {other, ref.Connection, ref.Other}} {
		if len(side.ids) == 0 {
			continue
		}
		links, err := linksOf(s.tx, ref.Kind, side.connection, side.other, side.ids)
		if err != nil {
			return false, err
		}
		for _, l := range links {
			if !ref.Usable {
				return true, nil
			}
			if ok, err := s.isUsable(l.Other(s.from)); err != nil || ok {
				return ok, err
			}
		}
	}
	return false, nil
}

func (s *settling) isUsable(rec connector.Record) (bool, error) {
	var n int
	return one(s.tx, "read a Record", "SELECT 1 FROM records WHERE connection = $1 AND kind = $2 AND ext_id = $3 AND standing = 'usable'", []any{rec.Connection, string(rec.Kind), rec.ID}, &n)
}

// release lets wait again what the new Links and standings of the batch set free.
func (s *settling) release() error {
	var recs []connector.Record
	settled := make(map[int64]bool, len(s.outs))
	for _, o := range s.outs {
		settled[o.Delivery] = true
	}
	for _, o := range s.linked {
		recs = append(recs, o.was.source, o.Target)
		s.keys = append(s.keys, o.was.record)
	}
	if len(s.changed) > 0 {
		linked, err := s.tx.counterparts(s.to, s.kind, s.changed)
		if err != nil {
			return err
		}
		recs = append(append(recs, s.changed...), linked...)
	}
	if len(recs) == 0 {
		return nil
	}
	waited, err := s.tx.anyWaits(string(s.kind))
	if err != nil {
		return err
	}
	if waited {
		if err := s.tx.releaseNamed(recs, map[string]string{"reason": "linked or usable now"}); err != nil {
			return err
		}
	}
	if len(s.linked) == 0 {
		return nil
	}
	return s.tx.decideFiltered(s.keys, settled)
}

// LinkRecords makes the Link between two Records of one Kind by hand. It releases what waited for either of them, and
// decides again what of them was filtered or in conflict. A Link that is there already is no error; one that contradicts
// another Link is a conflict, and so is one of a Record that is being sent there or in doubt: it may be there already.
func (tx *Tx) LinkRecords(x, y connector.Record, actor string) error {
	return tx.LinkFor(x, y, connector.Entry{Actor: actor})
}

// LinkFor is LinkRecords with an Entry that says more than who: its details are kept.
func (tx *Tx) LinkFor(x, y connector.Record, e connector.Entry) error {
	op := "link " + x.String()
	if x.Kind != y.Kind || x.Connection == y.Connection || x.ID == "" || y.ID == "" {
		return connector.Errorf(connector.Invalid, op, "%s is not of the same kind at another connection", y).
			Advise("Give two records as CONNECTION:KIND:ID, of one kind and of two connections.")
	}
	if err := tx.gate("the links of "+string(x.Kind), true); err != nil { // what is marked as being sent meanwhile would not see it
		return err
	}
	have, err := linksOf(tx, x.Kind, x.Connection, y.Connection, []string{x.ID})
	if err != nil {
		return err
	}
	back, err := linksOf(tx, y.Kind, y.Connection, x.Connection, []string{y.ID})
	if err != nil {
		return err
	}
	if l, ok := have[x.ID]; ok && l.Other(x.Connection).ID == y.ID {
		return nil
	}
	for _, r := range []connector.Record{x, y} {
		if into, err := mergedInto(tx, r.Kind, r.Connection, []string{r.ID}); err != nil || into[r.ID] != "" {
			return notMerged(op, r, into, err)
		}
	}
	if l, ok := have[x.ID]; ok {
		return connector.Errorf(connector.Conflict, op, "it is linked to %s", l.Other(x.Connection)).Advise("Take that Link away first with `ml-connector unlink`.")
	}
	if l, ok := back[y.ID]; ok {
		return connector.Errorf(connector.Conflict, op, "%s is linked to %s", y, l.Other(y.Connection)).Advise("Take that Link away first with `ml-connector unlink`.")
	}
	if err := tx.notUnderWay(op, x, y); err != nil {
		return err
	}
	var keys []int64
	for _, r := range []connector.Record{x, y} {
		known, _, err := tx.writeTargets(r.Connection, r.Kind, []target{{id: r.ID}})
		if err != nil {
			return err
		}
		if key, ok := known[r.ID]; ok {
			keys = append(keys, key)
		}
	}
	id, err := tx.nextIDs("link", 1)
	if err != nil {
		return err
	}
	if err := tx.together(newLink(x, y)); err != nil {
		return err
	}
	if err := tx.insertLinks([][]any{tx.linkRow(id, newLink(x, y), e)}); err != nil {
		return err
	}
	if err := tx.releaseNamed([]connector.Record{x, y}, map[string]string{"reason": "linked"}); err != nil {
		return err
	}
	return tx.decideFiltered(keys, nil)
}

// notUnderWay refuses two Records of which one is being sent to the other's Connection.
func (tx *Tx) notUnderWay(op string, x, y connector.Record) error {
	return tx.noneUnderWay(op, `JOIN flows f ON f.name = d.flow WHERE r.kind = $1 AND (r.connection = $2 AND r.ext_id = $3 AND f.target = $4 OR r.connection = $4 AND r.ext_id = $5 AND f.target = $2)`,
		string(x.Kind), x.Connection, x.ID, y.Connection, y.ID)
}

// noneUnderWay refuses where one of the Deliveries of some Records is being sent or in doubt.
func (tx *Tx) noneUnderWay(op, where string, args ...any) error {
	var id int64
	var state connector.State
	found, err := one(tx, op, "SELECT d.id, d.state FROM records r JOIN deliveries d ON d.record = r.id "+where+" AND d.state IN ('sending', 'in_doubt') ORDER BY d.id LIMIT 1", args, &id, &state)
	switch {
	case err != nil || !found:
		return err
	case state == connector.InDoubt:
		return connector.Errorf(connector.Conflict, op, "delivery %d is in doubt: it may be at the target", id).
			Advise("Find out, and say so with `ml-connector delivery resolve %d --delivered ID`: that makes the Link.", id)
	}
	return connector.Errorf(connector.Conflict, op, "delivery %d is being sent", id).Advise("Look at what came of it, and say it then if it needs that.")
}

// UnlinkRecords takes the Link between two Records away, with what was agreed over it. Of two of one Connection it takes back that the
// first was merged into the second.
func (tx *Tx) UnlinkRecords(x, y connector.Record, actor string) error {
	if x.Connection == y.Connection {
		return tx.part(x, y, actor)
	}
	l := newLink(x, y)
	if err := tx.gate("the links of "+string(x.Kind), true); err != nil {
		return err
	}
	n, err := tx.exec("unlink "+x.String(), "DELETE FROM links WHERE kind = $1 AND a_connection = $2 AND a_id = $3 AND b_connection = $4 AND b_id = $5",
		string(l.Kind), l.A.Connection, l.A.ID, l.B.Connection, l.B.ID)
	if err != nil {
		return err
	}
	if n == 0 || x.Kind != y.Kind {
		return connector.Errorf(connector.NotFound, "unlink "+x.String(), "it has no Link to %s", y)
	}
	tx.Enter(connector.Entry{Actor: actor, Action: "link.removed", Subject: l.A.String(), Details: map[string]string{"other": l.B.String()}})
	return nil
}

// LinkRecords is Tx.LinkRecords in a transaction of its own.
func (db *DB) LinkRecords(ctx context.Context, x, y connector.Record, actor string) error {
	return db.Tx(ctx, func(tx *Tx) error { return tx.LinkRecords(x, y, actor) })
}
