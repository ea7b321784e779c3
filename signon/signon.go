// Package signon asks the company's own identity provider who somebody is, by OpenID Connect: the authorization code flow with
// PKCE, state and nonce, and the ID token held against the provider's keys.
//
// It must never call an address but the issuer's and those that the configuration allows beside it, whatever the provider's own
// document says; believe a token that is unsigned, of another issuer, for another client, of another sign-on or over; take an
// e-mail address that the provider has not verified; or say what somebody may do beyond what the configuration makes of their
// groups. Who is let in, and as whom, is app's business.
//
// It is proved against a provider of its own that lies in each of these ways.
package signon

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/wire"
)

// Config is what a Provider is made of.
type Config struct {
	Issuer       string // https://HOST/PATH, as the provider spells it
	ClientID     string
	ClientSecret string   // "" = a public client; PKCE is used always
	Redirect     string   // where the provider sends the browser back to
	Claim        string   // whose value names a person: email when ""
	Groups       string   // the claim that lists somebody's groups: groups when ""
	Scopes       []string // beside openid; nil = email, profile
	Roles        map[string][]people.Role
	Allow        []string // https://HOST[:PORT] of the provider beside the issuer's own
	CA           []byte   // PEM bundle that replaces the machine's, nil = the machine's
	Egress       []string // egress.allow
	Now          func() time.Time
}

// Provider signs people on. It may be used by many goroutines.
type Provider struct {
	config Config
	client *wire.Client

	turn   chan struct{}  // whoever has it asks; what is below is theirs
	found  *oidc.Provider // nil until it has answered once
	style  oauth2.AuthStyle
	failed error
	at     time.Time // when it failed
}

// remembered is how long a provider that does not answer is not asked again.
const remembered = 5 * time.Second

// document is what a provider says of itself beside what the library reads.
type document struct {
	Keys    string   `json:"jwks_uri"`
	Methods []string `json:"token_endpoint_auth_methods_supported"`
}

// style is how we prove who we are. Left to the library, it would try both ways, with one code.
func (d document) style(secret string) oauth2.AuthStyle {
	if secret == "" || len(d.Methods) > 0 && !slices.Contains(d.Methods, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader // the default of OpenID Connect
}

// Pending is a sign-on under way. It is the browser's own, and nobody else's.
type Pending struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
}

// Identity is who somebody is, as the provider says.
type Identity struct {
	Issuer, Subject string        // which together never mean anybody else
	Name            string        // the value of the claim that names people; it may change
	Roles           []people.Role // of their groups
	ByGroups        bool          // the configuration makes roles of groups
}

// claimEmail is the one claim that counts only where the provider has verified it.
const claimEmail = "email"

// New makes a Provider, and calls nobody.
func New(c Config) (*Provider, error) {
	if c.Claim == "" {
		c.Claim = claimEmail
	}
	if c.Groups == "" {
		c.Groups = "groups"
	}
	if c.Scopes == nil {
		c.Scopes = []string{"email", "profile"}
	}
	client, err := wire.New(wire.Config{Connection: "oidc", Addresses: append([]string{c.Issuer}, c.Allow...), Allow: c.Egress, TLS: wire.TLS{CA: c.CA}, Timeout: 10 * time.Second, MaxBody: 1 << 20, Now: c.Now})
	if err != nil {
		return nil, err
	}
	return &Provider{config: c, client: client, turn: make(chan struct{}, 1)}, nil
}

// Begin says where the browser is to be sent, and what it must bring back.
func (p *Provider) Begin(ctx context.Context) (Pending, string, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return Pending{}, "", err
	}
	b := Pending{State: people.NewSecret(), Nonce: people.NewSecret(), Verifier: oauth2.GenerateVerifier()}
	return b, p.oauth(found).AuthCodeURL(b.State, oidc.Nonce(b.Nonce), oauth2.S256ChallengeOption(b.Verifier)), nil
}

// Finish makes an Identity of what the browser brought back. Its errors are credentials when the provider, or what it said, does not
// let somebody in, and unavailable when it does not answer.
func (p *Provider) Finish(ctx context.Context, b Pending, back url.Values) (Identity, error) {
	switch {
	case b.State == "" || subtle.ConstantTimeCompare([]byte(b.State), []byte(back.Get("state"))) != 1:
		return Identity{}, refused("This sign-on was not begun in this browser, or too long ago.").Advise("Begin once more.")
	case back.Get("error") != "":
		return Identity{}, refused("The provider did not sign you on: %s.", short(back.Get("error")+" "+back.Get("error_description")))
	case back.Get("iss") != "" && back.Get("iss") != p.config.Issuer: // RFC 9207: an answer that another provider gave
		return Identity{}, refused("The answer is of another provider than the one that was asked.")
	}
	found, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client.HTTP("exchange the code"))
	token, err := p.oauth(found).Exchange(ctx, back.Get("code"), oauth2.VerifierOption(b.Verifier))
	if err != nil {
		return Identity{}, failed(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.Verifier(&oidc.Config{ClientID: p.config.ClientID, Now: p.config.Now}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, failed(err)
	}
	if b.Nonce == "" || subtle.ConstantTimeCompare([]byte(b.Nonce), []byte(id.Nonce)) != 1 {
		return Identity{}, refused("What the provider said is of another sign-on.")
	}
	var said claims
	if err := id.Claims(&said); err != nil {
		return Identity{}, failed(err)
	}
	return p.identity(id, said)
}

// claims are what an ID token says.
type claims map[string]any

func (p *Provider) identity(id *oidc.IDToken, said claims) (Identity, error) {
	party, _ := said["azp"].(string)
	if (len(id.Audience) > 1 || party != "") && party != p.config.ClientID {
		return Identity{}, refused("What the provider said is for another client.")
	}
	name, _ := said[p.config.Claim].(string)
	if id.Subject == "" || name == "" {
		return Identity{}, refused("The provider does not say the %s of who signs on.", p.config.Claim).
			Advise("An administrator gives the client the scope that has it, or names another one as `oidc.claim`.")
	}
	if v := said["email_verified"]; p.config.Claim == claimEmail && v != true && v != "true" {
		return Identity{}, refused("The provider has not verified this e-mail address.").
			Advise("Have it verified there; or an administrator names another claim as `oidc.claim`.")
	}
	out := Identity{Issuer: id.Issuer, Subject: id.Subject, Name: name, ByGroups: p.config.Roles != nil}
	var roles []string
	for _, group := range groupsOf(said[p.config.Groups]) {
		for _, r := range p.config.Roles[group] {
			roles = append(roles, string(r))
		}
	}
	var err error
	out.Roles, err = people.ParseRoles(roles)
	return out, err
}

// groupsOf are the names in a claim: a list, or one alone.
func groupsOf(claim any) []string {
	var out []string
	switch c := claim.(type) {
	case string:
		out = append(out, c)
	case []any:
		for _, g := range c {
			if name, ok := g.(string); ok {
				out = append(out, name)
			}
		}
	}
	return out
}

// discover reads the provider's own document, once, and one at a time: who waits for it leaves with their request.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, failed(connector.Errorf(connector.Unavailable, "", "broken off before its turn came").Because(ctx.Err()))
	}
	now := p.config.Now()
	switch {
	case p.found != nil:
		return p.found, nil
	case p.failed != nil && now.Before(p.at.Add(remembered)) && !now.Before(p.at):
		e := *connector.AsError(p.failed) // each who hears it has their own
		return nil, &e
	}
	p.found, p.failed = p.ask(ctx)
	p.at = p.config.Now()
	return p.found, p.failed
}

// ask asks the provider what it says of itself. Each address in it that is called must be one that may be; that of the log-in page, to
// which the browser goes, too.
func (p *Provider) ask(ctx context.Context) (*oidc.Provider, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client.HTTP("discover")), p.config.Issuer)
	if err != nil {
		return nil, failed(err)
	}
	var said document
	if err := found.Claims(&said); err != nil {
		return nil, failed(err)
	}
	for _, address := range []string{found.Endpoint().AuthURL, found.Endpoint().TokenURL, said.Keys} {
		if !p.own(address) {
			return nil, connector.Errorf(connector.Forbidden, "", "The provider names an address at another host than its issuer's: %s.", short(address)).
				Advise("If it is the provider's, an administrator lists its https://HOST under `oidc.allow`.")
		}
	}
	p.style = said.style(p.config.ClientSecret)
	return found, nil
}

// own says whether an address lies at the issuer's host or at one that is allowed beside it.
func (p *Provider) own(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.User == nil && slices.ContainsFunc(append([]string{p.config.Issuer}, p.config.Allow...), func(allowed string) bool {
		a, err := url.Parse(allowed)
		return err == nil && a.Scheme == u.Scheme && strings.EqualFold(a.Host, u.Host)
	})
}

func (p *Provider) oauth(found *oidc.Provider) *oauth2.Config {
	at := found.Endpoint()
	at.AuthStyle = p.style
	return &oauth2.Config{ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, RedirectURL: p.config.Redirect, Endpoint: at, Scopes: append([]string{oidc.ScopeOpenID}, p.config.Scopes...)}
}

// failed says why the provider, or what it said, does not do. What a token holds is not repeated.
func failed(err error) error {
	var ours *connector.Error
	var answer *oauth2.RetrieveError
	switch {
	case errors.As(err, &ours) && ours.Code == connector.Forbidden:
		return connector.Errorf(connector.Forbidden, "", "The provider of single sign-on may not be called: %s.", strings.TrimSuffix(ours.Message, ".")).
			Advise("An administrator looks at `egress.allow` in the configuration.")
	case errors.As(err, &ours):
		return connector.Errorf(connector.Unavailable, "", "The provider of single sign-on does not answer.").Because(err).Advise("Try again, or log in with a password.")
	case errors.As(err, &answer) && answer.ErrorCode == "invalid_client":
		return connector.Errorf(connector.Misconfigured, "", "The provider of single sign-on does not take our client and its secret.").Because(err).
			Advise("An administrator compares `oidc.client_id` and `oidc.client_secret` with what the provider has.")
	case errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode >= 500:
		return connector.Errorf(connector.Unavailable, "", "The provider of single sign-on failed with HTTP %d.", answer.Response.StatusCode).Because(err).Advise("Try again, or log in with a password.")
	}
	return refused("What the provider of single sign-on said does not hold: %s.", short(err.Error())).Because(err).Advise("Begin once more. If it stays, an administrator looks at `oidc` in the configuration.")
}

func refused(format string, args ...any) *connector.Error {
	return connector.Errorf(connector.Credentials, "", format, args...)
}

// short cuts what others say.
func short(text string) string {
	const most = 200
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
