package sides

import (
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/invariant"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

// peopleSoft is a simulated PeopleSoft as a Side.
type peopleSoft struct {
	name    string
	company *sample.Company
	server  *peoplesoftsim.Server
	now     func() time.Time
	zone    *time.Location
}

// PeopleSoft looks into a simulated PeopleSoft that the store knows as the given Connection.
func PeopleSoft(connection string, c *sample.Company, s *peoplesoftsim.Server, now func() time.Time) invariant.Side {
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return &peopleSoft{connection, c, s, now, zone}
}

// Connection implements [invariant.Side].
func (p *peopleSoft) Connection() string { return p.name }

// Objects implements [invariant.Side].
func (p *peopleSoft) Objects(kind connector.Kind) []invariant.Object {
	switch kind {
	case connector.Supplier:
		return each(p.server.Vendors(), p.vendor)
	case connector.GLAccount:
		return each(p.server.Accounts(), p.account)
	case connector.Requisition:
		return each(p.server.Requisitions(), p.requisition)
	case connector.PurchaseOrder:
		return each(p.server.Orders(), p.order)
	case connector.Invoice:
		return p.vouchers()
	}
	return nil
}

func each[T any](rows []T, object func(T) invariant.Object) []invariant.Object {
	out := make([]invariant.Object, len(rows))
	for i, r := range rows {
		out[i] = object(r)
	}
	return out
}

func (p *peopleSoft) vendor(r *peoplesoftsim.Row) invariant.Object {
	o := invariant.Object{ID: r.Get("SETID") + "/" + r.Get("VENDOR_ID"), Facts: map[string]string{"name": strings.TrimSpace(r.Get("NAME1") + " " + r.Get("NAME2"))}}
	o.Of, _ = strings.CutPrefix(r.Get("AR_NUM"), "JGR-")
	switch r.Get("VENDOR_STATUS") {
	case "A":
		o.Facts["active"] = "true"
	case "I", "D", "X":
		o.Facts["active"] = "false"
	}
	return o
}

// account tells what an account is today: its newest row that is in force.
func (p *peopleSoft) account(r *peoplesoftsim.Row) invariant.Object {
	today := p.now().In(p.zone).Format(time.DateOnly)
	var is *peoplesoftsim.Row
	for _, row := range r.Below["rows"] {
		if row.Get("EFFDT") <= today && (is == nil || row.Get("EFFDT") > is.Get("EFFDT")) {
			is = row
		}
	}
	if is == nil {
		return invariant.Object{ID: p.accountID(r.Below["rows"][0].Get("ACCOUNT")), Changed: time.Unix(1, 0)} // not in force yet: in no query
	}
	active := is.Get("EFF_STATUS") == "A" && is.Get("BUDGETARY_ONLY") != "Y" && is.Get("STATISTICS_ACCOUNT") != "Y"
	return invariant.Object{ID: p.accountID(is.Get("ACCOUNT")), Facts: map[string]string{"description": is.Get("DESCR"), "active": strconv.FormatBool(active)}}
}

func (p *peopleSoft) accountID(value string) string { return p.company.SetID + "/ACCOUNT/" + value }

func (p *peopleSoft) requisition(r *peoplesoftsim.Row) invariant.Object {
	o := invariant.Object{ID: r.Get("BUSINESS_UNIT") + "/" + r.Get("REQ_ID"), Facts: map[string]string{"currency": r.Get("CURRENCY_CD")}}
	o.Changed, _ = time.ParseInLocation("2006-01-02T15:04:05", r.Get("LAST_DTTM_UPDATE"), p.zone)
	var amounts []string
	lines := 0
	for _, line := range r.Below["REQ_LINE"] {
		if line.Get("CURR_STATUS") != "A" {
			continue
		}
		for _, ship := range line.Below["REQ_LINE_SHIP"] {
			lines++
			amounts = append(amounts, sums(ship.Below["REQ_LN_DISTRIB"])...)
		}
	}
	o.Facts["total"], o.Facts["lines"] = sample.Sum(amounts...), strconv.Itoa(lines)
	return o
}

// sums are the amounts of accounting rows.
func sums(rows []*peoplesoftsim.Row) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Get("MERCHANDISE_AMT"))
	}
	return out
}

func (p *peopleSoft) order(r *peoplesoftsim.Row) invariant.Object {
	o := invariant.Object{ID: r.Get("BUSINESS_UNIT") + "/" + r.Get("PO_ID"), Of: r.Get("PO_REF"), Facts: map[string]string{"currency": r.Get("CURRENCY_CD")}}
	o.Names = []connector.Record{p.names(connector.Supplier, r.Get("VENDOR_SETID"), r.Get("VENDOR_ID"))}
	var amounts []string
	for _, line := range r.Below["PO_LINE"] {
		for _, ship := range line.Below["PO_LINE_SHIP"] {
			amounts = append(amounts, sums(ship.Below["PO_LINE_DISTRIB"])...)
			for _, d := range ship.Below["PO_LINE_DISTRIB"] {
				o.Names = append(o.Names, connector.Record{Connection: p.name, Kind: connector.GLAccount, ID: p.accountID(d.Get("ACCOUNT"))})
			}
		}
	}
	o.Facts["total"], o.Facts["lines"] = sample.Sum(amounts...), strconv.Itoa(len(r.Below["PO_LINE"]))
	return o
}

func (p *peopleSoft) names(kind connector.Kind, scope, id string) connector.Record {
	return connector.Record{Connection: p.name, Kind: kind, ID: scope + "/" + id}
}

// vouchers are all vouchers, wherever they are in their life. One that moves on while they are read is told once.
func (p *peopleSoft) vouchers() []invariant.Object {
	var out []invariant.Object
	seen := map[string]bool{}
	paid := map[string][]string{}
	for _, r := range p.server.Payments() {
		for _, s := range r.Below["schedule"] {
			if n := s.Get("PYMNT_ID_REF"); n != "" {
				key := s.Get("BUSINESS_UNIT") + "/" + s.Get("VOUCHER_ID")
				paid[key] = append(paid[key], s.Get("VOUCHER_ID")+" "+n)
			}
		}
	}
	for i, rows := range [][]*peoplesoftsim.Row{p.server.Staged(), p.server.PreEdits(), p.server.Vouchers()} {
		for _, r := range rows {
			o := p.voucher(r)
			if i == 2 { // it is built
				o.Became = append([]string{r.Get("VOUCHER_ID")}, paid[o.ID]...)
			}
			if !seen[o.ID] {
				seen[o.ID] = true
				out = append(out, o)
			}
		}
	}
	return out
}

func (p *peopleSoft) voucher(r *peoplesoftsim.Row) invariant.Object {
	o := invariant.Object{ID: r.Get("BUSINESS_UNIT") + "/" + r.Get("VOUCHER_ID"), Of: invoiceOf(r.Get("VOUCHER_ID"))}
	o.Facts = map[string]string{"number": r.Get("INVOICE_ID"), "currency": r.Get("TXN_CURRENCY_CD"), "total": r.Get("GROSS_AMT"), "lines": strconv.Itoa(len(r.Below["VCHR_LINE_STG"]))}
	setid := r.Get("VENDOR_SETID")
	if setid == "" {
		setid = p.company.SetID
	}
	o.Names = []connector.Record{p.names(connector.Supplier, setid, r.Get("VENDOR_ID"))}
	for _, line := range r.Below["VCHR_LINE_STG"] {
		if id := line.Get("PO_ID"); id != "" {
			o.Names = append(o.Names, p.names(connector.PurchaseOrder, line.Get("BUSINESS_UNIT_PO"), id))
		}
	}
	return o
}

// invoiceOf is the invoice's ID that a voucher's number was made of; "" for numbers of another making.
func invoiceOf(voucher string) string {
	id, ours := strings.CutPrefix(voucher, "J")
	if !ours {
		return ""
	}
	return strings.TrimLeft(id, "0")
}

// Writes implements [invariant.Side].
func (p *peopleSoft) Writes(kind connector.Kind) []invariant.Write {
	var operations []string
	switch kind {
	case connector.Supplier:
		operations = []string{"vendor.create", "vendor.update"}
	case connector.PurchaseOrder:
		operations = []string{"po.create", "po.update"}
	case connector.Invoice:
		operations = []string{"voucher.accept"}
	}
	var out []invariant.Write
	for _, op := range operations {
		for _, key := range p.server.Effects(op) {
			out = append(out, written(kind, key))
		}
	}
	return out
}

// written turns the key of an effect into what we know it by.
func written(kind connector.Kind, key string) invariant.Write {
	_, number, _ := strings.Cut(key, "/")
	w := invariant.Write{ID: key}
	switch kind {
	case connector.Supplier:
		w.Of, _ = strings.CutPrefix(number, "JGR-")
		if w.Of == number {
			w.Of = ""
		}
	case connector.PurchaseOrder:
		w.Of = number
	case connector.Invoice:
		w.Of = invoiceOf(number)
	}
	return w
}
