package alert

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	connector "ml-connector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var at = time.Date(2026, 3, 1, 7, 0, 0, 0, time.UTC)

// hostileName is what a supplier may call itself.
const hostileName = "Acme\r\nBcc: evil@example.com\r\n\r\n<!channel> <https://evil.example.com|click> *bold* [a](https://evil.example.com) @all \u202egnp"

func message() Message {
	return Message{ID: "n-4711-abc", Kind: KindAlert, Title: "2 things need you: " + hostileName, At: at, URL: "https://connector.example.com", Sections: []Section{{Items: []Item{
		{State: StateBegan, Cause: "connection.paused", Subject: "connection:erp", Text: "erp stands still: " + hostileName, Hint: "ml-connector connection ping erp", URL: "https://connector.example.com/connections/erp", Since: at},
		{State: StateOver, Cause: "held", Subject: "flow:invoices", Text: "Grüße – 14 are held", URL: "https://connector.example.com/held", Since: at},
	}}}}
}

func mailChannel(host, port string, ca []byte, more ...string) Channel {
	c := Channel{Name: "ops", Kind: Email, CA: ca, Now: at, Host: "connector.example.com", Settings: map[string]string{"host": host, "port": port, "from": "mlc@example.com", "to": "ap@example.com, boss@example.com"}}
	for n := 0; n+1 < len(more); n += 2 {
		if more[n] == "password" {
			c.Secret = more[n+1]
		} else {
			c.Settings[more[n]] = more[n+1]
		}
	}
	return c
}

// TestMailArrives in each way in which a mail server takes it, and is what was meant: no text of others makes a header of it.
func TestMailArrives(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		post *postOffice
		more []string
	}{
		"STARTTLS, no log-in":        {&postOffice{}, nil},
		"STARTTLS, AUTH PLAIN":       {&postOffice{auth: "LOGIN PLAIN", password: "not-a-real-password"}, []string{"username", "mlc", "password", "not-a-real-password"}},
		"STARTTLS, AUTH LOGIN":       {&postOffice{auth: "LOGIN", password: "not-a-real-password"}, []string{"username", "mlc", "password", "not-a-real-password"}},
		"TLS from the start, log-in": {&postOffice{whole: true, auth: "PLAIN", password: "not-a-real-password"}, []string{"tls", "tls", "username", "mlc", "password", "not-a-real-password"}},
		"this machine, without TLS":  {&postOffice{noTLS: true}, []string{"tls", "none"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host, port, ca := openPost(t, row.post)
			c := mailChannel(host, port, ca, row.more...)
			if wrong := c.Check(); len(wrong) > 0 {
				t.Fatal(wrong)
			}
			answer, err := c.Send(t.Context(), message())
			if err != nil || !strings.Contains(answer, "queued as 4711") {
				t.Fatalf("%q, %v", answer, err)
			}
			got := row.post.letters()
			if len(got) != 1 || len(got[0].to) != 2 || !strings.Contains(got[0].from, "<mlc@example.com>") || got[0].safe == row.post.noTLS || (got[0].user == "mlc") != (row.post.password != "") {
				t.Fatalf("%+v", got)
			}
			checkLetter(t, got[0].data)
		})
	}
}

func checkLetter(t *testing.T, data string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for name := range m.Header {
		switch name {
		case "From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted":
		default:
			t.Errorf("it has the header %s: %s", name, m.Header.Get(name))
		}
	}
	if m.Header.Get("Message-Id") != "<n-4711-abc@connector.example.com>" || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("headers %v", m.Header)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"* erp stands still: Acme  Bcc: evil@example.com", "  ml-connector connection ping erp", "* Over: Grüße – 14 are held", "https://connector.example.com/connections/erp"} {
		if !strings.Contains(string(body), part) {
			t.Errorf("it lacks %q:\n%s", part, body)
		}
	}
	if strings.Contains(string(body), "\u202e") || strings.Contains(string(body), "\nBcc") {
		t.Errorf("hostile text:\n%s", body)
	}
}

// TestWhatAMailServerSaysIsTold with what mends it, and the password nowhere.
func TestWhatAMailServerSaysIsTold(t *testing.T) {
	t.Parallel()
	const secret = "not-a-real-password"
	in := []string{"username", "mlc", "password", secret}
	for name, row := range map[string]struct {
		post   *postOffice
		more   []string
		change func(*Channel)
		code   connector.Code
		says   string
	}{
		"another password":                {&postOffice{auth: "PLAIN", password: "another"}, in, nil, connector.Credentials, "no such name and password"},
		"a log-in that is missing":        {&postOffice{auth: "PLAIN", password: "another"}, nil, nil, connector.Credentials, "log in first"},
		"a log-in that we can't":          {&postOffice{auth: "CRAM-MD5", password: "another"}, in, nil, connector.Misconfigured, "takes no log-in by password"},
		"no STARTTLS":                     {&postOffice{noTLS: true, auth: "PLAIN", password: secret}, in, nil, connector.Misconfigured, "does not offer STARTTLS"},
		"a certificate that nobody knows": {&postOffice{}, nil, func(c *Channel) { _, c.CA = certified(t) }, connector.Misconfigured, "can't be trusted"},
		"a sender that it does not want":  {&postOffice{refuse: map[string]string{"MAIL": "550 5.1.8 sender refused"}}, nil, nil, connector.Rejected, "sender refused"},
		"a reader that it does not know":  {&postOffice{refuse: map[string]string{"RCPT": "550 5.1.1 no such user"}}, nil, nil, connector.Rejected, "no such user"},
		"greylisting":                     {&postOffice{refuse: map[string]string{"RCPT": "451 4.7.1 try again later"}}, nil, nil, connector.Unavailable, "try again later"},
		"a text that it does not want":    {&postOffice{refuse: map[string]string{"TEXT": "554 5.6.0 no"}}, nil, nil, connector.Rejected, "5.6.0"},
		"a server that is full":           {&postOffice{refuse: map[string]string{"HELLO": "421 4.3.2 come back later"}}, nil, nil, connector.Unavailable, "come back later"},
		"nobody there":                    {&postOffice{}, nil, func(c *Channel) { c.Settings["port"] = "1" }, connector.Unavailable, "can't be reached"},
		"an address that is not allowed":  {&postOffice{}, nil, func(c *Channel) { c.Allow = []string{"10.0.0.0/8"} }, connector.Forbidden, "not in egress.allow"},
		"a metadata address":              {&postOffice{}, nil, func(c *Channel) { c.Settings["host"] = "169.254.169.254" }, connector.Forbidden, "never called"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host, port, ca := openPost(t, row.post)
			c := mailChannel(host, port, ca, row.more...)
			if row.change != nil {
				row.change(&c)
			}
			_, err := c.Send(t.Context(), message())
			e := connector.AsError(err)
			if e == nil || e.Code != row.code || !strings.Contains(e.Error(), row.says) || e.Hint == "" {
				t.Errorf("got %v", err)
			}
			if e != nil && strings.Contains(e.Error(), secret) {
				t.Error("the error has the password")
			}
			if name == "no STARTTLS" && strings.Contains(row.post.heard(), "AUTH") {
				t.Error("the password went out in clear")
			}
			if len(row.post.letters()) > 0 {
				t.Error("a mail arrived")
			}
		})
	}
}

// TestTheWebhookIsSigned: the receiver makes the signature anew, as Standard Webhooks says.
func TestTheWebhookIsSigned(t *testing.T) {
	t.Parallel()
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	if got := Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("the specification's own example gives %s", got)
	}
	answers := make(chan int, 8)
	var seen hooked
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		h := r.Header
		if err != nil || h.Get("webhook-signature") != Sign(secret, h.Get("webhook-id"), h.Get("webhook-timestamp"), body) || h.Get("webhook-id") != "n-4711-abc" ||
			h.Get("webhook-timestamp") != strconv.FormatInt(at.Add(time.Hour).Unix(), 10) || h.Get("Content-Type") != "application/json" || json.Unmarshal(body, &seen) != nil {
			t.Errorf("%v, %s", h, body)
		}
		status := <-answers
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "because "+secret+strings.Repeat(" and so on", 1000))
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	c := Channel{Name: "pager", Kind: Webhook, Settings: map[string]string{"url": s.URL + "/in"}, Secret: secret, CA: certificateOf(s), Now: at.Add(time.Hour)}
	if wrong := c.Check(); len(wrong) > 0 || c.Address() != s.URL {
		t.Fatal(wrong, c.Address())
	}
	for status, code := range map[int]connector.Code{200: "", 204: "", 302: connector.Misconfigured, 401: connector.Credentials, 404: connector.Rejected, 429: connector.Throttled, 500: connector.Unavailable} {
		answers <- status
		answer, err := c.Send(t.Context(), message())
		if connector.CodeOf(err) != code || !strings.HasPrefix(answer, strconv.Itoa(status)) || strings.Contains(answer, secret) || len(answer) > 1000 {
			t.Errorf("%d: %q, %v", status, answer, err)
		}
		if err != nil && (strings.Contains(err.Error(), secret) || connector.AsError(err).Hint == "") {
			t.Errorf("%d: %v", status, err)
		}
	}
	if seen.Type != "ml-connector.alert" || len(seen.Data.Sections[0].Items) != 2 || seen.Data.Sections[0].Items[0].Cause != "connection.paused" {
		t.Errorf("%+v", seen)
	}
	c.CA = nil
	if _, err := c.Send(t.Context(), message()); connector.CodeOf(err) != connector.Misconfigured {
		t.Errorf("a certificate that nobody knows: %v", err)
	}
}

func certificateOf(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// TestTheChatTakesNothingForMarkup: links are ours alone, and nobody is called.
func TestTheChatTakesNothingForMarkup(t *testing.T) {
	t.Parallel()
	var text string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]string
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body) != 1 {
			t.Errorf("%v, %v", body, err)
		}
		text = body["text"]
		_, _ = io.WriteString(w, "ok")
	}))
	defer s.Close()
	c := Channel{Name: "chat", Kind: Slack, Secret: s.URL + "/services/T0/B0/not-a-real-secret", Now: at}
	if wrong := c.Check(); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	if answer, err := c.Send(t.Context(), message()); err != nil || answer != "200 OK ok" {
		t.Fatalf("%q, %v", answer, err)
	}
	for _, hostile := range []string{"<", ">", "*bold*", "](", "@all", "|click"} {
		if strings.Contains(text, hostile) {
			t.Errorf("%q stands in\n%s", hostile, text)
		}
	}
	if !strings.Contains(text, "\n   https://connector.example.com/connections/erp") || strings.Count(text, "\n• ") != 2 {
		t.Errorf("got\n%s", text)
	}
	c.Secret = "http://127.0.0.1:1/services/T0/B0/not-a-real-secret"
	if _, err := c.Send(t.Context(), message()); connector.CodeOf(err) != connector.Unavailable || strings.Contains(err.Error(), "not-a-real") {
		t.Errorf("nobody there: %v", err)
	}
}

func TestSettingsOfChannels(t *testing.T) {
	t.Parallel()
	mail := func(more ...string) Channel { return mailChannel("smtp.example.com", "587", nil, more...) }
	hook := func(url, secret string) Channel {
		return Channel{Name: "a", Kind: Webhook, Settings: map[string]string{"url": url}, Secret: secret}
	}
	long := strings.Repeat("s", leastSigning)
	for name, row := range map[string]struct {
		c     Channel
		wrong string // the setting
	}{
		"a good one":                   {mail(), ""},
		"a port that is none":          {mail("port", "http"), "port"},
		"a way that is none":           {mail("tls", "ssl"), "tls"},
		"in clear to elsewhere":        {mail("tls", "none"), "tls"},
		"no host":                      {mail("host", ""), "host"},
		"an address for a host":        {mail("host", "smtp://x"), "host"},
		"no reader":                    {mail("to", ""), "to"},
		"a reader that is none":        {mail("to", "ap@example.com, nobody"), "to"},
		"a header in the sender":       {mail("from", "a@example.com\r\nBcc: b@example.com"), "from"},
		"a password without a name":    {mail("password", "x"), "username"},
		"a webhook":                    {hook("https://a.example.com/x", long), ""},
		"a webhook in clear":           {hook("http://a.example.com/x", long), "url"},
		"a webhook on this machine":    {hook("http://127.0.0.1:1/x", long), ""},
		"a webhook that is no address": {hook("a.example.com", long), "url"},
		"a short secret":               {hook("https://a.example.com/x", "short"), "secret"},
		"a secret that is no base64":   {hook("https://a.example.com/x", "whsec_!!!"), "secret"},
		"a chat without address":       {Channel{Name: "c", Kind: Slack, Secret: "xoxb"}, "url"},
	} {
		got := row.c.Check()
		if len(got) == 0 && row.wrong != "" || len(got) > 0 && got[0].Setting != row.wrong {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestQuietHoursAndMornings(t *testing.T) {
	t.Parallel()
	clock := func(s string) Clock {
		c, err := ParseClock(s)
		if err != nil || c.String() != s {
			t.Fatalf("%s: %v, %v", s, c, err)
		}
		return c
	}
	night := &Quiet{clock("22:00"), clock("06:30"), "Europe/Vienna"}
	noon := &Quiet{clock("12:00"), clock("13:00"), "UTC"}
	for moment, want := range map[string][2]bool{ // in UTC: night in Vienna, noon in UTC
		"2026-01-10T20:59:00Z": {false, false}, "2026-01-10T21:00:00Z": {true, false}, "2026-01-11T05:29:00Z": {true, false}, "2026-01-11T05:30:00Z": {false, false},
		"2026-07-10T20:00:00Z": {true, false}, "2026-07-11T04:30:00Z": {false, false}, "2026-07-11T12:59:00Z": {false, true}, "2026-07-11T13:00:00Z": {false, false},
	} {
		at, _ := time.Parse(time.RFC3339, moment)
		if got := [2]bool{night.At(at), noon.At(at)}; got != want {
			t.Errorf("%s: %v", moment, got)
		}
	}
	if (*Quiet)(nil).At(at) || (&Quiet{5, 5, "UTC"}).At(at) {
		t.Error("without quiet hours it is quiet")
	}
	morning := &Morning{At: clock("07:00"), Zone: "Europe/Vienna"}
	for moment, want := range map[string]string{
		"2026-01-10T05:59:59Z": "2026-01-09T06:00:00Z", "2026-01-10T06:00:00Z": "2026-01-10T06:00:00Z", "2026-03-01T00:00:00Z": "2026-02-28T06:00:00Z",
		"2026-03-29T05:00:00Z": "2026-03-29T05:00:00Z", "2026-03-29T04:59:00Z": "2026-03-28T06:00:00Z", // the clock went forward in between
	} {
		at, _ := time.Parse(time.RFC3339, moment)
		if got := morning.Last(at).Format(time.RFC3339); got != want {
			t.Errorf("%s: %s", moment, got)
		}
	}
	for _, wrong := range []string{"", "7", "25:00", "07:60", "7:00 pm"} {
		if _, err := ParseClock(wrong); connector.CodeOf(err) != connector.Invalid {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
