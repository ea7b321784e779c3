// Package engine says when to poll, what to deliver next, what to do after a failure, and how doubt is resolved.
//
// Its two duties are plain functions: [Engine.Poll] reads one Flow's window and accepts it, [Engine.Pump] delivers what
// waits in one partition of one Flow. River calls them on a schedule (river.go), `sync` calls them in the order of the
// Flows (sync.go), a simulation calls them as its seed says. All truth is in the store; an Engine may be lost at any
// moment, and the next one goes on from the rows.
//
// It must never write to a System outside a Delivery that is marked as sending, send again what may have happened
// without a look-up, decide anything that [connector.Decide] could decide, read the clock except through its Config, or
// know a vendor's name.
//
// It is proved by tests that run it between scripted Systems (poll_test.go, pump_test.go, doubt_test.go), by the
// acceptance programs, and by killing the whole program in the middle of its work.
package engine
