//go:build bug_rows

package store

// The planted bug: what waits for a row of a Crosswalk is not released by it.
const (
	bugCursor = false
	bugFence  = false
	bugOrder  = false
	bugRows   = true
)
