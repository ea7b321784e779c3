// Command simulate runs ml-connector in virtual time from seeds: see package simulation.
//
//	go run ./cmd/simulate -seed 42 -trace       one seed, and its whole story
//	go run ./cmd/simulate -seeds 500 -for 4m    many, on all cores
//	go run ./cmd/simulate -planted              how many seeds find each planted bug
//
// It must never decide what is right: it only runs, counts and prints. Its exit status is 1 when a seed fails.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"

	"ml-connector/simulation"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout))
}

func run(ctx context.Context, args []string, out io.Writer) int {
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	flags.SetOutput(out)
	seed := flags.Uint64("seed", 0, "run this seed alone")
	seeds := flags.Int("seeds", 500, "run so many seeds")
	from := flags.Uint64("from", 1, "the first of them")
	most := flags.Duration("for", 0, "begin no further seed after so long")
	fails := flags.Int("fails", 0, "end after so many failing seeds")
	trace := flags.Bool("trace", false, "print the whole story of the seed")
	find := flags.Bool("planted", false, "build with each planted bug, and say how many seeds find it")
	profile := flags.String("profile", "", "write a processor profile into this file")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			_, _ = fmt.Fprintln(out, err)
			return 2
		}
		defer pprof.StopCPUProfile()
	}
	if *find {
		return planted(ctx, out)
	}
	if *seed > 0 {
		return one(ctx, *seed, *trace, out)
	}
	debug.SetGCPercent(300) // seeds are short, and many
	began := time.Now()
	o, err := simulation.Campaign{From: *from, Seeds: *seeds, Fails: *fails, Out: out, Until: func() bool { return *most > 0 && time.Since(began) > *most }}.Run(ctx)
	took := time.Since(began)
	o.Print(out)
	_, _ = fmt.Fprintf(out, "%d seeds in %s (%.1f seeds/s), %s of virtual time, %d turns a seed, %d failed\n", o.Seeds, took.Round(time.Millisecond), float64(o.Seeds)/took.Seconds(), o.Virtual.Round(time.Second), o.Turns/max(o.Seeds, 1), len(o.Failed))
	if err != nil {
		_, _ = fmt.Fprintln(out, err)
		return 2
	}
	if len(o.Failed) > 0 {
		return 1
	}
	return 0
}

// one runs one seed and tells what came of it.
func one(ctx context.Context, seed uint64, trace bool, out io.Writer) int {
	dir, err := os.MkdirTemp("", "ml-connector-simulation-")
	if err != nil {
		_, _ = fmt.Fprintln(out, err)
		return 2
	}
	defer func() { _ = os.RemoveAll(dir) }()
	r, err := simulation.Run(ctx, seed, simulation.Options{Dir: dir, Trace: trace})
	if err != nil {
		_, _ = fmt.Fprintln(out, err)
		return 2
	}
	if trace {
		_, _ = fmt.Fprintln(out, strings.Join(r.Story, "\n"))
	}
	for _, v := range r.Violations {
		_, _ = fmt.Fprintln(out, "VIOLATION", v)
	}
	_, _ = fmt.Fprintf(out, "seed %d: %s of virtual time, story %s\n", seed, r.Virtual.Round(time.Second), r.Hash[:16])
	if len(r.Violations) > 0 {
		return 1
	}
	return 0
}
