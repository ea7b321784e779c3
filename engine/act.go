package engine

import (
	"strings"

	connector "ml-connector"
	"ml-connector/store"
)

// act turns a Decision into an outcome or a write.
func (b *pump) act(it *item) {
	d := it.action
	if bugEcho && d.Action == connector.ActUnchanged && it.work.Link != nil && b.r.writes.CanUpdate && len(it.res.Owned) > 0 {
		d.Action = connector.ActUpdate
	}
	if bugWithdrawal && it.res.Withdrawn && it.work.Link != nil {
		d.Action = connector.ActFilter
	}
	switch d.Action {
	case connector.ActCreate, connector.ActUpdate:
		it.write = &connector.Write{Kind: b.r.flow.Kind, Operation: connector.OpCreate, Document: it.res.Document, Lost: it.work.Delivery.Lost}
		if it.work.Link != nil {
			it.write.Operation, it.write.TargetID = connector.OpUpdate, it.work.Link.Other(b.r.flow.From).ID
		} else if d.Found != nil {
			it.write.Operation, it.write.TargetID = connector.OpUpdate, d.Found.ID
		}
		if it.work.Agreement != nil {
			it.write.Previous = it.work.Agreement.Owned
		}
		if it.res.Withdrawn && b.r.writes.CanCancel {
			it.write.Operation = connector.OpCancel
		}
	case connector.ActAdopt:
		state := connector.Unchanged
		if it.work.PreviouslySent {
			state = connector.Delivered
		}
		it.out = &store.Outcome{State: state, Link: true, Target: b.target(d.Found.ID), Numbers: d.Found.Numbers, Standing: d.Found.Standing, Life: d.Found.Life,
			Agreement: b.agreement(it, it.res.Owned, d.Found.Version), Details: map[string]string{"reason": "found at the target"}}
	case connector.ActUnchanged:
		it.out = b.unchanged(it)
		if was := it.work.Delivery; wentWrong(was.Life) { // nothing of that is mended by deciding again
			it.out = heldOutcome(lifeError(was.Target, *was.Life), nil)
		}
	case connector.ActSupersede:
		it.out = &store.Outcome{State: connector.Superseded, Details: map[string]string{"reason": d.Reason}}
	case connector.ActFilter:
		it.out = &store.Outcome{State: connector.Filtered}
		if it.work.MergedInto != "" {
			it.out.Details = map[string]string{"reason": "merged into " + it.work.MergedInto}
		}
	case connector.ActBlock:
		it.out = &store.Outcome{State: connector.Blocked, BlockedOn: blocking(it.res.Missing)}
	default:
		it.out = heldOutcome(connector.Errorf(d.Code, "decide "+b.r.flow.Name, "%s", d.Reason).Advise("%s", hintFor(d)), it.res.Missing)
		if d.Found != nil {
			it.out.Target = b.target(d.Found.ID)
		}
	}
}

func hintFor(d connector.Decision) string {
	if d.Hint != "" {
		return d.Hint
	}
	switch d.Code {
	case connector.NotFound:
		return "Create what is named at its source, or correct the reference there; then replay the Delivery."
	case connector.Rejected:
		return "What it refers to was refused or closed. Correct it at the source."
	}
	return "Correct the record at its source, or the Flow's mapping or crosswalk; then replay the Delivery."
}

func heldOutcome(err *connector.Error, names []connector.Ref) *store.Outcome {
	return &store.Outcome{State: connector.Held, Err: err, Names: names}
}

func (b *pump) target(id string) connector.Record {
	return connector.Record{Connection: b.r.flow.To, Kind: b.r.flow.Kind, ID: id}
}

// unchanged settles without a write; the first time on a Link it makes the agreement. What was delivered before stays delivered.
func (b *pump) unchanged(it *item) *store.Outcome {
	o := &store.Outcome{State: connector.Unchanged, Details: map[string]string{"reason": it.action.Reason}}
	if len(it.res.Notes) > 0 {
		o.Details["note"] = strings.Join(it.res.Notes, "; ")
	}
	if it.work.Link != nil {
		o.Target = it.work.Link.Other(b.r.flow.From)
		if it.res.Passed {
			o.Agreement = b.agreement(it, it.res.Owned, "")
		}
	}
	if it.work.Delivery.Attempts > 0 {
		o.State = connector.Delivered
	}
	return o
}

func (b *pump) agreement(it *item, owned connector.Document, targetVersion string) *connector.Agreement {
	return &connector.Agreement{Flow: b.r.flow.Name, SourceVersion: it.work.Delivery.Version, TargetVersion: targetVersion, Revision: it.res.Revision, Owned: owned}
}
