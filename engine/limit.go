package engine

import connector "ml-connector"

// allow counts a write against its Run's limit of changes. When the limit is reached the Flow pauses after this batch,
// with what it still has to send waiting; a person looks at it and lets it go on for as many again.
func (b *pump) allow(it *item) bool {
	limit := b.r.flow.MaxChanges
	if limit <= 0 {
		return true
	}
	run := it.work.Delivery.Run
	b.e.mu.Lock()
	reached := b.over != nil || b.e.changes[run] >= limit
	if reached {
		delete(b.e.changes, run)
	} else {
		b.e.changes[run]++
	}
	b.e.mu.Unlock()
	if reached {
		b.over = connector.Errorf(connector.Misconfigured, "deliver "+b.r.flow.Name, "run %d has made %d changes, which is its limit", run, limit).
			Advise("Look at what waits (`ml-connector delivery list --flow %s --state waiting`). Raise limits.changes_per_run, or let as many more go.", b.r.flow.Name)
	}
	return !reached
}
