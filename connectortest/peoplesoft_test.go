package connectortest_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/connectortest"
	"ml-connector/peoplesoft"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

func TestPeopleSoft(t *testing.T) {
	connectortest.Run(t, func(t *testing.T) connectortest.Site { return openPeopleSoft(t, peoplesoftsim.Site{}, nil) })
}

// TestPeopleSoftWithOddities is a site that gives query results as XML only and takes Component Interfaces over REST.
func TestPeopleSoftWithOddities(t *testing.T) {
	site := peoplesoftsim.Site{Formats: []string{"XMLP"}, Production: true, HideVersion: true}
	rest := tree{"write": tree{"po": tree{"transport": "rest_ci"}, "vendor": tree{"transport": "rest_ci"}}}
	connectortest.Run(t, func(t *testing.T) connectortest.Site { return openPeopleSoft(t, site, rest) })
}

// TestPeopleSoftWithMessages is a site that takes suppliers as messages too, at the service connector, where only the address
// can carry what guards against a repetition.
func TestPeopleSoftWithMessages(t *testing.T) {
	site := peoplesoftsim.Site{Envelopes: []string{"soap"}}
	messages := tree{"write": tree{"vendor": tree{"transport": "message"}}, "message": tree{"envelope": "soap", "external_id": "query"}}
	connectortest.Run(t, func(t *testing.T) connectortest.Site { return openPeopleSoft(t, site, messages) })
}

// TestPeopleSoftWithItsOwnServices is a site that built REST services of its own for everything.
func TestPeopleSoftWithItsOwnServices(t *testing.T) {
	site := peoplesoftsim.Site{OrderREST: "UNI_PO.v1", VendorREST: "UNI_VNDR.v1", VoucherREST: "UNI_VCHR.v1", StagingShape: "RequestBody/X_VCHR_IMPORT_STG"}
	service := func(alias, number string, more tree) tree {
		s := tree{"url": "/PSIGW/RESTListeningConnector/{node}/" + alias + "/", "success_pointer": "/Response/Status", "messages_pointer": "/Response/Message", "key_pointers": tree{number: "/Response/" + number}}
		for k, v := range more {
			s[k] = v
		}
		return s
	}
	own := tree{"transport": "custom_rest"}
	profile := tree{"write": tree{"po": own, "vendor": own, "voucher": own}, "custom_rest": tree{
		"po": service("UNI_PO.v1", "PO_ID", nil), "vendor": service("UNI_VNDR.v1", "VENDOR_ID", nil),
		"voucher": service("UNI_VCHR.v1", "VOUCHER_ID", tree{"template": tree{"RequestBody": []any{tree{"X_VCHR_IMPORT_STG": []any{tree{"VCHR_HDR_STG": []any{"{document}"}}}}}}}),
	}}
	connectortest.Run(t, func(t *testing.T) connectortest.Site { return openPeopleSoft(t, site, profile) })
}

type tree = map[string]any

// openPeopleSoft makes a Site; more, when not nil, is a part of its profile.
func openPeopleSoft(t *testing.T, site peoplesoftsim.Site, more tree) connectortest.Site {
	t.Helper()
	c := &clock{now: time.Date(2026, 3, 4, 16, 11, 12, 0, time.UTC)}
	company := sample.New(3, sample.Small(), c.now)
	user := peoplesoftsim.DefaultUser()
	user.Password = "p4ss<word>&/+"
	sim := peoplesoftsim.New(company, peoplesoftsim.Options{Now: c.Now, Site: site, Users: []peoplesoftsim.User{user}, Life: peoplesoftsim.Life{Dispatch: peoplesoftsim.Immediately}})
	var units []any
	for _, d := range company.Divisions {
		units = append(units, d.BusinessUnit)
	}
	spoilt := &spoiler{next: sim}
	edits := 0
	return connectortest.Site{
		System: peoplesoft.New(), Handler: spoilt, Secrets: map[string]string{"password": user.Password}, User: user.ID, Now: c.Now, Pass: c.pass,
		Settings: func(address string) connector.Settings {
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			port, err := strconv.ParseInt(u.Port(), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			profile := map[string]any{"query": map[string]any{"page_size": int64(40)}}
			maps.Copy(profile, more)
			return connector.Settings{"host": u.Hostname(), "port": port, "tls": false, "node": "PSFT_EP", "username": user.ID, "time_zone": company.TimeZone,
				"setids": []any{company.SetID}, "business_units": units, "profile": profile}
		},
		Needs: []connector.Need{
			{Flow: "gl-accounts", Kind: connector.GLAccount, Reads: true}, {Flow: "suppliers-to-jaggaer", Kind: connector.Supplier, Reads: true},
			{Flow: "suppliers-to-peoplesoft", Kind: connector.Supplier, Writes: true}, {Flow: "requisitions", Kind: connector.Requisition, Reads: true},
			{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Writes: true}, {Flow: "invoices", Kind: connector.Invoice, Writes: true},
		},
		Holds: func(k connector.Kind) []string { return peopleSoftIDs(sim, k, c.Now()) },
		Edit: func(k connector.Kind, id string) error {
			edits++
			place, number, _ := strings.Cut(id, "/")
			switch k {
			case connector.Supplier:
				return sim.EditVendor(place, number, map[string]string{"NAME2": fmt.Sprintf("changed %d times", edits)})
			case connector.Requisition:
				return sim.EditRequisition(place, number, map[string]string{"REQUESTOR_ID": fmt.Sprintf("CHANGED%d", edits)})
			case connector.PurchaseOrder:
				return sim.EditOrder(place, number, map[string]string{"BUYER_ID": fmt.Sprintf("CHANGED%d", edits)})
			}
			return fmt.Errorf("a %s is changed in no way here", k)
		},
		Spoil: func(k connector.Kind) string {
			if k != connector.Requisition {
				return ""
			}
			bad := company.Requisitions[len(company.Requisitions)/2]
			spoilt.set(bad.ID)
			return bad.BusinessUnit + "/" + bad.ID
		},
		LockOut: func() {
			if err := sim.Unlock(user.ID, "another"); err != nil {
				t.Fatal(err)
			}
		},
		LogIns: func() int {
			n := 0
			for _, e := range sim.Journal() {
				if e.Header.Get("Authorization") != "" {
					n++
				}
			}
			return n
		},
		Planted: plantPeopleSoft(sim, company),
		Writes:  peopleSoftWrites(t, sim, company),
	}
}

// spoiler makes one requisition unreadable on its way: the query gives its status twice, and not the same.
type spoiler struct {
	next http.Handler
	mu   sync.Mutex
	id   string
}

func (s *spoiler) set(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id = id
}

func (s *spoiler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	id := s.id
	s.mu.Unlock()
	if id == "" {
		s.next.ServeHTTP(w, r)
		return
	}
	rec := httptest.NewRecorder()
	s.next.ServeHTTP(rec, r)
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	key := `"A.REQ_ID":"` + id + `"`
	body := strings.ReplaceAll(rec.Body.String(), key, key+`,"REQ_STATUS":"?"`)
	element := `REQ_ID><![CDATA[` + id + `]]></A.REQ_ID>`
	body = strings.ReplaceAll(body, element, element+`<REQ_STATUS>?</REQ_STATUS>`)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(rec.Code)
	_, _ = w.Write([]byte(body)) // whoever asked may be gone
}

func peopleSoftIDs(sim *peoplesoftsim.Server, k connector.Kind, now time.Time) []string {
	var out []string
	join := func(rows []*peoplesoftsim.Row, names ...string) {
		for _, r := range rows {
			var parts []string
			for _, n := range names {
				parts = append(parts, r.Get(n))
			}
			out = append(out, strings.Join(parts, "/"))
		}
	}
	switch k {
	case connector.Supplier:
		join(sim.Vendors(), "SETID", "VENDOR_ID")
	case connector.Requisition:
		join(sim.Requisitions(), "BUSINESS_UNIT", "REQ_ID")
	case connector.PurchaseOrder:
		join(sim.Orders(), "BUSINESS_UNIT", "PO_ID")
	case connector.Invoice:
		join(sim.Vouchers(), "BUSINESS_UNIT", "VOUCHER_ID")
	case connector.GLAccount:
		for _, a := range sim.Accounts() {
			// The query gives the row in effect, so an account that begins later is not there yet.
			if slices.ContainsFunc(a.Below["rows"], func(r *peoplesoftsim.Row) bool { return r.Get("EFFDT") <= now.Format(time.DateOnly) }) {
				out = append(out, a.Below["rows"][0].Get("SETID")+"/ACCOUNT/"+a.Below["rows"][0].Get("ACCOUNT"))
			}
		}
	}
	return out
}

func plantPeopleSoft(sim *peoplesoftsim.Server, company *sample.Company) []connectortest.Planted {
	vendor := company.Suppliers[0]
	vendor.VendorID, vendor.ShortName, vendor.Name1 = "0000000099", "ODD", odd
	sim.PutVendor(vendor)
	req := company.Requisitions[0]
	req.ID = "0000000099"
	req.Lines = slices.Clone(req.Lines[:1])
	req.Lines[0].Description = odd
	req.Lines[0].Schedules = slices.Clone(req.Lines[0].Schedules[:1])
	sched := &req.Lines[0].Schedules[0]
	sched.Quantity, sched.Price, sched.Amount = "0.0001", "1234567890.12345", "12345678901234567890.12"
	sim.PutRequisition(req)
	return []connectortest.Planted{
		{Kind: connector.Supplier, ID: company.SetID + "/0000000099", Texts: []string{odd, "0000000099"}},
		{Kind: connector.Requisition, ID: req.BusinessUnit + "/0000000099", Texts: []string{odd, "0000000099", "0.0001", "1234567890.12345"}},
	}
}

func peopleSoftWrites(t *testing.T, sim *peoplesoftsim.Server, company *sample.Company) []connectortest.Sample {
	t.Helper()
	group := func(pairs ...any) map[string]any {
		g := map[string]any{}
		for n := 0; n < len(pairs); n += 2 {
			g[pairs[n].(string)] = pairs[n+1]
		}
		return g
	}
	stored := func(lists ...func() []*peoplesoftsim.Row) func() []string {
		return func() []string {
			var out []string
			for _, list := range lists {
				for _, r := range list() {
					var b strings.Builder
					dump(&b, r)
					out = append(out, b.String())
				}
			}
			return out
		}
	}
	vendor := ""
	for _, v := range company.Suppliers {
		if v.Status == "A" && v.Class == "R" && v.Persistence == "R" && vendor == "" {
			vendor = v.VendorID
		}
	}
	good := company.Requisitions[0].Lines[0].Schedules[0].Distributions[0].Account
	today := "2026-03-04"
	supplier := connector.Document{
		"SETID": company.SetID, "VENDOR_ID": "NEXT", "VENDOR_NAME_SHORT": "ODD", "NAME1": odd, "VENDOR_STATUS": "E", "VENDOR_CLASS": "R", "VENDOR_PERSISTENCE": "R", "AR_NUM": "JGR-0088123",
		"VNDR_LOC_SCROL": []any{group("VNDR_LOC", "MAIN", "DEFAULT_LOC_FLG", "Y", "VENDOR_LOC", []any{group("EFFDT", today, "EFF_STATUS", "A", "CURRENCY_CD", "USD")})},
		"VNDR_ADDR_SCROL": []any{group("ADDRESS_SEQ_NUM", "1", "DESCR", "Main", "VENDOR_ADDR",
			[]any{group("EFFDT", today, "EFF_STATUS", "A", "COUNTRY", "USA", "ADDRESS1", `PO Box 1 & "Co" <x>`, "CITY", "Zürich 🧪", "STATE", "CA", "POSTAL", "00501")})},
	}
	unit := company.Divisions[0].BusinessUnit
	order := connector.Document{
		"BUSINESS_UNIT": unit, "PO_ID": "NEXT", "VENDOR_SETID": company.SetID, "VENDOR_ID": vendor, "PO_DT": today, "PO_REF": "JGR-PO-000482913", "BUYER_ID": company.Buyers[0].ID, "CURRENCY_CD": "USD", "DISP_METHOD": "PRN",
		"PO_LINE": []any{group("LINE_NBR", "1", "DESCR254_MIXED", odd, "CATEGORY_ID", company.Categories[0].PeopleSoft, "UNIT_OF_MEASURE", "EA", "ITM_ID_VNDR", "000123",
			"PO_LINE_SHIP", []any{group("SCHED_NBR", "1", "DUE_DT", "2026-03-18", "SHIPTO_ID", company.ShipTos[0].PeopleSoft, "QTY_PO", "0.25", "PRICE_PO", "1234567.89012",
				"PO_LINE_DISTRIB", []any{group("DISTRIB_LINE_NUM", "1", "BUSINESS_UNIT_GL", unit, "QTY_PO", "0.25", "MERCHANDISE_AMT", "308641.97", "ACCOUNT", good)})})},
	}
	voucher := connector.Document{
		"ExternalMessageID": "JGR-INV-918273", "BUSINESS_UNIT": unit, "VOUCHER_ID": "J0918273", "VOUCHER_STYLE": "REG", "INVOICE_ID": `00531-"&<Ü`, "INVOICE_DT": today, "ACCOUNTING_DT": today,
		"VENDOR_ID": vendor, "ORIGIN": "JGR", "GROSS_AMT": "30864197.25", "TXN_CURRENCY_CD": "USD", "VCHR_SRC": "XML",
		"VCHR_LINE_STG": []any{group("VOUCHER_LINE_NUM", "1", "DESCR", "Söhne & <x> 🧪", "QTY_VCHR", "0.25", "UNIT_OF_MEASURE", "EA", "UNIT_PRICE", "123456789", "MERCHANDISE_AMT", "30864197.25",
			"VCHR_DIST_STG", []any{group("DISTRIB_LINE_NUM", "1", "BUSINESS_UNIT_GL", unit, "ACCOUNT", good, "MERCHANDISE_AMT", "30864197.25")})},
	}
	return []connectortest.Sample{
		{Kind: connector.Supplier, Document: supplier, Given: []string{"VENDOR_ID"}, Texts: []string{odd, "JGR-0088123", "Zürich 🧪", "00501"}, Stored: stored(sim.Vendors)},
		{Kind: connector.PurchaseOrder, Document: order, Given: []string{"PO_ID"}, Texts: []string{odd, "000123", "0.25", "1234567.89012", "308641.97"}, Stored: stored(sim.Orders)},
		{Kind: connector.Invoice, Document: voucher, Texts: []string{`00531-"&<Ü`, "Söhne & <x> 🧪", "0.25", "123456789", "30864197.25"}, Stored: stored(sim.Staged, sim.PreEdits, sim.Vouchers), Ripen: sim.Build},
	}
}

// dump writes every field of a row and of those below it.
func dump(b *strings.Builder, r *peoplesoftsim.Row) {
	for name, value := range r.Fields {
		fmt.Fprintf(b, "%s=%s\n", name, value)
	}
	for _, rows := range r.Below {
		for _, below := range rows {
			dump(b, below)
		}
	}
}
