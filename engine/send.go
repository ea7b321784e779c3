package engine

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// batchSink is what many Documents are written with in one call; nil where each is written alone.
func (r *route) batchSink() connector.BatchSink {
	if r.writes.Batch <= 0 {
		return nil
	}
	bs, _ := r.sink.(connector.BatchSink)
	return bs
}

// handled is a call about one Delivery that a panic breaks off for it alone.
func (b *pump) handled(it *item, f func()) call {
	return call{items: []*item{it}, make: func() { b.guarded(it, "handle "+it.work.Delivery.Record.String(), f) }}
}

// writing are the calls that write what was marked.
func (b *pump) writing(ctx, sending context.Context, items []*item) []call {
	var calls []call
	if bs := b.r.batchSink(); bs != nil {
		for part := range slices.Chunk(items, b.r.writes.Batch) {
			calls = append(calls, call{items: part, write: true, make: func() { b.sendBatch(ctx, sending, bs, part) }})
		}
		return calls
	}
	for _, it := range items {
		x := b.handled(it, func() { b.send(ctx, sending, it) })
		x.write = true
		calls = append(calls, x)
	}
	return calls
}

// send writes one Document.
func (b *pump) send(ctx, sending context.Context, it *item) {
	var receipt connector.Receipt
	made, err := b.insist(ctx, sending, func() bool { return b.maySend(ctx, it) }, func() (err error) {
		it.begun = true
		receipt, err = b.r.sink.Write(it.kept.trace(sending, it.work.Delivery.Run, it.work.Delivery.ID), *it.write)
		return err
	})
	if made {
		b.sent(sending, it, receipt, err)
	}
}

// begin notes that the write of each of them was begun.
func begin(items []*item) {
	for _, it := range items {
		it.begun = true
	}
}

// sendBatch writes many Documents in one call.
func (b *pump) sendBatch(ctx, sending context.Context, bs connector.BatchSink, items []*item) {
	n := len(items)
	ws := make([]connector.Write, n)
	for i, it := range items {
		ws[i] = *it.write
	}
	var results []connector.Result
	made, err := b.insist(ctx, sending, func() bool { return b.maySend(ctx, items...) }, func() error {
		begin(items)
		results = bs.WriteBatch(items[0].kept.trace(sending, items[0].work.Delivery.Run, 0), ws)
		return batchError(results)
	})
	if !made {
		return
	}
	if len(results) == 0 && err != nil { // stopped, told to wait, or broken off
		results = slices.Repeat([]connector.Result{{Err: err}}, n)
	}
	for len(results) < n {
		results = append(results, connector.Result{Err: connector.Errorf(connector.Ambiguous, "write "+string(b.r.flow.Kind), "the answer to a batch does not speak of it")})
	}
	exchange := lastExchange(items[0].kept.list)
	for i, it := range items {
		b.guarded(it, "settle "+it.work.Delivery.Record.String(), func() { b.sent(sending, it, results[i].Receipt, results[i].Err) })
		if it.out != nil {
			it.out.Exchange = exchange
		}
	}
}

// batchError is the error of a whole batch, for the Connection's health: the first that is not about one record.
func batchError(results []connector.Result) error {
	for _, r := range results {
		if r.Err != nil && connector.CodeOf(r.Err).Reaction() != connector.ReactHold {
			return r.Err
		}
	}
	return nil
}

// maySend checks the lease and the context right before a request; what may not be sent waits as it was.
func (b *pump) maySend(ctx context.Context, items ...*item) bool {
	if ctx.Err() == nil && b.owns(ctx) && b.stopped() == nil {
		return true
	}
	for _, it := range items {
		it.begun = false
		it.out = &store.Outcome{State: connector.Waiting, Failures: it.work.Delivery.Failures, DueAt: b.e.Now(), Details: map[string]string{"reason": "stopped before anything was sent"}}
	}
	return false
}

// sent turns the answer to a write into the outcome.
func (b *pump) sent(ctx context.Context, it *item, receipt connector.Receipt, err error) {
	op := it.write.Operation
	if err == nil {
		b.delivered(ctx, it, receipt)
		if it.out != nil {
			it.out.Operation = op
		}
		return
	}
	fail := connector.AsError(err)
	if errors.Is(err, errPanicked) {
		b.broken(it, fail)
		it.out.Operation, it.out.DueAt = op, b.e.Now()
		return
	}
	if fail.Code.Reaction() == connector.ReactDoubt {
		it.out = &store.Outcome{State: connector.InDoubt, Err: fail, DueAt: b.e.Now(), Failures: it.work.Delivery.Failures, Operation: op}
		return
	}
	b.fail(context.WithoutCancel(ctx), it, fail)
	it.out.Operation = op
}

// delivered settles a write that the target took. Where its answer had no ID, a look-up gives it.
func (b *pump) delivered(ctx context.Context, it *item, receipt connector.Receipt) {
	id := receipt.ID
	linked := ""
	if it.work.Link != nil {
		linked = it.work.Link.Other(b.r.flow.From).ID
	}
	if id == "" && linked != "" && it.work.Agreement != nil {
		id = linked
	}
	if id == "" && b.r.finder() != nil {
		id = b.findID(ctx, it, &receipt)
		if it.out != nil {
			return
		}
	}
	if id == "" {
		it.out = &store.Outcome{State: connector.InDoubt, DueAt: b.e.Now().Add(b.settle()), Err: connector.Errorf(connector.Ambiguous, "write "+string(b.r.flow.Kind), "the target took it, but its answer names no object").
			Advise("It is looked up again; nothing is sent twice.")}
		return
	}
	if linked != "" && id != linked {
		it.out = heldOutcome(connector.Errorf(connector.Conflict, "write "+string(b.r.flow.Kind), "the target put it into %s, but the record is linked to %s", id, linked).
			Advise("Two objects of the target claim this record. Find out which is right and correct the other."), nil)
		it.out.Target = b.target(id)
		return
	}
	details := map[string]string{"operation": string(it.write.Operation), "target": id}
	for i, w := range receipt.Warnings {
		if i == 0 {
			details["warning"] = w
		}
	}
	if len(it.res.Notes) > 0 {
		details["note"] = strings.Join(it.res.Notes, "; ")
	}
	if len(it.res.Cuts) > 0 {
		details["cut"] = cutFields(it.res.Cuts)
	}
	if it.waits != nil {
		it.out = b.stoppedAlone(it, details)
		return
	}
	it.out = &store.Outcome{State: connector.Delivered, Target: b.target(id), Link: true, Numbers: receipt.Numbers, Life: receipt.Life,
		Agreement: b.agreement(it, it.res.Owned, receipt.Version), Details: details}
}

// cutFields names the fields whose text was cut, and to what.
func cutFields(cuts []connector.Change) string {
	var out []string
	for _, c := range cuts {
		out = append(out, c.Field+" to "+strconv.Quote(c.New))
	}
	return strings.Join(out, "; ")
}

// findID looks up the object that was just written by the key that its Document carries.
func (b *pump) findID(ctx context.Context, it *item, receipt *connector.Receipt) string {
	var found []connector.Found
	_, err := b.insist(ctx, ctx, func() bool { return ctx.Err() == nil }, func() (err error) {
		found, err = b.r.finder().Find(it.kept.trace(ctx, it.work.Delivery.Run, it.work.Delivery.ID), connector.Lookup{Kind: b.r.flow.Kind, Document: it.write.Document})
		return err
	})
	if err != nil || len(found) == 0 {
		return ""
	}
	if len(found) > 1 {
		it.out = heldOutcome(connector.Errorf(connector.Conflict, "look up what was written", "the target holds %d objects under its key", len(found)).
			Advise("Find out which of them is right and remove the others at the target, then link it with `ml-connector link`."), nil)
		return ""
	}
	receipt.Numbers = append(receipt.Numbers, found[0].Numbers...)
	if receipt.Version == "" {
		receipt.Version = found[0].Version
	}
	return found[0].ID
}

func (b *pump) settle() time.Duration { return b.r.to.duration("lookup_settle", time.Minute) }
