package peoplesoft

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// windows1252 are the characters of bytes 0x80 to 0x9f; above them the bytes are those of ISO 8859-1.
var windows1252 = [32]rune{
	'€', 0xfffd, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0xfffd, 'Ž', 0xfffd,
	0xfffd, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0xfffd, 'ž', 'Ÿ',
}

// bom is the byte order mark that UTF-8 needs not and may have.
var bom = []byte("\xef\xbb\xbf")

// toUTF8 gives an answer's body as UTF-8: as it is when it is that already, else read in the site's fallback encoding
// (PEOPLESOFT.md §3.2).
func toUTF8(body []byte, fallback string) []byte {
	body = bytes.TrimPrefix(body, bom)
	if utf8.Valid(body) {
		return body
	}
	out := make([]byte, 0, len(body)+len(body)/8)
	for _, b := range body {
		r := rune(b)
		if b >= 0x80 && b < 0xa0 && fallback != "iso-8859-1" {
			r = windows1252[b-0x80]
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// repairJSON makes JSON of what PeopleSoft sends as such: raw line breaks and tabs inside a string are escaped, other
// control characters are dropped wherever they are, and a backslash that escapes nothing stands for itself (PEOPLESOFT.md §3.2).
func repairJSON(body []byte) []byte {
	if !needsRepair(body) {
		return body
	}
	out := make([]byte, 0, len(body)+64)
	inside := false
	for i := 0; i < len(body); i++ {
		b := body[i]
		switch {
		case !inside && b < 0x20 && b != '\n' && b != '\r' && b != '\t':
		case !inside:
			inside = b == '"'
			out = append(out, b)
		case b == '"':
			inside = false
			out = append(out, b)
		case b == '\\':
			if i+1 < len(body) && strings.IndexByte(`"\/bfnrtu`, body[i+1]) >= 0 {
				out = append(out, b, body[i+1])
				i++
				continue
			}
			out = append(out, '\\', '\\')
		case b < 0x20:
			out = append(out, escapeControl(b)...)
		default:
			out = append(out, b)
		}
	}
	return out
}

func escapeControl(b byte) string {
	switch b {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	return ""
}

// needsRepair is false for almost every answer: no control character at all, and no odd backslash.
func needsRepair(body []byte) bool {
	for i, b := range body {
		if b < 0x20 {
			return true
		}
		if b == '\\' && (i+1 == len(body) || strings.IndexByte(`"\/bfnrtu`, body[i+1]) < 0) && (i == 0 || body[i-1] != '\\') {
			return true
		}
	}
	return false
}

// oneLine makes one line of a text: control characters and line breaks become one space each run, and the right end is
// trimmed, because a blank column holds one space (PEOPLESOFT.md §7.1, FLOWS.md "Reading by key").
func oneLine(t string) string {
	if strings.IndexFunc(t, isControl) < 0 {
		return strings.TrimRight(t, " ")
	}
	var b strings.Builder
	space := false
	for _, r := range t {
		if isControl(r) {
			space = true
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ")
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 }
