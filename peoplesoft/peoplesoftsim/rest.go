package peoplesoftsim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// rest serves /PSIGW/RESTListeningConnector: the node, then an operation alias (PEOPLESOFT.md §1.1).
func (s *Server) rest(q *request) *answer {
	parts := strings.Split(strings.TrimPrefix(q.path, pathREST), "/")
	parts, t := s.stripNode(parts)
	if t != nil {
		return wrongNode()
	}
	alias := ""
	if len(parts) > 0 {
		alias = parts[0]
	}
	if ci, ok := strings.CutPrefix(alias, "CIRT_"); ok {
		if name, version, _ := strings.Cut(ci, "."); version == "v1" {
			return s.restCI(q, ours(s.options.Site.CIs, name), parts[1:])
		}
	}
	if s.ownService(alias) != "" {
		return s.restOwn(q, alias)
	}
	if alias != "ExecuteQuery.v1" || q.Method != http.MethodGet {
		return noRouting(0)
	}
	if t := s.signOn(q, s.bearerToken(q), s.psToken(q), s.basic(q)); t != nil {
		return s.refuse(q, t, 0)
	}
	if t := s.may(q.user, "QAS_EXECUTEQRY_REST_GET"); t != nil {
		return s.refuse(q, t, 0)
	}
	if len(parts) != 5 {
		return queryFailed("Invalid URI for ExecuteQuery. (158,29)")
	}
	return s.execute(q, parts[1], parts[2], parts[3], parts[4])
}

// stripNode takes the node off a REST path as the site wants it there.
func (s *Server) stripNode(parts []string) ([]string, *trouble) {
	site := s.options.Site
	isAlias := strings.Contains(parts[0], ".")
	switch {
	case isAlias && site.NodeInPath != "required":
		return parts, nil
	case !isAlias && site.NodeInPath != "absent" && parts[0] == site.Node:
		return parts[1:], nil
	}
	return nil, refusal(158, 505, "Integration Service: no send handler matches the inbound request message.")
}

// execute runs one query call: owner, name, output type and format of the path, the rest in the parameters.
func (s *Server) execute(q *request, owner, name, outputType, format string) *answer {
	site := s.options.Site
	query := s.queries[ours(site.Queries, name)]
	if query == nil || theirs(site.Queries, query.name) != name || !strings.EqualFold(owner, site.Owner) {
		return queryFailed(fmt.Sprintf("Query %s does not exist. (50,24)", name))
	}
	if q.user.Queries != nil && !slices.Contains(q.user.Queries, query.name) {
		return queryFailed(fmt.Sprintf("You are not authorized to run query %s. (50,25)", name))
	}
	p := parameters(q)
	write, t := s.writer(outputType, format, p)
	if t != nil {
		return queryFailed(t.String())
	}
	limit, ok := rowLimit(p.Get("maxrows"))
	if !ok {
		return queryFailed("Required parameter maxrows is missing or not a number. (158,31)")
	}
	bound, t := s.bind(query, q.URL.RawQuery)
	if t != nil {
		return queryFailed(t.String())
	}
	picked, t := s.project(query, q.URL.RawQuery)
	if t != nil {
		return queryFailed(t.String())
	}
	r := result{name: name}
	for _, i := range picked {
		r.columns = append(r.columns, query.columns[i])
		r.names = append(r.names, s.fieldName(query.columns[i].name))
	}
	for _, l := range query.run(q.user, bound, limit) {
		out := make(line, len(picked))
		for n, i := range picked {
			out[n] = l[i]
		}
		r.lines = append(r.lines, out)
	}
	return write(q, r)
}

// writer chooses the form: JSON takes both the path part and json_resp=true; json_resp turns the other types into JSON too.
func (s *Server) writer(outputType, format string, p url.Values) (func(*request, result) *answer, *trouble) {
	asJSON := strings.EqualFold(p.Get("json_resp"), "true")
	form := strings.ToUpper(outputType)
	if asJSON && slices.Contains(s.options.Site.Formats, "JSON") {
		form = "JSON"
	}
	switch {
	case strings.EqualFold(p.Get("isconnectedquery"), "Y"):
		return nil, refusal(50, 110, "Query is not a connected query.")
	case format != "NONFILE":
		return nil, refusal(50, 111, "Output format %s is not available.", format)
	case !slices.Contains(s.options.Site.Formats, form) || form == "JSON" && !asJSON:
		return nil, refusal(50, 112, "Output type %s is not supported.", outputType)
	case form == "XMLP":
		return s.asXMLP, nil
	case form == "WEBROWSET":
		return s.asWebRowSet, nil
	}
	return s.asJSON, nil
}

// rawList reads a comma-joined parameter. Commas separate only where they stand unencoded; there is no escape for one inside a
// value, so an encoded comma is an error (PEOPLESOFT.md §3.1).
func rawList(raw, name string) ([]string, *trouble) {
	for _, pair := range strings.Split(raw, "&") {
		k, v, _ := strings.Cut(pair, "=")
		if k != name {
			continue
		}
		var out []string
		for _, part := range strings.Split(v, ",") {
			text, err := url.QueryUnescape(part)
			if err != nil || strings.Contains(text, ",") {
				return nil, refusal(50, 106, "Parameter %s cannot be read.", name)
			}
			out = append(out, text)
		}
		if len(out) == 1 && out[0] == "" && name != "prompt_fieldvalue" {
			return nil, nil
		}
		return out, nil
	}
	return nil, nil
}

func wrongNode() *answer {
	return reply(http.StatusInternalServerError, "text/html; charset=UTF-8", "Integration Service: no send handler matches the inbound request message. (158,505)")
}

func noRouting(status int) *answer {
	if status == 0 {
		status = http.StatusInternalServerError
	}
	return reply(status, "text/html", "<HTML><HEAD><TITLE>RESTListeningConnector</TITLE></HEAD><BODY>Unable to find a Routing corresponding to the incoming request message.</BODY></HTML>")
}

func unauthorized(text string) *answer {
	a := reply(http.StatusUnauthorized, "text/plain", text)
	a.header.Set("WWW-Authenticate", `Basic realm="PeopleSoft"`)
	return a
}

// refuse writes a framework message in the form of the door that the request came through; status 0 takes the door's own.
func (s *Server) refuse(q *request, t *trouble, status int) *answer {
	switch {
	case strings.HasPrefix(q.path, pathService):
		return soapFault(t, status)
	case q.path == pathHTTP:
		return ibResponse(t, status)
	}
	signOn := t.set == 158 && (t.number == 45 || t.number == 46 || t.number == 55) || t.set == 48
	if signOn && (status == 0 || status == http.StatusUnauthorized) {
		return unauthorized(t.String())
	}
	if status == 0 {
		status = http.StatusInternalServerError
	}
	a := ibResponse(t, status)
	a.status = status
	return a
}
