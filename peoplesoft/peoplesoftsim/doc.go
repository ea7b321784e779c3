// Package peoplesoftsim is a faithful PeopleSoft in one http.Handler: what PEOPLESOFT.md says a PeopleTools Integration Broker
// with FSCM 9.2 does, for tests, the demonstration and the sandbox.
//
// It serves the gateway status page, the Query Access Service with every JGR_ query (JSON, XMLP, WEBROWSET), SOAP and REST
// Component Interfaces for orders and vendors, the HttpListeningConnector (and the SOAP connector) with VOUCHER_BUILD and
// VENDOR_SYNC, REST services of the customer's own over the same, WSDL, and an OAuth 2 identity provider. Behind them are tables
// with PeopleSoft's types, lengths and blanks, a voucher batch, and a business life that moves with the clock: vendors are
// approved, orders dispatched, vouchers built, posted and paid.
//
// It is strict where the contract is clear, so that a client which passes here has little to fear: prompts by name, silent
// truncation, silent row security, prompt tables, lengths, required fields, sums, element order, FieldTypes, one base time zone.
//
// It must never share code with the client, run goroutines of its own, read a clock but the one it is given, or answer anything
// but the control endpoint without checking credentials (the status page and WSDL need none in PeopleSoft either). TLS is the
// business of whoever serves the handler.
//
// # Control
//
// Paths under /__control/ are for tests and the demonstration only, take no credentials, and must not leave the machine. GET
// reads, POST takes a JSON object; an unknown field is refused.
//
//	GET  state                              counts of every table, and the queue
//	GET  rows?table=T                       rows of orders, vendors, accounts, requisitions, staged, preedit, vouchers, payments
//	GET  journal, GET effects?op=O          requests seen; keys of the effects of an operation
//	POST fault {kind, match, …}             arms a Fault; clear {} removes all of them
//	POST clock {advance: "10m"}             moves the clock forward; step {} does what is due
//	POST vendor {setid, id, fields}         changes a vendor; account {value, effective, effstatus, description} adds an account row
//	POST requisition {bu, id, fields}       changes a requisition's header and its stamp
//	POST approve {id}, dispatch {bu, id}    approves a vendor; dispatches an order
//	POST build {}, correct | delete | post | pay | void {bu, id}, recycle {bu, id, reason}   the life of vouchers
//	POST order {bu, id, fields}             changes an order's header; type {bu, like, id} enters a voucher online
//	POST hide {user, key}, show {user}      row security; queue {paused: true}; expire {} ends all tokens; unlock {user, password}
//
// The tests speak plain HTTP written by hand and name the contract's section that each row proves.
package peoplesoftsim
