package peoplesoftsim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// result is what a query found, ready to be written in one of the three forms.
type result struct {
	name    string
	columns []column // projected
	names   []string // unique field names as the site has them
	lines   []line
}

// written is a value as it leaves: a date-time in the site's layout, other values as stored.
func (s *Server) written(k kind, v string) string {
	if k != stamp || v == "" {
		return v
	}
	t, err := time.ParseInLocation(storedStamp, v, s.zone)
	if err != nil {
		return v
	}
	return t.Format(s.options.Site.DateTimeLayout)
}

func isNumber(k kind) bool { return k == number || k == signed }

// asJSON is PEOPLESOFT.md §3.2, with "queryname=" as real sites spell it.
func (s *Server) asJSON(q *request, r result) *answer {
	var b strings.Builder
	name := "queryname="
	if q.shape["queryname"] != nil {
		name = "queryname"
	}
	count := len(r.lines)
	if q.shape["numrows"] != nil {
		count++
	}
	fmt.Fprintf(&b, `{"status":"success","data":{"query":{"numrows":%d,%s:%s`, count, quote(name), quote(r.name))
	if count > 0 || q.shape["no_rows"] == nil {
		b.WriteString(`,"rows":[`)
		for i, l := range r.lines {
			if i > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, "\n {%s:%d", quote("attr:rownumber"), i+1)
			s.jsonRow(&b, q, r, l)
			b.WriteString("}")
		}
		b.WriteString("]")
	}
	b.WriteString("}}}")
	body := b.String()
	if q.shape["raw_newline"] != nil {
		body = breakString(body)
	}
	if q.shape["charset"] != nil {
		return reply(http.StatusOK, "application/json", narrow(body))
	}
	return reply(http.StatusOK, "application/json", body)
}

func (s *Server) jsonRow(b *strings.Builder, q *request, r result, l line) {
	bare := map[string]int{}
	for _, n := range r.names {
		bare[n[strings.Index(n, ".")+1:]]++
	}
	for i, v := range l {
		name := r.names[i]
		if short := name[strings.Index(name, ".")+1:]; q.shape["bare_keys"] != nil && bare[short] == 1 {
			name = short
		}
		value := quote(s.written(r.columns[i].kind, v))
		if isNumber(r.columns[i].kind) && v != "" && q.shape["number_strings"] == nil {
			value = v
		}
		b.WriteString("," + quote(name) + ":" + value)
	}
}

// quote writes a JSON string without escaping what JSON does not need escaped.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// breakString puts a raw line break into the first string value that has a blank between words.
func breakString(body string) string {
	rows := strings.Index(body, `"rows"`)
	for i := max(rows, 0); i+2 < len(body); i++ {
		if body[i+1] == ' ' && body[i] >= 'A' && body[i] <= 'z' && body[i+2] >= 'A' {
			return body[:i+1] + " \r\n" + body[i+2:]
		}
	}
	return body
}

// narrow writes text in Latin-1, as old web servers do; what it lacks becomes a question mark.
func narrow(text string) string {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			r = '?'
		}
		out = append(out, byte(r))
	}
	return string(out)
}

const (
	xmlHead   = `<?xml version="1.0"?>` + "\n"
	answerTag = `QAS_GETQUERYRESULTS_RESP_MSG`
	answerNS  = `http://xmlns.oracle.com/Enterprise/Tools/schemas/QAS_GETQUERYRESULTS_RESP_MSG.VERSION_2`
	xmlpNS    = `http://xmlns.oracle.com/Enterprise/Tools/schemas/QAS_QUERYRESULTS_XMLP_RESP.VERSION_1`
)

// asXMLP is PEOPLESOFT.md §3.3: character values in CDATA, numbers bare, empty ones self-closed.
func (s *Server) asXMLP(q *request, r result) *answer {
	var b strings.Builder
	count := len(r.lines)
	if q.shape["numrows"] != nil {
		count++
	}
	fmt.Fprintf(&b, "%s<%s xmlns=%q>\n <query xmlns=%q numrows=\"%d\" queryname=%q", xmlHead, answerTag, answerNS, xmlpNS, count, r.name)
	if len(r.lines) == 0 {
		fmt.Fprintf(&b, "/>\n</%s>", answerTag)
		return reply(http.StatusOK, "text/xml", b.String())
	}
	b.WriteString(">")
	for i, l := range r.lines {
		fmt.Fprintf(&b, "\n  <row rownumber=\"%d\">", i+1)
		for c, v := range l {
			name, v := r.names[c], strings.TrimRight(s.written(r.columns[c].kind, v), " ")
			switch {
			case v == "":
				fmt.Fprintf(&b, "<%s/>", name)
			case isNumber(r.columns[c].kind):
				fmt.Fprintf(&b, "<%s>%s</%s>", name, v, name)
			default:
				fmt.Fprintf(&b, "<%s><![CDATA[%s]]></%s>", name, strings.ReplaceAll(v, "]]>", "]]]]><![CDATA[>"), name)
			}
		}
		b.WriteString("</row>")
	}
	fmt.Fprintf(&b, "\n </query>\n</%s>", answerTag)
	return reply(http.StatusOK, "text/xml", b.String())
}

// asWebRowSet is PEOPLESOFT.md §3.4: values by position.
func (s *Server) asWebRowSet(_ *request, r result) *answer {
	var b strings.Builder
	fmt.Fprintf(&b, "%s<%s xmlns=%q>\n <webRowSet xmlns=\"http://java.sun.com/xml/ns/jdbc\">\n  <properties/>\n  <metadata><column-count>%d</column-count>", xmlHead, answerTag, answerNS, len(r.names))
	for i, n := range r.names {
		fmt.Fprintf(&b, "\n   <column-definition><column-index>%d</column-index><column-name>%s</column-name></column-definition>", i+1, escape(n))
	}
	b.WriteString("</metadata>\n  <data>")
	for _, l := range r.lines {
		b.WriteString("<currentRow>")
		for c, v := range l {
			b.WriteString("<columnValue>" + escape(strings.TrimRight(s.written(r.columns[c].kind, v), " ")) + "</columnValue>")
		}
		b.WriteString("</currentRow>\n")
	}
	fmt.Fprintf(&b, "</data>\n </webRowSet>\n</%s>", answerTag)
	return reply(http.StatusOK, "text/xml", b.String())
}

// queryFailed is the JSON shape of a query that did not run.
func queryFailed(text string) *answer {
	return reply(http.StatusInternalServerError, "application/json", `{"status":"error","message":`+quote(text)+`}`)
}

func rowLimit(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}
