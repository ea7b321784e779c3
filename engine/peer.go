package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// peer is one opened Connection with what this process knows of its health: how many calls may run at once, and until
// when nothing is called because it is down or asked us to wait.
type peer struct {
	name     string // of the Connection
	system   string // its System's name
	instance connector.Instance
	mark     string // of the settings and secrets that it was opened with
	slots    slots

	mu       sync.Mutex
	failures int // unavailable answers in a row, over all calls
	lastOK   time.Time
	writes   int // that it took in sliceTime, by the last slice
	until    time.Time
	asked    time.Time        // until when the System itself asked us to wait
	refused  *connector.Error // the log-in was refused: nothing is called until the Connection is opened anew
	stored   bool             // that pause is in the store, so that its end can be seen there
	shared   store.Health     // what the processes last told each other
}

// peer opens a Connection, or gives the one that is open as long as its settings and secrets are the same.
func (e *Engine) peer(ctx context.Context, name string) (*peer, error) {
	c, err := e.DB.Connection(ctx, name)
	if err != nil {
		return nil, err
	}
	secrets, err := e.DB.Secrets(ctx, name)
	if err != nil {
		return nil, err
	}
	mark := connector.Document(c.Settings).Fingerprint()
	for _, s := range secrets {
		mark += fmt.Sprintf(" %s@%d", s.Name, s.SetAt.UnixMicro())
	}
	known, err := e.known(ctx, name)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.peers[name]; p != nil && p.mark == mark && !p.resumed(c) {
		p.learn(known)
		return p, nil
	}
	inst, err := e.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	p := &peer{name: name, system: c.System, instance: inst, mark: mark, slots: e.slotsOf(name, max(settingInt(inst.Settings(), "concurrency", 2), 1))}
	p.learn(known)
	e.peers[name] = p
	return p, nil
}

// forget drops an opened Connection, so that the next use opens it anew (a remembered refusal is forgotten with it).
func (e *Engine) forget(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.peers, name)
}

// call runs one call when a slot is free, and notes how the Connection does. As long as the System asked us to wait,
// nothing is called: the answer is throttled, with the time that is left. After a refused log-in nothing is called either:
// more of them could lock the user. May, when it is not nil, is asked first, and again last of all, since a slot may have
// been long in coming; when it says no, nothing is called and made is false.
func (p *peer) call(ctx context.Context, e *Engine, may func() bool, f func() error) (made bool, err error) {
	if may != nil && !may() {
		return false, nil
	}
	if err := p.toldToWait(e.Now()); err != nil {
		return true, err
	}
	if err := p.slots.Take(ctx, e.Pace); err != nil {
		return true, connector.Errorf(connector.Unavailable, "wait for a free call", "stopped before anything was sent").Because(err)
	}
	err = p.toldToWait(e.Now())
	if err == nil {
		err = p.refusal()
	}
	if err != nil {
		p.slots.Give()
		return true, err
	}
	if may != nil && !may() {
		p.slots.Give()
		return false, nil
	}
	return true, p.made(ctx, e, f)
}

func (p *peer) toldToWait(now time.Time) error {
	d := p.told(now)
	if d <= 0 {
		return nil
	}
	fail := connector.Errorf(connector.Throttled, "wait for a free call", "%s asked us to wait", p.name).Advise("It goes on by itself.")
	fail.Wait = d
	return fail
}

// made makes the call and gives its slot back, whatever comes of it. A panic is an error that says nothing of the
// Connection's health.
func (p *peer) made(ctx context.Context, e *Engine, f func() error) (err error) {
	defer p.slots.Give()
	defer func() {
		if panicked := recover(); panicked != nil {
			err = e.caught("call connection "+p.name, panicked)
		}
	}()
	err = f()
	if ctx.Err() != nil && unanswered(err) {
		return err // we broke it off: that says nothing of the Connection, here or to other processes
	}
	if tell := p.note(err, e.Now(), e.Jitter()); tell != nil {
		e.tell(ctx, p, tell)
	}
	return err
}

func unanswered(err error) bool {
	code := connector.CodeOf(err)
	return code == connector.Unavailable || code == connector.Ambiguous
}

// note notes how the Connection does. What other processes must know of it comes back.
func (p *peer) note(err error, now time.Time, jitter float64) (tell func(store.Health) store.Health) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ce := connector.AsError(err)
	switch {
	case ce != nil && ce.Code.Reaction() == connector.ReactPauseConnection:
		refused := *ce // the caller's own is still being written to
		p.refused = &refused
	case ce == nil || ce.Code.Reaction() == connector.ReactHold || ce.Answered:
		p.failures, p.lastOK, p.until = 0, now, time.Time{}
		return p.tellWell(now)
	case ce.Code == connector.Throttled:
		p.asked = now.Add(ce.Wait)
		p.until = p.asked
		return p.tellAsked(p.asked)
	case unanswered(ce):
		p.failures++
		if p.failures >= 3 || ce.Wait > 0 {
			p.until = now.Add(max(ce.Wait, backoff(p.failures-2, jitter)))
			return p.tellDown(p.until, p.failures)
		}
	}
	return nil
}

// took notes how many writes it took in sliceTime.
func (p *peer) took(writes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes = writes
}

// pace is how many writes it took in sliceTime the last time.
func (p *peer) pace() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.writes
}

// rest is how long nothing should be called; 0 when the Connection may be called.
func (p *peer) rest(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.until.Sub(now), 0)
}

// isDown says whether nothing should be called because no answer comes: that the System asked us to wait is something else.
func (p *peer) isDown(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until.After(now) && p.until.After(p.asked)
}

// refusal is the refused log-in, nil when there was none.
func (p *peer) refusal() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused == nil {
		return nil
	}
	again := *p.refused
	again.Exchange = ""
	return &again
}

// resumed says that somebody ended the pause that a refused log-in had caused.
func (p *peer) resumed(c connector.Connection) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused != nil && p.stored && c.Paused.Code == ""
}

func (e *Engine) pauseStored(connection string) {
	e.mu.Lock()
	p := e.peers[connection]
	e.mu.Unlock()
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stored = true
}

// told is how long the System asked us to wait yet.
func (p *peer) told(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.asked.Sub(now), 0)
}

// down says whether so many calls in a row, the last ones, got no answer.
func (p *peer) down(calls int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failures >= calls
}

// well says whether any call succeeded since t.
func (p *peer) well(since time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lastOK.After(since)
}

func (p *peer) setting(name string) string {
	s, _ := p.instance.Settings()[name].(string)
	return s
}

func (p *peer) duration(name string, otherwise time.Duration) time.Duration {
	if d, err := ParseDuration(p.setting(name)); err == nil {
		return d
	}
	return otherwise
}

func settingInt(s connector.Settings, name string, otherwise int) int {
	switch v := s[name].(type) {
	case int:
		return v
	case int64:
		return int(v)
	case uint64:
		return int(v)
	case float64:
		return int(v)
	case string:
		if n, err := strconv.Atoi(v); err == nil {
			return n
		}
	}
	return otherwise
}

// ParseDuration reads a duration with days: 10m, 36h, 7d.
func ParseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("%q is not a duration such as 10m, 36h or 7d", text)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a duration such as 10m, 36h or 7d", text)
	}
	return d, nil
}
