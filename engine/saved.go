package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// SavePlan makes a dry run and saves it under a name, for a second person to approve. A dry run that could not read everything is
// no plan.
func (e *Engine) SavePlan(ctx context.Context, name string, q SyncRequest) (Planned, error) {
	planned, err := e.Plan(ctx, q)
	if err != nil {
		return planned, err
	}
	if fail := planned.failed(); fail != nil {
		return planned, fail
	}
	flows, err := e.ordered(ctx, q.Flows)
	if err != nil {
		return planned, err
	}
	p := store.SavedPlan{Name: name, Since: q.Since, Until: q.Until, Deep: q.Deep, MadeBy: q.Actor}
	for _, f := range flows {
		p.Flows = append(p.Flows, f.Name)
	}
	rows := make([]store.SavedPlanRow, 0, len(planned.Rows))
	at := map[[2]string]int{} // what changed while it was read is there twice: the last counts
	for _, r := range planned.Rows {
		key := [2]string{r.Flow, r.Record.ID}
		if n, twice := at[key]; twice {
			rows[n] = r.saved()
			continue
		}
		at[key] = len(rows)
		rows = append(rows, r.saved())
	}
	return planned, e.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.KeepPlan(p, rows); err != nil {
			return err
		}
		tx.Enter(connector.Entry{Actor: q.Actor, Action: "plan.saved", Subject: "plan:" + name, Details: map[string]string{"records": fmt.Sprint(len(rows))}})
		return nil
	})
}

// savedRow is the body of a saved row.
type savedRow struct {
	PlanRow
	Code    connector.Code `json:"code,omitempty"`
	Op      string         `json:"op,omitempty"`
	Message string         `json:"message,omitempty"`
	Hint    string         `json:"hint,omitempty"`
}

func (r PlanRow) saved() store.SavedPlanRow {
	s := savedRow{PlanRow: r}
	if e := r.Err; e != nil {
		s.Code, s.Op, s.Message, s.Hint = e.Code, e.Op, e.Message, e.Hint
		if e.Cause != nil {
			s.Message += ": " + e.Cause.Error()
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic("a row of a plan is no JSON: " + err.Error())
	}
	return store.SavedPlanRow{Flow: r.Flow, Record: r.Record.ID, Operation: r.Operation, Body: string(text)}
}

// SavedRow is a row of a saved plan as it was.
func SavedRow(r store.SavedPlanRow) (PlanRow, error) {
	var s savedRow
	if err := json.Unmarshal([]byte(r.Body), &s); err != nil {
		return PlanRow{}, connector.Errorf(connector.Internal, "read a plan", "the row of %s is no JSON", r.Record).Because(err)
	}
	if s.Code != "" {
		s.Err = &connector.Error{Code: s.Code, Op: s.Op, Message: s.Message, Hint: s.Hint}
	}
	return s.PlanRow, nil
}

// unplannedFor is how long a Delivery waits at most that the plan which is carried out does not name: its end lets it go.
const unplannedFor = 24 * time.Hour

// unplanned is the outcome of a Delivery that a plan forbids to write, nil when it may: what the plan does not name waits until it is
// over, and what it says otherwise is held.
func (b *pump) unplanned(ctx context.Context, it *item) (*store.Outcome, error) {
	if b.r.plan == "" || it.action.Action != connector.ActCreate && it.action.Action != connector.ActUpdate {
		return nil, nil
	}
	saved, found, err := b.e.DB.PlannedRow(ctx, b.r.plan, b.r.flow.Name, it.work.Delivery.Record.ID)
	if err != nil {
		return nil, err
	}
	if !found || saved.Operation != "create" && saved.Operation != "update" {
		return &store.Outcome{State: connector.Waiting, DueAt: b.e.Now().Add(unplannedFor), Details: map[string]string{"reason": "the plan " + b.r.plan + ", which is being carried out, has no write of it"}}, nil
	}
	approved, err := SavedRow(saved)
	if err != nil {
		return nil, err
	}
	if differs := approved.differs(b.r.planRow(it, it.action)); differs != "" {
		return heldOutcome(connector.Errorf(connector.Conflict, "deliver by the plan "+b.r.plan, "it is not as it was approved: %s", differs).
			Advise("Nothing was sent. Replay the Delivery to send it as it is now, or save and approve a new plan."), nil), nil
	}
	return nil, nil
}

// differs says in words how a row is another than the approved one, "" when it is the same. What the target numbers is not known
// when a plan is made.
func (r PlanRow) differs(now PlanRow) string {
	switch {
	case now.Operation == "":
		return "it is not among what was read any more"
	case r.Operation != now.Operation:
		return fmt.Sprintf("it was to be %s, and is to be %s now", done(r.Operation), done(now.Operation))
	case r.Target.ID != now.Target.ID && !numbered(r.Target.ID):
		return fmt.Sprintf("it was to write %s, and now %s", orNothing(r.Target.ID), orNothing(now.Target.ID))
	}
	is := map[string]connector.Change{}
	for _, c := range now.Changes {
		is[c.Field] = c
	}
	for _, was := range r.Changes {
		c, there := is[was.Field]
		switch {
		case !there && !numbered(was.New):
			return fmt.Sprintf("%s was to become %q, and is left alone now", was.Field, was.New)
		case was.New != c.New && !numbered(was.New):
			return fmt.Sprintf("%s was to become %q, and now %q", was.Field, was.New, c.New)
		case was.Old != c.Old && !numbered(was.Old):
			return fmt.Sprintf("%s was %q, and is now %q", was.Field, was.Old, c.Old)
		}
		delete(is, was.Field)
	}
	for _, c := range now.Changes {
		if _, left := is[c.Field]; left {
			return fmt.Sprintf("%s is to become %q, which nobody approved", c.Field, c.New)
		}
	}
	return ""
}

// ownNumber is a number of our own that is not chosen yet: a letter, filled up, and NEXT.
var ownNumber = regexp.MustCompile("^[A-Z]?0*" + nextID + "$")

// numbered says that a value stands for a number that is given when it is written.
func numbered(value string) bool { return ownNumber.MatchString(value) }

// done is what becomes of a record by an operation of a plan.
func done(operation string) string {
	return map[string]string{"create": "created", "update": "changed", "none": "left alone", "hold": "held", "block": "blocked"}[operation]
}

func orNothing(id string) string {
	if id == "" {
		return "a new object"
	}
	return id
}

// carryOut does what an approved plan says, or refuses when the world has moved. Meanwhile the plan bounds the writes of its Flows in
// every process. One that was broken off goes on where it was.
func (e *Engine) carryOut(ctx context.Context, q SyncRequest) (SyncReport, error) {
	p, err := e.DB.SavedPlan(ctx, q.Plan)
	if err != nil {
		return SyncReport{}, err
	}
	op := "carry out the plan " + p.Name
	switch {
	case p.ApprovedBy == "":
		return SyncReport{}, connector.Errorf(connector.Forbidden, op, "nobody has approved it").Advise("A second person does: `ml-connector plan approve %s`.", p.Name)
	case !p.EndedAt.IsZero():
		return SyncReport{}, connector.Errorf(connector.Conflict, op, "it was carried out at %s", p.EndedAt.UTC().Format(time.RFC3339)).Advise("Save a new one.")
	}
	if err := e.flowsOf(ctx, op, p); err != nil {
		return SyncReport{}, err
	}
	as := SyncRequest{Flows: p.Flows, Trigger: q.Trigger, Since: p.Since, Until: p.Until, Deep: p.Deep, Wait: q.Wait}
	if p.BegunAt.IsZero() {
		if err := e.compared(ctx, op, p, as); err != nil {
			return SyncReport{}, err
		}
	}
	if err := e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.BeginPlan(p, q.Actor) }); err != nil {
		return SyncReport{}, err
	}
	as.bound = p.Name
	rep, err := e.sync(ctx, as)
	if now, failed := e.DB.SavedPlan(context.WithoutCancel(ctx), p.Name); failed == nil && !now.EndedAt.IsZero() {
		return rep, endedElsewhere(p.Name)
	}
	if err != nil || ctx.Err() != nil {
		return rep, err // it is bounded until it is run to its end
	}
	done, err := e.carriedOut(ctx, p, &rep)
	if err != nil || !done {
		return rep, err
	}
	return rep, e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.EndPlan(p.Name, q.Actor) })
}

// endedElsewhere is why a plan is not carried out further.
func endedElsewhere(plan string) *connector.Error {
	return connector.Errorf(connector.Conflict, "carry out the plan "+plan, "it was ended while it was being carried out").
		Advise("What was sent by then stays. The rest is delivered as its Flows are run.")
}

// flowsOf refuses a plan of which a Flow is not there any more.
func (e *Engine) flowsOf(ctx context.Context, op string, p store.SavedPlan) error {
	for _, name := range p.Flows {
		_, err := e.DB.Flow(ctx, name)
		switch {
		case connector.CodeOf(err) != connector.NotFound:
			if err != nil {
				return err
			}
		case p.BegunAt.IsZero():
			return connector.Errorf(connector.Conflict, op, "flow %s, which it is for, is not there any more", name).Advise("Save a new one.")
		default:
			return connector.Errorf(connector.Conflict, op, "flow %s, which it is for, is not there any more, so it can't come to its end", name).
				Advise("`ml-connector plan run %s --end` ends it where it stands; the other flows write freely then.", p.Name)
		}
	}
	return nil
}

// carriedOut says whether a plan is at its end: all of its Flows were read, and no write of it waits. Else it stays begun, and the next
// one goes on.
func (e *Engine) carriedOut(ctx context.Context, p store.SavedPlan, rep *SyncReport) (bool, error) {
	read, failed := map[string]bool{}, false
	for _, r := range rep.Runs {
		read[r.Flow] = true
		failed = failed || r.Err != nil
	}
	rep.TimedOut = false
	for _, f := range p.Flows {
		left, err := e.DB.PlannedWork(ctx, p.Name, f)
		if err != nil {
			return false, err
		}
		rep.TimedOut = rep.TimedOut || left || !read[f]
	}
	return !failed && !rep.TimedOut, nil
}

// compared lets a plan bound its Flows, and lets them go again when the world has moved: what anybody writes between the comparison
// and the first write of the plan is written by the plan.
func (e *Engine) compared(ctx context.Context, op string, p store.SavedPlan, q SyncRequest) error {
	if err := e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.BindPlan(p) }); err != nil {
		return err
	}
	refused := e.unmoved(ctx, op, p, q)
	if refused == nil {
		return nil
	}
	if err := e.DB.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.RefusePlan(p) }); err != nil {
		e.Log.Error("a plan still bounds its flows", "plan", p.Name, "error", err)
	}
	return refused
}

// shownMoves is how many differences a refusal names.
const shownMoves = 5

// unmoved makes the dry run once more and compares: a plan whose world has moved is refused whole, before anything is written.
func (e *Engine) unmoved(ctx context.Context, op string, p store.SavedPlan, q SyncRequest) error {
	planned, err := e.Plan(ctx, q)
	if err != nil {
		return err
	}
	if fail := planned.failed(); fail != nil {
		return fail
	}
	now := map[[2]string]PlanRow{}
	for _, r := range planned.Rows {
		now[[2]string{r.Flow, r.Record.ID}] = r
	}
	var moved []string
	err = e.DB.EachPlanRow(ctx, p.Name, func(saved store.SavedPlanRow) error {
		key := [2]string{saved.Flow, saved.Record}
		r := now[key]
		delete(now, key)
		was, err := SavedRow(saved)
		if err != nil {
			return err
		}
		if differs := was.differs(r); differs != "" {
			moved = append(moved, saved.Flow+" "+saved.Record+": "+differs)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for key, r := range now {
		if r.Operation == "create" || r.Operation == "update" {
			moved = append(moved, key[0]+" "+key[1]+": the plan does not name it, and it is to be "+done(r.Operation))
		}
	}
	for _, f := range p.Flows {
		ids, err := e.DB.UnplannedWork(ctx, p.Name, f, shownMoves)
		if err != nil {
			return err
		}
		for _, id := range ids {
			moved = append(moved, fmt.Sprintf("%s: delivery %d waits, and the plan has no write of it", f, id))
		}
	}
	if len(moved) == 0 {
		return nil
	}
	slices.Sort(moved)
	text := strings.Join(moved[:min(len(moved), shownMoves)], "; ")
	if more := len(moved) - shownMoves; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return connector.Errorf(connector.Conflict, op, "the world has moved since it was made, so nothing was written: %s", text).
		Advise("Look at what moved, save the plan again, and have it approved. While a plan waits for its approval, keep its Flows disabled.")
}
