package store

import (
	"database/sql"
	"slices"

	connector "ml-connector"
)

// MergeRecords remembers that one Record was merged into another of its Connection, as a person says. What it was linked to is linked
// to the other from then on. Where that one has a Link of its own, both Links stay, so that what becomes of the old one still reaches
// its counterpart; what names either then goes by the Record that is left. All that waits for one of them is decided again.
func (tx *Tx) MergeRecords(old, kept connector.Record, actor string) (Merge, error) {
	m := Merge{Old: old, Kept: kept, By: actor, At: tx.now}
	op := "merge " + old.String()
	if old.Kind != kept.Kind || old.Connection != kept.Connection || old.ID == "" || kept.ID == "" || old == kept {
		return m, connector.Errorf(connector.Invalid, op, "%s is not another record of the same kind and connection", kept).
			Advise("Give two records of one connection as CONNECTION:KIND:ID: first the one that is no more, then the one that is left.")
	}
	if err := tx.gate("the links of "+string(old.Kind), true); err != nil { // what is marked as being sent meanwhile would not see it
		return m, err
	}
	into, err := mergedInto(tx, old.Kind, old.Connection, []string{old.ID, kept.ID})
	switch {
	case err != nil:
		return m, err
	case into[old.ID] == kept.ID:
		return m, nil
	case into[old.ID] != "":
		return m, notMerged(op, old, into, nil)
	case into[kept.ID] != "":
		return m, notMerged(op, kept, into, nil)
	}
	keys, err := tx.bothKnown(op, old, kept)
	if err != nil {
		return m, err
	}
	if err := tx.noneUnderWay(op, "WHERE r.kind = $1 AND r.connection = $2 AND (r.ext_id = $3 OR r.ext_id = $4)", string(old.Kind), old.Connection, old.ID, kept.ID); err != nil {
		return m, err
	}
	if err := tx.handOver(op, &m); err != nil {
		return m, err
	}
	_, err = tx.exec(op, "INSERT INTO merged (connection, kind, ext_id, kept_id, moved, said_by, said_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		old.Connection, string(old.Kind), old.ID, kept.ID, asJSON(m.Moved, len(m.Moved) == 0), actor, micros(tx.now))
	if err != nil {
		return m, err
	}
	if err := tx.markStale(old); err != nil {
		return m, err
	}
	tx.Enter(connector.Entry{Actor: actor, Action: "link.merged", Subject: old.String(), Details: map[string]string{"into": kept.String()}})
	return m, tx.decideMerged(m, keys, "merged: "+old.String()+" into "+kept.String())
}

// notMerged refuses what is said of a Record that was merged.
func notMerged(op string, rec connector.Record, into map[string]string, err error) error {
	if err != nil {
		return err
	}
	kept := rec
	kept.ID = into[rec.ID]
	return connector.Errorf(connector.Conflict, op, "%s was merged into %s", rec, kept).
		Advise("Say it of that one; or take the merge back first with `ml-connector unlink %s %s`.", rec, kept)
}

// bothKnown are the keys of two Records, which both must have been read: a wrong number would be no one's.
func (tx *Tx) bothKnown(op string, recs ...connector.Record) ([]int64, error) {
	keys := make([]int64, 0, len(recs))
	for _, r := range recs {
		var key int64
		found, err := one(tx, op, "SELECT id FROM records WHERE connection = $1 AND kind = $2 AND ext_id = $3", []any{r.Connection, string(r.Kind), r.ID}, &key)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, connector.Errorf(connector.NotFound, op, "%s is not known", r).Advise("It is known once it was read; `ml-connector record list --search TEXT` finds it.")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// handOver moves the Links of the Record that is no more to the one that is left, where that has none. What was agreed of the old one is
// not agreed of the other.
func (tx *Tx) handOver(op string, m *Merge) error {
	links, err := linksAt(tx, m.Old)
	if err != nil {
		return err
	}
	for _, l := range links {
		other := l.Other(m.Old.Connection)
		if err := tx.notUnderWay(op, m.Old, other); err != nil {
			return err
		}
		have, err := linksOf(tx, m.Kept.Kind, m.Kept.Connection, other.Connection, []string{m.Kept.ID})
		if err != nil {
			return err
		}
		if _, linked := have[m.Kept.ID]; linked {
			m.Stays = append(m.Stays, other)
			continue
		}
		m.Moved = append(m.Moved, other)
		if err := tx.giveLink(op, l, m.Old, m.Kept, m.By); err != nil {
			return err
		}
	}
	return nil
}

// giveLink gives a Link of one Record to another of its Connection.
func (tx *Tx) giveLink(op string, l connector.Link, from, to connector.Record, actor string) error {
	other := l.Other(from.Connection)
	_, _, mine := sides(from.Connection, other.Connection)
	if _, err := tx.exec(op, "UPDATE links SET "+mine+" = $2 WHERE id = $1", l.ID, to.ID); err != nil {
		return err
	}
	if _, err := tx.exec(op, "DELETE FROM agreements WHERE link = $1 AND flow IN (SELECT name FROM flows WHERE source = $2)", l.ID, from.Connection); err != nil {
		return err
	}
	tx.Enter(connector.Entry{Actor: actor, Action: "link.moved", Subject: to.String(), Details: map[string]string{"from": from.String(), "target": other.String()}})
	return nil
}

// linksAt lists the Links of a Record.
func linksAt(r reader, rec connector.Record) ([]connector.Link, error) {
	var out []connector.Link
	err := each(r, "read Links", `SELECT id, a_connection, a_id, b_connection, b_id FROM links
 WHERE kind = $1 AND (a_connection = $2 AND a_id = $3 OR b_connection = $2 AND b_id = $3) ORDER BY id`, []any{string(rec.Kind), rec.Connection, rec.ID}, func(rows *sql.Rows) error {
		l := connector.Link{Kind: rec.Kind, A: connector.Record{Kind: rec.Kind}, B: connector.Record{Kind: rec.Kind}}
		err := rows.Scan(&l.ID, &l.A.Connection, &l.A.ID, &l.B.Connection, &l.B.ID)
		out = append(out, l)
		return err
	})
	return out, err
}

// markStale notes at the Links of a Record whether one of their sides was merged.
func (tx *Tx) markStale(rec connector.Record) error {
	links, err := linksAt(tx, rec)
	if err != nil {
		return err
	}
	for _, l := range links {
		stale := false
		for _, side := range []connector.Record{l.A, l.B} {
			into, err := mergedInto(tx, side.Kind, side.Connection, []string{side.ID})
			if err != nil {
				return err
			}
			stale = stale || into[side.ID] != ""
		}
		if _, err := tx.exec("note a merge", "UPDATE links SET merged = $2 WHERE id = $1", l.ID, bit(stale)); err != nil {
			return err
		}
	}
	return nil
}

// decideMerged lets all go on that waits for one of the Records of a merge or for what they are linked to, and decides again what of
// them was not sent.
func (tx *Tx) decideMerged(m Merge, keys []int64, reason string) error {
	recs := []connector.Record{m.Old, m.Kept}
	for _, r := range []connector.Record{m.Old, m.Kept} {
		links, err := linksAt(tx, r)
		if err != nil {
			return err
		}
		for _, l := range links {
			recs = append(recs, l.Other(r.Connection))
		}
	}
	if err := tx.releaseNamed(recs, map[string]string{"reason": reason}); err != nil {
		return err
	}
	for _, r := range recs[2:] {
		known, err := rowsByID(tx, r.Connection, r.Kind, []string{r.ID})
		if err != nil {
			return err
		}
		for _, row := range known {
			keys = append(keys, row.Key)
		}
	}
	if err := tx.decideFiltered(slices.Clone(keys), nil); err != nil {
		return err
	}
	var held []int64
	args := []any{}
	in := list(&args, keys[:2])
	err := each(tx, "read held Deliveries", `SELECT d.id FROM deliveries d WHERE d.record IN (`+in+`) AND d.state IN ('held', 'blocked') AND d.stage = ''
 AND d.version = (SELECT MAX(x.version) FROM deliveries x WHERE x.record = d.record AND x.flow = d.flow) ORDER BY d.id`, args, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		held = append(held, id)
		return err
	})
	if err != nil || len(held) == 0 {
		return err
	}
	return tx.waitAgain(held, connector.Entry{Action: "delivery.released", Details: map[string]string{"reason": reason}})
}

// part takes back that one Record was merged into another: what was linked to it before is linked to it again, if nobody said otherwise
// since.
func (tx *Tx) part(old, kept connector.Record, actor string) error {
	op := "unlink " + old.String()
	if err := tx.gate("the links of "+string(old.Kind), true); err != nil {
		return err
	}
	said, err := merges(tx, "WHERE kind = $1 AND connection = $2 AND ext_id = $3", old)
	if err != nil {
		return err
	}
	if len(said) == 0 || said[0].Kept != kept {
		return connector.Errorf(connector.NotFound, op, "it was not merged into %s", kept).Advise("`ml-connector record show %s` says into which it was.", old)
	}
	if into, err := mergedInto(tx, kept.Kind, kept.Connection, []string{kept.ID}); err != nil || into[kept.ID] != "" {
		return notMerged(op, kept, into, err)
	}
	keys, err := tx.bothKnown(op, old, kept)
	if err != nil {
		return err
	}
	if err := tx.noneUnderWay(op, "WHERE r.kind = $1 AND r.connection = $2 AND (r.ext_id = $3 OR r.ext_id = $4)", string(old.Kind), old.Connection, old.ID, kept.ID); err != nil {
		return err
	}
	for _, other := range said[0].Moved {
		have, err := linksOf(tx, other.Kind, other.Connection, old.Connection, []string{other.ID})
		if err != nil {
			return err
		}
		mine, err := linksOf(tx, old.Kind, old.Connection, other.Connection, []string{old.ID})
		if err != nil {
			return err
		}
		l, linked := have[other.ID]
		if _, taken := mine[old.ID]; taken || !linked || l.Other(other.Connection) != kept {
			continue
		}
		if err := tx.notUnderWay(op, kept, other); err != nil {
			return err
		}
		if err := tx.giveLink(op, l, kept, old, actor); err != nil {
			return err
		}
	}
	if _, err := tx.exec(op, "DELETE FROM merged WHERE connection = $1 AND kind = $2 AND ext_id = $3", old.Connection, string(old.Kind), old.ID); err != nil {
		return err
	}
	for _, r := range []connector.Record{old, kept} {
		if err := tx.markStale(r); err != nil {
			return err
		}
	}
	tx.Enter(connector.Entry{Actor: actor, Action: "link.parted", Subject: old.String(), Details: map[string]string{"from": kept.String()}})
	return tx.decideMerged(Merge{Old: old, Kept: kept}, keys, "not merged any more: "+old.String())
}
