//go:build bug_wake

package engine

// The planted bug: a partition whose process was killed is never taken over.
const (
	bugResend     = false
	bugEcho       = false
	bugWithdrawal = false
	bugWake       = true
	bugExchange   = false
)
