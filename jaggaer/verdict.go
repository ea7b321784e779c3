package jaggaer

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	connector "ml-connector"
)

// verdict is an answer of the router that says: done.
type verdict struct {
	ref      requisitionRef // of a requisition
	supplier string         // id of a supplier, "" as a rule
	warnings []string
}

var (
	parseFailed = regexp.MustCompile(`(?i)error while parsing the input`)
	parseError  = regexp.MustCompile(`(?i)^xml error\s*:`)
	whoWeAre    = regexp.MustCompile(`(?i)authenticat|identity|shared ?secret|credential`)
	counts      = regexp.MustCompile(`(?i)total documents attempted\s*=\s*(\d+).*?total documents completed\s*=\s*(\d+)`)
)

// judge tells what an answer of the router means, in the order of JAGGAER.md §6: HTTP status, readable body, body code,
// results of the object. What it can't tell is ambiguous.
func (i *Instance) judge(m importer, resp *connector.Response) (verdict, *connector.Error) {
	r, err := readReply(resp.Body)
	if err != nil {
		return verdict{}, i.judgeStatus(m, resp, r, err)
	}
	if fault := i.judgeReply(m, resp.Status, r); fault != nil {
		fault.Answered = fault.Code == connector.Ambiguous && resp.Status < 500
		if r.messageID != "" {
			fault.Hint += " For JAGGAER's support: its message id is " + r.messageID + "."
		}
		return verdict{}, fault
	}
	v := verdict{supplier: r.supplier}
	if len(r.refs) > 0 {
		v.ref = r.refs[0]
	}
	for _, c := range r.warnings {
		v.warnings = append(v.warnings, c.String())
	}
	return v, nil
}

func (c complaint) String() string {
	if c.part == "" {
		return c.text
	}
	return c.part + ": " + c.text
}

// judgeStatus judges an answer without a readable StatusCode, by its HTTP status.
func (i *Instance) judgeStatus(m importer, resp *connector.Response, r reply, unread error) *connector.Error {
	status := resp.Status
	json, _ := said(resp) // a gateway in front may speak JSON
	switch {
	case status >= 300 && status < 400:
		return connector.Errorf(connector.Misconfigured, "", "the router redirects elsewhere (HTTP %d)", status).
			Advise("Check the setting xml_url (now %s); redirects are not followed.", i.opts.xmlURL)
	case status == http.StatusUnauthorized:
		return i.identityRefused(fmt.Sprintf("HTTP %d", status))
	case status == http.StatusForbidden:
		return connector.Errorf(connector.Forbidden, "", "access to the router was denied (HTTP 403)%s", words(json.message)).
			Advise("Our outgoing address is probably not on JAGGAER's allow list; otherwise ask JAGGAER to enable %s imports for Identity %s.", m.name, i.opts.identity)
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusUnsupportedMediaType || status == http.StatusGone:
		return connector.Errorf(connector.Misconfigured, "", "the router has nothing at %s (HTTP %d)", path(i.routerAddress(m)), status).
			Advise("Check the setting xml_url (now %s) and in the profile xml.path_prefix and xml.paths.%s.", i.opts.xmlURL, m.name)
	case status == http.StatusConflict:
		return connector.Errorf(connector.Conflict, "", "it exists already or was changed meanwhile (HTTP 409)%s", words(json.message)).
			Advise("Look at it in JAGGAER, then replay.")
	case status == http.StatusRequestEntityTooLarge:
		return connector.Errorf(connector.Invalid, "", "the document is too large for JAGGAER (HTTP 413)").
			Advise("Split it at the source into smaller ones.")
	case status >= 400 && status < 500:
		return connector.Errorf(connector.Invalid, "", "JAGGAER refused the document as malformed (HTTP %d)%s", status, words(json.message)).
			Advise("This is ours to mend: report it with the raw exchange.")
	case status >= 500:
		return doubt("JAGGAER failed after it had the document (HTTP %d)", status)
	case len(resp.Body) == 0:
		return doubt("JAGGAER took the document and answered with nothing")
	case errors.Is(unread, errNoStatus) && r.messageID == "" && !bytesHave(resp.Body, "Status"):
		return doubt("something answered with a page that is no answer of the router (HTTP %d)", status)
	}
	return doubt("JAGGAER took the document and gave an answer that can't be read (%s)", unread)
}

func bytesHave(b []byte, s string) bool { return strings.Contains(string(b[:min(len(b), 1<<16)]), s) }

func doubt(format string, args ...any) *connector.Error {
	return connector.Errorf(connector.Ambiguous, "", format, args...).
		Advise("We do not know yet whether JAGGAER stored it; it is looked up before anything is sent again.")
}

func (i *Instance) identityRefused(said string) *connector.Error {
	return connector.Errorf(connector.Credentials, "", "JAGGAER does not accept Identity or SharedSecret%s", words(said)).
		Advise("Check the setting identity (now %s) and the secret shared_secret of this Connection (an import may have its own), or whether our outgoing address is allowed.", i.opts.identity)
}

// judgeReply judges an answer with a StatusCode; nil means done.
func (i *Instance) judgeReply(m importer, status int, r reply) *connector.Error {
	text := r.texts()
	done := strings.HasPrefix(r.code, "2") && len(r.code) == 3
	created := len(r.refs) > 0 && (r.refs[0].id != "" || r.refs[0].result == "success")
	switch {
	case created && (!done || r.refs[0].failed || status >= 400):
		return doubt("JAGGAER says both that it was created (%s) and that it failed (code %s)%s", r.refs[0].id, r.code, words(text))
	case parseFailed.MatchString(r.text) || r.anyParseError():
		return connector.Errorf(connector.Invalid, "", "the document is not valid for this customer's JAGGAER version: %s", text).
			Advise("This is ours to mend (JAGGAER checks against its DTD): report it with the raw exchange.")
	case unknownField.MatchString(text) && !done:
		return refusal("", text)
	case r.code == "401" || r.code == "403" || !done && whoWeAre.MatchString(text) && len(r.refs) == 0 && !r.objects:
		return i.identityRefused(text)
	case done && status < 300 && len(r.errors) == 0 && (status == http.StatusAccepted || r.code == "202") && m != requisitionImport && m != supplierImport:
		return doubt("JAGGAER accepted it for later (code %s)", r.code) // a supplier's number, or a requisition's id, tells more
	case done && status < 300:
		return r.judgeDone(m)
	case r.code == "400":
		return connector.Errorf(connector.Invalid, "", "JAGGAER refused the document as malformed%s", words(text)).
			Advise("This is ours to mend, or xml.paths.%s of the profile leads to another import: report it with the raw exchange.", m.name)
	case r.aboutObject():
		return refusal("", text)
	case status >= 500 || status >= 300 && status < 400:
		return doubt("JAGGAER failed after it had the document (HTTP %d, code %s)%s", status, r.code, words(text))
	case len(r.errors) > 0 || r.completed() == 0 || r.code == "406":
		return refusal("", text)
	}
	return doubt("JAGGAER answered with code %s%s", r.code, words(text))
}

// judgeDone judges an answer whose code is good; nil means done.
func (r reply) judgeDone(m importer) *connector.Error {
	text := r.texts()
	switch {
	case r.aboutObject() && m == supplierImport:
		e := refusal("", text)
		e.Message = "JAGGAER stored the supplier but refused parts of it: " + text
		return e
	case len(r.errors) > 0:
		return refusal("", text)
	case r.completed() == 0:
		return doubt("JAGGAER says that it is done and that nothing was: %s", r.text)
	case m == requisitionImport && len(r.refs) > 0 && r.refs[0].result != "" && r.refs[0].result != "success":
		return doubt("JAGGAER gives the result %q%s", r.refs[0].result, words(r.text))
	case m == requisitionImport && (len(r.refs) == 0 || r.refs[0].id == ""):
		return doubt("JAGGAER accepted it (code %s) without saying under which id", r.code)
	}
	return nil
}

func (r reply) anyParseError() bool {
	for _, c := range r.errors {
		if parseError.MatchString(c.text) {
			return true
		}
	}
	return false
}

// aboutObject says that JAGGAER read the object and refused it or a part of it.
func (r reply) aboutObject() bool {
	for _, c := range r.errors {
		if c.of {
			return true
		}
	}
	return false
}

// texts are the complaints, each once; without any, the status text.
func (r reply) texts() string {
	var out []string
	seen := map[string]bool{}
	for _, c := range r.errors {
		if s := c.String(); !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return r.text
	}
	return strings.Join(out, "; ")
}

// completed is the count of the status text, -1 when it has none.
func (r reply) completed() int {
	m := counts.FindStringSubmatch(r.text)
	switch {
	case m == nil || m[1] == "0":
		return -1
	case strings.Trim(m[2], "0") == "":
		return 0
	}
	return 1
}
