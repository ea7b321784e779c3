package peoplesoft

import (
	"context"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

// keysPerPage is how many keys one page of a read by keys answers.
const keysPerPage = 20

// readKeys gives the records of some keys; what is not there is left out, what can't be asked for is a Problem.
func (i *Instance) readKeys(ctx context.Context, q connector.Query, at bookmark) (connector.Page, error) {
	var page connector.Page
	end := min(at.Keys+keysPerPage, len(q.Keys))
	for _, k := range q.Keys[min(at.Keys, end):end] {
		vs, err := i.byKey(ctx, q.Kind, k)
		for n := 0; n < len(vs) && err == nil && q.Kind == connector.Supplier; n++ {
			d := vs[n].Document
			err = i.withLists(ctx, d.Text("SETID"), d.Text("VENDOR_ID"), vs[n:n+1])
		}
		if connector.CodeOf(err) == connector.Invalid {
			page.Problems = append(page.Problems, connector.Problem{ID: k.ID, Err: connector.AsError(err)})
			continue
		}
		if err != nil {
			return connector.Page{}, err
		}
		page.Versions = append(page.Versions, vs...)
	}
	if end < len(q.Keys) {
		page.Next = bookmark{Keys: end}.String()
	}
	return page, nil
}

// byKey gives what a key names: one record, or none, or several where a number is not unique.
func (i *Instance) byKey(ctx context.Context, k connector.Kind, key connector.Key) ([]connector.Version, error) {
	if key.ID != "" {
		return i.byID(ctx, k, key.ID)
	}
	var out []connector.Version
	places := i.config.units
	if k == connector.Supplier || k == connector.GLAccount {
		places = i.config.setids
	}
	for _, id := range i.candidates(places, key.Number, k) {
		vs, err := i.byID(ctx, k, id)
		if err != nil {
			return nil, err
		}
		out = append(out, vs...)
		if len(out) > 0 && k == connector.GLAccount {
			return out, nil // the first SETID that has the value counts
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	return i.byOurNumber(ctx, k, key.Number)
}

// candidates are the record IDs that a number may stand for: PLACE-NUMBER where it names the place itself, else one for
// each place.
func (i *Instance) candidates(places []string, number string, k connector.Kind) []string {
	middle := "/"
	if k == connector.GLAccount {
		middle = "/ACCOUNT/"
	}
	if place, rest, ok := strings.Cut(number, "-"); ok && rest != "" && slices.Contains(places, place) {
		places, number = []string{place}, rest
	}
	var out []string
	for _, p := range places {
		out = append(out, p+middle+number)
	}
	return out
}

// byOurNumber looks for a number that we wrote: AR_NUM of suppliers, PO_REF of orders.
func (i *Instance) byOurNumber(ctx context.Context, k connector.Kind, number string) ([]connector.Version, error) {
	var out []connector.Version
	switch k {
	case connector.Supplier:
		for _, setid := range i.config.setids {
			vs, err := i.one(ctx, part{i.entity(entVendorByExt), setid, "A.VENDOR_ID", i.supplier}, setid, number)
			if err != nil {
				return nil, err
			}
			out = append(out, vs...)
		}
	case connector.PurchaseOrder:
		for _, unit := range i.config.units {
			vs, err := i.one(ctx, part{i.entity(entPOByRef), unit, "A.PO_ID", i.order}, unit, number)
			if err != nil {
				return nil, err
			}
			out = append(out, vs...)
		}
	}
	return out, nil
}

// byID gives the record of an ID in the form of FLOWS.md "Record IDs".
func (i *Instance) byID(ctx context.Context, k connector.Kind, id string) ([]connector.Version, error) {
	place, number, ok := strings.Cut(id, "/")
	if !ok || place == "" || number == "" {
		return nil, connector.Errorf(connector.Invalid, "read "+string(k), "%q is not an ID of the form PLACE/NUMBER", clip(id, 60))
	}
	switch k {
	case connector.Supplier:
		return i.one(ctx, part{i.entity(entVendorByID), place, "A.VENDOR_ID", i.supplier}, place, number)
	case connector.GLAccount:
		field, value, ok := strings.Cut(number, "/")
		if !ok {
			return nil, connector.Errorf(connector.Invalid, "read "+string(k), "%q is not an ID of the form SETID/FIELD/value", clip(id, 60))
		}
		return i.findAccount(ctx, place, field, value)
	case connector.Requisition:
		return i.withoutQueryByKey(ctx, part{i.entity(entReq), place, "A.REQ_ID", i.requisition}, number)
	case connector.PurchaseOrder:
		return i.one(ctx, part{i.entity(entPOByID), place, "A.PO_ID", i.order}, place, number)
	case connector.GoodsReceipt:
		return i.withoutQueryByKey(ctx, part{i.entity(entReceipt), place, "A.RECEIVER_ID", i.receipt}, number)
	case connector.InvoicePayment:
		voucher, ok := strings.CutSuffix(number, paymentSuffix)
		if !ok {
			return nil, connector.Errorf(connector.Invalid, "read "+string(k), "%q is not an ID of the form BUSINESS_UNIT/VOUCHER_ID%s", clip(id, 60), paymentSuffix)
		}
		return i.one(ctx, part{i.entity(entPayment), place, "A.VOUCHER_ID", i.payment}, place, voucher)
	case connector.Invoice:
		return i.one(ctx, part{i.entity(entVchrByID), place, "A.VOUCHER_ID", i.voucher}, place, number)
	}
	return nil, connector.Errorf(connector.Invalid, "read "+string(k), "PeopleSoft has no such records here")
}

// one asks a query by key and builds what it gives.
func (i *Instance) one(ctx context.Context, p part, values ...string) ([]connector.Version, error) {
	raw, exchange, err := i.askWhole(ctx, p.entity, values...)
	if err != nil {
		return nil, err
	}
	docs, err := p.split(raw, exchange)
	if err != nil {
		return nil, err
	}
	var out []connector.Version
	for _, d := range docs {
		v, problem := i.version(p, d)
		if problem != nil {
			return nil, problem.Err
		}
		if times := readings(v.Stamp, i.profile.stampLayout, i.config.zone); len(times) > 0 {
			v.Changed = times[0]
		}
		out = append(out, v)
	}
	return out, nil
}

// withoutQueryByKey reads one document through the query that reads all: there is none by its key, so it is asked for what
// comes after the key just before.
func (i *Instance) withoutQueryByKey(ctx context.Context, p part, id string) ([]connector.Version, error) {
	after := before(id)
	for range 3 {
		docs, last, err := i.readPage(ctx, p, after, time.Time{})
		if err != nil || len(docs) == 0 {
			return nil, err
		}
		for _, d := range docs {
			if d.key != id {
				continue
			}
			v, problem := i.version(p, d)
			if problem != nil {
				return nil, problem.Err
			}
			i.inWindow(&v, connector.Query{})
			return []connector.Version{v}, nil
		}
		after = last
	}
	return nil, nil
}

// before is a key that sorts before id with as little as possible between them.
func before(id string) string {
	n := len(id) - 1
	switch c := id[n]; {
	case c > '0' && c <= '9', c > 'A' && c <= 'Z', c > 'a' && c <= 'z':
		return id[:n] + string(rune(c-1))
	}
	return id[:n]
}
