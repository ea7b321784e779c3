// Package sides looks into the two simulators for the checks of package invariant: what each of them holds, in the words of
// Records, and what was written to it.
//
// It must never write to a simulator, or go by what the connector believes: totals and names are told by each side in its
// own way, so that a mapping that is wrong is seen.
//
// It is proved by the checks of real Runs, which find both sides equal, and by edits behind the connector's back, which
// they find.
package sides
