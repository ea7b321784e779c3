// Package spill keeps rows by key that are more than memory holds: they are put in first, in any order, and then found by their key or gone
// through in the order of the keys. What it holds in memory does not grow with the rows, but for one key in some hundred.
//
// It must never change a row, give one that is half, or leave a file behind when it was closed; what it writes nobody else on the machine
// can read. One goroutine uses a Table at a time.
//
// It is proved by a property against a map, at a room so small that every way through the files is taken.
package spill
