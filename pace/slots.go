package pace

import (
	"context"
	"slices"
	"sync"

	connector "ml-connector"
)

// Slots bound how many calls are made at once. Whoever waits gets one in turn.
type Slots struct {
	size int

	mu      sync.Mutex
	free    int
	waiting []chan struct{}
}

// NewSlots makes n of them, at least one.
func NewSlots(n int) *Slots {
	n = max(n, 1)
	return &Slots{size: n, free: n}
}

// Size is how many there are.
func (s *Slots) Size() int { return s.size }

// Take waits for a free slot; the error is the context's.
func (s *Slots) Take(ctx context.Context, p connector.Pace) error {
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	s.waiting = append(s.waiting, mine)
	s.mu.Unlock()
	err := p.Until(ctx, mine)
	if err == nil {
		return nil
	}
	s.mu.Lock()
	at := slices.Index(s.waiting, mine)
	if at >= 0 {
		s.waiting = slices.Delete(s.waiting, at, at+1)
	}
	s.mu.Unlock()
	if at < 0 {
		s.Give() // it was given to us just now
	}
	return err
}

// Give gives a slot back: to the first that waits.
func (s *Slots) Give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		s.free++
		return
	}
	close(s.waiting[0])
	s.waiting = s.waiting[1:]
}
