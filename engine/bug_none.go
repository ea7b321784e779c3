//go:build !bug_resend && !bug_echo && !bug_withdrawal && !bug_wake && !bug_exchange

package engine

// Bugs that are planted by a build tag each, to prove that the simulation finds them (docs/reliability.md). The compiler removes
// what hangs on them.
const (
	bugResend     = false // a write in doubt is sent again without a look at the target
	bugEcho       = false // what is the same as at the target is written all the same
	bugWithdrawal = false // a linked Record that is withdrawn is filtered
	bugWake       = false // a partition whose process was killed is never taken over
	bugExchange   = false // what was exchanged about Deliveries that are not settled is thrown away
)
