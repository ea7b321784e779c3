package simulation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
	"ml-connector/store"
)

// Options say how a seed is run.
type Options struct {
	Dir   string        // for its database; removed by whoever made it
	Trace bool          // keep the whole story
	Beat  *atomic.Int64 // counts turns, for whoever watches over it
}

// Result is what came of a seed.
type Result struct {
	Seed       uint64
	Violations []Violation
	Counts     map[string]int // what happened, by name
	Points     map[string]int // points at which a process could be killed, and how often they were passed
	Hash       string         // of the whole story: the same seed gives the same
	Virtual    time.Duration
	Turns      int
	Story      []string // with Options.Trace, else the last lines alone
}

// Violation is one thing that must never be.
type Violation struct {
	Item    string // of QUALITY.md §1, "" for none of them
	Record  string // that it is about, if any
	Message string

	record connector.Record
}

// String is one line.
func (v Violation) String() string {
	return strings.TrimSpace(v.Item + " " + v.Record + ": " + v.Message)
}

// place is where one process runs at a time.
type place struct {
	name    string
	skew    time.Duration
	process *process
	seen    time.Time
}

// sim is one seed under way.
type sim struct {
	seed    uint64
	ctx     context.Context
	url     string
	profile profile
	company *sample.Company
	later   later
	ps      *peoplesoftsim.Server
	jg      *jaggaersim.Server
	sides   map[string]*side
	inForce map[string]connector.Validation
	turns   *turns
	places  []*place
	opened  []*store.DB
	desk    *store.DB // of people, and of whoever checks
	witness *witness

	world, net, chance, jitter, desks *rand.Rand

	rows []withheld // of Crosswalks, still to be given

	calm      bool // no more edits, faults and kills: all is to come to rest
	over      bool
	unwinding bool            // nothing counts any more
	quietFrom time.Time       // since when nothing has moved
	drifted   map[string]bool // objects that people changed at the side that does not own them, and that no Flow reads there
	touched   map[string]bool // all objects that people changed at the side that does not own them
	byHand    map[int64]bool  // Deliveries whose doubt a person ended
	full      time.Time       // the disk of the database is full until then
	starts    int
	commits   int
	settles   int
	texts     int
	hurries   int

	exchanges int
	counts    map[string]int
	points    map[string]int
	broken    []Violation
	story     []string
	digest    hash.Hash
	trace     bool
}

// began is the day on which every seed begins: the night in which Chicago's clocks change lies ahead of some.
var began = time.Date(2026, 3, 7, 22, 0, 0, 0, time.UTC)

// Run runs one seed to its end.
func Run(ctx context.Context, seed uint64, o Options) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	source := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
	s := &sim{
		seed: seed, ctx: ctx, profile: draw(source(1)), inForce: map[string]connector.Validation{}, counts: map[string]int{}, points: map[string]int{}, byHand: map[int64]bool{}, drifted: map[string]bool{}, touched: map[string]bool{}, digest: sha256.New(), trace: o.Trace,
		world: source(2), net: source(3), chance: source(4), jitter: source(5), desks: source(8),
	}
	s.profile.Gaps = gaps(s.desks)
	now := began.Add(time.Duration(s.world.IntN(48)) * time.Hour)
	s.turns = newTurns(source(6), now, 60_000, func(what string) { s.violate("rest", "%s; %s", what, s.standing()) })
	s.turns.beat = o.Beat
	s.company, s.later = small(source(7), seed, now)
	s.witness = newWitness(s)
	s.tell("world: profile %+v", s.profile)
	s.found()
	if err := s.prepare(o.Dir); err != nil {
		return Result{}, err
	}
	defer s.close()
	defer s.unwind(cancel)
	for i := range s.profile.Processes {
		at := &place{name: string(rune('A' + i)), skew: s.profile.Skew[i], seen: now}
		s.places = append(s.places, at)
		s.turns.begin("keeper of "+at.name, nil, func() { s.keepUp(at) })
	}
	s.turns.begin("people of the Systems", nil, s.work)
	s.turns.begin("people at the desk", nil, s.people)
	if len(s.rows) > 0 {
		s.turns.begin("mapper", nil, s.mapper)
	}
	if s.profile.Trouble > 0 {
		s.turns.begin("trouble", nil, s.trouble)
	}
	s.turns.run(func() bool { return s.over || len(s.broken) > 0 })
	if len(s.broken) == 0 {
		s.final()
	}
	s.turns.current = nil
	for _, r := range s.concerned() {
		s.storyOf(r)
	}
	return Result{Seed: seed, Violations: s.broken, Counts: s.counts, Points: s.points, Hash: hex.EncodeToString(s.digest.Sum(nil)), Virtual: s.turns.now.Sub(now), Turns: s.turns.steps, Story: s.story}, nil
}

// prepare makes the database.
func (s *sim) prepare(dir string) error {
	path := filepath.Join(dir, fmt.Sprintf("%d.db", s.seed))
	text, err := blank()
	if err != nil {
		return err
	}
	for _, old := range []string{path, path + "-wal", path + "-shm"} {
		_ = os.Remove(old)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("write the database of a seed: %w", err)
	}
	s.url = "sqlite:" + path + "?durable=no"
	if s.desk, err = store.Open(s.ctx, s.url, func() time.Time { return s.turns.now }); err != nil {
		return err
	}
	s.opened = append(s.opened, s.desk)
	return s.configure(s.desk)
}

// unwind ends all actors that have not ended, so that nothing of a seed is kept: no process has any effect any more.
func (s *sim) unwind(cancel context.CancelFunc) {
	s.over, s.calm, s.unwinding = true, true, true
	for _, at := range s.places {
		if at.process != nil {
			at.process.dead, at.process.stalled = true, time.Time{}
			at.process.cancel()
		}
	}
	cancel()
	s.turns.limit = s.turns.steps + 20_000
	s.turns.run(func() bool { return false })
}

func (s *sim) close() {
	for _, db := range s.opened {
		_ = db.Close() // of a database that is thrown away
	}
}

// tell adds a line to the story.
func (s *sim) tell(format string, args ...any) {
	line := s.turns.now.Format("15:04:05.000000 ") + fmt.Sprintf(format, args...)
	s.digest.Write([]byte(line))
	if !s.trace && len(s.story) >= 400 {
		s.story = append(s.story[:0], s.story[200:]...)
	}
	s.story = append(s.story, line)
}

func (s *sim) count(what string) { s.counts[what]++ }

// violate notes that something happened that must never happen.
func (s *sim) violate(item, format string, args ...any) {
	if s.unwinding {
		return
	}
	v := Violation{Item: item, Message: fmt.Sprintf(format, args...)}
	s.broken = append(s.broken, v)
	s.tell("VIOLATION %s", v)
}
