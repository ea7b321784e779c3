package main

import (
	"crypto/tls"
	"os"
	"sync"
	"time"
)

// lookEvery is how often the files of a certificate are looked at: one that was renewed counts without a new start.
const lookEvery = time.Minute

// certificate is the server's own, read from its files again when they have changed. One that can't be read any more is kept.
type certificate struct {
	cert, key string // paths
	now       func() time.Time

	mu      sync.Mutex
	loaded  *tls.Certificate
	changed time.Time // of the newer file, when it was read
	looked  time.Time
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.loaded != nil && now.Sub(c.looked) < lookEvery {
		return c.loaded, nil
	}
	c.looked = now
	changed := newest(c.cert, c.key)
	if c.loaded != nil && changed.Equal(c.changed) {
		return c.loaded, nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		if c.loaded != nil {
			return c.loaded, nil
		}
		return nil, err
	}
	c.loaded, c.changed = &pair, changed
	return c.loaded, nil
}

// newest is when the newer of some files was changed.
func newest(paths ...string) (at time.Time) {
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	return at
}
