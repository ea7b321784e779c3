package flows_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ml-connector/flows"
)

func shippedTexts() map[string][]byte {
	out := map[string][]byte{}
	for _, f := range flows.Shipped() {
		out[f.Name] = f.Text
	}
	return out
}

// readCase reads a case and lays what it changes over the base of its folder.
func readCase(t testing.TB, path string) golden {
	t.Helper()
	var changes struct {
		About  string         `json:"about"`
		Change map[string]any `json:"change"`
	}
	readJSON(t, path, &changes)
	if changes.About == "" {
		t.Fatalf("%s says nothing about itself", path)
	}
	var whole any = map[string]any{}
	readJSON(t, filepath.Join(filepath.Dir(path), "base.json"), &whole)
	for at, value := range changes.Change {
		whole = set(t, whole, steps(at), value)
	}
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func readJSON(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

var position = regexp.MustCompile(`\[([0-9]+)\]`)

// steps cuts source.lineList.invoiceLine[1].quantity into names and positions, which are counted from 1.
func steps(path string) []string {
	return strings.Split(position.ReplaceAllString(path, ".#$1"), ".")
}

// set returns v with one value changed, added, or, for nil, taken away.
func set(t testing.TB, v any, path []string, value any) any {
	t.Helper()
	if len(path) == 0 {
		return value
	}
	if at, ok := strings.CutPrefix(path[0], "#"); ok {
		list, _ := v.([]any)
		i, err := strconv.Atoi(at)
		if err != nil || i < 1 || i > len(list)+1 {
			t.Fatalf("no element %s", at)
		}
		if i == len(list)+1 {
			list = append(list, nil)
		}
		list[i-1] = set(t, list[i-1], path[1:], value)
		return list
	}
	m, _ := v.(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	m[path[0]] = set(t, m[path[0]], path[1:], value)
	if m[path[0]] == nil {
		delete(m, path[0])
	}
	return m
}
