package mapping

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestWhatIsNestedTooDeepIsNotParsed_I25: texts that would take seconds and gigabytes are refused at once.
func TestWhatIsNestedTooDeepIsNotParsed_I25(t *testing.T) {
	for name, text := range map[string]string{
		"brackets":          strings.Repeat("[", 10_000),
		"braces":            strings.Repeat("{a: ", 10_000),
		"brackets on lines": strings.Repeat("[\n", 10_000),
		"in a quote":        `a: "` + strings.Repeat("[", 10_000),
		"lists of lists":    strings.Repeat("- ", 10_000),
		"keys of keys":      strings.Repeat("? ", 10_000),
		"anchors":           strings.Repeat("&a ", 10_000),
		"indented":          steps(1_000, "\n"),
		"by bare returns":   steps(1_000, "\r"),
		"long":              strings.Repeat("a: b\n", 100_000),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Parse([]byte(text))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v", name, err)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 16 {
			t.Errorf("%s: it takes %d MiB", name, took)
		}
	}
}

// steps are keys, each one column deeper.
func steps(n int, end string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sa:%s", strings.Repeat(" ", i), end)
	}
	return b.String()
}

// TestPeoplesOwnFilesAreFarBelow holds the shipped Flows against half of each bound.
func TestPeoplesOwnFilesAreFarBelow(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../flows/*.yaml")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := Bounded(append(text, []byte("\n"+strings.Repeat("[", mostNested/2))...), MostRules/2); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}
