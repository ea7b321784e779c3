package app

import (
	"context"

	"ml-connector/engine"
	"ml-connector/store"
)

// PlanPage is a saved plan for a page: how many rows it has of each operation, and the first of those that are asked for.
type PlanPage struct {
	SavedPlan
	Counts map[string]int
	Rows   []PlanRow
	More   bool // there are more than Rows
}

// PlanShown gives a saved plan and its first rows, of one operation or with "" of all that would do or hold something.
func (a *App) PlanShown(ctx context.Context, name, operation string, most int) (PlanPage, error) {
	p, err := a.DB.SavedPlan(ctx, name)
	if err != nil {
		return PlanPage{}, err
	}
	out := PlanPage{SavedPlan: savedPlanShape(p), Counts: map[string]int{}}
	return out, a.DB.EachPlanRow(ctx, name, func(r store.SavedPlanRow) error {
		out.Counts[r.Operation]++
		if operation == "" && r.Operation == "none" || operation != "" && r.Operation != operation {
			return nil
		}
		if len(out.Rows) == most {
			out.More = true
			return nil
		}
		row, err := engine.SavedRow(r)
		out.Rows = append(out.Rows, planRowShape(row))
		return err
	})
}
