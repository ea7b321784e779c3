package app

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/mapping"
	"ml-connector/people"
	"ml-connector/store"
)

// Impact says what a Flow's rules would do to what is stored since a time: those that are applied, or with a mapping's text those.
// The source is not read and nothing is written.
func (a *App) Impact(ctx context.Context, flow string, since time.Time, rules []byte) (Plan, error) {
	f, err := a.DB.Flow(ctx, flow)
	if err != nil {
		return Plan{}, err
	}
	if rules != nil {
		parsed, err := mapping.Parse(rules)
		if err != nil {
			return Plan{}, connector.Errorf(connector.Invalid, "try other rules for "+flow, "they can't be read").Because(err).Advise("`ml-connector mapping check FILE` says more.")
		}
		if parsed.Kind != f.Kind {
			return Plan{}, connector.Errorf(connector.Invalid, "try other rules for "+flow, "they are for %s, and this Flow moves %s", parsed.Kind, f.Kind)
		}
	}
	planned, err := a.newEngine().Impact(ctx, flow, since, string(rules))
	return planShape(planned), err
}

// Reapplied is what came of a reapply: how many records were decided again, and where they are now.
type Reapplied struct {
	Flow     string                  `json:"flow"`
	Since    time.Time               `json:"since"`
	Records  int                     `json:"records"`
	States   map[connector.State]int `json:"states"`
	TimedOut bool                    `json:"timed_out,omitempty"`
	Stands   []string                `json:"stands,omitempty"` // why those that still wait do not go on, and what to do
}

// ExitStatus is 3 when a record was held or is in doubt, and 5 when the wait was over.
func (r Reapplied) ExitStatus() int { return decidedStatus(r.States, r.TimedOut || len(r.Stands) > 0) }

// Reapply decides again, by the rules as they are now, what a Flow decided of what was read since a time, and waits until it is
// settled.
func (a *App) Reapply(ctx context.Context, flow string, since time.Time, wait time.Duration, by people.Actor) (Reapplied, error) {
	if err := by.May(people.ReapplyFlow); err != nil {
		return Reapplied{}, err
	}
	out := Reapplied{Flow: flow, Since: since, States: map[connector.State]int{}}
	if _, err := a.DB.Flow(ctx, flow); err != nil {
		return out, err
	}
	err := a.DB.Tx(ctx, func(tx *store.Tx) error {
		tx.Enter(connector.Entry{Actor: by.Name, Action: "flow.reapplied", Subject: "flow:" + flow, Details: map[string]string{"since": since.UTC().Format(time.RFC3339)}})
		return nil
	})
	if err != nil {
		return out, err
	}
	ids, err := a.newEngine().Reapply(ctx, flow, since, by.Name)
	if err != nil {
		return out, err
	}
	out.Records = len(ids)
	if wait > 0 && len(ids) > 0 {
		if out.Stands, err = a.deliver(ctx, ids, wait); err != nil {
			return out, err
		}
	}
	stands, err := a.DB.Stands(ctx, ids)
	for _, s := range stands {
		out.States[s.State]++
		out.TimedOut = out.TimedOut || wait > 0 && isOpen(s.State) && len(out.Stands) == 0
	}
	return out, err
}
