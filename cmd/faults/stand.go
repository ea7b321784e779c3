//go:build unix

package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"ml-connector/cmd/postgres"
	"ml-connector/cmd/site"
	"ml-connector/sample"
	"ml-connector/store"
)

// stand is one installation under test: both simulators behind a door and a gate each, a folder with the configuration, a
// database, and the processes that run now.
type stand struct {
	dir      string
	program  string
	database string // URL
	env      []string
	door     *door
	site     *site.Site
	erp, s2p *gate
	server   *postgres.Server // nil on SQLite
	open     *store.DB        // to look into PostgreSQL
	rng      *rand.Rand
	running  []*process
	started  int
	undo     []func()
	notes    []string
	as       *syscall.Credential // whom processes run as, nil = us
}

// note adds to what is shown beside the outcome.
func (s *stand) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// after does something when the row is over, last first.
func (s *stand) after(f func()) { s.undo = append(s.undo, f) }

func (s *stand) close() {
	for _, p := range s.running {
		if !p.ended() {
			p.signal(syscall.SIGCONT)
			p.kill()
		}
	}
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
}

// newStand opens the simulators and applies the configuration to an empty database.
func (r *runner) newStand(ctx context.Context, f fault, database string) (*stand, error) {
	h := fnv.New64a()
	fmt.Fprint(h, f.name, database)
	s := &stand{dir: filepath.Join(r.dir, fmt.Sprintf("%s-%s-%d", f.name, database, r.seed)), program: r.program, door: &door{delay: r.delay}, rng: rand.New(rand.NewPCG(uint64(r.seed), h.Sum64()))}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return s, err
	}
	var err error
	if s.site, s.erp, s.s2p, err = s.openPair(ctx, s.door); err != nil {
		return s, err
	}
	if err := s.newDatabase(ctx, r.template, f, database); err != nil {
		return s, err
	}
	if err := s.configure(); err != nil {
		return s, err
	}
	if _, talk, status, err := s.do(ctx, "apply", "-f", "ml-connector.yaml"); err != nil || status != 0 {
		return s, fmt.Errorf("apply: %d %w\n%s", status, err, talk)
	}
	return s, nil
}

// openPair opens both simulators, behind a door and a gate each, where the configuration will find them.
func (s *stand) openPair(ctx context.Context, d *door) (pair *site.Site, erp, s2p *gate, err error) {
	if pair, err = openSite(ctx); err != nil {
		return nil, nil, nil, err
	}
	s.after(pair.Close)
	if erp, err = newGate(ctx, d.before(pair.PeopleSoft)); err != nil {
		return nil, nil, nil, err
	}
	s.after(erp.down)
	if s2p, err = newGate(ctx, d.before(pair.Jaggaer)); err != nil {
		return nil, nil, nil, err
	}
	s.after(s2p.down)
	pair.ERP, pair.S2P = erp.address, s2p.address
	return pair, erp, s2p, nil
}

func openSite(ctx context.Context) (*site.Site, error) {
	return site.Open(ctx, site.Options{Company: sample.New(3, sample.Small(), time.Now()), Now: time.Now, Seed: 3, PeopleSoft: "127.0.0.1:0", Jaggaer: "127.0.0.1:0", Pace: -1})
}

// newDatabase makes the database, on a small disk of its own where the fault fills it.
func (s *stand) newDatabase(ctx context.Context, template *postgres.Server, f fault, database string) error {
	dir := filepath.Join(s.dir, "database")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if f.disk {
		if err := s.smallDisk(dir, map[string]string{onSQLite: "24m", onPostgres: "220m"}[database]); err != nil {
			s.note("no disk of its own (%v)", err)
		}
	}
	s.database = "sqlite:" + filepath.Join(dir, "connector.db")
	if database == onPostgres {
		server, err := template.Copy(ctx, dir)
		if err != nil {
			return err
		}
		s.server = server
		s.after(server.Crash)
		if err := server.Start(ctx, "max_connections=120", "timezone=Pacific/Auckland", "shared_buffers=32MB"); err != nil {
			return err
		}
		if err := server.Create(ctx, "connector", ""); err != nil {
			return err
		}
		s.database = server.URL("connector")
	}
	s.env = []string{"ML_CONNECTOR_CONFIG=", "ML_CONNECTOR_DATABASE=" + s.database}
	return nil
}

// smallDisk mounts a file system of that size, which takes root.
func (s *stand) smallDisk(dir, size string) error {
	if err := mountTmpfs(dir, size); err != nil {
		return err
	}
	s.after(func() { unmount(dir) })
	return nil
}

// configure writes the configuration, with schedules that let every Flow come around soon.
func (s *stand) configure() error {
	path, err := s.site.Write(s.dir)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(soon(string(text))), 0o600)
}

// soon lets every Flow of a configuration run each five seconds.
func soon(config string) string {
	return strings.NewReplacer(`"@every 60s"`, `"@every 5s"`, `"@every 15s"`, `"@every 5s"`).Replace(config)
}

// do runs a command of the program to its end.
func (s *stand) do(ctx context.Context, args ...string) (out, talk string, status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	return command(ctx, s.dir, s.env, s.program, args...)
}

// start starts a process that works until it is stopped: serve on SQLite, work on PostgreSQL.
func (s *stand) start(ctx context.Context) (*process, error) {
	args, ready := []string{"serve", "--listen", "127.0.0.1:0"}, "listening on"
	if s.server != nil {
		args, ready = []string{"work"}, "working"
	}
	p, err := s.begin(args...)
	if err != nil {
		return nil, err
	}
	return p, p.until(ctx, ready)
}

func (s *stand) begin(args ...string) (*process, error) {
	s.started++
	p, err := begin(s.dir, fmt.Sprintf("%s-%d", args[0], s.started), s.env, s.as, s.program, args...)
	if err == nil {
		s.running = append(s.running, p)
	}
	return p, err
}

// several starts n processes.
func (s *stand) several(ctx context.Context, n int) ([]*process, error) {
	var out []*process
	for range n {
		p, err := s.start(ctx)
		if err != nil {
			return out, err
		}
		out = append(out, p)
	}
	return out, nil
}

// moment waits for a request of a kind after skip others.
func (s *stand) moment(ctx context.Context, t *trap) error {
	select {
	case <-t.hit:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(40 * time.Second):
		return fmt.Errorf("the moment for the fault never came")
	}
}

// loaded waits until some writes of the first load have gone out.
func (s *stand) loaded(ctx context.Context) error {
	return s.moment(ctx, s.door.arm(isWrite, 5+s.rng.IntN(25), false))
}
