package app

import (
	"context"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/mapping"
)

// Requirements is what the administrators of a Connection's System must build and grant for its Flows. Assumed: it has no
// enabled Flow, so that all shipped ones were taken.
type Requirements struct {
	Connection string                  `json:"connection"`
	System     string                  `json:"system"`
	Title      string                  `json:"title"`
	Flows      []string                `json:"flows"`
	Assumed    bool                    `json:"assumed"`
	Items      []connector.Requirement `json:"items"`
}

// Requirements lists them. Nothing is called and no secret is needed.
func (a *App) Requirements(ctx context.Context, name string) (Requirements, error) {
	c, err := a.DB.Connection(ctx, name)
	if err != nil {
		return Requirements{}, err
	}
	system, err := a.system(c.System)
	if err != nil {
		return Requirements{}, err
	}
	needs, assumed, err := a.needs(ctx, c)
	if err != nil {
		return Requirements{}, err
	}
	out := Requirements{Connection: name, System: c.System, Title: system.Describe().Title, Flows: []string{}, Assumed: assumed, Items: []connector.Requirement{}}
	for _, n := range needs {
		out.Flows = append(out.Flows, n.Flow)
	}
	if r, ok := system.(connector.Requirer); ok {
		out.Items = append(out.Items, r.Requirements(system.Validate(c.Settings).Settings, needs)...)
	}
	return out, nil
}

// needs are those of the enabled Flows of a Connection, else of all shipped ones.
func (a *App) needs(ctx context.Context, c connector.Connection) (needs []connector.Need, assumed bool, err error) {
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, false, err
	}
	if needs = engine.NeedsOf(flows, c.Name); len(needs) > 0 {
		return needs, false, nil
	}
	var shipped []connector.Flow // between Systems, as if they were Connections
	for _, s := range a.Shipped {
		f, err := mapping.Parse(s.Text)
		if err != nil {
			return nil, false, err
		}
		shipped = append(shipped, connector.Flow{Name: f.Name, Kind: f.Kind, From: f.From, To: f.To, Track: f.Track, Acknowledge: f.Acknowledge, Enabled: true})
	}
	return engine.NeedsOf(shipped, c.System), true, nil
}
