package peoplesoftsim_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ml-connector/peoplesoft/peoplesoftsim"
)

func TestFaultsAnswerAsPeopleSoftFails(t *testing.T) {
	t.Parallel()
	type fault = peoplesoftsim.Fault
	vendors := queryPath("JGR_VENDOR", "SETID,AFTER_ID", "SHARE,", "3")
	for _, row := range []struct {
		name   string
		fault  fault
		status int
		kind   string
		want   string
	}{
		{"a wrong node", fault{Kind: "wrong_node"}, 500, "text/html", "(158,505)"},
		{"no routing, as a success", fault{Kind: "routing", Status: 200}, 200, "text/html", "Unable to find a Routing"},
		{"no routing, as not found", fault{Kind: "routing", Status: 404}, 404, "text/html", "RESTListeningConnector"},
		{"unauthorized", fault{Kind: "unauthorized"}, 401, "text/plain", "(158,45)"},
		{"an expired password", fault{Kind: "unauthorized", Text: "Your password has expired. (48,72)"}, 401, "text/plain", "(48,72)"},
		{"forbidden", fault{Kind: "message", Set: 158, Number: 536, Text: "User JGR_SVC not authorized to invoke Service Operation X."}, 500, "text/xml", "(158,536)"},
		{"production mode", fault{Kind: "production"}, 500, "", ""},
		{"the application server is down", fault{Kind: "jolt"}, 500, "text/xml", "Jolt session pool"},
		{"the gateway cannot reach it", fault{Kind: "contact"}, 500, "text/xml", "(158,10721)"},
		{"a proxy in trouble", fault{Kind: "status", Status: 503}, 503, "text/html", "Service Unavailable"},
		{"a proxy that throttles", fault{Kind: "status", Status: 429, RetryAfter: 7}, 429, "text/html", ""},
		{"single sign-on in front", fault{Kind: "redirect"}, 302, "text/html", ""},
		{"a sign-on page as a success", fault{Kind: "html"}, 200, "text/html", "Sign-in"},
		{"nothing at all as a success", fault{Kind: "empty"}, 200, "", ""},
		{"an application's own error", fault{Kind: "errmsgtext", Text: "No."}, 200, "application/json", `{"ERRMSGTEXT":"No."}`},
		{"a query that fails in the database", fault{Kind: "sql"}, 500, "application/json", "(50,380)"},
		{"text that is no JSON", fault{Kind: "not_json"}, 200, "application/json", "no data"},
		{"more than anybody wants", fault{Kind: "huge", Bytes: 1 << 20}, 200, "application/json", "xxxx"},
		{"nested without end", fault{Kind: "deep", Bytes: 1 << 20}, 200, "application/json", "[[[["},
		{"an answer that unpacks without end", fault{Kind: "bomb", Bytes: 1 << 20}, 200, "application/json", "\x00\x00"},
		{"an answer cut in half that looks complete", fault{Kind: "truncated"}, 200, "application/json", `{"status":"success"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, peoplesoftsim.Options{})
			row.fault.Match, row.fault.Times = "query.JGR_V*", 1
			s.fault(row.fault)
			r := s.send(http.MethodGet, vendors, "")
			if r.status != row.status || !strings.HasPrefix(r.kind, row.kind) || !strings.Contains(r.body, row.want) {
				t.Errorf("%d %q %.200s", r.status, r.kind, r.body)
			}
			if row.fault.RetryAfter > 0 && r.header.Get("Retry-After") != "7" {
				t.Error("no Retry-After")
			}
			if got := s.sim.Journal()[0].Fault; got != row.fault.Kind {
				t.Errorf("journal says %q", got)
			}
			decodeRows(t, s.send(http.MethodGet, vendors, ""))
		})
	}
}

func TestFaultsChangeHowJSONIsWritten(t *testing.T) {
	t.Parallel()
	vendors := queryPath("JGR_VENDOR", "SETID,AFTER_ID", "SHARE,", "3")
	for _, row := range []struct {
		kind string
		ok   func(body string) bool
	}{
		{"raw_newline", func(b string) bool { return !json.Valid([]byte(b)) && strings.Contains(b, "\r\n") }},
		{"charset", func(b string) bool { return !utf8.ValidString(b) }},
		{"queryname", func(b string) bool { return strings.Contains(b, `"queryname":"JGR_VENDOR"`) }},
		{"bare_keys", func(b string) bool { return strings.Contains(b, `"VENDOR_ID":`) && strings.Contains(b, `"B.EFFDT":`) }},
		{"number_strings", func(b string) bool { return strings.Contains(b, `"A.PRIM_ADDR_SEQ_NUM":"1"`) }},
		{"numrows", func(b string) bool { return strings.Contains(b, `"numrows":4`) }},
	} {
		s := open(t, peoplesoftsim.Options{})
		s.fault(peoplesoftsim.Fault{Kind: row.kind})
		if r := s.send(http.MethodGet, vendors, ""); r.status != 200 || !row.ok(r.body) {
			t.Errorf("%s: %d %.400s", row.kind, r.status, r.body)
		}
	}
	s := open(t, peoplesoftsim.Options{})
	s.fault(peoplesoftsim.Fault{Kind: "no_rows"})
	if r := s.send(http.MethodGet, queryPath("JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,none", "3"), ""); strings.Contains(r.body, `"rows":`) {
		t.Errorf("no_rows: %s", r.body)
	}
}

func TestFaultsOfWritesHaveOrHaveNoEffect(t *testing.T) {
	t.Parallel()
	type fault = peoplesoftsim.Fault
	for _, row := range []struct {
		name    string
		fault   fault
		effects int
		lost    bool
		want    string
	}{
		{"closed before anything happened", fault{Kind: "reset"}, 0, true, ""},
		{"the answer is lost after the commit", fault{Kind: "reset", After: true}, 1, true, ""},
		{"the answer is cut", fault{Kind: "cut"}, 1, true, ""},
		{"a bad gateway before", fault{Kind: "status", Status: 502}, 0, false, "502"},
		{"a bad gateway after", fault{Kind: "status", Status: 502, After: true}, 1, false, "502"},
		{"an empty 500 after", fault{Kind: "production", After: true}, 1, false, ""},
		{"a rejection in the service's own form", fault{Kind: "ci_error", Set: 18, Number: 1, Text: "Page data is inconsistent with database."}, 0, false, "(18,1)"},
		{"a rejection as a fault", fault{Kind: "ci_error", Set: 180, Number: 236, Text: "First operand of . is NULL", Status: 500}, 0, false, "<faultstring>null</faultstring>"},
		{"bad credentials as a fault with status 200", fault{Kind: "message", Set: 158, Number: 45, Text: "User password failed.", Status: 200}, 0, false, "<MessageID>45</MessageID>"},
		{"an answer with only the key", fault{Kind: "key_only"}, 1, false, "<m:detail><m:JGR_PO_CI>"},
		{"a warning beside success", fault{Kind: "warning"}, 1, false, "<m:type>Warning</m:type>"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, peoplesoftsim.Options{})
			row.fault.Match = "ci.JGR_PO_CI.create"
			s.fault(row.fault)
			r := s.call("CI_JGR_PO_CI_C.V1", orderBody())
			if (r.err != nil) != row.lost || !strings.Contains(r.body, row.want) {
				t.Errorf("%v %d %s", r.err, r.status, r.body)
			}
			if row.fault.Kind == "key_only" && strings.Contains(r.body, "notification") {
				t.Error("there is a notification")
			}
			if got := s.sim.Effects("po.create"); len(got) != row.effects || len(s.sim.Orders()) != row.effects {
				t.Errorf("effects %v", got)
			}
		})
	}
}

func TestRejectionsComeInTheOlderShapeToo(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	s.fault(peoplesoftsim.Fault{Kind: "spreadsheet"})
	r := s.call("CI_JGR_PO_CI_C.V1", orderBody("CHEM100", "NOPE"))
	if !strings.Contains(r.body, "<JGR_PO_CI><Error-Warning><Message><Type>Error</Type><MessageSetNumber>15</MessageSetNumber>") {
		t.Error(r.body)
	}
}

func TestTheConnectorFailsWithStatus200(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	for kind, want := range map[string]string{"jolt": "<StatusCode>10</StatusCode>", "duplicate": "Duplicate message: ExternalMessageID", "contact": "(158,10721)"} {
		s.sim.ClearFaults()
		s.fault(peoplesoftsim.Fault{Kind: kind, Match: "message.VOUCHER_BUILD"})
		if r := s.message(voucherBody()); r.status != 200 || !strings.Contains(r.body, want) || !strings.Contains(r.body, `type="error"`) {
			t.Errorf("%s: %d %s", kind, r.status, r.body)
		}
	}
	if n := len(s.sim.Staged()); n != 0 {
		t.Errorf("%d staged", n)
	}
}

func TestFaultsCountSkipEveryAndTimes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name               string
		skip, every, times int
		want               string
	}{
		{"always", 0, 0, 0, "xxxxxxxx"},
		{"once", 0, 0, 1, "x......."},
		{"after two", 2, 0, 2, "..xx...."},
		{"each third", 0, 3, 0, "x..x..x."},
		{"each second after one, twice", 1, 2, 2, ".x.x...."},
	} {
		s := open(t, peoplesoftsim.Options{})
		s.fault(peoplesoftsim.Fault{Kind: "production", Skip: row.skip, Every: row.every, Times: row.times})
		got := ""
		for range 8 {
			got += map[int]string{200: ".", 500: "x"}[s.send(http.MethodGet, queryPath("JGR_PING", "", "", "1"), "").status]
		}
		if got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
	s := open(t, peoplesoftsim.Options{})
	if s.sim.Fault(peoplesoftsim.Fault{Kind: "earthquake"}) == nil || s.sim.Fault(peoplesoftsim.Fault{Kind: "jolt", Match: "["}) == nil {
		t.Error("a fault that cannot be was armed")
	}
}

func TestAnswersCanBeMislabelledOrSlow(t *testing.T) {
	t.Parallel()
	var slept time.Duration
	s := open(t, peoplesoftsim.Options{Sleep: func(d time.Duration) { slept += d }})
	s.fault(peoplesoftsim.Fault{Kind: "content_type", Text: "text/html", Times: 1})
	ping := queryPath("JGR_PING", "", "", "1")
	if r := s.send(http.MethodGet, ping, ""); r.kind != "text/html" || !strings.Contains(r.body, "8.60.11") {
		t.Errorf("%s %s", r.kind, r.body)
	}
	s.fault(peoplesoftsim.Fault{Kind: "slow", Delay: time.Minute, Times: 1})
	if n := len(decodeRows(t, s.send(http.MethodGet, ping, ""))); n != 1 || slept != time.Minute {
		t.Errorf("%d rows after %s", n, slept)
	}
}

func TestADelayedAnswerKeepsItsEffect(t *testing.T) {
	t.Parallel()
	var slept time.Duration
	s := open(t, peoplesoftsim.Options{Sleep: func(d time.Duration) { slept += d }})
	s.fault(peoplesoftsim.Fault{Kind: "delay", Delay: time.Hour})
	if r := s.call("CI_JGR_PO_CI_C.V1", orderBody()); !strings.Contains(r.body, "notification>1<") || slept != time.Hour {
		t.Errorf("slept %s: %s", slept, r.body)
	}
}
