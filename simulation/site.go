package simulation

import (
	"net/http"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/flows"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/store"
	"ml-connector/systems"
)

// The two Connections of the site, and where nobody listens.
const (
	erp    = "erp"
	s2p    = "s2p"
	s2pURL = "https://s2p.invalid"
)

// side is one System of the site, and how the way to it is.
type side struct {
	name       string
	handler    http.Handler
	down, slow time.Time     // until when
	skew       time.Duration // of its clock
}

// shipped are the shipped Flows as a configuration that names nothing but them has them. They are the same for every seed.
var shipped = sync.OnceValues(func() (map[string]connector.Flow, error) {
	text := "database: sqlite:none.db\nconnections:\n  erp: {system: peoplesoft, settings: {host: erp.invalid, port: 8000, node: PSFT_EP, auth: basic, username: U, time_zone: America/Chicago, business_units: [U]}, secrets: {password: env:A}}\n" +
		"  s2p: {system: jaggaer, settings: {url: " + s2pURL + ", client_id: c, xml_url: " + s2pURL + ", identity: i}, secrets: {client_secret: env:A, shared_secret: env:A}}\nflows:\n"
	for _, f := range flows.Shipped() {
		from, to := erp, s2p
		if f.Name == "suppliers-to-peoplesoft" || f.Name == "purchase-orders" || f.Name == "invoices" {
			from, to = to, from
		}
		text += "  " + f.Name + ": {from: " + from + ", to: " + to + "}\n"
	}
	file, err := config.Parse("simulation", []byte(text), "/", config.Known{Systems: systems.All(), Flows: flows.Shipped()})
	if err != nil {
		return nil, err
	}
	out := map[string]connector.Flow{}
	for _, f := range file.Flows {
		out[f.Name] = f
	}
	return out, nil
})

// found opens both Systems with the company in them.
func (s *sim) found() {
	p := s.profile
	s.ps = peoplesoftsim.New(s.company, peoplesoftsim.Options{
		Now: func() time.Time { return s.turns.now.Add(p.ERPSkew) }, Sleep: func(d time.Duration) { s.turns.sleep(s.ctx, d) }, Life: p.Life, VendorWorkflow: false, Journal: 1, Site: ownSite(),
	})
	s.jg = jaggaersim.New(s.company, jaggaersim.Options{
		Now: func() time.Time { return s.turns.now.Add(p.S2PSkew) }, Seed: int64(s.seed), Pace: p.Pace, ApproveAfter: time.Minute, Switches: p.Switches, JournalSize: 1,
	})
	s.sides = map[string]*side{erp: {name: erp, handler: s.ps, skew: p.ERPSkew}, s2p: {name: s2p, handler: s.jg, skew: p.S2PSkew}}
}

func (s *sim) settings(p profile) map[string]connector.Settings {
	units := []any{}
	for _, d := range s.company.Divisions {
		units = append(units, d.BusinessUnit)
	}
	times := func(m connector.Settings) connector.Settings {
		m["overlap"], m["settle"], m["lookup_settle"], m["concurrency"] = p.Overlap.String(), p.Settle.String(), p.LookupSettle.String(), p.Concurrency
		return m
	}
	transport := func(name string) map[string]any {
		if name == "" {
			return map[string]any{}
		}
		return map[string]any{"transport": name}
	}
	message := map[string]any{}
	if p.Envelope != "" {
		message["envelope"] = p.Envelope
	}
	seen := "rest"
	if p.Unseen {
		seen = "off"
	}
	return map[string]connector.Settings{
		erp: times(connector.Settings{
			"host": "erp.invalid", "port": 8000, "tls": true, "node": "PSFT_EP", "auth": "basic", "username": peoplesoftsim.DefaultUser().ID, "time_zone": s.company.TimeZone,
			"setids": []any{s.company.SetID}, "business_units": units,
			"profile": map[string]any{
				"bu": map[string]any{"pc": s.company.Projects[0].Unit}, "query": map[string]any{"page_size": p.PageSize},
				"write": map[string]any{"po": transport(p.POTransport), "vendor": transport(p.VendorTransport), "voucher": transport(p.VoucherTransport)}, "message": message,
				"po":     map[string]any{"can_update": p.CanUpdate, "can_cancel": p.CanCancel, "link_requisition": p.LinkRequisition, "require_dispatched": p.Dispatched},
				"vendor": map[string]any{"stage_timeout": p.StageTimeout.String()}, "voucher": map[string]any{"stage_timeout": p.StageTimeout.String()},
				"custom_rest": map[string]any{"po": ownService("po", "PO_ID"), "vendor": ownService("vendor", "VENDOR_ID"), "voucher": ownService("voucher", "VOUCHER_ID")},
			},
		}),
		s2p: times(connector.Settings{
			"url": s2pURL, "client_id": jaggaersim.DefaultClientID, "xml_url": s2pURL, "identity": jaggaersim.DefaultIdentity,
			"profile": map[string]any{
				"operations": map[string]any{"payment.write": p.PaymentTransport, "supplier.write": p.SupplierBy, "requisition.create": p.RequisitionBy, "requisition.read": seen}, "xml": map[string]any{"paths": map[string]any{"payment": "TestPaymentStatusImport"}},
			},
		}),
	}
}

// ownSite is the site with REST services that it built itself.
func ownSite() peoplesoftsim.Site {
	return peoplesoftsim.Site{OrderREST: "UNI_po.v1", VendorREST: "UNI_vendor.v1", VoucherREST: "UNI_voucher.v1"}
}

// ownService says how one of them is called and what it answers.
func ownService(document, number string) map[string]any {
	return map[string]any{"url": "/PSIGW/RESTListeningConnector/{node}/UNI_" + document + ".v1/", "success_pointer": "/Response/Status", "messages_pointer": "/Response/Message",
		"key_pointers": map[string]any{number: "/Response/" + number}}
}

func secretsOf(connection string) map[string]string {
	if connection == erp {
		return map[string]string{"password": peoplesoftsim.DefaultUser().Password}
	}
	return map[string]string{"client_secret": jaggaersim.DefaultClientSecret, "shared_secret": jaggaersim.DefaultSharedSecret}
}

// open opens a Connection as app/ does, but for secrets, which nothing hides here.
func (s *sim) open(c connector.Connection, caller connector.Caller, now func() time.Time, pace connector.Pace) (connector.Instance, error) {
	for _, system := range systems.All() {
		if system.Name() != c.System {
			continue
		}
		v, known := s.inForce[c.Name]
		if !known {
			v = system.Validate(c.Settings)
			if len(v.Problems) > 0 {
				return nil, connector.Errorf(connector.Misconfigured, "open "+c.Name, "%s %s", v.Problems[0].Path, v.Problems[0].Message)
			}
			s.inForce[c.Name] = v
		}
		return system.Open(connector.Opening{Connection: c.Name, Settings: v.Settings, Secrets: secretsOf(c.Name), Caller: caller, Now: now, Pace: pace})
	}
	return nil, connector.Errorf(connector.Internal, "open "+c.Name, "there is no System %s", c.System)
}

// configure writes Connections, Flows and Crosswalks into the database, as `apply` does.
func (s *sim) configure(db *store.DB) error {
	all, err := shipped()
	if err != nil {
		return err
	}
	return db.Tx(s.ctx, func(tx *store.Tx) error {
		for name, settings := range s.settings(s.profile) {
			system := map[string]string{erp: "peoplesoft", s2p: "jaggaer"}[name]
			if err := tx.SaveConnection(connector.Connection{Name: name, System: system, Settings: settings}); err != nil {
				return err
			}
		}
		for _, name := range s.profile.Flows {
			if err := tx.SaveFlow(s.configured(all[name])); err != nil {
				return err
			}
		}
		return s.crosswalks(tx)
	})
}

func (s *sim) configured(f connector.Flow) connector.Flow {
	p := s.profile
	f.Enabled, f.AppliedAt, f.Start = true, s.turns.now, s.company.Now.AddDate(0, 0, -40)
	f.Schedule, f.Drift, f.Withdraw, f.MaxChanges = "@every "+p.Schedule.String(), p.Drift[f.Name], p.Withdraw, p.MaxChanges
	if f.Name == "invoices" {
		f.Track, f.Acknowledge = "@every "+p.Track.String(), p.Acknowledge
	}
	return f
}

func (s *sim) crosswalks(tx *store.Tx) error {
	for _, name := range sortedKeys(s.company.Crosswalks) {
		if err := tx.NameCrosswalk(name, store.Sides("jaggaer", "peoplesoft")); err != nil {
			return err
		}
		var rows []store.CrosswalkRow
		for _, r := range s.company.Crosswalks[name] {
			rows = append(rows, store.CrosswalkRow{Left: r.Jaggaer, Right: r.PeopleSoft, Note: r.Note, Source: store.FromFile})
		}
		if err := tx.MergeCrosswalk(name, s.withhold(name, rows), store.FromFile, "cli:simulation"); err != nil {
			return err
		}
	}
	return nil
}
