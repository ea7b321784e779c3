// Package jaggaer is the client of JAGGAER: the System `jaggaer`.
//
// It reads suppliers, purchase orders, invoices, requisitions and custom field values over the public REST API (J1P), and
// writes suppliers and requisitions through the XML router, custom field values over REST, and what became of invoices: each by the
// surface that the profile says, some as files. Everything that differs between customers (paths, names, filter dialect, transports) is data in the Connection's
// profile (JAGGAER.md §1.2, §10); the code holds only what the contract gives as fixed.
//
// A read is exact about what it can know: pages overlap by one record, so that a list that shifts while it is read is seen;
// a server that ignores a filter is found out; an answer that can't be understood is an error and never "no records". A write
// is told apart by what may have happened: refused, surely not done, or in doubt (JAGGAER.md §6, §7).
//
// What JAGGAER pushes (Receive) is believed in nothing but who sent it and which records it names.
//
// It must never make a request but through the [connector.Caller] that it is given, fetch a DTD, repeat a write by itself
// (except a batch that JAGGAER refused as too large, and the one repeat after an expired token, both decided before anything
// is done), try a refused client secret again, hold an amount in a float, or keep bank and tax numbers in a Document.
//
// It is proved by tables with the very bytes of requests and answers, by fuzzing every parser, and against jaggaersim.
package jaggaer
