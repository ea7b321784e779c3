//go:build bug_echo

package engine

// The planted bug: what is read back of our own writes counts as changed by another.
const (
	bugResend     = false
	bugEcho       = true
	bugWithdrawal = false
	bugWake       = false
)
