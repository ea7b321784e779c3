package engine

import (
	"context"
	"slices"

	connector "ml-connector"
	"ml-connector/store"
)

// unread says that a Delivery's Version has no content: the record could not be read when it was accepted.
func (it *item) unread() bool {
	return it.work.Version.Document == nil && it.work.Delivery.State != connector.InDoubt
}

// reread reads a record that could not be read before and whose Delivery was replayed, or let wait again by itself. What comes now is accepted as a
// newer Version, whose Delivery supersedes this one; what still can't be read is held again.
func (b *pump) reread(ctx context.Context, it *item) error {
	d := it.work.Delivery
	page, fail := b.e.readPage(ctx, b.r.from, b.r.source, &it.kept, d.Run, connector.Query{Kind: d.Kind, To: b.e.Now(), Keys: []connector.Key{{ID: d.Record.ID}}})
	switch {
	case fail != nil && fail.Code.Reaction() != connector.ReactHold:
		b.failAt(ctx, it, b.r.flow.From, fail)
		return nil
	case fail == nil && len(page.Versions) == 0 && len(page.Problems) > 0:
		fail = page.Problems[0].Err
	case fail == nil && len(page.Versions) == 0:
		fail = connector.Errorf(connector.NotFound, "read "+d.Record.String(), "the source does not have it").Advise("It is looked for again by itself a few times within the hour. If it was removed there, skip this Delivery with a reason.")
	}
	if fail != nil {
		it.out = heldOutcome(fail, nil)
		return nil
	}
	now := b.e.Now()
	trigger := connector.TriggerManual
	if d.Healed > 0 {
		trigger = connector.TriggerSchedule
	}
	run, err := b.e.beginRun(ctx, b.r.flow, trigger, byKey(now), now)
	if err != nil {
		return err
	}
	page.Next = ""
	_, err = b.e.accept(ctx, store.Acceptance{Flow: b.r.flow, Run: run, Page: page, Exchanges: it.kept.take(), Now: now, Last: true, Judge: judgeDrift})
	if err == nil {
		it.work.Delivery.State = connector.Superseded
	}
	return err
}

// missingAtOnce is how many records that were missing are looked for again at a time.
const missingAtOnce = 20

// lookForMissing lets wait again what of some Flows was missing at its source a while ago.
func (e *Engine) lookForMissing(ctx context.Context, flows []connector.Flow) error {
	moving, err := e.moving(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, f := range moving {
		if slices.ContainsFunc(flows, func(g connector.Flow) bool { return g.Name == f.Name }) {
			names = append(names, f.Name)
		}
	}
	_, err = e.DB.LookForMissing(ctx, names, missingAtOnce, e.Now())
	return err
}
