package systems

import (
	"slices"
	"testing"

	connector "ml-connector"
)

func TestNamesAreThoseOfTheConfigurationFile(t *testing.T) {
	t.Parallel()
	var names []string
	for _, s := range All() {
		names = append(names, s.Name())
	}
	if want := []string{"jaggaer", "peoplesoft"}; !slices.Equal(names, want) {
		t.Errorf("the Systems are %v, not %v", names, want)
	}
}

// Whatever a System describes can be explained to a person, and is not a common setting as well.
func TestSettingsAreDescribed(t *testing.T) {
	t.Parallel()
	for _, s := range All() {
		d := s.Describe()
		if d.Title == "" {
			t.Errorf("%s has no title", s.Name())
		}
		seen := map[string]bool{}
		for _, c := range connector.CommonSettings() {
			seen[c.Name] = true
		}
		for _, x := range d.Settings {
			if x.Name == "" || x.Help == "" || x.Type == "" || seen[x.Name] {
				t.Errorf("%s: setting %+v", s.Name(), x)
			}
			seen[x.Name] = true
		}
		for _, x := range d.Secrets {
			if x.Name == "" || x.Help == "" {
				t.Errorf("%s: secret %+v", s.Name(), x)
			}
			for _, b := range x.BoundTo {
				if !seen[b] {
					t.Errorf("%s: the secret %s is bound to %q, which is no setting", s.Name(), x.Name, b)
				}
			}
		}
	}
}
