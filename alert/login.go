package alert

import (
	"errors"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

var (
	errNoLogIn = errors.New("neither AUTH PLAIN nor AUTH LOGIN is offered")
	errInClear = errors.New("a password is not sent in clear")
)

// logIn proves who we are to a mail server: by PLAIN, else by LOGIN, and never in clear.
type logIn struct {
	user, password string
	secure         bool // TLS from the start or by STARTTLS; else the server is on this machine
	plain          bool
}

// Start chooses the way.
func (l *logIn) Start(server *smtp.ServerInfo) (proto string, toServer []byte, err error) {
	if l.secure && !server.TLS {
		return "", nil, errInClear
	}
	switch {
	case slices.Contains(server.Auth, "PLAIN"):
		l.plain = true
		return "PLAIN", []byte("\x00" + l.user + "\x00" + l.password), nil
	case slices.Contains(server.Auth, "LOGIN"):
		return "LOGIN", nil, nil
	}
	return "", nil, errNoLogIn
}

// Next answers what the server asks.
func (l *logIn) Next(fromServer []byte, more bool) ([]byte, error) {
	switch asked := strings.ToLower(string(fromServer)); {
	case !more:
		return nil, nil
	case !l.plain && strings.HasPrefix(asked, "user"):
		return []byte(l.user), nil
	case !l.plain && strings.HasPrefix(asked, "pass"):
		return []byte(l.password), nil
	}
	return nil, errors.New("the server asks for something else than name and password")
}
