package engine

import (
	"context"

	connector "ml-connector"
	"ml-connector/store"
)

// unread says that a Delivery's Version has no content: the record could not be read when it was accepted.
func (it *item) unread() bool {
	return it.work.Version.Document == nil && it.work.Delivery.State != connector.InDoubt
}

// reread reads a record that could not be read before and whose Delivery was replayed. What comes now is accepted as a
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
		fail = connector.Errorf(connector.NotFound, "read "+d.Record.String(), "the source does not have it").Advise("If it was removed there, skip this Delivery with a reason.")
	}
	if fail != nil {
		it.out = heldOutcome(fail, nil)
		return nil
	}
	now := b.e.Now()
	run, err := b.e.beginRun(ctx, b.r.flow, connector.TriggerManual, byKey(now), now)
	if err != nil {
		return err
	}
	page.Next = ""
	_, err = b.e.DB.Accept(ctx, store.Acceptance{Flow: b.r.flow, Run: run, Page: page, Exchanges: it.kept.take(), Now: now, Last: true, Judge: judgeDrift})
	if err == nil {
		it.work.Delivery.State = connector.Superseded
	}
	return err
}
