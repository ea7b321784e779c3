package engine

import (
	"context"
	"sync"

	connector "ml-connector"
)

// bell wakes one who waits for any of several things. Who waits looks at all of them afterwards.
type bell struct {
	mu   sync.Mutex
	rung bool
	rang chan struct{} // closed when it is rung
}

func newBell() *bell { return &bell{rang: make(chan struct{})} }

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.rung {
		b.rung = true
		close(b.rang)
	}
}

// wait waits until it was rung since the last wait; the error is the context's.
func (b *bell) wait(ctx context.Context, p connector.Pace) error {
	b.mu.Lock()
	rang := b.rang
	b.mu.Unlock()
	if err := p.Until(ctx, rang); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rung, b.rang = false, make(chan struct{})
	return nil
}

// call is a call of a System about some items, or several of them one after the other.
type call struct {
	items []*item
	write bool
	make  func()
}

// crew makes calls, so many at once, writes before look-ups: what is marked as being sent shall not be so for long.
type crew struct {
	pace connector.Pace
	size int
	bell *bell // rung when a call was made

	mu      sync.Mutex
	writes  []call
	looks   []call
	open    int // calls that were not taken up yet
	working int
	made    []call
}

// add has calls made as soon as somebody is free.
func (c *crew) add(calls ...call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range calls {
		if x.write {
			c.writes = append(c.writes, x)
		} else {
			c.looks = append(c.looks, x)
		}
	}
	c.open += len(calls)
	for n := len(c.writes) + len(c.looks); n > 0 && c.working < max(c.size, 1); n-- {
		c.working++
		c.pace.Go(c.work)
	}
}

// work makes calls until there are none.
func (c *crew) work() {
	for {
		x, some := c.next()
		if !some {
			return
		}
		x.make()
		c.mu.Lock()
		c.made = append(c.made, x)
		c.mu.Unlock()
		c.bell.ring()
	}
}

func (c *crew) next() (x call, some bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.writes) > 0:
		x, c.writes = c.writes[0], c.writes[1:]
	case len(c.looks) > 0:
		x, c.looks = c.looks[0], c.looks[1:]
	default:
		c.working--
		return x, false
	}
	return x, true
}

// take gives the calls that were made since it was last asked.
func (c *crew) take() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	made := c.made
	c.made, c.open = nil, c.open-len(made)
	return made
}

// drop gives the look-ups that nobody has begun; they are not made any more.
func (c *crew) drop() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	looks := c.looks
	c.looks, c.open = nil, c.open-len(looks)
	return looks
}

// busy is how many calls wait for somebody, are under way, or were made and not taken up: whoever leaves while there is
// one leaves what it brought.
func (c *crew) busy() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}
