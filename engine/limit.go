package engine

import (
	"context"

	connector "ml-connector"
	"ml-connector/money"
	"ml-connector/store"
)

// reached notes that a write would go beyond its Run's limit of changes: it waits on, and the Flow pauses after this slice.
func (b *pump) reached(it *item, t store.Taken) {
	b.over = connector.Errorf(connector.Misconfigured, "deliver "+b.r.flow.Name, "run %d %s", it.work.Delivery.Run, t.Did).
		Advise("Look at what waits (`ml-connector delivery list --flow %s --state waiting`). Raise limits.%s_per_run, or let as many more go: `ml-connector flow enable %s`.", b.r.flow.Name, t.Limit, b.r.flow.Name)
}

// money is what a write is about, where that is limited.
func (r *route) money(it *item) *money.Amount {
	if r.flow.MaxMoney == "" {
		return nil
	}
	return money.Of(it.write.Document)
}

// standLimit pauses the Flow because of its limit. A check that passes does not end this pause: a person looks at what waits
// and lets it go on for as many again, or changes the limit.
func (b *pump) standLimit(ctx context.Context) {
	b.mu.Lock()
	if b.paused == nil {
		b.paused = b.over
	}
	b.mu.Unlock()
	name := b.r.flow.Name
	err := b.e.DB.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		f, err := tx.Flow(name)
		if err != nil || f.Paused.Code != "" {
			return err // the other partition was there first
		}
		return tx.PauseFlow(name, connector.Pause{Code: b.over.Code, Reason: b.over.Error(), Hint: b.over.Hint, At: tx.Now(), By: store.ByLimit})
	})
	if err != nil {
		b.e.Log.Error("pause not stored", "flow", name, "error", err)
		return
	}
	b.e.Log.Warn("flow paused", "flow", name, "code", b.over.Code, "reason", b.over.Error())
}
