package peoplesoft

import (
	connector "ml-connector"
)

// readLengths are fields that are read and never written, in the notation of fieldsOf (PEOPLESOFT.md §3.6).
const readLengths = "REQ_ID:10 REQUESTOR_ID:30 SHIPTO_ID:10 DESCR:30 DESCRSHORT:10 EFF_STATUS:1 ACCOUNT_TYPE:1 GL_ACCOUNT_SW:1 BUDGETARY_ONLY:1 OPEN_ITEM:1 STATISTICS_ACCOUNT:1 " +
	"DEFAULT_LOC:10 PYMNT_METHOD:3 REQ_STATUS:2 CURR_STATUS:2 HOLD_STATUS:1 BUDGET_HDR_STATUS:1 QTY_REQ#15.4 PRICE_REQ#15.5 PO_TYPE:4 DISP_ACTION:1 RECV_STATUS:1 MATCH_STATUS_PO:1 " +
	"CHNG_ORD_BATCH#3 CURRENCY_CD_BASE:3 DST_ACCT_TYPE:4 MERCH_AMT_BSE#26.3 GRP_AP_ID:10 BASE_CURRENCY:3 ENTRY_STATUS:1 APPR_STATUS:1 MATCH_STATUS_VCHR:1 POST_STATUS_AP:1 CLOSE_STATUS:1 " +
	"DUP_INVOICE_STATUS:1 DSCNT_AMT#26.3"

// content is what the Documents of a Kind hold when they are read: the columns of their query, as the site has them.
func (i *Instance) content(kind connector.Kind) connector.Schema {
	known := i.lengths()
	switch kind {
	case connector.GLAccount:
		e := i.entity(entAccount)
		fields := []connector.Field{{Name: "SETID", Type: connector.TypeText, Length: 5}, {Name: "FIELD", Type: connector.TypeText, Length: 18},
			{Name: "VALUE", Type: connector.TypeText, Length: 30}, {Name: "INTERNAL_NAME", Type: connector.TypeText}}
		for _, f := range known.of(e, "A") {
			if f.Name != "SETID" && f.Name != e.columns[1].name {
				fields = append(fields, f)
			}
		}
		return connector.Schema{Fields: fields}
	case connector.Supplier:
		return connector.Schema{Fields: i.supplierContent(known)}
	case connector.Requisition:
		return connector.Schema{Fields: known.nested(i.entity(entReq), reqLevels)}
	case connector.PurchaseOrder:
		return connector.Schema{Fields: known.nested(i.entity(entPO), poLevels)}
	case connector.Invoice:
		return connector.Schema{Fields: known.nested(i.entity(entVoucher), voucherLevels)}
	}
	return connector.Schema{}
}

func (i *Instance) supplierContent(known lengths) []connector.Field {
	e := i.entity(entVendor)
	fields := known.of(e, "A")
	for _, g := range []struct{ alias, name string }{{"B", "ADDRESS"}, {"C", "LOCATION"}, {"D", "PAY"}} {
		fields = append(fields, connector.Field{Name: g.name, Type: connector.TypeGroup, Fields: known.of(e, g.alias)})
	}
	for _, l := range vendorLists() {
		if !i.profile.lists[l.flag] && l.entity != entVendorBank { // rules may have bank accounts confirmed wherever they are read
			continue
		}
		list := i.entity(l.entity)
		var rows []connector.Field
		for _, c := range list.columns {
			if c.alias != "A" {
				rows = append(rows, known.field(c))
			}
		}
		for n := range rows {
			for _, secret := range l.secret {
				if rows[n].Name == secret { // what is kept of it
					rows[n] = connector.Field{Name: secret, Type: connector.TypeGroup, Fields: fieldsOf("LAST_FOUR:4 HASH:64")}
				}
			}
		}
		fields = append(fields, connector.Field{Name: l.name, Type: connector.TypeList, Fields: rows})
		if l.entity == entVendorBank {
			fields = append(fields, connector.Field{Name: bankAccountsRead, Type: connector.TypeText, Length: 1})
		}
	}
	return fields
}

// lengths are fields by name with what is known of their values: the same field is as long in each record.
type lengths map[string]connector.Field

func (i *Instance) lengths() lengths {
	out := lengths{}
	out.add(i.ownLengths())
	out.add(fieldsOf(readLengths))
	for _, s := range []connector.Schema{i.schemas.order, i.schemas.supplier, i.schemas.voucher} {
		out.add(s.Fields)
	}
	return out
}

func (l lengths) add(fields []connector.Field) {
	for _, f := range fields {
		if f.Type == connector.TypeList {
			l.add(f.Fields)
			continue
		}
		l[f.Name] = f
	}
}

// field is a column as it stands in a Document.
func (l lengths) field(c column) connector.Field {
	f := connector.Field{Name: c.name, Type: connector.TypeText}
	switch c.form {
	case formNumber:
		f.Type = connector.TypeNumber
	case formDate:
		f.Type = connector.TypeDate
	}
	if k, ok := l[c.name]; ok && k.Type == f.Type {
		f.Length, f.Scale, f.Unsigned = k.Length, k.Scale, k.Unsigned
	}
	return f
}

// of are the columns of one record of a query. The stamp is no content.
func (l lengths) of(e entity, alias string) []connector.Field {
	var out []connector.Field
	for _, c := range e.columns {
		if c.alias == alias && c.form != formStamp {
			out = append(out, l.field(c))
		}
	}
	return out
}

// nested are the fields of a document with its lists.
func (l lengths) nested(e entity, levels []level) []connector.Field {
	fields := l.of(e, "A")
	below := &fields
	for _, at := range levels {
		*below = append(*below, connector.Field{Name: at.list, Type: connector.TypeList, Fields: l.of(e, at.alias)})
		below = &(*below)[len(*below)-1].Fields
	}
	return fields
}
