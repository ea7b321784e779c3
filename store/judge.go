package store

import (
	connector "ml-connector"
)

// Agreed is a Record that was read with a new content, and what a Flow that writes to it last agreed on with it.
type Agreed struct {
	Flow      connector.Flow // that writes to the Record
	Agreement connector.Agreement
	Delivery  connector.Delivery // the newest of that Flow for the linked source
	Version   connector.Version  // as it was just read
}

// Reopening is what becomes of an Agreed's Delivery because of what was read.
type Reopening struct {
	State  connector.State
	Err    *connector.Error // why it is held
	Reason string
}

// judge asks for every Record with a new content whether the Flows that write to it have to go over it again. It is part of
// the transaction that stores the content, so that no change is ever stored unjudged.
func (tx *Tx) judge(a Acceptance, records []*incoming) error {
	if a.Judge == nil {
		return nil
	}
	changed := map[string]*connector.Version{}
	var ids []string
	for _, in := range records {
		if in.fresh && in.version != nil && in.version.Mirror != nil {
			changed[in.id] = in.version
			ids = append(ids, in.id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	flows, err := flowsWhere(tx, "WHERE kind = $1 AND target = $2 ORDER BY position, name", []any{string(a.Flow.Kind), a.Flow.From})
	if err != nil {
		return err
	}
	for _, f := range flows {
		if err := tx.judgeFlow(a, f, ids, changed); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) judgeFlow(a Acceptance, f connector.Flow, ids []string, changed map[string]*connector.Version) error {
	if err := tx.gate("the agreements of "+f.Name, true); err != nil { // what is settled meanwhile would not see what was read
		return err
	}
	links, err := linksOf(tx, f.Kind, f.To, f.From, ids)
	if err != nil || len(links) == 0 {
		return err
	}
	var keys []int64
	for _, l := range links {
		keys = append(keys, l.ID)
	}
	agreements, err := tx.db.agreements(tx, f.Name, keys)
	if err != nil {
		return err
	}
	for _, id := range ids {
		l, linked := links[id]
		agreed := agreements[l.ID]
		if !linked || agreed == nil {
			continue
		}
		source := l.Other(f.To)
		d, err := firstDelivery(tx, "WHERE r.connection = $1 AND r.kind = $2 AND r.ext_id = $3 AND d.flow = $4 ORDER BY d.version DESC LIMIT 1",
			[]any{source.Connection, string(f.Kind), source.ID, f.Name})
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		if o := a.Judge(Agreed{Flow: f, Agreement: *agreed, Delivery: *d, Version: *changed[id]}); o != nil {
			if err := tx.Reopen(d.ID, o.State, o.Err, tx.now, o.Reason); err != nil {
				return err
			}
		}
	}
	return nil
}
