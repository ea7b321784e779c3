package alert

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
)

// Kinds of channels.
const (
	Email   = "email"
	Webhook = "webhook"
	Slack   = "slack"
)

// Setting is one setting of a channel.
type Setting struct {
	Name, Help string
	Required   bool
	List       bool // several texts
	Path       bool // of a file
}

// Described is what a kind of channel is made of.
type Described struct {
	Kind     string
	Title    string
	Settings []Setting
	Secret   Setting // it has one at most
}

// Describe lists the kinds of channels.
func Describe() []Described {
	ca := Setting{Name: "tls_ca", Help: "file with the authority of its certificate, where that is your own", Path: true}
	return []Described{
		{Email, "e-mail", []Setting{
			{Name: "host", Help: "the server that takes mail, such as smtp.example.com", Required: true}, {Name: "port", Help: "587 (STARTTLS), or 465 (TLS from the start)"},
			{Name: "tls", Help: "starttls, tls, or none (on this machine alone)"}, {Name: "username", Help: "for its log-in"},
			{Name: "from", Help: "the sender's address", Required: true}, {Name: "to", Help: "addresses, such as [ap@example.com]", Required: true, List: true}, ca,
		}, Setting{Name: "password", Help: "of the user name"}},
		{Webhook, "signed webhook", []Setting{{Name: "url", Help: "https address that takes it", Required: true}, ca},
			Setting{Name: "secret", Help: "that messages are signed with: 24 characters or more, or whsec_ and base64", Required: true}},
		{Slack, "chat (Slack, Mattermost, Rocket.Chat)", []Setting{ca}, Setting{Name: "url", Help: "the incoming webhook's address, which is a secret", Required: true}},
	}
}

// DescribeKind is what a kind of channel is made of.
func DescribeKind(kind string) (Described, bool) {
	all := Describe()
	n := slices.IndexFunc(all, func(d Described) bool { return d.Kind == kind })
	if n < 0 {
		return Described{}, false
	}
	return all[n], true
}

// Channel is one way in which people are told.
type Channel struct {
	Name     string
	Kind     string
	Settings map[string]string // lists with ", " between
	Secret   string
	CA       []byte   // what tls_ca holds
	Allow    []string // egress.allow
	Host     string   // that the mail says it comes from
	Now      time.Time
}

// Problem is what is wrong with one setting.
type Problem struct{ Setting, Text string }

// Check says what is wrong with the settings of a channel. Without a secret only its settings are looked at.
func (c Channel) Check() []Problem {
	var out []Problem
	add := func(setting, text string) { out = append(out, Problem{setting, text}) }
	d, _ := DescribeKind(c.Kind)
	for _, s := range d.Settings {
		if s.Required && c.Settings[s.Name] == "" {
			add(s.Name, "is missing: "+s.Help)
		}
	}
	switch c.Kind {
	case Email:
		c.checkMail(add)
	case Webhook:
		if u := c.Settings["url"]; u != "" {
			addIf(add, "url", addressProblem(u))
		}
		if c.Secret != "" {
			addIf(add, "secret", signingProblem(c.Secret))
		}
	case Slack:
		if c.Secret != "" {
			addIf(add, "url", addressProblem(c.Secret))
		}
	}
	return out
}

func addIf(add func(string, string), setting, problem string) {
	if problem != "" {
		add(setting, problem)
	}
}

// addressProblem says what is wrong with the address of a webhook; it never quotes it: it may be a secret.
func addressProblem(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "":
		return "must be an address such as https://hooks.example.com/…"
	case u.Scheme == "http" && local(u.Hostname()):
		return ""
	case u.Scheme != "https":
		return "must be https; http is for this machine alone"
	}
	return ""
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Address is what the secret of a channel is bound to: where it is sent. The address of a chat is the secret itself.
func (c Channel) Address() string {
	switch c.Kind {
	case Email:
		return net.JoinHostPort(c.Settings["host"], strconv.Itoa(c.port()))
	case Webhook:
		if u, err := url.Parse(c.Settings["url"]); err == nil {
			return u.Scheme + "://" + u.Host
		}
	}
	return ""
}

// sendTime is how long sending one message may take.
const sendTime = 30 * time.Second

// Send sends a message, and gives what the server answered. An error says whether it is worth to try again: unavailable and throttled
// are, others wait for a person.
func (c Channel) Send(ctx context.Context, m Message) (answer string, err error) {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	switch c.Kind {
	case Email:
		return c.mail(ctx, m)
	case Webhook:
		return c.hook(ctx, m)
	case Slack:
		return c.chat(ctx, m)
	}
	return "", connector.Errorf(connector.Internal, "send a message", "there is no channel of the kind %q", c.Kind)
}

func (c Channel) op() string { return "send by the channel " + c.Name }

// answered is what a server said, on one line and without what could be our own secret.
func (c Channel) answered(text string) string {
	text = c.masked(line(strings.TrimSpace(c.masked(text)))) // first as it came: a secret may have what a line has not
	if runes := []rune(text); len(runes) > 300 {
		return string(runes[:299]) + "…"
	}
	return text
}
