package peoplesoftsim

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// Fault is one thing that goes wrong. Match is a pattern over operations as path.Match has it: query.JGR_PO, query.*,
// ci.JGR_PO_CI.create, message.VOUCHER_BUILD, rest.po, rest.vendor, rest.voucher (the site's own services), wsdl, status, token;
// empty matches all. The first Skip matches are spared, then each Every-th (default each) is struck, Times times (0 = always). With
// After the effect happens first and only the answer is lost or changed.
//
// Kinds that answer instead: wrong_node · routing (Status 200, 404 or 500) · unauthorized · message (Set, Number, Text in the
// door's own form, with Status where given) · production (bare 500) · jolt · contact (158,10721) · status (Status, RetryAfter
// seconds) · redirect · html (200 sign-on page) · empty (empty 200) · errmsgtext · sql · not_json.
//
// Kinds at the wire: delay (Delay first) · reset (connection closed without an answer; with After: answer lost after commit) ·
// cut (half the body, then closed) · truncated (half the body, complete as HTTP) · slow (Delay between the halves of the body) ·
// content_type (Text instead of the right one) · huge (Bytes of filler) · deep (nested JSON) · bomb (Bytes of nothing, compressed).
//
// Kinds that change how an answer is written: raw_newline · charset · queryname · bare_keys · number_strings · no_rows ·
// numrows · key_only · warning · spreadsheet (errors in the older shape).
//
// Kinds inside PeopleSoft: ci_error (notification 0 with Set, Number, Text; Status 500 for the fault form) · handler_error
// (accepted, never staged) · duplicate (ExternalMessageID refused).
type Fault struct {
	Kind, Match, Text   string
	Skip, Times, Every  int
	After               bool
	Status, Set, Number int
	RetryAfter, Bytes   int
	Delay               time.Duration
}

// armed is a Fault with its counters.
type armed struct {
	Fault
	seen, struck int
}

// faultKinds says of every kind when it acts.
var faultKinds = map[string]string{
	"wrong_node": "answer", "routing": "answer", "unauthorized": "answer", "message": "answer", "production": "answer", "jolt": "answer", "contact": "answer", "status": "answer",
	"redirect": "answer", "html": "answer", "empty": "answer", "errmsgtext": "answer", "sql": "answer", "not_json": "answer",
	"delay": "wire", "reset": "wire", "cut": "wire", "truncated": "wire", "slow": "wire", "content_type": "wire", "huge": "answer", "deep": "answer", "bomb": "answer",
	"raw_newline": "shape", "charset": "shape", "queryname": "shape", "bare_keys": "shape", "number_strings": "shape", "no_rows": "shape", "numrows": "shape",
	"key_only": "shape", "warning": "shape", "spreadsheet": "shape", "ci_error": "shape", "handler_error": "shape", "duplicate": "shape",
}

// Fault arms a fault; an unknown kind or a bad pattern is an error.
func (s *Server) Fault(f Fault) error {
	if faultKinds[f.Kind] == "" {
		return fmt.Errorf("peoplesoftsim: unknown fault kind %q", f.Kind)
	}
	if _, err := path.Match(f.Match, ""); err != nil {
		return fmt.Errorf("peoplesoftsim: fault pattern %q: %w", f.Match, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &armed{Fault: f})
	return nil
}

// ClearFaults disarms all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// strike counts a request against every armed fault. Shapes gather on the request; of the others the first that strikes wins.
func (s *Server) strike(q *request) *Fault {
	var first *Fault
	for _, f := range s.faults {
		if ok, _ := path.Match(or(f.Match, "*"), q.operation); !ok {
			continue
		}
		f.seen++
		n := f.seen - f.Skip
		if n <= 0 || f.Times > 0 && f.struck >= f.Times || (n-1)%max(f.Every, 1) != 0 {
			continue
		}
		switch {
		case faultKinds[f.Kind] == "shape":
			q.shape[f.Kind] = &f.Fault
		case first == nil:
			first = &f.Fault
		default:
			continue
		}
		f.struck++
	}
	return first
}

// faulty is the answer of a fault that answers, or nil. A reset before the effect answers too, so that nothing is done.
func (s *Server) faulty(q *request, f *Fault) *answer {
	status := f.Status
	switch f.Kind {
	case "wrong_node":
		return wrongNode()
	case "routing":
		return noRouting(status)
	case "unauthorized":
		return unauthorized(or(f.Text, "User password failed. (158,45)"))
	case "message":
		return s.refuse(q, &trouble{set: f.Set, number: f.Number, text: f.Text}, status)
	case "production":
		return reply(http.StatusInternalServerError, "", "")
	case "jolt":
		return s.refuse(q, &trouble{set: 158, number: 10700, text: "Jolt session pool cannot provide a connection to the application server. External System Contact"}, status)
	case "contact":
		return s.refuse(q, &trouble{set: 158, number: 10721, text: "Integration Gateway - External System Contact Error"}, status)
	case "status":
		a := reply(status, "text/html", or(f.Text, fmt.Sprintf("<html><body>%d %s</body></html>", status, http.StatusText(status))))
		if f.RetryAfter > 0 {
			a.header.Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		return a
	case "redirect":
		a := reply(http.StatusFound, "text/html", "")
		a.header.Set("Location", or(f.Text, "/psp/ps/?cmd=login"))
		return a
	case "html":
		return reply(http.StatusOK, "text/html", "<html><head><title>Oracle PeopleSoft Sign-in</title></head><body><form name=\"login\"></form></body></html>")
	case "empty":
		return reply(http.StatusOK, "", "")
	case "errmsgtext":
		return reply(http.StatusOK, "application/json", fmt.Sprintf(`{"ERRMSGTEXT":%q}`, or(f.Text, "The request could not be processed.")))
	case "sql":
		return queryFailed(sqlText("1861"))
	case "not_json":
		return reply(http.StatusOK, "application/json", "Integration Broker: no data")
	case "huge":
		return reply(http.StatusOK, "application/json", `{"status":"success","data":{"filler":"`+strings.Repeat("x", f.Bytes)+`"}}`)
	case "deep":
		return reply(http.StatusOK, "application/json", strings.Repeat("[", max(f.Bytes, 1000000)))
	case "bomb":
		return bomb(f.Bytes)
	case "reset":
		if !f.After {
			return reply(http.StatusOK, "", "")
		}
	}
	return nil
}

// bomb is an answer that grows a thousandfold when it is unpacked.
func bomb(size int) *answer {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(make([]byte, size)); err != nil {
		return reply(http.StatusOK, "", "")
	}
	if err := z.Close(); err != nil {
		return reply(http.StatusOK, "", "")
	}
	a := reply(http.StatusOK, "application/json", b.String())
	a.header.Set("Content-Encoding", "gzip")
	return a
}

// transmit writes the answer, or what the fault leaves of it.
func (s *Server) transmit(w http.ResponseWriter, a *answer, fault *Fault) {
	f := Fault{}
	if fault != nil {
		f = *fault
	}
	if f.Delay > 0 && f.Kind != "slow" {
		s.options.Sleep(f.Delay)
	}
	if a.late > 0 {
		s.options.Sleep(a.late)
	}
	if f.Kind == "reset" {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if f.Kind == "content_type" {
		w.Header().Set("Content-Type", f.Text)
	}
	first, rest := a.body[:len(a.body)/2], a.body[len(a.body)/2:]
	length := len(a.body)
	if f.Kind == "truncated" {
		length, rest = len(first), nil
	}
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(a.status)
	write(w, first)
	switch f.Kind {
	case "cut":
		flush(w)
		panic(http.ErrAbortHandler)
	case "slow":
		flush(w)
		s.options.Sleep(f.Delay)
	}
	write(w, rest)
}

// write ends the connection when the peer is gone.
func write(w http.ResponseWriter, part []byte) {
	if _, err := w.Write(part); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func flush(w http.ResponseWriter) {
	if err := http.NewResponseController(w).Flush(); err != nil {
		panic(http.ErrAbortHandler)
	}
}
