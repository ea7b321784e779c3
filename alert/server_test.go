package alert

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// certified is a certificate of 127.0.0.1 that signs itself, and its text.
func certified(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plan := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	raw, err := x509.CreateCertificate(rand.Reader, plan, plan, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}

// letter is one mail that arrived.
type letter struct {
	from string
	to   []string
	user string
	safe bool // it came by TLS
	data string
}

// postOffice is a mail server: with STARTTLS, or TLS from the start, and with log-in when it knows a password.
type postOffice struct {
	t        *testing.T
	listener net.Listener
	tls      *tls.Config
	whole    bool
	noTLS    bool
	auth     string // PLAIN, LOGIN, CRAM-MD5, ""
	password string
	refuse   map[string]string // what is answered, by the beginning of what is said

	mu   sync.Mutex
	got  []letter
	said []string
}

func openPost(t *testing.T, p *postOffice) (host, port string, ca []byte) {
	t.Helper()
	cert, text := certified(t)
	p.t, p.tls = t, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	var err error
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() {
		p.listener.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			c, err := p.listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(time.Minute))
				p.serve(c)
			})
		}
	})
	host, port, _ = net.SplitHostPort(p.listener.Addr().String())
	return host, port, text
}

func (p *postOffice) letters() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]letter{}, p.got...)
}

func (p *postOffice) heard() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.said, "\n")
}

func (p *postOffice) serve(c net.Conn) {
	safe := p.whole
	if p.whole {
		c = tls.Server(c, p.tls)
	}
	in := bufio.NewReader(c)
	say := func(format string, args ...any) { fmt.Fprintf(c, format+"\r\n", args...) }
	var l letter
	known := p.password == ""
	hear := func() (string, bool) {
		text, err := in.ReadString('\n')
		text = strings.TrimRight(text, "\r\n")
		p.mu.Lock()
		p.said = append(p.said, text)
		p.mu.Unlock()
		return text, err == nil
	}
	if text, ok := p.refuse["HELLO"]; ok {
		say(text)
		return
	}
	say("220 post ESMTP")
	for {
		text, ok := hear()
		if !ok {
			return
		}
		verb, rest, _ := strings.Cut(text, " ")
		verb = strings.ToUpper(verb)
		if answer, ok := p.refuse[verb]; ok {
			say(answer)
			continue
		}
		switch verb {
		case "EHLO", "HELO":
			say("250-post")
			if !safe && !p.noTLS {
				say("250-STARTTLS")
			}
			if p.auth != "" && (safe || p.noTLS) {
				say("250-AUTH %s", p.auth)
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go on")
			c, safe = tls.Server(c, p.tls), true
			in = bufio.NewReader(c)
		case "AUTH":
			var user, password string
			if way, text, _ := strings.Cut(rest, " "); way == "PLAIN" {
				raw, _ := base64.StdEncoding.DecodeString(text)
				parts := strings.Split(string(raw), "\x00")
				user, password = parts[1], parts[2]
			} else {
				say("334 VXNlcm5hbWU6")
				text, _ := hear()
				raw, _ := base64.StdEncoding.DecodeString(text)
				user = string(raw)
				say("334 UGFzc3dvcmQ6")
				text, _ = hear()
				raw, _ = base64.StdEncoding.DecodeString(text)
				password = string(raw)
			}
			if password != p.password {
				say("535 5.7.8 no such name and password")
				continue
			}
			known, l.user = true, user
			say("235 welcome")
		case "MAIL":
			if !known {
				say("530 log in first")
				continue
			}
			l.from, l.to = rest, nil
			say("250 ok")
		case "RCPT":
			l.to = append(l.to, rest)
			say("250 ok")
		case "DATA":
			say("354 go on")
			var data strings.Builder
			for {
				text, ok := hear()
				if !ok || text == "." {
					break
				}
				data.WriteString(text + "\n")
			}
			l.data, l.safe = data.String(), safe
			if answer, ok := p.refuse["TEXT"]; ok {
				say(answer)
				continue
			}
			p.mu.Lock()
			p.got = append(p.got, l)
			p.mu.Unlock()
			say("250 2.0.0 queued as 4711")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}
