package peoplesoft

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
)

// ruleTable is read only.
var ruleTable = rules()

// failure is an answer that is an error. It is a connector.Error to everybody outside; inside, the row that decided tells
// what the message was.
type failure struct {
	err    *connector.Error
	row    int // of PEOPLESOFT.md §5.4; 0 = none decided, or the site's own
	own    bool
	tuples []tuple
	answer *answer
}

func (f *failure) Error() string { return f.err.Error() }

// Unwrap gives the Error that leaves this room.
func (f *failure) Unwrap() error { return f.err }

func (f *failure) has(set int) bool {
	return slices.ContainsFunc(f.tuples, func(t tuple) bool { return t.set == set })
}

// Ranks of a rule that matches: the site's own, an exact tuple, a phrase, a tuple with any number, and last the two that
// only say that something went wrong before (PEOPLESOFT.md §5.4 "Precedence").
const (
	rankWeak = iota
	rankSet
	rankPhrase
	rankExact
	rankOwn
)

func (r rule) rank() int {
	switch {
	case r.row == 0:
		return rankOwn
	case tuple{r.set, r.number}.consequence():
		return rankWeak
	case r.number != anyNumber:
		return rankExact
	case r.pattern != nil:
		return rankPhrase
	}
	return rankSet
}

// consequence says that a tuple only reports that something went wrong before.
func (t tuple) consequence() bool { return t.set == setCI && (t.number == 34 || t.number == 37) }

// matches says whether a rule speaks of a notice.
func (r rule) matches(n notice) bool {
	if r.pattern != nil && !r.pattern.MatchString(n.text) {
		return false
	}
	if r.set == anyNumber {
		return r.pattern != nil
	}
	return slices.ContainsFunc(n.tuples, func(t tuple) bool {
		if t.set != r.set && (r.set != customSets || t.set < customSets) {
			return false
		}
		return t.number == r.number || r.number == anyNumber && !t.consequence()
	})
}

func (r rule) code(write bool) connector.Code {
	switch {
	case write:
		return r.onWrite
	case r.onRead != "":
		return r.onRead
	}
	return readCode(r.onWrite)
}

// precedence among rules of equal rank.
var precedence = []connector.Code{connector.Credentials, connector.Forbidden, connector.Conflict, connector.Rejected, connector.NotFound, connector.Invalid,
	connector.Misconfigured, connector.Throttled, connector.Unavailable, connector.Ambiguous}

// judge picks the rule that decides over a list of notices, nil when none speaks of them.
func judge(extra []rule, notices []notice, write bool) *rule {
	var best *rule
	better := func(r *rule) bool {
		if best == nil || r.rank() != best.rank() {
			return best == nil || r.rank() > best.rank()
		}
		return slices.Index(precedence, r.code(write)) < slices.Index(precedence, best.code(write))
	}
	for _, table := range [][]rule{extra, ruleTable} {
		for i := range table {
			r := &table[i]
			if !slices.ContainsFunc(notices, r.matches) {
				continue
			}
			if write && r.row == rowTimeout {
				return r
			}
			if better(r) {
				best = r
			}
		}
	}
	return best
}

// fail makes the error of an answer that is not the one that was wanted.
func (i *Instance) fail(op string, a *answer, write bool) *failure {
	notices := a.errors()
	f := &failure{answer: a, err: &connector.Error{Op: op, Exchange: a.exchange}}
	for _, n := range notices {
		f.tuples = append(f.tuples, n.tuples...)
	}
	words := said(notices)
	if r := judge(i.profile.extra, notices, write); r != nil {
		f.row, f.own = r.row, r.row == 0
		f.err.Code, f.err.Hint = r.code(write), r.hint
		f.err.Message = sentence(r.meaning, words)
	} else {
		f.err.Code, f.err.Message, f.err.Hint = a.byShape(write, words)
		if token := tokenRefused[i.config.auth]; a.status == http.StatusUnauthorized && f.err.Code == connector.Credentials && token != "" {
			f.err.Message, f.err.Hint = sentence("PeopleSoft refused the token (HTTP 401)", words), token
		}
	}
	if f.err.Code == connector.Throttled || f.err.Code == connector.Unavailable {
		f.err.Wait = a.wait
	}
	return f
}

// tokenRefused says what to do about a 401 where no password is what signs on.
var tokenRefused = map[string]string{
	authOAuth2: "A PeopleSoft security administrator can tell whether it trusts this identity provider and this scope, and has a user for this client. Services by SOAP sign on with username and password: check these too, where they are given.",
	authToken:  "The token has ended or is of a node that is not trusted: give the secret `ps_token` a new one.",
}

// sentence joins what it means and PeopleSoft's own words.
func sentence(meaning, words string) string {
	if words == "" {
		return meaning
	}
	return fmt.Sprintf("%s: %s", meaning, words)
}

// said is what PeopleSoft said, each message with its tuple, the mere consequences left out where a cause is named.
func said(notices []notice) string {
	var causes, all []string
	for _, n := range notices {
		t := n.text
		for _, x := range n.tuples {
			if !slices.Contains(tuplesIn(t), x) {
				t = strings.TrimSpace(fmt.Sprintf("%s (%d,%d)", t, x.set, x.number))
			}
		}
		if t == "" || slices.Contains(all, t) {
			continue
		}
		all = append(all, t)
		if !slices.ContainsFunc(n.tuples, tuple.consequence) {
			causes = append(causes, t)
		}
	}
	if len(causes) == 0 {
		causes = all
	}
	return clip(strings.Join(causes, "; "), 1000)
}

// byShape judges an answer that no rule speaks of: by its messages, its status, its form.
func (a *answer) byShape(write bool, words string) (code connector.Code, message, hint string) {
	if (a.broker == "error" || len(a.tree.all("messages"))+len(a.tree.all("Error-Warning")) > 0) && words != "" {
		if a.code == "10" {
			return connector.Unavailable, sentence("PeopleSoft could not be reached behind the gateway", words), "It is tried again."
		}
		if write {
			return connector.Rejected, sentence("PeopleSoft refused it", words), "The text is PeopleSoft's own; its team knows the check behind it."
		}
	}
	switch {
	case a.status >= 300 && a.status < 400:
		return connector.Misconfigured, fmt.Sprintf("answered with a redirect (HTTP %d) instead of data, as a sign-on page does", a.status),
			"Wrong host, port or base_path, or single sign-on stands in front of /PSIGW: ask for an address without it."
	case a.status < 300:
		return a.odd(write, words)
	}
	return a.byStatus(write, words)
}

// odd judges a 200 that is not the document that was wanted.
func (a *answer) odd(write bool, words string) (code connector.Code, message, hint string) {
	code = connector.Unavailable
	switch {
	case a.page:
		code, message = connector.Misconfigured, "answered with a web page instead of data"
		hint = "A sign-on page or another program answers there: check host, port and base_path, and that no single sign-on stands in front of /PSIGW."
	case a.tree != nil && words != "":
		code, message, hint = connector.Misconfigured, "PeopleSoft reports an error", "Give this text to the PeopleSoft administrator."
	case a.empty:
		message, hint = "answered with nothing", "Ask the PeopleSoft administrator for the entry in the IB Service Operations Monitor."
	default:
		message, hint = "answered with something that is not the expected document", "The Exchange shows it raw. It may have been cut on the way."
	}
	if write {
		code = connector.Ambiguous
	}
	return code, sentence(message, words), hint
}

// byStatus is PEOPLESOFT.md §5.4 "HTTP without a recognised body".
func (a *answer) byStatus(write bool, words string) (code connector.Code, message, hint string) {
	message = sentence(fmt.Sprintf("answered HTTP %d", a.status), words)
	lost := connector.Unavailable
	if write {
		lost = connector.Ambiguous
	}
	switch a.status {
	case http.StatusUnauthorized:
		return connector.Credentials, sentence("PeopleSoft refused user and password (HTTP 401)", words), "Check user and password; the account may now be locked. A PeopleSoft security administrator can tell."
	case http.StatusForbidden:
		return connector.Forbidden, sentence("PeopleSoft, or a proxy before it, forbids this (HTTP 403)", words), "Ask the PeopleSoft security administrator for access to the service operation, and the network team for this address."
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return connector.Misconfigured, message, "There is nothing at this address: check host, port and base_path, and the paths of the profile (the Exchange shows which was called)."
	case http.StatusTooManyRequests:
		return connector.Throttled, message, "A proxy limits the calls; `concurrency` may be set lower."
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		if write {
			return connector.Invalid, message, "The request as it was sent is in the Exchange."
		}
		return connector.Misconfigured, message, "Check the profile: names of queries and prompts, and the page size."
	}
	if a.status >= 500 && words == "" {
		return lost, fmt.Sprintf("answered HTTP %d without a text, as PeopleSoft does when its service system status is Production", a.status),
			"Ask the PeopleSoft administrator for the entry in the IB Service Operations Monitor."
	}
	return lost, message, "It is tried again once it is known that nothing was done. If it lasts, the PeopleSoft administrator looks at the gateway and the application server."
}

// retryAfter reads the header Retry-After, in seconds or as a date measured against the answer's own clock.
func retryAfter(h map[string]string) time.Duration {
	t := h["Retry-After"]
	if n, err := strconv.Atoi(strings.TrimSpace(t)); err == nil && n > 0 {
		return time.Duration(min(n, 3600)) * time.Second
	}
	at, err1 := http.ParseTime(t)
	now, err2 := http.ParseTime(h["Date"])
	if err1 == nil && err2 == nil && at.After(now) {
		return min(at.Sub(now), time.Hour)
	}
	return 0
}

// extraRule is one of the site's own rows, `errors.extra`; its class holds for reads as it stands.
func extraRule(set, number int, pattern, class, hint string) (rule, error) {
	r := rule{set: set, number: number, onWrite: connector.Code(class), onRead: connector.Code(class), meaning: "PeopleSoft reports an error", hint: hint}
	if pattern != "" {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return rule{}, fmt.Errorf("pattern %q: %w", pattern, err)
		}
		r.pattern = re
	}
	return r, nil
}
