package jaggaersim

import (
	"net/http"
	"strconv"
)

// listFaults are what goes wrong in and between pages (JAGGAER.md §3.3, §3.5, §11.7), and a detail that is not ours.
var listFaults = map[string]faultKind{
	"same_page": {apply: func(s *Server, c call, _ *Fault, _ answer) answer {
		if last, ok := s.pages[c.entity]; ok {
			return clonedAnswer(last.answer)
		}
		return s.serve(c)
	}},
	"add_between": between(func(s *Server, c call) {
		if n := len(s.rows[c.entity]); n > 0 {
			body := clone(s.rows[c.entity][n-1].body)
			number := s.profile.Entities[c.entity].external
			header(body)[number] = text(header(body), number) + "-N" + strconv.Itoa(n)
			s.add(c.entity, body, s.now())
		}
	}),
	"modify_between": between(func(s *Server, c call) {
		if shown := s.pages[c.entity].rows; len(shown) > 0 {
			s.touch(shown[0], s.now())
		}
	}),
	"delete_between": between(func(s *Server, c call) {
		if shown := s.pages[c.entity].rows; len(shown) > 0 {
			s.remove(c.entity, shown[0])
		}
	}),
	"wrong_counts": {after: true, apply: func(s *Server, _ call, _ *Fault, real answer) answer {
		var body doc
		if decode(real.body, &body) != nil || body == nil {
			return real // an answer without counts stays as it is
		}
		n, _ := strconv.Atoi(text(body, "returnedRecords")) // absent counts as 0
		body["returnedRecords"] = s.count(n + 1)
		real.body = encode(body)
		return real
	}},
	"filter_ignored": {apply: func(s *Server, c call, _ *Fault, _ answer) answer { // row 48, for these calls only
		before := s.switches.IgnoreFilter
		s.switches.IgnoreFilter = []string{"*"}
		defer func() { s.switches.IgnoreFilter = before }()
		return s.serve(c)
	}},
	"no_header": {after: true, apply: func(_ *Server, _ call, _ *Fault, _ answer) answer { // row 47
		return jsonAnswer(http.StatusOK, doc{"document": doc{"id": "1"}})
	}},
}

// between changes the world after a page was answered and before the next one is asked for.
func between(change func(*Server, call)) faultKind {
	return faultKind{after: true, apply: func(s *Server, c call, _ *Fault, real answer) answer {
		change(s, c)
		s.values = nil
		return real
	}}
}

func clonedAnswer(a answer) answer {
	header := map[string]string{}
	for k, v := range a.header {
		header[k] = v
	}
	a.header = header
	return a
}
