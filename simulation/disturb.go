package simulation

import (
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/peoplesoft/peoplesoftsim"
)

// What a PeopleSoft does to calls now and then. Each is one of PEOPLESOFT.md's, or of a network's.
var erpFaults = []peoplesoftsim.Fault{
	{Kind: "contact"}, {Kind: "jolt"}, {Kind: "production"}, {Kind: "status", Status: 503, RetryAfter: 10}, {Kind: "status", Status: 502}, {Kind: "status", Status: 500},
	{Kind: "status", Status: 504, After: true}, {Kind: "status", Status: 500, After: true}, {Kind: "reset"}, {Kind: "reset", After: true}, {Kind: "cut", After: true},
	{Kind: "truncated", After: true}, {Kind: "html"}, {Kind: "empty"}, {Kind: "empty", After: true}, {Kind: "not_json"}, {Kind: "errmsgtext"}, {Kind: "sql", Match: "query.*"},
	{Kind: "unauthorized"}, {Kind: "status", Status: 429, RetryAfter: 20}, {Kind: "handler_error", Match: "message.*"}, {Kind: "duplicate", Match: "message.*"},
	{Kind: "ci_error", Match: "ci.*", Set: 10200, Number: 45, Text: "Vendor is locked by another user."}, {Kind: "raw_newline"}, {Kind: "number_strings"},
	{Kind: "warning"}, {Kind: "redirect"}, {Kind: "content_type", Text: "text/plain"}, {Kind: "routing", Status: 500}, {Kind: "wrong_node"},
}

// What a JAGGAER does to calls now and then.
var s2pFaults = []string{
	"reset_before", "reset_after", "reset_after", "cut", "truncated", "error", "error_html", "bad_gateway", "maintenance", "gateway_timeout", "gateway_timeout", "throttled",
	"throttled_bare", "throttled_date", "unauthorized", "revoked", "token_dead", "login_page", "empty", "not_json", "wrong_content_type", "redirect", "code2",
	"add_between", "modify_between", "delete_between", "wrong_counts", "filter_ignored", "no_header", "conflict", "forbidden", "not_found", "warning",
	"xml_error", "xml_parse_error", "xml_accepted", "xml_no_id", "xml_contradiction", "xml_partial", "xml_stored_but_error", "xml_counts", "xml_malformed", "token_missing",
}

// disturb arms a fault at one of the Systems.
func (s *sim) disturb(to *side) {
	times := 1 + s.chance.IntN(3)
	if to.name == erp {
		f := erpFaults[s.chance.IntN(len(erpFaults))]
		f.Times, f.Skip = times, s.chance.IntN(4)
		if f.Match == "" {
			f.Match = []string{"", "", "query.*", "ci.*", "message.*"}[s.chance.IntN(5)]
		}
		s.count("fault erp " + f.Kind)
		s.tell("world: %s will answer %s %+v", to.name, f.Kind, f)
		if err := s.ps.Fault(f); err != nil {
			panic(err)
		}
		return
	}
	f := jaggaersim.Fault{Kind: s2pFaults[s.chance.IntN(len(s2pFaults))], Times: times, Skip: s.chance.IntN(4)}
	operations := []string{"", "", "*.list", "*.read", "requisition.*", "supplier.*", "cfv.*", "po.*", "invoice.*", "token"}
	if s.profile.Acknowledge != "off" {
		operations[0] = "payment.*"
	}
	f.Operation = operations[s.chance.IntN(10)]
	switch f.Kind {
	case "add_between", "modify_between", "wrong_counts", "filter_ignored":
		f.Operation = "*.list" // they are about pages
	case "delete_between": // nobody deletes a supplier, an account or a requisition there, so what we wrote stays
		f.Operation = []string{"po.list", "invoice.list"}[s.chance.IntN(2)]
	}
	if f.Operation == "token" && (f.Kind == "xml_partial") {
		f.Operation = ""
	}
	s.count("fault s2p " + f.Kind)
	s.tell("world: %s will answer %s to %s", to.name, f.Kind, f.Operation)
	if err := s.jg.Fault(f); err != nil {
		panic(err)
	}
}
