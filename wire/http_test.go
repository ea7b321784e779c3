package wire

import (
	"io"
	"net/http"
	"strings"
	"testing"

	connector "ml-connector"
)

// TestLibrariesCallThroughTheSameClient: what they send arrives, and they reach no other address.
func TestLibrariesCallThroughTheSameClient(t *testing.T) {
	t.Parallel()
	b := newBench(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Saw", r.Method+" "+r.Header.Get("Content-Type")+" "+string(body))
		http.Redirect(w, r, "https://elsewhere.example.com/", http.StatusFound)
	}), nil)
	c := b.client.HTTP("ask")
	r, _ := http.NewRequestWithContext(b.ctx, http.MethodPost, b.url+"/token", strings.NewReader("a=b"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	if saw := got.Header.Get("X-Saw"); got.StatusCode != http.StatusFound || saw != "POST application/x-www-form-urlencoded a=b" {
		t.Errorf("got %d, and it saw %q", got.StatusCode, saw)
	}
	if x := (*b.kept)[0]; x.Op != "ask" || string(x.RequestBody) != "a=b" {
		t.Errorf("kept %+v", x)
	}
	got, err = c.Get("http://elsewhere.example.com/")
	if err == nil {
		got.Body.Close()
	}
	if connector.CodeOf(err) != connector.Forbidden {
		t.Errorf("elsewhere: %v", err)
	}
}
