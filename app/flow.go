package app

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// Flow is one line of a list of Flows.
type Flow struct {
	Name     string         `json:"name"`
	Kind     connector.Kind `json:"kind"`
	From     string         `json:"from"`
	To       string         `json:"to"`
	Schedule string         `json:"schedule"`
	Enabled  bool           `json:"enabled"`
	Paused   *Pause         `json:"paused"`
	Cursor   *time.Time     `json:"cursor"`
	NextRun  *time.Time     `json:"next_run_at"`
	LastRun  *Run           `json:"last_run"`
}

// FlowDetail is a Flow with its rules.
type FlowDetail struct {
	Flow
	Use         string                 `json:"use"` // the shipped Flow that it runs, "" with rules of its own
	Where       string                 `json:"where"`
	Drift       connector.DriftRule    `json:"drift"`
	Withdraw    connector.WithdrawRule `json:"withdraw"`
	MaxChanges  int                    `json:"changes_per_run"` // 0 = no limit
	MaxCreates  int                    `json:"creates_per_run"`
	MaxShare    int                    `json:"share_per_run"` // percent of what the flow keeps in step
	MaxMoney    string                 `json:"money_per_run"` // decimal, in each currency; "" = no limit
	Start       *time.Time             `json:"start"`
	RetryHeld   int                    `json:"retry_held"`
	Track       string                 `json:"track"`
	Acknowledge string                 `json:"acknowledge"`
	Deep        string                 `json:"deep"`
	NextDeep    *time.Time             `json:"next_deep"`
	Position    int                    `json:"position"`
	AppliedAt   time.Time              `json:"applied_at"`
	Mapping     string                 `json:"mapping"`
}

// Flows lists all Flows in dependency order, each with its last Run.
func (a *App) Flows(ctx context.Context) ([]Flow, error) {
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	out := []Flow{}
	for _, f := range flows {
		shape, err := a.flowShape(ctx, f)
		if err != nil {
			return nil, err
		}
		out = append(out, shape)
	}
	return out, nil
}

func (a *App) flowShape(ctx context.Context, f connector.Flow) (Flow, error) {
	out := Flow{Name: f.Name, Kind: f.Kind, From: f.From, To: f.To, Schedule: f.Schedule, Enabled: f.Enabled, Paused: pauseShape(f.Paused),
		Cursor: moment(f.Cursor), NextRun: moment(f.NextRunAt)}
	runs, err := a.DB.Runs(ctx, store.RunFilter{Flow: f.Name, Windows: true, Limit: 1})
	if err == nil && len(runs) > 0 {
		last := RunShape(runs[0])
		out.LastRun = &last
	}
	return out, err
}

// Flow shows one Flow.
func (a *App) Flow(ctx context.Context, name string) (FlowDetail, error) {
	f, err := a.DB.Flow(ctx, name)
	if err != nil {
		return FlowDetail{}, err
	}
	shape, err := a.flowShape(ctx, f)
	return FlowDetail{Flow: shape, Use: f.Use, Where: f.Where, Drift: f.Drift, Withdraw: f.Withdraw, MaxChanges: f.MaxChanges, MaxCreates: f.MaxCreates, MaxShare: f.MaxShare, MaxMoney: f.MaxMoney, Start: moment(f.Start),
		RetryHeld: f.RetryHeld, Track: f.Track, Acknowledge: f.Acknowledge, Deep: f.Deep, NextDeep: moment(f.NextDeepAt), Position: f.Position, AppliedAt: f.AppliedAt, Mapping: f.Mapping}, err
}

// EnableFlow lets a Flow run by its schedule, and ends its pause.
func (a *App) EnableFlow(ctx context.Context, name string, by people.Actor) error {
	if err := by.May(people.EnableFlow); err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		f, err := tx.Flow(name)
		if err != nil {
			return err
		}
		if !f.Enabled {
			if err := tx.EnableFlow(name, true, by.Name); err != nil {
				return err
			}
		}
		return tx.ResumeFlow(name, by.Name)
	})
}

// DisableFlow stops a Flow from running by its schedule and in a `sync` of all.
func (a *App) DisableFlow(ctx context.Context, name string, by people.Actor) error {
	if err := by.May(people.EnableFlow); err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		f, err := tx.Flow(name)
		if err != nil || !f.Enabled {
			return err
		}
		return tx.EnableFlow(name, false, by.Name)
	})
}
