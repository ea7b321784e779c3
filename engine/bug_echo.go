//go:build bug_echo

package engine

// The planted bug: what is the same as at the target is written all the same.
const (
	bugResend     = false
	bugEcho       = true
	bugWithdrawal = false
	bugWake       = false
	bugExchange   = false
)
