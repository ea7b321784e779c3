package peoplesoft

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	connector "ml-connector"
)

func seeds(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		`{"status":"success","data":{"query":{"numrows":1,"queryname=":"Q","rows":[{"attr:rownumber":1,"A.SETID":"SHARE"}]}}}`,
		`{"status":"error","message":"text (50,380)"}`, "{\"a\":\"raw\r\n\tcontrol\x01\"}", `{"a":"\d \"`, savedOrder, accepted200, fault("45", "User password failed. (158,45)"), refusal(invalidDept),
		ibError("536", "x"), `<html><head><title>RESTListeningConnector</title></head></html>`, "Integration Service: no send handler (158,505)", "", "\xff\xfe\x00", `<!DOCTYPE x><a/>`, `<a><b></a>`,
		`<QAS_GETQUERYRESULTS_RESP_MSG><query numrows="1"><row><A.B><![CDATA[x]]></A.B></row></query></QAS_GETQUERYRESULTS_RESP_MSG>`,
		`<QAS_GETQUERYRESULTS_RESP_MSG><webRowSet><metadata><column-definition><column-name>A</column-name></column-definition></metadata><data><currentRow><columnValue>1</columnValue></currentRow></data></webRowSet></QAS_GETQUERYRESULTS_RESP_MSG>`,
	} {
		f.Add([]byte(s))
	}
}

// FuzzDecodeRows: whatever comes, rows hold text that JSON can carry, and nothing panics.
func FuzzDecodeRows(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, ok, err := decodeRows(toUTF8(body, "windows-1252"))
		rows := answer.rows
		if !ok && len(rows) > 0 {
			t.Error("rows of an answer that is none")
		}
		if err != nil {
			return
		}
		i := &Instance{}
		for _, r := range rows {
			out, _ := i.entity(entVendor).read(r)
			for k, v := range out {
				if !utf8.ValidString(v) || strings.ContainsAny(v, "\r\n") {
					t.Errorf("%s = %q", k, v)
				}
			}
		}
	})
}

// FuzzAnswer: every answer gives an error with a class, words and no control characters, for reads and writes.
func FuzzAnswer(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		i := &Instance{}
		for _, status := range []int{200, 302, 401, 404, 500, 503} {
			for _, write := range []bool{false, true} {
				e := i.fail("try", readAnswer(&connector.Response{Status: status, Body: body}, "windows-1252"), write)
				if e.err.Code == "" || e.err.Message == "" || e.err.Code == connector.Internal || hasControl(e.err.Message) {
					t.Fatalf("status %d gives %+v", status, e.err)
				}
				if !write && e.err.Code == connector.Ambiguous {
					t.Fatalf("a read in doubt: %+v", e.err)
				}
				if len(e.err.Message) > 8000 {
					t.Fatalf("a message of %d bytes", len(e.err.Message))
				}
			}
		}
	})
}

// FuzzSaved: an answer of a Component Interface counts as saved only with 2xx, and then its ID has both keys.
func FuzzSaved(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		i := &Instance{}
		c := component{"po", "JGR_PO_CI", "soap_ci", connector.Schema{}, [2]string{"BUSINESS_UNIT", "PO_ID"}, connector.PurchaseOrder, replyShape{}}
		for _, status := range []int{200, 500} {
			r, err := i.saved("create", c, verbCreate, connector.Document{"BUSINESS_UNIT": "US001"}, readAnswer(&connector.Response{Status: status, Body: body}, ""))
			if err == nil && status != 200 || err != nil && r.ID != "" {
				t.Fatalf("status %d: %+v, %v", status, r, err)
			}
			if r.ID != "" && !strings.Contains(r.ID, "/") {
				t.Fatalf("ID %q", r.ID)
			}
		}
	})
}

// FuzzRepairJSON: what was valid stays the same, and what is repaired twice is repaired once.
func FuzzRepairJSON(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		fixed := repairJSON(bytes.Clone(body))
		if json.Valid(body) {
			var a, b any
			if json.Unmarshal(body, &a) != nil || json.Unmarshal(fixed, &b) != nil {
				t.Fatalf("%q became %q", body, fixed)
			}
		}
		if again := repairJSON(bytes.Clone(fixed)); !bytes.Equal(again, fixed) {
			t.Fatalf("%q, then %q", fixed, again)
		}
	})
}

// FuzzReadings: a stamp means at most two instants, and both show the same wall clock.
func FuzzReadings(f *testing.F) {
	for _, s := range []string{"2026-11-01 01:30:00", "2026-03-08-02.30.00.000000", "2026-03-04T10:11:12-0500", "2026-03-04", "x"} {
		f.Add(s)
	}
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := readings(s, "", zone)
		if len(r) > 2 {
			t.Fatalf("%q: %v", s, r)
		}
		if len(r) == 2 && (!r[0].Before(r[1]) || r[0].In(zone).Format(time.DateTime) != r[1].In(zone).Format(time.DateTime)) {
			t.Fatalf("%q: %v", s, r)
		}
	})
}

// FuzzDecimalText: what comes out is plain, comes out of itself again, and has no zeros to spare.
func FuzzDecimalText(f *testing.F) {
	for _, s := range []string{"10.0000", ".5", "-0", "1E+2", "2.5e-3", "1e99", "007", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := decimalText(s)
		if decimalText(out) != out {
			t.Fatalf("%q, %q, %q", s, out, decimalText(out))
		}
		if plainNumber.MatchString(out) && strings.Contains(out, ".") && (strings.HasSuffix(out, "0") || strings.HasSuffix(out, ".")) {
			t.Fatalf("%q gives %q", s, out)
		}
	})
}
