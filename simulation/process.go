package simulation

import (
	"context"
	"fmt"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// process is one simulated process: an engine of its own with its own memory and its own connections to the one database.
type process struct {
	sim     *sim
	name    string // of its place: A, B
	owner   string // of this start
	skew    time.Duration
	dead    bool
	stopped bool
	stalled time.Time // gets no turn until then
	woke    time.Time // the end of its last stall
	actors  int
	began   time.Time
	ctx     context.Context // of all it does; ends when it is told to stop
	cancel  context.CancelFunc
	db      *store.DB
	engine  *engine.Engine
	working map[string]bool
	idle    int
}

func (p *process) now() time.Time { return p.sim.turns.now.Add(p.skew) }

// start opens the database and begins to work.
func (s *sim) start(name string, skew time.Duration) (*process, error) {
	s.starts++
	p := &process{sim: s, name: name, owner: fmt.Sprintf("%s%d", name, s.starts), skew: skew, working: map[string]bool{}}
	p.began = p.now()
	p.ctx, p.cancel = context.WithCancel(s.ctx)
	db, err := store.Open(s.ctx, s.url, p.now)
	if err != nil {
		return nil, err
	}
	p.db = db
	db.Watch(p.watch)
	s.opened = append(s.opened, db)
	p.engine = engine.New(engine.Config{DB: db, Open: p.open, Now: p.now, Pace: pace{p}, Jitter: s.jitter.Float64, Owner: p.owner, Sole: s.profile.Sole})
	s.count("starts")
	s.tell("%s: starts", p.owner)
	s.turns.begin(p.owner, p, p.sweep)
	return p, nil
}

// open makes an Instance whose calls go over the simulated network.
func (p *process) open(_ context.Context, c connector.Connection) (connector.Instance, error) {
	return p.sim.open(c, wire{p: p, side: p.sim.sides[c.Name]}, p.now, pace{p})
}

// alive says whether it still works, or may yet end what it has begun.
func (p *process) alive() bool { return !p.dead && (!p.stopped || p.actors > 0) }

// kill ends it as SIGKILL does: whatever it still does has no effect any more.
func (p *process) kill(where string) {
	if p.dead {
		return
	}
	p.dead, p.stalled = true, time.Time{}
	p.sim.count("kills")
	p.sim.tell("%s: killed %s", p.owner, where)
	p.cancel()
}

// stop tells it to end, as SIGTERM does.
func (p *process) stop() {
	p.stopped = true
	p.sim.count("stops")
	p.sim.tell("%s: is told to stop", p.owner)
	p.cancel()
}

// watch is every moment of its write transactions: nothing of them happens beside another actor.
func (p *process) watch(op string, at store.Moment) error {
	s := p.sim
	if p.dead {
		return killed()
	}
	switch at {
	case store.BeforeBegin:
		if s.strike(p, "before "+op) {
			return killed()
		}
		if op == "store.Intend" || op == "store.SettleAndIntend" {
			s.stallWriter(p, op) // it believes in its lease, and the transaction has to know better
		}
		s.turns.yield()
		if p.dead {
			return killed()
		}
		if s.full.After(s.turns.now) && !s.calm {
			s.count("database: not available")
			return connector.Errorf(connector.Unavailable, op, "the disk of the database is full")
		}
	case store.BeforeCommit:
		if s.strike(p, "before commit of "+op) {
			return killed()
		}
	case store.AfterCommit:
		s.committed(op)
		if s.strike(p, "after commit of "+op) {
			return killed()
		}
		s.turns.yield()
		if p.dead {
			return killed()
		}
	}
	return nil
}

// sweep does again and again what is due by our rows, as River's file has it done.
func (p *process) sweep() {
	if err := p.engine.CloseAbandoned(p.ctx); err != nil {
		p.noted("close abandoned runs", err)
	}
	var seen int
	for !p.dead && p.ctx.Err() == nil {
		p.idle++
		if seen != p.sim.commits || p.idle > 4 {
			due, err := p.engine.Due(p.ctx, p.began)
			if err != nil {
				p.noted("sweep", err)
			}
			seen, p.idle = p.sim.commits, 0
			p.begin(due)
		}
		if (pace{p}).Sleep(p.ctx, time.Duration(800+p.sim.turns.rng.IntN(2400))*time.Millisecond) != nil {
			return
		}
	}
}

// begin starts what is due and not at work already.
func (p *process) begin(due engine.Due) {
	for _, flow := range due.Polls {
		p.do("poll "+flow, func() error { _, err := p.engine.PollDue(p.ctx, flow); return err })
	}
	for _, f := range due.Tracks {
		p.do("track "+f.Name, func() error {
			if err := p.engine.TrackBegins(p.ctx, f, func(*store.Tx) error { return nil }); err != nil {
				return err
			}
			return p.engine.TrackFlow(p.ctx, f.Name)
		})
	}
	for _, part := range due.Pumps {
		p.do(fmt.Sprintf("pump %s/%d", part.Flow, part.Partition), func() error {
			_, err := p.engine.Pump(p.ctx, part.Flow, part.Partition)
			return err
		})
	}
	for _, id := range due.Requests {
		p.do(fmt.Sprintf("request %d", id), func() error { return p.engine.Answer(p.ctx, id) })
	}
}

func (p *process) do(what string, f func() error) {
	if p.working[what] {
		return
	}
	p.working[what] = true
	p.sim.turns.begin(p.owner+" "+what, p, func() {
		defer delete(p.working, what)
		if err := f(); err != nil {
			p.noted(what, err)
		}
	})
}

// noted tells an error of the store: what the Systems say is in its rows.
func (p *process) noted(what string, err error) {
	if p.dead || p.ctx.Err() != nil {
		return
	}
	p.sim.tell("%s: %s: %v", p.owner, what, err)
	if code := connector.CodeOf(err); code != connector.Unavailable {
		p.sim.violate("", "%s ended with an error that is none of the world's: %v", what, err)
	}
}
