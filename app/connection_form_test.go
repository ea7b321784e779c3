package app

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/people"
	"ml-connector/store"
)

var admin = people.Local("cli:jdoe")

// typos are what is wrong with a form, by field.
func typos(err error) map[string]string {
	out := map[string]string{}
	list, _ := errors.AsType[config.Typos](err)
	for _, t := range list {
		out[t.Field] = t.Text
	}
	return out
}

func TestATypedConnectionIsCheckedLikeAFile(t *testing.T) {
	t.Parallel()
	good := ConnectionEdit{Name: "a", System: "alpha", New: true, Settings: map[string]string{"host": "alpha.example.com"}, Secrets: map[string]config.Hidden{"secret": "not-a-real-secret"}}
	for _, row := range []struct {
		sentence     string
		name         string
		set          map[string]string
		field, wrong string // "" = it is taken
	}{
		{"what is whole is taken", "a", nil, "", ""},
		{"a name is one of a command line", "my erp", nil, "name", "is not a name"},
		{"what is needed must be there", "a", map[string]string{"host": " "}, "settings.host", "is missing"},
		{"a number is one", "a", map[string]string{"port": "8443; drop"}, "settings.port", "must be a whole number"},
		{"a text is taken literally", "a", map[string]string{"note": "it's {a: b} # no comment"}, "", ""},
		{"a text has one line", "a", map[string]string{"note": "x\nhost: evil.example"}, "settings.note", "can't be seen"},
		{"a tree is YAML", "a", map[string]string{"profile": "a: [1"}, "settings.profile", "is not YAML"},
		{"a tree can't reach beyond itself", "a", map[string]string{"profile": "a: 1\nhost: evil.example\n---\nhost: evil.example"}, "settings.profile", ""},
		{"a bare carriage return ends no line of a tree", "a", map[string]string{"profile": "a: 1\rtls_ca: /etc/hostname"}, "settings.profile", "can't be seen"},
		{"nor does a next line", "a", map[string]string{"profile": "a: 1\u0085tls_ca: /etc/hostname"}, "settings.profile", "can't be seen"},
		{"nor a line separator", "a", map[string]string{"profile": "a: 1\u2028tls_ca: /etc/hostname"}, "settings.profile", "can't be seen"},
		{"nor a paragraph separator, in a text either", "a", map[string]string{"note": "a\u2029tls_ca: /etc/hostname"}, "settings.note", "can't be seen"},
		{"a browser ends lines by two", "a", map[string]string{"profile": "a: 1\r\nb:\r\n  c: 2\r\n"}, "", ""},
		{"what is not known is not passed over", "a", map[string]string{"prot": "8443"}, "settings.prot", "is not known"},
		{"nor what only the configuration file may set", "a", map[string]string{"tls_ca": "/etc/hostname"}, "settings.tls_ca", "only the configuration file"},
		{"a link leads to a page", "a", map[string]string{"profile": "links: {supplier: 'javascript:alert(1)'}"}, "settings.profile", "links.supplier must be an address"},
		{"a record does not say where", "a", map[string]string{"profile": "links: {supplier: 'https://{id}.example.com/'}"}, "settings.profile", "links.supplier"},
		{"a link with the record in it", "a", map[string]string{"profile": "links: {supplier: 'https://erp.example.com/psp?A={id.1}&B={id}'}"}, "", ""},
		{"an alias is none of our YAML", "a", map[string]string{"profile": "a: &x [1]\nb: *x"}, "settings.profile", "alias"},
	} {
		b := newBench(t)
		e := good
		e.Name, e.Settings = row.name, maps.Clone(good.Settings)
		maps.Copy(e.Settings, row.set)
		_, err := b.SaveConnection(t.Context(), e, admin)
		text, told := typos(err)[row.field]
		if row.field == "" && err != nil || row.field != "" && (!told || !strings.Contains(text, row.wrong)) {
			t.Errorf("%s: %v", row.sentence, err)
		}
		c, err := b.DB.Connection(t.Context(), "a")
		if (err == nil) != (row.field == "") {
			t.Errorf("%s: it is stored: %v", row.sentence, err)
		}
		if note := row.set["note"]; row.field == "" && note != "" && c.Settings["note"] != note {
			t.Errorf("%s: %v", row.sentence, c.Settings)
		}
	}
}

// TestATreeStaysInItsPlace: whatever stands in a tree, no other setting changes by it.
func TestATreeStaysInItsPlace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		tree := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"host: evil", "\n", " ", "---", "...", "'", `"`, "{", "}", "[", "]", "|", ">", "a: b", "#", "&x", "*x", "!!map", "? ", "-", "\t", "\r", "\u0085", "\u2028", "tls_ca: /etc/hostname", ","}), 1, 8).Draw(t, "tree"), "")
		c, err := config.ReadTyped(config.Typed{Name: "a", System: b.left, Settings: map[string]string{"host": "alpha.example.com", "profile": tree}, Secrets: map[string]config.Hidden{"secret": "x"}})
		if err == nil && (c.Settings["host"] != "alpha.example.com" || len(c.Settings) > 2 || c.Settings["tls_ca"] != nil) {
			t.Fatalf("%q gives %v", tree, c.Settings)
		}
	})
}

func TestWhatWasStoredIsTypedTheSame(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stored := connector.Settings{"host": "alpha.example.com", "port": int64(8443), "note": "007", "codes": []any{"A", "B"}, "profile": map[string]any{"query": map[string]any{"names": []any{"007", "x: y"}, "on": true, "n": int64(3)}}}
	c, err := config.ReadTyped(config.Typed{Name: "a", System: b.left, Settings: config.Typing(b.left, stored), Secrets: map[string]config.Hidden{"secret": "x"}})
	if err != nil || !reflect.DeepEqual(c.Settings, stored) {
		t.Errorf("%v\n%v\n%v", err, c.Settings, stored)
	}
}

// TestWhatTheFileSetStaysByAForm: it may be sent back as it is, and not otherwise; a link that the file has keeps no secret from being replaced.
func TestWhatTheFileSetStaysByAForm(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	if err := b.DB.Tx(t.Context(), func(tx *store.Tx) error {
		c, err := tx.Connection("a")
		if err != nil {
			return err
		}
		c.Settings["tls_ca"], c.Settings["profile"] = "/etc/hostname", map[string]any{"links": map[string]any{"supplier": "/x"}}
		return tx.SaveConnection(c)
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SaveSecrets(t.Context(), "a", map[string]config.Hidden{"secret": "another-made-up-one"}, admin); err != nil {
		t.Error(err)
	}
	f, err := b.ConnectionForm(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	f.Values["tls_ca"] = "/etc/passwd"
	if _, err := b.SaveConnection(t.Context(), ConnectionEdit{Name: "a", Settings: f.Values}, admin); !strings.Contains(typos(err)["settings.tls_ca"], "only the configuration file") {
		t.Errorf("got %v", err)
	}
	if c, err := b.DB.Connection(t.Context(), "a"); err != nil || c.Settings["tls_ca"] != "/etc/hostname" {
		t.Errorf("%v, %v", c.Settings, err)
	}
}

// TestAnotherAddressDropsItsSecrets (I23), typed or not.
func TestATypedAddressDropsItsSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(strings.Replace(both, "secret: env:LEFT", "secret: env:LEFT, other: env:RIGHT", 1))
	save := func(host string, secrets map[string]config.Hidden) (Applied, error) {
		return b.SaveConnection(t.Context(), ConnectionEdit{Name: "a", Settings: map[string]string{"host": host, "port": "443"}, Secrets: secrets}, admin)
	}
	if done, err := save("alpha.example.com", nil); err != nil || len(done.Changes) > 0 {
		t.Fatalf("the same again: %v, %v", done, err)
	}
	if _, err := save("evil.example.com", nil); !strings.Contains(typos(err)["secrets.secret"], "is missing") {
		t.Errorf("a secret goes to another address: %v", err)
	}
	done, err := save("new.example.com", map[string]config.Hidden{"secret": "another-made-up-one"})
	if err != nil || !slices.Equal(subjects(done), []string{"change connection:a", "change secret:a.secret", "remove secret:a.other"}) {
		t.Errorf("%v, %v", subjects(done), err)
	}
	if last := b.left.opened[len(b.left.opened)-1]; last.Secrets["other"] != "" || last.Secrets["secret"] != "another-made-up-one" {
		t.Errorf("it is opened with %d secrets", len(last.Secrets))
	}
	if _, err := b.SaveSecrets(t.Context(), "a", map[string]config.Hidden{"other": "once-more", "secret": ""}, admin); err != nil {
		t.Fatal(err)
	}
	by, err := b.SecretsBy(t.Context(), "a")
	if err != nil || by["other"] != admin.Name {
		t.Errorf("%v, %v", by, err)
	}
}

func TestTheNameOfAConnectionIsTakenOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	_, err := b.SaveConnection(t.Context(), ConnectionEdit{Name: "a", System: "beta", New: true, Settings: map[string]string{"host": "x"}, Secrets: map[string]config.Hidden{"secret": "x"}}, admin)
	if typos(err)["name"] == "" {
		t.Errorf("got %v", err)
	}
}

// TestAddedFlowsRunBeforeWhatNeedsThem: shipped Flows take their places among those that are there, which go on as they did.
func TestAddedFlowsRunBeforeWhatNeedsThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	if err := b.DB.Tx(t.Context(), func(tx *store.Tx) error {
		return tx.PauseFlow("papers", connector.Pause{Code: connector.Forbidden, Reason: "no right", At: b.clock.now(), By: "engine"})
	}); err != nil {
		t.Fatal(err)
	}
	done, err := b.AddFlows(t.Context(), []config.TypedFlow{{Use: "orders", From: "a", To: "b"}}, admin)
	if err != nil || !slices.Equal(subjects(done), []string{"add flow:orders", "change flow:papers"}) {
		t.Fatalf("%v, %v", subjects(done), err)
	}
	flows, err := b.Flows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range flows {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"things", "orders", "papers"}) || flows[1].Enabled || flows[2].Paused == nil {
		t.Errorf("%v, %+v", names, flows[2].Paused)
	}
	if _, err := b.AddFlows(t.Context(), []config.TypedFlow{{Use: "orders", From: "a", To: "b"}}, admin); connector.CodeOf(err) != connector.Conflict {
		t.Errorf("twice: %v", err)
	}
	if _, err := b.AddFlows(t.Context(), []config.TypedFlow{{Use: "papers", From: "b", To: "a"}}, admin); connector.CodeOf(err) != connector.Invalid {
		t.Errorf("the wrong way: %v", err)
	}
	choices, err := b.FlowChoices(t.Context(), "b")
	if err != nil || len(choices) != 3 || !choices[0].There || choices[0].From != "a" {
		t.Errorf("%+v, %v", choices, err)
	}
}
