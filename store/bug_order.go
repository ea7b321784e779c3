//go:build bug_order

package store

// The planted bug: a newer Version does not wait for one that is in doubt.
const (
	bugCursor = false
	bugFence  = false
	bugOrder  = true
	bugRows   = false
)
