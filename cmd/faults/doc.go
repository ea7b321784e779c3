// Command faults proves with real processes that nothing is lost, nothing is sent twice and everything goes on by itself,
// whatever is killed, stopped or taken away whenever.
//
// It builds the program, runs both simulators itself, starts `serve`, `work` and `sync` as children against SQLite and
// against a PostgreSQL of its own that waits for the disk, injects one fault in each row, waits until nothing is left to be
// done, checks every invariant over the database and both sides, and compares how each Record ended with a run without
// faults. It prints a table, and ends with 1 when a row broke an invariant or did not settle in time.
//
// It must never touch a process, a port or a file that is not its own, and never call a row well that it could not check.
//
// It is proved by the rows themselves: a defect that is planted in fencing, look-up or take-over makes them fail.
package main
