package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// report is what is printed, and written as JSON.
type report struct {
	At      time.Time `json:"at"`
	Command string    `json:"command"`
	Machine string    `json:"machine"`
	Figures []figure  `json:"figures"` // of B1
	Rows    []row     `json:"rows"`    // of the others
}

// figure is one ratio with both its sides, in records per second: medians, and the range of the ratio over the rounds.
type figure struct {
	Name    string  `json:"name"`
	What    string  `json:"what"`
	Records int     `json:"records"`
	Rounds  int     `json:"rounds"`
	Program float64 `json:"program_per_s"`
	Floor   float64 `json:"floor_per_s"`
	Ratio   float64 `json:"ratio"`
	Lowest  float64 `json:"ratio_lowest"`
	Highest float64 `json:"ratio_highest"`
	Goal    float64 `json:"goal"`
	Met     bool    `json:"met"`
	// Processor time of one record in milliseconds, the peers' included: medians.
	ProgramCPU float64 `json:"program_cpu_ms"`
	FloorCPU   float64 `json:"floor_cpu_ms"`
	// Transactions of the program, for all records, and KiB of memory that both sides allocate for one, the peers' included:
	// medians.
	Commits       float64 `json:"program_transactions"`
	ProgramMemory float64 `json:"program_allocated_kib"`
	FloorMemory   float64 `json:"floor_allocated_kib"`
	// WithSimulators is the program's speed when the simulators answer themselves: above all theirs.
	WithSimulators float64 `json:"program_with_simulators_per_s"`
}

func newReport(args []string) *report {
	return &report{
		At: time.Now().UTC().Truncate(time.Second), Command: strings.TrimSpace("go run ./cmd/bench " + strings.Join(args, " ")),
		Machine: fmt.Sprintf("%s, %d cores, %s/%s, %s%s", processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), load()),
		Figures: []figure{}, Rows: []row{},
	}
}

// processor is the model of the processor where the system tells it.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// load is how busy the machine was before, where the system tells it.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), " ")
	return ", load before " + first
}

// measureB1 runs program and floor in turn.
func measureB1(ctx context.Context, n, rounds int, profile string, talk io.Writer) (figure, error) {
	b, err := setUp(ctx, n)
	if err != nil {
		return figure{}, fmt.Errorf("set up: %w", err)
	}
	defer b.close()
	var program, floor, ratios, programCPU, floorCPU, commits, programMemory, floorMemory []float64
	stop, err := profiled(profile)
	if err != nil {
		return figure{}, err
	}
	defer stop()
	for i := range rounds {
		p, err := b.program(ctx)
		if err != nil {
			return figure{}, err
		}
		f, err := b.floor(ctx)
		if err != nil {
			return figure{}, err
		}
		fmt.Fprintf(talk, "  round %d: program %s, %d transactions, %.0f KiB an order, floor %s\n", i+1, p, p.commits, p.allocatedEach(n), f)
		program, floor, ratios = append(program, p.perSecond(n)), append(floor, f.perSecond(n)), append(ratios, f.wall.Seconds()/p.wall.Seconds())
		programCPU, floorCPU = append(programCPU, p.cpuEach(n)), append(floorCPU, f.cpuEach(n))
		commits, programMemory, floorMemory = append(commits, float64(p.commits)), append(programMemory, p.allocatedEach(n)), append(floorMemory, f.allocatedEach(n))
	}
	const goal = 0.70
	ratio := median(ratios)
	return figure{
		Name: "B1", What: "orders end to end, one process, SQLite, 0-latency peers ÷ floor", Records: n, Rounds: rounds,
		Program: median(program), Floor: median(floor), Ratio: ratio, Lowest: slices.Min(ratios), Highest: slices.Max(ratios),
		Goal: goal, Met: ratio >= goal, WithSimulators: b.simulators.perSecond(n),
		ProgramCPU: median(programCPU), FloorCPU: median(floorCPU), Commits: median(commits), ProgramMemory: median(programMemory), FloorMemory: median(floorMemory),
	}, nil
}

// profiled writes a CPU profile until it is stopped; without a file it does nothing.
func profiled(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}

// median of an even number is the lower of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

// growth is by how much the processor time of one record rises from one figure to the next, per decade of records.
func growth(a, b figure) float64 {
	return math.Pow(b.ProgramCPU/a.ProgramCPU, 1/math.Log10(float64(b.Records)/float64(a.Records))) - 1
}

const growthGoal = 0.10

func (r *report) table(w io.Writer) {
	fmt.Fprintf(w, "%s\n%s\n\n", r.Command, r.Machine)
	r.figures(w)
	writeRows(w, r.Rows)
}

// figures writes those of B1.
func (r *report) figures(w io.Writer) {
	if len(r.Figures) == 0 {
		return
	}
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"", "what", "records", "program/s", "floor/s", "ratio", "range", "goal", ""})
	for _, f := range r.Figures {
		met := "misses"
		if f.Met {
			met = "meets"
		}
		t.AppendRow(table.Row{f.Name, f.What, f.Records, fmt.Sprintf("%.0f", f.Program), fmt.Sprintf("%.0f", f.Floor), fmt.Sprintf("%.2f", f.Ratio),
			fmt.Sprintf("%.2f – %.2f", f.Lowest, f.Highest), fmt.Sprintf("≥ %.2f", f.Goal), met})
	}
	t.Render()
	for _, f := range r.Figures {
		fmt.Fprintf(w, "%s with %d: processor time of one order, peers included: program %.2f ms, floor %.2f ms (ratio %.2f).\n", f.Name, f.Records, f.ProgramCPU, f.FloorCPU, f.FloorCPU/f.ProgramCPU)
		fmt.Fprintf(w, "  Transactions of the program: %.0f. Memory allocated for one order, peers included: program %.0f KiB, floor %.0f KiB.\n", f.Commits, f.ProgramMemory, f.FloorMemory)
		fmt.Fprintf(w, "  With the simulators answering themselves instead of from memory: %.0f orders a second.\n", f.WithSimulators)
	}
	for i, f := range r.Figures[min(1, len(r.Figures)):] {
		if before := r.Figures[i]; f.Records > before.Records {
			met := "meets"
			if growth(before, f) > growthGoal {
				met = "misses"
			}
			fmt.Fprintf(w, "From %d to %d records the program's processor time of one rises by %.0f %% a decade: %s the goal of ≤ %.0f %%.\n", before.Records, f.Records, 100*growth(before, f), met, 100*growthGoal)
		}
	}
}
