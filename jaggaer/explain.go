package jaggaer

import (
	"regexp"
	"strings"

	connector "ml-connector"
)

// ofCode finds one of JAGGAER's own messages within a line: a number, then names of fields in parentheses.
var ofCode = regexp.MustCompile(`(?:^|[^\w(])(-?\d+\([A-Za-z_][\w.]*(?:,\s*[A-Za-z_][\w.]*)*\))`)

// ofReturn finds the message of an answer that is only a part of the text, as a log has it.
var ofReturn = regexp.MustCompile(`"returnMessage"\s*:\s*"((?:[^"\\]|\\.)*)"`)

// Explain says what a JAGGAER error means: an answer of the router, of the REST API or of the log-in service, or one of
// their sentences (JAGGAER.md §6).
func (system) Explain(text string) *connector.Error {
	text = strings.TrimSpace(text)
	i := &Instance{opts: options{url: "of this Connection", tokenURL: "of this Connection", xmlURL: "of this Connection", identity: "of this Connection", clientID: "of this Connection"}}
	if r, err := readReply([]byte(text)); err == nil {
		return i.judgeReply(importer{name: "document"}, 200, r)
	}
	if body, err := decodeObject([]byte(text)); err == nil {
		if reason := plainText(body["error"]); reason != "" {
			if e := i.tokenFault(&connector.Response{Status: 400}, reason, plainText(body["error_description"])); e.Code == connector.Credentials {
				return e
			}
		}
		if r := readReturned(body); r.failed() {
			return refusal("", r.message)
		}
		return nil
	}
	if m := ofReturn.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	if m := ofCode.FindStringSubmatch(text); m != nil {
		return refusal("", m[1])
	}
	switch {
	case parseFailed.MatchString(text) || parseError.MatchString(text):
		return i.judgeReply(importer{name: "document"}, 200, reply{code: "500", text: text, errors: []complaint{{text: text}}})
	case unknownField.MatchString(text), supplierBad.MatchString(text), userBad.MatchString(text):
		return refusal("", text)
	case strings.Contains(text, "invalid_client"), strings.Contains(text, "unauthorized_client"):
		return i.tokenFault(&connector.Response{Status: 401}, "invalid_client", text)
	}
	return nil
}
