package jaggaer

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	connector "ml-connector"
)

// numbered is the form of JAGGAER's own messages: a number, then field names in parentheses (JAGGAER.md §3.1).
var numbered = regexp.MustCompile(`^(-?\d+)\(([^)]*)\)`)

// said is what an answer says in its body, whatever form that has: JSON with a returnMessage, or nothing readable.
func said(resp *connector.Response) (r returned, page bool) {
	body, err := decodeObject(resp.Body)
	if err != nil {
		return returned{}, isPage(resp.Body)
	}
	return readReturned(body), false
}

// words appends JAGGAER's words to a sentence, if it said some.
func words(message string) string {
	if message == "" {
		return ""
	}
	return ": " + message
}

// statusFault judges an answer with another status than 200 (JAGGAER.md §6), 401 and 429 apart, which send deals with.
// The sentence for a 404 differs by what was asked for, so the caller may look at it first.
func (i *Instance) statusFault(c call, resp *connector.Response) *connector.Error {
	r, page := said(resp)
	status := resp.Status
	switch {
	case status >= 300 && status < 400:
		return connector.Errorf(connector.Misconfigured, c.op, "the address redirects elsewhere (HTTP %d), probably to a log-in page", status).
			Advise("Check the setting url (now %s); redirects are not followed.", i.opts.url)
	case status == http.StatusForbidden && (page || r.message == "" && !r.present):
		return connector.Errorf(connector.Forbidden, c.op, "access denied by something in front of JAGGAER (HTTP 403)").
			Advise("Our outgoing address is probably not on JAGGAER's allow list; otherwise ask JAGGAER to enable %s for client %s.", c.resource, i.opts.clientID)
	case status == http.StatusForbidden:
		return connector.Errorf(connector.Forbidden, c.op, "JAGGAER denies access to %s%s", c.resource, words(r.message)).
			Advise("Ask JAGGAER to enable %s for client %s.", c.resource, i.opts.clientID)
	case status == http.StatusNotFound:
		return connector.Errorf(connector.Misconfigured, c.op, "the address %s does not exist at this customer (HTTP 404)%s", path(c.url), words(r.message)).
			Advise("Check the setting url (now %s) and in the profile rest.api_prefix and entities.*.module and path; or JAGGAER has not licensed this module.", i.opts.url)
	case status == http.StatusMethodNotAllowed || status == http.StatusUnsupportedMediaType || status == http.StatusNotImplemented:
		return connector.Errorf(connector.Misconfigured, c.op, "this customer's JAGGAER does not support this here (HTTP %d)%s", status, words(r.message)).
			Advise("Check the operation's transport and path in the profile, or ask JAGGAER whether this release has it.")
	case status == http.StatusConflict && c.write:
		return connector.Errorf(connector.Conflict, c.op, "it exists already or was changed meanwhile (HTTP 409)%s", words(r.message)).
			Advise("Look at it in JAGGAER, then replay.")
	case status >= 500 && c.write:
		return connector.Errorf(connector.Ambiguous, c.op, "JAGGAER failed after it had the request (HTTP %d)%s", status, words(r.message)).
			Advise("We do not know yet whether JAGGAER stored it; it is looked up before anything is sent again.")
	case status >= 500 || status == http.StatusConflict:
		e := connector.Errorf(connector.Unavailable, c.op, "JAGGAER is not well (HTTP %d)%s", status, words(r.message)).Advise("It is tried again by itself.")
		e.Wait = min(retryAfter(resp, i.now()), i.opts.profile.seconds("rest", "throttle_max_wait_s"))
		return e
	case c.write:
		e := refusal(c.op, r.message)
		if e.Code == connector.Rejected {
			e.Code = connector.Invalid
		}
		if r.message == "" {
			e.Message = fmt.Sprintf("JAGGAER refused the request (HTTP %d)", status)
		}
		return e
	}
	return connector.Errorf(connector.Misconfigured, c.op, "JAGGAER refused the query (HTTP %d)%s", status, words(r.message)).
		Advise("Check the filter and paging keys of the profile (rest.start_param, rest.filter_*, entities.*.filter_field).")
}

// unreadable is a 200 whose body is not JSON: for a read a proxy or a cut connection, for a write doubt.
func (i *Instance) unreadable(c call, resp *connector.Response) *connector.Error {
	what := "an answer that is not JSON"
	hint := "Try again later; if it stays so, something between us and JAGGAER changes the answers."
	switch {
	case len(resp.Body) == 0:
		what = "an empty answer"
	case isPage(resp.Body):
		what = "a web page"
		hint = "Check the setting url (now " + i.opts.url + "): what stands there is not JAGGAER's API, or it is down for maintenance."
	}
	if c.write {
		return connector.Errorf(connector.Ambiguous, c.op, "JAGGAER took the request and gave %s", what).
			Advise("We do not know yet whether JAGGAER stored it; it is looked up before anything is sent again.")
	}
	return connector.Errorf(connector.Unavailable, c.op, "the API gave %s", what).Advise("%s", hint)
}

// queryRefused is returnCode 2 on a list (JAGGAER.md §6, row 15): the profile doesn't fit, no record is at fault.
func queryRefused(op string, e entity, message string) *connector.Error {
	return connector.Errorf(connector.Misconfigured, op, "JAGGAER refused the query%s", words(message)).
		Advise("Check entities.%s (filter_field, external, extra_filter) and rest.filter_* of the profile: this customer's JAGGAER may name the field or write filters otherwise.", e.name)
}

// Texts that tell more than a code. They are a last resort: unknown text is judged by code only.
var (
	unknownField = regexp.MustCompile(`(?i)custom field '?([^']*?)'? does not exist|no custom field found[^(]*(?:\(([^)]*)\))?`)
	noSuch       = regexp.MustCompile(`(?i)not found|no longer exists|does not exist|unknown id|no such`)
	tooLarge     = regexp.MustCompile(`(?i)too (large|big|many)`)
	supplierBad  = regexp.MustCompile(`(?i)supplier (?:number )?'?"?([^\s'",]+)'?"? (?:does not exist|is (?:inactive|unknown|not active)|not found)`)
	userBad      = regexp.MustCompile(`(?i)\b(?:user|username|requestor)\b.*(does not exist|permission|unknown|not found|inactive)`)
)

// refusal judges JAGGAER's words about a write that it refused for its content (JAGGAER.md §6, rows 16 to 18, 44 to 46).
func refusal(op, message string) *connector.Error {
	if m := numbered.FindStringSubmatch(message); m != nil {
		fields := strings.Join(strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' || r == ' ' }), ", ")
		switch m[1] {
		case "124":
			return connector.Errorf(connector.Invalid, op, "JAGGAER requires %s: %s", fields, message).
				Advise("Fill in what is missing at the source, or mend the mapping, then replay.")
		case "112":
			return connector.Errorf(connector.Conflict, op, "%s already exists at another record: %s", fields, message).
				Advise("Find the other record in JAGGAER; link it, or change the value, then replay.")
		}
	}
	if m := unknownField.FindStringSubmatch(message); m != nil {
		return connector.Errorf(connector.Misconfigured, op, "the field %s does not exist in JAGGAER: %s", strings.TrimSpace(m[1]+m[2]), message).
			Advise("Correct the field's name in the mapping or profile (req_external_field, chartfields), or ask JAGGAER to set the field up.")
	}
	e := connector.Errorf(connector.Rejected, op, "JAGGAER refused it%s", words(message))
	if m := supplierBad.FindStringSubmatch(message); m != nil {
		return e.Advise("Send supplier %s to JAGGAER first (or make it active there), then replay.", m[1])
	}
	if userBad.MatchString(message) {
		return e.Advise("This person may not order this in JAGGAER: correct the crosswalk requestor, or have JAGGAER's administrator give the permission; then replay.")
	}
	return e.Advise("Mend what JAGGAER names, at the source or in JAGGAER, then replay.")
}

// path is the part of an address behind the host, without the query.
func path(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	at := strings.IndexByte(rest, '/')
	if at < 0 {
		return "/"
	}
	rest, _, _ = strings.Cut(rest[at:], "?")
	return rest
}
