package store

import (
	"context"
	"database/sql"
	"slices"

	connector "ml-connector"
)

// BindPlan lets an approved plan bound the writes of its Flows, until EndPlan: from then on nothing is marked as being sent that was
// decided without it. What was saved under its name meanwhile is another one, and refused.
func (tx *Tx) BindPlan(p SavedPlan) error {
	op := "carry out the plan " + p.Name
	n, err := tx.exec(op, "UPDATE saved_plans SET approved_by = approved_by WHERE name = $1 AND made_at = $2 AND approved_by <> '' AND ended_at = 0", p.Name, micros(p.MadeAt))
	if err != nil {
		return err
	}
	if n == 0 {
		return connector.Errorf(connector.Conflict, op, "it was saved anew, or ended, just now").Advise("`ml-connector plan show %s` shows what it is.", p.Name)
	}
	for _, f := range slices.Sorted(slices.Values(p.Flows)) {
		var other string
		switch found, err := one(tx, op, "SELECT plan FROM bounded_flows WHERE flow = $1", []any{f}, &other); {
		case err != nil:
			return err
		case found && other != p.Name:
			return connector.Errorf(connector.Conflict, op, "the plan %q is being carried out in the Flow %s", other, f).
				Advise("Let it end first: `ml-connector plan run %s`, or with --end where it stands.", other)
		case found:
			continue
		}
		if _, err := tx.exec(op, "INSERT INTO bounded_flows (flow, plan) VALUES ($1, $2)", f, p.Name); err != nil {
			return err
		}
		if err := tx.outwait(op, f); err != nil {
			return err
		}
	}
	return nil
}

// outwait waits for those who mark writes of a Flow now, and lets nobody do so before this transaction ends: they hold the row of their
// partition.
func (tx *Tx) outwait(op, flow string) error {
	f, err := tx.Flow(flow)
	if err != nil {
		return err
	}
	all := make([]int, f.Partitions)
	for n := range all {
		all[n] = n
	}
	if err := tx.openPartitions(flow, all); err != nil {
		return err
	}
	_, err = tx.exec(op, "UPDATE partitions SET beat_at = beat_at WHERE flow = $1", flow)
	return err
}

// BeginPlan notes that a plan is being carried out. One that was begun and not ended goes on.
func (tx *Tx) BeginPlan(p SavedPlan, actor string) error {
	if err := tx.BindPlan(p); err != nil {
		return err
	}
	if _, err := tx.exec("carry out a plan", "UPDATE saved_plans SET begun_at = $2 WHERE name = $1 AND begun_at = 0", p.Name, micros(tx.now)); err != nil {
		return err
	}
	tx.Enter(connector.Entry{Actor: actor, Action: "plan.begun", Subject: "plan:" + p.Name})
	return nil
}

// RefusePlan lets the Flows of a plan go that was not begun, since the world has moved.
func (tx *Tx) RefusePlan(p SavedPlan) error {
	n, err := tx.exec("refuse a plan", "UPDATE saved_plans SET approved_by = approved_by WHERE name = $1 AND made_at = $2 AND begun_at = 0", p.Name, micros(p.MadeAt))
	if err != nil || n == 0 {
		return err // another process has begun it
	}
	return tx.unbind(p)
}

// EndPlan lets the Flows of a plan write freely again; what waited for that is due now.
func (tx *Tx) EndPlan(name, actor string) error {
	const op = "end a plan"
	p, err := savedPlan(tx, op, name)
	switch {
	case err != nil:
		return err
	case p.BegunAt.IsZero():
		return connector.Errorf(connector.Conflict, op, "nothing of the plan %q was carried out", name)
	case !p.EndedAt.IsZero():
		return connector.Errorf(connector.Conflict, op, "the plan %q has ended", name)
	}
	for _, f := range slices.Sorted(slices.Values(p.Flows)) { // who marks a write now does so before it has ended, or not at all
		if _, err := tx.exec(op, "UPDATE partitions SET beat_at = beat_at WHERE flow = $1", f); err != nil {
			return err
		}
	}
	if err := tx.unbind(p); err != nil {
		return err
	}
	if _, err := tx.exec(op, "UPDATE saved_plans SET ended_at = $2 WHERE name = $1", name, micros(tx.now)); err != nil {
		return err
	}
	tx.Enter(connector.Entry{Actor: actor, Action: "plan.ended", Subject: "plan:" + name})
	return nil
}

// unplannedWork are the Deliveries d of a Flow that are due some time and that a plan has no write for.
const unplannedWork = `d.flow = $1 AND d.due_at > 0 AND NOT EXISTS (SELECT 1 FROM saved_plan_rows p JOIN records r ON r.ext_id = p.record
 WHERE r.id = d.record AND p.flow = d.flow AND p.plan = $2 AND p.operation IN ('create', 'update'))`

// unbind lets the Flows of a plan go, and has what waited for that looked at.
func (tx *Tx) unbind(p SavedPlan) error {
	const op = "end a plan"
	name := p.Name
	for _, f := range p.Flows {
		var parts []int64
		err := each(tx, op, "SELECT DISTINCT d.part FROM deliveries d WHERE d.state = 'waiting' AND "+unplannedWork, []any{f, name}, func(rows *sql.Rows) error {
			var part int64
			err := rows.Scan(&part)
			parts = append(parts, part)
			return err
		})
		if err != nil {
			return err
		}
		if _, err := tx.exec(op, "UPDATE deliveries SET due_at = $3 WHERE id IN (SELECT d.id FROM deliveries d WHERE d.state = 'waiting' AND d.due_at > $3 AND "+unplannedWork+")", f, name, micros(tx.now)); err != nil {
			return err
		}
		for _, part := range parts {
			tx.wakeUp(f, int(part))
		}
	}
	_, err := tx.exec(op, "DELETE FROM bounded_flows WHERE plan = $1", name)
	return err
}

// BoundBy is the plan that bounds a Flow's writes now, "" when none does.
func (db *DB) BoundBy(ctx context.Context, flow string) (plan string, err error) {
	_, err = one(db.view(ctx), "read what bounds a Flow", "SELECT plan FROM bounded_flows WHERE flow = $1", []any{flow}, &plan)
	return plan, err
}

// rebound takes the Deliveries from the waiting ones that were decided by another plan than bounds their Flow now, or without one, or by one
// that has ended since: a pump that began earlier does not know of it.
func (tx *Tx) rebound(w way, intents []Intent, waiting map[int64]brief) ([]Taken, error) {
	var plan string
	if _, err := one(tx, "read what bounds a Flow", "SELECT plan FROM bounded_flows WHERE flow = $1", []any{w.flow}, &plan); err != nil {
		return nil, err
	}
	var taken []Taken
	for _, in := range intents {
		if _, ok := waiting[in.Delivery]; ok && in.Plan != plan {
			taken = append(taken, Taken{Delivery: in.Delivery, Rebound: true})
			delete(waiting, in.Delivery)
		}
	}
	return taken, nil
}

// PlannedRow is what a plan says of one record of a Flow; false when it does not name it.
func (db *DB) PlannedRow(ctx context.Context, plan, flow, record string) (r SavedPlanRow, found bool, err error) {
	r = SavedPlanRow{Flow: flow, Record: record}
	found, err = one(db.view(ctx), "read a plan", "SELECT operation, body FROM saved_plan_rows WHERE record = $1 AND flow = $2 AND plan = $3", []any{record, flow, plan}, &r.Operation, &r.Body)
	return r, found, err
}

// UnplannedWork names Deliveries of a Flow that wait or are in doubt, and that a plan has no write for.
func (db *DB) UnplannedWork(ctx context.Context, plan, flow string, limit int) (ids []int64, err error) {
	err = each(db.view(ctx), "look for what a plan does not name", "SELECT d.id FROM deliveries d WHERE "+unplannedWork+" ORDER BY d.id LIMIT $3",
		[]any{flow, plan, int64(limit)}, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		})
	return ids, err
}

// PlannedWork says whether a Delivery of a Flow is due some time that a plan has a write for.
func (db *DB) PlannedWork(ctx context.Context, plan, flow string) (bool, error) {
	var id int64
	return one(db.view(ctx), "look for what is left of a plan", "SELECT d.id FROM deliveries d WHERE d.due_at > 0 AND d.flow = $1 AND NOT ("+unplannedWork+") LIMIT 1", []any{flow, plan}, &id)
}
