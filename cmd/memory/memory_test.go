package memory

import (
	"runtime"
	"testing"
)

// due is how large the heap may grow, in bytes, before the collector runs again.
func due() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.NextGC
}

func TestWithRoomTheHeapGrowsByThatMuchBeforeItIsCollected(t *testing.T) {
	without := due()
	held := Room()
	with := due()
	runtime.KeepAlive(held)
	if with < without+room {
		t.Errorf("the collector runs at %d bytes with room and at %d without, expected %d more", with, without, room)
	}
}
