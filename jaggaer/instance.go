package jaggaer

import (
	"context"
	"sync/atomic"
	"time"

	connector "ml-connector"
	"ml-connector/oauth"
	"ml-connector/pace"
)

// Instance is one opened JAGGAER Connection. It may be used by many goroutines: what they share is the access token, the
// gate that a 429 closes, and the slots that bound the calls at the same time.
type Instance struct {
	connection string
	settings   connector.Settings
	opts       options
	caller     connector.Caller
	now        func() time.Time
	wait       func(ctx context.Context, d time.Duration) error
	tokens     *oauth.Tokens
	gate       gate
	rest, xml  *pace.Slots
	pace       connector.Pace
	contents   map[connector.Kind]connector.Schema
	documents  atomic.Int64        // numbers documents that no Delivery asked for
	digest     func(string) string // of what must not be kept; nil = none
	same       func(string) string // the same at every Connection; nil = none
}

var (
	_ connector.Instance    = (*Instance)(nil)
	_ connector.Source      = (*Instance)(nil)
	_ connector.Sink        = (*Instance)(nil)
	_ connector.BatchSink   = (*Instance)(nil)
	_ connector.Finder      = (*Instance)(nil)
	_ connector.BatchFinder = (*Instance)(nil)
)

func newInstance(o connector.Opening, opts options) *Instance {
	p := pace.Or(o.Pace)
	i := &Instance{
		connection: o.Connection, settings: o.Settings, opts: opts, caller: o.Caller, now: o.Now, wait: p.Sleep, pace: p, contents: contents(), digest: o.Digest, same: o.Same,
		rest: pace.NewSlots(opts.concurrency),
		xml:  pace.NewSlots(opts.concurrency / 2), // one of two: JAGGAER.md §8 asks for fewer imports than reads
	}
	i.tokens = i.newTokens(o.Share)
	return i
}

// Settings are those in force, with the whole profile.
func (i *Instance) Settings() connector.Settings { return i.settings }

// Kind says what this customer's JAGGAER can do with a Kind: by its operations, and windowed where lists can be filtered by
// time. Writes tells the transport that the profile names; whether it works is for Check to say.
func (i *Instance) Kind(kind connector.Kind) connector.KindInfo {
	e, known := i.opts.entities[kind]
	if !known {
		return connector.KindInfo{}
	}
	info := connector.KindInfo{Reads: i.reads(e), Retries: true, Windowed: e.filterField != "", Content: i.contents[kind]}
	operation := writeOperation(kind)
	if operation == "" || i.opts.operation(operation) == "" {
		return info
	}
	info.Writes = true
	switch kind {
	case connector.GLAccount:
		info.Schema, info.Class = valueSchema(), connector.ClassUpsert
		info.CanUpdate, info.Linkable, info.LookFirst = true, true, true
		info.Batch = i.opts.profile.int("cfv_batch")
		if i.opts.operation(operation) == "file" { // where values come by file, no list of them need be there
			info.Linkable, info.LookFirst = false, false
		}
	case connector.Supplier:
		info.Schema, info.Class = supplierSchema(), connector.ClassUpsert
		info.CanUpdate, info.Linkable, info.LookFirst = true, true, true
	case connector.Requisition:
		info.Schema, info.Class = i.opts.requisitionSchema(), connector.ClassDuplicate
	}
	return info
}

func (i *Instance) reads(e entity) bool {
	return e.operator == "" || i.opts.operation(e.operator) != ""
}

// writeOperation is the profile's name for writing a Kind, "" when JAGGAER is no target for it.
func writeOperation(kind connector.Kind) string {
	switch kind {
	case connector.GLAccount:
		return "cfv.write"
	case connector.Supplier:
		return "supplier.write"
	case connector.Requisition:
		return "requisition.create"
	}
	return ""
}
