package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// stars stand where a secret was; all of it, not all but four.
const stars = "***"

// shortest is the length from which a value is masked wherever it occurs. Anything shorter would tear holes into every
// body; it is still masked under its name.
const shortest = 4

// mask knows secret values in every spelling in which they may occur.
type mask struct {
	values []spelled // longest first

	mu   sync.Mutex
	made map[string]*mask // with the secrets of requests, which are the same for a long time
}

// spelled is one spelling of a secret value.
type spelled struct {
	text  string
	bytes []byte
}

// mostMade bounds the masks that are kept for requests to come.
const mostMade = 16

func newMask(secrets []string) *mask {
	m := &mask{}
	m.add(secrets)
	return m
}

// with is the mask and the secrets of one request: those that it names, and what its Authorization header carries.
func (m *mask) with(secrets []string, header map[string]string) *mask {
	for name, value := range header {
		if strings.EqualFold(name, "Authorization") {
			secrets = append(slices.Clip(secrets), credentials(value)...)
		}
	}
	if len(secrets) == 0 {
		return m
	}
	key := strings.Join(secrets, "\x00")
	m.mu.Lock()
	defer m.mu.Unlock()
	if both := m.made[key]; both != nil {
		return both
	}
	both := &mask{values: slices.Clone(m.values)}
	both.add(secrets)
	if m.made == nil || len(m.made) >= mostMade {
		m.made = map[string]*mask{}
	}
	m.made[key] = both
	return both
}

// credentials are the secret parts of an Authorization header: a token, or user:password as it is encoded.
func credentials(header string) []string {
	_, value, ok := strings.Cut(header, " ")
	if !ok {
		value = header
	}
	return []string{value}
}

func (m *mask) add(secrets []string) {
	for _, s := range secrets {
		for _, spelling := range spellings(s) {
			if len(spelling) >= shortest && !slices.ContainsFunc(m.values, func(v spelled) bool { return v.text == spelling }) {
				m.values = append(m.values, spelled{spelling, []byte(spelling)})
			}
		}
	}
	slices.SortStableFunc(m.values, func(a, b spelled) int { return len(b.text) - len(a.text) })
}

// spellings are a value as it stands, and as URLs, forms, JSON, XML and base64 write it.
func spellings(s string) []string {
	if len(s) < shortest {
		return nil
	}
	var xmlText bytes.Buffer
	_ = xml.EscapeText(&xmlText, []byte(s)) // a Buffer takes everything
	var jsonText bytes.Buffer
	plainJSON := json.NewEncoder(&jsonText)
	plainJSON.SetEscapeHTML(false)
	_ = plainJSON.Encode(s)
	htmlJSON, _ := json.Marshal(s)
	return []string{
		s, url.QueryEscape(s), url.PathEscape(s),
		strings.Trim(strings.TrimSpace(jsonText.String()), `"`), strings.Trim(string(htmlJSON), `"`),
		xmlText.String(), strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s),
		base64.StdEncoding.EncodeToString([]byte(s)),
	}
}

// bytes returns b itself when nothing in it is secret, else a masked copy.
func (m *mask) bytes(b []byte) []byte {
	for _, v := range m.values {
		if bytes.Contains(b, v.bytes) {
			b = bytes.ReplaceAll(b, v.bytes, []byte(stars))
		}
	}
	return maskNamed(b)
}

func (m *mask) text(s string) string {
	for _, v := range m.values {
		s = strings.ReplaceAll(s, v.text, stars)
	}
	return s
}

// url masks a URL: user information, and the values of secret parameters.
func (m *mask) url(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return m.text(raw)
	}
	if u.User != nil {
		u.User = url.User(stars)
	}
	if u.RawQuery != "" {
		u.RawQuery = string(maskForm([]byte(u.RawQuery)))
	}
	return m.text(u.String())
}
