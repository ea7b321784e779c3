package store

import (
	"slices"

	connector "ml-connector"
)

// deliver makes the Deliveries of a page, supersedes older ones, decides known ones again when asked to, and counts.
func (tx *Tx) deliver(a Acceptance, records []*incoming, out *Accepted) error {
	var due, again []*incoming
	var supersede []int64
	for _, in := range records {
		out.Read++
		if in.problem != nil {
			out.Problems++
		}
		if in.last.id != 0 && in.last.version == in.n || in.version == nil && in.problem == nil {
			out.Same++
			if a.Again && in.last.id != 0 && in.problem == nil {
				again = append(again, in)
			}
			continue
		}
		due = append(due, in)
		if in.last.id != 0 {
			supersede = append(supersede, in.key)
		}
	}
	out.New = len(due)
	if err := tx.supersede(a.Flow.Name, supersede); err != nil {
		return err
	}
	if err := tx.insertDeliveries(a, due, out); err != nil {
		return err
	}
	if err := tx.decideAgain(a, again); err != nil {
		return err
	}
	_, err := tx.exec("count a page", "UPDATE runs SET read_count = read_count + $2, same_count = same_count + $3 WHERE id = $1", a.Run, int64(out.Read), int64(out.Same))
	return err
}

func (tx *Tx) insertDeliveries(a Acceptance, due []*incoming, out *Accepted) error {
	id, err := tx.nextIDs("delivery", len(due))
	if err != nil {
		return err
	}
	partitions, err := tx.partitionsOf(a.Flow.Name)
	if err != nil {
		return err
	}
	rows := make([][]any, len(due))
	now := micros(tx.now)
	for i, in := range due {
		part := partitionOf(in.id, partitions)
		state, dueAt, fail := connector.Waiting, now, in.problem
		if fail != nil {
			state, dueAt = connector.Held, 0
		}
		rows[i] = []any{id + int64(i), a.Flow.Name, a.Run, string(a.Flow.Kind), in.key, int64(in.n), int64(part), string(state), dueAt, errorCode(fail), errorText(fail), now, now, tx.missing(fail)}
		if fail != nil {
			e := connector.Entry{Action: "delivery.held", Subject: subject(a.Flow.From, string(a.Flow.Kind), in.id), Run: a.Run, Delivery: id + int64(i),
				Exchange: fail.Exchange, Details: map[string]string{"code": string(fail.Code)}}
			tx.Enter(e)
			continue
		}
		tx.wakeUp(a.Flow.Name, part)
		if !slices.Contains(out.Partitions, part) {
			out.Partitions = append(out.Partitions, part)
		}
	}
	slices.Sort(out.Partitions)
	if _, err := tx.insert("store Deliveries", insertDelivery, "", rows); err != nil {
		return err
	}
	return tx.openPartitions(a.Flow.Name, out.Partitions)
}

const insertDelivery = `INSERT INTO deliveries (id, flow, run, kind, record, version, part, state, due_at, error_code, error, created_at, updated_at, follow_at)`

// supersede ends this Flow's older Deliveries of records that have a newer Version; those that are being sent or are in
// doubt have to be settled first. What is held because of its life at the target stays: the object is there, or was, whatever
// the source says since.
func (tx *Tx) supersede(flow string, records []int64) error {
	if len(records) == 0 {
		return nil
	}
	if err := tx.gate("the settling of "+flow, true); err != nil { // what is settled meanwhile would not see the newer ones
		return err
	}
	slices.Sort(records)
	return chunks(records, func(part []int64) error {
		args := []any{flow}
		in := list(&args, part)
		old, err := briefsWhere(tx, "WHERE d.flow = $1 AND d.record IN ("+in+") AND (d.state IN ('waiting', 'blocked') OR d.state = 'held' AND d.stage = '') ORDER BY d.id"+tx.db.dialect.lock("d"), args)
		if err != nil {
			return err
		}
		return tx.move(old, connector.Superseded, nil, connector.Entry{Action: "delivery.superseded", Details: map[string]string{"reason": "newer Version"}})
	})
}

// decideAgain lets known records wait once more.
func (tx *Tx) decideAgain(a Acceptance, again []*incoming) error {
	var ids []int64
	for _, in := range again {
		switch in.last.state {
		case connector.Filtered, connector.Unchanged, connector.Held, connector.Delivered:
			ids = append(ids, in.last.id)
		}
	}
	return tx.waitAgain(ids, connector.Entry{Action: "delivery.released", Run: a.Run, Details: map[string]string{"reason": "read again since an earlier time"}})
}
