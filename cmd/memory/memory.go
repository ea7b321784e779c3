// Package memory gives the garbage collector room. The program keeps little (some MiB) and throws much away for each record;
// left alone, the collector would run each time that so little has been thrown away, and take a sixth of the processor.
//
// It must never let the collector run more often than it would by itself, nor use memory that nobody asked for: the room is
// address space that is never touched. GOGC keeps its meaning; a GOMEMLIMIT must have the room on top. Its test asks at what
// size the heap is collected next, with room and without.
package memory

// room is by how much more the heap may grow before it is collected.
const room = 16 << 20

// Room counts as memory in use and is none: as long as somebody holds it, the collector waits until the heap has grown by
// as much again. Hold it with runtime.KeepAlive.
func Room() []byte { return make([]byte, room) }
