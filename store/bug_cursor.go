//go:build bug_cursor

package store

// The planted bug: the cursor moves with the first page of a read.
const (
	bugCursor = true
	bugFence  = false
	bugOrder  = false
	bugRows   = false
)
