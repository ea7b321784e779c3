package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	connector "ml-connector"
)

// errRefused is the reason of a dial that was never tried: no address of the name may be called.
type errRefused struct{ reason string }

func (e errRefused) Error() string { return e.reason }

// dialer resolves, checks and dials; nothing else in the program opens a connection to a System.
type dialer struct {
	egress  *egress
	tls     *tls.Config
	resolve func(ctx context.Context, host string) ([]netip.Addr, error)
}

// transport makes a Transport over this dialer. HTTP/1.1 only: what of a request left is then told by one connection.
func (d *dialer) transport(fresh bool) *http.Transport {
	return &http.Transport{
		DialContext:            func(ctx context.Context, _, addr string) (net.Conn, error) { return d.dial(ctx, addr, false) },
		DialTLSContext:         func(ctx context.Context, _, addr string) (net.Conn, error) { return d.dial(ctx, addr, true) },
		DisableCompression:     true, // readBody decodes, within bounds
		DisableKeepAlives:      fresh,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeader,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
	}
}

func (d *dialer) dial(ctx context.Context, addr string, secure bool) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	ips, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, ip := range ips {
		if err := d.egress.check(host, port, ip); err != nil {
			problems = append(problems, err)
			continue
		}
		raw, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(ip.String(), port))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if !secure {
			return &conn{Conn: raw}, nil
		}
		return d.handshake(ctx, raw, host)
	}
	return nil, worst(problems, host)
}

// worst prefers what the network said to what we refused ourselves.
func worst(problems []error, host string) error {
	if len(problems) == 0 {
		return &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	for _, p := range problems {
		if _, refused := errors.AsType[errRefused](p); !refused {
			return p
		}
	}
	return problems[0]
}

func (d *dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	return d.resolve(ctx, host)
}

func (d *dialer) handshake(ctx context.Context, raw net.Conn, host string) (net.Conn, error) {
	config := d.tls.Clone()
	config.ServerName = strings.TrimSuffix(host, ".")
	secured := tls.Client(raw, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, errHandshake{err}
	}
	return &conn{Conn: secured}, nil
}

// errHandshake marks what went wrong between the TCP connection and the first byte of HTTP.
type errHandshake struct{ error }

func (e errHandshake) Unwrap() error { return e.error }

// conn knows whether a byte was handed to it, and can be told to take no more.
type conn struct {
	net.Conn
	mu      sync.Mutex
	began   bool
	stopped bool
}

// Write notes that something is about to leave before it leaves.
func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	if c.stopped {
		c.mu.Unlock()
		return 0, net.ErrClosed
	}
	c.began = c.began || len(b) > 0
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// stop lets nothing more out, and says whether something may have gone out before.
func (c *conn) stop() (began bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	return c.began
}

// egress is the list of egress.allow; nil is no list.
type egress struct {
	hosts []string // host:port
	nets  []netip.Prefix
}

func parseEgress(allow []string) (*egress, error) {
	if allow == nil {
		return nil, nil
	}
	e := &egress{}
	for _, entry := range allow {
		if p, err := netip.ParsePrefix(entry); err == nil {
			e.nets = append(e.nets, p.Masked())
			continue
		}
		if ip, err := netip.ParseAddr(entry); err == nil {
			e.nets = append(e.nets, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		host, port, err := net.SplitHostPort(entry)
		if err != nil || host == "" || port == "" {
			return nil, connector.Errorf(connector.Invalid, "read egress.allow", "%q is neither host:port nor an address range like 10.0.0.0/8", entry)
		}
		e.hosts = append(e.hosts, net.JoinHostPort(strings.ToLower(host), port))
	}
	return e, nil
}

// CheckEgress says whether the entries of egress.allow can be read: host:port, an address, or a CIDR range.
func CheckEgress(allow []string) error {
	_, err := parseEgress(allow)
	return err
}

// check judges one resolved address of a host.
func (e *egress) check(host, port string, ip netip.Addr) error {
	ip = plain(ip)
	if never(ip) {
		return errRefused{fmt.Sprintf("%s has the address %s, which is never called (link-local or metadata)", host, ip)}
	}
	if e == nil || slices.Contains(e.hosts, net.JoinHostPort(strings.ToLower(host), port)) {
		return nil
	}
	for _, n := range e.nets {
		if n.Contains(ip) {
			return nil
		}
	}
	return errRefused{fmt.Sprintf("%s port %s (%s) is not in egress.allow", host, port, ip)}
}

// plain takes IPv4 out of its IPv6 disguises: mapped, and NAT64 (RFC 6052).
func plain(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if nat64.Contains(ip) {
		b := ip.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return ip
}

var (
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
	// metadata are cloud metadata services that are not link-local.
	metadata = []netip.Addr{
		netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200"),
		netip.MustParseAddr("192.0.0.192"), netip.MustParseAddr("168.63.129.16"),
	}
)

func never(ip netip.Addr) bool {
	return !ip.IsValid() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || slices.Contains(metadata, ip)
}
