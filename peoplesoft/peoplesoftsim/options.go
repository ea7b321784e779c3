package peoplesoftsim

import "time"

// Immediately as a span of Life means: with the next request or Step.
const Immediately = time.Nanosecond

// Options is what a test decides about the simulated site. The zero value is a usable site with the user JGR_SVC.
type Options struct {
	Now   func() time.Time    // the clock; default time.Now
	Sleep func(time.Duration) // how a delay fault waits; default time.Sleep
	Site  Site
	Life  Life

	Users     []User            // default: DefaultUser
	Nodes     map[string]Node   // sending nodes by name; default JAGGAER with the first user and no password
	Anonymous string            // user of requests without credentials (PEOPLESOFT.md §2.1); "" refuses them
	OAuth     *OAuth            // nil: no bearer tokens
	Tokens    map[string]string // PS_TOKEN → user
	LockAfter int               // bad passwords in a row until a user is locked; 0 never

	DuplicateInvoice string // "reject" (default, both vouchers to recycle) or "warn" (silent pass)
	ClosedBefore     string // accounting dates before this day fall into a closed period
	VendorWorkflow   bool   // a vendor written as A becomes E
	Morning          Morning

	Journal    int  // entries kept; default 2000
	KeepBodies bool // keep request and answer bodies, masked, in the journal
}

// Life says how long after the step before something happens by itself. 0 means only when told.
type Life struct {
	Approve  time.Duration // vendor E → A
	Dispatch time.Duration // order A → D
	Build    time.Duration // staged voucher → P, R or pre-edit error
	Post     time.Duration // voucher P: matched, approved, posted
	Pay      time.Duration // posted voucher: paid
}

// Morning is the part of each day in which a site is slow: its batch does not run, accepted messages wait in their queue, and each
// answer takes so long. The zero value is none.
type Morning struct {
	From, To int // hours of the base time zone, From inclusive
	Answer   time.Duration
}

// DemoLife is the pace of the demonstration.
func DemoLife() Life {
	return Life{Approve: 15 * time.Second, Dispatch: Immediately, Build: 15 * time.Second, Post: 30 * time.Second, Pay: time.Minute}
}

// Site is how a customer's installation differs from the delivered one.
type Site struct {
	BasePath   string   // a reverse proxy's prefix before /PSIGW
	Node       string   // default PSFT_EP
	NodeInPath string   // "required" (default), "optional", or "absent": the REST path has no node
	Formats    []string // of JSON, XMLP, WEBROWSET; default all
	Owner      string   // of the queries: public (default) or private
	TimeZone   string   // base time zone; default the company's

	ToolsVersion   string // default 8.60.11
	HideVersion    bool   // the status page has no version line
	HideStatusPage bool   // the status page answers 403
	Production     bool   // service system status: framework errors are a bare 500 (PEOPLESOFT.md §5.3)

	Queries map[string]string            // our query name → the site's
	Missing []string                     // queries that nobody built
	Lacking map[string][]string          // our query name → columns such as A.NAME2 that its author left out
	Prompts map[string]map[string]string // our query name → our prompt → the site's
	Fields  map[string]string            // row key such as A.PO_ID → the site's unique field name
	CIs     map[string]string            // our CI name → the site's

	Actions         map[string]string // SOAPAction by verb (create get find update updatedata), {ci} filled in; default CI_{ci}_C.V1 and so on
	Messages        map[string]string // "JGR_PO_CI.create" → message name that the namespace must carry
	VerbCase        string            // title (default), upper, lower
	Prefixes        Prefixes
	SignOn          string   // what SOAP asks for: any (default), wsse, basic
	Envelopes       []string // of headers, query, ibrequest, soap; default all
	Operation       string   // alias of the voucher message; default VOUCHER_BUILD.VERSION_1
	VendorOperation string   // alias of the vendor message; default VENDOR_SYNC.VERSION_1
	VoucherREST     string   // alias of a REST service of the customer's that fills the voucher staging tables; default none
	OrderREST       string   // the same for orders
	VendorREST      string   // the same for vendors
	StagingShape    string   // members around VCHR_HDR_STG that the voucher's service wants, such as RequestBody/X_VCHR_IMPORT_STG
	DateTimeLayout  string   // Go layout of date-times in answers; default 2006-01-02-15.04.05.000000
	CutMessages     bool     // messages cut over-long text instead of refusing it
	NoErrorColumns  bool     // the voucher look-ups have no ERRMSGTEXT
	ExternalID      string   // vendor field behind JGR_VENDOR_BY_EXT; default AR_NUM
	Origins         []string // voucher origins; default ONL, JGR
}

// Prefixes are what some generated services put before property names (PEOPLESOFT.md §4.1).
type Prefixes struct{ Key, Property, Collection string }

// User is one operator with what it may do and see.
type User struct {
	ID, Password  string
	Operations    []string // service operations such as QAS_EXECUTEQRY_REST_GET, CI_JGR_PO_CI_C, VOUCHER_BUILD; nil allows all
	Queries       []string // queries within its access groups; nil allows all
	BusinessUnits []string // row security; nil sees all
	Hidden        []string // keys that row security hides, such as SHARE/0000010001 or US001/0000004711
	RowCap        int      // the query profile's cap; 0 none
}

// Node is a sending node that messages come from.
type Node struct{ Password, User string }

// OAuth is the customer's identity provider, served on Path.
type OAuth struct {
	Path, ClientID, Secret, Scope, Audience string
	User                                    string // whom a token stands for
	ClientAuth                              string // basic, body, or "" for both
	TTL                                     time.Duration
}

// DefaultUser may do and see everything.
func DefaultUser() User { return User{ID: "JGR_SVC", Password: "sim-Passw0rd"} }

// withDefaults fills what was left out.
func (o Options) withDefaults(zone string) Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = time.Sleep
	}
	if len(o.Users) == 0 {
		o.Users = []User{DefaultUser()}
	}
	if o.Nodes == nil {
		o.Nodes = map[string]Node{"JAGGAER": {User: o.Users[0].ID}}
	}
	if o.OAuth != nil {
		provider := *o.OAuth
		provider.Path = or(provider.Path, "/idp/oauth2/v1/token")
		provider.User = or(provider.User, o.Users[0].ID)
		if provider.TTL == 0 {
			provider.TTL = time.Hour
		}
		o.OAuth = &provider
	}
	o.DuplicateInvoice = or(o.DuplicateInvoice, "reject")
	if o.Journal == 0 {
		o.Journal = 2000
	}
	s := &o.Site
	s.Node, s.NodeInPath, s.Owner, s.TimeZone = or(s.Node, "PSFT_EP"), or(s.NodeInPath, "required"), or(s.Owner, "public"), or(s.TimeZone, zone)
	s.ToolsVersion, s.VerbCase, s.SignOn = or(s.ToolsVersion, "8.60.11"), or(s.VerbCase, "title"), or(s.SignOn, "any")
	s.Operation, s.ExternalID = or(s.Operation, "VOUCHER_BUILD.VERSION_1"), or(s.ExternalID, "AR_NUM")
	s.VendorOperation = or(s.VendorOperation, "VENDOR_SYNC.VERSION_1")
	s.DateTimeLayout = or(s.DateTimeLayout, "2006-01-02-15.04.05.000000")
	if s.Formats == nil {
		s.Formats = []string{"JSON", "XMLP", "WEBROWSET"}
	}
	if s.Envelopes == nil {
		s.Envelopes = []string{"headers", "query", "ibrequest", "soap"}
	}
	if s.Origins == nil {
		s.Origins = []string{"ONL", "JGR"}
	}
	return o
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
