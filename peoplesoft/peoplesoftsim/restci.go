package peoplesoftsim

import (
	"fmt"
	"net/http"
	"strings"
)

// restCI is a REST service over a Component Interface (PEOPLESOFT.md §4.4): POST creates, PUT updates, GET reads by its keys in the
// query string.
//
// A PUT below UD/ is UpdateData. (The contract has no path for it: one of our own.)
func (s *Server) restCI(q *request, name string, parts []string) *answer {
	c := s.components[name]
	verb := map[string]string{http.MethodPost: "create", http.MethodPut: "update", http.MethodGet: "get"}[q.Method]
	if verb == "update" && len(parts) > 0 && parts[0] == "UD" {
		verb = "updatedata"
	}
	if c == nil || verb == "" {
		return noRouting(0)
	}
	if t := s.signOn(q, s.bearerToken(q), s.psToken(q), s.basic(q)); t != nil {
		return s.refuse(q, t, 0)
	}
	operation := "CIRT_" + c.name + map[string]string{"create": "_C_POST", "update": "_U_PUT", "updatedata": "_UD_PUT", "get": "_G_GET"}[verb]
	if t := s.may(q.user, operation); t != nil {
		return s.refuse(q, t, 0)
	}
	from := &element{}
	if verb == "get" {
		for k, v := range parameters(q) {
			from.below = append(from.below, &element{name: k, text: v[0]})
		}
	} else {
		root, err := readJSON(q.body, c.name)
		if err != nil {
			return s.refuse(q, refusal(159, 5, "JSON parser error: %v", err), http.StatusBadRequest)
		}
		from = s.ordered(c.root, root)
	}
	o, t := s.call(q, c, verb, from)
	if t != nil {
		return s.refuse(q, t, 0)
	}
	return s.restAnswer(q, c, verb, o)
}

// ordered sorts members into the order of the structure, since JSON objects have none.
func (s *Server) ordered(r *record, from *element) *element {
	out := &element{name: from.name, text: from.text}
	for stage := range 4 {
		for _, x := range from.below {
			name, position := s.property(r, x.name)
			if position != stage {
				continue
			}
			if b := r.child(name); b != nil {
				x = s.ordered(b, x)
			}
			out.below = append(out.below, x)
		}
	}
	return out
}

func (s *Server) restAnswer(q *request, c *component, verb string, o *outcome) *answer {
	if !o.saved {
		status := http.StatusOK
		if f := q.shape["ci_error"]; f != nil && f.Status != 0 {
			status = f.Status
		}
		return reply(status, "application/json", `{"notification":0,"detail":{"messages":`+jsonMessages(o.messages)+`}}`)
	}
	switch verb {
	case "create":
		keys := make([]string, len(c.root.keys))
		for i, k := range c.root.keys {
			keys[i] = quote(k) + ":" + quote(o.keys[0].Get(k))
		}
		return reply(http.StatusCreated, "application/json", "{"+strings.Join(keys, ",")+"}")
	case "get":
		var b strings.Builder
		s.jsonWhole(&b, c.root, o.whole)
		return reply(http.StatusOK, "application/json", b.String())
	}
	return reply(http.StatusOK, "application/json", `{"notification":1,"detail":{"messages":[]}}`)
}

func jsonMessages(messages []message) string {
	parts := make([]string, len(messages))
	for i, m := range messages {
		parts[i] = fmt.Sprintf(`{"type":%s,"messagesetnumber":%d,"messagenumber":%d,"messagetext":%s,"explaintext":%s}`, quote(m.kind), m.set, m.number, quote(m.text), quote(m.explain))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func (s *Server) jsonWhole(b *strings.Builder, r *record, row *Row) {
	b.WriteString("{")
	for i, f := range r.fields {
		if i > 0 {
			b.WriteString(",")
		}
		value := quote(s.written(f.kind, row.Get(f.name)))
		if isNumber(f.kind) {
			value = or(row.Get(f.name), "0")
		}
		b.WriteString(quote(f.name) + ":" + value)
	}
	for _, below := range r.below {
		b.WriteString("," + quote(below.name) + ":[")
		for i, x := range row.Below[below.name] {
			if i > 0 {
				b.WriteString(",")
			}
			s.jsonWhole(b, below, x)
		}
		b.WriteString("]")
	}
	b.WriteString("}")
}
