package peoplesoftsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ml-connector/peoplesoft/peoplesoftsim"
)

// Rows that are dated tell history: that of today or later may be changed, the one in force only by a newer row.
func TestDatedRowsAreNotEdited(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	address := func(day, city string) string {
		return `<m:Update__CompIntfc__JGR_VNDR_CI><m:SETID>SHARE</m:SETID><m:VENDOR_ID>0000010001</m:VENDOR_ID><m:VNDR_ADDR_SCROL><m:ADDRESS_SEQ_NUM>1</m:ADDRESS_SEQ_NUM><m:VENDOR_ADDR><m:EFFDT>` + day +
			`</m:EFFDT><m:EFF_STATUS>A</m:EFF_STATUS><m:COUNTRY>USA</m:COUNTRY><m:CITY>` + city + `</m:CITY></m:VENDOR_ADDR></m:VNDR_ADDR_SCROL></m:Update__CompIntfc__JGR_VNDR_CI>`
	}
	was := ""
	for _, v := range s.sim.Vendors() {
		if v.Get("VENDOR_ID") == "0000010001" {
			was = v.Below["VNDR_ADDR_SCROL"][0].Below["VENDOR_ADDR"][0].Get("EFFDT")
		}
	}
	for _, row := range []struct{ day, city, want string }{
		{was, "Elsewhere", "(18,2)"}, {"1899-01-01", "Before", "(18,2)"}, {"2026-03-04", "Today", "<m:notification>1"}, {"2026-03-04", "Today again", "<m:notification>1"}, {"2026-03-03", "Yesterday", "(18,2)"},
		{"2026-04-01", "Next month", "<m:notification>1"},
	} {
		if r := s.call("CI_JGR_VNDR_CI_U.V1", address(row.day, row.city)); !strings.Contains(r.body, row.want) {
			t.Errorf("%s on %s: %s", row.city, row.day, r.body)
		}
	}
	if got := value(s.rows("JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,0000010001", "9")[0], "B.CITY"); got != "Today again" {
		t.Errorf("in force is %q", got)
	}
}

// An order that takes up all of a requisition completes it; one that names what is not there is refused.
func TestARequisitionThatIsTakenUpWholeIsComplete(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	var req *peoplesoftsim.Row
	for _, r := range s.sim.Requisitions() {
		if r.Get("REQ_STATUS") == "A" && r.Get("BUSINESS_UNIT") == "US001" && len(r.Below["REQ_LINE"]) > 1 && r.Below["REQ_LINE"][0].Get("CURR_STATUS") == "A" && r.Below["REQ_LINE"][1].Get("CURR_STATUS") == "A" {
			req = r
			break
		}
	}
	if req == nil {
		t.Fatal("the company has no requisition of two lines")
	}
	order := func(n int, line, schedule, distribution string) string {
		link := fmt.Sprintf("<m:BUSINESS_UNIT_REQ>US001</m:BUSINESS_UNIT_REQ><m:REQ_ID>%s</m:REQ_ID><m:REQ_LINE_NBR>%s</m:REQ_LINE_NBR><m:REQ_SCHED_NBR>%s</m:REQ_SCHED_NBR><m:REQ_DISTRIB_NBR>%s</m:REQ_DISTRIB_NBR><m:ACCOUNT>", req.Get("REQ_ID"), line, schedule, distribution)
		return strings.Replace(strings.Replace(orderBody(), "<m:ACCOUNT>", link, 1), "P0000451", fmt.Sprintf("P%d", n), 1)
	}
	status := func() string {
		for _, r := range s.sim.Requisitions() {
			if r.Get("REQ_ID") == req.Get("REQ_ID") && r.Get("BUSINESS_UNIT") == "US001" {
				return r.Get("REQ_STATUS")
			}
		}
		return ""
	}
	if r := s.call("CI_JGR_PO_CI_C.V1", order(0, "999", "1", "1")); !strings.Contains(r.body, "(15,11) {JGR_PO_CI.PO_LINE(1).PO_LINE_SHIP(1).PO_LINE_DISTRIB(1).REQ_ID}") {
		t.Errorf("a line that is not there: %s", r.body)
	}
	n := 0
	for _, l := range req.Below["REQ_LINE"] {
		for _, c := range l.Below["REQ_LINE_SHIP"] {
			for _, d := range c.Below["REQ_LN_DISTRIB"] {
				if n++; status() != "A" {
					t.Fatalf("complete before all of it was taken up, at %d", n)
				}
				if r := s.call("CI_JGR_PO_CI_C.V1", order(n, l.Get("LINE_NBR"), c.Get("SCHED_NBR"), d.Get("DISTRIB_LINE_NUM"))); !strings.Contains(r.body, "<m:notification>1") {
					t.Fatal(r.body)
				}
			}
		}
	}
	if got := status(); got != "C" || len(s.sim.Effects("requisition.source")) != 1 {
		t.Errorf("status %q, effects %v", got, s.sim.Effects("requisition.source"))
	}
}

// In its slow hours the site takes messages in and does nothing with them, and its answers take their time.
func TestTheSlowHours(t *testing.T) {
	t.Parallel()
	var slept []time.Duration
	s := open(t, peoplesoftsim.Options{Life: peoplesoftsim.Life{Build: peoplesoftsim.Immediately}, Morning: peoplesoftsim.Morning{From: 0, To: 24, Answer: 9 * time.Second}, Sleep: func(d time.Duration) { slept = append(slept, d) }})
	if r := s.message(voucherBody(), "ExternalMessageID", "m1"); r.status != http.StatusOK || !strings.Contains(r.body, `type="success"`) {
		t.Fatalf("%d %s", r.status, r.body)
	}
	s.sim.Step()
	if len(s.sim.Staged())+len(s.sim.Vouchers())+len(s.sim.PreEdits()) != 0 {
		t.Error("the queue was worked off")
	}
	if len(slept) != 1 || slept[0] != 9*time.Second {
		t.Errorf("answers took %v", slept)
	}
}
