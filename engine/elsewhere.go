package engine

import (
	"context"
	"fmt"

	connector "ml-connector"
)

// elsewhere is the object that a write by the keys of a Document would reach, where that is not the one that the record is linked to: it was
// merged there, or its number was given to another one. Only where the target itself finds what it writes by those keys.
func (r *route) elsewhere(ctx context.Context, e *Engine, it *item, found []connector.Found) (string, error) {
	if it.work.Link == nil || !r.writes.Linkable || len(found) == 0 || found[0].Document == nil || connector.Covers(found[0].Document, it.res.Owned) {
		return "", nil
	}
	byKeys, err := r.find(ctx, e, it, connector.Lookup{Kind: r.flow.Kind, Document: it.res.Document})
	if err != nil {
		return "", err
	}
	for _, f := range byKeys {
		if f.ID == it.work.Linked() {
			return "", nil
		}
	}
	if len(byKeys) == 0 {
		return "", nil
	}
	return byKeys[0].ID, nil
}

// misled holds what would be written to another object than the one that the record is linked to.
func (it *item) misled(r *route, d connector.Decision) connector.Decision {
	if it.elsewhere == "" || d.Action != connector.ActUpdate && d.Action != connector.ActHold {
		return d
	}
	to := it.work.Linked()
	return connector.Decision{Action: connector.ActHold, Code: connector.Conflict,
		Reason: fmt.Sprintf("%s has its number at %s, and it is linked to %s: a write would change the wrong one", r.flow.To, it.elsewhere, to),
		Hint: fmt.Sprintf("If %s was merged into %s there, take its numbers away from %s, from its addresses and payment methods too, and replay; else link it with %s.",
			it.elsewhere, to, it.elsewhere, it.elsewhere)}
}
