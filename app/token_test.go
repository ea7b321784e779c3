package app

import (
	"context"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

// shared takes one turn at the text of Connection a, leaves keep, and gives what was there.
func shared(t *testing.T, a *App, addresses, keep string) string {
	t.Helper()
	was := ""
	err := a.share("a", connector.Validation{Addresses: strings.Fields(addresses)})(t.Context(), func(kept string) string {
		was = kept
		return keep
	})
	if err != nil {
		t.Error(err)
	}
	return was
}

func TestATextThatProcessesShare(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.apply(both, ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	other := b.open()
	t.Cleanup(func() { _ = other.Close() })
	for _, step := range []struct {
		title     string
		by        *App
		addresses string
		keep      string
		want      string
	}{
		{"nothing at first", b.App, "https://a.example.com", "one", ""},
		{"another process is given what one left", other, "https://a.example.com", "two", "one"},
		{"and the other way round; what stays stays", b.App, "https://a.example.com", "two", "two"},
		{"bound to the addresses", other, "https://b.example.com", "three", ""},
		{"which the former can't read", b.App, "https://a.example.com", "four", ""},
	} {
		if got := shared(t, step.by, step.addresses, step.keep); got != step.want {
			t.Errorf("%s: got %q, want %q", step.title, got, step.want)
		}
	}
	sealed, held, err := b.DB.HoldToken(t.Context(), "a", "test", time.Second)
	if err != nil || !held || sealed == "" || strings.Contains(sealed, "four") {
		t.Errorf("in the database: %q, %v, %v", sealed, held, err)
	}
	if err := b.DB.LeaveToken(t.Context(), "a", "test", "not sealed"); err != nil {
		t.Fatal(err)
	}
	if got := shared(t, b.App, "https://a.example.com", "five"); got != "" {
		t.Errorf("what is no sealed text was read as %q", got)
	}
}

// TestATurnEndsWithItsHolder: while one asks, the others wait; who is called off leaves the turn at once, and who is gone, later.
func TestATurnEndsWithItsHolder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.apply(both, ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	share := b.share("a", connector.Validation{})
	ctx, cancel := context.WithCancel(t.Context())
	inside, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- share(ctx, func(string) string {
			close(inside)
			<-ctx.Done()
			return "of one that was called off"
		})
	}()
	<-inside
	waits, giveUp := context.WithCancel(t.Context())
	giveUp()
	if err := share(waits, func(string) string { t.Error("two at once"); return "" }); err == nil {
		t.Error("who could not wait was told nothing")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := shared(t, b.App, "", "x"); got != "of one that was called off" {
		t.Errorf("left was %q", got)
	}
	if _, held, err := b.DB.HoldToken(t.Context(), "a", "gone", tokenLease); err != nil || !held {
		t.Fatal(held, err)
	}
	b.clock.mu.Lock()
	b.clock.at = b.clock.at.Add(tokenLease)
	b.clock.mu.Unlock()
	if got := shared(t, b.App, "", ""); got != "x" {
		t.Errorf("after one that is gone: %q", got)
	}
}
