package app

import (
	"sync"
	"time"
)

// How log-ins are slowed down. Whoever has logged in from an address lately is counted there alone: so nobody keeps them out by
// failing in their name from elsewhere.
const (
	freeFailures  = 5                // without any delay
	longestByName = 15 * time.Second // between two attempts at one name
	longestFrom   = time.Minute      // between two attempts from one address
	forgotten     = 15 * time.Minute // after the last failure
	remembered    = 30 * 24 * time.Hour
	mostTries     = 20_000 // names and addresses
)

// throttle counts failures to log in. It delays, and never locks anybody out.
type throttle struct {
	mu     sync.Mutex
	counts map[string]*failures
	known  map[string]time.Time // name and address from where it logged in, and when last
}

type failures struct {
	n    int
	last time.Time
}

// wait is how long after the last failure the next attempt is taken.
func (f *failures) wait(now time.Time, longest time.Duration) time.Duration {
	if f == nil || f.n < freeFailures || now.Sub(f.last) >= forgotten || now.Before(f.last) {
		return 0
	}
	delay := min(time.Second<<min(f.n-freeFailures, 10), longest)
	return max(0, f.last.Add(delay).Sub(now))
}

func (t *throttle) keys(name, from string) (pair string, all map[string]time.Duration) {
	pair = "both " + name + " " + from
	if _, known := t.known[pair]; known {
		return pair, map[string]time.Duration{pair: longestByName}
	}
	all = map[string]time.Duration{"from " + from: longestFrom}
	if name != "" {
		all["name "+name] = longestByName
	}
	return pair, all
}

// attempt counts an attempt as failed, or says how long to wait until there may be one.
func (t *throttle) attempt(name, from string, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clean(now)
	_, keys := t.keys(name, from)
	for key, longest := range keys {
		wait = max(wait, t.counts[key].wait(now, longest))
	}
	if wait > 0 {
		return wait
	}
	for key := range keys {
		f := t.counts[key]
		if f == nil || now.Sub(f.last) >= forgotten {
			f = &failures{}
			t.counts[key] = f
		}
		f.n++
		f.last = now
	}
	return 0
}

// passed takes back that an attempt was counted as failed, and remembers from where the person came.
func (t *throttle) passed(name, from string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	pair, keys := t.keys(name, from)
	for key := range keys {
		if f := t.counts[key]; f != nil && f.n > 0 {
			f.n--
		}
	}
	delete(t.counts, pair)
	t.known[pair] = now
}

// clean makes room when many are counted.
func (t *throttle) clean(now time.Time) {
	if t.counts == nil {
		t.counts, t.known = map[string]*failures{}, map[string]time.Time{}
	}
	if len(t.counts) >= mostTries {
		for key, f := range t.counts {
			if now.Sub(f.last) >= forgotten {
				delete(t.counts, key)
			}
		}
		for key := range t.counts { // still full: any will do, a flood fills it again
			if len(t.counts) < mostTries/2 {
				break
			}
			delete(t.counts, key)
		}
	}
	if len(t.known) >= mostTries {
		for key, at := range t.known {
			if now.Sub(at) >= remembered {
				delete(t.known, key)
			}
		}
	}
}
