package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/cmd/site"
	"ml-connector/engine"
	"ml-connector/gate"
	"ml-connector/people"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

// demoWait is how long the first synchronisation may take.
const demoWait = 5 * time.Minute

type demoFlags struct {
	once        bool
	dir, listen string
	size        sample.Size
}

func (p *program) demoCommand() *cobra.Command {
	f := demoFlags{size: sample.Default()}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Both simulators with sample data, an embedded database, all flows and the pages, until Ctrl-C",
		Long: `Simulates PeopleSoft and JAGGAER at an invented company, connects them with all shipped Flows, and synchronises. The runs go to
standard output as ` + "`sync`" + ` prints them. Then it goes on by schedule until Ctrl-C, and says how to change something on either
side. Some records of the sample are held or blocked on purpose.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.demo(c.Context(), f) },
	}
	c.Flags().BoolVar(&f.once, "once", false, "synchronise once and end")
	c.Flags().StringVar(&f.dir, "dir", "", "folder for the database and the configuration (else a temporary one, removed at the end)")
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "address of the pages")
	p.limitFlag(c)
	return c
}

// demo runs the demonstration in its folder. It ends well by --once or Ctrl-C.
func (p *program) demo(ctx context.Context, f demoFlags) error {
	if !f.once {
		if err := checkOpen(f.listen); err != nil {
			return err
		}
	}
	folder, remove, err := demoFolder(f.dir)
	if err != nil {
		return err
	}
	defer remove()
	life, pace := peoplesoftsim.DemoLife(), 10*time.Second
	if f.once { // a fixed amount of work: nothing is sourced meanwhile, and what PeopleSoft does by itself it does at once
		life, pace = peoplesoftsim.Life{Approve: peoplesoftsim.Immediately, Dispatch: peoplesoftsim.Immediately, Build: peoplesoftsim.Immediately}, -1
	}
	s, err := site.Open(ctx, site.Options{
		Company: sample.New(1, f.size, time.Now()), Now: time.Now, Seed: 1,
		PeopleSoft: "127.0.0.1:0", Jaggaer: "127.0.0.1:0", Life: life, Pace: pace,
	})
	if err != nil {
		return err
	}
	defer s.Close()
	path, err := s.Write(folder)
	if err != nil {
		return err
	}
	file, err := config.Read(path, p.appConfig().Known(true))
	if err != nil {
		return err
	}
	return p.withProcess(ctx, file.Process, func(a *app.App) error {
		if _, err := a.Apply(ctx, file, app.ApplyOptions{}, p.actor()); err != nil {
			return err
		}
		if err := p.demoSync(ctx, a, s); err != nil || f.once || ctx.Err() != nil {
			return err
		}
		return p.demoLive(ctx, a, s, path, f.listen)
	})
}

// demoFolder is where the demonstration keeps its files; remove takes a temporary one away.
func demoFolder(dir string) (folder string, remove func(), err error) {
	if dir == "" {
		folder, err = os.MkdirTemp("", "ml-connector-demo-")
		if err != nil {
			return "", nil, connector.Errorf(connector.Invalid, "make a folder for the demonstration", "none can be made").Because(err).Advise("Give one with --dir.")
		}
		return folder, func() { _ = os.RemoveAll(folder) }, nil // what can't be removed is in the system's temporary folder
	}
	if _, err := os.Stat(filepath.Join(dir, "ml-connector.db")); !errors.Is(err, fs.ErrNotExist) {
		return "", nil, connector.Errorf(connector.Invalid, "use the folder "+dir, "it has a database already, whose records new simulators don't know").
			Advise("Give an empty folder, or none.")
	}
	return dir, func() {}, nil
}

// demoSync runs all Flows once and reports. Held and blocked records are no failure here: the sample has some on purpose.
func (p *program) demoSync(ctx context.Context, a *app.App, s *site.Site) error {
	c := s.Company
	p.say("%s: %d suppliers, %d accounts, %d requisitions in PeopleSoft; %d orders, %d invoices in JAGGAER. Synchronising …",
		c.Name, len(c.Suppliers), len(c.Accounts), len(c.Requisitions), len(c.Orders), len(c.Invoices))
	p.watch()
	done, err := a.Sync(ctx, app.SyncOptions{Wait: demoWait}, p.actor())
	if err != nil {
		return err
	}
	if err := p.printRuns(done); err != nil {
		return err
	}
	for _, r := range done.Runs {
		if r.Error != nil { // printRuns has told it
			p.status = app.WorstExit(p.status, r.Error.Code.ExitStatus())
		}
	}
	if done.TimedOut {
		p.status = app.WorstExit(p.status, connector.Unavailable.ExitStatus())
	}
	w, err := a.Why(ctx, c.Invoices[0].Number)
	if err != nil {
		return err
	}
	for _, sentence := range w.Sentences {
		p.say("%s", clean(sentence))
	}
	return nil
}

// tellOften is how often at most the demonstration tells what one Flow has settled.
const tellOften = 3 * time.Second

// tellSeldom tells what arrives, of each Flow at most once in a while, so that it can be read.
func (p *program) tellSeldom() func(engine.Progress) {
	var mu sync.Mutex
	last := map[string]time.Time{}
	return func(g engine.Progress) {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		if g.Stage != "delivering" || now.Sub(last[g.Flow]) < tellOften {
			return
		}
		last[g.Flow] = now
		p.say("%s  %s: %d settled", now.Format(time.TimeOnly), g.Flow, g.Settled)
	}
}

// demoLive goes on by schedule, and tells what arrives, until the context ends or something fails.
func (p *program) demoLive(ctx context.Context, a *app.App, s *site.Site, path, listen string) error {
	p.progress.clear()
	p.progress = nil
	a.Progress = p.tellSeldom()
	introduce(s, p.talk)
	p.say("\nLook closer, in another terminal:\n  export ML_CONNECTOR_CONFIG=%s", path)
	for _, c := range []string{"flow list", "delivery list --state held", "why " + s.Company.Orders[0].Number, "record list", "audit verify"} {
		p.say("  ml-connector %s", c)
	}
	p.say("\nIt goes on by schedule. Ctrl-C ends it.")
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case failed = <-s.Failed:
			stop()
		case <-ctx.Done():
		}
	}()
	a.Process.Listen = listen
	err := p.serve(ctx, a, gate.Config{App: a, Everyone: people.Local("demo")})
	stop()
	<-watched
	return errors.Join(failed, err)
}
