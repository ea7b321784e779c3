package peoplesoft

import (
	"bytes"
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
)

// tuple is a PeopleSoft message: message set and number.
type tuple struct{ set, number int }

// notice is one message of an answer, in PeopleSoft's own words.
type notice struct {
	text    string
	tuples  []tuple
	warning bool // of type Warning or Message: no failure
	plain   bool // free text of a web server, not PeopleSoft's
}

// answer is what an HTTP answer says, whatever its shape: IBResponse, SOAP fault, messages of a Component Interface in XML
// or JSON, an error of the Query Access Service, a web page, plain text, nothing (PEOPLESOFT.md §1.3, §3.5, §5).
type answer struct {
	status   int
	tree     *element // of XML and JSON, else nil
	page     bool     // it is a web page
	empty    bool
	notices  []notice
	broker   string // type of an IBResponse: success or error
	code     string // its StatusCode
	exchange string
	wait     time.Duration // as told by Retry-After
}

var (
	tuplePattern = regexp.MustCompile(`\(\s*(\d{1,5})\s*,\s*(\d{1,5})\s*\)`)
	tagPattern   = regexp.MustCompile(`(?s)<(script|style)\b.*?</(script|style)\s*>|<[^>]*>`)
	pagePattern  = regexp.MustCompile(`(?is)^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!doctype\s+html|<html|<head|<body)`)
)

// readAnswer takes an answer apart. It never fails: what it does not recognise is a text.
func readAnswer(r *connector.Response, fallback string) *answer {
	body := bytes.TrimSpace(toUTF8(r.Body, fallback))
	a := &answer{status: r.Status, exchange: r.Exchange, wait: retryAfter(r.Header), empty: len(body) == 0}
	if a.empty {
		return a
	}
	tree, err := parseTree(body)
	if pagePattern.Match(body[:min(len(body), 400)]) || body[0] == '<' && strings.Contains(r.Header["Content-Type"], "text/html") && !brokerDocument(tree) {
		a.page = true
		a.plain(pageText(body))
		return a
	}
	if err != nil {
		a.plain(string(body[:min(len(body), 2000)]))
		return a
	}
	a.tree = tree
	a.collect(&element{kids: []*element{tree}})
	return a
}

// brokerDocument says whether a tree is what the Integration Broker answers in: some gateways send that as text/html too.
func brokerDocument(tree *element) bool {
	return tree != nil && (strings.EqualFold(tree.name, "IBResponse") || strings.EqualFold(tree.name, "Envelope"))
}

func (a *answer) plain(t string) {
	a.notices = append(a.notices, notice{text: clip(squeeze(t), 300), tuples: tuplesIn(t), plain: true})
}

// pageText is the text of a web page.
func pageText(body []byte) string {
	body = body[:min(len(body), 20000)]
	return html.UnescapeString(string(tagPattern.ReplaceAll(body, []byte(" "))))
}

// collect gathers every message of the tree.
func (a *answer) collect(root *element) {
	for _, ib := range root.all("IBResponse") {
		a.broker, a.code = strings.ToLower(ib.attrs["type"]), ib.kid("StatusCode").value()
		if t := ib.kid("DefaultMessage").value(); t != "" || ib.kid("MessageID").value() != "" {
			a.notices = append(a.notices, brokerNotice(t, ib.kid("MessageID").value()))
		}
	}
	for _, m := range append(root.all("messages"), root.all("Message")...) {
		if len(m.kids) > 0 {
			a.ciNotice(m)
		}
	}
	if len(a.notices) > 0 {
		return
	}
	for _, name := range []string{"message", "ERRMSGTEXT", "error", "error_description", "faultstring"} {
		for _, e := range root.all(name) {
			if t := e.value(); len(e.kids) == 0 && t != "" && t != "null" {
				a.notices = append(a.notices, notice{text: clip(squeeze(t), 500), tuples: tuplesIn(t)})
			}
		}
	}
}

// brokerNotice is the message of an IBResponse. MessageID is only the number; the set stands in the trailing tuple. Where
// that is missing, and no phrase says more, the set is the one that the number is known in (PEOPLESOFT.md §4.3, §5.1).
func brokerNotice(t, id string) notice {
	n := notice{text: clip(squeeze(t), 500), tuples: tuplesIn(t)}
	number, err := strconv.Atoi(id)
	if err != nil || number <= 0 || len(n.tuples) > 0 || judge(nil, []notice{n}, true) != nil {
		return n
	}
	set := setBroker
	if number == 5 {
		set = setStructure
	}
	n.tuples = []tuple{{set, number}}
	return n
}

// ciNotice reads one message of a Component Interface, in the newer or the older spelling; each part may be missing.
func (a *answer) ciNotice(m *element) {
	part := func(name string) string { return m.kid(name).value() }
	n := notice{text: clip(squeeze(part("messagetext")), 500)}
	if n.text == "" {
		n.text = clip(squeeze(part("explaintext")), 500)
	}
	switch strings.ToLower(part("type")) {
	case "warning", "message", "info", "information":
		n.warning = true
	}
	n.tuples = tuplesIn(part("messagetext") + " " + part("explaintext"))
	set, err1 := strconv.Atoi(part("messagesetnumber"))
	number, err2 := strconv.Atoi(part("messagenumber"))
	if err1 == nil && err2 == nil {
		n.tuples = addTuple(n.tuples, tuple{set, number})
	}
	if n.text != "" || len(n.tuples) > 0 {
		a.notices = append(a.notices, n)
	}
}

// errors are the messages that are no mere warnings.
func (a *answer) errors() []notice {
	var out []notice
	for _, n := range a.notices {
		if !n.warning {
			out = append(out, n)
		}
	}
	return out
}

// warnings are those that may accompany success, in PeopleSoft's words.
func (a *answer) warnings() []string {
	var out []string
	for _, n := range a.notices {
		if n.warning && n.text != "" {
			out = append(out, n.text)
		}
	}
	return out
}

func tuplesIn(t string) []tuple {
	var out []tuple
	for _, m := range tuplePattern.FindAllStringSubmatch(t, 50) {
		set, _ := strconv.Atoi(m[1])
		number, _ := strconv.Atoi(m[2])
		out = addTuple(out, tuple{set, number})
	}
	return out
}

func addTuple(list []tuple, t tuple) []tuple {
	for _, x := range list {
		if x == t {
			return list
		}
	}
	return append(list, t)
}

// squeeze makes one line of a text, with single spaces.
func squeeze(t string) string {
	return strings.Join(strings.FieldsFunc(t, func(r rune) bool { return r == ' ' || isControl(r) || r == 0xa0 }), " ")
}

func clip(t string, most int) string {
	r := []rune(t)
	if len(r) <= most {
		return t
	}
	return string(r[:most]) + "…"
}
