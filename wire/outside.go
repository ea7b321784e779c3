package wire

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Outside reaches what is no System, such as the server that takes our mail: by the same rules of addresses (link-local and metadata
// never, egress.allow when it is given), with certificates verified.
type Outside struct{ dialer *dialer }

// NewOutside makes it; allow is egress.allow, ca a PEM bundle that replaces the machine's, nil = the machine's.
func NewOutside(allow []string, ca []byte) (*Outside, error) {
	egress, err := parseEgress(allow)
	if err != nil {
		return nil, err
	}
	config, err := TLS{CA: ca}.config()
	if err != nil {
		return nil, err
	}
	return &Outside{&dialer{egress: egress, tls: config, resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}}}, nil
}

// Dial opens a connection to HOST:PORT; secure begins TLS on it at once.
func (o *Outside) Dial(ctx context.Context, address string, secure bool) (net.Conn, error) {
	made, err := o.dialer.dial(ctx, address, secure)
	if c, ok := made.(*conn); ok {
		return c.Conn, err // nobody here has to know what was sent
	}
	return made, err
}

// TLS is how a connection to a host that was opened without is made secure.
func (o *Outside) TLS(host string) *tls.Config {
	c := o.dialer.tls.Clone()
	c.ServerName = host
	return c
}

// Refused is the reason why an address was not even tried, "" for any other error.
func Refused(err error) string {
	for err != nil {
		if r, ok := err.(errRefused); ok {
			return r.reason
		}
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return ""
		}
		err = u.Unwrap()
	}
	return ""
}

// Client makes HTTP requests, each on a connection of its own. A redirect is an answer like others: it is not followed.
func (o *Outside) Client(timeout time.Duration) *http.Client {
	return &http.Client{Transport: o.dialer.transport(true), Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
