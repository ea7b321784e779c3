package jaggaer

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	connector "ml-connector"
	"ml-connector/pace"
)

// Read gives one page: what the list shows of the window, each record with its detail unless Query.Known has it. Pages are
// as long as JAGGAER makes them. When the list moves while it is read, a record may come more than once within one read,
// never not at all; what Known has by then is left out.
//
// Its errors are misconfigured where the profile or an address does not fit (also when the server ignores the filter),
// forbidden for a resource that is not enabled, credentials, throttled (after ten waits), and unavailable.
func (i *Instance) Read(ctx context.Context, q connector.Query) (connector.Page, error) {
	e, fault := i.readable(q.Kind)
	if fault != nil {
		return connector.Page{}, fault
	}
	op := "read " + e.name
	if len(q.Keys) > 0 {
		return i.readKeys(ctx, q.Kind, e, q)
	}
	at, ok := parsePlace(q.After)
	if !ok {
		return connector.Page{}, connector.Errorf(connector.Internal, op, "the place in the list can't be read")
	}
	list := query{e: e, op: op, filter: i.window(e, q.From, q.To), patient: true}
	for {
		l, err := i.page(ctx, list, at.Start)
		if at.Probe && connector.CodeOf(err) == connector.Misconfigured {
			l, err = listing{total: -1}, nil // behind the last record JAGGAER may also refuse
		}
		if err != nil {
			return connector.Page{}, err
		}
		a, fault := at.step(l, i.opts.profile.int("rest", "page_overlap"))
		if fault != nil {
			fault.Op = op
			return connector.Page{}, fault
		}
		fresh, err := i.within(op, e, q.From, q.To, a.fresh)
		if err != nil {
			return connector.Page{}, err
		}
		var page connector.Page
		if err := i.fill(ctx, &page, q, e, fresh, at.repeats()); err != nil {
			return connector.Page{}, err
		}
		if a.done {
			return page, nil
		}
		page.Next = a.next.String()
		if len(page.Versions)+len(page.Same)+len(page.Problems) > 0 {
			return page, nil
		}
		at = a.next
	}
}

// readable gives the entity of a Kind that this customer's JAGGAER lets us read.
func (i *Instance) readable(kind connector.Kind) (entity, *connector.Error) {
	e, known := i.opts.entities[kind]
	if !known {
		return e, connector.Errorf(connector.Misconfigured, "read "+string(kind), "JAGGAER has no records of this kind")
	}
	if !i.reads(e) {
		return e, connector.Errorf(connector.Misconfigured, "read "+e.name, "this Connection does not read %s: operations.%s of its profile is off", e.path, e.operator).
			Advise("Set operations.%s to rest if JAGGAER has enabled it for client %s.", e.operator, i.opts.clientID)
	}
	return e, nil
}

// outcome is what became of one item: a Version or a Problem.
type outcome struct {
	version connector.Version
	problem *connector.Problem
	shape   bool // the detail had no header
}

// fewGone is how many details may be gone at once before the address is doubted.
const fewGone = 2

// fill puts the items into the page. An error means that the whole page can't be had.
func (i *Instance) fill(ctx context.Context, page *connector.Page, q connector.Query, e entity, items []item, repeats bool) error {
	todo := make([]item, 0, len(items))
	for _, it := range items {
		if it.id == "" {
			page.Problems = append(page.Problems, connector.Problem{Err: connector.Errorf(connector.Invalid, "read "+e.name, "a record of the list has no %s", e.id).
				Advise("Look at the raw answer; JAGGAER's support can tell what this record is.")})
			continue
		}
		id := it.id
		if q.Kind == connector.GLAccount {
			id = i.plainValueID(it)
		}
		if q.Known != nil && it.stamp != "" && q.Known(id, it.stamp) {
			if !repeats {
				page.Same = append(page.Same, connector.Seen{ID: id, Stamp: it.stamp})
			}
			continue
		}
		todo = append(todo, it)
	}
	outcomes, err := i.details(ctx, q.Kind, e, todo, true)
	if err != nil {
		return err
	}
	misshapen, gone := 0, 0
	for _, o := range outcomes {
		if o.problem != nil && o.problem.Err.Code == connector.NotFound {
			gone++
		}
		if o.shape {
			misshapen++
		}
		if o.problem != nil {
			page.Problems = append(page.Problems, *o.problem)
			continue
		}
		page.Versions = append(page.Versions, o.version)
	}
	if misshapen > 1 && misshapen == len(outcomes) {
		return connector.Errorf(connector.Misconfigured, "read "+e.name, "no detail answer has the member %s: the profile does not fit", e.headerKey).
			Advise("Check entities.%s.header_key and detail of the profile against the raw answer.", e.name)
	}
	if gone > fewGone && gone == len(outcomes) {
		return connector.Errorf(connector.Misconfigured, "read "+e.name, "none of the %d listed records has a detail: this customer's JAGGAER may have none at %s/ID", gone, e.path).
			Advise("Check entities.%s.path of the profile; detail: none takes what the list shows.", e.name)
	}
	return nil
}

// plainValueID is the Record ID of a listed custom field value, without what value_templates add.
func (i *Instance) plainValueID(it item) string {
	field, value, _ := strings.Cut(it.id, "/")
	value, _ = i.opts.plain(field, value)
	return field + "/" + value
}

// details reads the details of items, at most `concurrency` at once, in the items' order.
func (i *Instance) details(ctx context.Context, kind connector.Kind, e entity, items []item, patient bool) ([]outcome, error) {
	out := make([]outcome, len(items))
	if e.detail == "none" {
		for n, it := range items {
			out[n] = i.outcome(kind, e, it.id, it.raw)
		}
		return out, nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	pace.Each(i.pace, i.opts.concurrency, len(items), func(n int) {
		if ctx.Err() != nil {
			return
		}
		o, err := i.detail(ctx, kind, e, items[n].key, patient)
		if err != nil {
			cancel(err) // the first one wins
			return
		}
		if o.version.Stamp == "" {
			o.version.Stamp, o.version.Changed = items[n].stamp, instant(items[n].stamp)
		}
		out[n] = o
	})
	if err := context.Cause(ctx); err != nil {
		if e, ok := errors.AsType[*connector.Error](err); ok {
			return nil, e
		}
		return nil, connector.Errorf(connector.Unavailable, "read "+e.name, "stopped").Because(err)
	}
	return out, nil
}

// detail reads one record. What is wrong with this one record is a Problem; an error concerns more than it.
func (i *Instance) detail(ctx context.Context, kind connector.Kind, e entity, id string, patient bool) (outcome, error) {
	c := call{
		op: "read " + e.name, method: http.MethodGet, url: i.address(e, id), resource: e.path, patient: patient,
		timeout: i.opts.profile.seconds("rest", "detail_timeout_s"),
	}
	var out outcome
	var got map[string]any
	err := i.read(ctx, c, func(resp *connector.Response) error {
		record, fault := i.takeDetail(c, e, id, resp)
		switch {
		case fault == nil:
			got = record
			return nil
		case !fault.single:
			return fault.Error
		}
		fault.Exchange = resp.Exchange
		out = outcome{problem: &connector.Problem{ID: id, Err: fault.Error}, shape: fault.shape}
		return nil
	})
	if err == nil && got != nil && kind == connector.PurchaseOrder {
		err = i.originLines(ctx, e, got, patient)
	}
	if err == nil && got != nil {
		out = i.outcome(kind, e, id, got)
	}
	return out, err
}

// detailFault is what is wrong with a detail answer; single says that it is this one record's.
type detailFault struct {
	*connector.Error
	single bool
	shape  bool
}

func (i *Instance) takeDetail(c call, e entity, id string, resp *connector.Response) (map[string]any, *detailFault) {
	gone := func(message string) *detailFault {
		return &detailFault{Error: connector.Errorf(connector.NotFound, c.op, "record %s no longer exists in JAGGAER%s", id, words(message)).
			Advise("It is looked for again by itself a few times within the hour. If it was deleted there, skip this Delivery with a reason."), single: true}
	}
	switch {
	case resp.Status == http.StatusNotFound || resp.Status == http.StatusGone:
		r, _ := said(resp)
		return nil, gone(r.message)
	case resp.Status == http.StatusBadRequest || resp.Status == http.StatusConflict:
		r, _ := said(resp)
		return nil, &detailFault{Error: connector.Errorf(connector.Rejected, c.op, "JAGGAER does not show record %s (HTTP %s)%s", id, strconv.Itoa(resp.Status), words(r.message)).
			Advise("It is read again by itself; if it stays so, JAGGAER's support can tell why."), single: true}
	case resp.Status != http.StatusOK:
		return nil, &detailFault{Error: i.statusFault(c, resp)}
	}
	body, err := decodeObject(resp.Body)
	if err != nil {
		return nil, &detailFault{Error: i.unreadable(c, resp)}
	}
	if r := readReturned(body); r.failed() {
		if noSuch.MatchString(r.message) {
			return nil, gone(r.message)
		}
		return nil, &detailFault{Error: connector.Errorf(connector.Rejected, c.op, "JAGGAER does not show record %s%s", id, words(r.message)).
			Advise("It is read again by itself; if it stays so, JAGGAER's support can tell why."), single: true}
	}
	record, err := readDetail(e, body, id)
	switch {
	case errors.Is(err, errGone):
		return nil, gone("")
	case errors.Is(err, errOther):
		return nil, &detailFault{Error: connector.Errorf(connector.Rejected, c.op, "JAGGAER shows another record than the one asked for, %s", id).
			Advise("It is read again by itself; if it stays so, something between us and JAGGAER mixes answers up."), single: true}
	case err != nil:
		return nil, &detailFault{Error: connector.Errorf(connector.Invalid, c.op, "the answer for record %s has no %s: the profile does not fit", id, e.headerKey).
			Advise("Check entities.%s.header_key and detail of the profile against the raw answer.", e.name), single: true, shape: true}
	}
	return record, nil
}

func (i *Instance) outcome(kind connector.Kind, e entity, id string, raw map[string]any) outcome {
	v, fault := i.version(kind, e, raw)
	if fault != nil {
		return outcome{problem: &connector.Problem{ID: id, Err: fault}}
	}
	return outcome{version: v}
}
