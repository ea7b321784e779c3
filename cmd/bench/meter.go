package main

import (
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// took is what a piece of work took: time on the wall, and of all processors. Other work on the machine stretches the
// first and hardly the second.
type took struct {
	wall, cpu time.Duration
	allocated uint64 // bytes of memory, most of them used again
	commits   int    // transactions of the program
}

// meter starts measuring; the function that it returns stops.
func meter() func() took {
	before := allocated()
	started, used := time.Now(), processorTime()
	return func() took {
		return took{wall: time.Since(started), cpu: processorTime() - used, allocated: allocated() - before}
	}
}

// allocated is how many bytes this process has allocated so far; the peers' are part of it.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// processorTime is what this process has used so far; the peers are part of it.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (t took) String() string {
	return fmt.Sprintf("%s (processor %s)", t.wall.Round(time.Millisecond), t.cpu.Round(time.Millisecond))
}

// perSecond is how many of n were done in a second.
func (t took) perSecond(n int) float64 { return float64(n) / t.wall.Seconds() }

// cpuEach is the processor time of one of n, in milliseconds.
func (t took) cpuEach(n int) float64 { return t.cpu.Seconds() * 1000 / float64(n) }

// allocatedEach is the memory allocated for one of n, in KiB.
func (t took) allocatedEach(n int) float64 { return float64(t.allocated) / 1024 / float64(n) }
