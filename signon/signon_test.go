package signon_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/signon"
	"ml-connector/signon/signontest"
)

func provider(t *testing.T) *signontest.Provider {
	t.Helper()
	p := signontest.New(time.Now)
	t.Cleanup(p.Close)
	return p
}

func browse(t *testing.T, p *signontest.Provider, address string) url.Values {
	t.Helper()
	back, err := p.Browse(address)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func open(t *testing.T, p *signontest.Provider, edit ...func(*signon.Config)) *signon.Provider {
	t.Helper()
	c := signon.Config{Issuer: p.URL, ClientID: signontest.ClientID, ClientSecret: signontest.ClientSecret, Redirect: "http://127.0.0.1:8080/login/oidc/callback", CA: p.CA, Now: time.Now}
	for _, e := range edit {
		e(&c)
	}
	out, err := signon.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// round goes to the provider as a browser does, and back.
func round(t *testing.T, p *signontest.Provider, s *signon.Provider) (signon.Identity, error) {
	t.Helper()
	pending, address, err := s.Begin(t.Context())
	if err != nil {
		return signon.Identity{}, err
	}
	return s.Finish(t.Context(), pending, browse(t, p, address))
}

func TestWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	roles := map[string][]people.Role{"ap-clerks": {people.Operator, people.Viewer}, "ap-leads": {people.Approver}}
	for name, tc := range map[string]struct {
		claims map[string]any
		config func(*signon.Config)
		name   string
		roles  []people.Role
	}{
		"by e-mail":                   {name: "m.clerk@example.com"},
		"by another claim":            {claims: map[string]any{"preferred_username": "mclerk"}, config: func(c *signon.Config) { c.Claim = "preferred_username" }, name: "mclerk"},
		"verified as text":            {claims: map[string]any{"email_verified": "true"}, name: "m.clerk@example.com"},
		"two groups":                  {claims: map[string]any{"groups": []string{"ap-leads", "others", "ap-clerks"}}, config: func(c *signon.Config) { c.Roles = roles }, name: "m.clerk@example.com", roles: []people.Role{people.Viewer, people.Operator, people.Approver}},
		"one group, in another claim": {claims: map[string]any{"wids": "ap-leads"}, config: func(c *signon.Config) { c.Roles, c.Groups = roles, "wids" }, name: "m.clerk@example.com", roles: []people.Role{people.Approver}},
		"no group of ours":            {claims: map[string]any{"groups": []any{"others", 7}}, config: func(c *signon.Config) { c.Roles = roles }, name: "m.clerk@example.com"},
		"two audiences, ours acts":    {claims: map[string]any{"aud": []string{"another", signontest.ClientID}, "azp": signontest.ClientID}, name: "m.clerk@example.com"},
		"a secret in the body":        {name: "m.clerk@example.com"},
		"a public client":             {config: func(c *signon.Config) { c.ClientSecret = "" }, name: "m.clerk@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := provider(t)
			p.Secret = name != "a public client"
			if name == "a secret in the body" {
				p.Document["token_endpoint_auth_methods_supported"] = []string{"client_secret_post"}
			}
			p.Say(tc.claims)
			s := open(t, p, func(c *signon.Config) {
				if tc.config != nil {
					tc.config(c)
				}
			})
			got, err := round(t, p, s)
			if err != nil {
				t.Fatal(err)
			}
			if got.Name != tc.name || got.Issuer != p.URL || got.Subject != "subject-1" || !slices.Equal(got.Roles, tc.roles) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestAProviderThatLies says things that must not be believed, one at a time.
func TestAProviderThatLies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		do   func(*signontest.Provider)
		says string
		code connector.Code
	}{
		"another issuer":          {func(p *signontest.Provider) { p.Say(map[string]any{"iss": "https://evil.example.com"}) }, "does not hold", connector.Credentials},
		"another client":          {func(p *signontest.Provider) { p.Say(map[string]any{"aud": "another"}) }, "does not hold", connector.Credentials},
		"two audiences, not ours": {func(p *signontest.Provider) { p.Say(map[string]any{"aud": []string{signontest.ClientID, "another"}}) }, "another client", connector.Credentials},
		"ours, another acts":      {func(p *signontest.Provider) { p.Say(map[string]any{"azp": "another"}) }, "another client", connector.Credentials},
		"over":                    {func(p *signontest.Provider) { p.Say(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}) }, "does not hold", connector.Credentials},
		"another nonce":           {func(p *signontest.Provider) { p.Say(map[string]any{"nonce": "x"}) }, "another sign-on", connector.Credentials},
		"no nonce":                {func(p *signontest.Provider) { p.Say(map[string]any{"nonce": ""}) }, "another sign-on", connector.Credentials},
		"an address not verified": {func(p *signontest.Provider) { p.Say(map[string]any{"email_verified": false}) }, "not verified", connector.Credentials},
		"nothing of verifying":    {func(p *signontest.Provider) { p.Say(map[string]any{"email_verified": nil}) }, "not verified", connector.Credentials},
		"no name":                 {func(p *signontest.Provider) { p.Say(map[string]any{"email": nil}) }, "does not say the email", connector.Credentials},
		"a name that is a list":   {func(p *signontest.Provider) { p.Say(map[string]any{"email": []string{"a@example.com"}}) }, "does not say the email", connector.Credentials},
		"no subject":              {func(p *signontest.Provider) { p.Say(map[string]any{"sub": ""}) }, "does not say", connector.Credentials},
		"unsigned":                {func(p *signontest.Provider) { p.Sign = "none" }, "does not hold", connector.Credentials},
		"signed by another key":   {func(p *signontest.Provider) { p.Sign = "foreign" }, "does not hold", connector.Credentials},
		"signed with our secret":  {func(p *signontest.Provider) { p.Sign = "HS256" }, "does not hold", connector.Credentials},
		"no token at all":         {func(p *signontest.Provider) { p.Sign = "" }, "does not hold", connector.Credentials},
		"keys elsewhere":          {func(p *signontest.Provider) { p.Document["jwks_uri"] = "https://evil.example.com/keys" }, "another host", connector.Forbidden},
		"tokens elsewhere":        {func(p *signontest.Provider) { p.Document["token_endpoint"] = "https://evil.example.com/token" }, "another host", connector.Forbidden},
		"log-in elsewhere":        {func(p *signontest.Provider) { p.Document["authorization_endpoint"] = "https://evil.example.com/" }, "another host", connector.Forbidden},
		"log-in in clear": {func(p *signontest.Provider) {
			p.Document["authorization_endpoint"] = strings.Replace(p.URL, "https", "http", 1)
		}, "another host", connector.Forbidden},
		"a document of another":     {func(p *signontest.Provider) { p.Document["issuer"] = "https://evil.example.com" }, "does not hold", connector.Credentials},
		"our secret is refused":     {func(p *signontest.Provider) { p.Fail = "invalid_client" }, "client and its secret", connector.Misconfigured},
		"the code is refused":       {func(p *signontest.Provider) { p.Fail = "invalid_grant" }, "does not hold", connector.Credentials},
		"the provider breaks":       {func(p *signontest.Provider) { p.Fail = "500" }, "HTTP 500", connector.Unavailable},
		"sends us elsewhere":        {func(p *signontest.Provider) { p.Fail = "302" }, "does not hold", connector.Credentials},
		"the provider is not there": {func(p *signontest.Provider) { p.Close() }, "does not answer", connector.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := provider(t)
			tc.do(p)
			got, err := round(t, p, open(t, p))
			e := connector.AsError(err)
			if err == nil || e.Code != tc.code || !strings.Contains(e.Message, tc.says) {
				t.Fatalf("got %+v, %v (%s)", got, err, connector.CodeOf(err))
			}
			if strings.Contains(err.Error()+e.Hint, "eyJ") {
				t.Errorf("the token is told: %v", err)
			}
		})
	}
}

// TestWhatABrowserBringsBack holds what came back against what was begun.
func TestWhatABrowserBringsBack(t *testing.T) {
	t.Parallel()
	p := provider(t)
	s := open(t, p)
	begin := func() (signon.Pending, url.Values) {
		pending, address, err := s.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return pending, browse(t, p, address)
	}
	for name, tc := range map[string]struct {
		edit func(*signon.Pending, url.Values)
		says string
	}{
		"another state":     {func(_ *signon.Pending, v url.Values) { v.Set("state", "x") }, "not begun in this browser"},
		"no state":          {func(_ *signon.Pending, v url.Values) { v.Del("state") }, "not begun in this browser"},
		"nothing was begun": {func(b *signon.Pending, v url.Values) { *b = signon.Pending{}; v.Set("state", "") }, "not begun in this browser"},
		"the provider refuses": {func(_ *signon.Pending, v url.Values) {
			v.Set("error", "access_denied")
			v.Set("error_description", "<b>no")
		}, "access_denied <b>no"},
		"another provider says": {func(_ *signon.Pending, v url.Values) { v.Set("iss", "https://evil.example.com") }, "another provider"},
		"another verifier":      {func(b *signon.Pending, _ url.Values) { b.Verifier = strings.Repeat("x", 43) }, "does not hold"},
		"another nonce":         {func(b *signon.Pending, _ url.Values) { b.Nonce = "x" }, "another sign-on"},
	} {
		pending, back := begin()
		tc.edit(&pending, back)
		if got, err := s.Finish(t.Context(), pending, back); err == nil || connector.CodeOf(err) != connector.Credentials || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	pending, back := begin()
	if _, err := s.Finish(t.Context(), pending, back); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Finish(t.Context(), pending, back); err == nil {
		t.Errorf("a code counts twice: %+v", got)
	}
}

// TestOtherHostsOfAProvider are called only when the configuration allows them.
func TestOtherHostsOfAProvider(t *testing.T) {
	t.Parallel()
	p := provider(t)
	server := p.Elsewhere()
	t.Cleanup(server.Close)
	other := server.URL
	p.Document["token_endpoint"], p.Document["jwks_uri"] = other+"/token", other+"/keys"
	if _, err := round(t, p, open(t, p)); connector.CodeOf(err) != connector.Forbidden {
		t.Errorf("not allowed: %v", err)
	}
	if _, err := round(t, p, open(t, p, func(c *signon.Config) { c.Allow = []string{other} })); err != nil {
		t.Errorf("allowed: %v", err)
	}
}

// TestAProviderThatComesBack is asked again after it did not answer, and its document is read once.
func TestAProviderThatComesBack(t *testing.T) {
	t.Parallel()
	p := provider(t)
	now := time.Now()
	s := open(t, p, func(c *signon.Config) { c.Now = func() time.Time { return now } })
	p.Gone.Store(true)
	for range 3 {
		if _, _, err := s.Begin(t.Context()); connector.CodeOf(err) != connector.Unavailable {
			t.Fatalf("gone: %v", err)
		}
	}
	p.Gone.Store(false)
	if _, _, err := s.Begin(t.Context()); connector.CodeOf(err) != connector.Unavailable {
		t.Errorf("it is asked again at once: %v", err)
	}
	now = now.Add(6 * time.Second)
	for range 2 {
		if _, err := round(t, p, s); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.Asked("/.well-known/openid-configuration"); n != 2 {
		t.Errorf("the document was asked for %d times", n)
	}
	p.Rotate() // a new key, as providers have one every few weeks
	if _, err := round(t, p, s); err != nil {
		t.Errorf("after a change of keys: %v", err)
	}
}
