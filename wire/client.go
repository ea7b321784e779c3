// Package wire is the one HTTP client towards Systems: what a System's code gets as [connector.Caller].
//
// A [Client] belongs to one Connection and reaches only that Connection's own addresses. It resolves a name itself, looks
// at the addresses that come back, and dials exactly the one that it has looked at, so that a name that changes its mind
// between the check and the call (rebinding) gains nothing. Link-local, metadata, unspecified and multicast addresses are
// never dialled; with an egress list nothing but what it names is. Proxies of the environment are not used.
//
// Some Systems take files instead of calls: a PUT of file:///folder/name into a folder of the Connection puts the whole file there, or
// nothing, and never over another one.
//
// It never follows a redirect (a 3xx is an answer like any other), never keeps cookies, and never repeats a write: a
// write goes out on a fresh connection, and the connection itself tells whether a byte of it may have left. A GET on a
// kept-alive connection that its peer had closed meanwhile is the one thing that net/http sends again by itself.
//
// Errors are [connector.Error]: forbidden when the address is not ours to call, unavailable when surely nothing was
// sent or the request only reads, ambiguous when a write may have arrived. They name host and port, never a query or a
// secret. Each call leaves a [connector.Exchange], with secrets, bank and tax numbers masked, at the context's Trace
// before Call returns, so that it is kept before anybody acts on it.
//
// It is proved by tables against servers that misbehave: reset, lost answer, redirect, foreign address, rebinding, bomb,
// wrong name (QUALITY.md I16, I21, I22, I25).
package wire

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	connector "ml-connector"
)

// Limits that hold for every Connection.
const (
	connectTimeout = 10 * time.Second
	callTimeout    = 60 * time.Second
	idleTimeout    = 20 * time.Second // shorter than the 30 s after which WebLogic drops an idle connection
	maxBody        = 64 << 20         // JAGGAER.md §8
	maxHeader      = 1 << 20
	idlePerHost    = 64
)

// Config is what a Client is made of. Only Addresses must be given.
type Config struct {
	Connection string   // stands in each Exchange
	Addresses  []string // scheme://host:port that may be called, file:///folder that may be written to, from Validation.Addresses
	Allow      []string // egress.allow: host:port, address or CIDR; nil = no list
	TLS        TLS
	Secrets    []string      // values to mask wherever they occur
	Timeout    time.Duration // of a call that says nothing itself; 0 = 60 s
	MaxBody    int64         // of an answer, decoded; 0 = 64 MiB
	Now        func() time.Time
	// Resolve looks a host name up; nil = the machine's resolver. Tests give answers that change.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
}

// Client calls the addresses of one Connection. It may be used by many goroutines.
type Client struct {
	connection string
	targets    map[string]bool // scheme://host:port
	folders    map[string]bool // of this machine, absolute
	dialer     *dialer
	reads      *http.Transport
	writes     *http.Transport
	mask       *mask
	timeout    time.Duration
	maxBody    int64
	now        func() time.Time
}

var _ connector.Caller = (*Client)(nil)

// New makes a Client. Its errors are invalid (an address or an egress entry that can't be read) or misconfigured (a
// certificate that can't).
func New(c Config) (*Client, error) {
	targets, folders := map[string]bool{}, map[string]bool{}
	for _, a := range c.Addresses {
		u, err := url.Parse(a)
		if err == nil {
			if path, ok := folder(u); ok {
				folders[path] = true
				continue
			}
		}
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, connector.Errorf(connector.Invalid, "open the Connection "+c.Connection, "the address %q is not of the form https://host:port", a)
		}
		targets[origin(u)] = true
	}
	egress, err := parseEgress(c.Allow)
	if err != nil {
		return nil, err
	}
	tlsConfig, err := c.TLS.config()
	if err != nil {
		return nil, err
	}
	d := &dialer{egress: egress, tls: tlsConfig, resolve: c.Resolve}
	if d.resolve == nil {
		d.resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	client := &Client{
		connection: c.Connection, targets: targets, folders: folders, dialer: d, mask: newMask(c.Secrets),
		timeout: c.Timeout, maxBody: c.MaxBody, now: c.Now,
	}
	if client.timeout <= 0 {
		client.timeout = callTimeout
	}
	if client.maxBody <= 0 {
		client.maxBody = maxBody
	}
	if client.now == nil {
		client.now = time.Now
	}
	client.reads = d.transport(false)
	client.writes = d.transport(true)
	return client, nil
}

// Close ends the connections that are kept alive. Calls under way go on.
func (c *Client) Close() {
	c.reads.CloseIdleConnections()
	c.writes.CloseIdleConnections()
}

// Call makes one exchange; see the package comment for what it promises and [connector.Caller] for its errors.
func (c *Client) Call(ctx context.Context, r connector.Request) (*connector.Response, error) {
	started := c.now()
	got := c.exchange(ctx, r)
	took := c.now().Sub(started)
	id := c.keep(ctx, r, got, started, took)
	if got.err != nil {
		got.err.Message = c.mask.text(got.err.Message) // it may quote the peer
		got.err.Op = r.Op
		got.err.Exchange = id
		return nil, got.err
	}
	return &connector.Response{Status: got.status, Header: flat(got.header, decoded), Body: got.body, Took: took, Exchange: id}, nil
}

// outcome is what came of one call; err is nil when there is a whole answer.
type outcome struct {
	status int
	header http.Header
	body   []byte
	err    *connector.Error
}

func (c *Client) exchange(ctx context.Context, r connector.Request) outcome {
	if u, err := url.Parse(r.URL); err == nil && u.Scheme == "file" && len(c.folders) > 0 {
		return c.file(r, u)
	}
	u, refused := c.target(r.URL)
	if refused != nil {
		return outcome{err: refused}
	}
	timeout := r.Timeout
	if timeout <= 0 {
		timeout = c.timeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var used atomic.Pointer[conn]
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if on, ok := info.Conn.(*conn); ok {
			used.Store(on)
		}
	}})
	f := failure{write: r.Write, host: u.Hostname(), port: u.Port(), timeout: timeout, ctx: ctx}
	request, err := newRequest(ctx, r, u)
	if err != nil {
		return outcome{err: connector.Errorf(connector.Internal, "", "the request can't be made").Because(err)}
	}
	transport := c.reads
	if r.Write {
		transport = c.writes
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		if on := used.Load(); on != nil && r.Write {
			f.sent = on.stop()
		}
		return outcome{err: f.judge(err)}
	}
	f.sent = true
	body, err := readBody(answer, c.maxBody)
	answer.Body.Close()
	got := outcome{status: answer.StatusCode, header: answer.Header, body: body}
	if err != nil {
		got.err = f.judge(err)
	}
	return got
}

// target checks that a URL lies at one of the Connection's own addresses.
func (c *Client) target(raw string) (*url.URL, *connector.Error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return nil, connector.Errorf(connector.Misconfigured, "", "the address can't be read").
			Advise("Check the addresses and paths in this Connection's settings.")
	}
	if u.User != nil || !c.targets[origin(u)] {
		return nil, connector.Errorf(connector.Forbidden, "", "%s is not one of the Connection's addresses", origin(u)).
			Advise("Only the addresses in the settings of %s are called; add this one there if it is right.", c.connection)
	}
	return u, nil
}

// origin is scheme://host:port in lower case, with the port written out.
func origin(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// newRequest keeps the spelling of header names, which some gateways look at, and always has a Content-Length.
func newRequest(ctx context.Context, r connector.Request, u *url.URL) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	if r.Write {
		request.GetBody = nil // without it nothing can be replayed
	}
	request.Header.Set("User-Agent", "ml-connector")
	request.Header.Set("Accept-Encoding", "gzip")
	for name, value := range r.Header {
		if canonical := http.CanonicalHeaderKey(name); canonical != name {
			delete(request.Header, canonical)
		}
		request.Header[name] = []string{value}
	}
	return request, nil
}

// decoded are headers that speak of the body as it was sent, not as it is handed on.
var decoded = []string{"Content-Encoding", "Content-Length"}

// flat takes the first value of each header and leaves some out.
func flat(h http.Header, without []string) map[string]string {
	out := make(map[string]string, len(h))
	for name, values := range h {
		if len(values) > 0 {
			out[name] = values[0]
		}
	}
	if h.Get("Content-Encoding") != "" {
		for _, name := range without {
			delete(out, name)
		}
	}
	return out
}

// newID begins with the time, so that Exchanges lie in the order in which they came, and an index of them grows at its end.
func newID(at time.Time) string {
	var b [12]byte
	binary.BigEndian.PutUint64(b[:], uint64(at.UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // never fails
	return hex.EncodeToString(b[:])
}
