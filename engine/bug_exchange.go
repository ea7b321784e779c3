//go:build bug_exchange

package engine

// The planted bug: what was exchanged about Deliveries that are not settled is thrown away.
const (
	bugResend     = false
	bugEcho       = false
	bugWithdrawal = false
	bugWake       = false
	bugExchange   = true
)
