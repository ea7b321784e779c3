//go:build !bug_cursor && !bug_fence && !bug_order && !bug_rows

package store

// Bugs that are planted by a build tag each, to prove that the simulation finds them (docs/reliability.md). The compiler removes
// what hangs on them.
const (
	bugCursor = false // the cursor moves with the first page of a read
	bugFence  = false // a process that has lost its partition settles all the same
	bugOrder  = false // a newer Version does not wait for one that is in doubt
	bugRows   = false // what waits for a row of a Crosswalk is not released by it
)
