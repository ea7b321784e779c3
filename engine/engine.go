package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/pace"
	"ml-connector/store"
)

// Stale is the age of a partition's last beat after which another process may take it over.
const Stale = 5 * time.Second

// OpenFunc opens a Connection: its secrets unsealed, its Caller bound to its addresses.
type OpenFunc func(ctx context.Context, c connector.Connection) (connector.Instance, error)

// Config is what an Engine needs.
type Config struct {
	DB     *store.DB
	Open   OpenFunc
	Now    func() time.Time
	Pace   connector.Pace                                   // nil = the real one; all that waits or runs beside something goes by it
	Sleep  func(ctx context.Context, d time.Duration) error // ends early with the context's error; nil = the Pace's
	Tick   func(ctx context.Context, d time.Duration) error // waits between two beats of a lease; nil = Sleep
	Jitter func() float64                                   // 0 ≤ x < 1
	Owner  string                                           // of this process, unique among all that share the database
	Sole   bool                                             // no other process can be delivering: the lock of a SQLite file is ours
	Log    *slog.Logger
	// Progress, when not nil, hears of what is being done; it must return at once.
	Progress func(Progress)
}

// Progress tells a person how far the work is.
type Progress struct {
	Flow    string
	Stage   string // "reading", "delivering", "waiting"
	Read    int
	Settled int
}

// Engine runs Flows. It is safe for many goroutines.
type Engine struct {
	Config
	mu       sync.Mutex
	peers    map[string]*peer
	pumping  map[store.FlowPartition]bool // partitions that this process works on right now
	checking map[string]chan struct{}     // Connections that a Flow checks right now; closed when it has
	mappings map[string]*parsedMapping    // by Flow, as its rules are now
	sharing  sharing                      // of Connections with other processes
	minded   time.Time                    // when the clock was last looked at
}

// New makes an Engine; nothing runs until it is called.
func New(c Config) *Engine {
	c.Pace = pace.Or(c.Pace)
	if c.Sleep == nil {
		c.Sleep = c.Pace.Sleep
	}
	if c.Tick == nil {
		c.Tick = c.Sleep
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Engine{Config: c, peers: map[string]*peer{}, pumping: map[store.FlowPartition]bool{}, checking: map[string]chan struct{}{}, mappings: map[string]*parsedMapping{}, sharing: sharing{of: map[string]*share{}}}
}

// Sleep waits in real time.
func Sleep(ctx context.Context, d time.Duration) error { return pace.Real{}.Sleep(ctx, d) }

func (e *Engine) progress(p Progress) {
	if e.Progress != nil {
		e.Progress(p)
	}
}

// kept gathers the Exchanges of one piece of work until they are stored with its outcome.
type kept struct {
	mu   sync.Mutex
	list []connector.Exchange
}

func (k *kept) keep(x connector.Exchange) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = append(k.list, x)
}

// take empties it.
func (k *kept) take() []connector.Exchange {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.list
	k.list = nil
	return l
}

// keepAll stores what was gathered by itself, also when the work was told to stop: what was said on the wire stays true.
func (e *Engine) keepAll(ctx context.Context, k *kept) error {
	return e.DB.SaveExchanges(context.WithoutCancel(ctx), k.take())
}

// accept is DB.Accept; the Exchanges of a page that is not accepted are kept all the same.
func (e *Engine) accept(ctx context.Context, a store.Acceptance) (store.Accepted, error) {
	got, err := e.DB.Accept(ctx, a)
	if err != nil {
		err = errors.Join(err, e.DB.SaveExchanges(context.WithoutCancel(ctx), a.Exchanges))
	}
	return got, err
}

// trace returns a context whose calls are kept.
func (k *kept) trace(ctx context.Context, run, delivery int64) context.Context {
	return connector.WithTrace(ctx, connector.Trace{Run: run, Delivery: delivery, Keep: k.keep})
}

func lastExchange(l []connector.Exchange) string {
	if len(l) == 0 {
		return ""
	}
	return l[len(l)-1].ID
}
