package peoplesoftsim_test

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

func TestStatusPageSaysTheReleaseWithoutCredentials(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		site   peoplesoftsim.Site
		status int
		want   string
		not    string
	}{
		{"as delivered", peoplesoftsim.Site{}, 200, "Tools Version : 8.60.11<br>Status: ACTIVE", "-"},
		{"without a version line", peoplesoftsim.Site{HideVersion: true}, 200, "Status: ACTIVE", "Tools Version"},
		{"blocked from outside", peoplesoftsim.Site{HideStatusPage: true}, 403, "Forbidden", "ACTIVE"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := open(t, peoplesoftsim.Options{Site: row.site}).send(http.MethodGet, "/PSIGW/PeopleSoftListeningConnector", "", "Authorization", "none")
			if r.status != row.status || !strings.Contains(r.body, row.want) || strings.Contains(r.body, row.not) {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
}

func TestEveryQueryAnswersInEveryForm(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	s.ordered()
	for name, prompts := range map[string][2]string{
		"JGR_PING": {}, "JGR_BU": {"AFTER_BU", ""}, "JGR_VENDOR": {"SETID,AFTER_ID", "SHARE,"}, "JGR_VENDOR_BY_ID": {"SETID,VENDOR_ID", "SHARE," + vendorID}, "JGR_VENDOR_ADDR": {"SETID,AFTER_ID,AFTER_SEQ", "SHARE,,"},
		"JGR_VENDOR_LOC": {"SETID,AFTER_ID,AFTER_LOC", "SHARE,,"}, "JGR_ACCOUNT": {"SETID,AFTER_KEY,ASOF", "SHARE,,2026-03-04"}, "JGR_ACCOUNT_BY_ID": {"SETID,ACCOUNT,ASOF", "SHARE,600000,2026-03-04"},
		"JGR_CF_DEPTID": {"SETID,AFTER_KEY,ASOF", "SHARE,,2026-03-04"}, "JGR_CF_PROJECT_ID": {"SETID,AFTER_KEY,ASOF", "SHARE,,2026-03-04"}, "JGR_REQ": {"BU,FROM_DT,AFTER_ID", "US001,2026-01-01,"},
		"JGR_PO": {"BU,FROM_DT,AFTER_ID", "US001,2026-01-01,"}, "JGR_PO_BY_ID": {"BU,PO_ID", "US001,0000004711"}, "JGR_PO_BY_REF": {"BU,PO_REF", "US001,P0000451"},
	} {
		for _, form := range []string{"JSON", "XMLP", "WEBROWSET"} {
			r := s.send(http.MethodGet, strings.Replace(strings.Replace(queryPath(name, prompts[0], prompts[1], "3"), "/JSON/", "/"+form+"/", 1), "json_resp=true", "json_resp="+map[bool]string{true: "true", false: "false"}[form == "JSON"], 1), "")
			if r.status != 200 {
				t.Fatalf("%s %s: %d %s", name, form, r.status, r.body)
			}
			if form == "JSON" {
				if n := len(decodeRows(t, r)); n == 0 {
					t.Errorf("%s has no rows", name)
				}
				continue
			}
			if err := xml.Unmarshal([]byte(r.body), new(struct{})); err != nil {
				t.Errorf("%s %s: %v", name, form, err)
			}
		}
	}
	for _, name := range []string{"JGR_VOUCHER", "JGR_RECEIPT"} {
		if n := len(s.rows(name, "BU,FROM_DT,AFTER_ID", "US001,2026-01-01,", "9")); n != 0 {
			t.Errorf("%s has %d rows", name, n)
		}
	}
}

func TestPagingByKeyReadsEveryVendorOnceInOrder(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	var all []string
	for after := ""; len(all) <= len(s.company.Suppliers); {
		page := s.rows("JGR_VENDOR", "SETID,AFTER_ID", "SHARE,"+after, "7")
		for _, r := range page {
			all = append(all, value(r, "A.VENDOR_ID"))
		}
		if len(page) == 0 {
			break
		}
		after = all[len(all)-1]
	}
	if len(all) != len(s.company.Suppliers) || !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("%d vendors of %d, sorted %v", len(all), len(s.company.Suppliers), slices.IsSorted(all))
	}
}

func TestTruncationIsSilent(t *testing.T) {
	t.Parallel()
	capped := peoplesoftsim.DefaultUser()
	capped.RowCap = 5
	for _, row := range []struct {
		name    string
		user    peoplesoftsim.User
		maxrows string
		want    int
	}{
		{"maxrows cuts", peoplesoftsim.DefaultUser(), "4", 4},
		{"the user's profile cuts lower", capped, "20", 5},
		{"no own limit still has the profile's", capped, "0", 5},
		{"no limit at all", peoplesoftsim.DefaultUser(), "0", 60},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, peoplesoftsim.Options{Users: []peoplesoftsim.User{row.user}})
			if got := len(s.rows("JGR_VENDOR", "SETID,AFTER_ID", "SHARE,", row.maxrows)); got != row.want {
				t.Errorf("got %d rows, want %d", got, row.want)
			}
		})
	}
}

func TestPromptsAreBoundByNameAndEdited(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	for _, row := range []struct{ name, query, names, values, want string }{
		{"names in another order", "JGR_VENDOR_BY_ID", "VENDOR_ID,SETID", vendorID + ",SHARE", `"numrows":1`},
		{"a lower-case name is unknown", "JGR_VENDOR_BY_ID", "setid,VENDOR_ID", "SHARE," + vendorID, "has no value"},
		{"a prompt is missing", "JGR_VENDOR_BY_ID", "SETID", "SHARE", "has no value"},
		{"one prompt too many", "JGR_VENDOR_BY_ID", "SETID,VENDOR_ID,BU", "SHARE,1,US001", "there is no prompt BU"},
		{"fewer values than names", "JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE", "2 prompt names but 1"},
		{"a comma inside a value", "JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,a%2Cb", "cannot be read"},
		{"a value longer than the prompt", "JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,12345678901", "longer than 10"},
		{"values compare case-sensitively", "JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "share," + vendorID, `"numrows":0`},
		{"a date that is none is an SQL error", "JGR_REQ", "BU,FROM_DT,AFTER_ID", "US001,03/04/2026,", "Code=1861 (50,380)"},
		{"the query is unknown", "JGR_NONE", "", "", "does not exist"},
	} {
		r := s.send(http.MethodGet, queryPath(row.query, row.names, row.values, "9"), "")
		if !strings.Contains(r.body, row.want) {
			t.Errorf("%s: %d %s", row.name, r.status, r.body)
		}
	}
}

func TestMaxrowsIsRequired(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	for _, maxrows := range []string{"", "many", "-1"} {
		if r := s.send(http.MethodGet, queryPath("JGR_PING", "", "", maxrows), ""); r.status != 500 || !strings.Contains(r.body, "maxrows") {
			t.Errorf("maxrows %q: %d %s", maxrows, r.status, r.body)
		}
	}
}

func TestFilterFieldsProjectAndRefuseWhatTheQueryLacks(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	path := queryPath("JGR_VENDOR", "SETID,AFTER_ID", "SHARE,", "1")
	rows := decodeRows(t, s.send(http.MethodGet, path+"&filterfields=A.VENDOR_ID,A.NAME1", ""))
	if len(rows[0]) != 3 || value(rows[0], "A.VENDOR_ID") != vendorID {
		t.Errorf("projected row: %v", rows[0])
	}
	if r := s.send(http.MethodGet, path+"&filterfields=A.NOPE", ""); r.status != 500 {
		t.Errorf("an unknown field gave %d", r.status)
	}
}

func TestRowsHoldWhatTheDatabaseHolds(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	vendor := s.rows("JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,"+vendorID, "1")[0]
	if value(vendor, "A.NAME1") != s.company.Suppliers[0].Name1 || value(vendor, "A.NAME2") != " " || value(vendor, "D.PYMNT_METHOD") == "" {
		t.Errorf("vendor: %v", vendor)
	}
	bare := s.rows("JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,0000010012", "1")[0]
	if value(bare, "B.COUNTRY") != "" {
		t.Errorf("a vendor without an address has country %q", value(bare, "B.COUNTRY"))
	}
	moved := s.rows("JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,0000010014", "1")[0]
	if value(moved, "B.ADDRESS1") != "1 New Quay" {
		t.Errorf("current address is %q", value(moved, "B.ADDRESS1"))
	}
	for _, r := range s.rows("JGR_REQ", "BU,FROM_DT,AFTER_ID", "US001,2026-01-01,", "1") {
		if q := value(r, "C.QTY_REQ"); len(q)-strings.Index(q, ".") != 5 || value(r, "D.BUSINESS_UNIT_GL") != "US001" {
			t.Errorf("requisition: %v", r)
		}
	}
}

func TestAccountsAreEffectiveDated(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	s.sim.PutAccount("600000", sample.AccountRow{Effective: "2026-02-01", Status: "I", Description: "Closed"})
	s.sim.PutAccount("600000", sample.AccountRow{Effective: "2026-04-01", Status: "A", Description: "Open again"})
	for asOf, want := range map[string]string{"2026-01-31": "A", "2026-02-01": "I", "2026-03-31": "I", "2026-04-01": "A"} {
		r := s.rows("JGR_ACCOUNT_BY_ID", "SETID,ACCOUNT,ASOF", "SHARE,600000,"+asOf, "1")
		if value(r[0], "A.EFF_STATUS") != want {
			t.Errorf("as of %s: %v", asOf, r)
		}
	}
	if rows := s.rows("JGR_ACCOUNT_BY_ID", "SETID,ACCOUNT,ASOF", "SHARE,600000,1899-12-31", "1"); len(rows) != 0 {
		t.Errorf("before its first row there are %d rows", len(rows))
	}
}

func TestStampsAreInTheBaseTimeZone(t *testing.T) {
	t.Parallel()
	late := time.Date(2026, 3, 3, 4, 30, 0, 0, time.UTC) // 22:30 on 2 March in Chicago
	for layout, want := range map[string]string{"": "2026-03-02-22.30.00.000000", "2006-01-02T15:04:05-0700": "2026-03-02T22:30:00-0600"} {
		s := open(t, peoplesoftsim.Options{Site: peoplesoftsim.Site{DateTimeLayout: layout}})
		q := s.company.Requisitions[0]
		q.ID, q.Updated = "9000000001", late
		s.sim.PutRequisition(q)
		from := func(day string) int {
			return len(s.rows("JGR_REQ", "BU,FROM_DT,AFTER_ID", "US001,"+day+",9000000000", "1"))
		}
		if from("2026-03-02") != 1 || from("2026-03-03") != 0 {
			t.Error("the date prompt does not compare in the base time zone")
		}
		r := s.rows("JGR_REQ", "BU,FROM_DT,AFTER_ID", "US001,2026-03-02,9000000000", "1")[0]
		if value(r, "A.LAST_DTTM_UPDATE") != want {
			t.Errorf("stamp %q, want %q", value(r, "A.LAST_DTTM_UPDATE"), want)
		}
	}
}

func TestRowSecurityHidesSilently(t *testing.T) {
	t.Parallel()
	u := peoplesoftsim.DefaultUser()
	u.BusinessUnits = []string{"US002"}
	s := open(t, peoplesoftsim.Options{Users: []peoplesoftsim.User{u}})
	must(t, s.sim.Hide("JGR_SVC", "SHARE/"+vendorID))
	if n := len(s.rows("JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,"+vendorID, "1")); n != 0 {
		t.Errorf("a hidden vendor shows %d rows", n)
	}
	if n := len(s.rows("JGR_REQ", "BU,FROM_DT,AFTER_ID", "US001,2026-01-01,", "9")); n != 0 {
		t.Errorf("another business unit shows %d rows", n)
	}
	if n := len(s.rows("JGR_REQ", "BU,FROM_DT,AFTER_ID", "US002,2026-01-01,", "9")); n == 0 {
		t.Error("the own business unit shows nothing")
	}
	must(t, s.sim.Show("JGR_SVC"))
	if n := len(s.rows("JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,"+vendorID, "1")); n != 1 {
		t.Errorf("shown again: %d rows", n)
	}
}

func TestASiteHasItsOwnNamesAndPaths(t *testing.T) {
	t.Parallel()
	path := queryPath("JGR_PING", "", "", "1")
	for _, row := range []struct {
		name string
		site peoplesoftsim.Site
		path string
		want string
	}{
		{"the node is required", peoplesoftsim.Site{}, strings.Replace(path, "PSFT_EP/", "", 1), "(158,505)"},
		{"another node is wrong", peoplesoftsim.Site{Node: "FS92PRD"}, path, "(158,505)"},
		{"the node may be left out", peoplesoftsim.Site{NodeInPath: "optional"}, strings.Replace(path, "PSFT_EP/", "", 1), "success"},
		{"the node must be left out", peoplesoftsim.Site{NodeInPath: "absent"}, path, "(158,505)"},
		{"a proxy adds a path", peoplesoftsim.Site{BasePath: "/fin"}, "/fin" + path, "success"},
		{"without the proxy's path there is nothing", peoplesoftsim.Site{BasePath: "/fin"}, path, "404"},
		{"queries are private", peoplesoftsim.Site{Owner: "private"}, path, "does not exist"},
		{"the owner's case does not matter", peoplesoftsim.Site{}, strings.Replace(path, "public", "PUBLIC", 1), "success"},
		{"a query has another name", peoplesoftsim.Site{Queries: map[string]string{"JGR_PING": "ZZ_PING"}}, strings.Replace(path, "JGR_PING", "ZZ_PING", 1), `"ZZ_PING"`},
		{"its delivered name is gone", peoplesoftsim.Site{Queries: map[string]string{"JGR_PING": "ZZ_PING"}}, path, "does not exist"},
		{"nobody built it", peoplesoftsim.Site{Missing: []string{"JGR_PING"}}, path, "does not exist"},
		{"a field has a name of its own", peoplesoftsim.Site{Fields: map[string]string{"A.TOOLSREL": "RELEASE"}}, path, `"RELEASE":"8.60.11"`},
		{"only XML is known", peoplesoftsim.Site{Formats: []string{"XMLP"}}, path, "not supported"},
		{"JSON takes json_resp too", peoplesoftsim.Site{}, strings.Replace(path, "json_resp=true", "json_resp=false", 1), "not supported"},
		{"the alias is case-sensitive", peoplesoftsim.Site{}, strings.Replace(path, "ExecuteQuery", "executequery", 1), "Unable to find a Routing"},
		{"in production errors have no text", peoplesoftsim.Site{Production: true, Node: "X"}, path, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := open(t, peoplesoftsim.Options{Site: row.site}).send(http.MethodGet, row.path, "")
			if !strings.Contains(r.body, row.want) || row.want == "" && (r.body != "" || r.status != 500) {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
}

func TestTextSurvives(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	for _, v := range s.company.Suppliers[:10] {
		got := s.rows("JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,"+v.VendorID, "1")
		if value(got[0], "A.NAME1") != v.Name1 {
			t.Errorf("JSON: %q, want %q", value(got[0], "A.NAME1"), v.Name1)
		}
		r := s.send(http.MethodGet, strings.Replace(strings.Replace(queryPath("JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,"+v.VendorID, "1"), "/JSON/", "/XMLP/", 1), "json_resp=true", "json_resp=false", 1), "")
		var doc struct {
			Query struct {
				Row struct {
					Name1 string `xml:"A.NAME1"`
				} `xml:"row"`
			} `xml:"query"`
		}
		if err := xml.Unmarshal([]byte(r.body), &doc); err != nil || doc.Query.Row.Name1 != v.Name1 || !utf8.ValidString(r.body) {
			t.Errorf("XMLP: %q, want %q (%v)", doc.Query.Row.Name1, v.Name1, err)
		}
	}
}
