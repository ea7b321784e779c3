// Command bench measures what docs/benchmarks.md promises, as ratios that are taken side by side in one run, so that a slow
// or busy machine slows both sides.
//
// B1 is the whole program, one process on SQLite, over the floor: the least honest work that brings the same orders from
// the same peers to the same disk, without mapping, Links, ledger or evidence.
//
// It must never show a figure of a run in which not every record arrived, or leave out one that misses its goal. Its test
// proves both programs on a few records.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"

	"ml-connector/cmd/memory"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, talk io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(talk)
	records := flags.String("records", "1000", "how many orders, a figure for each number: 1000,10000")
	rounds := flags.Int("rounds", 3, "times that program and floor run in turn; the median counts")
	file := flags.String("json", "", "file to write the figures to")
	profile := flags.String("profile", "", "file to write a CPU profile of the program's rounds to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	sizes, err := numbers(*records)
	if err != nil {
		return err
	}
	if *rounds < 1 {
		return fmt.Errorf("-rounds must be 1 or more")
	}
	defer runtime.KeepAlive(memory.Room()) // as the program itself
	report := newReport(args)
	for _, n := range sizes {
		fmt.Fprintf(talk, "B1 with %d orders …\n", n)
		f, err := measureB1(ctx, n, *rounds, *profile, talk)
		if err != nil {
			return fmt.Errorf("measure B1 with %d orders: %w", n, err)
		}
		report.Figures = append(report.Figures, f)
	}
	report.table(out)
	if *file == "" {
		return nil
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return os.WriteFile(*file, append(text, '\n'), 0o644)
}

func numbers(list string) ([]int, error) {
	var out []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-records: %q is not a number of orders", text)
		}
		out = append(out, n)
	}
	return out, nil
}
