package alert

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	connector "ml-connector"
	"ml-connector/wire"
)

// Ways to a mail server.
const (
	startTLS = "starttls"
	wholeTLS = "tls"
	clear    = "none"
)

func (c Channel) port() int {
	n, err := strconv.Atoi(c.Settings["port"])
	if err != nil {
		return 587
	}
	return n
}

// security is how the way to the mail server is made secure.
func (c Channel) security() string {
	switch {
	case c.Settings["tls"] != "":
		return c.Settings["tls"]
	case c.port() == 465:
		return wholeTLS
	}
	return startTLS
}

func (c Channel) checkMail(add func(setting, text string)) {
	if p := c.Settings["port"]; p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			add("port", "must be a number from 1 to 65535")
		}
	}
	host := c.Settings["host"]
	if strings.ContainsAny(host, "/@ \t\r\n") {
		add("host", "must be the name of a server, such as smtp.example.com")
	}
	switch c.security() {
	case startTLS, wholeTLS:
	case clear:
		if !local(host) {
			add("tls", "none is for a server on this machine alone: elsewhere mail and password would cross the network in clear")
		}
	default:
		add("tls", "must be starttls, tls or none")
	}
	for _, name := range []string{"from", "to"} {
		for _, a := range strings.Split(c.Settings[name], ", ") {
			if a != "" && mail.NewMsg().To(a) != nil || strings.ContainsAny(a, "\r\n") {
				add(name, "has what is no e-mail address")
			}
		}
	}
	if c.Secret != "" && c.Settings["username"] == "" {
		add("username", "is missing: there is a password")
	}
}

// mail sends a message by SMTP.
func (c Channel) mail(ctx context.Context, m Message) (string, error) {
	outside, err := wire.NewOutside(c.Allow, c.CA)
	if err != nil {
		return "", err
	}
	way := &dialled{outside: outside, whole: c.security() == wholeTLS}
	defer way.close()
	client, err := c.mailClient(way)
	if err != nil {
		return "", connector.Errorf(connector.Misconfigured, c.op(), "its settings can't be used").Because(err)
	}
	msg, err := c.letter(m)
	if err != nil {
		return "", connector.Errorf(connector.Misconfigured, c.op(), "the message can't be addressed").Because(err)
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return "", c.mailFailure(err)
	}
	err = client.SendWithSMTPClient(session, msg)
	answer := c.answered(msg.ServerResponse())
	if err != nil {
		_ = client.CloseWithSMTPClient(session) // what went wrong is known
		return answer, c.mailFailure(err)
	}
	_ = client.CloseWithSMTPClient(session) // it has the mail
	return answer, nil
}

// dialled opens the one connection of a sending, and closes it whatever becomes of it: who fails before the first letter does not.
type dialled struct {
	outside *wire.Outside
	whole   bool // TLS from the start
	conn    net.Conn
}

func (d *dialled) dial(ctx context.Context, _, address string) (net.Conn, error) {
	var err error
	d.conn, err = d.outside.Dial(ctx, address, d.whole)
	return d.conn, err
}

func (d *dialled) close() {
	if d.conn != nil {
		_ = d.conn.Close() // it is closed already after a letter
	}
}

func (c Channel) mailClient(way *dialled) (*mail.Client, error) {
	host := c.Settings["host"]
	options := []mail.Option{
		mail.WithPort(c.port()), mail.WithTimeout(sendTime), mail.WithTLSConfig(way.outside.TLS(host)), mail.WithoutNoop(),
		mail.WithDialContextFunc(way.dial),
	}
	if c.Host != "" {
		options = append(options, mail.WithHELO(c.Host))
	}
	if c.security() == startTLS {
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	} else {
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if c.Settings["username"] != "" {
		options = append(options, mail.WithSMTPAuthCustom(&logIn{user: c.Settings["username"], password: c.Secret, secure: c.security() != clear}))
	}
	return mail.NewClient(host, options...)
}

func (c Channel) letter(m Message) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.FromFormat("ml-connector", c.Settings["from"]); err != nil {
		return nil, err
	}
	if err := msg.To(strings.Split(c.Settings["to"], ", ")...); err != nil {
		return nil, err
	}
	msg.Subject(line(m.Title))
	msg.SetDateWithValue(m.At)
	host := c.Host
	if host == "" {
		host = "ml-connector.invalid"
	}
	msg.SetMessageIDWithValue(m.ID + "@" + host)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, Text(m))
	return msg, nil
}

// mailFailure is what a mail server, or the way to it, had to say.
func (c Channel) mailFailure(err error) error {
	code, said := 0, ""
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		code, said = e.Code, e.Error()
	}
	if e, ok := errors.AsType[*mail.SendError](err); ok && e.ErrorCode() != 0 {
		code, said = e.ErrorCode(), e.Error()
		said, _, _ = strings.Cut(said, ", affected ")
	}
	said = c.answered(said)
	switch {
	case code == 0:
		return c.unreachable(err)
	case code == 530 || code == 534 || code == 535 || code == 538:
		return connector.Errorf(connector.Credentials, c.op(), "the mail server refuses the log-in: %q", said).Advise("Correct `username` and the password of the channel, and `apply`.")
	case code >= 500:
		return connector.Errorf(connector.Rejected, c.op(), "the mail server refuses the message: %q", said).Advise("Look at `from` and `to` of the channel; the server's words say which it means.")
	}
	return connector.Errorf(connector.Unavailable, c.op(), "the mail server puts us off: %q", said).Advise("It is tried again by itself.")
}

// unreachable is what the way to a server had to say.
func (c Channel) unreachable(err error) error {
	if why := wire.Refused(err); why != "" {
		return connector.Errorf(connector.Forbidden, c.op(), "%s", why).Advise("Add the server to `egress.allow` in the configuration file, if it may be reached.")
	}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, otherName := errors.AsType[x509.HostnameError](err)
	_, ended := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	case unknown || otherName || ended:
		return connector.Errorf(connector.Misconfigured, c.op(), "the certificate of the server can't be trusted").Because(errors.New(c.answered(innermost(err)))).
			Advise("Give the authority that issued it as `tls_ca`, or call the server by the name in its certificate.")
	case strings.Contains(err.Error(), "STARTTLS"):
		return connector.Errorf(connector.Misconfigured, c.op(), "the mail server does not offer STARTTLS").Advise("Set `tls: tls` with port 465, or `tls: none` for a server on this machine.")
	case errors.Is(err, errNoLogIn):
		return connector.Errorf(connector.Misconfigured, c.op(), "the mail server takes no log-in by password").Advise("Ask who runs it for one that takes AUTH PLAIN or LOGIN, or leave `username` out.")
	}
	cause := c.answered(innermost(err))
	if c.Kind == Slack && strings.Contains(cause, "malformed") { // it quotes what came, and so perhaps the address
		cause = "what it answers is no HTTP"
	}
	return connector.Errorf(connector.Unavailable, c.op(), "the server can't be reached").Because(errors.New(cause)).Advise("Check `host` and `port` or the address of the channel, and the network between. It is tried again by itself.")
}

// innermost is what the network itself said.
func innermost(err error) string {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok || u.Unwrap() == nil {
			return err.Error()
		}
		err = u.Unwrap()
	}
}
