package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// Besides are read this long before the last time again, and so far back at first.
const (
	besideOverlap = 24 * time.Hour
	besideFirst   = 30 * 24 * time.Hour
)

// saw notes what the target told beside a life.
func (t *tracking) saw(seen map[connector.Kind][]connector.Version) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, list := range seen {
		if t.seen == nil {
			t.seen = map[connector.Kind][]connector.Version{}
		}
		t.seen[k] = append(t.seen[k], list...)
	}
}

// keep stores what a page of lives brought beside them: Records and Versions, without Deliveries (ADR 0011).
func (t *tracking) keep(ctx context.Context) error {
	t.mu.Lock()
	seen := t.seen
	t.seen = nil
	t.mu.Unlock()
	for _, k := range connector.Kinds() {
		if len(seen[k]) == 0 {
			continue
		}
		slices.SortFunc(seen[k], func(a, b connector.Version) int { return strings.Compare(a.ID, b.ID) })
		if err := t.e.witness(ctx, t.r.flow.To, k, connector.Page{Versions: seen[k], Asked: t.began}, nil); err != nil {
			return err
		}
	}
	return nil
}

// witness stores Records that no Flow moves.
func (e *Engine) witness(ctx context.Context, connection string, k connector.Kind, page connector.Page, xs []connector.Exchange) error {
	a := store.Acceptance{Flow: connector.Flow{From: connection, Kind: k}, Page: page, Exchanges: xs, Now: e.Now(), Uncounted: true}
	_, err := e.DB.Accept(context.WithoutCancel(ctx), a)
	return err
}

// readBesides reads what belongs to the objects that a Flow writes and that no Flow reads itself: receipts and payments, where
// the target has lists of them. What fails is told in the log and read by the next round: nothing hangs on it.
func (e *Engine) readBesides(ctx context.Context, r *route) {
	src, ok := r.to.instance.(connector.Source)
	if !ok {
		return
	}
	for _, k := range []connector.Kind{connector.GoodsReceipt, connector.InvoicePayment} {
		if !r.to.instance.Kind(k).Reads || e.hasFlow(ctx, r.flow.To, k) {
			continue
		}
		if err := e.readBeside(ctx, r, src, k); err != nil && ctx.Err() == nil {
			e.Log.Warn("not read beside what was delivered", "connection", r.flow.To, "kind", k, "error", err)
		}
	}
}

func (e *Engine) readBeside(ctx context.Context, r *route, src connector.Source, k connector.Kind) error {
	c, err := e.DB.Connection(ctx, r.flow.To)
	if err != nil {
		return err
	}
	now := e.Now()
	from := now.Add(-besideFirst)
	if at := c.WholeAt[k]; !at.IsZero() {
		from = at.Add(-besideOverlap)
	}
	fail := e.eachPage(ctx, r.to, src, 0, connector.Query{Kind: k, From: from, To: now}, func(page connector.Page, xs []connector.Exchange) *connector.Error {
		if err := e.witness(ctx, r.flow.To, k, page, xs); err != nil {
			return connector.AsError(err)
		}
		return nil
	})
	if fail != nil {
		return fail
	}
	return e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.SetWhole(r.flow.To, k, now) })
}

// hasFlow says whether a Flow reads a Kind of a Connection itself; when that can't be told, none is taken to.
func (e *Engine) hasFlow(ctx context.Context, connection string, k connector.Kind) bool {
	flows, err := e.DB.Flows(ctx)
	return err == nil && slices.ContainsFunc(flows, func(f connector.Flow) bool { return f.From == connection && f.Kind == k })
}
