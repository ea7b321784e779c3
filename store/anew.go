package store

import (
	connector "ml-connector"
)

// beginAnew prepares for another life those whose object is lost at the target: nothing is agreed any more, and the Link
// leads nowhere. Whether it is there after all is looked up before it is sent. Where a newer Version came since, its Delivery
// takes over what the lost one had. The Deliveries that are to be sent come back.
func (tx *Tx) beginAnew(old []brief, actor string) ([]brief, error) {
	const op = "begin a life anew"
	out := make([]brief, 0, len(old))
	for _, b := range old {
		if b.stage != connector.StageLost {
			out = append(out, b)
			continue
		}
		d, err := firstDelivery(tx, "WHERE d.id = $1", []any{b.id})
		if err != nil || d == nil {
			return nil, err
		}
		if _, err := tx.exec(op, "UPDATE deliveries SET lost = lost + 1, stage = '', life = '', target = '', target_id = '' WHERE id = $1", b.id); err != nil {
			return nil, err
		}
		links, err := linksOf(tx, b.source.Kind, b.source.Connection, d.Target.Connection, []string{b.source.ID})
		if err != nil {
			return nil, err
		}
		if l, linked := links[b.source.ID]; linked && l.Other(b.source.Connection) == d.Target {
			if err := tx.UnlinkRecords(b.source, d.Target, actor); err != nil {
				return nil, err
			}
		}
		if b.version < b.newest {
			if b, err = tx.takenOver(b, actor); err != nil {
				return nil, err
			}
		}
		out = append(out, b)
	}
	return out, nil
}

// takenOver gives the Delivery of the newest Version the numbers that were chosen for a lost one, and how often it was lost; the
// lost one is superseded by it.
func (tx *Tx) takenOver(lost brief, actor string) (brief, error) {
	const op = "replay"
	found, err := briefsWhere(tx, "WHERE d.record = $1 AND d.flow = $2 AND d.version = $3"+tx.db.dialect.lock("d"), []any{lost.record, lost.flow, int64(lost.newest)})
	if err != nil || len(found) == 0 {
		return lost, err
	}
	next := found[0]
	switch next.state {
	case connector.Unchanged, connector.Filtered, connector.Held, connector.Skipped:
	default:
		return lost, connector.Errorf(connector.Conflict, op, "delivery %d is lost at the target, and delivery %d of a newer version is %s", lost.id, next.id, next.state).
			Advise("Wait until that is settled, then replay it.")
	}
	if _, err := tx.exec(op, `UPDATE deliveries SET lost = (SELECT o.lost FROM deliveries o WHERE o.id = $2), chosen = (SELECT o.chosen FROM deliveries o WHERE o.id = $2)
 WHERE id = $1`, next.id, lost.id); err != nil {
		return lost, err
	}
	if _, err := tx.exec(op, "UPDATE told SET delivery = $1 WHERE delivery = $2 AND NOT EXISTS (SELECT 1 FROM told o WHERE o.delivery = $1)", next.id, lost.id); err != nil {
		return lost, err
	}
	return next, tx.move([]brief{lost}, connector.Superseded, nil, connector.Entry{Actor: actor, Action: "delivery.superseded",
		Details: map[string]string{"reason": "lost at the target; a newer Version is sent in its stead"}})
}
