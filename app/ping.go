package app

import (
	"context"
	"slices"

	connector "ml-connector"
	"ml-connector/people"
)

// Step is one step of a ping.
type Step struct {
	Step    string              `json:"step"`
	State   connector.StepState `json:"state"`
	Code    connector.Code      `json:"code"`
	TookMS  int64               `json:"took_ms"`
	Message string              `json:"message"`
	Hint    string              `json:"hint"`
}

// Ping is what the ping of one Connection found. OK: no step failed that an enabled Flow needs.
type Ping struct {
	Name   string `json:"name"`
	System string `json:"system"`
	OK     bool   `json:"ok"`
	Steps  []Step `json:"steps"`
	Fit    []Fit  `json:"fit"`
}

// Fit says whether a Flow could run as far as this Connection goes, and else what it needs.
type Fit struct {
	Flow  string   `json:"flow"`
	Ready bool     `json:"ready"`
	Needs []string `json:"needs"`
}

func stepShapes(steps []connector.Step) []Step {
	out := []Step{}
	for _, s := range steps {
		out = append(out, Step{s.Step, s.State, s.Code, s.Took.Milliseconds(), s.Message, s.Hint})
	}
	return out
}

// PingStatus is the exit status of a ping: the worst of what failed.
func PingStatus(pings []Ping) int {
	status := 0
	for _, p := range pings {
		if p.OK {
			continue
		}
		for _, s := range p.Steps {
			if s.State == connector.StepFailed {
				status = WorstExit(status, s.Code.ExitStatus())
			}
		}
	}
	return status
}

// Ping checks Connections, each in its steps; no names are all of them. A Connection that can't even be opened has one
// failed step, connect, that says why.
func (a *App) Ping(ctx context.Context, names []string, by people.Actor) ([]Ping, error) {
	if err := by.May(people.CheckConnection); err != nil {
		return nil, err
	}
	all, err := a.DB.Connections(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if _, err := a.DB.Connection(ctx, n); err != nil {
			return nil, err
		}
	}
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.checkKey(ctx); err != nil { // once, and not as a step of each Connection
		return nil, err
	}
	e := a.newEngine()
	out := []Ping{}
	for _, c := range all {
		if len(names) > 0 && !slices.Contains(names, c.Name) {
			continue
		}
		steps, err := e.Ping(ctx, c.Name)
		if ctx.Err() != nil {
			return out, err
		}
		if err != nil {
			fault := connector.AsError(err)
			steps = append(steps, connector.Step{Step: "connect", State: connector.StepFailed, Code: fault.Code, Message: fault.Error(), Hint: fault.Hint})
		}
		out = append(out, pingShape(c, steps, flows))
	}
	return out, nil
}

func pingShape(c connector.Connection, steps []connector.Step, flows []connector.Flow) Ping {
	p := Ping{Name: c.Name, System: c.System, OK: true, Steps: stepShapes(steps), Fit: []Fit{}}
	enabled := false
	for _, f := range flows {
		if f.From != c.Name && f.To != c.Name {
			continue
		}
		fit := Fit{Flow: f.Name, Ready: true, Needs: []string{}}
		for _, s := range steps {
			if s.State != connector.StepFailed || len(s.Flows) > 0 && !slices.Contains(s.Flows, f.Name) {
				continue
			}
			fit.Ready = false
			need := s.Step + ": " + s.Message
			if s.Hint != "" {
				need += " — " + s.Hint
			}
			fit.Needs = append(fit.Needs, need)
		}
		enabled = enabled || f.Enabled
		p.OK = p.OK && (fit.Ready || !f.Enabled)
		p.Fit = append(p.Fit, fit)
	}
	for _, s := range steps { // without Flows, whatever failed counts
		if !enabled && s.State == connector.StepFailed {
			p.OK = false
		}
	}
	return p
}
