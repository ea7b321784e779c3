package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// alarmed has alerts that last and that were, and channels that work and that do not.
func (s *site) alarmed() {
	s.t.Helper()
	now := s.now()
	err := s.app.DB.Tx(s.t.Context(), func(tx *store.Tx) error {
		for _, c := range []store.Channel{
			{Name: "mail", Kind: "email", Settings: map[string]string{"host": "smtp.example.com", "from": "mlc@example.com", "to": strings.Repeat("accounts.payable.department@subsidiary.example.com, ", 3) + "boss@example.com"}},
			{Name: "a-pager-with-a-name-that-is-as-long-as-a-name-can-be-and-no-more", Kind: "webhook", Settings: map[string]string{"url": "https://hooks.example.com/" + strings.Repeat("a", 90)}}, {Name: "chat", Kind: "slack"},
		} {
			if err := tx.SaveChannel(c); err != nil {
				return err
			}
		}
		id, err := tx.AddNotice(store.Notice{Channel: "mail", Body: "{}", DueAt: now.Add(1000 * time.Hour)})
		if err != nil {
			return err
		}
		n := store.Notice{ID: id, DueAt: now.Add(1000 * time.Hour), Err: connector.Errorf(connector.Unavailable, "send by the channel mail", "the mail server puts us off: %q", "451 "+hostile).Advise("It is tried again by itself.")}
		if _, err := tx.SettleNotice(n, ""); err != nil {
			return err
		}
		for _, a := range []store.Alert{
			{Cause: "connection.paused", Subject: "connection:erp", Message: "the connection erp stands still: " + hostile, Hint: "Mend it, then: ml-connector connection ping erp", BeganAt: now.Add(-49 * time.Hour), ToldAt: now.Add(-time.Hour)},
			{Cause: "held", Subject: "flow:invoices", Message: "records of the flow invoices need a person: " + long, Hint: "See them: ml-connector delivery list --state held", BeganAt: now},
			{Cause: "ledger.broken", Subject: "ledger", Message: "the ledger is broken at entry 3", Hint: "h", BeganAt: now.Add(-time.Hour), OverAt: now, ToldAt: now, Ended: true},
		} {
			if err := tx.SaveAlert(&a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestSettingsAreForThoseWhoMay: who may see it, who may try a channel, and that no secret is there.
func TestSettingsAreForThoseWhoMay(t *testing.T) {
	t.Parallel()
	s := closed(t)
	for role, sees := range map[people.Role]bool{people.Viewer: false, people.Operator: true, people.Mapper: false, people.Approver: false, people.Auditor: true, people.Admin: true} {
		b := s.as("a-"+string(role), role)
		for _, path := range []string{"/settings", "/settings/support"} {
			if w := b.ask(path, nil); (w.Code == http.StatusOK) != sees || !sees && w.Code != http.StatusForbidden {
				t.Errorf("%s as %s: %d", path, role, w.Code)
			}
		}
		html := b.ask("/settings", nil).Body.String()
		checkHTML(t, "settings as "+string(role), html)
		if strings.Contains(html, `action="/settings/test"`) != (role == people.Admin) || strings.Contains(html, `href="/settings"`) != sees {
			t.Errorf("as %s it offers what they may not, or lacks what they may", role)
		}
	}
	html := s.as("another", people.Admin).ask("/settings", nil).Body.String()
	for _, part := range []string{"2 alerts last", "The connection erp stands still", "1 lately", "puts us off", "its address is a secret", "400 days", "key rotate", "tables of version"} {
		if !strings.Contains(html, part) {
			t.Errorf("it lacks %q", part)
		}
	}
}

// TestAChannelIsTriedOnThePage, and what its server answered is said there.
func TestAChannelIsTriedOnThePage(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/tea" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = w.Write([]byte("no <b onmouseover=x>tea</b>"))
	}))
	defer server.Close()
	s := closed(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("not-a-real-signing-secret-0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.apply("alerts:\n  channels:\n    tea: {type: webhook, settings: {url: " + server.URL + "/tea}, secrets: {secret: \"file:" + secret + "\"}}\n    in: {type: webhook, settings: {url: " + server.URL + "/in}, secrets: {secret: \"file:" + secret + "\"}}\n")
	admin := s.as("a-admin", people.Admin)
	for channel, says := range map[string]string{"tea": "tea: not sent. it refuses the message", "in": "in: sent. Its server answered: 200 OK no", "chat": "chat: not sent."} {
		w := admin.ask("/settings/test", url.Values{"channel": {channel}})
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/settings#channels" {
			t.Fatalf("%s: %d %s", channel, w.Code, w.Body)
		}
		html := admin.ask("/settings", nil).Body.String()
		checkHTML(t, "settings after "+channel, html)
		if !strings.Contains(html, says) {
			t.Errorf("%s: %q is not said:\n%s", channel, says, html)
		}
	}
}
