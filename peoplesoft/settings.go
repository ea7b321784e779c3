package peoplesoft

import (
	"maps"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the base time zone of a database must be known on every machine

	connector "ml-connector"
)

// Ways of signing on.
const (
	authBasic  = "basic"
	authOAuth2 = "oauth2"
	authToken  = "ps_token"
)

var (
	hostName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	nodeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,30}$`)
	codeName = regexp.MustCompile(`^[^\s,/]{1,5}$`)
	basePath = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)*/?$`)
)

// description declares every setting and secret once (SURFACE.md "Configuration file").
func description() connector.Description {
	address := []string{"host", "port", "tls", "base_path"}
	return connector.Description{
		Title: "Oracle PeopleSoft",
		Settings: []connector.Setting{
			{Name: "host", Type: connector.SettingText, Required: true, Label: "Gateway host", Help: "host name of the Integration Broker gateway", Example: "erp.example.com", Where: "PeopleTools › Integration Broker › Configuration › Integration Gateways, in the URL of the default local gateway"},
			{Name: "port", Type: connector.SettingInt, Required: true, Label: "Gateway port", Help: "its port", Example: "8443", Where: "the number behind the host in that URL"},
			{Name: "tls", Type: connector.SettingBool, Default: "true", Label: "Encrypted (https)", Help: "https; plain http is for a gateway on this very machine", Where: "whether that URL begins with https"},
			{Name: "base_path", Type: connector.SettingText, Label: "Path before /PSIGW", Help: "what a reverse proxy puts before /PSIGW", Example: "/erp"},
			{Name: "node", Type: connector.SettingText, Label: "Local node", Help: "name of the node that is marked Local Node in PeopleSoft", Example: "PSFT_EP", Where: "PeopleTools › Integration Broker › Integration Setup › Nodes: the one marked Local Node"},
			{Name: "auth", Type: connector.SettingText, Default: authBasic, Values: []string{authBasic, authOAuth2, authToken}, Label: "Way of signing on", Help: "how to sign on"},
			{Name: "username", Type: connector.SettingText, Label: "User", Help: "PeopleSoft user (OPRID), spelled as PeopleSoft has it", Example: "MLC", Where: "PeopleTools › Security › User Profiles"},
			{Name: "token_url", Type: connector.SettingURL, Label: "Token address", Help: "token endpoint of the identity provider, for auth: oauth2", Example: "https://idp.example.com/oauth2/v1/token", Where: "the identity provider's description of its endpoints"},
			{Name: "client_id", Type: connector.SettingText, Label: "Client ID", Help: "for auth: oauth2", Where: "where the identity provider lists its applications"},
			{Name: "scope", Type: connector.SettingText, Label: "Scope", Help: "for auth: oauth2", Example: "readwrite", Where: "where the identity provider lists what the application may ask for"},
			{Name: "audience", Type: connector.SettingText, Label: "Audience", Help: "for auth: oauth2, where the identity provider asks for it"},
			{Name: "time_zone", Type: connector.SettingText, Required: true, Label: "Base time zone", Help: "base time zone of the PeopleSoft database", Example: "America/Chicago", Where: "PeopleTools › Utilities › Administration › PeopleTools Options: Base Time Zone"},
			{Name: "setids", Type: connector.SettingTexts, Default: "SHARE", Label: "SetIDs", Help: "SetIDs whose suppliers and accounts are read, in the order in which a value is looked for", Where: "PeopleTools › Utilities › Administration › TableSet IDs"},
			{Name: "business_units", Type: connector.SettingTexts, Label: "Business units", Help: "business units whose requisitions, orders and vouchers are read", Example: "US001", Where: "Set Up Financials/Supply Chain › Business Unit Related › General Ledger, Purchasing and Payables"},
			{Name: "from_node", Type: connector.SettingText, Default: "JAGGAER", Label: "Node that stands for us", Help: "the node in PeopleSoft that stands for us when messages are sent", Where: "PeopleTools › Integration Broker › Integration Setup › Nodes"},
			{Name: "tls_ca", Type: connector.SettingText, Label: "Own certificate authority", Help: "PEM file of the certificate authority, when it is not a public one"},
			{Name: "tls_cert", Type: connector.SettingText, Label: "Client certificate", Help: "PEM file of a client certificate; its key is the secret tls_key"},
			{Name: "profile", Type: connector.SettingTree, Label: "What this site does differently", Help: "what else this site does differently"},
		},
		Secrets: []connector.Setting{
			{Name: "password", Type: connector.SettingText, Label: "Password", Help: "of username", Where: "whoever made the user; it is asked for once and never shown", BoundTo: address},
			{Name: "client_secret", Type: connector.SettingText, Label: "Client secret", Help: "of client_id", Where: "where the identity provider shows it, once, for the application", BoundTo: []string{"token_url"}},
			{Name: "ps_token", Type: connector.SettingText, Label: "PS_TOKEN", Help: "for auth: ps_token", Where: "whoever runs the single sign-on", BoundTo: address},
			{Name: "node_password", Type: connector.SettingText, Label: "Password of that node", Help: "of from_node, when that node has one", Where: "PeopleTools › Integration Broker › Integration Setup › Nodes, where Authentication Option is Password", BoundTo: address},
			{Name: "tls_key", Type: connector.SettingText, Label: "Private key of the client certificate", Help: "private key of tls_cert, PEM", BoundTo: address},
		},
	}
}

// settingsShape is the shape of all settings: ours, the common ones, and the profile.
func settingsShape() shape {
	s := shape{form: asGroup}
	for _, d := range append(description().Settings, connector.CommonSettings()...) {
		m := member{d.Name, shape{def: d.Default, values: d.Values}}
		switch d.Type {
		case connector.SettingInt:
			m.form, m.min, m.max = asInt, 1, 65535
		case connector.SettingBool:
			m.form = asFlag
		case connector.SettingDuration:
			m.check = durationOrNone
		case connector.SettingTexts:
			m.form, m.check = asTexts, matches(codeName, "a code of at most five characters")
			if d.Default != "" {
				m.texts = []string{d.Default}
			}
		case connector.SettingTree:
			m.shape = profileShape()
		}
		s.fields = append(s.fields, m)
	}
	return s
}

func durationOrNone(t string) string {
	if d, err := parseDuration(t); t != "" && (err != nil || d < 0) {
		return "must be a duration like 10m, 60s or 7d"
	}
	return ""
}

// config is a Connection's settings, typed.
type config struct {
	base                                string // scheme://host:port and base_path, without a slash at the end
	node, auth, username                string
	tokenURL, clientID, scope, audience string
	zone                                *time.Location
	setids, units                       []string
	fromNode                            string
}

// validate checks settings and fills in the defaults; it does no I/O.
func validate(in connector.Settings) connector.Validation {
	var f filler
	raw := maps.Clone(map[string]any(in))
	_, transportGiven := tree(raw).sub("profile").sub("write")["po"]
	_, vendorGiven := tree(raw).sub("profile").sub("write")["vendor"]
	whole, _ := f.fill("", settingsShape(), raw).(map[string]any)
	t := tree(whole)
	f.address(t, raw)
	f.signOn(t)
	f.places(t)
	p := readProfile(t.sub("profile"))
	if t.text("auth") == authOAuth2 && t.text("username") == "" {
		restWithoutUser(t.sub("profile").sub("write"), !transportGiven, !vendorGiven)
		for _, doc := range []string{"po", "vendor"} {
			if t.sub("profile").sub("write").sub(doc).text("transport") == "soap_ci" {
				f.problem("profile.write."+doc+".transport", "soap_ci needs username and password; with auth: oauth2 alone use rest_ci")
			}
		}
		if p.envelope == inSOAP && (p.voucher.transport == messageTransport || p.vendorTransport == messageTransport) {
			f.problem("profile.message.envelope", "soap needs username and password; with auth: oauth2 alone use headers, query or ibrequest")
		}
	}
	if t.text("node") == "" && p.pathWithNode {
		f.problem("node", "is required: the name of the Local Node (or set profile.rest.path_with_node to false)")
	}
	f.problems = append(f.problems, profileProblems(p)...)
	v := connector.Validation{Settings: whole, Problems: f.problems, TLS: connector.TLSFiles{CA: t.text("tls_ca"), Cert: t.text("tls_cert")}}
	if len(f.problems) == 0 {
		v.Addresses = addresses(t)
	}
	return v
}

// restWithoutUser sends orders and suppliers by REST where only a token is there to sign on with (SURFACE.md).
func restWithoutUser(write tree, po, vendor bool) {
	if po {
		write.sub("po")["transport"] = "rest_ci"
	}
	if vendor {
		write.sub("vendor")["transport"] = "rest_ci"
	}
}

func (f *filler) address(t tree, raw tree) {
	host := t.text("host")
	_, ipErr := netip.ParseAddr(host)
	switch {
	case host == "":
		f.problem("host", "is required")
	case ipErr != nil && !hostName.MatchString(host):
		f.problem("host", "must be a host name without scheme, port or path, such as erp.example.com")
	}
	if _, given := raw["port"]; !given {
		f.problem("port", "is required")
	}
	if !basePath.MatchString(t.text("base_path")) {
		f.problem("base_path", "must be a path such as /erp")
	}
	if !t.flag("tls") && host != "" && !loopback(host) {
		f.problem("tls", "a password or token goes with every call, so tls: true is needed unless the host is this very machine")
	}
	if t.text("tls_cert") != "" && !t.flag("tls") {
		f.problem("tls_cert", "has no use without tls: true")
	}
}

func (f *filler) signOn(t tree) {
	need := func(name, why string) {
		if t.text(name) == "" {
			f.problem(name, "is required for auth: %s", why)
		}
	}
	switch t.text("auth") {
	case authBasic:
		need("username", authBasic)
	case authOAuth2:
		need("token_url", authOAuth2)
		need("client_id", authOAuth2)
	}
	if strings.Contains(t.text("username"), ":") {
		f.problem("username", "must not hold a colon")
	}
	if raw := t.text("token_url"); raw != "" {
		u, err := url.Parse(raw)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Fragment != "":
			f.problem("token_url", "must be an address such as https://idp.example.com/oauth2/v1/token")
		case u.Scheme == "http" && !loopback(u.Hostname()):
			f.problem("token_url", "must be https: the client secret is sent there")
		}
	}
}

func (f *filler) places(t tree) {
	if name := t.text("time_zone"); name == "" {
		f.problem("time_zone", "is required: the base time zone of the PeopleSoft database, such as America/Chicago")
	} else if _, err := loadZone(name); err != nil {
		f.problem("time_zone", "%q is not the name of a time zone; use one like America/Chicago", name)
	}
	for _, name := range []string{"node", "from_node"} {
		if v := t.text(name); v != "" && !nodeName.MatchString(v) {
			f.problem(name, "is not the name of a node")
		}
	}
	for _, name := range []string{"setids", "business_units"} {
		l := t.texts(name)
		slices.Sort(l)
		if len(slices.Compact(slices.Clone(l))) != len(l) {
			f.problem(name, "names one twice")
		}
	}
	if len(t.texts("setids")) == 0 {
		f.problem("setids", "needs at least one")
	}
}

// loadZone refuses "Local", which is another place on another machine.
func loadZone(name string) (*time.Location, error) {
	if name == "Local" {
		name = ""
	}
	if name == "" {
		return nil, &time.ParseError{Value: name, Message: "no time zone"}
	}
	return time.LoadLocation(name)
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

// origin is scheme://host:port of the gateway.
func origin(t tree) string {
	scheme := "http"
	if t.flag("tls") {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(t.text("host"), strconv.Itoa(t.int("port")))
}

func addresses(t tree) []string {
	out := []string{origin(t)}
	if u, err := url.Parse(t.text("token_url")); err == nil && u.Host != "" && t.text("auth") == authOAuth2 {
		port := u.Port()
		if port == "" {
			port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
		}
		if o := u.Scheme + "://" + net.JoinHostPort(u.Hostname(), port); o != out[0] {
			out = append(out, o)
		}
	}
	return out
}

func readConfig(t tree) (config, error) {
	zone, err := loadZone(t.text("time_zone"))
	if err != nil {
		return config{}, connector.Errorf(connector.Misconfigured, "open the Connection", "time_zone %q is unknown", t.text("time_zone")).Because(err)
	}
	return config{
		base: origin(t) + strings.TrimRight(t.text("base_path"), "/"), node: t.text("node"), auth: t.text("auth"), username: t.text("username"),
		tokenURL: t.text("token_url"), clientID: t.text("client_id"), scope: t.text("scope"), audience: t.text("audience"),
		zone: zone, setids: t.texts("setids"), units: t.texts("business_units"), fromNode: t.text("from_node"),
	}, nil
}
