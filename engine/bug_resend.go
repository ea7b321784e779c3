//go:build bug_resend

package engine

// The planted bug: a write in doubt is sent again without a look at the target.
const (
	bugResend     = true
	bugEcho       = false
	bugWithdrawal = false
	bugWake       = false
	bugExchange   = false
)
