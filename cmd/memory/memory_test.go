package memory

import (
	"runtime"
	"testing"
)

var sink []byte

// collections counts how often the collector runs while 64 MiB are thrown away.
func collections() uint32 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 64 << 10 {
		sink = make([]byte, 1<<10)
	}
	runtime.ReadMemStats(&after)
	return after.NumGC - before.NumGC
}

func TestWithRoomTheCollectorRunsSeldom(t *testing.T) {
	without := collections()
	held := Room()
	with := collections()
	runtime.KeepAlive(held)
	if with*3 > without {
		t.Errorf("with room the collector ran %d times, without %d times", with, without)
	}
}
