package store_test

import (
	"fmt"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/alike"
	"ml-connector/store"
)

func companyVersion(id, name, postal, tax string) connector.Version {
	v := version(id, name)
	v.Name = name
	v.Traits = alike.Traits{Names: []string{name}, Country: "USA", Places: []alike.Place{{Country: "USA", Postal: postal}}}
	if tax != "" {
		v.Traits.Tax = []string{tax}
	}
	return v
}

func TestWhatMayBeTheSameIsFound(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		f.accept(suppliers, companyVersion("S1", "Acme Laboratory Supply", "90001", "h1"), companyVersion("S2", "Zenith Freight", "10001", ""))
		self := connector.Record{Connection: "erp", Kind: connector.Supplier, ID: "V1"}
		find := func(name, postal, tax string) string {
			t.Helper()
			v := companyVersion("V1", name, postal, tax)
			got, err := f.Alike(f.ctx, "s2p", self, v.Traits, alike.NameKey(name))
			must(t, err)
			text := ""
			for _, c := range got {
				text += c.ID + ">" + c.Linked + " "
			}
			return text
		}
		equal(t, "by the first word", find("Acme", "55001", ""), "S1> ")
		equal(t, "by the tax number alone", find("Other", "55001", "h1"), "S1> ")
		equal(t, "by nothing", find("Bellwether", "55001", "h9"), "")
		f.accept(suppliers, companyVersion("S1", "Bellwether Optics", "90001", "h1"))
		equal(t, "once it has another name, by the old one", find("Acme", "55001", ""), "")
		equal(t, "and by the new one", find("Bellwether", "55001", ""), "S1> ")
		must(t, f.Tx(f.ctx, func(tx *store.Tx) error {
			return tx.ApartRecords(self, connector.Record{Connection: "s2p", Kind: connector.Supplier, ID: "S1"}, "cli:me")
		}))
		equal(t, "once they were set apart", find("Bellwether", "55001", "h1"), "")
		must(t, f.LinkRecords(f.ctx, connector.Record{Connection: "erp", Kind: connector.Supplier, ID: "V2"}, connector.Record{Connection: "s2p", Kind: connector.Supplier, ID: "S2"}, "cli:me"))
		equal(t, "what has a Link", find("Zenith Freight", "10001", ""), "")
		must(t, f.LinkRecords(f.ctx, self, connector.Record{Connection: "s2p", Kind: connector.Supplier, ID: "S1"}, "cli:me"))
		must(t, f.Tx(f.ctx, func(tx *store.Tx) error {
			return tx.UnlinkRecords(self, connector.Record{Connection: "s2p", Kind: connector.Supplier, ID: "S1"}, "cli:me")
		}))
		equal(t, "once a person linked them after all", find("Bellwether", "55001", ""), "S1> ")
		f.sound()
	})
}

// BenchmarkAlike looks for a supplier among 100,000, whose names share few words: 40 first ones, 12 second ones.
func BenchmarkAlike(b *testing.B) {
	db, err := store.Open(b.Context(), "sqlite:"+b.TempDir()+"/x.db", time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	const many, page = 100_000, 1000
	name := func(n int) string { return fmt.Sprintf("Word%d Laboratory%c Supply %d", n%4000, 'A'+n%12, n) }
	for n := 0; n < many; n += page {
		var p connector.Page
		for k := n; k < n+page; k++ {
			v := connector.Version{ID: fmt.Sprint(k), Name: name(k), Document: connector.Document{"name": name(k)}}
			v.Traits = alike.Traits{Names: []string{v.Name}, Country: "USA", Places: []alike.Place{{Country: "USA", Postal: fmt.Sprint(10000 + k%30000), City: "Springfield", Street: "1 Quarry Road"}}}
			p.Versions = append(p.Versions, v)
		}
		if _, err := db.Accept(b.Context(), store.Acceptance{Flow: connector.Flow{From: "s2p", Kind: connector.Supplier}, Page: p, Uncounted: true}); err != nil {
			b.Fatal(err)
		}
	}
	n, found := 0, 0
	for b.Loop() {
		n++
		k := n * 7919 % many
		self := alike.Traits{Names: []string{name(k) + " Inc"}, Country: "USA", Places: []alike.Place{{Country: "USA", Postal: fmt.Sprint(10000 + k%30000)}}}
		got, err := db.Alike(b.Context(), "s2p", connector.Record{Connection: "erp", Kind: connector.Supplier, ID: "V"}, self, alike.NameKey(self.Names[0]))
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range got {
			if alike.Compare(self, c.Traits).Score >= alike.Likely {
				found++
			}
		}
	}
	b.ReportMetric(float64(found)/float64(n), "found/op")
}
