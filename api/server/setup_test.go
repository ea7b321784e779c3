package server

import (
	"net/http"
	"strings"
	"testing"

	"ml-connector/people"
)

// TestSecretsGoInAndNeverOut sends secrets, right and in every wrong way, and looks for them in all that is answered.
func TestSecretsGoInAndNeverOut(t *testing.T) {
	t.Parallel()
	x := newAsked(t, people.Admin)
	const word = "swordfish-sw0rdf1sh"
	for what, row := range map[string]struct {
		path, body string
		status     int
		says       string
	}{
		"a new connection":        {"/connections", `{"name":"b","system":"jaggaer","settings":{"url":"https://b.example.com","client_id":"x"},"secrets":{"client_secret":"` + word + `"}}`, 200, "secret:b.client_secret"},
		"a setting that is wrong": {"/connections", `{"name":"c","system":"jaggaer","settings":{"url":"nowhere","client_id":"x"},"secrets":{"client_secret":"` + word + `"}}`, 422, "body.settings.url"},
		"a secret as a setting":   {"/connections", `{"name":"d","system":"jaggaer","settings":{"url":"https://b.example.com","client_id":"x","client_secret":"` + word + `"}}`, 422, "client_secret"},
		"no such secret":          {"/connections/s2p/secrets", `{"secrets":{"pin":"` + word + `"}}`, 422, "pin"},
		"a secret that is a list": {"/connections/s2p/secrets", `{"secrets":{"client_secret":["` + word + `"]}}`, 422, "body.secrets.client_secret"},
		"a secret in its name":    {"/connections/s2p/secrets", `{"secret":"` + word + `"}`, 422, "body"},
		"twice":                   {"/connections/s2p/secrets", `{"secrets":{"client_secret":"` + word + `","client_secret":"` + word + `"}}`, 400, "client_secret"},
		"another secret":          {"/connections/s2p/secrets", `{"secrets":{"client_secret":"` + word + `"}}`, 200, "secret:s2p.client_secret"},
		"the address":             {"/connections/s2p/settings", `{"settings":{"url":"https://other.example.com"}}`, 422, "body.secrets.client_secret"},
		"a system that is none":   {"/connections", `{"name":"e","system":"` + "none" + `","settings":{}}`, 404, "none"},
	} {
		w := x.ask("POST", prefix+row.path, row.body)
		if w.Code != row.status || !strings.Contains(w.Body.String(), row.says) {
			t.Errorf("%s: HTTP %d, expected %d with %s: %s", what, w.Code, row.status, row.says, w.Body)
		}
		if strings.Contains(w.Body.String(), word) {
			t.Errorf("%s: the secret comes back: %s", what, w.Body)
		}
	}
	x.each(func(method, path, id string) {
		if method != http.MethodGet || id == "watch-run" {
			return
		}
		if w := x.ask(method, strings.Replace(path, "/connections/1", "/connections/s2p", 1), ""); strings.Contains(w.Body.String(), word) {
			t.Errorf("%s tells the secret: %s", id, w.Body)
		}
	})
}
