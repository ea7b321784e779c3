package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	connector "ml-connector"
)

// Replay lets Deliveries that are held, blocked or skipped wait again, as if they had never failed; forced ones are
// created even where something of the same name exists, and for linked Records the owner's values win over drift. Others
// are refused, and so are those of a Record that has a newer Delivery of the same Flow.
func (tx *Tx) Replay(ids []int64, actor string, forced bool) error {
	const op = "replay"
	old, err := tx.lastWord(op, ids)
	if err != nil {
		return err
	}
	for _, b := range old {
		switch b.state {
		case connector.Held, connector.Blocked, connector.Skipped:
		default:
			return connector.Errorf(connector.Conflict, op, "delivery %d is %s", b.id, b.state).Advise("Only what is held, blocked or skipped can be replayed.")
		}
		if err := b.isNewest(op); err != nil && b.stage != connector.StageLost {
			return err
		}
	}
	not := map[connector.Record][]connector.Record{}
	for _, b := range old {
		if forced && b.state == connector.Held {
			if not[b.source], err = tx.denied(b); err != nil {
				return err
			}
		}
	}
	if old, err = tx.beginAnew(old, actor); err != nil {
		return err
	}
	details := map[string]string{}
	if forced {
		details["forced"] = "create"
	}
	force := old
	if !forced {
		if force, err = tx.linkedOf(old); err != nil {
			return err
		}
	}
	if err := tx.force(force); err != nil {
		return err
	}
	if err := tx.move(old, connector.Waiting, nil, connector.Entry{Actor: actor, Action: "delivery.replayed", Details: details}); err != nil {
		return err
	}
	return tx.setApart(old, not, actor)
}

// setApart remembers what Deliveries are not that a person has created, and decides again what waits for that at the other side.
func (tx *Tx) setApart(old []brief, not map[connector.Record][]connector.Record, actor string) error {
	var recs []connector.Record
	for _, b := range old {
		others := not[b.source]
		if len(others) == 0 {
			continue
		}
		if err := tx.apart(b.source, others, actor); err != nil {
			return err
		}
		recs = append(append(recs, others...), b.source)
	}
	if len(recs) == 0 {
		return nil
	}
	return tx.releaseNamed(recs, map[string]string{"reason": "decided: they are not the same"})
}

// force makes a person's word count in the next decision about Deliveries.
func (tx *Tx) force(old []brief) error {
	ids := make([]int64, len(old))
	for i, b := range old {
		ids[i] = b.id
	}
	return chunks(ids, func(part []int64) error {
		var args []any
		in := list(&args, part)
		_, err := tx.exec("force a decision", "UPDATE deliveries SET forced = 1 WHERE id IN ("+in+")", args...)
		return err
	})
}

// linkedOf are the Deliveries whose Record has a Link to the target of its Flow.
func (tx *Tx) linkedOf(old []brief) ([]brief, error) {
	flows := map[string][]string{}
	for _, b := range old {
		flows[b.flow] = append(flows[b.flow], b.source.ID)
	}
	linked := map[[2]string]bool{}
	for name, ids := range flows {
		f, err := tx.Flow(name)
		if err != nil {
			return nil, err
		}
		links, err := linksOf(tx, f.Kind, f.From, f.To, ids)
		if err != nil {
			return nil, err
		}
		for id := range links {
			linked[[2]string{name, id}] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(old), func(b brief) bool { return !linked[[2]string{b.flow, b.source.ID}] }), nil
}

func (b brief) isNewest(op string) error {
	if b.version < b.newest {
		return connector.Errorf(connector.Conflict, op, "delivery %d is of version %d, and version %d came since", b.id, b.version, b.newest).
			Advise("Replay the delivery of the newest version, if it needs that.")
	}
	return nil
}

func allThere(op string, ids []int64, found []brief) error {
	have := make(map[int64]bool, len(found))
	for _, b := range found {
		have[b.id] = true
	}
	for _, id := range ids {
		if !have[id] {
			return connector.Errorf(connector.NotFound, op, "there is no delivery %d", id).Advise("`ml-connector delivery list` shows those there are.")
		}
	}
	return nil
}

// lastWord reads Deliveries, all of them, of whose Records no newer Version comes until the transaction ends.
func (tx *Tx) lastWord(op string, ids []int64) ([]brief, error) {
	var flows []string
	err := chunks(ids, func(part []int64) error {
		var args []any
		in := list(&args, part)
		return each(tx, "read the Flows of Deliveries", "SELECT DISTINCT d.flow FROM deliveries d WHERE d.id IN ("+in+")", args, func(rows *sql.Rows) error {
			var f string
			err := rows.Scan(&f)
			flows = append(flows, f)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(flows)
	for _, f := range slices.Compact(flows) {
		if err := tx.gate("the settling of "+f, false); err != nil {
			return nil, err
		}
	}
	old, err := tx.briefs(ids)
	if err != nil {
		return nil, err
	}
	return old, allThere(op, ids, old)
}

func (tx *Tx) theOne(op string, id int64) (brief, error) {
	old, err := tx.lastWord(op, []int64{id})
	if err != nil {
		return brief{}, err
	}
	return old[0], nil
}

// Skip settles a Delivery that is held, blocked or waiting without delivering it. What waits for a decision about it is
// decided anew; keys that only it claimed are free again.
func (tx *Tx) Skip(id int64, reason, actor string) error {
	const op = "skip"
	if reason == "" {
		return connector.Errorf(connector.Invalid, op, "no reason was given").Advise("Say why with --reason: it is kept in the ledger.")
	}
	b, err := tx.theOne(op, id)
	if err != nil {
		return err
	}
	switch b.state {
	case connector.Held, connector.Blocked, connector.Waiting:
	case connector.InDoubt:
		return connector.Errorf(connector.Conflict, op, "delivery %d is in doubt: it may be at the target", id).Advise("Find out, and say so with `ml-connector delivery resolve`.")
	default:
		return connector.Errorf(connector.Conflict, op, "delivery %d is %s", id, b.state).Advise("Only what is held, blocked or waiting can be skipped.")
	}
	if err := tx.move([]brief{b}, connector.Skipped, nil, connector.Entry{Actor: actor, Action: "delivery.skipped", Details: map[string]string{"reason": reason}}); err != nil {
		return err
	}
	if err := tx.giveUpKeys(b); err != nil {
		return err
	}
	return tx.releaseNamed([]connector.Record{b.source}, map[string]string{"reason": "decided: " + b.subject() + " is skipped"})
}

// giveUpKeys frees the natural keys that a Flow reserved for a Record which is linked to nothing and of which nothing is in
// doubt: another Record may have the right to them.
func (tx *Tx) giveUpKeys(b brief) error {
	r := b.source
	_, err := tx.exec("give up natural keys", `DELETE FROM natural_keys WHERE record = $1 AND flow = $2
 AND NOT EXISTS (SELECT 1 FROM links l WHERE l.kind = $3 AND (l.a_connection = $4 AND l.a_id = $5 OR l.b_connection = $4 AND l.b_id = $5))
 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.record = $1 AND d.state IN ('sending', 'in_doubt'))`, b.record, b.flow, string(r.Kind), r.Connection, r.ID)
	return err
}

// Resolve ends a doubt by hand: with the ID of the target it is delivered and linked, without one it surely was not sent
// and waits again, or is superseded when a newer Version came since.
func (tx *Tx) Resolve(id int64, targetID, reason, actor string) error {
	const op = "resolve"
	b, err := tx.theOne(op, id)
	if err != nil {
		return err
	}
	if b.state != connector.InDoubt {
		return connector.Errorf(connector.Conflict, op, "delivery %d is %s, not in doubt", id, b.state).Advise("A held one is replayed or skipped, or its record linked.")
	}
	if reason == "" && targetID == "" {
		return connector.Errorf(connector.Invalid, op, "no reason was given").Advise("Say how you know with --reason: it is kept in the ledger.")
	}
	e := connector.Entry{Actor: actor, Action: "delivery.resolved", Details: map[string]string{"reason": reason}}
	if targetID == "" && b.version < b.newest {
		return tx.move([]brief{b}, connector.Superseded, nil, e)
	}
	if targetID == "" {
		return tx.move([]brief{b}, connector.Waiting, nil, e)
	}
	f, err := tx.Flow(b.flow)
	if err != nil {
		return err
	}
	e.Details["target"] = targetID
	if err := tx.move([]brief{b}, connector.Delivered, nil, e); err != nil {
		return err
	}
	target := connector.Record{Connection: f.To, Kind: f.Kind, ID: targetID}
	if _, err := tx.exec(op, "UPDATE deliveries SET target = $2, target_id = $3 WHERE id = $1", id, f.To, targetID); err != nil {
		return err
	}
	if f.Track != "" && b.stage == "" {
		if err := tx.writeLife(id, connector.Life{Stage: connector.StageSent, At: tx.now}); err != nil {
			return err
		}
	}
	return tx.LinkRecords(b.source, target, actor)
}

// NotSent says whether the last attempt of a Delivery surely did nothing: it was told so at once and waits on, or a person resolved
// the doubt so, and nothing was sent since.
func (db *DB) NotSent(ctx context.Context, id int64) (bool, error) {
	const op = "read what became of the last attempt"
	v := db.view(ctx)
	var resolved, sent int64
	_, err := one(v, op, `SELECT MAX(CASE WHEN e.action = 'delivery.resolved' THEN e.number ELSE 0 END), MAX(CASE WHEN e.action = 'delivery.sending' THEN e.number ELSE 0 END)
 FROM entries e WHERE e.delivery > 0 AND e.delivery = $1 HAVING COUNT(*) > 0`, []any{id}, &resolved, &sent)
	if err != nil || sent == 0 || resolved > sent {
		return resolved > sent, err
	}
	var next string
	_, err = one(v, op, "SELECT e.action FROM entries e WHERE e.delivery > 0 AND e.delivery = $1 AND e.number > $2 ORDER BY e.number LIMIT 1", []any{id, sent}, &next)
	return next == "delivery.waiting", err
}

// Reopen changes the state of a settled Delivery because of what was seen since: drift, or its end. fail says why it is
// held. A Delivery that is being sent, in doubt, superseded or skipped stays as it is, and so does one with a newer Version.
func (tx *Tx) Reopen(id int64, to connector.State, fail *connector.Error, at time.Time, reason string) error {
	const op = "reopen a Delivery"
	b, err := tx.theOne(op, id)
	if err != nil {
		return err
	}
	switch b.state {
	case connector.Sending, connector.InDoubt, connector.Superseded, connector.Skipped, to:
		return nil
	}
	if b.isNewest(op) != nil {
		return nil
	}
	tx.happenedAt(at)
	action := "delivery." + string(to)
	if to == connector.Waiting {
		action = "delivery.released"
		if err := tx.force([]brief{b}); err != nil {
			return err
		}
	}
	return tx.move([]brief{b}, to, fail, connector.Entry{Action: action, Details: map[string]string{"reason": reason}})
}
