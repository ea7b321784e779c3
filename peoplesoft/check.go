package peoplesoft

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	connector "ml-connector"
)

// What a gateway's status page says (PEOPLESOFT.md §1.2).
var (
	gatewayPage    = regexp.MustCompile(`(?i)PeopleSoft\s+(Integration\s+Gateway|Listening\s+Connector)`)
	activePattern  = regexp.MustCompile(`(?i)status\s*:?\s*active\b`)
	releasePattern = regexp.MustCompile(`(?i)tools\s*version\s*:?\s*(\d+\.\d+(\.\d+)?)`)
)

// clockSkew is how far PeopleSoft's clock may be off ours before it is worth a word: the overlap of a read covers less.
const clockSkew = 5 * time.Minute

// Check is the ping ladder of PEOPLESOFT.md §1.2, cheapest first. It stops at what makes the rest pointless, so a wrong
// password is tried once; and it writes nothing.
func (i *Instance) Check(ctx context.Context, needs []connector.Need) []connector.Step {
	c := &checker{i: i, ctx: ctx, plan: i.plan(needs)}
	for _, step := range []func() bool{c.reach, c.token, c.node, c.queries, c.operations} {
		if !step() {
			c.skipRest()
			break
		}
	}
	c.clock()
	return c.steps
}

// checker collects the steps of one ping.
type checker struct {
	i     *Instance
	ctx   context.Context
	plan  plan
	steps []connector.Step
	done  int            // steps of the plan that were tried
	mute  bool           // this site does not name the columns of a query that gives no row
	skew  *time.Duration // of PeopleSoft's clock, nil = not known
}

// add notes a step that began at from.
func (c *checker) add(name string, from time.Time, state connector.StepState, message string) *connector.Step {
	c.steps = append(c.steps, connector.Step{Step: name, State: state, Took: c.i.now().Sub(from), Message: message})
	return &c.steps[len(c.steps)-1]
}

// failed notes a step that an error ended; hint stands in where the error has none.
func (c *checker) failed(name string, from time.Time, err error, hint string) *connector.Step {
	e := connector.AsError(err)
	s := c.add(name, from, connector.StepFailed, e.Message)
	if e.Cause != nil {
		s.Message += ": " + e.Cause.Error()
	}
	s.Code, s.Hint = e.Code, e.Hint
	if s.Hint == "" {
		s.Hint = hint
	}
	return s
}

// lasting is a hint for what is likely to pass.
const lasting = "If it lasts, the PeopleSoft administrator looks at the gateway and the application server."

// reach is connect, tls and gateway: one request without credentials.
func (c *checker) reach() bool {
	from := c.i.now()
	resp, err := c.i.call(c.ctx, request{op: "gateway status", method: http.MethodGet, path: c.i.path(c.i.profile.gatewayURL, "", ""), door: doorOpen})
	secure := strings.HasPrefix(c.i.config.base, "https:")
	if err != nil {
		if secure && tlsTrouble(err) {
			c.add("connect", from, connector.StepOK, "the host answers")
			c.failed("tls", from, err, "Check host and port; name the PEM file of the certificate authority in tls_ca, and the client certificate in tls_cert when the gateway asks for one.").Code = connector.Misconfigured
			return false
		}
		c.failed("connect", from, err, "Check host and port, that PeopleSoft's web server is up, and that a firewall lets this machine through.")
		return false
	}
	c.add("connect", from, connector.StepOK, "")
	if secure {
		c.add("tls", from, connector.StepOK, "")
	} else {
		c.add("tls", from, connector.StepSkipped, "plain http on this machine")
	}
	c.gateway(from, resp)
	return true
}

func (c *checker) gateway(from time.Time, resp *connector.Response) {
	if at, err := http.ParseTime(resp.Header["Date"]); err == nil {
		skew := at.Sub(c.i.now())
		c.skew = &skew
	}
	page := string(toUTF8(resp.Body, c.i.profile.fallback))
	text := squeeze(pageText([]byte(page)))
	release := c.i.profile.toolsVersion
	if m := releasePattern.FindStringSubmatch(page); m != nil && release == "" {
		release = m[1]
	}
	switch {
	case resp.Status == http.StatusOK && gatewayPage.MatchString(page) && !activePattern.MatchString(text):
		s := c.add("gateway", from, connector.StepWarning, "the gateway does not say that it is active: "+clip(text, 200))
		s.Hint = "If the next steps fail too, the PeopleSoft administrator looks at the gateway's properties and log."
	case resp.Status == http.StatusOK && gatewayPage.MatchString(page):
		message := "the gateway is up"
		if release != "" {
			message += ", PeopleTools " + release
		}
		c.add("gateway", from, connector.StepOK, message)
	case resp.Status == http.StatusForbidden || resp.Status == http.StatusNotFound:
		c.add("gateway", from, connector.StepSkipped, fmt.Sprintf("its status page is not to be seen from here (HTTP %d)", resp.Status))
	default:
		s := c.add("gateway", from, connector.StepWarning, fmt.Sprintf("what answers there (HTTP %d) does not look like a PeopleSoft gateway", resp.Status))
		s.Hint = "If the next steps fail too: check host, port and base_path."
	}
}

// token fetches an OAuth token, also where there is a good one: a ping tries the secret that is there now.
func (c *checker) token() bool {
	if c.i.config.auth != authOAuth2 {
		return true
	}
	from := c.i.now()
	got, err := c.i.logIn(c.ctx)
	c.i.tokens.Adopt(c.ctx, got, err)
	if err != nil {
		c.failed("token", from, err, lasting)
		return false
	}
	c.add("token", from, connector.StepOK, "")
	return true
}

// node runs the probe query: one call proves node, user, password and the permission to run queries.
func (c *checker) node() bool {
	from := c.i.now()
	e := c.i.entity(entPing)
	rows, _, err := c.i.askRaw(c.ctx, e, 1)
	if err == nil {
		message := "signed on"
		for _, k := range []string{"A.TOOLSREL", "TOOLSREL"} {
			if len(rows) > 0 && rows[0][k] != "" {
				message += ", PeopleTools " + oneLine(rows[0][k])
				break
			}
		}
		message += ", queries answer in " + c.i.formats()[0]
		if len(rows) == 0 {
			s := c.add("node", from, connector.StepWarning, "signed on, but the query "+e.spec.name+" gave no row")
			s.Hint = "It should read a record of one row, such as PSSTATUS."
			return true
		}
		c.add("node", from, connector.StepOK, message)
		return true
	}
	if form := c.otherForm(e, err); form != "" {
		c.add("node", from, connector.StepFailed, "signed on, but this PeopleSoft gives no query's answer as "+c.i.profile.format+"; as "+form+" it does").Code = connector.Misconfigured
		c.steps[len(c.steps)-1].Hint = "Leave query.format out of the profile, or set it to " + form + "."
		return false
	}
	if f, ok := errors.AsType[*failure](err); ok && f.has(setQuery) && f.err.Code != connector.Credentials {
		s := c.add("node", from, connector.StepWarning, "signed on, but the probe query can't be run: "+f.err.Message)
		s.Code, s.Hint = f.err.Code, "Create the public query "+e.spec.name+" over a record of one row (see `connection requirements`). "+f.err.Hint
		return true
	}
	c.failed("node", from, err, lasting)
	return false
}

// operations looks for the services that writes need. Without writing there is only the weak proof that PeopleSoft knows
// them (PEOPLESOFT.md §1.2): where that can't be had, it is a warning.
func (c *checker) operations() bool {
	for n := range c.plan.operations {
		o := c.plan.operations[n]
		from := c.i.now()
		c.done++
		if o.path == "" {
			c.add(o.step(), from, connector.StepSkipped, "can't be proven without writing").Flows = o.flows
			continue
		}
		if c.i.config.auth == authOAuth2 && c.i.config.username == "" {
			c.add(o.step(), from, connector.StepSkipped, "can't be proven without writing: services are described by SOAP, which takes no token").Flows = o.flows
			continue
		}
		resp, err := c.i.call(c.ctx, request{op: o.step(), method: http.MethodGet, path: o.path, door: doorSOAP})
		if err != nil {
			c.failed(o.step(), from, err, lasting).Flows = o.flows
			continue
		}
		a := readAnswer(resp, c.i.profile.fallback)
		if a.status == http.StatusOK && a.tree != nil && (strings.EqualFold(a.tree.name, "definitions") || strings.EqualFold(a.tree.name, "schema")) {
			c.add(o.step(), from, connector.StepOK, "PeopleSoft knows it; that this user may write is not proven").Flows = o.flows
			continue
		}
		f := c.i.fail(o.step(), a, false)
		if f.err.Code == connector.Credentials || f.refuses(o.name) {
			c.failed(o.step(), from, f, lasting).Flows = o.flows
			if f.err.Code == connector.Credentials {
				return false
			}
			continue
		}
		s := c.add(o.step(), from, connector.StepWarning, "could not be proven: "+f.err.Message)
		s.Flows, s.Hint = o.flows, "That is no obstacle: some sites don't show descriptions of services. The first write will tell."
	}
	return true
}

// otherForm is a form that the probe query answers in where the one of the profile was refused, "" when there is none.
func (c *checker) otherForm(e entity, refused error) string {
	if c.i.profile.format == "" || !otherFormatMayHelp(refused) {
		return ""
	}
	for _, form := range []string{formatJSON, formatXMLP, formatWebRowSet} {
		if form == c.i.profile.format {
			continue
		}
		if _, _, err := c.i.askIn(c.ctx, e, form, 1, nil); err == nil {
			return form
		}
	}
	return ""
}

// refuses says whether an answer shows that a service can't be used, and not only that its description is not to be had.
func (f *failure) refuses(service string) bool {
	switch f.row {
	case rowNode, rowRouting:
		return true
	case rowOperation, rowHandler, rowNoComponent, rowComponent:
		return strings.Contains(f.err.Message, service)
	}
	return false
}

// skipRest notes what was not tried.
func (c *checker) skipRest() {
	failed := c.steps[len(c.steps)-1].Step
	names := c.plan.names()
	if c.done == 0 && failed != "node" {
		names = append([]string{"node"}, names...)
	}
	for _, n := range names[min(c.done, len(names)):] {
		c.add(n, c.i.now(), connector.StepSkipped, "not tried, because "+failed+" failed")
	}
}

func (c *checker) clock() {
	if c.skew == nil {
		return
	}
	from := c.i.now()
	if off := c.skew.Round(time.Second); off.Abs() > clockSkew {
		s := c.add("clock", from, connector.StepWarning, fmt.Sprintf("PeopleSoft's web server is %s off our clock", off))
		s.Hint = "Set both by a time server: changes are read by time."
		return
	}
	c.add("clock", from, connector.StepOK, "")
}

// tlsTrouble says whether a call failed in the TLS handshake.
func tlsTrouble(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "tls: ") || strings.Contains(text, "x509: ") || strings.Contains(text, "secure connection")
}
