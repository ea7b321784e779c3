// Package arch holds the architecture of ml-connector to what docs/architecture.md says: which room may import which,
// how large things may grow, and what code may not do at all.
//
// It has no product code and must never get any. Each rule is a function over listed packages and parsed files; beside
// the test that applies it to this tree stands one that shows that it can fail.
package arch
