package app

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// FlowToday is a Flow with its last Run and the equation of its Runs since a time.
type FlowToday struct {
	connector.Flow
	Last   *connector.Run // nil before the first
	Today  Parts          // of records: each Delivery once
	Reread int            // read again with content that was known: no record is counted for it
}

// FlowsSince lists all Flows in dependency order, each with the equation of the Runs that began since a time, and beside it
// what they only read again.
func (a *App) FlowsSince(ctx context.Context, since time.Time) ([]FlowToday, error) {
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	var out []FlowToday
	for _, f := range flows {
		t := FlowToday{Flow: f}
		runs, err := a.DB.Runs(ctx, store.RunFilter{Flow: f.Name, Windows: true, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(runs) > 0 {
			t.Last = &runs[0]
		}
		counts, err := a.DB.StateCounts(ctx, f.Name, since)
		if err != nil {
			return nil, err
		}
		if t.Reread, err = a.DB.Reread(ctx, f.Name, since); err != nil {
			return nil, err
		}
		counts.Unchanged -= t.Reread
		t.Today = PartsOf(counts)
		out = append(out, t)
	}
	return out, nil
}

// NextTimes lists the next n times of a schedule.
func NextTimes(schedule string, after time.Time, n int) ([]time.Time, error) {
	var out []time.Time
	for range n {
		next, err := engine.NextTime(schedule, after)
		if err != nil {
			return out, err
		}
		out, after = append(out, next), next
	}
	return out, nil
}

// ConnectionNow is a Connection with what its last Check found.
type ConnectionNow struct {
	Connection
	Title string // of its System, for people
	Steps []Step
}

// ConnectionsNow lists all Connections with their last Check.
func (a *App) ConnectionsNow(ctx context.Context) ([]ConnectionNow, error) {
	list, err := a.DB.Connections(ctx)
	if err != nil {
		return nil, err
	}
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	var out []ConnectionNow
	for _, c := range list {
		now := ConnectionNow{Connection: a.connectionShape(c, flows), Title: c.System, Steps: stepShapes(c.Steps)}
		if s, err := a.system(c.System); err == nil {
			now.Title = s.Describe().Title
		}
		out = append(out, now)
	}
	return out, nil
}

// ConnectionFit is what the last Check of a Connection means for its Flows.
func (a *App) ConnectionFit(ctx context.Context, name string) ([]Fit, error) {
	c, err := a.DB.Connection(ctx, name)
	if err != nil {
		return nil, err
	}
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	return pingShape(c, c.Steps, flows).Fit, nil
}

// Zones are the time zones that Connections are in, by the name of the Connection: those whose settings name one.
func (a *App) Zones(ctx context.Context) (map[string]*time.Location, error) {
	list, err := a.DB.Connections(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]*time.Location{}
	for _, c := range list {
		name, _ := c.Settings["time_zone"].(string)
		if zone, err := time.LoadLocation(name); name != "" && err == nil {
			out[c.Name] = zone
		}
	}
	return out, nil
}

// NeedsCount is how many Deliveries need a person.
func (a *App) NeedsCount(ctx context.Context) (int, error) {
	rows, err := a.needRows(ctx)
	n := 0
	for _, r := range rows {
		n += r.Count
	}
	return n, err
}

// Ready says whether the database answers and has its tables, and the keys at hand open what is stored there: without them every
// Connection would stand still.
func (a *App) Ready(ctx context.Context) error {
	if err := a.DB.Ping(ctx); err != nil {
		return err
	}
	err := a.checkKey(ctx)
	if connector.CodeOf(err) == connector.Misconfigured { // who asks need not be told which key
		return connector.Errorf(connector.Misconfigured, "be ready", "the keys at hand do not open the secrets in the database").Because(err).Advise("ml-connector doctor")
	}
	return err
}

// FlowNames lists all Flows in dependency order, without their numbers.
func (a *App) FlowNames(ctx context.Context) ([]FlowToday, error) {
	flows, err := a.DB.Flows(ctx)
	var out []FlowToday
	for _, f := range flows {
		out = append(out, FlowToday{Flow: f})
	}
	return out, err
}

// SettingRows lists settings by their dotted names, values as texts. Secrets are none of them.
func SettingRows(s connector.Settings) []connector.Change { return connector.Diff(nil, plain(s)) }
