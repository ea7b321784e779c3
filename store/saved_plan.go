package store

import (
	"context"
	"database/sql"
	"regexp"
	"time"

	connector "ml-connector"
	"ml-connector/people"
)

// SavedPlan is a dry run that was saved under a name, to be approved by a second person and carried out as it stands.
type SavedPlan struct {
	Name       string
	Flows      []string
	Since      time.Time // what the dry run was asked for
	Until      time.Time
	Deep       bool
	MadeBy     string
	MadeAt     time.Time
	ApprovedBy string // "" = not yet
	ApprovedAt time.Time
	BegunAt    time.Time // zero = nothing of it was carried out
	EndedAt    time.Time
	Rows       int
	Writes     int // of them, creations and updates
}

// SavedPlanRow is what a saved plan says of one record of a Flow. The body is the caller's JSON.
type SavedPlanRow struct {
	Flow, Record string
	Operation    string // create, update, none, hold, block
	Body         string
}

func planNotFound(op, name string) error {
	return connector.Errorf(connector.NotFound, op, "there is no plan %q", name).Advise("`ml-connector plan list` shows them; `ml-connector sync --dry-run --save NAME` makes one.")
}

// planName is what a plan may be called, so that a command can name it and nobody takes one for another.
var planName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// KeepPlan saves a plan, in the place of one of the same name that nothing was carried out of.
func (tx *Tx) KeepPlan(p SavedPlan, rows []SavedPlanRow) error {
	const op = "save a plan"
	if !planName.MatchString(p.Name) {
		return connector.Errorf(connector.Invalid, op, "%q is no name of a plan", p.Name).Advise("Use letters, digits, and - _ . after the first one; 64 at most.")
	}
	switch old, err := savedPlan(tx, op, p.Name); {
	case connector.CodeOf(err) == connector.NotFound:
	case err != nil:
		return err
	case !old.BegunAt.IsZero():
		return connector.Errorf(connector.Conflict, op, "the plan %q has been carried out", p.Name).Advise("Save it under another name.")
	}
	if _, err := tx.exec(op, "DELETE FROM saved_plans WHERE name = $1 AND begun_at = 0", p.Name); err != nil {
		return err
	}
	if _, err := tx.exec(op, `INSERT INTO saved_plans (name, flows, since, until, deep, made_by, made_at, approved_by, approved_at, begun_at, ended_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, 0, 0)`, p.Name, asJSON(p.Flows, false), micros(p.Since), micros(p.Until), bit(p.Deep), p.MadeBy, micros(tx.now)); err != nil {
		return err
	}
	if len(rows) == 0 {
		return nil
	}
	out := make([][]any, len(rows))
	for n, r := range rows {
		out[n] = []any{r.Record, r.Flow, p.Name, int64(n), r.Operation, r.Body}
	}
	_, err := tx.insert(op, "INSERT INTO saved_plan_rows (record, flow, plan, n, operation, body)", "", out)
	return err
}

const savedPlanColumns = `p.name, p.flows, p.since, p.until, p.deep, p.made_by, p.made_at, p.approved_by, p.approved_at, p.begun_at, p.ended_at,
 (SELECT COUNT(*) FROM saved_plan_rows r WHERE r.plan = p.name), (SELECT COUNT(*) FROM saved_plan_rows r WHERE r.plan = p.name AND r.operation IN ('create', 'update'))`

// SavedPlans lists the plans, the newest first.
func (db *DB) SavedPlans(ctx context.Context) ([]SavedPlan, error) {
	return savedPlans(db.view(ctx), "list plans", "ORDER BY p.made_at DESC, p.name", nil)
}

// SavedPlan is the plan of a name, or an Error not_found.
func (db *DB) SavedPlan(ctx context.Context, name string) (SavedPlan, error) {
	return savedPlan(db.view(ctx), "read a plan", name)
}

func savedPlan(r reader, op, name string) (SavedPlan, error) {
	list, err := savedPlans(r, op, "WHERE p.name = $1", []any{name})
	if err != nil || len(list) == 0 {
		if err == nil {
			err = planNotFound(op, name)
		}
		return SavedPlan{}, err
	}
	return list[0], nil
}

func savedPlans(r reader, op, rest string, args []any) ([]SavedPlan, error) {
	var out []SavedPlan
	err := each(r, op, "SELECT "+savedPlanColumns+" FROM saved_plans p "+rest, args, func(rows *sql.Rows) error {
		var p SavedPlan
		var flows string
		var since, until, deep, made, approved, begun, ended int64
		err := rows.Scan(&p.Name, &flows, &since, &until, &deep, &p.MadeBy, &made, &p.ApprovedBy, &approved, &begun, &ended, &p.Rows, &p.Writes)
		if err == nil {
			err = fromJSON(flows, &p.Flows)
		}
		p.Since, p.Until, p.MadeAt, p.ApprovedAt, p.BegunAt, p.EndedAt, p.Deep = timeOf(since), timeOf(until), timeOf(made), timeOf(approved), timeOf(begun), timeOf(ended), deep != 0
		out = append(out, p)
		return err
	})
	return out, err
}

// EachPlanRow calls fn for each row of a plan in its order. An error of fn ends it.
func (db *DB) EachPlanRow(ctx context.Context, plan string, fn func(SavedPlanRow) error) error {
	return each(db.view(ctx), "read a plan", "SELECT flow, record, operation, body FROM saved_plan_rows WHERE plan = $1 ORDER BY n", []any{plan}, func(rows *sql.Rows) error {
		var r SavedPlanRow
		if err := rows.Scan(&r.Flow, &r.Record, &r.Operation, &r.Body); err != nil {
			return err
		}
		return fn(r)
	})
}

// ApprovePlan notes that a second person has approved a plan: nobody approves what they saved themselves.
func (tx *Tx) ApprovePlan(name, actor string) error {
	const op = "approve a plan"
	p, err := savedPlan(tx, op, name)
	switch {
	case err != nil:
		return err
	case !p.BegunAt.IsZero():
		return connector.Errorf(connector.Conflict, op, "the plan %q has been carried out", name)
	case p.ApprovedBy != "":
		return connector.Errorf(connector.Conflict, op, "the plan %q was approved by %s", name, p.ApprovedBy)
	case people.Same(p.MadeBy, actor):
		return connector.Errorf(connector.Forbidden, op, "%s saved the plan %q, and nobody approves their own", actor, name).Advise("A second person approves it.")
	}
	if err := tx.mustChange(op, "it was saved anew just now", "UPDATE saved_plans SET approved_by = $2, approved_at = $3 WHERE name = $1 AND made_at = $4", name, actor, micros(tx.now), micros(p.MadeAt)); err != nil {
		return err
	}
	tx.Enter(connector.Entry{Actor: actor, Action: "plan.approved", Subject: "plan:" + name})
	return nil
}
