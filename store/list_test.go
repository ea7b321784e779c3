package store_test

import (
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

// Both databases find the same, whatever their LOWER knows.
func TestAPartIsFoundCaseAside(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		v := func(id, title string, numbers ...string) connector.Version {
			v := version(id, "x")
			v.Title, v.Numbers = title, numbers
			return v
		}
		f.accept(suppliers, v("S1", "ÄRZTEHAUS Øst & Søn", "Nº-Ñ7"), v("S2", "ärztehaus 50%_off"), v("S3", "ΟΔΥΣΣΕΥΣ Ltd"), v("S4", "Plain Supply"), v("S5", "\u212Aelvin \u017Fupply"))
		for text, want := range map[string]int{
			"ärzte": 2, "ÄRZTE": 2, "øst": 1, "SØN": 1, "arzte": 0, "ñ7": 1, "οδυσσευς": 1, "Οδυσσεύς": 0, "SUPPLY": 2, "kelvin": 1, "%_O": 1, "_": 1, "nothing": 0,
		} {
			list, err := f.Records(f.ctx, store.RecordFilter{Search: text})
			must(t, err)
			equal(t, "Records with "+text, len(list), want)
			ds, err := f.Deliveries(f.ctx, store.DeliveryFilter{Search: text})
			must(t, err)
			equal(t, "Deliveries with "+text, len(ds), want)
		}
	})
}
