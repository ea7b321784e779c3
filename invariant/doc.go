// Package invariant says whether what must always be true is true: the invariants of the connector that concern state, as
// one function over the store and, where the caller has them, over what the two Systems themselves hold.
//
// [Check] asks what must hold after every commit. [Settled] asks more of an installation at rest: that nothing is left to be
// done by itself, that every object of a source is known, and that what was delivered is what the target holds. A
// [Violation] names the invariant, the Record, and says in one sentence what is wrong.
//
// It must never change anything, call a System, or excuse what it finds: who breaks an invariant on purpose, such as a test,
// says so itself.
//
// It is proved by tests that damage a sound database by hand, one row each, and see exactly that violation.
package invariant
