package jaggaer

import (
	"testing"

	connector "ml-connector"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	explain := New().(connector.Explainer).Explain
	for text, want := range map[string]connector.Code{
		`{"returnCode":2,"returnMessage":"124(code,TenderCode)"}`:                             connector.Invalid,
		`2026-03-04 10:11 WARN answered {"returnCode":2,"returnMessage":"112(USER_ALIAS)"} x`: connector.Conflict,
		"112(USER_ALIAS)":                              connector.Conflict,
		"refused: 124(ERPNumber, Name)":                connector.Invalid,
		`{"error":"invalid_client"}`:                   connector.Credentials,
		"Supplier number 0000012345 does not exist":    connector.Rejected,
		"XML Error : element Foo is not allowed here":  connector.Invalid,
		"Custom field 'External Req #' does not exist": connector.Misconfigured,
		routed(status("406", "Errors", `<Errors><Error type="Error"><ErrorMessage>Name is missing</ErrorMessage></Error></Errors>`)): connector.Rejected,
		routed(status("401", "Authentication failed", "")):                                                                           connector.Credentials,
	} {
		if e := explain(text); e == nil || e.Code != want || e.Hint == "" || e.Message == "" {
			t.Errorf("%.60q is explained as %+v, want %s", text, e, want)
		}
	}
	for _, text := range []string{"", "hello", `{"returnCode":0}`, `{"status":"error","message":"(50,380)"}`, "Invalid value (15,11)", "max(1,2)", "User JGR_SVC not authorized (158,536)", "<a>b</a>"} {
		if e := explain(text); e != nil {
			t.Errorf("%q says nothing of JAGGAER and is explained as %v", text, e)
		}
	}
}

func FuzzExplain(f *testing.F) {
	for _, s := range []string{"", "124(a)", `{"returnCode":2}`, "<a>", routed(status("500", "x", ""))} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if e := New().(connector.Explainer).Explain(text); e != nil && (e.Code == "" || e.Message == "") {
			t.Errorf("%q is explained as %+v", text, e)
		}
	})
}
