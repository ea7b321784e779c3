package peoplesoftsim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ml-connector/peoplesoft/peoplesoftsim"
)

const wsse = `<wsse:Security soapenv:mustUnderstand="1" xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><wsse:UsernameToken><wsse:Username>JGR_SVC</wsse:Username>` +
	`<wsse:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText">sim-Passw0rd</wsse:Password></wsse:UsernameToken></wsse:Security>`

func TestRESTSignOn(t *testing.T) {
	t.Parallel()
	limited := peoplesoftsim.User{ID: "LIMITED", Password: "x", Queries: []string{"JGR_PING"}}
	poor := peoplesoftsim.User{ID: "POOR", Password: "x", Operations: []string{}}
	options := peoplesoftsim.Options{Users: []peoplesoftsim.User{peoplesoftsim.DefaultUser(), limited, poor}, Tokens: map[string]string{"tok": "JGR_SVC"}}
	anonymous := options
	anonymous.Anonymous = "POOR"
	for _, row := range []struct {
		name    string
		options peoplesoftsim.Options
		query   string
		header  []string
		status  int
		want    string
	}{
		{"the right password", options, "JGR_PING", nil, 200, "success"},
		{"a wrong password", options, "JGR_PING", []string{"Authorization", "Basic SkdSX1NWQzp3cm9uZw=="}, 401, "(158,45)"},
		{"an unknown user", options, "JGR_PING", []string{"Authorization", "Basic Tk9CT0RZOng="}, 401, "(158,55)"},
		{"no credentials", options, "JGR_PING", []string{"Authorization", "none"}, 401, "(158,55)"},
		{"no credentials where ANONYMOUS has a user", anonymous, "JGR_PING", []string{"Authorization", "none"}, 500, "User POOR not authorized to invoke Service Operation QAS_EXECUTEQRY_REST_GET. (158,536)"},
		{"no permission on the operation", options, "JGR_PING", []string{"Authorization", "Basic UE9PUjp4"}, 500, "(158,536)"},
		{"a query outside the access groups", options, "JGR_BU", []string{"Authorization", "Basic TElNSVRFRDp4"}, 500, "not authorized to run query"},
		{"a query within the access groups", options, "JGR_PING", []string{"Authorization", "Basic TElNSVRFRDp4"}, 200, "success"},
		{"a PS_TOKEN header", options, "JGR_PING", []string{"Authorization", "none", "PS_TOKEN", "tok"}, 200, "success"},
		{"a PS_TOKEN cookie", options, "JGR_PING", []string{"Authorization", "none", "Cookie", "PS_TOKEN=tok"}, 200, "success"},
		{"a foreign PS_TOKEN", options, "JGR_PING", []string{"Authorization", "none", "PS_TOKEN", "old"}, 401, "PSFT Authentication token failed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			names, values := "", ""
			if row.query == "JGR_BU" {
				names, values = "AFTER_BU", ""
			}
			r := open(t, row.options).send(http.MethodGet, queryPath(row.query, names, values, "1"), "", row.header...)
			if r.status != row.status || !strings.Contains(r.body, row.want) {
				t.Errorf("%d %s", r.status, r.body)
			}
			if r.status == 401 && r.header.Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
		})
	}
}

func TestTooManyWrongPasswordsLockTheUser(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{LockAfter: 2})
	ping := queryPath("JGR_PING", "", "", "1")
	for range 2 {
		s.send(http.MethodGet, ping, "", "Authorization", "Basic SkdSX1NWQzp3cm9uZw==")
	}
	if r := s.send(http.MethodGet, ping, ""); r.status != 401 || !strings.Contains(r.body, "locked") {
		t.Errorf("%d %s", r.status, r.body)
	}
	must(t, s.sim.Unlock("JGR_SVC", ""))
	if r := s.send(http.MethodGet, ping, ""); r.status != 200 {
		t.Errorf("unlocked: %d %s", r.status, r.body)
	}
}

func TestSOAPSignOn(t *testing.T) {
	t.Parallel()
	noCreate := peoplesoftsim.DefaultUser()
	noCreate.Operations = []string{"CI_JGR_PO_CI_G"}
	for _, row := range []struct {
		name   string
		site   peoplesoftsim.Site
		user   peoplesoftsim.User
		header string
		basic  string
		want   string
	}{
		{"a UsernameToken alone", peoplesoftsim.Site{}, peoplesoftsim.DefaultUser(), wsse, "none", "notification>1<"},
		{"Basic alone", peoplesoftsim.Site{}, peoplesoftsim.DefaultUser(), "", "", "notification>1<"},
		{"both", peoplesoftsim.Site{}, peoplesoftsim.DefaultUser(), wsse, "", "notification>1<"},
		{"neither", peoplesoftsim.Site{}, peoplesoftsim.DefaultUser(), "", "none", "(158,55)"},
		{"a wrong password in the token", peoplesoftsim.Site{}, peoplesoftsim.DefaultUser(), strings.Replace(wsse, "sim-Passw0rd", "x", 1), "", "<MessageID>45</MessageID>"},
		{"a digest", peoplesoftsim.Site{}, peoplesoftsim.DefaultUser(), strings.Replace(wsse, "#PasswordText", "#PasswordDigest", 1), "", "(158,45)"},
		{"a site that wants the token", peoplesoftsim.Site{SignOn: "wsse"}, peoplesoftsim.DefaultUser(), "", "", "(158,55)"},
		{"a site that wants Basic", peoplesoftsim.Site{SignOn: "basic"}, peoplesoftsim.DefaultUser(), wsse, "none", "(158,55)"},
		{"no permission to create", peoplesoftsim.Site{}, noCreate, wsse, "", "User JGR_SVC not authorized to invoke Service Operation CI_JGR_PO_CI_C. (158,536)"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, peoplesoftsim.Options{Site: row.site, Users: []peoplesoftsim.User{row.user}})
			r := s.send(http.MethodPost, servicePath, soap(row.header, orderBody()), "SOAPAction", "CI_JGR_PO_CI_C.V1", "Authorization", row.basic)
			if !strings.Contains(r.body, row.want) {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
}

func TestTheIdentityProviderGivesTokensThatEnd(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{OAuth: &peoplesoftsim.OAuth{ClientID: "mlc", Secret: "s+/é", Scope: "readwrite", TTL: time.Minute}})
	const path, form = "/idp/oauth2/v1/token", "application/x-www-form-urlencoded"
	for _, row := range []struct {
		name, body, basic string
		status            int
		want              string
	}{
		{"client in the body", "grant_type=client_credentials&scope=readwrite&client_id=mlc&client_secret=s%2B%2F%C3%A9", "none", 200, "access_token"},
		{"client in the header, encoded", "grant_type=client_credentials&scope=readwrite", "Basic bWxjOnMlMkIlMkYlQzMlQTk=", 200, "access_token"},
		{"a wrong secret", "grant_type=client_credentials&scope=readwrite&client_id=mlc&client_secret=x", "none", 401, "invalid_client"},
		{"another scope", "grant_type=client_credentials&scope=all&client_id=mlc&client_secret=s%2B%2F%C3%A9", "none", 400, "invalid_scope"},
		{"another grant", "grant_type=password&client_id=mlc&client_secret=s%2B%2F%C3%A9", "none", 400, "unsupported_grant_type"},
	} {
		r := s.send(http.MethodPost, path, row.body, "Content-Type", form, "Authorization", row.basic)
		if r.status != row.status || !strings.Contains(r.body, row.want) {
			t.Errorf("%s: %d %s", row.name, r.status, r.body)
		}
	}
	r := s.send(http.MethodPost, path, "grant_type=client_credentials&scope=readwrite&client_id=mlc&client_secret=s%2B%2F%C3%A9", "Content-Type", form, "Authorization", "none")
	token := strings.Split(r.body, `"`)[3]
	ping := func() int {
		return s.send(http.MethodGet, queryPath("JGR_PING", "", "", "1"), "", "Authorization", "Bearer "+token).status
	}
	if got := ping(); got != 200 {
		t.Errorf("fresh token: %d", got)
	}
	if r := s.send(http.MethodPost, servicePath, soap("", orderBody()), "SOAPAction", "CI_JGR_PO_CI_C.V1", "Authorization", "Bearer "+token); !strings.Contains(r.body, "(158,55)") {
		t.Errorf("SOAP took the token: %s", r.body)
	}
	s.pass(time.Minute)
	if got := ping(); got != 401 {
		t.Errorf("old token: %d", got)
	}
}
