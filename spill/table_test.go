package spill_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ml-connector/spill"
)

// TestATableIsASortedMap: whatever is put in, and however little of it fits into memory, what comes out is what a map would hold.
func TestATableIsASortedMap(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	rapid.Check(t, func(t *rapid.T) {
		table := spill.New(rapid.SampledFrom([]int{1, 64, 4096, spill.Room}).Draw(t, "room"))
		defer table.Close()
		want := map[string]string{}
		keys := rapid.SampledFrom([]string{"", "a", "ab", "b", "É", "\x00", "z/1", "z/2"})
		for range rapid.IntRange(0, 200).Draw(t, "rows") {
			key := keys.Draw(t, "key") + fmt.Sprint(rapid.IntRange(0, 40).Draw(t, "n"))
			body := strings.Repeat("x", rapid.SampledFrom([]int{0, 1, 500}).Draw(t, "length")) + fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "body"))
			if err := table.Put(key, []byte(body)); err != nil {
				t.Fatal(err)
			}
			want[key] = body
		}
		if err := table.Sort(); err != nil {
			t.Fatal(err)
		}
		order := slices.Sorted(maps.Keys(want))
		var got []string
		if err := table.From("", func(row int, key string, body []byte) (bool, error) {
			if row != len(got) || want[key] != string(body) {
				t.Fatalf("row %d is %q %q", row, key, body)
			}
			got = append(got, key)
			return true, nil
		}); err != nil || !slices.Equal(got, order) || table.Len() != len(want) {
			t.Fatalf("%v: %d rows %q, expected %q", err, table.Len(), got, order)
		}
		for range 20 {
			key := keys.Draw(t, "asked") + fmt.Sprint(rapid.IntRange(0, 45).Draw(t, "asked n"))
			body, row, found, err := table.Get(key)
			text, there := want[key]
			if err != nil || found != there || found && (string(body) != text || order[row] != key) {
				t.Fatalf("%q: %q %d %v %v, expected %q %v", key, body, row, found, err, text, there)
			}
		}
	})
}

// TestManyRowsAreFoundAndNothingStays: a table of many parts finds each of its rows, and leaves no file, whether it is closed or not.
func TestManyRowsAreFoundAndNothingStays(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	table := spill.New(32 << 10)
	const rows = 20_000
	for n := range rows {
		key := fmt.Sprintf("%06d", n*7919%rows)
		if err := table.Put(key, []byte("body of "+key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Sort(); err != nil {
		t.Fatal(err)
	}
	for n := range rows {
		key := fmt.Sprintf("%06d", n)
		if body, row, found, err := table.Get(key); err != nil || !found || row != n || string(body) != "body of "+key {
			t.Fatalf("%s: %q %d %v %v", key, body, row, found, err)
		}
	}
	table.Close()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%v: %v are left", err, left)
	}
}

// TestAFullDiskIsSaid: what can't be written is an error that names the place, not a row that is missing.
func TestAFullDiskIsSaid(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/not there")
	table := spill.New(1)
	if err := table.Put("a", nil); err == nil || !strings.Contains(err.Error(), "not there") {
		t.Errorf("put into a folder that is not there: %v", err)
	}
}
