package app

import (
	"context"
	"time"

	"ml-connector/engine"
	"ml-connector/people"
	"ml-connector/store"
)

// SavedPlan is a dry run that was saved under a name. Its state is saved, approved, begun or done.
type SavedPlan struct {
	Name       string     `json:"name"`
	State      string     `json:"state"`
	Flows      []string   `json:"flows"`
	Since      *time.Time `json:"since"`
	Until      *time.Time `json:"until"`
	Records    int        `json:"records"`
	Writes     int        `json:"writes"`
	MadeBy     string     `json:"made_by"`
	MadeAt     time.Time  `json:"made_at"`
	ApprovedBy string     `json:"approved_by"`
	ApprovedAt *time.Time `json:"approved_at"`
	BegunAt    *time.Time `json:"begun_at"`
	EndedAt    *time.Time `json:"ended_at"`
}

// SavedPlanDetail is a saved plan with its rows.
type SavedPlanDetail struct {
	SavedPlan
	Rows []PlanRow `json:"plan"`
}

func savedPlanShape(p store.SavedPlan) SavedPlan {
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	out := SavedPlan{Name: p.Name, State: "saved", Flows: p.Flows, Since: at(p.Since), Until: at(p.Until), Records: p.Rows, Writes: p.Writes, MadeBy: p.MadeBy, MadeAt: p.MadeAt,
		ApprovedBy: p.ApprovedBy, ApprovedAt: at(p.ApprovedAt), BegunAt: at(p.BegunAt), EndedAt: at(p.EndedAt)}
	switch {
	case out.EndedAt != nil:
		out.State = "done"
	case out.BegunAt != nil:
		out.State = "begun"
	case out.ApprovedBy != "":
		out.State = "approved"
	}
	return out
}

// SaveDryRun is DryRun whose plan is saved under a name, for a second person to approve.
func (a *App) SaveDryRun(ctx context.Context, name string, o SyncOptions, by people.Actor) (Plan, error) {
	if err := by.May(people.PlanFlow); err != nil {
		return Plan{}, err
	}
	if _, err := a.flowNames(ctx, o.Flows); err != nil {
		return Plan{}, err
	}
	planned, err := a.newEngine().SavePlan(ctx, name, engine.SyncRequest{Flows: o.Flows, Since: o.Since, Until: o.Until, Deep: o.Deep, Actor: by.Name})
	return planShape(planned), err
}

// SavedPlans lists the saved plans, the newest first.
func (a *App) SavedPlans(ctx context.Context) ([]SavedPlan, error) {
	list, err := a.DB.SavedPlans(ctx)
	out := []SavedPlan{}
	for _, p := range list {
		out = append(out, savedPlanShape(p))
	}
	return out, err
}

// SavedPlan is one saved plan, row by row.
func (a *App) SavedPlan(ctx context.Context, name string) (SavedPlanDetail, error) {
	p, err := a.DB.SavedPlan(ctx, name)
	if err != nil {
		return SavedPlanDetail{}, err
	}
	out := SavedPlanDetail{SavedPlan: savedPlanShape(p), Rows: []PlanRow{}}
	return out, a.DB.EachPlanRow(ctx, name, func(r store.SavedPlanRow) error {
		row, err := engine.SavedRow(r)
		out.Rows = append(out.Rows, planRowShape(row))
		return err
	})
}

// ApprovePlan approves a plan that somebody else saved, and gives what was approved.
func (a *App) ApprovePlan(ctx context.Context, name string, by people.Actor) (SavedPlan, error) {
	if err := by.May(people.ApprovePlan); err != nil {
		return SavedPlan{}, err
	}
	if err := a.DB.Tx(ctx, func(tx *store.Tx) error { return tx.ApprovePlan(name, by.Name) }); err != nil {
		return SavedPlan{}, err
	}
	p, err := a.DB.SavedPlan(ctx, name)
	return savedPlanShape(p), err
}

// EndPlan ends a plan that was begun where it stands.
func (a *App) EndPlan(ctx context.Context, name string, by people.Actor) error {
	if err := by.May(people.RunFlow); err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error { return tx.EndPlan(name, by.Name) })
}
