package connectortest

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"
)

// front stands before the simulator and does to requests and answers what networks, proxies and operators do.
type front struct {
	next http.Handler
	now  func() time.Time // the clock of the web server

	mu       sync.Mutex
	disturbs string // nature of the requests that are disturbed; "" = none
	how      disturbance
	seen     map[string]int // requests by nature
	held     chan struct{}  // closed when held requests may go
	arrived  chan struct{}  // gets one for each held request
}

// disturbance answers a request in place of the simulator, which it may ask.
type disturbance func(f *front, w http.ResponseWriter, r *http.Request)

// disturb begins; quiet ends it.
func (f *front) disturb(nature string, how disturbance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.disturbs, f.how = nature, how
	f.held, f.arrived = make(chan struct{}), make(chan struct{}, 100)
}

func (f *front) quiet() {
	f.release()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.disturbs = ""
}

// release lets held requests go.
func (f *front) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held != nil {
		close(f.held)
		f.held = nil
	}
}

// count is how many requests of a nature came.
func (f *front) count(nature string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen[nature]
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", f.now().UTC().Format(http.TimeFormat))
	of := r.Header.Get(nature)
	r.Header.Del(nature)
	f.mu.Lock()
	if f.seen == nil {
		f.seen = map[string]int{}
	}
	f.seen[of]++
	how := f.how
	if f.disturbs != of {
		how = nil
	}
	f.mu.Unlock()
	if how == nil {
		f.next.ServeHTTP(w, r)
		return
	}
	how(f, w, r)
}

// real is the simulator's own answer.
func (f *front) real(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	f.next.ServeHTTP(rec, r)
	return rec
}

// instead answers with something that no System says.
func instead(status int, contentType, body string, header ...string) disturbance {
	return func(_ *front, w http.ResponseWriter, _ *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		for n := 0; n+1 < len(header); n += 2 {
			w.Header().Set(header[n], header[n+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // whoever asked may be gone
	}
}

// change hands on the simulator's answer with another body; whole says that Content-Length fits it.
func change(whole bool, body func(string) string) disturbance {
	return func(f *front, w http.ResponseWriter, r *http.Request) {
		rec := f.real(r)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		text := rec.Body.String()
		now := body(text)
		length := len(now)
		if !whole {
			length = len(text)
		}
		w.Header().Set("Content-Length", strconv.Itoa(length))
		w.WriteHeader(rec.Code)
		_, _ = w.Write([]byte(now)) // whoever asked may be gone
		if !whole {
			panic(http.ErrAbortHandler)
		}
	}
}

func firstHalf(text string) string { return text[:len(text)/2] }

// lose lets the simulator do its work, and the answer is lost with the connection.
func lose(f *front, _ http.ResponseWriter, r *http.Request) {
	f.real(r)
	panic(http.ErrAbortHandler)
}

// hang gives no answer until the suite lets go.
func hang(f *front, _ http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	held, arrived := f.held, f.arrived
	f.mu.Unlock()
	arrived <- struct{}{}
	select {
	case <-held:
	case <-r.Context().Done():
	}
	panic(http.ErrAbortHandler)
}
