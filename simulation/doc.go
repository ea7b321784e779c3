// Package simulation runs the whole of ml-connector in one process, in virtual time, from one seed: the engine, the store on
// SQLite, mappings and both clients against both simulators, while people edit on both sides, networks and Systems fail, and
// processes are killed, stalled and started again at named points. The same seed gives the same run, byte for byte.
//
// One thing happens at a time. Everything that the engine and the clients do beside each other is an actor; an actor gives its
// turn away where it waits, before and after each transaction, and at each HTTP call before it arrives, after its effect and
// after its answer. Who goes on is drawn from the seed; when nobody can, time jumps to whatever is due next. The seed also
// draws a profile: which faults, how often, which oddities of the Systems, which rules of the Flows.
//
// It must never read the machine's clock or a random source that is not the seed's, and never repair what it finds.
//
// It is proved by running seeds twice, and by planted bugs (see docs/reliability.md) that a bounded number of seeds must find.
package simulation
