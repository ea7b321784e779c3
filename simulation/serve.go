package simulation

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"

	connector "ml-connector"
)

// killed is what a dead process hears wherever it turns.
func killed() *connector.Error {
	return connector.Errorf(connector.Unavailable, "simulation", "this process was killed")
}

// reply is an answer as it came over the wire; whole is false when the connection ended before it was complete.
type reply struct {
	status int
	header http.Header
	body   bytes.Buffer
	whole  bool
}

// Header, Write, WriteHeader and Flush make it what a handler writes to.
func (r *reply) Header() http.Header { return r.header }
func (r *reply) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}
func (r *reply) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}
func (r *reply) Flush() {}

// ask lets a simulator answer a request, in this goroutine.
func ask(ctx context.Context, simulator http.Handler, q connector.Request) *reply {
	out := &reply{header: http.Header{}}
	request, err := http.NewRequestWithContext(context.WithoutCancel(ctx), q.Method, q.URL, bytes.NewReader(q.Body))
	if err != nil {
		return out
	}
	for name, value := range q.Header {
		request.Header[http.CanonicalHeaderKey(name)] = []string{value}
	}
	if _, named := q.Header["User-Agent"]; !named {
		request.Header.Set("User-Agent", "ml-connector")
	}
	out.whole = served(simulator, out, request)
	if length := out.header.Get("Content-Length"); length != "" && length != strconv.Itoa(out.body.Len()) {
		out.whole = false
	}
	if out.status == 0 {
		out.whole = false
	}
	return out
}

// served is false when the handler broke the connection off.
func served(simulator http.Handler, w http.ResponseWriter, r *http.Request) (whole bool) {
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
		}
	}()
	simulator.ServeHTTP(w, r)
	return true
}

// flat takes the first value of each header.
func flat(h http.Header) map[string]string {
	out := make(map[string]string, len(h))
	for name, values := range h {
		if len(values) > 0 {
			out[name] = values[0]
		}
	}
	return out
}
