package peoplesoft

import (
	"strings"
	"testing"

	connector "ml-connector"
)

// TestErrorTable is PEOPLESOFT.md §5.4 row by row: the class of a write, and of a read where nothing can be held or in doubt.
func TestErrorTable(t *testing.T) {
	t.Parallel()
	const (
		cred, forb, conf, rej, inv, mis, una, amb, nf = connector.Credentials, connector.Forbidden, connector.Conflict, connector.Rejected, connector.Invalid, connector.Misconfigured, connector.Unavailable, connector.Ambiguous, connector.NotFound
	)
	for _, row := range []struct {
		row   int
		text  string
		write connector.Code
		read  connector.Code
	}{
		{1, "User password failed. (158,45)", cred, cred},
		{2, "User not defined (158,55)", cred, cred},
		{3, "User MLC not authorized to invoke Service Operation X. (158,536)", forb, forb},
		{4, "no send handler (158,505)", mis, mis},
		{5, "Unable to find a Routing corresponding to the incoming request message.", mis, mis},
		{6, "Unable to contact (158,10721)", una, una},
		{7, "External System Contact Error (158,1)", una, una},
		{7, "ExternalApplicationException (158,2)", una, una},
		{8, "Duplicate ExternalMessageID received (158,3)", conf, mis},
		{9, "Service operation handler is not active (158,4)", mis, mis},
		{10, "Queue X is paused (158,6)", una, una},
		{11, "Something else (158,7)", rej, mis},
		{12, "XML parser error (159,5)", inv, mis},
		{13, "Structure error (159,6)", mis, mis},
		{14, "Invalid value (15,11)", rej, mis},
		{15, "Required (15,30)", rej, mis},
		{16, "Wrong format (15,9)", rej, mis},
		{17, "Page data is inconsistent with database. (18,1)", conf, mis},
		{18, "Adding an existing row (18,2)", conf, mis},
		{19, "Change conflicts (18,5)", conf, mis},
		{20, "Row already exists (91,49)", conf, mis},
		{21, "No rows exist for the specified keys. (91,50)", nf, mis},
		{22, "Error changing value. (91,34)", rej, mis},
		{23, "Error saving Component Interface. (91,37)", rej, mis},
		{24, "Not found (91,2)", mis, mis},
		{25, "Not Authorized (91,6)", forb, forb},
		{25, "Not Authorized (90,6)", forb, forb},
		{26, "Property X not found (91,5)", mis, mis},
		{27, "First operand of . is NULL (180,236)", rej, mis},
		{28, "Class not found (180,74)", mis, mis},
		{29, "Something in code (180,1)", amb, una},
		{29, "SQL error (2,125)", amb, una},
		{30, "A SQL error occurred. (50,380)", rej, mis},
		{31, "Query X not found (50,24)", mis, mis},
		{31, "not authorized to run it (50,24)", forb, forb},
		{33, "Ask Jo (20001,1)", rej, mis},
		{34, "Sign-on (48,7)", cred, cred},
		{34, "Your password has expired.", cred, cred},
		{34, "User JGR_SVC has been locked.", cred, cred},
		{35, "bea.jolt.ServiceException (0,0)", amb, una},
		{35, "the application server timed out", amb, una},
		{35, "No available application server domain", amb, una},
		{35, "Application server is down", amb, una},
		{35, "The application server domain is not running", amb, una},
		{35, "Unable to connect to the application server", amb, una},
		{36, "PSFT Authentication token failed", cred, cred},
		{37, "Combination error for fields (9600,44)", rej, mis},
		{38, "Budget exceeded (18021,9)", rej, mis},
		{39, "Period is not open (5010,3)", rej, mis},
		{40, "Duplicate invoice (7030,4)", conf, mis},
		{14, "Error saving (91,37); Invalid value (15,11)", rej, mis},
		{1, "Something (159,6), and User password failed (158,45)", cred, cred},
		{15, "budget field is required (15,30)", rej, mis},
	} {
		for _, write := range []bool{true, false} {
			i := &Instance{}
			f := i.fail("try", &answer{status: 500, notices: []notice{{text: row.text, tuples: tuplesIn(row.text)}}}, write)
			want := row.read
			if write {
				want = row.write
			}
			if f.row != row.row || f.err.Code != want {
				t.Errorf("%q (write %v) is row %d, %s; want row %d, %s", row.text, write, f.row, f.err.Code, row.row, want)
			}
			if f.err.Hint == "" || !strings.Contains(f.err.Message, row.text) {
				t.Errorf("%q: message %q, hint %q", row.text, f.err.Message, f.err.Hint)
			}
		}
	}
}

func TestSitesOwnErrorsGoFirst(t *testing.T) {
	t.Parallel()
	i := open(t, nil, "profile.errors.extra", []any{
		doc{"set": int64(158), "number": int64(45), "class": "unavailable", "hint": "Wait for the night batch."},
		doc{"pattern": "(?i)hochwasser", "class": "forbidden"},
	})
	for text, want := range map[string]connector.Code{"User password failed. (158,45)": connector.Unavailable, "Achtung Hochwasser (15,11)": connector.Forbidden, "Invalid value (15,11)": connector.Rejected} {
		if f := i.fail("try", &answer{status: 200, notices: []notice{{text: text, tuples: tuplesIn(text)}}}, true); f.err.Code != want {
			t.Errorf("%q is %s, want %s", text, f.err.Code, want)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	explain := New().(connector.Explainer).Explain
	for text, want := range map[string]connector.Code{"(158,505)": connector.Misconfigured, " 158,505\n": connector.Misconfigured, `{"ERRMSGTEXT":"Vendor location is inactive"}`: connector.Rejected,
		"<html><head><title>Oracle PeopleSoft Sign-in</title></head><body>User ID</body></html>": connector.Misconfigured,
		"500: no send handler (158,505) at 10:04":                                                connector.Misconfigured, fault("45", "x"): connector.Credentials,
		refusal(invalidDept): connector.Rejected, "Unable to find a Routing": connector.Misconfigured, "something (10200,5)": connector.Rejected} {
		if e := explain(text); e == nil || e.Code != want || e.Hint == "" || e.Message == "" {
			t.Errorf("%.40q is explained as %+v, want %s", text, e, want)
		}
	}
	for _, text := range []string{"", "hello", `{"error":"something"}`, `{"returnCode":2,"returnMessage":"124(code)"}`, "<html><body>It works</body></html>", statusPage, "US001, 4711"} {
		if e := explain(text); e != nil {
			t.Errorf("%q says nothing of PeopleSoft and is explained as %v", text, e)
		}
	}
}
