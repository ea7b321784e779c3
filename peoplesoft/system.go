package peoplesoft

import (
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	connector "ml-connector"
	"ml-connector/oauth"
	"ml-connector/pace"
)

type system struct{}

// New is the System peoplesoft.
func New() connector.System { return system{} }

// Name is the word in `system:` of a Connection.
func (system) Name() string { return "peoplesoft" }

// Describe declares settings and secrets; SURFACE.md fixes their names.
func (system) Describe() connector.Description { return description() }

// Validate holds the settings against SURFACE.md and the profile against PEOPLESOFT.md §9: unknown keys are problems. The
// profile comes back whole, with every default.
func (system) Validate(s connector.Settings) connector.Validation { return validate(s) }

// Open makes an Instance. It fails when the secret that the sign-on needs is not there: a changed address drops it.
func (system) Open(o connector.Opening) (connector.Instance, error) {
	c, err := readConfig(tree(o.Settings))
	if err != nil {
		return nil, err
	}
	need := map[string]string{authBasic: "password", authOAuth2: "client_secret", authToken: "ps_token"}[c.auth]
	if o.Secrets[need] == "" {
		return nil, connector.Errorf(connector.Credentials, "open the Connection "+o.Connection, "the secret %s is missing", need).
			Advise("Give the secret %s (again, if the address was changed: that drops it).", need)
	}
	i := prepare(o.Settings, c)
	i.secrets, i.caller, i.now, i.pace, i.digest = o.Secrets, o.Caller, o.Now, pace.Or(o.Pace), o.Digest
	i.accounts, i.tokens = newAccountCache(i.pace), i.newTokens(o.Share)
	i.same = o.Same
	if i.config.auth == authOAuth2 && c.username != "" && o.Secrets["password"] == "" && (i.profile.poTransport == "soap_ci" || i.profile.vendorTransport == "soap_ci" || i.profile.envelope == inSOAP) {
		return nil, connector.Errorf(connector.Credentials, "open the Connection "+o.Connection, "the secret password is missing").
			Advise("Services by SOAP sign on with username and password: give the secret password, or use rest_ci in the profile.")
	}
	return i, nil
}

// prepare makes all of an Instance that its settings alone decide; it can't call.
func prepare(s connector.Settings, c config) *Instance {
	i := &Instance{settings: s, config: c, profile: readProfile(tree(s).sub("profile")), entities: map[string]entity{}}
	i.schemas = makeSchemas(i.profile)
	for name := range i.profile.queries {
		i.entities[name] = i.makeEntity(name)
	}
	i.contents = map[connector.Kind]connector.Schema{}
	for _, k := range connector.Kinds() {
		i.contents[k] = i.content(k)
	}
	return i
}

// bareTuple is message set and number as people type them, without brackets.
var bareTuple = regexp.MustCompile(`^\s*\d{1,5}\s*,\s*\d{1,5}\s*$`)

// Explain says what a PeopleSoft error means. A read would be judged more mildly.
func (system) Explain(text string) *connector.Error {
	if bareTuple.MatchString(text) {
		text = "(" + strings.TrimSpace(text) + ")"
	}
	a := readAnswer(&connector.Response{Status: 500, Body: []byte(text)}, "")
	notices := a.errors()
	if r := judge(nil, notices, true); r != nil {
		return connector.Errorf(r.onWrite, "", "%s", sentence(r.meaning, said(notices))).Advise("%s", r.hint)
	}
	if a.page && len(notices) > 0 && strings.Contains(notices[0].text, "PeopleSoft") && !gatewayPage.MatchString(notices[0].text) {
		code, message, hint := a.odd(false, said(notices))
		return connector.Errorf(code, "", "%s", message).Advise("%s", hint)
	}
	known := a.broker == "error" || a.tree.first("ERRMSGTEXT") != nil || len(a.tree.all("messages"))+len(a.tree.all("Error-Warning")) > 0
	for _, n := range notices {
		if known && !n.plain || len(n.tuples) > 0 {
			return connector.Errorf(connector.Rejected, "", "%s", sentence("PeopleSoft refused something", said(notices))).
				Advise("Message sets up to 19999 are Oracle's, those above the site's own: the PeopleSoft team finds the text in the Message Catalog.")
		}
	}
	return nil
}

// Instance is one Connection to PeopleSoft, for many goroutines.
type Instance struct {
	settings connector.Settings
	config   config
	profile  profile
	secrets  map[string]string
	caller   connector.Caller
	now      func() time.Time
	pace     connector.Pace
	digest   func(string) string // nil = none
	same     func(string) string // the same at every Connection; nil = none
	schemas  schemas
	entities map[string]entity // by the profile's names
	contents map[connector.Kind]connector.Schema

	tokens   *oauth.Tokens
	encodes  atomic.Bool // the identity provider takes id and secret form-encoded, and not as they are
	accounts *accountCache
	largest  atomic.Int64           // rows of the largest answer seen: the user's row cap is not below it
	format   atomic.Pointer[string] // the form of query results that has worked here
	notes    notes
}

var (
	_ connector.Requirer = system{}
	_ connector.Instance = (*Instance)(nil)
	_ connector.Source   = (*Instance)(nil)
	_ connector.Sink     = (*Instance)(nil)
	_ connector.Finder   = (*Instance)(nil)
	_ connector.Tracker  = (*Instance)(nil)
)

// Settings are those in force.
func (i *Instance) Settings() connector.Settings { return i.settings }

// byUnit is the setting that says where documents are read: each query asks for one business unit.
func byUnit() []string { return []string{"business_units"} }

// Kind says what PeopleSoft can do with a Kind (FLOWS.md).
func (i *Instance) Kind(k connector.Kind) connector.KindInfo {
	info := i.can(k)
	info.Content = i.contents[k]
	return info
}

func (i *Instance) can(k connector.Kind) connector.KindInfo {
	switch k {
	case connector.GLAccount:
		return connector.KindInfo{Reads: true}
	case connector.Supplier:
		info := connector.KindInfo{Reads: true, Windowed: i.delta(entVendor) != "", Writes: true, Schema: i.schemas.supplier, Class: i.class(k), LookFirst: true,
			CanUpdate: i.profile.vendor.canUpdate, CanCancel: i.profile.vendor.canUpdate}
		if i.profile.vendorTransport == messageTransport {
			info.Late = i.profile.vendor.stageTimeout
		}
		return info
	case connector.Requisition:
		return connector.KindInfo{Reads: true, Windowed: true, Needs: byUnit()}
	case connector.PurchaseOrder:
		return connector.KindInfo{Reads: true, Windowed: true, Needs: byUnit(), Writes: true, Schema: i.schemas.order, Class: i.class(k),
			CanUpdate: i.profile.po.canUpdate || i.profile.po.canClose, CanCancel: i.profile.po.canCancel, LookFirst: true}
	case connector.Invoice:
		return connector.KindInfo{Reads: true, Windowed: true, Needs: byUnit(), Writes: true, Schema: i.schemas.voucher, Class: i.class(k), LookFirst: true}
	}
	return i.besideKind(k)
}
