package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"ml-connector/engine"
)

// progress is one line on a terminal that says how far the work is; elsewhere it is silent.
type progress struct {
	w     io.Writer
	mu    sync.Mutex
	shown bool
	last  time.Time
}

// tellProgress is called from many goroutines.
func (p *program) tellProgress(g engine.Progress) { p.progress.tell(g) }

func (g *progress) tell(e engine.Progress) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := time.Now(); now.Sub(g.last) < 100*time.Millisecond {
		return
	} else {
		g.last = now
	}
	g.shown = true
	line := e.Stage
	if e.Flow != "" {
		line = e.Flow + ": " + line
	}
	if e.Read > 0 {
		line += fmt.Sprintf(", %d read", e.Read)
	}
	if e.Settled > 0 {
		line += fmt.Sprintf(", %d settled", e.Settled)
	}
	fmt.Fprintf(g.w, "\r\x1b[K%s", line)
}

// clear takes the line away before something else is said.
func (g *progress) clear() {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shown {
		fmt.Fprint(g.w, "\r\x1b[K")
		g.shown = false
	}
}
