package web

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestColoursCanBeRead computes the contrast of every pair of colours that the pages put on each other, in light and dark:
// 4.5 for words, 3 for marks, edges of fields and the focus ring (WCAG 2.2, 1.4.3 and 1.4.11).
func TestColoursCanBeRead(t *testing.T) {
	t.Parallel()
	css, err := assetFiles.ReadFile("assets/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark := schemes(t, string(css))
	grounds := []string{"page", "paper", "raised", "bad-paper", "good-paper"}
	for scheme, colours := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, ground := range grounds {
			for _, word := range []string{"ink", "soft", "link", "delivered", "unchanged", "waiting", "blocked", "in-doubt", "held", "aside"} {
				if c := contrast(t, colours[word], colours[ground]); c < 4.5 {
					t.Errorf("%s: --%s on --%s has %.2f, less than 4.5", scheme, word, ground, c)
				}
			}
			if c := contrast(t, colours["focus"], colours[ground]); c < 3 {
				t.Errorf("%s: the focus ring on --%s has %.2f, less than 3", scheme, ground, c)
			}
		}
	}
}

func TestContrastIsThatOfTheStandard(t *testing.T) {
	t.Parallel()
	for pair, want := range map[string]string{"#000000 #ffffff": "21.00", "#777777 #ffffff": "4.48", "#ffffff #ffffff": "1.00"} {
		a, b, _ := strings.Cut(pair, " ")
		if got := fmt.Sprintf("%.2f", contrast(t, a, b)); got != want {
			t.Errorf("%s: %s, not %s", pair, got, want)
		}
	}
}

// TestStylesUseNamedColoursOnly keeps colours that nobody computed out of the rules.
func TestStylesUseNamedColoursOnly(t *testing.T) {
	t.Parallel()
	css, err := assetFiles.ReadFile("assets/style.css")
	if err != nil {
		t.Fatal(err)
	}
	_, rules, _ := strings.Cut(string(css), "*, *::before")
	for _, found := range regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b[^;]*;`).FindAllString(rules, -1) {
		if !strings.HasPrefix(found, "#fff;") { // paper itself, when printed
			t.Errorf("a colour without a name: %s", found)
		}
	}
	if found := regexp.MustCompile(`url\(|@import`).FindString(string(css)); found != "" {
		t.Errorf("the style fetches something: %s", found)
	}
	for used := range strings.SplitSeq(rules, "var(--") {
		name, _, _ := strings.Cut(used, ")")
		if strings.ContainsAny(name, " {:;") {
			continue // what stands before the first
		}
		if !strings.Contains(string(css), "--"+name+":") {
			t.Errorf("--%s is used and not defined", name)
		}
	}
}

// schemes reads the named colours of both schemes; dark takes over what it does not change.
func schemes(t *testing.T, css string) (light, dark map[string]string) {
	t.Helper()
	named := regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)
	blocks := regexp.MustCompile(`(?s):root \{.*?\}`).FindAllString(css, -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of colours, not 2", len(blocks))
	}
	light, dark = map[string]string{}, map[string]string{}
	for i, block := range blocks {
		for _, found := range named.FindAllStringSubmatch(block, -1) {
			dark[found[1]] = found[2]
			if i == 0 {
				light[found[1]] = found[2]
			}
		}
	}
	return light, dark
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) != 7 {
		t.Fatalf("%q is no colour", colour)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}
