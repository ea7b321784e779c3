package sample

import (
	"fmt"
	"strings"
)

// Supplier is one PeopleSoft vendor, field values as the database holds them (lengths of PEOPLESOFT.md §3.6).
type Supplier struct {
	VendorID, ShortName, Name1, Name2 string
	Status, Class, Persistence        string // VENDOR_STATUS A D E I X · VENDOR_CLASS A E H R · VENDOR_PERSISTENCE O P R S
	PrimaryAddress                    int
	DefaultLocation                   string
	Addresses                         []Address
	Locations                         []Location
	InJaggaer                         bool // JAGGAER has it already under this number
	Note                              string
}

// Address is one effective-dated row; Country is ISO 3166 alpha-3, Effective a date, Status A or I.
type Address struct {
	Sequence                                                         int
	Effective, Status                                                string
	Line1, Line2, Line3, City, County, State, Postal, Country, Email string
}

// Location is one effective-dated row of VENDOR_LOC with the payment method of VENDOR_PAY.
type Location struct {
	ID, Effective, Status, Currency, Terms, Dispatch, PaymentMethod string
}

// Registration is a supplier born in JAGGAER. Country is ISO alpha-2, the address's alpha-3, as JAGGAER mixes them.
type Registration struct {
	Name, DoingBusinessAs, Country, Currency string
	Status                                   string // Invited, In Progress, Pending Approval, Approved, Rejected
	Active                                   bool
	Addresses                                []Address // Sequence 1 is the remitto address
	ContactEmail                             string
	Note                                     string
}

// SupplierRef names a supplier of an order or invoice: a vendor number, or else an index into Registrations.
type SupplierRef struct {
	VendorID     string
	Registration int
}

var (
	firstWords  = []string{"Northfield", "Harbor", "Quarry", "Lindenthal", "Grey Pine", "Ostwind", "Bellwether", "Saltmarsh", "Fernhill", "Copperline", "Tall Oak", "Riverside", "Juniper", "Kestrel", "Marlow", "Zephyr"}
	secondWords = []string{"Lab Supply", "Office & Paper", "Instruments", "Gases", "Freight", "Catering", "Print Works", "Optics", "Safety Wear", "Chemicals", "Scientific", "Repairs"}
	streets     = []string{"Quarry Road", "Mill Lane", "Dock Street", "Larch Avenue", "Station Road", "Ridge Way"}
	uglyNames   = []string{`O'Malley & Sons "Quality" <Tools>`, "Société Générale de Verre", "Müller Größe GmbH", "Comma, Inc., The", "Ångström Łódź Ltd", "Tab  Double  Space", "𝔘nicode Labs 🧪", "100% Cotton; Co.", "]]> Escape Works", "ALL CAPS TRADING"}
)

// suppliers makes the vendors. The first ten have awkward names, the next ones the awkward states; the rest are plain.
func (b *builder) suppliers() {
	for i := range b.size.Suppliers {
		s := b.plainSupplier(i)
		b.oddSupplier(i, &s)
		s.ShortName = shortName(s.Name1, i)
		b.c.Suppliers = append(b.c.Suppliers, s)
	}
}

func (b *builder) plainSupplier(i int) Supplier {
	currency, country, state := "USD", "USA", pick(b, []string{"MN", "OR", "NY", "TX", "CA"})
	if i%7 == 3 {
		currency, country, state = "CAD", "CAN", "ON"
	}
	s := Supplier{
		VendorID: fmt.Sprintf("%010d", 10001+i),
		Name1:    fmt.Sprintf("%s %s %d", firstWords[i%len(firstWords)], secondWords[(i/len(firstWords)+i)%len(secondWords)], i+1),
		Status:   "A", Class: "R", Persistence: "R", PrimaryAddress: 1, DefaultLocation: "MAIN",
		InJaggaer: i%3 == 0,
	}
	s.Addresses = []Address{b.address(1, country, state, i)}
	s.Locations = []Location{{ID: "MAIN", Effective: "2015-01-01", Status: "A", Currency: currency, Terms: pick(b, b.c.Terms).PeopleSoft, Dispatch: pick(b, []string{"PRN", "EML", "EDX"}), PaymentMethod: pick(b, []string{"ACH", "CHK", "EFT", "WIR"})}}
	return s
}

func (b *builder) address(seq int, country, state string, i int) Address {
	postal := fmt.Sprintf("%05d", 10000+b.rng.IntN(80000))
	if country == "CAN" {
		postal = "K1A 0B1"
	}
	return Address{
		Sequence: seq, Effective: "2015-01-01", Status: "A", Line1: fmt.Sprintf("%d %s", 1+b.rng.IntN(900), pick(b, streets)), Line2: pick(b, []string{"", "", "Suite 4", "Bldg B & C"}),
		City: pick(b, []string{"Springfield", "Fairhaven", "Thornbury", "Eastvale"}), State: state, Postal: postal, Country: country, Email: fmt.Sprintf("orders%d@vendor.example.com", i+1),
	}
}

// oddSupplier turns some vendors into those that a careful reader must get right.
func (b *builder) oddSupplier(i int, s *Supplier) {
	if i < len(uglyNames) {
		s.Name1 = uglyNames[i]
		return
	}
	switch i {
	case 10:
		s.Name1, s.Name2 = "Consortium for the Applied Sciences of", "the Greater Lake Region and Islands"
	case 11:
		s.Addresses, s.PrimaryAddress, s.InJaggaer = nil, 0, false
	case 12:
		s.Locations, s.DefaultLocation, s.InJaggaer = nil, "", false
	case 13:
		old := s.Addresses[0]
		moved, future := old, old
		moved.Effective, moved.Line1 = b.day(-40), "1 New Quay"
		future.Effective, future.Line1 = b.day(40), "99 Future Plaza"
		s.Addresses = append(s.Addresses, moved, future)
	case 14:
		s.Addresses = append(s.Addresses, b.address(2, "USA", "NY", i))
		s.PrimaryAddress = 2
	case 15:
		s.VendorID = "ACMELAB01"
	case 16:
		s.Name1, s.InJaggaer, s.Note = "Twin Rivers Instruments", false, "a registration has the same name"
	}
	b.oddStatus(i, s)
	if i >= 20 && i%17 == 5 {
		s.Persistence = "P"
	}
}

func (b *builder) oddStatus(i int, s *Supplier) {
	set := func(field *string, value, note string) { *field, s.InJaggaer, s.Note = value, false, note }
	switch {
	case i == 17 || i > 40 && i%50 == 17:
		set(&s.Status, "I", "inactive")
	case i == 18:
		set(&s.Status, "D", "denied")
	case i == 19 || i > 40 && i%50 == 19:
		set(&s.Status, "E", "unapproved")
	case i == 20:
		set(&s.Status, "X", "to be archived")
	case i == 21:
		set(&s.Class, "E", "employee")
	case i == 22 || i > 40 && i%50 == 22:
		set(&s.Persistence, "O", "one-time")
	case i == 23:
		set(&s.Persistence, "S", "single payment")
	}
}

// registrations makes the suppliers that JAGGAER knows first: nine in ten are approved or will be.
func (b *builder) registrations() {
	for i := range max(10, b.size.Suppliers/25) {
		name := fmt.Sprintf("%s %s Cooperative", firstWords[(i+5)%len(firstWords)], secondWords[(i*5+2)%len(secondWords)])
		r := Registration{
			Name: name, DoingBusinessAs: firstWords[(i+5)%len(firstWords)], Country: "US", Currency: "USD", Status: "Approved", Active: true,
			Addresses: []Address{b.address(1, "USA", "MN", 5000+i)}, ContactEmail: fmt.Sprintf("ar%d@supplier.example.net", i+1),
		}
		if i >= len(firstWords) {
			r.Name = fmt.Sprintf("%s %d", name, i+1)
		}
		switch i {
		case 3:
			r.Status = "Pending Approval"
		case 4:
			r.Name, r.Note = "twin-rivers INSTRUMENTS", "an existing vendor has the same name"
		case 5:
			r.Name, r.Note = "International Association of "+strings.Repeat("Very Long Named Manufacturers ", 3)+"and Partners", "name over 80 characters"
		case 6:
			r.Name = "Highland Cartographic Society and Bureau of Coastal Survey Instruments"
		case 7:
			r.Status, r.Note = "Rejected", "rejected"
		case 8:
			r.Active, r.Note = false, "not active"
		case 9:
			r.Name, r.Country, r.Currency = "Café Zürich & Fils", "CA", "CAD"
			r.Addresses[0].Country, r.Addresses[0].State, r.Addresses[0].Postal = "CAN", "ON", "K1A 0B1"
		}
		b.c.Registrations = append(b.c.Registrations, r)
	}
}

// shortName is the search name: ten characters of letters and digits, and a sequence.
func shortName(name string, i int) string {
	var out strings.Builder
	for _, r := range strings.ToUpper(name) {
		if out.Len() < 10 && (r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') {
			out.WriteRune(r)
		}
	}
	return fmt.Sprintf("%s-%03d", out.String(), i%1000)
}

// usable are the vendors that the Flows may put on documents.
func (b *builder) usable(inJaggaer bool) []*Supplier {
	var out []*Supplier
	for i := range b.c.Suppliers {
		s := &b.c.Suppliers[i]
		if s.Note == "" && s.Status == "A" && len(s.Locations) > 0 && len(s.Addresses) > 0 && (s.InJaggaer || !inJaggaer) {
			out = append(out, s)
		}
	}
	return out
}
