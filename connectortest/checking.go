package connectortest

import (
	"slices"
	"strings"
	"testing"

	connector "ml-connector"
)

var checkCases = []testCase{
	{"says of itself what its settings are", describes},
	{"passes a Check when it is well, and writes nothing in it", checksWell},
	{"names in a Check that secrets do not fit, after one attempt", checksSecrets},
	{"names in a Check that nobody listens", checksDown},
	{"names in a Check that the answers are not the System's", checksForeign},
}

func describes(t *testing.T, s *subject) {
	d := s.System.Describe()
	if d.Title == "" || s.System.Name() == "" {
		t.Errorf("it has no name: %q, %q", s.System.Name(), d.Title)
	}
	names := map[string]bool{}
	for _, set := range append(append(d.Settings, d.Secrets...), connector.CommonSettings()...) {
		if names[set.Name] {
			t.Errorf("two settings are called %s", set.Name)
		}
		names[set.Name] = true
		if set.Help == "" || set.Type == "" {
			t.Errorf("setting %s has no help, or no form", set.Name)
		}
	}
	for _, secret := range d.Secrets {
		if len(secret.BoundTo) == 0 && secret.Name != "tls_key" {
			t.Errorf("secret %s is bound to no address", secret.Name)
		}
		for _, to := range secret.BoundTo {
			if !names[to] {
				t.Errorf("secret %s is bound to %s, which is no setting", secret.Name, to)
			}
		}
	}
	whole := s.System.Validate(s.Instance.Settings())
	for _, p := range whole.Problems {
		t.Errorf("the settings in force are refused: %s %s", p.Path, p.Message)
	}
	if len(whole.Addresses) == 0 {
		t.Error("it calls no address")
	}
	wrong := s.System.Validate(connector.Settings{"no_such_setting": "x"})
	if !slices.ContainsFunc(wrong.Problems, func(p connector.SettingProblem) bool { return strings.Contains(p.Path, "no_such_setting") }) {
		t.Errorf("an unknown setting is taken: %+v", wrong.Problems)
	}
}

func (s *subject) check(t *testing.T) (steps []connector.Step, bad []connector.Step) {
	t.Helper()
	steps = s.Instance.Check(s.trace(t.Context()), s.Needs)
	for _, step := range steps {
		if step.Step == "" || step.State == "" || step.State != connector.StepOK && step.Message == "" {
			t.Errorf("a step does not say what it is: %+v", step)
		}
		s.noSecret(t, "step "+step.Step, step.Message, step.Hint)
		if step.State == connector.StepFailed {
			bad = append(bad, step)
			if step.Code == "" || step.Hint == "" {
				t.Errorf("step %s failed without a class, or without what to do: %+v", step.Step, step)
			}
		}
	}
	return steps, bad
}

func checksWell(t *testing.T, s *subject) {
	steps, _ := s.check(t)
	if len(steps) < 3 {
		t.Errorf("looked at %d things only: %+v", len(steps), steps)
	}
	for _, step := range steps {
		if step.State == connector.StepFailed || step.State == connector.StepWarning {
			t.Errorf("the Site is well, and step %s is %s: %s (%s)", step.Step, step.State, step.Message, step.Hint)
		}
	}
	if n := s.front.count(writing); n > 0 {
		t.Errorf("a Check made %d writing requests", n)
	}
}

// mustName holds a failed Check against the classes that its first failed step may have.
func mustName(t *testing.T, bad []connector.Step, codes ...connector.Code) {
	t.Helper()
	if len(bad) == 0 {
		t.Error("the Check passed")
		return
	}
	if !slices.Contains(codes, bad[0].Code) {
		t.Errorf("the first failed step is %s, %s: %s; want %v", bad[0].Step, bad[0].Code, bad[0].Message, codes)
	}
}

func checksSecrets(t *testing.T, s *subject) {
	s.LockOut()
	before := s.LogIns()
	_, bad := s.check(t)
	mustName(t, bad, connector.Credentials)
	if n := s.LogIns() - before; n != 1 {
		t.Errorf("%d log-in attempts; more than one locks accounts", n)
	}
}

func checksDown(t *testing.T, s *subject) {
	s.server.CloseClientConnections()
	s.server.Close()
	_, bad := s.check(t)
	mustName(t, bad, connector.Unavailable)
	if len(bad) > 0 && bad[0].Step != "connect" {
		t.Errorf("nobody listens, and the first failed step is %s", bad[0].Step)
	}
}

func checksForeign(t *testing.T, s *subject) {
	for name, how := range foreign {
		s.front.disturb(reading, how)
		_, bad := s.check(t)
		s.front.quiet()
		if len(bad) == 0 {
			t.Errorf("every answer %s, and the Check passed", name)
			continue
		}
		mustName(t, bad, notEmpty...)
	}
}

// everything uses an Instance in every way once, for the case that counts goroutines.
func everything(t *testing.T, s *subject) {
	for _, k := range s.kinds(reads) {
		s.mustRead(t, s.whole(k))
	}
	for _, w := range s.Writes {
		if _, err := s.write(t, t.Context(), w); err != nil {
			t.Errorf("write %s: %v", w.Kind, err)
		}
		s.mustFind(t, connector.Lookup{Kind: w.Kind, Document: w.Document})
	}
	s.check(t)
	stops(t, s)
}
