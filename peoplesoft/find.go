package peoplesoft

import (
	"context"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

// Find looks up what PeopleSoft holds, by queries only, so what it finds is committed (PEOPLESOFT.md §6). Not found may also
// mean that row security hides it.
func (i *Instance) Find(ctx context.Context, l connector.Lookup) ([]connector.Found, error) {
	if l.Any {
		return i.findAny(ctx, l.Kind)
	}
	if l.Kind == connector.Invoice {
		return i.findVoucher(ctx, l)
	}
	vs, err := i.findVersions(ctx, l)
	if err != nil {
		return nil, err
	}
	return foundOf(vs), nil
}

func foundOf(vs []connector.Version) []connector.Found {
	var out []connector.Found
	for _, v := range vs {
		d := v.Mirror
		if d == nil {
			d = v.Document
		}
		out = append(out, connector.Found{ID: v.ID, Numbers: v.Numbers, Title: v.Title, Standing: v.Standing, Version: v.Stamp, Document: d})
	}
	return out
}

// findVersions looks by ID, else by the number that we write: AR_NUM of suppliers, PO_REF of orders.
func (i *Instance) findVersions(ctx context.Context, l connector.Lookup) ([]connector.Version, error) {
	d := l.Document
	if l.ID != "" {
		vs, err := i.byID(ctx, l.Kind, l.ID)
		if code := connector.CodeOf(err); code != connector.Misconfigured && code != connector.Forbidden || l.Kind != connector.PurchaseOrder || d.Text("PO_REF") == "" {
			return vs, err
		}
		// A site without JGR_PO_BY_ID: the query by our number tells less, but tells.
		vs, refErr := i.findVersions(ctx, connector.Lookup{Kind: l.Kind, Document: d})
		if refErr != nil {
			return nil, err
		}
		return slices.DeleteFunc(vs, func(v connector.Version) bool { return v.ID != l.ID }), nil
	}
	switch l.Kind {
	case connector.Supplier:
		setid, number := strings.ToUpper(d.Text("SETID")), d.Text("AR_NUM")
		if number == "" {
			return nil, noKey(l.Kind, "AR_NUM")
		}
		if setid == "" {
			return i.byOurNumber(ctx, l.Kind, number)
		}
		return i.one(ctx, part{i.entity(entVendorByExt), setid, "A.VENDOR_ID", i.supplier}, setid, number)
	case connector.PurchaseOrder:
		unit, number := strings.ToUpper(d.Text("BUSINESS_UNIT")), d.Text("PO_REF")
		if unit == "" || number == "" {
			return nil, noKey(l.Kind, "BUSINESS_UNIT and PO_REF")
		}
		return i.one(ctx, part{i.entity(entPOByRef), unit, "A.PO_ID", i.order}, unit, number)
	case connector.GLAccount:
		value, field := d.Text("VALUE"), d.Text("FIELD")
		if value == "" {
			return nil, noKey(l.Kind, "VALUE")
		}
		if field == "" {
			field = "ACCOUNT"
		}
		return i.inSetids(ctx, d.Text("SETID"), field, value)
	}
	return nil, connector.Errorf(connector.Invalid, "look for "+string(l.Kind), "PeopleSoft has no look-up for it")
}

// inSetids looks for a value in the named SETID, else in all in their order: the first that has it counts.
func (i *Instance) inSetids(ctx context.Context, setid, field, value string) ([]connector.Version, error) {
	setids := i.config.setids
	if setid != "" {
		setids = []string{setid}
	}
	for _, s := range setids {
		vs, err := i.findAccount(ctx, s, field, value)
		if err != nil || len(vs) > 0 {
			return vs, err
		}
	}
	return nil, nil
}

func noKey(k connector.Kind, name string) error {
	return connector.Errorf(connector.Invalid, "look for "+string(k), "the record has no %s, which it is looked for by", name)
}

// findVoucher looks where a voucher can be, in the order of PEOPLESOFT.md §6: built under our number; under supplier and
// invoice number; in pre-edit error; waiting. What has our number is ours, and then another voucher of the same invoice is
// not given: PeopleSoft's own duplicate check deals with the two.
func (i *Instance) findVoucher(ctx context.Context, l connector.Lookup) ([]connector.Found, error) {
	unit, id := strings.ToUpper(l.Document.Text("BUSINESS_UNIT")), strings.ToUpper(l.Document.Text("VOUCHER_ID"))
	if l.ID != "" {
		unit, id, _ = strings.Cut(l.ID, "/")
	}
	vendor, invoice := strings.ToUpper(l.Document.Text("VENDOR_ID")), l.Document.Text("INVOICE_ID")
	byID, byInvoice := id != "" && id != "NEXT", vendor != "" && invoice != "" && l.ID == ""
	if unit == "" || !byID && !byInvoice {
		return nil, noKey(l.Kind, "BUSINESS_UNIT and VOUCHER_ID, or supplier and invoice number")
	}
	if byID {
		if found, err := i.builtVouchers(ctx, entVchrByID, unit, id); err != nil || len(found) > 0 {
			return found, err
		}
	}
	var others []connector.Found
	if byInvoice {
		var err error
		if others, err = i.builtVouchers(ctx, entVchrByInv, unit, vendor, invoice); err != nil {
			return nil, err
		}
	}
	if byID {
		if found, err := i.stagedVoucher(ctx, unit, id); err != nil || len(found) > 0 {
			return found, err
		}
	}
	return others, nil
}

// builtVouchers asks one of the queries over VOUCHER; the first of the values is the business unit.
func (i *Instance) builtVouchers(ctx context.Context, entity string, values ...string) ([]connector.Found, error) {
	e := i.entity(entity)
	raw, exchange, err := i.askWhole(ctx, e, values...)
	if err != nil {
		return nil, err
	}
	p := part{e, values[0], "A.VOUCHER_ID", i.voucher}
	docs, err := p.split(raw, exchange)
	if err != nil {
		return nil, err
	}
	var out []connector.Found
	for _, d := range docs {
		v, problem := i.version(p, d)
		if problem != nil {
			return nil, problem.Err
		}
		life := i.voucherLife(d.rows[0])
		found := foundOf([]connector.Version{v})[0]
		found.Life = &life
		out = append(out, found)
	}
	return out, nil
}

// stagedVoucher looks among pre-edit errors and among what waits to be built.
func (i *Instance) stagedVoucher(ctx context.Context, unit, id string) ([]connector.Found, error) {
	for _, name := range []string{entVchrPreedit, entVchrStage} {
		e := i.entity(name)
		rows, err := i.ask(ctx, e, unit, id)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		life := connector.Life{Stage: connector.StageStaged, Reason: "waits for the voucher build", At: i.now()}
		if name == entVchrPreedit {
			life = connector.Life{Stage: connector.StageRecycled, Reason: i.reason("pre-edit error", rows[0]), At: i.now()}
		}
		d := connector.Document(e.known(rows[0], "A"))
		return []connector.Found{{ID: unit + "/" + id, Numbers: numbers(id, d.Text("INVOICE_ID")), Title: "Voucher " + unit + " " + id + ", invoice " + d.Text("INVOICE_ID"), Document: d, Life: &life}}, nil
	}
	return nil, nil
}

// findAny gives one object of a Kind, whichever, from the lists that are read without a filter.
func (i *Instance) findAny(ctx context.Context, k connector.Kind) ([]connector.Found, error) {
	parts, err := i.parts(k)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		raw, exchange, err := i.askRaw(ctx, p.entity, 1, i.values(p, "", time.Time{})...)
		if err != nil {
			return nil, err
		}
		docs, err := p.split(raw, exchange)
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			if v, problem := i.version(p, d); problem == nil {
				return foundOf([]connector.Version{{ID: v.ID, Numbers: v.Numbers, Title: v.Title, Standing: v.Standing}}), nil
			}
		}
	}
	return nil, nil
}
