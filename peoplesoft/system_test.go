package peoplesoft

import (
	"reflect"
	"strings"
	"testing"

	connector "ml-connector"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		edits []any
		path  string // of the one problem, "" = none
	}{
		"a plain site is fine":                                      {nil, ""},
		"an unknown setting is named":                               {[]any{"prot", int64(1)}, "prot"},
		"a status of an unknown entity is refused":                  {[]any{"profile.status.order", map[string]any{"Q": "A"}}, "profile.status.order"},
		"a port that is a word is refused":                          {[]any{"port", "eighty"}, "port"},
		"a missing host is named":                                   {[]any{"host", nil}, "host"},
		"a missing port is named":                                   {[]any{"port", nil}, "port"},
		"a host with a scheme is refused":                           {[]any{"host", "https://erp"}, "host"},
		"an IPv6 host is fine":                                      {[]any{"host", "2001:db8::7"}, ""},
		"a missing time zone is named":                              {[]any{"time_zone", nil}, "time_zone"},
		"an unknown time zone is refused":                           {[]any{"time_zone", "America/Chicgo"}, "time_zone"},
		"the machine's own time zone is refused":                    {[]any{"time_zone", "Local"}, "time_zone"},
		"plain http to another machine is refused":                  {[]any{"tls", false}, "tls"},
		"plain http to this machine is fine":                        {[]any{"tls", false, "host", "127.0.0.1"}, ""},
		"a password by plain http to a look-alike host is refused":  {[]any{"tls", false, "host", "localhost.example.com"}, "tls"},
		"basic without a user is refused":                           {[]any{"username", nil}, "username"},
		"oauth2 without a client is refused":                        {[]any{"auth", "oauth2", "token_url", "https://idp.example.com/t"}, "client_id"},
		"a token endpoint by plain http is refused":                 {[]any{"auth", "oauth2", "client_id", "c", "token_url", "http://idp.example.com/t"}, "token_url"},
		"no node is refused":                                        {[]any{"node", nil}, "node"},
		"no node is fine where the path has none":                   {[]any{"node", nil, "profile.rest.path_with_node", false}, ""},
		"a SETID twice is refused":                                  {[]any{"setids", []any{"SHARE", "SHARE"}}, "setids"},
		"an unknown profile key is named with its path":             {[]any{"profile.query.pagesize", int64(5)}, "profile.query.pagesize"},
		"an unknown entity is named":                                {[]any{"profile.query.vendors", map[string]any{}}, "profile.query.vendors"},
		"a column of the site's own is fine":                        {[]any{"profile.query.vendor.columns", []any{map[string]any{"name": "A.RISK_CLASS", "length": int64(4)}}}, ""},
		"one of a record that the query does not have is refused":   {[]any{"profile.query.vendor.columns", []any{map[string]any{"name": "Q.RISK_CLASS"}}}, "profile.query.vendor.columns[1].name"},
		"one without a name is refused":                             {[]any{"profile.query.vendor.columns", []any{map[string]any{"length": int64(4)}}}, "profile.query.vendor.columns[1].name"},
		"one that is read already is refused":                       {[]any{"profile.query.vendor.columns", []any{map[string]any{"name": "A.NAME1"}}}, "profile.query.vendor.columns[1].name"},
		"one of a type that is none is refused":                     {[]any{"profile.query.vendor.columns", []any{map[string]any{"name": "A.RISK_CLASS", "type": "money"}}}, "profile.query.vendor.columns[1].type"},
		"a page of one row is refused":                              {[]any{"profile.query.page_size", int64(1)}, "profile.query.page_size"},
		"an unknown transport is refused":                           {[]any{"profile.write.po.transport", "carrier_pigeon"}, "profile.write.po.transport"},
		"an address in the profile that leaves the host is refused": {[]any{"profile.soap.url", "https://evil.example.com/x"}, "profile.soap.url"},
		"another host by two slashes is refused":                    {[]any{"profile.soap.url", "//evil.example.com/x"}, "profile.soap.url"},
		"a ChartField without a name is refused":                    {[]any{"profile.chartfields", []any{map[string]any{"internal_name": "Department"}}}, "profile.chartfields[1].field"},
		"an error rule without a class is refused":                  {[]any{"profile.errors.extra", []any{map[string]any{"set": int64(158), "number": int64(7)}}}, "profile.errors.extra[1].class"},
		"an error rule that can't be compiled is refused":           {[]any{"profile.errors.extra", []any{map[string]any{"set": int64(7), "pattern": "(", "class": "rejected"}}}, "profile.errors.extra[1].pattern"},
		"SOAP by token alone is refused": {[]any{"auth", "oauth2", "client_id", "c", "token_url", "https://idp.example.com/t", "username", nil,
			"profile.write.po.transport", "soap_ci"}, "profile.write.po.transport"},
		"messages in SOAP by token alone are refused":   {[]any{"auth", "oauth2", "client_id", "c", "token_url", "https://idp.example.com/t", "username", nil, "profile.message.envelope", "soap"}, "profile.message.envelope"},
		"an own service without its address is refused": {[]any{"profile.write.po.transport", "custom_rest"}, "profile.custom_rest.po"},
		"an own service that says nothing of success is refused": {[]any{"profile.write.voucher.transport", "custom_rest", "profile.custom_rest.voucher", doc{"url": "/x", "key_pointers": doc{"BUSINESS_UNIT": "/a"}}},
			"profile.custom_rest.voucher"},
		"a template without the document is refused":         {custom("po", "PO_ID", doc{"template": doc{"a": "{PO_REF}"}}), "profile.custom_rest.po"},
		"a template with a field that is none is refused":    {custom("po", "PO_ID", doc{"template": doc{"a": "{NO_SUCH}", "b": []any{"{document}"}}}), "profile.custom_rest.po"},
		"a template with places of its own is fine":          {custom("vendor", "VENDOR_ID", doc{"template": doc{"a": doc{"ref": "{AR_NUM}", "n": int64(1), "b": []any{"{document}"}}}}), ""},
		"an own service that is not used may be half":        {[]any{"profile.custom_rest.po", doc{"url": "/x"}}, ""},
		"an own service on another host is refused":          {[]any{"profile.custom_rest.po", doc{"url": "https://evil.example.com/x"}}, "profile.custom_rest.po.url"},
		"a record group that is none is refused":             {[]any{"profile.setid", doc{"color": doc{"US001": "SHARE"}}}, "profile.setid.color"},
		"vouchers by a Component Interface are refused":      {[]any{"profile.write.voucher.transport", "soap_ci"}, "profile.write.voucher.transport"},
		"orders by message are refused":                      {[]any{"profile.write.po.transport", "message"}, "profile.write.po.transport"},
		"a setting that JAGGAER's contract names is unknown": {[]any{"overlap_s", int64(3)}, "overlap_s"},
		"the common settings are known":                      {[]any{"overlap", "20m", "concurrency", int64(4), "trust_absence", "never"}, ""},
		"a common setting of the wrong form is refused":      {[]any{"overlap", "soon"}, "overlap"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testSettings()
			for n := 0; n < len(row.edits); n += 2 {
				set(s, row.edits[n].(string), row.edits[n+1])
			}
			v := New().Validate(s)
			var paths []string
			for _, p := range v.Problems {
				paths = append(paths, p.Path)
			}
			want := []string{row.path}
			if row.path == "" {
				want = nil
			}
			if !reflect.DeepEqual(paths, want) {
				t.Errorf("problems at %q, want %q: %+v", paths, want, v.Problems)
			}
		})
	}
}

func TestAnUnknownKeySaysWhatWasMeant(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"base-path": "base_path", "profile.query.requisitions": "requisition", "profile.query.vendor_by_external": "vendor_by_ext", "profile.query.pageSize": "page_size", "profile.po.line_cancel": "line_cancel_fields",
		"profile.query.xyz": "", "profile.po.ci": "",
	} {
		s := testSettings()
		set(s, key, "x")
		p := New().Validate(s).Problems
		if len(p) != 1 || p[0].Path != key || want != "" && !strings.HasSuffix(p[0].Message, "did you mean "+want+"?") || want == "" && p[0].Message != "unknown key" {
			t.Errorf("%s: %+v, want %q to be meant", key, p, want)
		}
	}
}

func TestValidateFillsInDefaults(t *testing.T) {
	t.Parallel()
	s := testSettings()
	set(s, "profile.query.page_size", int64(50))
	v := New().Validate(s)
	for path, want := range map[string]any{
		"tls": true, "auth": "basic", "from_node": "JAGGAER", "overlap": "10m", "profile.query.page_size": int64(50), "profile.query.vendor.name": "JGR_VENDOR",
		"profile.voucher.stage_timeout": "48h", "profile.po.cancel_fields.PO_STATUS": "PX", "profile.bu.pc": "", "profile.soap.action.create": "CI_{ci}_C.V1",
	} {
		if got := connector.Document(v.Settings).Get(path); got != want {
			t.Errorf("%s = %#v, want %#v", path, got, want)
		}
	}
	if want := []string{"https://psft.example.com:8443"}; !reflect.DeepEqual(v.Addresses, want) {
		t.Errorf("addresses %q, want %q", v.Addresses, want)
	}
	if again := New().Validate(v.Settings); len(again.Problems) > 0 || !reflect.DeepEqual(again.Settings, v.Settings) {
		t.Errorf("what Validate gave is not valid itself: %+v", again.Problems)
	}
}

func TestTokenEndpointIsAnAddress(t *testing.T) {
	t.Parallel()
	s := testSettings()
	for path, v := range map[string]any{"auth": "oauth2", "client_id": "mlc", "token_url": "https://idp.example.com/oauth2/v1/token", "username": nil} {
		set(s, path, v)
	}
	v := New().Validate(s)
	if want := []string{"https://psft.example.com:8443", "https://idp.example.com:443"}; !reflect.DeepEqual(v.Addresses, want) {
		t.Errorf("addresses %q, want %q", v.Addresses, want)
	}
	if got := connector.Document(v.Settings).Text("profile.write.po.transport"); got != "rest_ci" {
		t.Errorf("with a token alone orders go by %q", got)
	}
}

func TestEverySecretIsBoundToAnAddress(t *testing.T) {
	t.Parallel()
	for _, s := range New().Describe().Secrets {
		if len(s.BoundTo) == 0 {
			t.Errorf("the secret %s would survive a changed address", s.Name)
		}
	}
}

func TestSOAPBesideATokenNeedsThePassword(t *testing.T) {
	t.Parallel()
	s := testSettings()
	for path, v := range map[string]any{"auth": "oauth2", "client_id": "mlc", "token_url": "https://idp.example.com/t"} {
		set(s, path, v)
	}
	v := New().Validate(s)
	if got := connector.Document(v.Settings).Text("profile.write.po.transport"); got != "soap_ci" {
		t.Errorf("with user and password given too, orders go by %q", got)
	}
	_, err := New().Open(connector.Opening{Settings: v.Settings, Secrets: map[string]string{"client_secret": "x"}})
	if connector.CodeOf(err) != connector.Credentials || !strings.Contains(err.Error(), "password") {
		t.Errorf("%v", err)
	}
}

func TestOpenNeedsItsSecret(t *testing.T) {
	t.Parallel()
	v := New().Validate(testSettings())
	_, err := New().Open(connector.Opening{Connection: "erp", Settings: v.Settings})
	if connector.CodeOf(err) != connector.Credentials || !strings.Contains(err.Error(), "password") {
		t.Errorf("opened without a password: %v", err)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	i := open(t, nil, "profile.po.can_update", true, "profile.message.envelope", "ibrequest")
	if k := i.Kind(connector.PurchaseOrder); k.Class != connector.ClassNatural || !k.LookFirst || !k.CanUpdate || k.CanCancel {
		t.Errorf("purchase orders: %+v", k)
	}
	if k := i.Kind(connector.Invoice); k.Class != connector.ClassDuplicate {
		t.Errorf("in one XML document nothing guards against a second voucher, and the class is %s", k.Class)
	}
	if k := open(t, nil).Kind(connector.Invoice); k.Class != connector.ClassRefused || !k.LookFirst {
		t.Errorf("invoices: %+v", k)
	}
	if k := i.Kind(connector.Supplier); k.Windowed || !k.Reads || !k.Writes {
		t.Errorf("suppliers: %+v", k)
	}
	if k := open(t, nil, "profile.query.vendor.delta_field", "A.LASTUPDDTTM").Kind(connector.Supplier); !k.Windowed {
		t.Error("a site whose supplier query has a date is not read by date")
	}
	if k := i.Kind(connector.Requisition); !k.Windowed || k.Writes {
		t.Errorf("requisitions: %+v", k)
	}
}
