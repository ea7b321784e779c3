package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhereThePeopleSignOn(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, says string }{
		"the least":                 {"{issuer: https://id.example.com/work, client_id: mlc}", "single sign-on https://id.example.com/work mlc    [] [] map[]"},
		"everything":                {"{name: Example, issuer: https://id.example.com, client_id: mlc, client_secret: env:S, claim: upn, groups: wids, scopes: [email], allow: ['https://keys.example.com:8443'], roles: {leads: [approver, viewer]}}", "Example https://id.example.com mlc env:S upn wids [email] [https://keys.example.com:8443] map[leads:[viewer approver]]"},
		"at this machine":           {"{issuer: 'http://127.0.0.1:5556/dex', client_id: mlc}", "single sign-on http://127.0.0.1:5556/dex mlc    [] [] map[]"},
		"in clear":                  {"{issuer: http://id.example.com, client_id: mlc}", "oidc.issuer must be https://HOST"},
		"with a query":              {"{issuer: 'https://id.example.com?x=1', client_id: mlc}", "oidc.issuer must be https://HOST"},
		"no issuer":                 {"{client_id: mlc}", "oidc.issuer is missing"},
		"no client":                 {"{issuer: https://id.example.com}", "oidc.client_id is missing"},
		"the secret itself":         {"{issuer: https://id.example.com, client_id: mlc, client_secret: swordfish}", "oidc.client_secret must be env:NAME or file:PATH"},
		"a role that is none":       {"{issuer: https://id.example.com, client_id: mlc, roles: {leads: [boss]}}", "oidc.roles.leads must be a list of roles"},
		"a group without roles":     {"{issuer: https://id.example.com, client_id: mlc, roles: {leads: []}}", "oidc.roles.leads must be a list of roles"},
		"a host that is a path":     {"{issuer: https://id.example.com, client_id: mlc, allow: ['https://a.example.com/x']}", "oidc.allow[1] must be https://HOST"},
		"a key that looks like one": {"{issuer: https://id.example.com, clientid: mlc}", "did you mean client_id?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "c.yaml")
			if err := os.WriteFile(path, []byte("oidc: "+row.text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			p, err := ReadProcess(path, Known{})
			got := ""
			if o := p.OIDC; o != nil {
				got = fmt.Sprint(o.Name, " ", o.Issuer, " ", o.ClientID, " ", o.ClientSecret, " ", o.Claim, " ", o.Groups, " ", o.Scopes, " ", o.Allow, " ", o.Roles)
			}
			if err != nil {
				got = err.Error()
			}
			if got != row.says && (err == nil || !strings.Contains(got, row.says)) {
				t.Errorf("got %q", got)
			}
			if strings.Contains(got, "swordfish") {
				t.Error("a secret is told")
			}
			if err != nil {
				return
			}
			var out strings.Builder
			if err := Write(&out, Exported{Process: p}); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(out.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			again, err := ReadProcess(path, Known{})
			if err != nil || fmt.Sprint(*again.OIDC) != fmt.Sprint(*p.OIDC) {
				t.Errorf("written and read: %+v, %v\n%s", again.OIDC, err, out.String())
			}
		})
	}
}
