package jaggaersim

import (
	"net/http"
	"strconv"
	"time"
)

// answer is what goes back, and how.
type answer struct {
	status int
	header map[string]string
	body   []byte

	delay time.Duration // before the first byte, in real time
	cut   int           // > 0: the connection ends after so many bytes of the body
	abort bool          // the connection ends without an answer
	hang  bool          // nothing comes until the client leaves
}

func jsonAnswer(status int, v any) answer {
	return answer{status: status, header: map[string]string{"Content-Type": "application/json"}, body: encode(v)}
}

// refusal is a body with a return code other than 0, in the Server's spelling of codes.
func (s *Server) refusal(status, code int, message string) answer {
	return jsonAnswer(status, doc{"returnCode": s.code(code), "returnMessage": message})
}

// code writes a returnCode as a number or, by switch, as text.
func (s *Server) code(n int) any {
	if s.switches.CodeAsText {
		return strconv.Itoa(n)
	}
	return n
}

// count writes a record count as a number or, by switch, as text.
func (s *Server) count(n int) any {
	if s.switches.CountsAsText {
		return strconv.Itoa(n)
	}
	return n
}

func htmlAnswer(status int, title string) answer {
	return answer{
		status: status, header: map[string]string{"Content-Type": "text/html; charset=UTF-8"},
		body: []byte("<!DOCTYPE html><html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>"),
	}
}

// write sends the answer. Connection faults end the connection the way net/http allows: by aborting the handler.
func (a answer) write(w http.ResponseWriter, r *http.Request) {
	if a.hang {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	if a.delay > 0 {
		timer := time.NewTimer(a.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	if a.abort {
		panic(http.ErrAbortHandler)
	}
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	if a.cut > 0 && a.cut < len(a.body) {
		_, _ = w.Write(a.body[:a.cut]) // the client may be gone already; either way the connection ends here
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(a.body) // a client that left early is its own business
}
