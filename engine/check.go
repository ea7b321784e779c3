package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// ByEngine is who paused something that paused by itself.
const ByEngine = "engine"

// Ping checks one Connection for what the enabled Flows need of it, stores the outcome, and ends the pauses whose steps
// pass. The steps come back in their order; the error is ours alone (no such Connection, secrets that can't be opened).
func (e *Engine) Ping(ctx context.Context, name string) ([]connector.Step, error) {
	return e.check(ctx, name, true)
}

// check is Ping; without resume it leaves all pauses as they are.
func (e *Engine) check(ctx context.Context, name string, resume bool) ([]connector.Step, error) {
	e.forget(name) // a refusal that the Instance remembers must not answer for the System
	p, err := e.peer(ctx, name)
	if err != nil {
		return nil, err
	}
	c, err := e.DB.Connection(ctx, name)
	if err != nil {
		return nil, err
	}
	needs, err := e.needs(ctx, name)
	if err != nil {
		return nil, err
	}
	var k kept
	steps := p.instance.Check(k.trace(ctx, 0, 0), needs)
	if err := e.keepAll(ctx, &k); err != nil {
		return steps, err
	}
	if err := ctx.Err(); err != nil {
		return steps, connector.Errorf(connector.Unavailable, "ping "+name, "stopped before it was done").Because(err)
	}
	flows, err := e.DB.Flows(ctx)
	if err != nil {
		return steps, err
	}
	now := e.Now()
	return steps, e.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.SaveCheck(name, now, steps); err != nil {
			return err
		}
		if !resume {
			return nil
		}
		if c.Paused.Code != "" && c.Paused.By == ByEngine && failedStep(steps, "") == nil {
			if err := tx.ResumeConnection(name, ByEngine); err != nil {
				return err
			}
		}
		for _, f := range flows {
			if f.From != name && f.To != name || f.Paused.Code == "" || f.Paused.By != ByEngine || failedStep(steps, f.Name) != nil {
				continue
			}
			if err := tx.ResumeFlow(f.Name, ByEngine); err != nil {
				return err
			}
		}
		return nil
	})
}

// failedStep is the first failed step that keeps a Flow from being ready; with no Flow, the first that keeps all of them.
func failedStep(steps []connector.Step, flow string) *connector.Step {
	for i, s := range steps {
		if s.State == connector.StepFailed && (len(s.Flows) == 0 || flow != "" && slices.Contains(s.Flows, flow)) {
			return &steps[i]
		}
	}
	return nil
}

// Rechecks remembers which Connections were checked again in one command, so that each is asked at most once.
type Rechecks map[string]bool

// stands says that a Flow stands still by itself, as far as it hangs on this Connection.
func stands(c connector.Connection, f connector.Flow) bool {
	return c.Paused.Code != "" || f.Paused.Code != "" || failedStep(c.Steps, f.Name) != nil
}

// rechecks begins a command: only what stood still before it is checked once more. What the command itself runs into, such
// as a log-in that is refused, was asked by then.
func (e *Engine) rechecks(ctx context.Context, flows []connector.Flow) (Rechecks, error) {
	out := Rechecks{}
	for _, f := range flows {
		for _, name := range []string{f.From, f.To} {
			c, err := e.DB.Connection(ctx, name)
			if err != nil {
				return nil, err
			}
			asked, known := out[name]
			out[name] = (asked || !known) && !stands(c, f)
		}
	}
	return out, nil
}

// ready makes sure that a Flow may run: both Connections checked for their present settings, nothing paused. With again,
// what stands still by itself is checked once more first. It names the Connection that is not ready, none when it is a pause
// that says no.
func (e *Engine) ready(ctx context.Context, flow string, again Rechecks) (connection string, err error) {
	if connection, err := e.checked(ctx, flow, again, true); err != nil {
		return connection, err
	}
	return "", e.notPaused(ctx, flow)
}

// readyToPlan is ready for a dry run, which leaves every pause as it is: one that a Check just found to be over counts as
// over.
func (e *Engine) readyToPlan(ctx context.Context, flow string, again Rechecks) error {
	if _, err := e.checked(ctx, flow, again, false); err != nil {
		return err
	}
	return e.standing(ctx, flow, func(p connector.Pause) bool { return p.By != ByEngine })
}

// checkedAgain is the age of a Check from which a step that failed is tried anew: when it failed for reasons that pass, or when
// somebody has ended the pause that it led to.
const checkedAgain = time.Second

func (e *Engine) checked(ctx context.Context, flow string, again Rechecks, resume bool) (connection string, err error) {
	f, err := e.DB.Flow(ctx, flow)
	if err != nil {
		return "", err
	}
	for _, name := range []string{f.From, f.To} {
		c, err := e.DB.Connection(ctx, name)
		if err != nil {
			return name, err
		}
		steps := c.Steps
		failed := failedStep(steps, flow)
		passes := failed != nil && e.Now().Sub(c.CheckedAt) >= checkedAgain && (failed.Code.Reaction() == connector.ReactRetry || again == nil && !paused(f, c))
		if c.CheckedAt.IsZero() || passes || again != nil && stands(c, f) && !again[name] {
			if again != nil {
				again[name] = true
			}
			if steps, err = e.checkOnce(ctx, name, flow, resume); err != nil {
				return name, err
			}
		}
		if s := failedStep(steps, flow); s != nil {
			return name, connector.Errorf(s.Code, fmt.Sprintf("check connection %s, step %s", name, s.Step), "%s", s.Message).Advise("%s", s.Hint)
		}
	}
	return "", nil
}

// checkOnce is check for a Flow's Run: of Flows that need one of the same Connection at the same time one makes it, and the others
// wait and take what it found, so that a secret that is wrong is tried once.
func (e *Engine) checkOnce(ctx context.Context, name, flow string, resume bool) ([]connector.Step, error) {
	began := e.Now()
	done, waited, err := e.toCheck(ctx, name)
	if err != nil {
		return nil, err
	}
	defer done()
	if waited {
		c, err := e.DB.Connection(ctx, name)
		if err != nil {
			return nil, err
		}
		f, err := e.DB.Flow(ctx, flow)
		if err != nil {
			return nil, err
		}
		if !c.CheckedAt.Before(began) && (failedStep(c.Steps, flow) != nil || !paused(f, c)) {
			return c.Steps, nil
		}
	}
	return e.check(ctx, name, resume)
}

// toCheck waits until no Flow of this process checks a Connection, and says whether one did.
func (e *Engine) toCheck(ctx context.Context, name string) (done func(), waited bool, err error) {
	for {
		e.mu.Lock()
		other := e.checking[name]
		if other == nil {
			own := make(chan struct{})
			e.checking[name] = own
			e.mu.Unlock()
			return func() {
				e.mu.Lock()
				defer e.mu.Unlock()
				delete(e.checking, name)
				close(own)
			}, waited, nil
		}
		e.mu.Unlock()
		waited = true
		if err := e.Pace.Until(ctx, other); err != nil {
			return nil, waited, connector.Errorf(connector.Unavailable, "check connection "+name, "stopped before anything was sent").Because(err)
		}
	}
}

func paused(f connector.Flow, c connector.Connection) bool {
	return f.Paused.Code != "" || c.Paused.Code != ""
}

// notPaused is an error that says why a Flow stands still, nil when it does not.
func (e *Engine) notPaused(ctx context.Context, flow string) error {
	return e.standing(ctx, flow, func(connector.Pause) bool { return true })
}

// standing is notPaused for the pauses that count.
func (e *Engine) standing(ctx context.Context, flow string, counts func(connector.Pause) bool) error {
	f, err := e.DB.Flow(ctx, flow)
	if err != nil {
		return err
	}
	if f.Paused.Code != "" && counts(f.Paused) {
		return pausedError("flow "+f.Name, f.Paused, "ml-connector flow enable "+f.Name)
	}
	for _, name := range []string{f.From, f.To} {
		c, err := e.DB.Connection(ctx, name)
		if err != nil {
			return err
		}
		if c.Paused.Code != "" && counts(c.Paused) {
			return pausedError("connection "+name, c.Paused, "ml-connector connection resume "+name)
		}
	}
	return nil
}

func pausedError(what string, p connector.Pause, command string) error {
	err := connector.Errorf(p.Code, "run "+what, "it is paused: %s", p.Reason)
	if p.Hint != "" {
		return err.Advise("%s Then: `%s`.", p.Hint, command)
	}
	return err.Advise("Go on with `%s`.", command)
}

// pause stands a Flow or a Connection still after an error of the classes that no record is to blame for. It says
// whether the error was of such a class.
func (e *Engine) pause(ctx context.Context, f connector.Flow, connection string, err *connector.Error) (bool, error) {
	p := connector.Pause{Code: err.Code, Reason: err.Error(), Hint: err.Hint, At: e.Now(), By: ByEngine}
	switch err.Code.Reaction() {
	case connector.ReactPauseFlow:
		e.Log.Warn("flow paused", "flow", f.Name, "code", err.Code, "reason", p.Reason)
		return true, e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.PauseFlow(f.Name, p) })
	case connector.ReactPauseConnection:
		first := false
		failed := e.DB.Tx(ctx, func(tx *store.Tx) (err error) {
			first, err = tx.StandStill(connection, p)
			return err
		})
		if failed != nil {
			return true, failed
		}
		if first { // who runs into it later has nothing new to say
			e.Log.Warn("connection paused", "connection", connection, "code", err.Code, "reason", p.Reason)
		}
		e.pauseStored(connection)
		return true, nil
	}
	return false, nil
}
