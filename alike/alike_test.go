package alike_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ml-connector/alike"
)

func at(name, country, postal, city, street string) alike.Traits {
	return alike.Traits{Names: []string{name}, Country: country, Places: []alike.Place{{Country: country, Postal: postal, City: city, Street: street}}}
}

func named(names ...string) alike.Traits { return alike.Traits{Names: names} }

func taxed(t alike.Traits, hashes ...string) alike.Traits {
	t.Tax = hashes
	return t
}

func TestCompaniesThatMayBeTheSame(t *testing.T) {
	t.Parallel()
	acme := at("Acme Laboratory Supply Inc", "USA", "90001", "Springfield", "PO Box 1")
	for name, tc := range map[string]struct {
		a, b    alike.Traits
		likely  bool
		certain bool
	}{
		"equal":                             {acme, acme, true, false},
		"case, commas and the legal form":   {acme, at("ACME LABORATORY SUPPLY, L.L.C.", "USA", "90001", "SPRINGFIELD", "P.O. Box 1"), true, false},
		"a word that is shortened":          {acme, at("Acme Lab Supply", "USA", "90001", "Springfield", ""), true, false},
		"shortened, at another address":     {acme, at("Acme Lab Supply", "USA", "55000", "Springfield", "12 Quarry Road"), true, false},
		"accents and Umlaut":                {at("Müller Größe GmbH", "DEU", "80331", "München", ""), at("MULLER GROSSE", "DEU", "80331", "Munchen", ""), true, false},
		"words the other way round":         {at("Ostwind Gases", "DEU", "", "", ""), at("GASES OSTWIND AG", "DEU", "", "", ""), true, false},
		"a letter wrong":                    {at("Northfield Instruments", "USA", "55057", "", ""), at("Nortfield Instruments", "USA", "55057", "", ""), true, false},
		"and or &":                          {named("Harbor Office & Paper"), named("Harbor Office and Paper Ltd."), true, false},
		"points within":                     {named("I.B.M. Corp"), named("IBM"), true, false},
		"another name that it goes by":      {named("Consolidated Holdings", "Fernhill Optics"), named("FERNHILL OPTICS LLC"), true, false},
		"a longer postal code":              {acme, at("Acme Laboratory Supply", "USA", "90001-1234", "Springfield", ""), true, false},
		"one of several addresses":          {acme, alike.Traits{Names: []string{"Acme Laboratory Supply"}, Country: "USA", Places: []alike.Place{{Postal: "10001"}, {Postal: "90001"}}}, true, false},
		"a name in other letters":           {at("株式会社ニコン", "JPN", "", "", ""), at("株式会社ニコン", "JPN", "", "", ""), true, false},
		"one word is another":               {acme, at("Zenith Laboratory Supply Inc", "USA", "90001", "Springfield", "PO Box 1"), false, false},
		"another number":                    {at("Northfield Lab Supply 14", "USA", "10001", "", ""), at("Northfield Lab Supply 15", "USA", "10001", "", ""), false, false},
		"a number more":                     {named("Northfield Lab Supply"), named("Northfield Lab Supply 15"), false, false},
		"a branch elsewhere":                {at("Northfield Lab Supply East", "USA", "10001", "York", "1 A Street"), at("Northfield Lab Supply West", "USA", "90001", "Marlow", "9 Z Lane"), false, false},
		"a daughter in another country":     {at("Siemens AG", "DEU", "80333", "", ""), at("Siemens Inc", "USA", "10001", "", ""), false, false},
		"the same address alone":            {acme, at("Bellwether Catering", "USA", "90001", "Springfield", "PO Box 1"), false, false},
		"nothing known":                     {alike.Traits{}, alike.Traits{}, false, false},
		"no name":                           {named(""), named(" - "), false, false},
		"the same tax number":               {taxed(acme, "h1"), taxed(at("Acme Lab Supply", "USA", "10001", "", ""), "h0", "h1"), true, true},
		"the same tax number, no country":   {taxed(named("Acme"), "h1"), taxed(named("Acme Inc"), "h1"), true, false},
		"the tax number of another country": {taxed(at("Acme", "USA", "", "", ""), "h1"), taxed(at("Acme", "CAN", "", "", ""), "h1"), true, false},
		"a tax number under another name":   {taxed(at("Acme", "USA", "90001", "", ""), "h1"), taxed(at("Zenith Freight", "USA", "90001", "", ""), "h1"), true, false},
		"other tax numbers":                 {taxed(at("Acme", "USA", "90001", "", ""), "h1"), taxed(at("Zenith", "USA", "90001", "", ""), "h2"), false, false},
	} {
		m := alike.Compare(tc.a, tc.b)
		if m.Score >= alike.Likely != tc.likely || m.Certain != tc.certain {
			t.Errorf("%s: %.3f %v (certain: %v), expected likely %v, certain %v", name, m.Score, m.Why, m.Certain, tc.likely, tc.certain)
		}
		if tc.likely && !slices.ContainsFunc(alike.Keys(tc.a), func(k string) bool { return slices.Contains(alike.Keys(tc.b), k) }) {
			t.Errorf("%s: they share no key: %v, %v", name, alike.Keys(tc.a), alike.Keys(tc.b))
		}
	}
}

// TestTheSameLettersAreTheSameName is FLOWS.md's rule: letters and digits, case aside, wherever the two are.
func TestTheSameLettersAreTheSameName(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		same bool
	}{{"Twin Rivers Instruments", "twin-rivers INSTRUMENTS", true}, {"Acme", "Acme Inc", false}, {"", "", false}, {"A", "B", false}} {
		if m := alike.Compare(named(tc.a), named(tc.b)); m.Same != tc.same {
			t.Errorf("%q and %q: same %v", tc.a, tc.b, m.Same)
		}
	}
}

func drawTraits(t *rapid.T, label string) alike.Traits {
	pick := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label+what) }
	word := func(n string) string {
		return rapid.OneOf(rapid.SampledFrom([]string{"Acme", "Lab", "Laboratory", "Supply", "14", "Inc", "Müller", "O'Malley", "&"}), rapid.StringN(0, 8, 30)).Draw(t, label+n)
	}
	out := alike.Traits{Names: []string{word("a") + " " + word("b") + " " + word("c")}, Country: pick("country", "", "USA", "CAN")}
	if rapid.Bool().Draw(t, label+"two names") {
		out.Names = append(out.Names, word("d")+" "+word("e"))
	}
	for range rapid.IntRange(0, 2).Draw(t, label+"places") {
		out.Places = append(out.Places, alike.Place{Country: pick("c", "", "USA"), Postal: pick("p", "", "90001", "90001-1", "55000"), City: pick("t", "", "York", "Marlow"), Street: pick("s", "", "1 Mill Lane", "2 Mill Lane")})
	}
	if rapid.Bool().Draw(t, label+"taxed") {
		out.Tax = []string{pick("tax", "h1", "h2")}
	}
	return out
}

func TestScoresAreSymmetricAndBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawTraits(t, "a "), drawTraits(t, "b ")
		m, n := alike.Compare(a, b), alike.Compare(b, a)
		if m.Score != n.Score || m.Certain != n.Certain || m.Same != n.Same {
			t.Fatalf("%+v one way, %+v the other", m, n)
		}
		if !(m.Score >= 0 && m.Score <= 1) {
			t.Fatalf("it scores %v", m.Score)
		}
		if e := alike.Compare(a, a); len(alike.Keys(alike.Traits{Names: a.Names})) > 0 && e.Score != 1 {
			t.Fatalf("with itself it scores %v %v", e.Score, e.Why)
		}
	})
}

func TestOnePartMoreThatAgreesNeverScoresLess(t *testing.T) {
	t.Parallel()
	parts := map[string]func(*alike.Traits){
		"country":     func(x *alike.Traits) { x.Country = "FRA" },
		"postal code": func(x *alike.Traits) { x.Places[0].Postal = "75001" },
		"city":        func(x *alike.Traits) { x.Places[0].City = "Paris" },
		"street":      func(x *alike.Traits) { x.Places[0].Street = "1 rue A" },
		"tax number":  func(x *alike.Traits) { x.Tax = []string{"h9"} },
		"name":        func(x *alike.Traits) { x.Names = append(x.Names, "Autre Nom") },
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawTraits(t, "a "), drawTraits(t, "b ")
		for _, x := range []*alike.Traits{&a, &b} { // one address each: of several the best counts
			x.Places = append(x.Places, alike.Place{})[:1]
		}
		before := alike.Compare(a, b)
		part := rapid.SampledFrom([]string{"country", "postal code", "city", "street", "tax number", "name"}).Draw(t, "part")
		parts[part](&a)
		parts[part](&b)
		if after := alike.Compare(a, b); after.Score < before.Score-1e-9 {
			t.Fatalf("with the same %s it scores %v, without %v", part, after, before)
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	x := at("Acme Laboratory Supply Inc", "USA", "90001", "Springfield", "PO Box 1")
	y := at("Consortium for the Applied Sciences of the Greater Lake Region", "USA", "90001", "Springfield", "12 Quarry Road")
	b.ReportAllocs()
	for b.Loop() {
		alike.Compare(x, y)
	}
}
