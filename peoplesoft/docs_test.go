package peoplesoft

import (
	"os"
	"regexp"
	"testing"

	"github.com/goccy/go-yaml"

	connector "ml-connector"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestSettingsOfTheGuideAreTaken: what docs/peoplesoft.md says to write down passes as it stands.
func TestSettingsOfTheGuideAreTaken(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../docs/peoplesoft.md")
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{}
	for _, block := range yamlBlock.FindAllSubmatch(guide, -1) {
		var said struct {
			Connections map[string]struct {
				System   string
				Settings map[string]any
				Secrets  map[string]string
			}
			Profile map[string]any
		}
		if err := yaml.Unmarshal(block[1], &said); err != nil {
			t.Fatal(err)
		}
		s := testSettings()
		for _, c := range said.Connections {
			s = connector.Settings(c.Settings)
			tried["connection"] = true
			for name := range c.Secrets {
				if name != "password" {
					t.Errorf("the guide gives the secret %s", name)
				}
			}
		}
		if said.Profile != nil {
			s["profile"] = said.Profile
			tried["profile"] = true
		}
		for _, p := range New().Validate(wholeNumbers(map[string]any(s)).(map[string]any)).Problems {
			t.Errorf("%s %s", p.Path, p.Message)
		}
	}
	if len(tried) != 2 {
		t.Errorf("the guide shows only %v", tried)
	}
}

// wholeNumbers gives numbers of YAML the type that settings have.
func wholeNumbers(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			x[k] = wholeNumbers(e)
		}
	case []any:
		for n, e := range x {
			x[n] = wholeNumbers(e)
		}
	case uint64:
		return int64(x)
	}
	return v
}
