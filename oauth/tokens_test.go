package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	connector "ml-connector"
	"ml-connector/oauth"
	"ml-connector/pace"
)

// site is a log-in service, the System behind it, and what processes leave to each other.
type site struct {
	mu      sync.Mutex
	kept    string
	asked   int
	refuses bool            // the log-in
	ill     bool            // nothing answers
	revoked map[string]bool // tokens that the System does not take
	slow    time.Duration   // each log-in
	turn    chan struct{}   // one at a time
	broken  error           // of the keeper
	offset  time.Duration   // of the clock of processes opened from now on
}

func newSite() *site {
	return &site{revoked: map[string]bool{}, turn: make(chan struct{}, 1)}
}

func (s *site) share(ctx context.Context, use func(string) string) error {
	if s.broken != nil {
		return s.broken
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	s.kept = use(s.kept)
	return nil
}

// process opens the Connection in another process.
func (s *site) process(with ...string) *oauth.Tokens {
	offset := s.offset
	now := func() time.Time { return time.Now().Add(offset) }
	return oauth.New(oauth.Options{With: with, Share: s.share, Now: now, Pace: pace.Real{}, Ask: func(ctx context.Context) (oauth.Grant, *connector.Error) {
		if err := (pace.Real{}).Sleep(ctx, s.slow); err != nil {
			return oauth.Grant{}, connector.Errorf(connector.Unavailable, "token", "called off")
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked++
		switch {
		case s.ill:
			return oauth.Grant{}, connector.Errorf(connector.Unavailable, "token", "not well")
		case s.refuses:
			return oauth.Grant{}, connector.Errorf(connector.Credentials, "token", "who is that?").Advise("%s", "Check 100% of it.")
		}
		return oauth.Grant{Value: fmt.Sprint("token ", s.asked), Renew: now().Add(10 * time.Minute)}, nil
	}})
}

// call makes one call as Systems do, and tells the token that was taken, or the code.
func (s *site) call(ctx context.Context, t *oauth.Tokens) string {
	for again := 0; ; again++ {
		token, err := t.Token(ctx)
		if err != nil {
			return string(err.Code)
		}
		if !s.revoked[token] {
			t.Taken(token)
			return token
		}
		if stale := t.Drop(token); again > 0 && !stale || again > 5 {
			return "401"
		}
	}
}

func (s *site) revoke(tokens ...string) {
	for _, t := range tokens {
		s.revoked[t] = true
	}
}

func TestProcessesShareATokenUntilItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		one, two := s.process("id", "secret"), s.process("id", "secret")
		for _, step := range []struct {
			title string
			do    func()
			by    *oauth.Tokens
			want  string
		}{
			{"the first one asks", nil, one, "token 1"},
			{"the second one takes what is there", nil, two, "token 1"},
			{"before its end it is kept", func() { time.Sleep(10*time.Minute - time.Millisecond) }, two, "token 1"},
			{"at its end another one is asked for", func() { time.Sleep(time.Millisecond) }, two, "token 2"},
			{"and the first takes that", nil, one, "token 2"},
			{"when it is revoked, whoever notices asks", func() { s.revoke("token 2") }, one, "token 3"},
			{"and the other takes the new one", nil, two, "token 3"},
			{"when a newer one than ours is revoked with it, we ask", func() { s.revoke("token 3", "token 4"); s.call(t.Context(), one) }, two, "token 5"},
			{"a process with another secret asks for itself", nil, s.process("id", "other"), "token 6"},
			{"and does not disturb who has one", nil, two, "token 5"},
		} {
			if step.do != nil {
				step.do()
			}
			if got := s.call(t.Context(), step.by); got != step.want {
				t.Errorf("%s: got %s, want %s", step.title, got, step.want)
			}
		}
	})
}

// TestCallsThatShareALentTokenAllRenewIt: it is revoked while several calls of a process are made with it; for none of them that says
// anything about the log-in.
func TestCallsThatShareALentTokenAllRenewIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		one, two := s.process("x"), s.process("x")
		s.call(t.Context(), one)
		var held []string
		for range 3 {
			token, err := two.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, token)
		}
		s.revoke("token 1")
		for _, token := range held {
			if token != "token 1" || !two.Drop(token) {
				t.Errorf("%s, which another process had asked for, counts as a log-in of this one", token)
			}
		}
		if got := s.call(t.Context(), two); got != "token 2" || two.Drop("token 2") != true {
			t.Errorf("got %s", got)
		}
		fresh, err := two.Token(t.Context())
		if err != nil || fresh != "token 3" || two.Drop(fresh) {
			t.Errorf("a token of its own, %s, that nobody took counts as stale (%v)", fresh, err)
		}
	})
}

// TestManyAtOnceAskOnce lets calls of several processes need a token at the same time.
func TestManyAtOnceAskOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		s.slow = 20 * time.Second
		var all sync.WaitGroup
		for range 3 {
			p := s.process("x")
			for range 5 {
				all.Go(func() {
					if got := s.call(t.Context(), p); got != "token 1" {
						t.Errorf("got %s", got)
					}
				})
			}
		}
		all.Wait()
		if s.asked != 1 {
			t.Errorf("%d log-ins", s.asked)
		}
	})
}

// TestARefusedLogInIsTriedOnce: by nobody who was there, until a ping brings something else or the Connection is opened anew.
func TestARefusedLogInIsTriedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		one, two, three := s.process("x"), s.process("x"), s.process("x")
		for _, p := range []*oauth.Tokens{one, two, three} {
			s.call(t.Context(), p)
		}
		s.refuses = true
		s.revoke("token 1")
		for _, p := range []*oauth.Tokens{one, two, two, one, three} {
			if got := s.call(t.Context(), p); got != "credentials" {
				t.Errorf("got %s", got)
			}
		}
		if s.asked != 2 {
			t.Errorf("%d log-ins, one of them good", s.asked)
		}
		_, err := two.Token(t.Context())
		if err == nil || err.Message != "who is that?" || err.Hint != "Check 100% of it." || !two.Had() {
			t.Errorf("what another process was told is lost: %v", err)
		}
		time.Sleep(time.Minute)
		if got := s.call(t.Context(), s.process("x")); got != "credentials" || s.asked != 3 {
			t.Errorf("one that was opened later got %s after %d log-ins", got, s.asked)
		}
		s.refuses = false
		one.Adopt(t.Context(), oauth.Grant{}, connector.Errorf(connector.Unavailable, "token", "no answer"))
		if got := s.call(t.Context(), one); got != "credentials" {
			t.Errorf("a ping that learned nothing changed something: %s", got)
		}
		one.Adopt(t.Context(), oauth.Grant{Value: "of a ping", Renew: time.Now().Add(time.Hour)}, nil)
		if got := s.call(t.Context(), one) + ", " + s.call(t.Context(), s.process("x")); got != "of a ping, of a ping" || s.asked != 3 {
			t.Errorf("after a good ping: %s, %d log-ins", got, s.asked)
		}
	})
}

func TestWhatIsNoAnswerIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		p := s.process("x")
		s.ill = true
		if got := s.call(t.Context(), p); got != "unavailable" {
			t.Errorf("got %s", got)
		}
		s.ill = false
		if got := s.call(t.Context(), p); got != "token 2" {
			t.Errorf("got %s", got)
		}
		s.broken = errors.New("no database")
		if got := s.call(t.Context(), p); got != "token 2" {
			t.Errorf("a good token needs no keeper: %s", got)
		}
		if _, err := s.process("x").Token(t.Context()); err == nil || err.Code != connector.Unavailable || !strings.Contains(err.Error(), "no database") {
			t.Errorf("without a keeper: %v", err)
		}
		s.broken, s.kept = nil, "of another version {"
		if got := s.call(t.Context(), s.process("x")); got != "token 3" {
			t.Errorf("what can't be read: %s", got)
		}
	})
}

// TestWhoIsCalledOffLeavesItToTheNext: the context of the one who asks ends.
func TestWhoIsCalledOffLeavesItToTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		s.slow = time.Minute
		p := s.process("x")
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if got := s.call(ctx, p); got != "unavailable" {
				t.Errorf("who was called off got %s", got)
			}
		})
		synctest.Wait()
		all.Go(func() {
			if got := s.call(t.Context(), p); got != "token 1" {
				t.Errorf("who waited got %s", got)
			}
		})
		synctest.Wait()
		cancel()
		all.Wait()
	})
}

// TestClocksOfProcessesDiffer: a token that one believes to have ended, or not to have, costs a log-in and no more.
func TestClocksOfProcessesDiffer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		one := s.process("x")
		s.offset = time.Hour
		ahead := s.process("x")
		s.offset = -time.Hour
		behind := s.process("x")
		if got := s.call(t.Context(), one) + ", " + s.call(t.Context(), ahead) + ", " + s.call(t.Context(), one); got != "token 1, token 2, token 1" {
			t.Error(got)
		}
		s.revoke("token 1", "token 2") // they have ended, which one of them does not know
		if got := s.call(t.Context(), behind) + ", " + s.call(t.Context(), one); got != "token 3, token 4" {
			t.Error(got)
		}
	})
}
