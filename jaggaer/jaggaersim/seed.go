package jaggaersim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"ml-connector/sample"
)

// shipTo is a place of delivery that JAGGAER knows by its code, and by the name of its template.
type shipTo struct {
	template     string
	address      doc
	businessUnit string
}

// seed fills the Server with what the company has in JAGGAER: users, places, custom field values of the ChartFields that no
// Flow brings, suppliers, orders and invoices. Accounts are left to the gl-accounts Flow.
func (s *Server) seed(c *sample.Company) {
	for _, u := range c.Users {
		s.users[u.Jaggaer] = true
	}
	for i, p := range c.ShipTos {
		s.ships[p.Jaggaer] = shipTo{
			template: p.Description,
			address: doc{
				"addressLineList": doc{"addressLine": list(addressLine(1, p.Description), addressLine(2, ""))}, "city": p.City, "state": p.State,
				"postalCode": p.Postal, "country": "United States", "isoCountryCode": "US", "addressCode": p.Jaggaer,
			},
			businessUnit: c.Divisions[i%len(c.Divisions)].Jaggaer,
		}
	}
	start := c.Now.AddDate(0, 0, -30)
	for _, chart := range []struct {
		field  string
		values []sample.ChartValue
	}{{"Fund", c.Funds}, {"Department", c.Departments}, {"Program", c.Programs}, {"Project", c.Projects}} {
		for _, v := range chart.values {
			s.add(CustomFieldValue, doc{"header": doc{
				"fieldInternalName": chart.field, "value": v.Value, "description": v.Description, "active": flag(v.Status == "A"), "parentValue": "",
			}}, start)
		}
	}
	for i := range c.Suppliers {
		if c.Suppliers[i].InJaggaer {
			s.add(Supplier, s.vendor(c, &c.Suppliers[i], i), start)
		}
	}
	registered := make([]*row, len(c.Registrations))
	for i := range c.Registrations {
		registered[i] = s.register(&c.Registrations[i], start)
	}
	for i := range c.Orders {
		s.add(PurchaseOrder, s.seedOrder(&c.Orders[i], s.supplierOf(c.Orders[i].Supplier, registered)), c.Orders[i].Updated)
	}
	for i := range c.Invoices {
		s.add(Invoice, s.seedInvoice(&c.Invoices[i], s.supplierOf(c.Invoices[i].Supplier, registered)), c.Invoices[i].Updated)
	}
}

// supplierOf resolves a reference of the company. One that leads nowhere is a defect of the company.
func (s *Server) supplierOf(ref sample.SupplierRef, registered []*row) *row {
	if ref.VendorID == "" {
		return registered[ref.Registration]
	}
	r := s.byText(Supplier, "erpNumber", ref.VendorID)
	if r == nil {
		panic(fmt.Sprintf("jaggaersim: the company refers to vendor %s, which JAGGAER does not have", ref.VendorID))
	}
	return r
}

// vendor is a supplier that JAGGAER has from PeopleSoft. Each second one is complete, the others lack their payment data, so
// that a first synchronisation finds both.
func (s *Server) vendor(c *sample.Company, v *sample.Supplier, i int) doc {
	name := v.Name1
	if v.Name2 != "" {
		name += " " + v.Name2
	}
	h := doc{
		"erpNumber": v.VendorID, "sqIntegrationNumber": "u" + s.sequence("sqIntegration", 1511507).String(), "thirdPartyRefNumber": "", "name": name,
		"active": "true", "registrationStatus": "Approved", "duns": "", "countryOfOrigin": countryOfOrigin(v.Addresses),
	}
	var units []doc
	for _, d := range c.Divisions {
		units = append(units, doc{"businessUnitInternalName": d.Jaggaer, "value": v.VendorID})
	}
	h["businessUnitVendorNumberList"] = doc{"businessUnitVendorNumber": list(units...)}
	body := doc{"header": h}
	if len(v.Addresses) > 0 {
		a := addressOfVendor(v.Addresses[0])
		a["erpNumber"] = fmt.Sprintf("%s-%d", v.VendorID, v.Addresses[0].Sequence)
		body["addressList"] = doc{"address": list(a)}
	}
	if len(v.Locations) == 0 {
		return body
	}
	l := v.Locations[0]
	h["enabledCurrencyList"] = doc{"isoCurrencyCode": []any{l.Currency}}
	if i%2 == 0 {
		body["accountsPayableList"] = doc{"accountsPayable": list(doc{
			"type": paymentTypes[l.PaymentMethod], "erpNumber": v.VendorID + "-AP-" + l.ID, "name": l.ID, "active": "true", "isoCurrencyCode": l.Currency,
		})}
	}
	return body
}

// paymentTypes are JAGGAER's words for PeopleSoft's payment methods.
var paymentTypes = map[string]string{"ACH": "DirectDeposit", "EFT": "DirectDeposit", "WIR": "Wire", "CHK": "Check"}

func countryOfOrigin(addresses []sample.Address) string {
	if len(addresses) > 0 && addresses[0].Country == "CAN" {
		return "CA"
	}
	return "US"
}

// addressOfVendor is a remitto address without its ERP number.
func addressOfVendor(a sample.Address) doc {
	return doc{
		"type": "remitto", "name": "Remit address", "active": "true", "addressLine1": a.Line1, "addressLine2": a.Line2, "addressLine3": a.Line3,
		"city": a.City, "state": a.State, "postalCode": a.Postal, "isoCountryCode": a.Country,
	}
}

// register makes a supplier that was born in JAGGAER; one in Pending Approval is approved with the clock.
func (s *Server) register(g *sample.Registration, at time.Time) *row {
	h := doc{
		"sqIntegrationNumber": "u" + s.sequence("sqIntegration", 1511507).String(), "thirdPartyRefNumber": "", "name": g.Name, "doingBusinessAs": g.DoingBusinessAs,
		"active": flag(g.Active), "registrationStatus": g.Status, "countryOfOrigin": g.Country, "enabledCurrencyList": doc{"isoCurrencyCode": []any{g.Currency}},
	}
	body := doc{"header": h}
	var addresses []doc
	for _, a := range g.Addresses {
		addresses = append(addresses, addressOfVendor(a))
	}
	if len(addresses) > 0 {
		body["addressList"] = doc{"address": list(addresses...)}
	}
	if g.ContactEmail != "" {
		body["contactList"] = doc{"contact": list(doc{"type": "remitto", "name": "Accounts receivable", "email": g.ContactEmail, "active": "true"})}
	}
	r := s.add(Supplier, body, at)
	if g.Status == "Pending Approval" {
		s.planIn(s.options.ApproveAfter, func(due time.Time) {
			if r.text("registrationStatus") == "Pending Approval" {
				s.approve(Supplier, r, due)
			}
		})
	}
	return r
}

// sharesOfSample turns the company's splits into ours.
func sharesOfSample(splits []sample.Split) []share {
	var out []share
	for _, sp := range splits {
		sh := share{value: sp.Value}
		for _, f := range sp.Fields {
			sh.fields = append(sh.fields, fieldValue{name: f.Name, value: f.Value})
		}
		out = append(out, sh)
	}
	return out
}

func integer(n int) json.Number { return json.Number(strconv.Itoa(n)) }
