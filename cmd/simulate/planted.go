package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// bug is a defect that a build tag plants, and within how many seeds it has to be found.
type bug struct {
	tag, what string
	within    int
}

func bugs() []bug {
	return []bug{
		{"bug_cursor", "the cursor moves with the first page of a read", 200},
		{"bug_resend", "a write in doubt is sent again without a look-up", 100},
		{"bug_fence", "a process that lost its partition settles all the same", 400},
		{"bug_echo", "what the target holds already is written all the same, so that both sides echo", 150},
		{"bug_order", "a newer Version does not wait for one in doubt", 400},
		{"bug_withdrawal", "a linked Record that is withdrawn is filtered", 100},
		{"bug_rows", "what waits for a row of a crosswalk is not released by it", 150},
		{"bug_exchange", "what was exchanged about Deliveries that are not settled is thrown away", 100},
		{"bug_wake", "a partition whose process was killed is never taken over", 100},
	}
}

var (
	ranSeeds  = regexp.MustCompile(`(?m)^(\d+) seeds in `)
	firstFail = regexp.MustCompile(`(?m)^seed (\d+): (\S*)`)
)

// planted builds the command once with each bug, and says how many seeds it took to find it. One that is not found in time is
// a defect of the simulation.
func planted(ctx context.Context, out io.Writer) int {
	dir, err := os.MkdirTemp("", "ml-connector-planted-")
	if err != nil {
		_, _ = fmt.Fprintln(out, err)
		return 2
	}
	defer func() { _ = os.RemoveAll(dir) }()
	status := 0
	const row = "%-16s %6s %6s  %-18s %s\n"
	_, _ = fmt.Fprintf(out, row, "bug", "seeds", "time", "found by", "what is wrong")
	for _, b := range bugs() {
		program := filepath.Join(dir, b.tag)
		if text, err := exec.CommandContext(ctx, "go", "build", "-tags", b.tag, "-o", program, "ml-connector/cmd/simulate").CombinedOutput(); err != nil {
			_, _ = fmt.Fprintf(out, "%s: %v\n%s", b.tag, err, text)
			return 2
		}
		began := time.Now()
		text, err := exec.CommandContext(ctx, program, "-seeds", strconv.Itoa(b.within), "-fails", "1").CombinedOutput()
		took := time.Since(began).Round(time.Second)
		seeds, fail := ranSeeds.FindSubmatch(text), firstFail.FindSubmatch(text)
		if err == nil || seeds == nil || fail == nil {
			status = 1
			_, _ = fmt.Fprintf(out, row, b.tag, "> "+strconv.Itoa(b.within), took, "nothing", b.what)
			continue
		}
		_, _ = fmt.Fprintf(out, row, b.tag, seeds[1], took, fmt.Sprintf("seed %s, %s", fail[1], fail[2]), b.what)
	}
	return status
}
