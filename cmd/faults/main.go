//go:build unix

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	connector "ml-connector"
	"ml-connector/cmd/postgres"
)

// The two databases.
const (
	onSQLite   = "sqlite"
	onPostgres = "postgres"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// runner is one call of the command.
type runner struct {
	dir      string
	program  string
	template *postgres.Server // a copy of its files for each row
	seed     int64
	delay    time.Duration
	talk     io.Writer
	without  map[string]connector.State // how each Record ends when nothing goes wrong
}

func run(ctx context.Context, args []string, out, talk io.Writer) (bool, error) {
	flags := flag.NewFlagSet("faults", flag.ContinueOnError)
	flags.SetOutput(talk)
	only := flags.String("only", "", "names of faults, with commas between them; empty = all")
	databases := flags.String("databases", onSQLite+","+onPostgres, "on which databases")
	rounds := flags.Int("rounds", 1, "how often all of it is done, each time with other moments")
	seed := flags.Int64("seed", time.Now().UnixNano()%100000, "of the moments")
	atOnce := flags.Int("at-once", 6, "how many rows run at once")
	asJSON := flags.Bool("json", false, "print JSON instead of the table")
	keep := flags.Bool("keep", false, "keep the folders of all rows")
	delay := flags.Duration("delay", 20*time.Millisecond, "what each request to a peer takes")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	chosen, err := choose(*only)
	if err != nil {
		return false, err
	}
	r := &runner{seed: *seed, delay: *delay, talk: talk}
	if r.dir, err = os.MkdirTemp("", "ml-connector-faults-"); err != nil {
		return false, err
	}
	if *keep {
		fmt.Fprintln(talk, "folder:", r.dir)
	} else {
		defer func() { _ = os.RemoveAll(r.dir) }()
	}
	if err := r.prepare(ctx, strings.Contains(*databases, onPostgres)); err != nil {
		return false, err
	}
	var rows []row
	for range *rounds {
		fmt.Fprintf(talk, "seed %d\n", r.seed)
		rows = append(rows, r.all(ctx, chosen, strings.Split(*databases, ","), *atOnce)...)
		r.seed++
	}
	if *asJSON {
		if err := json.NewEncoder(out).Encode(rows); err != nil {
			return false, err
		}
	} else {
		table(out, rows)
	}
	good := true
	for _, x := range rows {
		if !x.OK {
			good = false
			trouble(talk, x)
		}
	}
	return good && ctx.Err() == nil, nil
}

// choose finds faults by their names.
func choose(names string) ([]fault, error) {
	if names == "" {
		return faults(), nil
	}
	var out []fault
	var known []string
	for _, f := range faults() {
		known = append(known, f.name)
		for name := range strings.SplitSeq(names, ",") {
			if name == f.name {
				out = append(out, f)
			}
		}
	}
	if len(out) != strings.Count(names, ",")+1 {
		return nil, fmt.Errorf("-only %s: the faults are %s", names, strings.Join(known, ", "))
	}
	return out, nil
}

// prepare builds the program, makes the files of a PostgreSQL, and learns how each Record ends without a fault.
func (r *runner) prepare(ctx context.Context, withPostgres bool) error {
	if err := os.Chmod(r.dir, 0o755); err != nil { // PostgreSQL runs as another user
		return err
	}
	r.program = filepath.Join(r.dir, "ml-connector")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", r.program, "ml-connector/cmd/ml-connector").CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	if withPostgres {
		dir := filepath.Join(r.dir, "template")
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		var err error
		if r.template, err = postgres.Make(ctx, dir); err != nil {
			return fmt.Errorf("%w; -databases %s does without", err, onSQLite)
		}
	}
	x, ends := r.one(ctx, fault{name: "without", title: "none", run: none}, onSQLite)
	if !x.OK {
		trouble(r.talk, x)
		return fmt.Errorf("even without a fault it is not all well")
	}
	r.without = ends
	return nil
}

// all runs each fault on each database, some rows at once, those that take longest first; they wait most of the time.
func (r *runner) all(ctx context.Context, chosen []fault, databases []string, atOnce int) []row {
	var rows []row
	type task struct {
		fault
		run func()
	}
	var work []task
	var mu sync.Mutex
	for _, f := range chosen {
		for _, d := range databases {
			if f.only != "" && f.only != d {
				continue
			}
			at := len(rows)
			rows = append(rows, row{})
			work = append(work, task{f, func() {
				x, _ := r.one(ctx, f, d)
				mu.Lock()
				defer mu.Unlock()
				rows[at] = x
				word := "ok"
				if !x.OK {
					word = "FAILED"
				}
				fmt.Fprintf(r.talk, "%-16s %-8s %s, settled after %.1f s, took %.1f s\n", x.Name, x.Database, word, x.Settled, x.Took)
			}})
		}
	}
	slices.SortStableFunc(work, func(x, y task) int { return cmp.Compare(y.within(), x.within()) })
	next := make(chan func())
	var running sync.WaitGroup
	for range max(atOnce, 1) {
		running.Go(func() {
			for f := range next {
				f()
			}
		})
	}
	for _, f := range work {
		next <- f.run
	}
	close(next)
	running.Wait()
	return rows
}

// one runs one fault on one database.
func (r *runner) one(ctx context.Context, f fault, database string) (row, map[string]connector.State) {
	x := row{Fault: f.title, Name: f.name, Database: database}
	from := time.Now()
	s, err := r.newStand(ctx, f, database)
	defer s.close()
	if err == nil {
		err = f.run(ctx, s)
	}
	over := time.Now()
	if err == nil {
		var took time.Duration
		x.outcome, took, err = s.settle(ctx, over, f.within(), everyFlow)
		x.Settled = seconds(took)
	}
	if err == nil && x.Open == "" && r.without != nil {
		x.differ(r.without)
	}
	x.Notes, x.Took = strings.Join(s.notes, "; "), seconds(time.Since(from))
	if err != nil {
		x.Error = err.Error()
	}
	x.OK = err == nil && x.Open == "" && len(x.Violations) == 0
	if !x.OK {
		for _, p := range s.running[max(0, len(s.running)-3):] {
			x.Talk += tail(p.said(), 8) + "\n"
		}
	}
	return x, x.ends
}

func everyFlow(string) bool { return true }
