// Package site is an invented customer: a simulated PeopleSoft and a simulated JAGGAER with the sample company in them, served
// on this machine, and the configuration that connects to them. The demonstration, the sandbox and the benchmarks stand on it.
//
// It must never be part of what serves a real customer, listen on other addresses than it is told, or overwrite a file.
//
// It is proved by reading back the configuration that it writes, and by the demonstration's own test.
package site

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
	"ml-connector/wire"
)

// Options say which company is simulated, where, and at what pace its business goes.
type Options struct {
	Company    *sample.Company
	Now        func() time.Time
	PeopleSoft string // address to listen on; port 0 takes a free one
	Jaggaer    string
	Seed       int64 // of JAGGAER's own numbers
	Switches   jaggaersim.Switches
	Life       peoplesoftsim.Life // zero: nothing happens by itself
	Pace       time.Duration      // of JAGGAER's orders and invoices; negative: never
	// Front, when not nil, gives what stands before a simulator.
	Front func(system string, simulator http.Handler) http.Handler
}

// Site is the customer while it is open.
type Site struct {
	Company    *sample.Company
	PeopleSoft *peoplesoftsim.Server
	Jaggaer    *jaggaersim.Server
	ERP, S2P   *net.TCPAddr // where PeopleSoft and JAGGAER listen
	Failed     chan error   // an error that ended a listener

	servers []*http.Server
}

// Open serves both simulators until Close. An address that can't be listened on is an Error unavailable.
func Open(ctx context.Context, o Options) (*Site, error) {
	s := &Site{
		Company:    o.Company,
		PeopleSoft: peoplesoftsim.New(o.Company, peoplesoftsim.Options{Now: o.Now, Life: o.Life}),
		Jaggaer:    jaggaersim.New(o.Company, jaggaersim.Options{Now: o.Now, Pace: o.Pace, Seed: o.Seed, Switches: o.Switches, Post: post}),
		Failed:     make(chan error, 2),
	}
	if o.Front == nil {
		o.Front = func(_ string, h http.Handler) http.Handler { return h }
	}
	var err error
	if s.ERP, err = s.serve(ctx, o.PeopleSoft, o.Front("peoplesoft", s.PeopleSoft)); err == nil {
		s.S2P, err = s.serve(ctx, o.Jaggaer, o.Front("jaggaer", s.Jaggaer))
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// post is how the simulated JAGGAER pushes; it has seen to it that the address is on this machine.
func post(ctx context.Context, address string, document []byte) (int, []byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return 0, nil, err
	}
	if u.Port() == "" {
		u.Host += map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	}
	c, err := wire.New(wire.Config{Connection: "push", Addresses: []string{u.Scheme + "://" + u.Host}})
	if err != nil {
		return 0, nil, err
	}
	defer c.Close()
	resp, err := c.Call(ctx, connector.Request{Op: "push", Method: http.MethodPost, URL: u.String(), Body: document, Write: true, Header: map[string]string{"Content-Type": "text/xml; charset=UTF-8"}})
	if err != nil {
		return 0, nil, err
	}
	return resp.Status, resp.Body, nil
}

func (s *Site) serve(ctx context.Context, address string, h http.Handler) (*net.TCPAddr, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, connector.Errorf(connector.Unavailable, "serve a simulator on "+address, "the address can't be listened on").
			Because(err).Advise("Stop what uses it, or choose another address.")
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	s.servers = append(s.servers, server)
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.Failed <- fmt.Errorf("serve a simulator on %s: %w", address, err)
		}
	}()
	at, _ := l.Addr().(*net.TCPAddr)
	return at, nil
}

// Close stops both simulators at once; what is on its way is cut.
func (s *Site) Close() {
	for _, server := range s.servers {
		_ = server.Close() // a listener that failed already fails again
	}
}

// URL is where a listener of the Site is called from this machine, with a path.
func URL(at *net.TCPAddr, path string) string { return "http://" + reach(at) + path }

func reach(at *net.TCPAddr) string {
	if at.IP.IsUnspecified() {
		at = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: at.Port}
	}
	return at.String()
}
