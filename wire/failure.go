package wire

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	connector "ml-connector"
)

// failure is what is known about a call that gave no whole answer.
type failure struct {
	write      bool
	sent       bool // a byte of the request may have left
	host, port string
	timeout    time.Duration
	ctx        context.Context
}

// judge gives the Error: the class by whether a write may have arrived, the words by what the network said.
func (f failure) judge(err error) *connector.Error {
	message, hint := f.words(err)
	if _, refused := errors.AsType[errRefused](err); refused {
		return connector.Errorf(connector.Forbidden, "", "%s", message).Advise("%s", hint)
	}
	code := connector.Unavailable
	if f.write && f.sent {
		code = connector.Ambiguous
		message += ", after the request had gone out: it may have been done"
		hint = "Nothing is sent again before it has been looked up."
	}
	return connector.Errorf(code, "", "%s", message).Advise("%s", hint)
}

// at names the peer.
func (f failure) at() string {
	if f.port == "" {
		return "host " + f.host
	}
	return "host " + f.host + ", port " + f.port
}

func (f failure) words(err error) (message, hint string) {
	const check = "Check host and port in this Connection's settings, that the System runs, and that no firewall is between."
	at := f.at()
	if refused, ok := errors.AsType[errRefused](err); ok {
		return refused.reason, "Whoever runs this program decides with `egress` in its configuration file what may be called."
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return "the name of the host " + f.host + " is not known", "Check the host's spelling in this Connection's settings, and this machine's DNS."
		}
		return "the name of the host " + f.host + " could not be looked up", "Check this machine's DNS."
	}
	if handshake, ok := errors.AsType[errHandshake](err); ok {
		return f.handshake(handshake, at)
	}
	switch {
	case errors.Is(err, context.Canceled) && errors.Is(f.ctx.Err(), context.Canceled):
		return "stopped while calling " + at, "It goes on when ml-connector runs again."
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(f.ctx.Err(), context.DeadlineExceeded):
		return "no answer from " + at + " within " + f.timeout.String(), "Try again later; the setting `timeout` gives slow Systems more time."
	case isTimeout(err):
		return "no connection to " + at + " within " + connectTimeout.String(), check
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing answers at " + at + " (connection refused)", check
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to " + at, check
	case errors.Is(err, errTooLarge):
		return "the answer from " + at + " is larger than this program takes", "Make pages smaller in this Connection's settings."
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return "the answer from " + at + " is damaged (gzip)", "Try again later."
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection to " + at + " was cut before the answer was whole", "Try again later."
	case strings.Contains(err.Error(), "malformed"):
		return "what answers at " + at + " does not speak HTTP, or was cut", "Check host and port in this Connection's settings; with TLS, use https:// (tls: true)."
	}
	return "the call of " + at + " failed: " + inner(err), check
}

func (f failure) handshake(err error, at string) (message, hint string) {
	message = "no secure connection to " + at
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return message + ": it does not speak TLS", "Use http:// (tls: false), or the port that speaks TLS."
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return message + ": its certificate is for another name (" + strings.Join(names(e.Certificate), ", ") + ")", "Use the name that the certificate has as host."
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return message + ": its certificate is not valid now (" + e.Cert.NotBefore.Format(time.DateOnly) + " to " + e.Cert.NotAfter.Format(time.DateOnly) + ")",
			"The System's operators renew it; check this machine's clock too."
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return message + ": its certificate comes from an authority that is not trusted here", "Give the authority's certificate as tls_ca in this Connection's settings."
	}
	if isTimeout(err) || errors.Is(err, context.DeadlineExceeded) {
		return message + " within " + connectTimeout.String(), "Check that the port speaks TLS and that the System is well."
	}
	return message + ": " + inner(err), "Check the certificates (tls_ca, tls_cert, the secret tls_key) and TLS versions on both sides."
}

// names are those that a certificate is valid for, at most five.
func names(c *x509.Certificate) []string {
	out := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		out = append(out, ip.String())
	}
	if len(out) == 0 {
		out = append(out, c.Subject.CommonName)
	}
	return out[:min(len(out), 5)]
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// inner is the text of the innermost error, without the addresses that the layers above repeat.
func inner(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
