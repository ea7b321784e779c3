// Package connector is the domain of ml-connector: the nouns of DESIGN.md as types, and the decisions as pure functions.
//
// It says what a Record, a Flow, a Link or a Delivery is ([Version], [Flow], [Link], [Delivery]), what every System must
// give ([System], [Instance], [Source], [Sink]), what is to be done with a Record ([Decide]), and what each class of error
// means ([Code]).
//
// It must never do input or output, read a clock, start a goroutine, or know the name of a vendor: all of that is given
// to it as values. It imports the standard library only; the architecture test holds that.
//
// It is proved by tables (one row is one sentence of DESIGN.md) and by property tests over random histories.
package connector
