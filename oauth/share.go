package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

// kept is what Instances of one Connection leave to each other.
type kept struct {
	With    string    `json:"with"` // a hash of what the token was asked with
	Token   string    `json:"token,omitempty"`
	Renew   time.Time `json:"renew,omitzero"`
	Refused *refusal  `json:"refused,omitempty"`
}

// refusal is a log-in that was refused.
type refusal struct {
	At                time.Time
	Op, Message, Hint string
}

// shared gives the token that another process left, or asks for one while all others wait.
func (t *Tokens) shared(ctx context.Context) (got Grant, lent bool, fault *connector.Error) {
	if t.opts.Share == nil {
		got, fault = t.opts.Ask(ctx)
		return got, false, fault
	}
	turn := false
	err := t.opts.Share(ctx, func(text string) string {
		turn = true
		if got, fault = t.use(t.unpack(text)); got.Value != "" || fault != nil {
			lent = true
			return text
		}
		got, fault = t.opts.Ask(ctx)
		if fault != nil && fault.Code != connector.Credentials {
			return text
		}
		return t.pack(got, fault)
	})
	if !turn {
		return Grant{}, false, stopped(err)
	}
	return got, lent, fault // what could not be left, the others ask for themselves
}

// use says what is to be made of what was left: a token that is good and that nobody refused, a log-in that was refused since
// this Instance asked first, or nothing.
func (t *Tokens) use(left kept) (Grant, *connector.Error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case left.Refused != nil && !left.Refused.At.Before(t.first):
		e := connector.Errorf(connector.Credentials, left.Refused.Op, "%s", left.Refused.Message).Advise("%s", left.Refused.Hint)
		return Grant{}, e
	case left.Token != "" && !slices.Contains(t.dropped, left.Token) && t.opts.Now().Before(left.Renew):
		return Grant{Value: left.Token, Renew: left.Renew}, nil
	}
	return Grant{}, nil
}

// with is a hash of what a token is asked with.
func (t *Tokens) with() string {
	h := sha256.Sum256([]byte(strings.Join(t.opts.With, "\x00")))
	return hex.EncodeToString(h[:])
}

func (t *Tokens) pack(got Grant, fault *connector.Error) string {
	k := kept{With: t.with(), Token: got.Value, Renew: got.Renew}
	if fault != nil {
		k = kept{With: k.With, Refused: &refusal{At: t.opts.Now(), Op: fault.Op, Message: fault.Message, Hint: fault.Hint}}
	}
	text, err := json.Marshal(k)
	if err != nil {
		return "" // a time that JSON can't write
	}
	return string(text)
}

// unpack reads what was left; what was asked with something else is nothing, and so is what this version can't read.
func (t *Tokens) unpack(text string) kept {
	var k kept
	if err := json.Unmarshal([]byte(text), &k); err != nil || k.With != t.with() {
		return kept{}
	}
	return k
}
