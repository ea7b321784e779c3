package wire

import (
	"bytes"
	"slices"
)

// secretNames are members, elements and parameters whose value is never kept: what lets somebody in, and the bank and tax
// numbers of QUALITY.md I23. Compared without case, prefix, '_' and '-'.
var secretNames = map[string]bool{
	"accesstoken": true, "refreshtoken": true, "idtoken": true, "token": true, "pstoken": true, "assertion": true, "clientassertion": true,
	"clientsecret": true, "sharedsecret": true, "secret": true, "password": true, "passwd": true, "pwd": true,
	"apikey": true, "privatekey": true, "authorization": true,

	"taxidentificationnumber": true, "vatidentificationnumber": true, "taxid": true,
	"bankaccountnumber": true, "ibanbankaccountnumber": true, "iban": true, "routingnumber": true, "internationalroutingcode": true,
	"bankidentifiercode": true, "accountid": true,
}

// secretHeaders are words in the name of a header that make its value secret.
var secretHeaders = [][]byte{[]byte("authorization"), []byte("cookie"), []byte("password"), []byte("token"), []byte("secret"), []byte("apikey")}

// secretName tells whether the value under a member's, element's or parameter's name is secret.
func secretName(name []byte) bool {
	if at := bytes.LastIndexByte(name, ':'); at >= 0 {
		name = name[at+1:]
	}
	var plain [longestName]byte
	n := 0
	for _, c := range name {
		switch {
		case c == '_' || c == '-':
			continue
		case n == len(plain):
			return false
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		plain[n] = c
		n++
	}
	return secretNames[string(plain[:n])]
}

// longestName is longer than every name of secretNames.
const longestName = 32

// secretHeader tells whether a header's value is secret.
func secretHeader(name string) bool {
	var few [64]byte
	plain := few[:0]
	for i := range len(name) {
		switch c := name[i]; {
		case c == '_' || c == '-':
		case 'A' <= c && c <= 'Z':
			plain = append(plain, c+'a'-'A')
		default:
			plain = append(plain, c)
		}
	}
	return slices.ContainsFunc(secretHeaders, func(word []byte) bool { return bytes.Contains(plain, word) })
}

// maskNamed masks the values of secret names in JSON, XML and forms, and leaves every other byte as it is. It does not
// need a whole or well-formed document.
func maskNamed(b []byte) []byte {
	first := bytes.TrimLeft(b, " \t\r\n\ufeff")
	if len(first) == 0 {
		return b
	}
	if !bytes.ContainsAny(first[:1], `{["<`) {
		b = maskForm(b)
	}
	return maskXML(maskJSON(b))
}

// cuts collects spans to be replaced, in order.
type cuts struct {
	of   []byte
	out  []byte
	done int
}

func (c *cuts) mask(from, to int) {
	if from >= to || from < c.done {
		return
	}
	c.out = append(append(c.out, c.of[c.done:from]...), stars...)
	c.done = to
}

func (c *cuts) bytes() []byte {
	if c.done == 0 {
		return c.of
	}
	return append(c.out, c.of[c.done:]...)
}

func maskJSON(b []byte) []byte {
	c := cuts{of: b}
	for at := 0; ; {
		open := bytes.IndexByte(b[at:], '"')
		if open < 0 {
			return c.bytes()
		}
		from := at + open + 1
		to := stringEnd(b, from)
		at = min(to+1, len(b))
		value := skipSpace(b, at)
		if value >= len(b) || b[value] != ':' {
			continue
		}
		value = skipSpace(b, value+1)
		if value >= len(b) || !secretName(b[from:to]) {
			continue
		}
		switch b[value] {
		case '"':
			end := stringEnd(b, value+1)
			c.mask(value+1, end)
			at = min(end+1, len(b))
		case '{', '[': // what is inside has names of its own
		default:
			end := value
			for end < len(b) && !endsValue(b[end]) {
				end++
			}
			if string(b[value:end]) != "null" {
				c.mask(value, end)
			}
			at = end
		}
	}
}

// endsValue says whether a byte ends a JSON value that has no quotes, endsName whether it ends an element's name.
func endsValue(c byte) bool {
	return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\t' || c == '\r' || c == '\n'
}

func endsName(c byte) bool {
	return c == '>' || c == ' ' || c == '/' || c == '<' || c == '\t' || c == '\r' || c == '\n'
}

// stringEnd is the index of the quote that ends a JSON string, or the length.
func stringEnd(b []byte, from int) int {
	for at := from; ; {
		quote := bytes.IndexByte(b[at:], '"')
		if quote < 0 {
			return len(b)
		}
		quote += at
		slashes := 0
		for quote-slashes > from && b[quote-slashes-1] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return quote
		}
		at = quote + 1
	}
}

func skipSpace(b []byte, from int) int {
	for from < len(b) && (b[from] == ' ' || b[from] == '\t' || b[from] == '\r' || b[from] == '\n') {
		from++
	}
	return from
}

func maskXML(b []byte) []byte {
	c := cuts{of: b}
	for at := 0; ; {
		open := bytes.IndexByte(b[at:], '<')
		if open < 0 {
			return c.bytes()
		}
		name := at + open + 1
		end := name
		for end < len(b) && !endsName(b[end]) {
			end++
		}
		at = end
		if name == end || !secretName(b[name:end]) {
			continue
		}
		closing := bytes.IndexByte(b[end:], '>')
		if closing < 0 {
			return c.bytes()
		}
		from := end + closing + 1
		if b[from-2] == '/' {
			continue
		}
		to := from + elementText(b[from:])
		c.mask(from, to)
		at = to
	}
}

// elementText is the length of the text up to the next tag; CDATA is text.
func elementText(b []byte) int {
	at := 0
	for at < len(b) {
		next := bytes.IndexByte(b[at:], '<')
		if next < 0 {
			return len(b)
		}
		at += next
		if !bytes.HasPrefix(b[at:], []byte("<![CDATA[")) {
			return at
		}
		end := bytes.Index(b[at:], []byte("]]>"))
		if end < 0 {
			return len(b)
		}
		at += end + len("]]>")
	}
	return len(b)
}

func maskForm(b []byte) []byte {
	c := cuts{of: b}
	for at := 0; at < len(b); {
		end := len(b)
		if i := bytes.IndexByte(b[at:], '&'); i >= 0 {
			end = at + i
		}
		if eq := bytes.IndexByte(b[at:end], '='); eq > 0 && secretName(b[at:at+eq]) {
			c.mask(at+eq+1, end)
		}
		at = end + 1
	}
	return c.bytes()
}
