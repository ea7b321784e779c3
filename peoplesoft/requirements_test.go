package peoplesoft_test

import (
	"context"
	"database/sql"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // executes the SQL that is printed

	connector "ml-connector"
	"ml-connector/peoplesoft"
	"ml-connector/peoplesoft/peoplesoftsim"
)

func requirements(t *testing.T, settings connector.Settings, needs []connector.Need) []connector.Requirement {
	t.Helper()
	v := peoplesoft.New().Validate(settings)
	if len(v.Problems) > 0 {
		t.Fatalf("%+v", v.Problems)
	}
	return peoplesoft.New().(connector.Requirer).Requirements(v.Settings, needs)
}

func valuesOf(r connector.Requirement, name string) []string {
	for _, f := range r.Facts {
		if strings.HasPrefix(f.Name, name) {
			return f.Values
		}
	}
	return nil
}

// selectList are the columns of a printed SELECT, by the names that an answer gives them.
func selectList(text string) []string {
	head, _, _ := strings.Cut(text, "\nFROM")
	var out []string
	for _, c := range strings.Split(strings.TrimPrefix(head, "SELECT "), ",") {
		c = strings.TrimSpace(c)
		if _, as, ok := strings.Cut(c, " AS "); ok {
			c = as
		}
		out = append(out, c)
	}
	return out
}

// TestTheSQLIsWhatTheQueriesMean executes every SELECT that is printed, over the tables of a simulated site in which a day's
// work was done, and holds what comes against what the query of that name answers there: same rows, same order, same values.
func TestTheSQLIsWhatTheQueriesMean(t *testing.T) {
	t.Parallel()
	w := connect(t, peoplesoftsim.Options{Site: peoplesoftsim.Site{DateTimeLayout: "2006-01-02T15:04:05.000000"}}, allLists("profile.read.receipts", true, "profile.read.payments", true, "profile.chartfields", []any{doc{"field": "DEPTID", "internal_name": "Department"}, doc{"field": "FUND_CODE", "internal_name": "Fund"}})...)
	w.writesEverything()
	w.keepsMuch()
	w.write(connector.Invoice, w.invoice("0000002"))
	bad := w.invoice("0000003")
	bad["VENDOR_ID"] = "NOBODY"
	w.write(connector.Invoice, bad)
	w.sim.Build()
	w.write(connector.Invoice, w.invoice("0000004"))
	if err := w.sim.Receive("US001", "0000000007", "0000004711", "12"); err != nil {
		t.Fatal(err)
	}
	db := database(t, w)
	reqs := requirements(t, w.i.Settings(), needs)
	samples := map[string][]string{"SETID": {"SHARE"}, "BU": {"US001"}, "AFTER_ID": {"", w.vendor(), "0000001"}, "AFTER_KEY": {"", w.account()}, "ASOF": {"2026-03-04", "2001-01-01"}, "FROM_DT": {"1900-01-01", "2026-03-04", "2026-03-05"},
		"VENDOR_ID": {w.vendor(), "NOBODY"}, "EXT_ID": {"JGR-990001"}, "ACCOUNT": {w.account()}, "PO_ID": {"0000004711"}, "PO_REF": {"JGR-PO-1", "none"}, "VOUCHER_ID": {"J0000001", "J0000002", "J0000003", "J0000004"},
		"INVOICE_ID": {"TG-0000001", "TG-0000002"}, "AFTER_SEQ": {"0", "1"}, "AFTER_LOC": {"", "MAIN"}, "AFTER_QUAL": {"", "DUN"}, "AFTER_BU": {"", "CA001"}}
	queries, rows := 0, 0
	for _, r := range reqs {
		if r.Group != "query" {
			continue
		}
		queries++
		found := 0
		for _, prompts := range combinations(promptNames(r), samples) {
			got, want := execute(t, db, r, prompts), w.answer(r.Name, prompts, selectList(r.Text))
			if !slices.Equal(got, want) {
				t.Fatalf("%s with %v:\n%s\n%s", r.Name, prompts, r.Text, apart(got, want))
			}
			found += len(got)
		}
		if found == 0 {
			t.Errorf("no row of %s was compared", r.Name)
		}
		rows += found
	}
	if queries < 25 {
		t.Errorf("only %d queries are asked for", queries)
	}
	t.Logf("%d queries, %d rows compared", queries, rows)
}

// apart tells where two lists of rows part.
func apart(sql, query []string) string {
	for n := range max(len(sql), len(query)) {
		switch {
		case n >= len(sql):
			return fmt.Sprintf("only the query gives row %d: %s", n+1, query[n])
		case n >= len(query):
			return fmt.Sprintf("only the SQL gives row %d: %s", n+1, sql[n])
		case sql[n] != query[n]:
			return fmt.Sprintf("row %d\nby the SQL   %s\nby the query %s", n+1, sql[n], query[n])
		}
	}
	return ""
}

func promptNames(r connector.Requirement) []string {
	var out []string
	for _, v := range valuesOf(r, "prompts") {
		if v != "none" {
			out = append(out, strings.Fields(v)[0])
		}
	}
	return out
}

// combinations are all ways to give each prompt one of its samples.
func combinations(names []string, samples map[string][]string) []map[string]string {
	out := []map[string]string{{}}
	for _, n := range names {
		var next []map[string]string
		for _, had := range out {
			for _, v := range samples[n] {
				m := map[string]string{n: v}
				for k, x := range had {
					m[k] = x
				}
				next = append(next, m)
			}
		}
		out = next
	}
	return out
}

func execute(t *testing.T, db *sql.DB, r connector.Requirement, prompts map[string]string) []string {
	t.Helper()
	var args []any
	for n, v := range prompts {
		args = append(args, sql.Named(n, v))
	}
	rows, err := db.QueryContext(context.Background(), strings.ReplaceAll(r.Text, "CURRENT_DATE", "'2026-03-04'"), args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", r.Name, err, r.Text)
	}
	defer rows.Close()
	names := selectList(r.Text)
	out := []string{}
	for rows.Next() {
		cells := make([]sql.NullString, len(names))
		into := make([]any, len(cells))
		for n := range cells {
			into[n] = &cells[n]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for n, c := range cells {
			fmt.Fprintf(&b, "%s=%s ", names[n], strings.TrimRight(c.String, " "))
		}
		out = append(out, b.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// answer asks the simulated site, over HTTP and without the client, and keeps the columns that are named.
func (w *world) answer(query string, prompts map[string]string, columns []string) []string {
	w.t.Helper()
	var names, values []string
	for n, v := range prompts {
		names, values = append(names, n), append(values, url.QueryEscape(v))
	}
	s := w.i.Settings()
	address := fmt.Sprintf("http://%s:%d/PSIGW/RESTListeningConnector/PSFT_EP/ExecuteQuery.v1/public/%s/WEBROWSET/NONFILE?isconnectedquery=N&maxrows=0&prompt_uniquepromptname=%s&prompt_fieldvalue=%s",
		s["host"], s["port"], query, strings.Join(names, ","), strings.Join(values, ","))
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	req.SetBasicAuth("JGR_SVC", peoplesoftsim.DefaultUser().Password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var set struct {
		Columns []string `xml:"webRowSet>metadata>column-definition>column-name"`
		Rows    []struct {
			Values []string `xml:"columnValue"`
		} `xml:"webRowSet>data>currentRow"`
	}
	if err := xml.NewDecoder(resp.Body).Decode(&set); err != nil || resp.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: HTTP %d, %v", query, resp.StatusCode, err)
	}
	out := []string{}
	for _, r := range set.Rows {
		var b strings.Builder
		for _, c := range columns {
			at := slices.Index(set.Columns, c)
			if at < 0 {
				w.t.Fatalf("the query %s has no column %s, which its printed SELECT has", query, c)
			}
			fmt.Fprintf(&b, "%s=%s ", c, r.Values[at])
		}
		out = append(out, b.String())
	}
	return out
}

// tableOf says which record of the database a row of the simulator is, by the path of names down to it.
var tableOf = map[string]string{"BUS_UNIT_TBL_FS": "BUS_UNIT_TBL_FS", "VENDOR": "VENDOR", "VENDOR_ADDR": "VENDOR_ADDR", "VENDOR_LOC": "VENDOR_LOC", "VENDOR_PAY": "VENDOR_PAY", "VENDOR_CNTCT": "VENDOR_CNTCT", "VNDR_BANK_ACCT": "VNDR_BANK_ACCT", "VENDOR_ID_NBRS": "VENDOR_ID_NBRS", "rows": "GL_ACCOUNT_TBL",
	"REQ_HDR": "REQ_HDR", "REQ_LINE": "REQ_LINE", "REQ_LINE_SHIP": "REQ_LINE_SHIP", "REQ_LN_DISTRIB": "REQ_LN_DISTRIB", "RECV_HDR": "RECV_HDR", "RECV_LN_SHIP": "RECV_LN_SHIP", "PO_HDR": "PO_HDR", "PO_LINE": "PO_LINE", "PO_LINE_SHIP": "PO_LINE_SHIP", "PO_LINE_DISTRIB": "PO_LINE_DISTRIB",
	"VOUCHER": "VOUCHER", "VCHR_LINE_STG": "VOUCHER_LINE", "VCHR_DIST_STG": "DISTRIB_LINE", "schedule": "PYMNT_VCHR_XREF", "VCHR_HDR_STG": "VCHR_HDR_STG", "VCHR_HDR_QV": "VCHR_HDR_QV"}

// flat are rows of the database: each has the keys of the rows above it.
type flat map[string][]map[string]string

func (f flat) add(name string, r *peoplesoftsim.Row, above map[string]string, down bool) {
	all := map[string]string{}
	for _, k := range []string{"SETID", "VENDOR_ID", "ADDRESS_SEQ_NUM", "VNDR_LOC", "EFFDT", "BUSINESS_UNIT", "RECEIVER_ID", "REQ_ID", "PO_ID", "VOUCHER_ID", "LINE_NBR", "SCHED_NBR", "VOUCHER_LINE_NUM"} {
		if v, ok := above[k]; ok {
			all[k] = v
		}
	}
	for k, v := range r.Fields {
		all[k] = v
	}
	if t := tableOf[name]; t != "" {
		f[t] = append(f[t], all)
	}
	for below, rows := range r.Below {
		for _, b := range rows {
			if down {
				f.add(below, b, all, true)
			}
		}
	}
}

// database is a copy of the simulated site's tables.
func database(t *testing.T, w *world) *sql.DB {
	t.Helper()
	f := flat{"PSSTATUS": {{"TOOLSREL": "8.60.11", "OWNERID": "SYSADM"}}, "VCHR_HDR_STG": {}, "VCHR_HDR_QV": {}}
	for name, rows := range map[string][]*peoplesoftsim.Row{"BUS_UNIT_TBL_FS": w.sim.Units(), "VENDOR": w.sim.Vendors(), "ACCOUNT": w.sim.Accounts(), "REQ_HDR": w.sim.Requisitions(), "PO_HDR": w.sim.Orders(), "RECV_HDR": w.sim.Receipts(), "VOUCHER": w.sim.Vouchers(), "PAYMENT": w.sim.Payments()} {
		for _, r := range rows {
			f.add(name, r, nil, true)
		}
	}
	for name, rows := range map[string][]*peoplesoftsim.Row{"VCHR_HDR_STG": w.sim.Staged(), "VCHR_HDR_QV": w.sim.PreEdits()} {
		for _, r := range rows {
			f.add(name, r, nil, false)
		}
	}
	for field, t := range map[string]string{"DEPTID": "DEPT_TBL", "FUND_CODE": "FUND_TBL"} {
		for _, r := range w.sim.ChartValues(field) {
			for _, b := range r.Below["rows"] {
				f[t] = append(f[t], b.Fields)
			}
		}
	}
	for _, r := range f["PYMNT_VCHR_XREF"] {
		for _, k := range []string{"BANK_SETID", "BANK_CD", "BANK_ACCT_KEY", "REMIT_SETID", "REMIT_VENDOR"} {
			r[k] = " "
		}
		if strings.TrimSpace(r["PYMNT_ID"]) != "" {
			f["PAYMENT_TBL"] = append(f["PAYMENT_TBL"], r)
		}
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	exec := func(text string, args ...any) {
		if _, err := db.ExecContext(context.Background(), text, args...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	for name, rows := range f {
		columns := map[string]bool{"ERRMSGTEXT": true, "DUP_INVOICE_STATUS": true}
		for _, r := range rows {
			for c := range r {
				columns[c] = true
			}
		}
		list := slices.Sorted(func(yield func(string) bool) {
			for c := range columns {
				if !yield(c) {
					return
				}
			}
		})
		typed := slices.Clone(list)
		for n, c := range typed {
			if (strings.HasSuffix(c, "_NBR") || strings.HasSuffix(c, "_NUM") || c == "PYMNT_CNT") && !slices.Contains([]string{"AR_NUM", "BNK_ID_NBR", "DFI_ID_NUM", "BANK_ACCOUNT_NUM", "STD_ID_NUM"}, c) {
				typed[n] = c + " INTEGER"
			}
		}
		exec("CREATE TABLE " + name + " (" + strings.Join(typed, ",") + ")")
		for _, r := range rows {
			args := make([]any, len(list))
			for n, c := range list {
				args[n] = r[c]
			}
			exec("INSERT INTO "+name+" VALUES (?"+strings.Repeat(",?", len(list)-1)+")", args...)
		}
	}
	return db
}

// TestWhatIsAskedForIsWhatIsUsed: each query that is called while everything is read, written and tracked was asked for, and with
// the prompts that it is called with; and none was asked for that a ping does not try.
func TestWhatIsAskedForIsWhatIsUsed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"as delivered", "with names of its own", "REST services"} {
		site := sites()[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := connect(t, site.options, site.edits...)
			asked := map[string][]string{}
			for _, r := range requirements(t, w.i.Settings(), needs) {
				if r.Group == "query" {
					asked[r.Name] = promptNames(r)
				}
			}
			tried := map[string]bool{}
			for _, s := range w.i.Check(context.Background(), needs) {
				if q, ok := strings.CutPrefix(s.Step, "query:"); ok {
					tried[q] = true
				}
			}
			for q := range asked {
				if !tried[q] && q != "JGR_PING" {
					t.Errorf("%s is asked for, and no ping tries it", q)
				}
			}
			w.readsEverything()
			w.writesEverything()
			calls := 0
			for _, e := range w.sim.Journal() {
				_, rest, ok := strings.Cut(e.Path, "/ExecuteQuery.v1/")
				if !ok {
					continue
				}
				calls++
				query := strings.Split(rest, "/")[1]
				values, err := url.ParseQuery(e.Query)
				if err != nil {
					t.Fatal(err)
				}
				var prompts []string
				if given := values.Get("prompt_uniquepromptname"); given != "" {
					prompts = strings.Split(given, ",")
				}
				if want, ok := asked[query]; !ok || !slices.Equal(prompts, want) {
					t.Errorf("%s was called with %q, and was asked for with %q", query, prompts, want)
				}
			}
			if calls < 50 {
				t.Errorf("only %d queries were called", calls)
			}
		})
	}
}

// TestRequirementsGoByTheFlowsAndTheProfile: what no Flow needs is not asked for, and names are the site's.
func TestRequirementsGoByTheFlowsAndTheProfile(t *testing.T) {
	t.Parallel()
	base := func() connector.Settings {
		return connector.Settings{"host": "erp.example.com", "port": int64(8443), "node": "UNI_FS", "username": "MLC", "time_zone": "America/Chicago", "business_units": []any{"US001"}}
	}
	one := func(t *testing.T, rs []connector.Requirement, name string) connector.Requirement {
		t.Helper()
		for _, r := range rs {
			if r.Name == name {
				return r
			}
		}
		t.Fatalf("no %s among %d", name, len(rs))
		return connector.Requirement{}
	}
	accounts := requirements(t, base(), needs[:1])
	var names []string
	for _, r := range accounts {
		names = append(names, r.Name)
	}
	if want := []string{"JGR_PING", "JGR_ACCOUNT", "JGR_ACCOUNT_BY_ID", "permission list of the user MLC", "rows that the user sees"}; !slices.Equal(names, want) {
		t.Errorf("accounts alone need %q, want %q", names, want)
	}
	if r := one(t, accounts, "JGR_ACCOUNT_BY_ID"); !strings.Contains(r.Without, "once an hour") || !slices.Equal(r.Flows, []string{"a"}) {
		t.Errorf("%+v", r)
	}
	s := base()
	for path, v := range map[string]any{"from_node": "MLC_NODE", "profile.query.owner": "private", "profile.query.vendor.name": "UNI_SUPPLIERS", "profile.query.vendor.prompts": doc{"AFTER_ID": "BIND2"},
		"profile.query.vendor.fields": doc{"A.NAME2": []any{"NAME_2"}, "B.CITY": []any{"B.TOWN"}}, "profile.query.vendor.delta_field": "A.LASTUPDDTTM", "profile.vendor.external_id_field": "EXT_REF", "profile.po.can_update": true,
		"profile.write.vendor.transport": "rest_ci", "profile.chartfields": []any{doc{"field": "DEPTID", "internal_name": "Department", "record": "UNI_DEPT_VW"}}} {
		set(s, path, v)
	}
	all := requirements(t, s, needs)
	vendor := one(t, all, "UNI_SUPPLIERS")
	for _, part := range []string{"A.NAME2 AS NAME_2", "B.TOWN", "A.LASTUPDDTTM>=:FROM_DT", "A.VENDOR_ID>:BIND2", "A.EXT_REF"} {
		if !strings.Contains(vendor.Text, part) {
			t.Errorf("%q is not in\n%s", part, vendor.Text)
		}
	}
	if got := valuesOf(vendor, "prompts"); !slices.Equal(got, []string{"SETID  Character 5", "BIND2  Character 10", "FROM_DT  Date"}) {
		t.Errorf("prompts %q", got)
	}
	if got := valuesOf(vendor, "owner"); !slices.Equal(got, []string{"private"}) {
		t.Errorf("owner %q", got)
	}
	if r := one(t, all, "JGR_VENDOR_BY_EXT"); !strings.Contains(r.Text, "A.EXT_REF=:EXT_ID") {
		t.Errorf("%s", r.Text)
	}
	if r := one(t, all, "JGR_CF_DEPTID"); !strings.Contains(r.Text, "FROM UNI_DEPT_VW A") || strings.Contains(r.Text, "ACCOUNT_TYPE") {
		t.Errorf("%s", r.Text)
	}
	one(t, all, "CIRT_JGR_VNDR_CI_C_POST")
	one(t, all, "CI_JGR_PO_CI_U")
	if got := valuesOf(one(t, all, "VOUCHER_BUILD.VERSION_1"), "routing"); len(got) != 1 || !strings.Contains(got[0], "MLC_NODE to UNI_FS") {
		t.Errorf("routing %q", got)
	}
	rights := one(t, all, "permission list of the user MLC")
	for fact, part := range map[string]string{"web services": "QAS_EXECUTEQRY_REST_GET", "query access groups": "UNI_DEPT_VW", "component interfaces": "JGR_PO_CI", "query profile": "501"} {
		if got := strings.Join(valuesOf(rights, fact), " "); !strings.Contains(got, part) {
			t.Errorf("%s: %q is not in %q", fact, part, got)
		}
	}
}

// TestTheLetterSaysHowTheSiteSignsOn: a gateway of one database has no node to name, and a token is made elsewhere.
func TestTheLetterSaysHowTheSiteSignsOn(t *testing.T) {
	t.Parallel()
	settings := func(more map[string]any) connector.Settings {
		s := connector.Settings{"host": "psft.example.com", "port": int64(8443), "time_zone": "America/Chicago", "business_units": []any{"US001"}, "profile": map[string]any{"rest": map[string]any{"path_with_node": false}}}
		for k, v := range more {
			s[k] = v
		}
		return s
	}
	for name, row := range map[string]struct {
		settings     connector.Settings
		who, signsOn string
	}{
		"Basic":    {settings(map[string]any{"username": "MLC"}), "of the user MLC", ""},
		"OAuth2":   {settings(map[string]any{"auth": "oauth2", "token_url": "https://idp.example.com/t", "client_id": "mlc", "scope": "readwrite"}), "of the user that the token of mlc stands for", "https://idp.example.com/t (client mlc, scope readwrite)"},
		"PS_TOKEN": {settings(map[string]any{"auth": "ps_token"}), "of the user that the token stands for", "PS_TOKEN"},
	} {
		var rights, message connector.Requirement
		for _, r := range requirements(t, row.settings, []connector.Need{{Flow: "invoices", Kind: connector.Invoice, Writes: true}}) {
			switch r.Group {
			case "permission list":
				rights = r
			case "message":
				message = r
			}
		}
		if said := strings.Join(valuesOf(rights, "sign-on"), " "); !strings.HasSuffix(rights.Name, row.who) || !strings.Contains(said, row.signsOn) || row.signsOn == "" && said != "" {
			t.Errorf("%s: %s, signs on %q", name, rights.Name, said)
		}
		if said := strings.Join(valuesOf(message, "routing"), " "); !strings.Contains(said, "from node JAGGAER to the local node, active") {
			t.Errorf("%s: routing %q", name, said)
		}
	}
}
