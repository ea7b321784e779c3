package peoplesoft

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	connector "ml-connector"
)

// fuzzed is an Instance for fuzz tests, which have no *testing.T to open one with.
func fuzzed() *Instance {
	v := New().Validate(testSettings())
	c, err := readConfig(tree(v.Settings))
	if err != nil {
		panic(err)
	}
	i := prepare(v.Settings, c)
	i.now = func() time.Time { return testNow }
	return i
}

// FuzzDocuments: whatever rows a query gives, each Document has an ID of its place, or there is a Problem or an error; its values
// are one line of text, and nothing panics.
func FuzzDocuments(f *testing.F) {
	seeds(f)
	for _, body := range []string{
		`{"data":{"query":{"rows":[{"A.SETID":"SHARE","A.VENDOR_ID":"01","A.NAME1":"N","A.VENDOR_STATUS":"A","B.ADDRESS_SEQ_NUM":1,"C.VNDR_LOC":"MAIN","D.PYMNT_METHOD":"ACH"}]}}}`,
		`{"data":{"query":{"rows":[{"A.BUSINESS_UNIT":"US001","A.REQ_ID":"01","A.REQ_STATUS":"A","B.LINE_NBR":"1","C.SCHED_NBR":"1","D.DISTRIB_LINE_NUM":2},{"A.REQ_ID":"01","B.LINE_NBR":"01"}]}}}`,
		`{"data":{"query":{"rows":[{"A.PO_ID":"1","B.LINE_NBR":-1,"C.SCHED_NBR":1e3,"D.REQ_ID":"9"},{"A.PO_ID":"2"},{"A.PO_ID":"1"}]}}}`,
		`{"data":{"query":{"rows":[{"A.VOUCHER_ID":"J1","B.VOUCHER_LINE_NUM":1,"B.PO_ID":"4711","A.ENTERED_DT":"2026-03-04","C.DISTRIB_LINE_NUM":""}]}}}`,
		`{"data":{"query":{"rows":[{"A.SETID":"SHARE","A.ACCOUNT":"6 1","A.EFF_STATUS":"A"}]}}}`,
	} {
		f.Add([]byte(body))
	}
	i := fuzzed()
	f.Fuzz(func(t *testing.T, body []byte) {
		r, ok, err := decodeRows(toUTF8(body, "windows-1252"))
		if !ok || err != nil {
			return
		}
		for _, k := range connector.Kinds() {
			parts, err := i.parts(k)
			if err != nil {
				t.Fatal(err)
			}
			docs, err := parts[0].split(r.rows, "x")
			if err != nil {
				continue
			}
			for _, v := range i.versions(parts[0], docs, connector.Query{Kind: k, From: testNow.Add(-time.Hour), To: testNow}).Versions {
				place, number, ok := strings.Cut(v.ID, "/")
				if !ok || place != parts[0].place || number == "" {
					t.Errorf("%s has the ID %q", k, v.ID)
				}
				text := v.Document.Canonical()
				if !utf8.Valid(text) {
					t.Errorf("%s %s is not UTF-8", k, v.ID)
				}
				if back, err := connector.ParseDocument(text); err != nil || back.Fingerprint() != v.Document.Fingerprint() {
					t.Errorf("%s %s does not survive its text: %v", k, v.ID, err)
				}
			}
		}
	})
}

// FuzzGateway: whatever the status page is, the ping goes on and says so in one step.
func FuzzGateway(f *testing.F) {
	f.Add([]byte(statusPage), 200, "Wed, 04 Mar 2026 18:00:03 GMT")
	f.Add([]byte("<html>Forbidden"), 403, "")
	f.Add([]byte("PeopleSoft Tools Version : 99999999999999999999.1.1"), 200, "yesterday")
	f.Add([]byte("\xff\xfe"), 302, "x")
	i := fuzzed()
	f.Fuzz(func(t *testing.T, body []byte, status int, date string) {
		c := &checker{i: i, ctx: context.Background()}
		c.gateway(testNow, &connector.Response{Status: status, Header: map[string]string{"Date": date}, Body: body})
		if len(c.steps) != 1 || c.steps[0].Step != "gateway" || c.steps[0].State == connector.StepFailed || !utf8.ValidString(c.steps[0].Message) {
			t.Errorf("%+v", c.steps)
		}
	})
}

// FuzzWait: whatever a server says of waiting, it is between nothing and an hour; and a token lives for some time, at most years.
func FuzzWait(f *testing.F) {
	for _, s := range []string{"3", "-1", "99999999999999999", "9223372036854775807", "Wed, 04 Mar 2026 19:00:03 GMT", "NaN", "Inf", "1e9", "0.5", "soon"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if w := retryAfter(map[string]string{"Retry-After": s, "Date": "Wed, 04 Mar 2026 18:00:03 GMT"}); w < 0 || w > time.Hour {
			t.Errorf("%q waits %s", s, w)
		}
		if l := tokenLife(s); l <= 0 || l > 4*365*24*time.Hour {
			t.Errorf("%q lives %s", s, l)
		}
	})
}

// FuzzDates: a day is a day or stays what it was.
func FuzzDates(f *testing.F) {
	for _, s := range []string{"2026-03-04", "2026-03-04T10:11:12-0500", " 2026-13-99 ", "", "04/03/2026"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d := dateText(s); dateText(d) != d {
			t.Errorf("%q, %q, %q", s, d, dateText(d))
		}
	})
}
