package alert

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestTheAddressOfAChatIsNotEchoed: it is a secret, and servers quote addresses.
func TestTheAddressOfAChatIsNotEchoed(t *testing.T) {
	t.Parallel()
	const token = "Not%2Da-real-Token"
	for name, row := range map[string]struct {
		status int
		body   func(*http.Request) string
		keeps  string
	}{
		"the path":         {404, func(r *http.Request) string { return "Cannot POST " + r.URL.Path }, "404 Not Found"},
		"as it was asked":  {500, func(r *http.Request) string { return r.RequestURI }, "500 Internal Server Error"},
		"its last part":    {403, func(r *http.Request) string { return r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:] }, "403 Forbidden"},
		"in base64":        {400, func(r *http.Request) string { return base64.StdEncoding.EncodeToString([]byte(r.RequestURI)) }, "400 Bad Request"},
		"a word that says": {403, func(*http.Request) string { return "invalid_token\n" }, "403 Forbidden invalid_token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(row.status)
				_, _ = io.WriteString(w, row.body(r))
			}))
			defer s.Close()
			c := Channel{Name: "chat", Kind: Slack, Secret: s.URL + "/services/T0/B0/" + token, Now: at}
			answer, err := c.Send(t.Context(), message())
			if answer != row.keeps || err == nil || !strings.Contains(err.Error(), row.keeps) {
				t.Errorf("%q, %v", answer, err)
			}
		})
	}
}

// TestWhatIsNoHTTPIsNotQuoted: the words of Go's own client have it.
func TestWhatIsNoHTTPIsNotQuoted(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "no such "+r.RequestURI[:12]+" "+r.RequestURI[12:]+"\r\n\r\n")
	}))
	defer s.Close()
	c := Channel{Name: "chat", Kind: Slack, Secret: s.URL + "/services/T0-B0-not-real", Now: at}
	if _, err := c.Send(t.Context(), message()); err == nil || !strings.Contains(err.Error(), "no HTTP") || strings.Contains(err.Error(), "not-real") {
		t.Errorf("got %v", err)
	}
}

// TestNoWayOfWritingASecretGetsThrough of those in which servers give back what they got.
func TestNoWayOfWritingASecretGetsThrough(t *testing.T) {
	t.Parallel()
	const password, signing, path = "p%20ss/wo+rd=ä", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "/hooks/T0/not%2Da-real-one"
	mail := mailChannel("127.0.0.1", "25", nil, "username", "mlc", "password", password)
	hook := Channel{Kind: Webhook, Secret: signing, Settings: map[string]string{"url": "https://hooks.example.com/in"}}
	chat := Channel{Kind: Slack, Secret: "https://chat.example.com" + path + "?key=long-enough"}
	std := base64.StdEncoding
	for _, row := range []struct {
		channel Channel
		echo    string
	}{
		{mail, password}, {mail, url.QueryEscape(password)}, {mail, url.PathEscape(password)}, {mail, "p ss/wo+rd=ä"}, {mail, std.EncodeToString([]byte(password))},
		{mail, std.EncodeToString([]byte("\x00mlc\x00" + password))}, {mail, base64.RawURLEncoding.EncodeToString([]byte("\x00mlc\x00" + password))},
		{hook, signing}, {hook, strings.TrimPrefix(signing, "whsec_")}, {hook, std.EncodeToString([]byte(signing))},
		{chat, path}, {chat, "not-a-real-one"}, {chat, "NOT%2da-real-one"}, {chat, "long-enough"}, {chat, "/hooks/T0/not-a-real-one"},
	} {
		if got := row.channel.answered("535 <" + row.echo + "> refused"); got != "535 <***> refused" {
			t.Errorf("%s: %s", row.echo, got)
		}
	}
	if got := (Channel{Kind: Email}).answered("550 no such user"); got != "550 no such user" {
		t.Error(got)
	}
}
