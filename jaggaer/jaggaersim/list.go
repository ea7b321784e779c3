package jaggaersim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// serve does what a fault-free request does: on REST the rate limit, the token and the client's rights come first.
func (s *Server) serve(c call) answer {
	if c.token || c.xml || c.operation == "unknown" && c.entity == "" {
		return c.handle(c)
	}
	if a, limited := s.rateLimit(); limited {
		return a
	}
	if !s.authorised(c) {
		return s.unauthorised(s.switches.MalformedUnauthorized)
	}
	if s.accepted++; s.switches.RevokeEvery > 0 && s.accepted%s.switches.RevokeEvery == 0 {
		s.tokens = map[string]time.Time{}
	}
	if slices.Contains(s.switches.Missing, c.entity) {
		return s.noResource(c)
	}
	if slices.Contains(s.switches.Forbidden, c.entity) {
		return s.refusal(http.StatusForbidden, 2, "Access denied: client "+s.options.ClientID+" is not enabled for resource "+s.profile.Entities[c.entity].Path)
	}
	query, err := parameters(c.URL.RawQuery)
	if err != nil {
		return s.refusal(http.StatusBadRequest, 2, "Malformed query")
	}
	c.query = query
	return c.handle(c)
}

// rateLimit answers 429 when the switch's number of calls in its time is used up; a refused call does not count.
func (s *Server) rateLimit() (answer, bool) {
	if s.switches.RateCalls <= 0 {
		return answer{}, false
	}
	now := s.now()
	window := time.Duration(s.switches.RatePerMS) * time.Millisecond
	s.recent = slices.DeleteFunc(s.recent, func(t time.Time) bool { return now.Sub(t) >= window })
	if len(s.recent) < s.switches.RateCalls {
		s.recent = append(s.recent, now)
		return answer{}, false
	}
	a := answer{status: http.StatusTooManyRequests, header: map[string]string{}}
	if s.switches.RateRetryAfter != "" {
		a.header["Retry-After"] = s.switches.RateRetryAfter
	}
	return a, true
}

// list is one page: ordered by id, without lines, of a size that only the server knows (JAGGAER.md §3.1, §3.3).
func (s *Server) list(c call) answer {
	e := s.profile.Entities[c.entity]
	start := s.profile.StartBase
	if given, ok := c.query[s.profile.StartParam]; ok {
		n, err := strconv.Atoi(given)
		if err != nil || n < s.profile.StartBase {
			return s.refusal(http.StatusBadRequest, 2, "Parameter "+s.profile.StartParam+" must be a positive integer")
		}
		start = n
	}
	found, err := s.search(c, e)
	if err != nil {
		return s.badFilter(c, start)
	}
	from := min(start-s.profile.StartBase, len(found))
	size := s.switches.pageSize()
	if s.switches.PageSizeVaries {
		size = 2 + s.rng.IntN(2*size-1)
	}
	shown := found[from:min(from+size, len(found))]
	total := len(found)
	if s.switches.TotalsDrift > 0 {
		total = max(0, total+s.rng.IntN(2*s.switches.TotalsDrift+1)-s.switches.TotalsDrift)
	}
	elements := make([]any, 0, len(shown))
	for _, r := range shown {
		elements = append(elements, e.listItem(r))
	}
	a := jsonAnswer(http.StatusOK, s.envelope(e, elements, total, start))
	s.pages[c.entity] = page{answer: a, rows: shown}
	return a
}

// page is the last page that a list gave.
type page struct {
	answer answer
	rows   []*row
}

// search selects what the filter lets through and the index shows already.
func (s *Server) search(c call, e Entity) ([]*row, error) {
	match := func(*row) bool { return true }
	if text := c.query[s.profile.FilterParam]; text != "" && !s.ignoresFilter(c.entity) {
		f, err := parseFilter(text, s.switches.PlainStar, func(field string) bool { _, ok := e.ours(field); return ok })
		if err != nil && !s.switches.IgnoreUnknownField {
			return nil, err
		}
		if err == nil {
			match = func(r *row) bool {
				return f(func(field string) any { name, _ := e.ours(field); return at(r.head(), name) })
			}
		}
	}
	now := s.now()
	var found []*row
	for _, r := range s.rows[c.entity] {
		if !now.Before(r.shows) && match(r) {
			found = append(found, r)
		}
	}
	return found, nil
}

func (s *Server) ignoresFilter(entity string) bool {
	return slices.Contains(s.switches.IgnoreFilter, entity) || slices.Contains(s.switches.IgnoreFilter, "*")
}

func (s *Server) badFilter(c call, start int) answer {
	return jsonAnswer(http.StatusOK, doc{
		"returnCode": s.code(2), "returnMessage": "Invalid filter: " + c.query[s.profile.FilterParam],
		"totRecords": s.count(0), "returnedRecords": s.count(0), "startAt": s.count(start),
	})
}

func (s *Server) envelope(e Entity, elements []any, total, start int) doc {
	out := doc{
		"returnCode": s.code(0), "returnMessage": s.switches.ReturnMessage,
		"totRecords": s.count(total), "returnedRecords": s.count(len(elements)), "startAt": s.count(start),
	}
	if len(elements) > 0 {
		out[e.ListKey] = doc{e.ItemKey: elements}
		return out
	}
	switch s.switches.EmptyList {
	case "null":
		out[e.ListKey] = nil
	case "object":
		out[e.ListKey] = doc{}
	case "array":
		out[e.ListKey] = doc{e.ItemKey: []any{}}
	}
	return out
}

// detailOnly are the header fields that list items lack (JAGGAER.md §3.1, §4.5).
var detailOnly = []string{
	"billTo", "shipTo", "remitTo", "terms", "payment", "additionalInfo", "customFieldValueSetList", "splittableFieldSetGroupList", "miscFeeList", "poNumberList",
}

// listItem is a record as lists show it: the header without what only the detail has.
func (e Entity) listItem(r *row) doc {
	h := clone(r.head())
	for _, name := range detailOnly {
		delete(h, name)
	}
	if supplier, ok := h["supplier"].(doc); ok {
		delete(supplier, "contactInfoList")
	}
	h = e.renamed(h)
	if e.HeaderKey == "" {
		return h
	}
	return doc{e.HeaderKey: h}
}

// renamed shows a header under the field names of this customer.
func (e Entity) renamed(h doc) doc {
	for mine, theirs := range e.Rename {
		if v, ok := h[mine]; ok {
			delete(h, mine)
			h[theirs] = v
		}
	}
	return h
}

// show is a record as the detail has it.
func (e Entity) show(r *row) doc {
	body := clone(r.body)
	h := e.renamed(header(body))
	if e.HeaderKey == "" {
		return h
	}
	delete(body, "header")
	body[e.HeaderKey] = h
	return body
}

// detail is one record, in the form of the profile or the switch (JAGGAER.md §3.2).
func (s *Server) detail(c call) answer {
	e := s.profile.Entities[c.entity]
	form := e.Detail
	if s.switches.Detail != "" && form != "none" {
		form = s.switches.Detail
	}
	if form == "none" {
		return s.noResource(c)
	}
	id, err := strconv.ParseInt(c.id, 10, 64)
	r := s.byID(c.entity, id)
	if err != nil || r == nil {
		return s.missingDetail(c, e)
	}
	switch form {
	case "envelope":
		out := e.show(r)
		out["returnCode"], out["returnMessage"] = s.code(0), s.switches.ReturnMessage
		return jsonAnswer(http.StatusOK, out)
	case "list_of_one":
		return jsonAnswer(http.StatusOK, s.envelope(e, []any{e.show(r)}, 1, s.profile.StartBase))
	default:
		return jsonAnswer(http.StatusOK, e.show(r))
	}
}

// entityTitles are the words that messages use.
var entityTitles = map[string]string{
	Invoice: "Invoice", PurchaseOrder: "Purchase order", Requisition: "Requisition", Supplier: "Supplier", CustomFieldValue: "Custom field value",
}

func (s *Server) missingDetail(c call, e Entity) answer {
	switch s.switches.DetailMissing {
	case "code2":
		return s.refusal(http.StatusOK, 2, fmt.Sprintf("%s %s not found", entityTitles[c.entity], c.id))
	case "empty":
		return jsonAnswer(http.StatusOK, s.envelope(e, nil, 0, s.profile.StartBase))
	default:
		return s.noResource(c)
	}
}
