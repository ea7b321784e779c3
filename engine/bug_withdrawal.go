//go:build bug_withdrawal

package engine

// The planted bug: a linked Record that is withdrawn is filtered.
const (
	bugResend     = false
	bugEcho       = false
	bugWithdrawal = true
	bugWake       = false
	bugExchange   = false
)
