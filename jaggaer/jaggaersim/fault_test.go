package jaggaersim

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestFaultAnswers has a row for every kind whose answer can be read: what comes, and whether the call had its effect.
func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		call     string // token, list, detail, cfv or xml, supplier
		status   int
		contains string
		effect   bool
	}{
		"token_invalid_client":     {"token", 401, `"invalid_client"`, false},
		"token_invalid_client_old": {"token", 400, `"invalid_client"`, false},
		"token_wrong_secret_old":   {"token", 400, "Invalid client secret", false},
		"token_unknown_client_old": {"token", 400, "UNKNOWN_CLIENT", false},
		"token_no_service_account": {"token", 401, "service account", false},
		"token_body_lost":          {"token", 400, "Missing form parameter", false},
		"token_bad_grant":          {"token", 400, "unsupported_grant_type", false},
		"token_bad_scope":          {"token", 400, "invalid_scope", false},
		"token_no_realm":           {"token", 404, "Realm does not exist", false},
		"token_missing":            {"token", 200, "token_type", false},
		"token_dead":               {"token", 200, "access_token", false},
		"unauthorized":             {"list", 401, "", false},
		"unauthorized_malformed":   {"list", 401, "invalid_or_missing_token", false},
		"revoked":                  {"list", 401, "", false},
		"forbidden":                {"list", 403, "Access denied", false},
		"forbidden_html":           {"list", 403, "<html>", false},
		"forbidden_empty":          {"list", 403, "", false},
		"not_found":                {"list", 404, "Resource not found", false},
		"not_found_html":           {"list", 404, "<html>", false},
		"gone":                     {"detail", 200, "not found", false},
		"method_not_allowed":       {"cfv", 405, "not supported", false},
		"unsupported_media":        {"cfv", 415, "not supported", false},
		"bad_request":              {"cfv", 400, "Malformed JSON", false},
		"code2":                    {"list", 200, `"returnCode":2`, false},
		"rejected":                 {"cfv", 200, "is not valid for custom field", false},
		"required":                 {"cfv", 200, "124(name)", false},
		"exists":                   {"cfv", 200, `"returnCode":1,"returnMessage":"112(USER_ALIAS)"`, false},
		"user_exists":              {"cfv", 200, `"returnCode":-996`, true},
		"warning":                  {"cfv", 200, `"returnCode":1`, true},
		"conflict":                 {"cfv", 409, "changed by another user", false},
		"too_large":                {"cfv", 413, "too large", false},
		"too_large_400":            {"cfv", 400, "too large", false},
		"xml_warning":              {"xml", 200, `<ErrorMessage type="Warning">`, true},
		"throttled":                {"cfv", 429, "", false},
		"throttled_bare":           {"cfv", 429, "", false},
		"throttled_date":           {"cfv", 429, "", false},
		"error":                    {"cfv", 500, "Internal error", false},
		"error_html":               {"cfv", 500, "<html>", false},
		"bad_gateway":              {"cfv", 502, "<html>", false},
		"maintenance":              {"cfv", 503, "maintenance", false},
		"gateway_timeout":          {"cfv", 504, "<html>", false},
		"login_page":               {"cfv", 200, "Log in", false},
		"redirect":                 {"cfv", 302, "Moved", false},
		"empty":                    {"cfv", 200, "", true},
		"not_json":                 {"cfv", 200, "OK", true},
		"wrong_content_type":       {"cfv", 200, "returnCode", true},
		"truncated":                {"cfv", 200, "{", true},
		"wrong_counts":             {"list", 200, `"returnedRecords":1,"startAt":1,"totRecords":0`, false},
		"filter_ignored":           {"list", 200, `"totRecords":1`, false},
		"no_header":                {"detail", 200, "document", false},
		"xml_rejected":             {"xml", 200, "split amounts", false},
		"xml_no_field":             {"xml", 200, "No custom field found", false},
		"xml_supplier_unknown":     {"xml", 200, "does not exist", false},
		"xml_user_unknown":         {"xml", 200, "no permission", false},
		"xml_parse_error":          {"xml", 500, "XML Error :", false},
		"xml_parse_error_200":      {"xml", 200, "XML Error :", false},
		"xml_unauthorized":         {"xml", 200, "401", false},
		"xml_forbidden":            {"xml", 200, "403", false},
		"xml_malformed":            {"xml", 200, "Error processing XML", false},
		"xml_error":                {"xml", 500, "Unexpected error", false},
		"xml_counts":               {"xml", 200, "completed=0", false},
		"xml_accepted":             {"xml", 202, "202", true},
		"xml_no_id":                {"xml", 200, "completed=1", true},
		"xml_contradiction":        {"xml", 200, `result="success"`, true},
		"xml_stored_but_error":     {"xml", 500, "Unexpected error", true},
		"xml_partial":              {"supplier", 200, "AccountsPayableErrors", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := small(t, Options{})
			if err := b.Fault(Fault{Kind: name}); err != nil {
				t.Fatal(err)
			}
			r := b.disturbed(row.call)
			if r.Code != row.status || !strings.Contains(r.Body.String(), row.contains) {
				t.Errorf("%d %s", r.Code, r.Body)
			}
			effects := len(b.Effects("cfv.create")) + len(b.Effects("requisition.create")) + len(b.Effects("supplier.create"))
			if (effects > 0) != row.effect {
				t.Errorf("effects: %d", effects)
			}
			if last := b.Journal(); last[len(last)-1].Fault != name {
				t.Errorf("the journal names the fault: %v", last[len(last)-1])
			}
			if len(b.Armed()) != 0 {
				t.Error("it acts once")
			}
		})
	}
}

// disturbed makes one call of a kind.
func (b *bench) disturbed(call string) reply {
	switch call {
	case "token":
		return b.send("POST", keycloakPath, url.Values{"client_id": {DefaultClientID}, "client_secret": {DefaultClientSecret}, "grant_type": {"client_credentials"}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	case "list":
		return b.get(api + "suppliers?flt=lastUpdate%3E%3D2030-01-01")
	case "detail":
		return b.get(api + "suppliers/1003800001")
	case "xml":
		return b.post("PRXMLImport", requisitionXML())
	case "supplier":
		return b.post("TSMSupplierXMLImport", supplierXML(wholeSupplier))
	default:
		return b.write("POST", api+"customfieldvalues", `{"customFieldValueList":{"customFieldValue":[{"fieldInternalName":"Account","value":"700000"}]}}`)
	}
}

func TestEveryKindHasARow(t *testing.T) {
	t.Parallel()
	elsewhere := " same_page add_between modify_between delete_between reset_before reset_after black_hole delay delay_before cut deep huge gzip_bomb "
	b := small(t, Options{})
	for _, kind := range FaultKinds() {
		if strings.Contains(elsewhere, " "+kind+" ") {
			continue
		}
		if err := b.Fault(Fault{Kind: kind, Operation: "none"}); err != nil {
			t.Error(err)
		}
	}
	if got, want := len(b.Armed()), 66; got != want {
		t.Errorf("%d kinds answer something; TestFaultAnswers has %d rows", got, want)
	}
	if err := b.Fault(Fault{Kind: "nonsense"}); err == nil {
		t.Error("an unknown kind was armed")
	}
}

func TestFaultMatching(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault Fault
		want  string // what six calls in a row get: a list, then a write, three times
	}{
		"once is the default":                {Fault{}, "x....."},
		"twice":                              {Fault{Times: 2}, "xx...."},
		"always":                             {Fault{Times: -1}, "xxxxxx"},
		"after some":                         {Fault{Skip: 3, Times: -1}, "...xxx"},
		"each second":                        {Fault{Every: 2, Times: -1}, "x.x.x."},
		"of one operation":                   {Fault{Operation: "cfv.write", Times: -1}, ".x.x.x"},
		"of operations by a wildcard":        {Fault{Operation: "*.list", Times: -1}, "x.x.x."},
		"of one method":                      {Fault{Method: "POST", Times: -1}, ".x.x.x"},
		"of one path":                        {Fault{Path: "suppliers", Times: -1}, "x.x.x."},
		"of one surface":                     {Fault{Surface: "xml", Times: -1}, "......"},
		"skipped calls are those that match": {Fault{Operation: "cfv.write", Skip: 1, Times: 1}, "...x.."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := small(t, Options{})
			row.fault.Kind = "bad_gateway"
			if err := b.Fault(row.fault); err != nil {
				t.Fatal(err)
			}
			got := ""
			for range 3 {
				for _, call := range []string{"list", "cfv"} {
					if b.disturbed(call).Code == 502 {
						got += "x"
					} else {
						got += "."
					}
				}
			}
			if got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

func TestFaultOverrides(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	yes := true
	err := b.Fault(Fault{Kind: "bad_gateway", After: &yes, Status: 504, RetryAfter: "9", Body: "gone"})
	if err != nil {
		t.Fatal(err)
	}
	r := b.disturbed("cfv")
	if r.Code != 504 || r.Header().Get("Retry-After") != "9" || r.Body.String() != "gone" || len(b.Effects("cfv.create")) != 1 {
		t.Errorf("%d %v %s", r.Code, r.Header(), r.Body)
	}
	for kind, want := range map[string]string{"throttled": "30", "throttled_bare": "", "throttled_date": "Sun, 01 Mar 2026 12:00:30 GMT", "maintenance": "120"} {
		b.ClearFaults()
		if err := b.Fault(Fault{Kind: kind}); err != nil {
			t.Fatal(err)
		}
		if got := b.disturbed("list").Header().Get("Retry-After"); got != want {
			t.Errorf("%s: Retry-After %q, want %q", kind, got, want)
		}
	}
}

func TestFaultsBetweenPages(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"same_page":      "1003800001 1003800002 | 1003800001 1003800002",
		"add_between":    "1003800001 1003800002 | 1003800002 1003800003",
		"modify_between": "1003800001 1003800002 | 1003800003 1003800004", // the first one left the window: all shift by one
		"delete_between": "1003800001 1003800002 | 1003800003 1003800004",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := filled(t, 4, Options{Switches: Switches{PageSize: 2}})
			skip := 0
			if kind == "same_page" {
				skip = 1
			}
			if err := b.Fault(Fault{Kind: kind, Skip: skip}); err != nil {
				t.Fatal(err)
			}
			until := "&flt=lastUpdate%3C2026-03-01T12:04:00Z"
			var pages []string
			for _, start := range []string{"1", "2"} {
				var ids []string
				for _, v := range items(b.get(api+"suppliers?start="+start+until).json(), "jisupplierList.jisupplier") {
					ids = append(ids, text(v, "header.supplierId"))
				}
				pages = append(pages, strings.Join(ids, " "))
			}
			if got := strings.Join(pages, " | "); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

// TestBrokenConnections needs real ones.
func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault  Fault
		effect bool
	}{
		"the connection ends before anything is done": {Fault{Kind: "reset_before"}, false},
		"it ends after the effect, without an answer": {Fault{Kind: "reset_after"}, true},
		"nothing ever comes":                          {Fault{Kind: "black_hole"}, false},
		"the body ends too early":                     {Fault{Kind: "cut"}, true},
		"it ends after so many bytes":                 {Fault{Kind: "cut", Bytes: 3}, true},
		"an answer comes too late, after the effect":  {Fault{Kind: "delay", DelayMS: 60_000}, true},
		"a connection that ends late, without effect": {Fault{Kind: "delay_before", DelayMS: 60_000}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := small(t, Options{})
			server := b.listen()
			if err := b.Fault(row.fault); err != nil {
				t.Fatal(err)
			}
			r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+api+"customfieldvalues", strings.NewReader(`{"customFieldValueList":{"customFieldValue":[{"fieldInternalName":"Account","value":"700000"}]}}`))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+b.token)
			r.Header.Set("Content-Type", "application/json")
			if _, _, err := fetch(t, r, 200*time.Millisecond); err == nil {
				t.Error("the call succeeded")
			}
			if got := len(b.Effects("cfv.create")) == 1; got != row.effect {
				t.Errorf("effect: %v", got)
			}
		})
	}
}

func TestHostileBodies(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	for _, kind := range []string{"deep", "huge", "gzip_bomb"} {
		if err := b.Fault(Fault{Kind: kind}); err != nil {
			t.Fatal(err)
		}
		r := b.get(api + "suppliers")
		size := r.Body.Len()
		switch kind {
		case "deep":
			if !strings.HasPrefix(r.Body.String(), `{"a":{"a":{"a":`) || size < 5_000_000 {
				t.Errorf("deep: %d bytes", size)
			}
		case "huge":
			if size <= maxBody {
				t.Errorf("huge: %d bytes", size)
			}
		case "gzip_bomb":
			z, err := gzip.NewReader(bytes.NewReader(r.Body.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, z)
			if err != nil || n <= maxBody || size > 1<<20 {
				t.Errorf("gzip_bomb: %d bytes of %d, %v", n, size, err)
			}
		}
	}
}
