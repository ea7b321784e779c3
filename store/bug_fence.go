//go:build bug_fence

package store

// The planted bug: a process that has lost its partition settles all the same.
const (
	bugCursor = false
	bugFence  = true
	bugOrder  = false
	bugRows   = false
)
