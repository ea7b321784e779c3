// Package peoplesoft is the client of Oracle PeopleSoft: it reads through the Query Access Service, writes purchase orders
// and suppliers through Component Interfaces and vouchers through the message VOUCHER_BUILD, and tells where a voucher is.
// What the wire looks like, and what is proven of it, is PEOPLESOFT.md; what a site may change is the profile of its §9.
//
// It must never open a connection (all I/O is the Caller that it is given), repeat a write whose outcome is unknown, try a
// refused password twice, follow what an answer points to, or take an answer that it does not recognise for an empty one.
//
// It is proved by golden requests and answers, one per operation and shape; by fuzz tests of every reader of foreign bytes;
// and by the simulator in peoplesoftsim, which shares no code with it.
package peoplesoft
