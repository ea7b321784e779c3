package connectortest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/connectortest"
	"ml-connector/jaggaer"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/sample"
)

// clock is a clock that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// odd is what suffers easily: quotes, &, <, umlauts, characters beyond the basic plane, leading zeros.
const odd = `007 "O'Malley" & Söhne <Tools> 𝔘🧪`

func TestJAGGAER(t *testing.T) {
	connectortest.Run(t, func(t *testing.T) connectortest.Site { return openJAGGAER(t, jaggaersim.Switches{PageSize: 5}, nil) })
}

// TestJAGGAERWithOddities is a site that does everything else than the default profile.
func TestJAGGAERWithOddities(t *testing.T) {
	odd := jaggaersim.Switches{PageSize: 2, PageSizeVaries: true, CodeAsText: true, CountsAsText: true, EmptyList: "null", Detail: "envelope", DetailMissing: "code2",
		ReturnMessage: "Ok", RevokeEvery: 40, SupplierCode: 202, MirrorStatus: true}
	rest := map[string]any{"supplier.write": "rest", "requisition.create": "rest"}
	connectortest.Run(t, func(t *testing.T) connectortest.Site { return openJAGGAER(t, odd, rest) })
}

// entities are the simulator's names of what is read.
var entities = map[connector.Kind]string{
	connector.Supplier: jaggaersim.Supplier, connector.Requisition: jaggaersim.Requisition, connector.PurchaseOrder: jaggaersim.PurchaseOrder,
	connector.Invoice: jaggaersim.Invoice, connector.GLAccount: jaggaersim.CustomFieldValue,
}

// openJAGGAER makes a Site; operations, when not nil, are those of its profile.
func openJAGGAER(t *testing.T, switches jaggaersim.Switches, operations map[string]any) connectortest.Site {
	t.Helper()
	switches.AnyValue = true
	c := &clock{now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	company := sample.New(3, sample.Small(), c.now)
	secrets := map[string]string{"client_secret": "cl1ent/Secret +&", "shared_secret": "sh4red <Secret> &"}
	sim := jaggaersim.New(company, jaggaersim.Options{
		Now: c.Now, ClientSecret: secrets["client_secret"], SharedSecret: secrets["shared_secret"], Switches: switches,
		Pace: -1, ApproveAfter: -1, Seed: 7,
	})
	records := func(k connector.Kind) []jaggaersim.Record {
		switch k {
		case connector.Supplier:
			return sim.Suppliers()
		case connector.Requisition:
			return sim.Requisitions()
		case connector.PurchaseOrder:
			return sim.Orders()
		case connector.Invoice:
			return sim.Invoices()
		}
		return sim.CustomFieldValues()
	}
	edits := 0
	return connectortest.Site{
		System: jaggaer.New(), Handler: sim, Secrets: secrets, User: jaggaersim.DefaultClientID, Now: c.Now, Pass: c.pass,
		Settings: func(address string) connector.Settings {
			profile := map[string]any{"rest": map[string]any{"max_attempts": int64(1)}}
			if operations != nil {
				profile["operations"] = operations
			}
			return connector.Settings{"url": address, "xml_url": address, "client_id": jaggaersim.DefaultClientID, "identity": jaggaersim.DefaultIdentity, "profile": profile}
		},
		Needs: []connector.Need{
			{Flow: "gl-accounts", Kind: connector.GLAccount, Writes: true}, {Flow: "suppliers-to-jaggaer", Kind: connector.Supplier, Writes: true},
			{Flow: "suppliers-to-peoplesoft", Kind: connector.Supplier, Reads: true}, {Flow: "requisitions", Kind: connector.Requisition, Writes: true},
			{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Reads: true}, {Flow: "invoices", Kind: connector.Invoice, Reads: true},
		},
		Holds: func(k connector.Kind) []string {
			var out []string
			for _, r := range records(k) {
				id := fmt.Sprint(r.ID)
				if k == connector.GLAccount {
					id = r.Text("fieldInternalName") + "/" + r.Text("value")
				}
				out = append(out, id)
			}
			return out
		},
		Edit: func(k connector.Kind, id string) error {
			edits++
			if k == connector.GLAccount {
				for _, r := range sim.CustomFieldValues() {
					if r.Text("fieldInternalName")+"/"+r.Text("value") == id {
						id = fmt.Sprint(r.ID)
					}
				}
			}
			return sim.Edit(entities[k], id, map[string]any{"header": map[string]any{"description": fmt.Sprintf("changed %d times", edits)}})
		},
		Spoil: func(k connector.Kind) string {
			if k == connector.GLAccount {
				return "" // a value is all in the list; there is no detail that could be bad
			}
			all := records(k)
			id := fmt.Sprint(all[len(all)/2].ID)
			if err := sim.Fault(jaggaersim.Fault{Kind: "gone", Operation: entities[k] + ".read", Path: "/" + id, Times: -1}); err != nil {
				t.Fatal(err)
			}
			return id
		},
		LockOut: func() { sim.RotateSecret("another"); sim.RevokeTokens() },
		LogIns: func() int {
			n := 0
			for _, e := range sim.Journal() {
				if e.Operation == "token" {
					n++
				}
			}
			return n
		},
		Planted: plantJAGGAER(t, sim, company),
		Writes:  jaggaerWrites(sim, company),
	}
}

func plantJAGGAER(t *testing.T, sim *jaggaersim.Server, company *sample.Company) []connectortest.Planted {
	t.Helper()
	order := company.Orders[0]
	order.Number = "PO0000099"
	id, err := sim.AddOrder(order.Supplier.VendorID, order)
	if err != nil {
		t.Fatal(err)
	}
	exact := map[string]any{"description": odd, "total": map[string]any{"value": json.Number("12345678901234567.89"), "currency": "USD"}, "discount": json.Number("0.0001")}
	if err := sim.Edit(jaggaersim.PurchaseOrder, fmt.Sprint(id), map[string]any{"header": exact}); err != nil {
		t.Fatal(err)
	}
	return []connectortest.Planted{{Kind: connector.PurchaseOrder, ID: fmt.Sprint(id), Texts: []string{odd, "12345678901234567.89", "0.0001", "PO0000099"}}}
}

func jaggaerWrites(sim *jaggaersim.Server, company *sample.Company) []connectortest.Sample {
	group := func(pairs ...any) map[string]any {
		g := map[string]any{}
		for n := 0; n < len(pairs); n += 2 {
			g[pairs[n].(string)] = pairs[n+1]
		}
		return g
	}
	stored := func(list func() []jaggaersim.Record) func() []string {
		return func() []string {
			var out []string
			for _, r := range list() {
				var b strings.Builder
				e := json.NewEncoder(&b)
				e.SetEscapeHTML(false)
				if err := e.Encode(r.Body); err != nil {
					panic(err)
				}
				out = append(out, b.String())
			}
			return out
		}
	}
	quoted := strings.ReplaceAll(odd, `"`, `\"`)
	account := connector.Document{"fieldInternalName": "Account", "value": "0061099", "description": odd, "active": "true"}
	supplier := connector.Document{
		"ERPNumber": "0000099001", "Name": odd, "CountryOfOrigin": "US", "Active": "Yes",
		"BusinessUnitVendorNumberList": group("BusinessUnitVendorNumber", []any{group("businessUnitInternalName", "DIV-EAST", "value", "0000099001")}),
		"EnabledCurrencyList":          group("IsoCurrencyCode", []any{group("value", "USD")}),
		"AddressList": group("Address", []any{group("type", "remitto", "ERPNumber", "0000099001-1", "Name", "Remit", "Active", "true", "AddressLine1", `PO Box 1 & "Co" <x>`,
			"City", "Zürich 🧪", "State", "CA", "PostalCode", "00501", "IsoCountryCode", "USA")}),
		"AccountsPayableList": group("AccountsPayable", []any{group("type", "Check", "ERPNumber", "0000099001-AP-MAIN", "Name", "Check", "Active", "true")}),
	}
	fields := group("Account", company.Accounts[0].Value)
	requisition := connector.Document{
		"RequisitionName": "US001-0000001234", "ExternalReq": "US001-0000001234", "Description": odd,
		"Requestor": group("username", company.Users[0].Jaggaer), "ShipTo": group("AddressCode", company.ShipTos[0].Jaggaer),
		"RequisitionSupplierGroup": []any{group("RequisitionLine", []any{group("linenumber", "1", "CatalogNumber", "000123", "Description", odd, "MeasurementUnit", "BX",
			"CommodityCode", company.Categories[0].Jaggaer, "ProductType", "NonCatalogItem", "Quantity", "0.25", "UnitPrice", "123456789.0125", "currency", "USD",
			"splits", []any{group("splitindex", "0", "distributionvalue", "30864197.25", "fields", fields)})})},
	}
	return []connectortest.Sample{
		{Kind: connector.GLAccount, Document: account, Texts: []string{"0061099", quoted}, Stored: stored(sim.CustomFieldValues)},
		{Kind: connector.Supplier, Document: supplier, Texts: []string{"0000099001", quoted, "Zürich 🧪", "00501"}, Stored: stored(sim.Suppliers)},
		{Kind: connector.Requisition, Document: requisition, Texts: []string{quoted, "000123", "0.25", "123456789.0125"}, Stored: stored(sim.Requisitions)},
	}
}
