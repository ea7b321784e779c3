package alert

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// secretSegment is how many characters a part of an address has at least that is masked by itself: shorter ones are words of any answer.
const secretSegment = 8

// chatCode is what chats answer by: one word such as ok, invalid_token, no_service.
var chatCode = regexp.MustCompile(`^[A-Za-z_]{1,40}$`)

// said is what of a server's body may be told. A chat's address is its secret, and servers quote addresses ("Cannot POST /…"): of a chat
// nothing but one known kind of word is.
func (c Channel) said(body string) string {
	if c.Kind != Slack {
		return body
	}
	if body = strings.TrimSpace(body); chatCode.MatchString(body) && c.masked(body) == body {
		return body
	}
	return ""
}

// masked is a text without our secret: neither whole, nor as a part of an address, nor in the ways in which servers write back what they got.
func (c Channel) masked(text string) string {
	var parts []string
	for _, s := range c.secretParts() {
		for _, as := range written(s) {
			if as != "" && !slices.Contains(parts, as) {
				parts = append(parts, as)
			}
		}
	}
	slices.SortFunc(parts, func(x, y string) int { return cmp.Compare(len(y), len(x)) }) // what holds another one comes first
	var readable []string
	for _, part := range parts {
		if !utf8.ValidString(part) { // no pattern can have it: bytes of a key
			text = strings.ReplaceAll(text, part, "***")
			continue
		}
		readable = append(readable, regexp.QuoteMeta(part))
	}
	if len(readable) == 0 {
		return text
	}
	return regexp.MustCompile("(?i)"+strings.Join(readable, "|")).ReplaceAllLiteralString(text, "***")
}

// secretParts are the secret and what of it tells as much.
func (c Channel) secretParts() []string {
	if c.Secret == "" {
		return nil
	}
	out := []string{c.Secret}
	switch c.Kind {
	case Email:
		out = append(out, "\x00"+c.Settings["username"]+"\x00"+c.Secret) // PLAIN (RFC 4616)
	case Webhook:
		if key, ok := signing(c.Secret); ok {
			out = append(out, strings.TrimPrefix(c.Secret, "whsec_"), string(key))
		}
	}
	u, err := url.Parse(c.Secret)
	if err != nil || u.Host == "" {
		return out
	}
	if len(u.Path) > 1 {
		out = append(out, u.RequestURI(), u.EscapedPath(), u.Path)
	}
	for _, s := range append(strings.Split(u.EscapedPath(), "/"), strings.Split(u.Path, "/")...) {
		if len(s) >= secretSegment {
			out = append(out, s)
		}
	}
	if u.RawQuery != "" {
		out = append(out, u.RawQuery)
	}
	for name, values := range u.Query() {
		for _, s := range append(values, name) {
			if len(s) >= secretSegment {
				out = append(out, s)
			}
		}
	}
	return out
}

// written are the ways in which a server may write a text back.
func written(s string) []string {
	out := []string{s, url.PathEscape(s), url.QueryEscape(s)}
	if decoded, err := url.PathUnescape(s); err == nil {
		out = append(out, decoded)
	}
	for _, code := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		out = append(out, code.EncodeToString([]byte(s)))
	}
	return out
}
