// Package oauth gives the one access token of a Connection to all who call with it, in this process and in all others of the
// installation: whoever needs one first asks, the others wait for what comes; it is renewed before its end; a log-in that was
// refused is not tried again by itself.
//
// It must never know how a System is asked for a token (that is the System's own [Options].Ask), make a call itself, write a
// token anywhere but into what [Options].Share seals, or hold a lock while it waits.
//
// It is proved by tables with several processes that share a keeper in memory, by the tests of each System's sign-on, and by
// engines on one database (app/revoked_test.go).
package oauth

import (
	"context"
	"slices"
	"sync"
	"time"

	connector "ml-connector"
)

// Grant is an access token, and from when on another one is to be asked for.
type Grant struct {
	Value string
	Renew time.Time
}

// Options is what Tokens are made of.
type Options struct {
	// Ask makes one request for a token. What is [connector.Credentials] is not asked again.
	Ask  func(context.Context) (Grant, *connector.Error)
	With []string // what a token is asked with: address, client, scope, secret. Others mean another token
	// Share is that of the [connector.Opening]; nil = nobody to share with.
	Share func(ctx context.Context, use func(kept string) (keep string)) error
	Now   func() time.Time
	Pace  connector.Pace
}

// Tokens keeps the access token of one opened Connection. It may be used by many goroutines.
type Tokens struct {
	opts Options

	mu      sync.Mutex
	grant   Grant
	lent    []string  // the last tokens that another process had asked for
	dropped []string  // the last tokens that were refused
	taken   string    // the last token that the System took
	had     bool      // there was a good token before
	first   time.Time // when a token was asked for first
	flight  *flight
	refused *connector.Error // the System does not know who we are
}

// flight is a token request under way, which everybody who needs a token waits for.
type flight struct {
	done  chan struct{}
	token string
	err   *connector.Error
	ended bool // the context of the one who asked was over; the others ask themselves
}

// New makes Tokens that know none yet.
func New(o Options) *Tokens { return &Tokens{opts: o} }

// Token gives a token that is good now, and asks for one when there is none. A log-in that was refused is refused again without
// asking, until [Tokens.Adopt] brings something else.
func (t *Tokens) Token(ctx context.Context) (string, *connector.Error) {
	for {
		t.mu.Lock()
		if t.refused != nil {
			again := repeated(t.refused)
			t.mu.Unlock()
			return "", again
		}
		if t.grant.Value != "" && t.opts.Now().Before(t.grant.Renew) {
			defer t.mu.Unlock()
			return t.grant.Value, nil
		}
		f := t.flight
		if f == nil {
			f = &flight{done: make(chan struct{})}
			t.flight = f
			if t.first.IsZero() {
				t.first = t.opts.Now()
			}
			t.mu.Unlock()
			return t.fly(ctx, f)
		}
		t.mu.Unlock()
		if err := t.opts.Pace.Until(ctx, f.done); err != nil {
			return "", stopped(err)
		}
		if !f.ended {
			return f.token, repeated(f.err)
		}
	}
}

// repeated is what one was told, for another caller: its own to write to, without the Exchange that is not its own.
func repeated(told *connector.Error) *connector.Error {
	if told == nil {
		return nil
	}
	again := *told
	again.Exchange = ""
	return &again
}

func stopped(cause error) *connector.Error {
	return connector.Errorf(connector.Unavailable, "token", "stopped before anything was sent").Because(cause)
}

// fly gets a token for all who wait, and for the caller.
func (t *Tokens) fly(ctx context.Context, f *flight) (string, *connector.Error) {
	got, lent, err := t.shared(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flight = nil
	if lent && err == nil {
		t.lent = remember(t.lent, got.Value)
	}
	f.token, f.err, f.ended = got.Value, repeated(err), err != nil && ctx.Err() != nil
	t.learn(got, err)
	close(f.done)
	return got.Value, err
}

// learn takes what came of a request; under the lock.
func (t *Tokens) learn(got Grant, err *connector.Error) {
	switch {
	case err == nil:
		t.grant, t.had, t.refused = got, true, nil
	case err.Code == connector.Credentials:
		t.grant, t.refused = Grant{}, repeated(err)
	}
}

// Taken notes that the System took a token.
func (t *Tokens) Taken(used string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken = used
}

// remembered is how many refused tokens are known, so that none of them is taken from another process again, and how many that
// were.
const remembered = 8

func remember(list []string, token string) []string {
	if slices.Contains(list, token) {
		return list
	}
	return append(list[max(0, len(list)-remembered+1):], token)
}

// Drop forgets a token that the System refused, unless another one has taken its place. It says whether that proves nothing
// against the log-in: the System had taken it before, or another process had asked for it.
func (t *Tokens) Drop(used string) (stale bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.grant.Value == used {
		t.grant = Grant{}
	}
	t.dropped = remember(t.dropped, used)
	return t.taken == used || slices.Contains(t.lent, used)
}

// Had says whether there was a good token before.
func (t *Tokens) Had() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.had
}

// Adopt takes over what a ping learned by asking itself, and leaves it to the others: a token, or a refusal.
func (t *Tokens) Adopt(ctx context.Context, got Grant, err *connector.Error) {
	if err != nil && err.Code != connector.Credentials {
		return
	}
	t.mu.Lock()
	t.learn(got, err)
	t.mu.Unlock()
	if t.opts.Share != nil {
		// What can't be left is asked for again by whoever needs it.
		_ = t.opts.Share(ctx, func(string) string { return t.pack(got, err) })
	}
}
