// Command bench measures what docs/benchmarks.md promises, as ratios that are taken side by side in one run, so that a slow
// or busy machine slows both sides.
//
// B1 is the whole program, one process on SQLite, over the floor: the least honest work that brings the same orders from
// the same peers to the same disk, without mapping, Links, ledger or evidence.
//
// The others ask the same program about waiting, memory and recovery: several processes, slow peers, SIGKILL. Their peers
// are a crowd: any number of orders made of a few that were learned.
//
// It must never show a figure of a run in which not every record arrived, or leave out one that misses its goal. Its test
// proves both programs on a few records.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ml-connector/cmd/memory"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what the benchmarks are asked for.
type options struct {
	records []int // none: each has its own
	rounds  int
	profile string
	talk    io.Writer
	bench   *bench // with a few orders that were learned; nil for B1, which makes its own
}

// sizes are the numbers of records that were asked for, else the benchmark's own.
func (o options) sizes(own ...int) []int {
	if len(o.records) > 0 {
		return o.records
	}
	return own
}

func (o options) say(format string, args ...any) {
	fmt.Fprintf(o.talk, time.Now().Format("15:04:05 ")+format+"\n", args...)
}

// benchmarks are all but B1, in their order.
func benchmarks() []benchmark {
	return []benchmark{
		{"B1L", measureB1L},
		{"B1P", measureB1P},
		{"B2", measureB2},
		{"B3", measureB3},
		{"B4", measureB4},
		{"B5", measureB5},
		{"B6", measureB6},
		{"B8", measureB8},
		{"B9", measureB9},
		{"B10", measureB10},
	}
}

type benchmark struct {
	name    string
	measure func(context.Context, options) ([]row, error)
}

func run(ctx context.Context, args []string, out, talk io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(talk)
	flags.Usage = func() {
		fmt.Fprintln(talk, "usage: bench [FLAGS] [BENCHMARK…]   (B1, B1L, B1P, …; none = all)")
		flags.PrintDefaults()
	}
	records := flags.String("records", "", "how many records, a figure for each number: 1000,10000 (else each benchmark's own number)")
	file := flags.String("json", "", "file to write the figures to")
	o := options{talk: talk}
	flags.IntVar(&o.rounds, "rounds", 3, "times that both sides run in turn; the median counts")
	flags.StringVar(&o.profile, "profile", "", "file to write a CPU profile of B1's program to")
	err := flags.Parse(args)
	if err == nil && *records != "" {
		o.records, err = numbers(*records)
	}
	if err == nil && o.rounds < 1 {
		err = fmt.Errorf("-rounds must be 1 or more")
	}
	var chosen []string
	if err == nil {
		chosen, err = choose(flags.Args())
	}
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(memory.Room()) // as the program itself
	report := newReport(args)
	err = o.measure(ctx, chosen, report)
	report.table(out)
	if *file == "" {
		return err
	}
	text, failed := json.MarshalIndent(report, "", "  ")
	if failed == nil {
		failed = os.WriteFile(*file, append(text, '\n'), 0o644)
	}
	return errors.Join(err, failed)
}

// choose gives the names of the benchmarks to run.
func choose(names []string) ([]string, error) {
	known := []string{"B1"}
	for _, b := range benchmarks() {
		known = append(known, b.name)
	}
	if len(names) == 0 {
		return known, nil
	}
	for i, name := range names {
		names[i] = strings.ToUpper(name)
		if !slices.Contains(known, names[i]) {
			return nil, fmt.Errorf("%q is none of %s", name, strings.Join(known, ", "))
		}
	}
	return names, nil
}

// measure runs the chosen benchmarks. What was measured before one of them failed stays in the report.
func (o options) measure(ctx context.Context, chosen []string, report *report) (err error) {
	if slices.Contains(chosen, "B1") {
		for _, n := range o.sizes(1000) {
			o.say("B1 with %d orders …", n)
			f, err := measureB1(ctx, n, o.rounds, o.profile, o.talk)
			if err != nil {
				return fmt.Errorf("measure B1 with %d orders: %w", n, err)
			}
			report.Figures = append(report.Figures, f)
		}
	}
	defer func() {
		if o.bench != nil {
			o.bench.close()
		}
	}()
	for _, b := range benchmarks() {
		if !slices.Contains(chosen, b.name) {
			continue
		}
		if o.bench == nil {
			o.say("Orders are learned …")
			if o.bench, err = setUp(ctx, learned); err != nil {
				return fmt.Errorf("set up: %w", err)
			}
		}
		o.say("%s …", b.name)
		rows, err := b.measure(ctx, o)
		report.Rows = append(report.Rows, rows...)
		if err != nil {
			return fmt.Errorf("measure %s: %w", b.name, err)
		}
	}
	return nil
}

func numbers(list string) ([]int, error) {
	var out []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-records: %q is not a number of records", text)
		}
		out = append(out, n)
	}
	return out, nil
}
