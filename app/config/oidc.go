package config

import (
	"net/url"
	"strings"

	"github.com/goccy/go-yaml"

	"ml-connector/people"
)

// OIDC is the identity provider at which people sign on.
type OIDC struct {
	Name         string // what the way in is called
	Issuer       string // as the provider spells it
	ClientID     string
	ClientSecret string   // env:NAME or file:PATH, "" = a public client
	Claim        string   // whose value names a person, "" = email
	Groups       string   // the claim that lists groups, "" = groups
	Scopes       []string // beside openid; nil = the usual ones
	Allow        []string // further https://HOST[:PORT] of the provider
	CA           string   // path
	Roles        map[string][]people.Role
}

// DefaultSignOn is what the way in by an identity provider is called when nobody says otherwise.
const DefaultSignOn = "single sign-on"

// oidc reads the identity provider.
func (n node) oidc(dir string) *OIDC {
	o := &OIDC{Name: DefaultSignOn}
	entries := n.entries("name", "issuer", "client_id", "client_secret", "claim", "groups", "scopes", "allow", "ca", "roles")
	for _, e := range entries {
		switch e.key {
		case "name":
			o.Name = e.value.text()
		case "issuer":
			if o.Issuer = e.value.text(); !providerURL(o.Issuer, true) {
				e.value.fail("must be https://HOST or https://HOST/PATH, as the provider spells its issuer")
			}
		case "client_id":
			o.ClientID = e.value.text()
		case "client_secret":
			o.ClientSecret = e.value.reference("a secret")
		case "claim":
			o.Claim = e.value.text()
		case "groups":
			o.Groups = e.value.text()
		case "scopes":
			o.Scopes = e.value.texts()
		case "allow":
			for _, i := range e.value.items() {
				if t := i.text(); !providerURL(t, false) {
					i.fail("must be https://HOST or https://HOST:PORT")
				}
			}
			o.Allow = e.value.texts()
		case "ca":
			o.CA = inFolder(e.value.text(), dir)
		case "roles":
			o.Roles = e.value.groupRoles()
		}
	}
	for _, key := range []string{"issuer", "client_id"} {
		if find(entries, key) == nil && !n.found.has(n.path+"."+key) {
			n.found.add(n.line, n.path+"."+key, "is missing")
		}
	}
	return o
}

// texts reads a list of texts.
func (n node) texts() []string {
	out := []string{}
	for _, i := range n.items() {
		out = append(out, i.text())
	}
	return out
}

// groupRoles reads which roles the groups of a provider give.
func (n node) groupRoles() map[string][]people.Role {
	out := map[string][]people.Role{}
	for _, e := range n.entries() {
		roles, err := people.ParseRoles(e.value.texts())
		if err != nil || len(roles) == 0 {
			e.value.fail("must be a list of roles: %s", people.Words(people.Roles()))
		}
		out[e.key] = roles
	}
	return out
}

// providerURL says whether secrets may go to an address: encrypted, or to this machine.
func providerURL(text string, path bool) bool {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(text, " \t") || !path && u.Path != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && localHost(u.Hostname())
}

// oidcItems are the keys of the identity provider.
func oidcItems(o *OIDC) yaml.MapSlice {
	if o == nil {
		return nil
	}
	var in yaml.MapSlice
	for _, i := range []yaml.MapItem{{Key: "name", Value: o.Name}, {Key: "issuer", Value: o.Issuer}, {Key: "client_id", Value: o.ClientID}, {Key: "client_secret", Value: o.ClientSecret},
		{Key: "claim", Value: o.Claim}, {Key: "groups", Value: o.Groups}, {Key: "ca", Value: o.CA}} {
		if i.Value != "" {
			in = append(in, i)
		}
	}
	for _, i := range []yaml.MapItem{{Key: "scopes", Value: o.Scopes}, {Key: "allow", Value: o.Allow}} {
		if i.Value.([]string) != nil {
			in = append(in, i)
		}
	}
	if o.Roles != nil {
		in = append(in, yaml.MapItem{Key: "roles", Value: o.Roles})
	}
	return yaml.MapSlice{{Key: "oidc", Value: in}}
}
