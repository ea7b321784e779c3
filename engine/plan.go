package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"sync"

	connector "ml-connector"
	"ml-connector/store"
)

// PlanRow is what a dry run says of one record.
type PlanRow struct {
	Flow      string             `json:"flow"`
	Record    PlanRecord         `json:"record"`
	Operation string             `json:"operation"` // create, update, none, hold, block
	Target    PlanRecord         `json:"target"`
	Changes   []connector.Change `json:"changes"`
	Err       *connector.Error   `json:"-"`
}

// PlanRecord names a record in a plan.
type PlanRecord struct {
	Connection string `json:"connection"`
	ID         string `json:"id"`
}

// Planned is the outcome of a dry run.
type Planned struct {
	Rows []PlanRow
	Runs []connector.Run
}

// failed is the error of the first of its Runs that could not read everything, nil when all did.
func (p Planned) failed() *connector.Error {
	for _, r := range p.Runs {
		if r.Err != nil {
			return r.Err
		}
	}
	return nil
}

// Plan is a dry run: it reads, maps, looks and decides as a Sync would, writes to neither System, and leaves nothing in
// the store but a Run with its plan and Exchanges, and the outcome of Checks. What the plan would create counts as linked for what follows.
func (e *Engine) Plan(ctx context.Context, q SyncRequest) (Planned, error) {
	var out Planned
	flows, err := e.ordered(ctx, q.Flows)
	if err != nil {
		return out, err
	}
	defer e.giveBack(ctx)
	over, again := newOverlay(), Rechecks{}
	for _, f := range flows {
		rows, run, err := e.planFlow(ctx, f, q, over, again)
		if err != nil {
			return out, err
		}
		out.Rows = append(out.Rows, rows...)
		r, err := e.DB.RunByID(ctx, run)
		if err != nil {
			return out, err
		}
		out.Runs = append(out.Runs, r)
	}
	return out, nil
}

func (e *Engine) planFlow(ctx context.Context, f connector.Flow, q SyncRequest, over *overlay, again Rechecks) ([]PlanRow, int64, error) {
	pq := PollRequest{Flow: f.Name, Trigger: connector.TriggerDryRun, Since: q.Since, Until: q.Until, Deep: q.Deep}
	fail := func(err error) ([]PlanRow, int64, error) {
		now := e.Now()
		run, err2 := e.beginRun(ctx, f, connector.TriggerDryRun, connector.Window{From: q.Since, To: now}, now)
		if err2 != nil {
			return nil, 0, err2
		}
		return nil, run, e.endPlan(ctx, run, connector.AsError(err))
	}
	if err := e.readyToPlan(ctx, f.Name, again); err != nil {
		return fail(err)
	}
	r, err := e.route(ctx, f.Name)
	if err != nil {
		return fail(err)
	}
	started := e.Now()
	w := r.window(pq, started)
	run, err := e.beginRun(ctx, f, connector.TriggerDryRun, w, started)
	if err != nil {
		return nil, 0, err
	}
	p := &planner{e: e, r: r, run: run, over: over, seen: newSeen()}
	if fail := p.read(ctx, connector.Query{Kind: f.Kind, From: w.From, To: w.To}); fail != nil {
		return p.rows, run, e.endPlan(ctx, run, fail)
	}
	if w.From.IsZero() {
		over.whole[connector.Record{Connection: f.From, Kind: f.Kind}.String()] = true
	}
	return p.rows, run, e.keepRows(ctx, run, p.rows)
}

// keepRows keeps a plan beside its Run, which ends.
func (e *Engine) keepRows(ctx context.Context, run int64, rows []PlanRow) error {
	text, err := planText(rows)
	if err != nil {
		return err
	}
	return e.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.SavePlan(run, text); err != nil {
			return err
		}
		return tx.EndRun(run, nil, e.Now())
	})
}

// endPlan ends a dry run that failed; it pauses nothing, whatever it ran into.
func (e *Engine) endPlan(ctx context.Context, run int64, fail *connector.Error) error {
	return e.DB.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.EndRun(run, fail, e.Now()) })
}

// planText is a plan as it is kept beside its Run: a row a line, its error in words.
func planText(rows []PlanRow) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, r := range rows {
		line := struct {
			PlanRow
			Code  connector.Code `json:"code,omitempty"`
			Error string         `json:"error,omitempty"`
		}{PlanRow: r}
		if r.Err != nil {
			line.Code, line.Error = r.Err.Code, r.Err.Error()
		}
		if err := enc.Encode(line); err != nil {
			return nil, connector.Errorf(connector.Internal, "keep a plan", "a row is no JSON").Because(err)
		}
	}
	return b.Bytes(), nil
}

// planner decides one Flow's records without leaving a trace of them.
type planner struct {
	e    *Engine
	r    *route
	run  int64
	over *overlay
	seen *seen
	rows []PlanRow
	kept kept // of what was asked by its key
	memo memo // of the Flows in the other direction
}

func (p *planner) read(ctx context.Context, q connector.Query) *connector.Error {
	if err := p.readTarget(ctx); err != nil {
		return err
	}
	return p.e.eachPage(ctx, p.r.from, p.r.source, p.run, q, func(page connector.Page, xs []connector.Exchange) *connector.Error {
		if err := p.e.DB.SaveExchanges(context.WithoutCancel(ctx), xs); err != nil {
			return connector.AsError(err)
		}
		if err := p.page(ctx, p.seen.fresh(page)); err != nil {
			return connector.AsError(err)
		}
		return nil
	})
}

// readTarget notes the names that the target has, for Flows that compare them; the store does not learn of it.
func (p *planner) readTarget(ctx context.Context) *connector.Error {
	src, ok := p.r.to.instance.(connector.Source)
	place := connector.Record{Connection: p.r.flow.To, Kind: p.r.flow.Kind}.String()
	if !p.r.rules.ComparesNames() || !ok || !p.r.writes.Reads || p.over.whole[place] {
		return nil
	}
	p.over.whole[place] = true
	q := connector.Query{Kind: p.r.flow.Kind, To: p.e.Now()}
	return p.e.eachPage(ctx, p.r.to, src, p.run, q, func(page connector.Page, xs []connector.Exchange) *connector.Error {
		if err := p.e.DB.SaveExchanges(context.WithoutCancel(ctx), xs); err != nil {
			return connector.AsError(err)
		}
		for _, v := range page.Versions {
			rec := connector.Record{Connection: p.r.flow.To, Kind: p.r.flow.Kind, ID: v.ID}
			p.over.note(rec, v)
		}
		return nil
	})
}

func (p *planner) page(ctx context.Context, page connector.Page) error {
	items := make([]*item, 0, len(page.Versions))
	var unseen []*item // the decision needs to see the target
	for _, pr := range page.Problems {
		p.rows = append(p.rows, PlanRow{Flow: p.r.flow.Name, Record: PlanRecord{p.r.flow.From, pr.ID}, Operation: "hold", Err: pr.Err})
	}
	for _, v := range page.Versions {
		rec := connector.Record{Connection: p.r.flow.From, Kind: p.r.flow.Kind, ID: v.ID}
		p.over.note(rec, v)
		it, err := p.e.mappedNow(ctx, p.r, p.run, v, p.over)
		if err != nil {
			return err
		}
		if err := p.missing(ctx, it); err != nil {
			return err
		}
		if p.r.mustLook(it) {
			unseen = append(unseen, it)
		}
		items = append(items, it)
	}
	failed := p.r.lookNow(ctx, p.e, unseen)
	for _, it := range items {
		if err := p.e.keepAll(ctx, &it.kept); err != nil {
			return err
		}
		if err := p.decide(ctx, it, failed[it]); err != nil {
			return err
		}
	}
	return p.e.keepAll(ctx, &p.kept)
}

// mappedNow is a Version that was just read, mapped as it would be for its Delivery; the store does not learn of it. Its error is of
// the store.
func (e *Engine) mappedNow(ctx context.Context, r *route, run int64, v connector.Version, over *overlay) (*item, error) {
	rec := connector.Record{Connection: r.flow.From, Kind: r.flow.Kind, ID: v.ID}
	w, err := e.DB.WorkFor(ctx, r.flow.Name, rec, r.flow.To)
	if err != nil {
		return nil, err
	}
	w.Version = v
	w.Delivery.Record, w.Delivery.Flow, w.Delivery.Kind, w.Delivery.Run = rec, r.flow.Name, r.flow.Kind, run
	it := &item{work: w, chosen: w.Delivery.Chosen, trial: true}
	it.res = e.applyTo(ctx, r, it, over)
	return it, it.unanswered
}

// lookNow looks at the target for some that are not delivered now, and gives what failed.
func (r *route) lookNow(ctx context.Context, e *Engine, items []*item) map[*item]*connector.Error {
	failed := map[*item]*connector.Error{}
	var mu sync.Mutex
	r.lookAll(ctx, e, items, (&pump{e: e, r: r}).each, func(_ context.Context, it *item, err *connector.Error) {
		mu.Lock()
		failed[it] = err
		mu.Unlock()
	})
	return failed
}

// missing tells what is nowhere from what is only not ready yet.
func (p *planner) missing(ctx context.Context, it *item) error {
	if !it.res.Passed || len(it.res.Problems) > 0 {
		return nil
	}
	for _, ref := range blocking(it.res.Missing) {
		there, err := p.exists(ctx, ref)
		if err != nil {
			return err
		}
		if !there {
			it.res.Problems = append(it.res.Problems, notFoundProblem(ref))
		}
	}
	return nil
}

func (p *planner) exists(ctx context.Context, ref connector.Ref) (bool, error) {
	other := p.r.flow.To
	if ref.Connection == other {
		other = p.r.flow.From
	}
	if len(p.over.numbered(ref)) > 0 {
		return true, nil
	}
	for _, at := range []struct {
		connection string
		ids        []string
	}{{ref.Connection, ref.IDs}, {other, ref.Other}} {
		for _, id := range at.ids {
			rec := connector.Record{Connection: at.connection, Kind: ref.Kind, ID: id}
			row, err := p.e.DB.RecordByID(ctx, rec)
			if err != nil {
				return false, err
			}
			if p.over.has(rec) || row != nil {
				return true, nil
			}
		}
	}
	return p.asked(ctx, ref)
}

// asked reads the reference by its key from the sources of its Kind.
func (p *planner) asked(ctx context.Context, ref connector.Ref) (bool, error) {
	flows, err := p.e.DB.Flows(ctx)
	if err != nil {
		return false, err
	}
	asked := false
	for _, f := range flows {
		if f.Kind != ref.Kind || !between(f, p.r.flow) || !f.Enabled {
			continue
		}
		r, err := p.e.route(ctx, f.Name)
		if err != nil {
			return true, nil
		}
		for _, key := range keysAt(f, ref) {
			asked = true
			page, fail := p.e.readPage(ctx, r.from, r.source, &p.kept, p.run, connector.Query{Kind: f.Kind, To: p.e.Now(), Keys: []connector.Key{key}})
			if fail != nil && fail.Code != connector.NotFound {
				return true, nil
			}
			if fail == nil && len(page.Versions) > 0 {
				p.over.note(connector.Record{Connection: f.From, Kind: f.Kind, ID: page.Versions[0].ID}, page.Versions[0])
				return true, nil
			}
		}
	}
	return !asked, nil
}

// decide adds the record's row to the plan and what it would link to the overlay.
func (p *planner) decide(ctx context.Context, it *item, failed *connector.Error) error {
	row := PlanRow{Flow: p.r.flow.Name, Record: PlanRecord{p.r.flow.From, it.work.Delivery.Record.ID}}
	if failed != nil {
		row.Operation, row.Err = "hold", failed
		p.rows = append(p.rows, row)
		return nil
	}
	if it.adopts() {
		return p.adopt(ctx, it, row)
	}
	if _, err := p.e.nextRevision(ctx, p.r, it, p.over); err != nil {
		return err
	}
	if why, err := p.e.unconfirmed(ctx, p.r, it); err != nil || why != nil {
		if why != nil {
			row.Operation, row.Err = "hold", why
			if p.e.stopsAlone(p.r, it) {
				row = p.r.planRow(it, connector.Decision{Action: connector.ActUpdate})
			}
			p.rows = append(p.rows, row)
		}
		return err
	}
	like, err := p.alike(ctx, it)
	if err != nil {
		return err
	}
	d := it.misled(p.r, connector.Decide(p.r.situation(it, like)))
	if d.Action == connector.ActAdopt && d.Alike {
		if d, err = p.linked(ctx, it, d.Found.ID); err != nil {
			return err
		}
	}
	row = p.r.planRow(it, d)
	target := row.Target.ID
	if d.Action == connector.ActCreate || d.Alike {
		by, err := p.e.claimedByOther(ctx, p.r, it, &p.memo, like)
		if err != nil {
			return err
		}
		if by != nil {
			row = PlanRow{Flow: row.Flow, Record: row.Record, Operation: "block", Err: connector.Errorf(connector.Conflict, "plan "+p.r.flow.Name, "it waits for %s", by.BlockedOn[0].Reason).
				Advise("Decide that one; then this goes on by itself.")}
			p.rows = append(p.rows, row)
			return nil
		}
	}
	switch d.Action {
	case connector.ActFilter, connector.ActSupersede:
		return nil
	case connector.ActCreate:
		p.over.link(it.work.Delivery.Record, connector.Record{Connection: p.r.flow.To, Kind: p.r.flow.Kind, ID: p.newID(it)}, connector.Pending)
	case connector.ActUpdate:
	case connector.ActAdopt, connector.ActUnchanged:
		row.Operation = "none"
		if d.Found != nil {
			p.over.link(it.work.Delivery.Record, connector.Record{Connection: p.r.flow.To, Kind: p.r.flow.Kind, ID: d.Found.ID}, d.Found.Standing)
		}
	case connector.ActBlock:
		row.Operation = "block"
		row.Err = connector.Errorf(connector.Conflict, "plan "+p.r.flow.Name, "%s", d.Reason).Advise("It goes on by itself when that is there.")
	default:
		row.Operation = "hold"
		row.Err = connector.Errorf(d.Code, "plan "+p.r.flow.Name, "%s", d.Reason).Advise("%s", hintFor(d))
	}
	if d.Action == connector.ActUpdate && it.work.Link == nil && target != "" {
		p.over.link(it.work.Delivery.Record, connector.Record{Connection: p.r.flow.To, Kind: p.r.flow.Kind, ID: target}, d.Found.Standing)
	}
	p.rows = append(p.rows, row)
	return nil
}

// planRow is what a plan says of a record that is decided; of what is not written only its target.
func (r *route) planRow(it *item, d connector.Decision) PlanRow {
	row := PlanRow{Flow: r.flow.Name, Record: PlanRecord{r.flow.From, it.work.Delivery.Record.ID}}
	switch {
	case it.work.Link != nil:
		row.Target = PlanRecord{r.flow.To, it.work.Link.Other(r.flow.From).ID}
	case d.Found != nil:
		row.Target = PlanRecord{r.flow.To, d.Found.ID}
	}
	switch d.Action {
	case connector.ActCreate:
		row.Operation, row.Changes = "create", connector.Diff(nil, it.res.Document)
	case connector.ActUpdate:
		row.Operation, row.Changes = "update", r.changes(it)
	}
	return row
}

// newID stands for the ID that the target would give.
func (p *planner) newID(it *item) string {
	if it.res.ID != "" {
		return it.res.ID
	}
	return nextID
}

// nextID stands for what the target will number.
const nextID = "NEXT"

func (p *planner) adopt(ctx context.Context, it *item, row PlanRow) error {
	ref := it.res.Adopt
	for _, id := range ref.IDs {
		rec := connector.Record{Connection: ref.Connection, Kind: ref.Kind, ID: id}
		known, err := p.e.DB.RecordByID(ctx, rec)
		if err != nil {
			return err
		}
		if known == nil && !p.over.has(rec) {
			continue
		}
		if rec.ID, err = p.e.adoptedFor(ctx, rec); err != nil {
			return err
		}
		row.Operation, row.Target = "none", PlanRecord{ref.Connection, rec.ID}
		standing := connector.Usable
		if known != nil && known.Standing != "" {
			standing = known.Standing
		}
		p.over.link(it.work.Delivery.Record, rec, standing)
		p.rows = append(p.rows, row)
		return nil
	}
	row.Operation = "hold"
	row.Err = connector.Errorf(connector.NotFound, "plan "+p.r.flow.Name, "it names %s, which the target does not have", ref.ID()).Advise("Correct the number at the source, or link the two with `ml-connector link`.")
	p.rows = append(p.rows, row)
	return nil
}

// changes lists old and new values of an update, as far as the old ones are known.
func (r *route) changes(it *item) []connector.Change {
	var agreed connector.Document
	if it.work.Agreement != nil {
		agreed = it.work.Agreement.Owned
	}
	if !it.looked || len(it.found) != 1 || it.found[0].Document == nil {
		return connector.Diff(agreed, it.res.Owned)
	}
	had := map[string]bool{}
	for _, c := range connector.Diff(nil, agreed) {
		had[c.Field] = true
	}
	return slices.DeleteFunc(connector.Diff(it.found[0].Document, it.res.Owned), func(c connector.Change) bool { // what the target has besides is left as it is
		return c.New == "" && !had[c.Field]
	})
}
