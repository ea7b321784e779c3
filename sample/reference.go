package sample

// Division is one business unit: its PeopleSoft code, its name in JAGGAER, and its currency.
type Division struct{ BusinessUnit, Jaggaer, Description, Currency string }

// User is a requestor: JAGGAER user name and PeopleSoft operator.
type User struct{ Jaggaer, PeopleSoft, Name string }

// Buyer is a PeopleSoft buyer (BUYER_ID) and the JAGGAER user whose orders go to that buyer.
type Buyer struct{ ID, Jaggaer, Name string }

// ShipTo is a place of delivery: JAGGAER address code and PeopleSoft SHIPTO_ID (C10).
type ShipTo struct{ Jaggaer, PeopleSoft, Description, City, State, Postal string }

// Category is a commodity: JAGGAER commodity code (eight digits) and PeopleSoft CATEGORY_ID (C5).
type Category struct{ Jaggaer, PeopleSoft, Description string }

// Unit is a unit of measure on both sides; PeopleSoft's has at most three characters.
type Unit struct{ Jaggaer, PeopleSoft string }

// Term is a payment term: JAGGAER's standard code and PeopleSoft's PYMNT_TERMS_CD (C5).
type Term struct{ Jaggaer, PeopleSoft string }

// ChartValue is a value of a ChartField other than the account. Unit is the project business unit, for projects only.
type ChartValue struct{ Value, Description, Effective, Status, Unit string }

// UnmappedCommodity is the commodity code that no crosswalk row and no CATEGORY_ID can hold: an order with it is held.
const UnmappedCommodity = "41116107"

func (b *builder) reference() {
	c := b.c
	c.Divisions = []Division{
		{"US001", "DIV-EAST", "Eastern campus", "USD"},
		{"US002", "DIV-WEST", "Western campus", "USD"},
		{"CA001", "DIV-NORTH", "Northern station", "CAD"},
	}
	c.Users = []User{
		{"jdoe", "JDOE01", "Jordan Doe"}, {"asmith", "ASMITH", "Avery Smith"}, {"mlebeau", "MLEBEAU", "Marin Lebeau"},
		{"tokafor", "TOKAFOR", "Tobi Okafor"}, {"ksato", "KSATO", "Kei Sato"},
	}
	c.Buyers = []Buyer{
		{"BUYER01", "jdoe", "Robin Marsh"}, {"BUYER02", "asmith", "Sam Calder"}, {"BUYER02", "mlebeau", "Sam Calder"},
		{"BUYER01", "tokafor", "Robin Marsh"}, {"BUYER03", "ksato", "Noor Haddad"},
	}
	c.ShipTos = []ShipTo{
		{"MB-100", "MAINDOCK", "Main receiving dock", "Springfield", "MN", "55000"},
		{"MB-200", "WESTDOCK", "Western dock", "Fairhaven", "OR", "97000"},
		{"MB-300", "NORTHDOCK", "Northern station dock", "Thornbury", "ON", "N0H 2P0"},
	}
	c.Categories = []Category{
		{"42132203", "LAB01", "Gloves and protection"}, {"41121800", "LAB02", "Laboratory glassware"},
		{"12352100", "CHEM1", "Chemicals"}, {"44121600", "OFF01", "Office supplies"}, {"43211500", "IT001", "Computers"},
		{"81141504", "SRV01", "Repair services"}, {"78101800", "FRT01", "Freight"}, {"56101700", "FURN1", "Furniture"},
	}
	c.Units = []Unit{{"EA", "EA"}, {"BX", "BX"}, {"CS", "CS"}, {"DZN", "DZ"}, {"KGM", "KG"}, {"LTR", "L"}, {"HUR", "HR"}}
	c.Terms = []Term{{"Net 30", "NET30"}, {"Net 45", "NET45"}, {"2% 10, Net 30", "2N30"}, {"Due now", "NOW"}}
	c.Funds = chart("F10", "General fund", "F20", "Auxiliary fund", "G25", "Sponsored research", "Q90", "Quasi endowment")
	c.Departments = chart("CHEM100", "Chemistry", "BIO200", "Biology", "PHYS300", "Physics", "LIB400", "Library", "FAC500", "Facilities & Grounds")
	c.Programs = chart("INSTR", "Instruction", "RSRCH", "Research")
	c.Projects = []ChartValue{
		{"GR-2026-0042", "River sediment survey", "1900-01-01", "A", "PCUS1"},
		{"GR-2026-0077", "Low temperature optics", "1900-01-01", "A", "PCUS1"},
	}
	c.Departments = append(c.Departments, ChartValue{Value: "OLD900", Description: "Closed department", Effective: "1900-01-01", Status: "I"})
}

func chart(pairs ...string) []ChartValue {
	var out []ChartValue
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, ChartValue{Value: pairs[i], Description: pairs[i+1], Effective: "1900-01-01", Status: "A"})
	}
	return out
}

func crosswalks(c *Company) map[string][]Row {
	x := map[string][]Row{}
	for _, d := range c.Divisions {
		x["business_unit"] = append(x["business_unit"], Row{d.Jaggaer, d.BusinessUnit, d.Description})
	}
	for _, u := range c.Units {
		x["uom"] = append(x["uom"], Row{Jaggaer: u.Jaggaer, PeopleSoft: u.PeopleSoft})
	}
	for _, k := range c.Categories {
		x["category"] = append(x["category"], Row{k.Jaggaer, k.PeopleSoft, k.Description})
	}
	for _, s := range c.ShipTos {
		x["ship_to"] = append(x["ship_to"], Row{s.Jaggaer, s.PeopleSoft, s.Description})
	}
	for _, t := range c.Terms {
		x["payment_terms"] = append(x["payment_terms"], Row{Jaggaer: t.Jaggaer, PeopleSoft: t.PeopleSoft})
	}
	for _, u := range c.Users {
		x["requestor"] = append(x["requestor"], Row{u.Jaggaer, u.PeopleSoft, u.Name})
	}
	for _, k := range c.Buyers {
		x["buyer"] = append(x["buyer"], Row{k.Jaggaer, k.ID, k.Name})
	}
	return x
}
