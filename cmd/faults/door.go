//go:build unix

package main

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"time"

	"ml-connector/cmd/postgres"
)

// door stands before both simulators of a pair: it takes the time that a network would, counts, and stops single requests.
type door struct {
	delay time.Duration
	mu    sync.Mutex
	traps []*trap
	sent  int // writes that arrived
	open  int // writes that arrived and are not answered yet
}

// trap is one moment that a fault waits for.
type trap struct {
	wants func(*http.Request) bool
	skip  int
	hold  bool          // keep the answer back, its effect done, until the caller is gone or release is closed
	hit   chan struct{} // closed when it is there
	free  chan struct{}
}

func isWrite(r *http.Request) bool {
	return r.Method == http.MethodPost && !strings.Contains(strings.ToLower(r.URL.Path), "token")
}

// isSingleWrite leaves out the writes that carry many records at once.
func isSingleWrite(r *http.Request) bool {
	return isWrite(r) && !strings.Contains(strings.ToLower(r.URL.Path), "customfield")
}

func isRead(r *http.Request) bool { return r.Method == http.MethodGet }

// arm waits for the request after skip others of its kind.
func (d *door) arm(wants func(*http.Request) bool, skip int, hold bool) *trap {
	t := &trap{wants: wants, skip: skip, hold: hold, hit: make(chan struct{}), free: make(chan struct{})}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.traps = append(d.traps, t)
	return t
}

// caught gives the trap that a request springs.
func (d *door) caught(r *http.Request) *trap {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, t := range d.traps {
		if !t.wants(r) {
			continue
		}
		if t.skip--; t.skip < 0 {
			d.traps = append(d.traps[:i:i], d.traps[i+1:]...)
			return t
		}
	}
	return nil
}

func (d *door) count(sent, open int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent += sent
	d.open += open
}

// unanswered is how many writes arrived that have no answer yet.
func (d *door) unanswered() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

func (d *door) before(simulator http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isWrite(r) {
			d.count(1, 1)
			defer d.count(0, -1)
		}
		t := d.caught(r)
		if t != nil && !t.hold {
			close(t.hit)
		}
		pause(r.Context(), d.delay)
		if t == nil || !t.hold {
			simulator.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		simulator.ServeHTTP(answer, r)
		close(t.hit)
		select {
		case <-t.free:
		case <-r.Context().Done():
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // nobody may be there any more
	})
}

// pause waits, or ends with the context.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// gate is the network between the connector and one simulator: it can be taken away and given back at the same address.
type gate struct {
	handler  http.Handler
	mu       sync.Mutex
	address  *net.TCPAddr
	listener net.Listener
	conns    map[net.Conn]bool
}

// newGate opens one at an address of its own within the loopback net: what still looks for it while it is away must never meet
// the gate of another row.
func newGate(ctx context.Context, handler http.Handler) (*gate, error) {
	port, err := postgres.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	g := &gate{handler: handler, conns: map[net.Conn]bool{}, address: &net.TCPAddr{IP: ownLoopback(), Port: port}}
	return g, g.up(ctx)
}

// ownLoopback is an address of this machine that nobody else is likely to have chosen. Only Linux answers at all of 127/8.
func ownLoopback() net.IP {
	if runtime.GOOS != "linux" {
		return net.IPv4(127, 0, 0, 1)
	}
	return net.IPv4(127, byte(1+rand.IntN(250)), byte(rand.IntN(250)), byte(1+rand.IntN(250)))
}

// up listens at its address.
func (g *gate) up(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", g.address.String())
	if err != nil {
		return err
	}
	g.listener = l
	server := &http.Server{Handler: g.handler, ReadHeaderTimeout: time.Minute, ConnState: g.know}
	go func() { _ = server.Serve(l) }() // until down
	return nil
}

// know keeps the connections that are open.
func (g *gate) know(c net.Conn, state http.ConnState) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if state == http.StateClosed || state == http.StateHijacked {
		delete(g.conns, c)
	} else {
		g.conns[c] = true
	}
}

// cut resets every connection that is open.
func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
}

// down takes it away: connections are reset, new ones refused.
func (g *gate) down() {
	g.mu.Lock()
	_ = g.listener.Close()
	g.mu.Unlock()
	g.cut()
}
