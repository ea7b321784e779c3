package app

import (
	"context"
	"maps"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/store"
)

// threadKinds are the Kinds of one purchase, in the order in which they follow each other, and how the fields are called
// by which the later refer to the earlier (without case and '_').
var threadKinds = []struct {
	kind   connector.Kind
	fields []string
}{
	{connector.Requisition, []string{"requisitionid", "requisitionnumber", "externalrequisitionnumber", "reqid"}},
	{connector.PurchaseOrder, []string{"purchaseorderid", "ponumber", "poid", "poref"}},
	{connector.Invoice, []string{"invoiceid", "invoicenumber", "voucherid"}},
}

// thread gathers the Records that belong to one purchase: both sides of each Link, and what a Document names of the Kinds
// before its own.
func (a *App) thread(ctx context.Context, from store.RecordRow) ([]ThreadRecord, error) {
	seen := map[connector.Record]bool{from.Record: true}
	todo := []store.RecordRow{from}
	var found []store.RecordRow
	for len(todo) > 0 && len(found) < 50 {
		row := todo[0]
		todo = todo[1:]
		found = append(found, row)
		near, err := a.near(ctx, row)
		if err != nil {
			return nil, err
		}
		for _, n := range near {
			if !seen[n.Record] {
				seen[n.Record] = true
				todo = append(todo, n)
			}
		}
	}
	slices.SortStableFunc(found, func(x, y store.RecordRow) int { return threadRank(x.Record.Kind) - threadRank(y.Record.Kind) })
	out := []ThreadRecord{}
	for _, r := range found {
		ds, err := a.DB.Deliveries(ctx, store.DeliveryFilter{Record: r.Record, Newest: true, Limit: 1})
		if err != nil {
			return nil, err
		}
		t := ThreadRecord{Connection: r.Record.Connection, Kind: r.Record.Kind, ID: r.Record.ID}
		if len(ds) > 0 {
			t.State = ds[0].State
		}
		out = append(out, t)
	}
	return out, nil
}

func threadRank(k connector.Kind) int {
	for i, t := range threadKinds {
		if t.kind == k {
			return i
		}
	}
	return -1
}

// near lists the Records one step away: the linked ones, and the earlier ones that its Document names.
func (a *App) near(ctx context.Context, row store.RecordRow) ([]store.RecordRow, error) {
	var out []store.RecordRow
	links, err := a.DB.LinksOf(ctx, row.Record)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		other, err := a.DB.RecordByID(ctx, l.Other(row.Record.Connection))
		if err != nil {
			return nil, err
		}
		if other != nil {
			out = append(out, *other)
		}
	}
	rank := threadRank(row.Record.Kind)
	for _, t := range threadKinds[:max(rank, 0)] {
		for _, value := range valuesOf(row.Document, t.fields) {
			rows, err := a.DB.RecordByNumber(ctx, row.Record.Connection, t.kind, value)
			if err != nil {
				return nil, err
			}
			out = append(out, rows...)
			same, err := a.DB.RecordByID(ctx, connector.Record{Connection: row.Record.Connection, Kind: t.kind, ID: value})
			if err != nil {
				return nil, err
			}
			if same != nil {
				out = append(out, *same)
			}
		}
	}
	return out, nil
}

// valuesOf lists the values that fields of the given names have anywhere in a Document, each once.
func valuesOf(d connector.Document, fields []string) []string {
	found := map[string]bool{}
	collect(found, fields, "", d)
	return slices.Sorted(maps.Keys(found))
}

func collect(found map[string]bool, fields []string, name string, v any) {
	if m, ok := connector.AsMap(v); ok {
		for k, e := range m {
			collect(found, fields, k, e)
		}
		return
	}
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			collect(found, fields, name, e)
		}
	case string:
		if x != "" && slices.Contains(fields, strings.ToLower(strings.ReplaceAll(name, "_", ""))) {
			found[x] = true
		}
	}
}
