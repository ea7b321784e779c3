package jaggaer

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

func TestDefaultsAreFilledIn(t *testing.T) {
	t.Parallel()
	v := New().Validate(connector.Settings{"url": "https://acme.example.com/", "client_id": "acme-peoplesoft", "xml_url": "https://Router.example.com:8443"})
	if len(v.Problems) > 0 {
		t.Fatal(v.Problems)
	}
	p := profile(v.Settings["profile"].(map[string]any))
	for what, pair := range map[string][2]any{
		"url without its slash":   {v.Settings["url"], "https://acme.example.com"},
		"token_url of the realm":  {v.Settings["token_url"], "https://acme.example.com/auth/realms/J1p-integrations/protocol/openid-connect/token"},
		"overlap":                 {v.Settings["overlap"], "10m"},
		"concurrency":             {v.Settings["concurrency"], int64(2)},
		"receive":                 {v.Settings["receive"], false},
		"an operation":            {p.text("operations", "supplier.write"), "xml"},
		"payments stay off":       {p.text("operations", "payment.write"), "off"},
		"a path":                  {p.text("entities", "po", "path"), "purchaseorders"},
		"a list key":              {p.text("entities", "cfv", "list_key"), "jicustomfieldvalueList"},
		"values have no detail":   {p.text("entities", "cfv", "detail"), "none"},
		"the batch":               {p.int("cfv_batch"), 200},
		"the external field":      {p.text("req_external_field"), "External Req #"},
		"blank in splits":         {p.text("empty_value"), "none"},
		"both invoice conditions": {len(p.rules("invoice_ready")), 2},
		"a link for each Kind":    {len(p["links"].(map[string]any)), len(connector.Kinds())},
		"the addresses":           {v.Addresses, []string{"https://acme.example.com:443", "https://router.example.com:8443"}},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: %v, expected %v", what, pair[0], pair[1])
		}
	}
	again := New().Validate(v.Settings)
	if len(again.Problems) > 0 || !reflect.DeepEqual(again.Settings, v.Settings) {
		t.Errorf("settings in force are not valid themselves: %v", again.Problems)
	}
}

func TestProblemsNameTheirPath(t *testing.T) {
	t.Parallel()
	set := func(name string, value any) func(connector.Settings) {
		return func(s connector.Settings) { s[name] = value }
	}
	for name, row := range map[string]struct {
		edit    func(connector.Settings)
		path    string
		message string
	}{
		"no url":                              {set("url", nil), "url", "is required"},
		"no client":                           {set("client_id", ""), "client_id", "is required"},
		"an unknown setting":                  {set("colour", "blue"), "colour", "not a setting"},
		"an address without a scheme":         {set("url", "acme.example.com"), "url", "form https://"},
		"an address with a user":              {set("xml_url", "https://me:pw@router.example.com"), "xml_url", "without user"},
		"a token address with a query":        {set("token_url", "https://acme.example.com/t?x=1"), "token_url", "query"},
		"a duration of another form":          {set("overlap", "soon"), "overlap", "duration"},
		"a negative duration":                 {set("settle", "-2m"), "settle", "duration"},
		"no place for calls":                  {set("concurrency", int64(0)), "concurrency", "1 or more"},
		"a word for a switch":                 {set("receive", "perhaps"), "receive", "true or false"},
		"a value that is not one of several":  {set("trust_absence", "sometimes"), "trust_absence", "one of"},
		"a profile that is a text":            {set("profile", "rest"), "profile", "keys of its own"},
		"an unknown profile key":              {profileOf("x", "colour"), "profile.colour", "not known"},
		"a misspelled profile key":            {profileOf("x", "rest", "apiPrefix"), "profile.rest.apiPrefix", "did you mean api_prefix"},
		"an unknown entity":                   {profileOf(map[string]any{}, "entities", "asset"), "profile.entities.asset", "not known"},
		"an unknown operation":                {profileOf("rest", "operations", "asset.read"), "profile.operations.asset.read", "not known"},
		"a transport that is none":            {profileOf("fax", "operations", "supplier.write"), "profile.operations.supplier.write", "one of"},
		"what has a setting: base_url":        {profileOf("x", "rest", "base_url"), "profile.rest.base_url", "setting url"},
		"what has a setting: token_url":       {profileOf("x", "rest", "token_url"), "profile.rest.token_url", "setting token_url"},
		"what has a setting: client_id":       {profileOf("x", "rest", "client_id"), "profile.rest.client_id", "setting client_id"},
		"what has a secret: client_secret":    {profileOf("x", "rest", "client_secret"), "profile.rest.client_secret", "secret client_secret"},
		"what has a setting: timeout":         {profileOf(int64(9), "rest", "timeout_s"), "profile.rest.timeout_s", "setting timeout"},
		"what has a setting: overlap":         {profileOf(int64(9), "rest", "overlap_s"), "profile.rest.overlap_s", "setting overlap"},
		"what has a setting: clock skew":      {profileOf(int64(9), "rest", "clock_skew_s"), "profile.rest.clock_skew_s", "setting settle"},
		"what has a setting: concurrency":     {profileOf(int64(9), "rest", "max_concurrency"), "profile.rest.max_concurrency", "setting concurrency"},
		"what has a setting: identity":        {profileOf("x", "xml", "identity"), "profile.xml.identity", "setting identity"},
		"what has a secret: shared_secret":    {profileOf("x", "xml", "shared_secret"), "profile.xml.shared_secret", "secret shared_secret"},
		"what has a crosswalk":                {profileOf(map[string]any{}, "uom_map"), "profile.uom_map", "crosswalk uom"},
		"bank accounts":                       {profileOf(true, "send_bank_accounts"), "profile.send_bank_accounts", "never sent"},
		"a number that is a word":             {profileOf("many", "cfv_batch"), "profile.cfv_batch", "whole number"},
		"an empty batch":                      {profileOf(int64(0), "cfv_batch"), "profile.cfv_batch", "between"},
		"a page overlap of two":               {profileOf(int64(2), "rest", "page_overlap"), "profile.rest.page_overlap", "between 0 and 1"},
		"rules of another form":               {profileOf([]any{"Completed"}, "po_ready"), "profile.po_ready", "list of {field"},
		"a template without its value":        {profileOf("-L", "value_templates", "Fund"), "profile.value_templates.Fund", "{value} once"},
		"a time format that is none":          {profileOf("iso", "rest", "filter_time_format"), "profile.rest.filter_time_format", "layout"},
		"a blank path":                        {profileOf("", "entities", "po", "path"), "profile.entities.po.path", "must not be blank"},
		"a branch where a text stands":        {profileOf(map[string]any{}, "rest", "version"), "profile.rest.version", "a text"},
		"a text where a branch stands":        {profileOf("x", "rest"), "profile.rest", "keys of its own"},
		"receiving without an identity":       {set("receive", true), "identity", "required with receive"},
		"a header field that names nothing":   {profileOf("{City}", "header_fields", "Campus"), "profile.header_fields.Campus", "names {City}"},
		"a line field that names the header":  {profileOf("{ExternalReq}", "line_fields", "Key"), "profile.line_fields.Key", "names {ExternalReq}"},
		"a header field that is sent already": {profileOf("x", "header_fields", "External Req #"), "profile.header_fields.External Req #", "sent already"},
		"links of a Kind that does not exist": {profileOf("x", "links", "asset"), "profile.links.asset", "not known"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := connector.Settings{"url": "https://acme.example.com", "client_id": "acme", "profile": map[string]any{}}
			row.edit(s)
			problems := New().Validate(s).Problems
			if len(problems) != 1 || problems[0].Path != row.path || !strings.Contains(problems[0].Message, row.message) {
				t.Errorf("problems %v, expected %s: …%s…", problems, row.path, row.message)
			}
		})
	}
}

func TestCodesOfDigitsAreTexts(t *testing.T) {
	t.Parallel()
	v := New().Validate(connector.Settings{"url": "https://acme.example.com", "client_id": int64(12), "profile": map[string]any{
		"req_origin_value": int64(7), "amount_tolerance": 0.05, "supplier_ready_statuses": []any{"Approved", int64(3)}, "rest": map[string]any{"token_min_left_s": 30},
	}})
	p := profile(v.Settings["profile"].(map[string]any))
	if len(v.Problems) > 0 || v.Settings["client_id"] != "12" || p.text("req_origin_value") != "7" || p.text("amount_tolerance") != "0.05" ||
		p.texts("supplier_ready_statuses")[1] != "3" || p.int("rest", "token_min_left_s") != 30 {
		t.Errorf("%v, %v", v.Settings, v.Problems)
	}
}

func TestSecretsAreBoundToWhereTheyGo(t *testing.T) {
	t.Parallel()
	for _, s := range New().Describe().Secrets {
		if s.Name != "tls_key" && len(s.BoundTo) == 0 {
			t.Errorf("%s is bound to nothing", s.Name)
		}
	}
}

func TestOpenNeedsItsAddresses(t *testing.T) {
	t.Parallel()
	_, err := New().Open(connector.Opening{Connection: "s2p", Settings: New().Validate(connector.Settings{}).Settings})
	mustFail(t, err, connector.Misconfigured, "url")
	_, err = New().Open(connector.Opening{Connection: "s2p", Settings: connector.Settings{}})
	mustFail(t, err, connector.Internal, "Validate")
}

func TestWhatAKindCanDo(t *testing.T) {
	t.Parallel()
	b := open(t, always(200, "{}"))
	for kind, want := range map[connector.Kind]connector.KindInfo{
		connector.GLAccount:     {Reads: true, Retries: true, Windowed: true, Writes: true, Class: connector.ClassUpsert, CanUpdate: true, LookFirst: true, Linkable: true, Batch: 200},
		connector.Supplier:      {Reads: true, Retries: true, Windowed: true, Writes: true, Class: connector.ClassUpsert, CanUpdate: true, LookFirst: true, Linkable: true},
		connector.Requisition:   {Reads: true, Retries: true, Windowed: true, Writes: true, Class: connector.ClassDuplicate},
		connector.PurchaseOrder: {Reads: true, Retries: true, Windowed: true},
		connector.Invoice:       {Reads: true, Retries: true, Windowed: true},
		"asset":                 {},
	} {
		got := b.Kind(kind)
		if want.Writes != (len(got.Schema.Fields) > 0) {
			t.Errorf("%s: a Schema of %d fields", kind, len(got.Schema.Fields))
		}
		if want.Reads != (len(got.Content.Fields) > 0) {
			t.Errorf("%s: content of %d fields", kind, len(got.Content.Fields))
		}
		got.Schema, got.Content = connector.Schema{}, connector.Schema{}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	off := open(t, always(200, "{}"), profileOf("off", "operations", "supplier.write"), profileOf("off", "operations", "po.read"), profileOf("", "entities", "invoice", "filter_field"))
	if off.Kind(connector.Supplier).Writes || off.Kind(connector.PurchaseOrder).Reads || off.Kind(connector.Invoice).Windowed {
		t.Error("the profile's operations are not followed")
	}
	_, err := off.Read(t.Context(), connector.Query{Kind: connector.PurchaseOrder})
	mustFail(t, err, connector.Misconfigured, "operations.po.read", "acme-peoplesoft")
	_, err = off.Write(t.Context(), connector.Write{Kind: connector.Supplier})
	mustFail(t, err, connector.Misconfigured, "operations.supplier.write")
	_, err = off.Read(t.Context(), connector.Query{Kind: "asset"})
	mustFail(t, err, connector.Misconfigured)
}

// TestAKeyThatDoesNothingIsToldOf: what a profile gives and nothing uses is a warning, and what is given as it is anyway is none.
func TestAKeyThatDoesNothingIsToldOf(t *testing.T) {
	t.Parallel()
	for path, value := range map[string]any{
		"address_types": map[string]any{"remitto": "x"}, "contact_types": map[string]any{"main": "x"}, "erp_number_format": "x", "ocr_case": "snake", "rest component_param": "c",
		"xml paths po": "x", "xml dtds po": "x", "xml paths invoice": "x", "xml disable_chunking": false, "entities payment id": "x", "entities payment external": "x",
	} {
		s := connector.Settings{"url": "https://acme.example.com", "client_id": "acme", "profile": map[string]any{}}
		profileOf(value, strings.Fields(path)...)(s)
		v := New().Validate(s)
		if len(v.Problems) > 0 || len(v.Warnings) != 1 || v.Warnings[0].Path != "profile."+strings.ReplaceAll(path, " ", ".") || !strings.HasPrefix(v.Warnings[0].Message, "has no effect: ") {
			t.Errorf("%s: %+v, problems %v", path, v.Warnings, v.Problems)
		}
		if again := New().Validate(v.Settings); len(again.Warnings) != 1 {
			t.Errorf("%s, in force: %+v", path, again.Warnings)
		}
	}
	whole := New().Validate(connector.Settings{"url": "https://acme.example.com", "client_id": "acme"})
	if again := New().Validate(whole.Settings); len(whole.Warnings)+len(again.Warnings) > 0 {
		t.Errorf("the default profile is told of: %v %v", whole.Warnings, again.Warnings)
	}
}

// TestEachKeyOfTheProfileIsUsed: the code, or a shipped Flow, names each leaf; what nothing names is told of when it is given.
func TestEachKeyOfTheProfileIsUsed(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for _, pattern := range []string{"*.go", "../flows/*.yaml", "../engine/*.go", "../mapping/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || name == "profile.go" || name == "idle.go" {
				continue
			}
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(content)
		}
	}
	told := map[string]bool{}
	for _, path := range []string{"address_types", "contact_types", "erp_number_format", "ocr_case", "component_param", "disable_chunking"} {
		told[path] = true
	}
	var walk func(b branch, at string)
	walk = func(b branch, at string) {
		for name, node := range b {
			switch node := node.(type) {
			case branch:
				if at+name != "links" { // by Kind
					walk(node, at+name+".")
				}
			case key:
				if node.moved == "" && !told[name] && !strings.Contains(text.String(), `"`+name+`"`) && !strings.Contains(text.String(), "."+name) {
					t.Errorf("%s%s is taken, and nothing names it", at, name)
				}
			}
		}
	}
	walk(profileTree(), "")
}

// TestSettingsAsTexts: a switch, a number and a duration may be given as texts.
func TestSettingsAsTexts(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]any{"true": true, "false": false} {
		v := New().Validate(connector.Settings{"url": "https://a.example.com", "client_id": "c", "identity": "I", "receive": given, "concurrency": "4", "tls_ca": "ca.pem", "tls_cert": "c.pem",
			"profile": map[string]any{"rest": map[string]any{"tls_max_version": "1.2"}}})
		if len(v.Problems) > 0 || v.Settings["receive"] != want || v.Settings["concurrency"] != int64(4) {
			t.Errorf("%v: %+v", v.Problems, v.Settings)
		}
		if v.TLS != (connector.TLSFiles{CA: "ca.pem", Cert: "c.pem", Max: "1.2"}) {
			t.Errorf("%+v", v.TLS)
		}
	}
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "7d": 7 * 24 * time.Hour, "300d": 300 * 24 * time.Hour, "1h30m": 90 * time.Minute, "0s": 0} {
		if d, ok := duration(text); d != want || !ok {
			t.Errorf("%s is %s", text, d)
		}
	}
	for _, text := range []string{"-1s", "-1d", "d", "1.5d", "soon", ""} {
		if _, ok := duration(text); ok {
			t.Errorf("%q is a duration", text)
		}
	}
}

// TestBordersOfTheProfile: each limit holds on both sides.
func TestBordersOfTheProfile(t *testing.T) {
	t.Parallel()
	for path, border := range map[string][2]int64{"rest.start_base": {0, 1}, "rest.page_overlap": {0, 1}, "rest.max_attempts": {1, 20}, "cfv_batch": {1, 10000}} {
		for _, n := range []int64{border[0] - 1, border[0], border[1], border[1] + 1} {
			s := connector.Settings{"url": "https://a.example.com", "client_id": "c", "profile": map[string]any{}}
			profileOf(n, strings.Split(path, ".")...)(s)
			problems := New().Validate(s).Problems
			if bad := n < border[0] || n > border[1]; (len(problems) > 0) != bad {
				t.Errorf("%s: %d: %v", path, n, problems)
			}
		}
	}
	for _, entity := range []string{"po", "invoice", "requisition", "supplier", "cfv"} {
		for _, attribute := range []string{"module", "path", "list_key", "item_key", "id"} {
			s := connector.Settings{"url": "https://a.example.com", "client_id": "c", "profile": map[string]any{}}
			profileOf("", "entities", entity, attribute)(s)
			if p := New().Validate(s).Problems; len(p) != 1 || p[0].Path != "profile.entities."+entity+"."+attribute {
				t.Errorf("%s.%s: %v", entity, attribute, p)
			}
		}
	}
}
