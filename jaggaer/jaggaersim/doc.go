// Package jaggaersim is a JAGGAER for tests, the demonstration and the sandbox: both surfaces of JAGGAER.md on one handler.
//
// [New] makes one from a sample company. It serves the Keycloak and the legacy token endpoint, the J1P lists, details and
// writes (module ji, and company profiles of module ja), and the XML router with its imports. It has a business life on its
// own clock: an imported requisition becomes an order of each supplier, an order becomes a payable invoice, a registration
// gets approved. What the clock brings happens when a request comes or when [Server.Advance] is called; there are no
// goroutines.
//
// [Switches] are the standing oddities of one customer's site, [Profile] its names and paths, and [Server.Fault] disturbs single
// calls: every row of JAGGAER.md §6 that a server can cause, and broken connections and bodies.
//
// # Control endpoint
//
// Paths under /__control/ speak JSON and ask for no credentials:
//
//	GET  state                    clock, counts, switches, faults
//	GET  journal                  requests, secrets masked ([Entry])
//	GET  records/ENTITY           invoice, po, requisition, supplier, cfv ([Record])
//	GET  effects?op=OP            see [Server.Effects]
//	GET  payments, faults
//	POST fault                    arms a [Fault]
//	POST clear                    {} removes all faults
//	POST switches                 members of [Switches]; those not given stay
//	POST clock · step             {"advance": "10s"} · {} does what is due
//	POST revoke · rotate          all tokens · {"secret": "…"}
//	POST user · custom-field      {"name": "…"}
//	POST edit                     {"entity", "key", "patch": merge patch of the whole document}
//	POST approve · cancel · remove  {"entity", "key"}
//	POST revise                   {"key", "patch", "pending": true}
//	POST push                     {"entity", "key", "url"}: exports an order or invoice to a receiver on this machine ([Server.Push])
//	POST add                      {"registration": …} · {"supplier", "order": …} · {"supplier", "invoice": …} · {"entity", "document"}
//
// A key is an id or a number that people know. Registrations, orders and invoices have the members of package sample.
//
// It must never share code with the client, reach a network (only Options.Post sends, to this machine; a DTD is an identifier and is not fetched), read another clock
// than the given one, or hold real data. It is proved by plain HTTP requests, one table row for each duty of JAGGAER.md §11.
package jaggaersim
