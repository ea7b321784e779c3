package peoplesoftsim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"ml-connector/peoplesoft/peoplesoftsim"
)

func TestAnOrderIsCreatedWholeWithANumberOfItsOwn(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	r := s.call("CI_JGR_PO_CI_C.V1", orderBody())
	if r.status != 200 || !strings.Contains(r.body, "<m:PO_ID>0000004711</m:PO_ID>") || !strings.Contains(r.body, "<m:notification>1</m:notification>") {
		t.Fatalf("%d %s", r.status, r.body)
	}
	rows := s.rows("JGR_PO_BY_ID", "BU,PO_ID", "US001,0000004711", "9")
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	for name, want := range map[string]string{"A.PO_STATUS": "A", "A.PO_REF": "P0000451", "A.VNDR_LOC": "MAIN", "A.LAST_DTTM_UPDATE": "2026-03-04-10.11.12.000000", "B.DESCR254_MIXED": "Nitrile gloves, size M & L", "B.MFG_ID": " ",
		"C.QTY_PO": "20.0000", "C.PRICE_PO": "9.75000", "C.MERCHANDISE_AMT": "195.000", "D.MERCHANDISE_AMT": "48.750", "D.PROJECT_ID": "GR-2026-0042"} {
		if got := value(rows[1], name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if n := len(s.rows("JGR_PO_BY_REF", "BU,PO_REF", "US001,P0000451", "9")); n != 1 {
		t.Errorf("by reference: %d rows", n)
	}
	s.call("CI_JGR_PO_CI_C.V1", orderBody())
	if got := s.sim.Effects("po.create"); !slices.Equal(got, []string{"US001/P0000451", "US001/P0000451"}) {
		t.Errorf("effects %v", got)
	}
}

func TestOrdersAreEditedAsOnThePage(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{ClosedBefore: "2026-01-01"})
	long := strings.Repeat("x", 255)
	for _, row := range []struct {
		name  string
		edits []string
		want  string
	}{
		{"a department that does not exist", []string{"CHEM100", "NOPE"}, "(15,11) {JGR_PO_CI.PO_LINE(1).PO_LINE_SHIP(1).PO_LINE_DISTRIB(1).DEPTID}"},
		{"a department that is closed", []string{"CHEM100", "OLD900"}, "PO_LINE_DISTRIB(1).DEPTID}"},
		{"an account that was never active", []string{"600010", "600310"}, "PO_LINE_DISTRIB(2).ACCOUNT}"},
		{"no account", []string{"<m:ACCOUNT>600000</m:ACCOUNT>", ""}, "(15,30) {JGR_PO_CI.PO_LINE(1).PO_LINE_SHIP(1).PO_LINE_DISTRIB(1).ACCOUNT}"},
		{"a supplier that nobody has", []string{"0000010001", "0000099999"}, "(15,11) {JGR_PO_CI.VENDOR_ID}"},
		{"an unapproved supplier", []string{"0000010001", "0000010020"}, "(15,11) {JGR_PO_CI.VENDOR_ID}"},
		{"a business unit that does not exist", []string{"<m:BUSINESS_UNIT>US001", "<m:BUSINESS_UNIT>XX001"}, "(15,11) {JGR_PO_CI.BUSINESS_UNIT}"},
		{"no buyer", []string{"<m:BUYER_ID>BUYER01</m:BUYER_ID>", ""}, "(15,30) {JGR_PO_CI.BUYER_ID}"},
		{"an unknown unit of measure", []string{">BX<", ">XX<"}, "(15,11) {JGR_PO_CI.PO_LINE(1).UNIT_OF_MEASURE}"},
		{"an unknown category", []string{"LAB01", "ZZZZZ"}, "(15,11) {JGR_PO_CI.PO_LINE(1).CATEGORY_ID}"},
		{"an unknown place", []string{"MAINDOCK", "NODOCK"}, "SHIPTO_ID}"},
		{"a description over 254", []string{"Nitrile gloves, size M &amp; L", long}, "255 characters; the maximum is 254. (15,20)"},
		{"a reference over 30", []string{"P0000451", strings.Repeat("P", 31)}, "(15,20) {JGR_PO_CI.PO_REF}"},
		{"a date that is none", []string{"<m:PO_DT>2026-03-04", "<m:PO_DT>03/04/2026"}, "(15,9) {JGR_PO_CI.PO_DT}"},
		{"a number with a comma", []string{">9.75<", ">9,75<"}, "(15,12)"},
		{"a price with six decimals", []string{">9.75<", ">9.750001<"}, "more than 5 decimals"},
		{"a negative quantity", []string{"<m:QTY_PO>20<", "<m:QTY_PO>-20<"}, "may not be negative"},
		{"distributions that do not sum", []string{"146.25", "146.24"}, "do not equal the schedule amount"},
		{"quantities that do not sum", []string{"<m:QTY_PO>15<", "<m:QTY_PO>14<"}, "do not equal the schedule quantity"},
		{"a project without its activity", []string{"<m:ACTIVITY_ID>SUPPLIES</m:ACTIVITY_ID>", ""}, "must be entered together"},
		{"a project of another unit", []string{"GR-2026-0042", "GR-0000-0000"}, "PROJECT_ID}"},
		{"a closed period", []string{"<m:PO_DT>2026-03-04", "<m:PO_DT>2025-12-31"}, "not in an open period"},
	} {
		r := s.call("CI_JGR_PO_CI_C.V1", orderBody(row.edits...))
		if r.status != 200 || !strings.Contains(r.body, row.want) || !strings.Contains(r.body, "<m:notification>0<") || !strings.Contains(r.body, "(91,37)") {
			t.Errorf("%s: %d %s", row.name, r.status, r.body)
		}
	}
	if n := len(s.sim.Orders()); n != 0 {
		t.Errorf("%d orders were saved", n)
	}
}

func TestCodesAreUpperCasedOnThePage(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	r := s.call("CI_JGR_PO_CI_C.V1", orderBody("CHEM100", "chem100", ">US001<", ">us001<", "P0000451", "p0000451"))
	if !strings.Contains(r.body, "<m:notification>1<") {
		t.Fatal(r.body)
	}
	if o := s.sim.Orders()[0]; o.Get("BUSINESS_UNIT") != "US001" || o.Get("PO_REF") != "p0000451" {
		t.Errorf("%v", o.Fields)
	}
}

func TestRequestsThatDoNotFitTheServiceAreFaults(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	for _, row := range []struct{ name, action, body, want string }{
		{"an unknown element", "CI_JGR_PO_CI_C.V1", orderBody("<m:PO_REF>", "<m:PO_NOTE>x</m:PO_NOTE><m:PO_REF>"), "PO_NOTE is not part of JGR_PO_CI. (159,24)"},
		{"a property before the keys", "CI_JGR_PO_CI_C.V1", orderBody("<m:PO_ID>NEXT</m:PO_ID><m:VENDOR_SETID>SHARE</m:VENDOR_SETID>", "<m:VENDOR_SETID>SHARE</m:VENDOR_SETID><m:PO_ID>NEXT</m:PO_ID>"), "PO_ID is out of order"},
		{"a property after a collection", "CI_JGR_PO_CI_C.V1", orderBody("</m:PO_LINE></m:Create", "</m:PO_LINE><m:ORIGIN>ONL</m:ORIGIN></m:Create"), "ORIGIN is out of order"},
		{"no action", "", orderBody(), "Unable to find a Routing"},
		{"the action of another method", "CI_JGR_PO_CI_U.V1", orderBody(), "Unable to find a Routing"},
		{"another spelling of the verb", "CI_JGR_PO_CI_C.V1", orderBody("Create__", "CREATE__"), "Unable to find a Routing"},
		{"a namespace of somebody else", "CI_JGR_PO_CI_C.V1", orderBody("<m:Create__CompIntfc__JGR_PO_CI>", `<m:Create__CompIntfc__JGR_PO_CI xmlns:m="urn:else">`), "(159,24)"},
		{"broken XML", "CI_JGR_PO_CI_C.V1", orderBody("</m:PO_LINE>", ""), "(159,5)"},
	} {
		r := s.call(row.action, row.body)
		if r.status != 500 || !strings.Contains(r.body, row.want) || !strings.Contains(r.body, "<faultstring>null</faultstring>") {
			t.Errorf("%s: %d %s", row.name, r.status, r.body)
		}
	}
	doctype := strings.Replace(soap("", orderBody()), "?>", `?><!DOCTYPE x [<!ENTITY y "z">]>`, 1)
	if r := s.send(http.MethodPost, servicePath, doctype, "SOAPAction", "CI_JGR_PO_CI_C.V1"); !strings.Contains(r.body, "(159,5)") {
		t.Errorf("a DTD: %s", r.body)
	}
}

func TestSitesNameAndSpellTheirServices(t *testing.T) {
	t.Parallel()
	prefixed := strings.NewReplacer("m:BUSINESS_UNIT>", "m:KEYPROP_BUSINESS_UNIT>", "m:PO_ID>", "m:KEYPROP_PO_ID>", "m:LINE_NBR>", "m:KEYPROP_LINE_NBR>", "m:SCHED_NBR>", "m:KEYPROP_SCHED_NBR>", "m:DISTRIB_LINE_NUM>", "m:KEYPROP_DISTRIB_LINE_NUM>",
		"m:PO_LINE>", "m:COLL_PO_LINE>", "m:PO_LINE_SHIP>", "m:COLL_PO_LINE_SHIP>", "m:PO_LINE_DISTRIB>", "m:COLL_PO_LINE_DISTRIB>", "m:Create", "m:Create", "<m:", "<m:PROP_", "</m:", "</m:PROP_").Replace(orderBody())
	for _, f := range []string{"KEYPROP_", "COLL_"} {
		prefixed = strings.ReplaceAll(prefixed, "PROP_"+f, f)
	}
	for _, row := range []struct {
		name         string
		site         peoplesoftsim.Site
		action, body string
	}{
		{"a Component Interface of another name", peoplesoftsim.Site{CIs: map[string]string{"JGR_PO_CI": "LSI_PO"}}, "CI_LSI_PO_C.V1", orderBody("JGR_PO_CI", "LSI_PO")},
		{"actions named after the verb", peoplesoftsim.Site{Actions: map[string]string{"create": "Create.V1"}}, `"Create.V1"`, orderBody()},
		{"verbs in upper case", peoplesoftsim.Site{VerbCase: "upper"}, "CI_JGR_PO_CI_C.V1", orderBody("Create__", "CREATE__")},
		{"a message name in the namespace", peoplesoftsim.Site{Messages: map[string]string{"JGR_PO_CI.create": "M581234"}}, "CI_JGR_PO_CI_C.V1", orderBody()},
		{"no namespace at all", peoplesoftsim.Site{}, "CI_JGR_PO_CI_C.V1", orderBody("<m:", "<", "</m:", "</")},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if r := open(t, peoplesoftsim.Options{Site: row.site}).call(row.action, row.body); !strings.Contains(r.body, "notification>1<") {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
}

func TestGetFindUpdateAndUpdateData(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	id := s.ordered()
	keys := "<m:BUSINESS_UNIT>US001</m:BUSINESS_UNIT><m:PO_ID>" + id + "</m:PO_ID>"
	wrap := func(verb, rest string) string {
		return "<m:" + verb + "__CompIntfc__JGR_PO_CI>" + keys + rest + "</m:" + verb + "__CompIntfc__JGR_PO_CI>"
	}
	newLine := "<m:PO_LINE><m:LINE_NBR>2</m:LINE_NBR><m:DESCR254_MIXED>Freight</m:DESCR254_MIXED><m:CATEGORY_ID>FRT01</m:CATEGORY_ID><m:UNIT_OF_MEASURE>EA</m:UNIT_OF_MEASURE><m:PO_LINE_SHIP><m:SCHED_NBR>1</m:SCHED_NBR><m:QTY_PO>1</m:QTY_PO>" +
		"<m:PRICE_PO>18.00</m:PRICE_PO><m:SHIPTO_ID>MAINDOCK</m:SHIPTO_ID><m:PO_LINE_DISTRIB><m:DISTRIB_LINE_NUM>1</m:DISTRIB_LINE_NUM><m:ACCOUNT>600020</m:ACCOUNT></m:PO_LINE_DISTRIB></m:PO_LINE_SHIP></m:PO_LINE>"
	for _, row := range []struct{ name, action, body, want string }{
		{"get shows the whole order", "CI_JGR_PO_CI_G.V1", wrap("Get", ""), "<m:PO_LINE_DISTRIB><m:DST_ACCT_TYPE>DST<"},
		{"find gives keys", "CI_JGR_PO_CI_F.V1", "<m:Find__CompIntfc__JGR_PO_CI><m:BUSINESS_UNIT>US001</m:BUSINESS_UNIT></m:Find__CompIntfc__JGR_PO_CI>", "<m:PO_ID>" + id + "<"},
		{"get of nothing", "CI_JGR_PO_CI_G.V1", strings.Replace(wrap("Get", ""), id, "0000000001", 1), "(91,50)"},
		{"create with keys that exist", "CI_JGR_PO_CI_C.V1", orderBody("NEXT", id), "(91,49)"},
		{"update data of a line that is not there", "CI_JGR_PO_CI_UD.V1", wrap("Updatedata", newLine), "(91,50) {JGR_PO_CI.PO_LINE(1)}"},
		{"update of a field", "CI_JGR_PO_CI_U.V1", wrap("Update", "<m:BUYER_ID>BUYER02</m:BUYER_ID>"), "<m:notification>1<"},
		{"update with a new line", "CI_JGR_PO_CI_U.V1", wrap("Update", newLine), "<m:notification>1<"},
		{"update of a line's state", "CI_JGR_PO_CI_U.V1", wrap("Update", "<m:PO_LINE><m:LINE_NBR>2</m:LINE_NBR><m:CANCEL_STATUS>X</m:CANCEL_STATUS></m:PO_LINE>"), "<m:notification>1<"},
		{"cancel", "CI_JGR_PO_CI_U.V1", wrap("Update", "<m:PO_STATUS>PX</m:PO_STATUS>"), "<m:notification>1<"},
		{"update of what is cancelled", "CI_JGR_PO_CI_U.V1", wrap("Update", "<m:BUYER_ID>BUYER01</m:BUYER_ID>"), "is canceled and cannot be changed"},
	} {
		if r := s.call(row.action, row.body); !strings.Contains(r.body, row.want) {
			t.Errorf("%s: %d %s", row.name, r.status, r.body)
		}
	}
	o := s.sim.Orders()[0]
	if o.Get("PO_STATUS") != "X" || o.Get("BUYER_ID") != "BUYER02" || len(o.Below["PO_LINE"]) != 2 || o.Get("CHNG_ORD_BATCH") != "4" || o.Below["PO_LINE"][1].Get("CANCEL_STATUS") != "X" {
		t.Errorf("order is %v with %d lines", o.Fields, len(o.Below["PO_LINE"]))
	}
}

func TestAVendorIsCreatedUnapprovedAndFoundByOurNumber(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{Life: peoplesoftsim.Life{Approve: 1e9}})
	r := s.call("CI_JGR_VNDR_CI_C.V1", vendorCreate)
	if !strings.Contains(r.body, "<m:VENDOR_ID>0000090001</m:VENDOR_ID>") {
		t.Fatalf("%d %s", r.status, r.body)
	}
	row := s.rows("JGR_VENDOR_BY_EXT", "SETID,EXT_ID", "SHARE,JGR-1003800001", "9")[0]
	for name, want := range map[string]string{"A.VENDOR_STATUS": "E", "A.DEFAULT_LOC": "MAIN", "A.REMIT_VENDOR": "0000090001", "B.POSTAL": "55000", "C.PYMNT_TERMS_CD": "NET30", "D.PYMNT_METHOD": "CHK"} {
		if value(row, name) != want {
			t.Errorf("%s = %q, want %q", name, value(row, name), want)
		}
	}
	s.pass(1e9)
	row = s.rows("JGR_VENDOR_BY_EXT", "SETID,EXT_ID", "SHARE,JGR-1003800001", "9")[0]
	if value(row, "A.VENDOR_STATUS") != "A" {
		t.Error("the clock did not approve the vendor")
	}
}

func TestVendorsAreEditedAsOnThePage(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{VendorWorkflow: true})
	for _, row := range []struct {
		name  string
		edits []string
		want  string
	}{
		{"a name over 40", []string{"Northfield Lab Supply", strings.Repeat("N", 41)}, "(15,20) {JGR_VNDR_CI.NAME1}"},
		{"no name", []string{"<m:NAME1>Northfield Lab Supply</m:NAME1>", ""}, "(15,30) {JGR_VNDR_CI.NAME1}"},
		{"a country of two letters", []string{">USA<", ">US<"}, "COUNTRY}"},
		{"a state that the country lacks", []string{">MN<", ">ZZ<"}, "STATE}"},
		{"a status that is none", []string{"<m:VENDOR_STATUS>E", "<m:VENDOR_STATUS>Q"}, "(15,11) {JGR_VNDR_CI.VENDOR_STATUS}"},
		{"unknown terms", []string{"NET30", "NET99"}, "PYMNT_TERMS_CD}"},
		{"no date of effect", []string{"<m:EFFDT>2026-03-04</m:EFFDT>", ""}, "EFFDT}"},
		{"no default location", []string{"<m:DEFAULT_LOC_FLG>Y", "<m:DEFAULT_LOC_FLG>N"}, "must be the default"},
		{"a written approval goes back to workflow", []string{"<m:VENDOR_STATUS>E", "<m:VENDOR_STATUS>A"}, "<m:notification>1<"},
	} {
		r := s.call("CI_JGR_VNDR_CI_C.V1", strings.NewReplacer(row.edits...).Replace(vendorCreate))
		if r.status != 200 || !strings.Contains(r.body, row.want) {
			t.Errorf("%s: %d %s", row.name, r.status, r.body)
		}
	}
	if row := s.rows("JGR_VENDOR_BY_EXT", "SETID,EXT_ID", "SHARE,JGR-1003800001", "9")[0]; value(row, "A.VENDOR_STATUS") != "E" {
		t.Error("the vendor is approved though workflow has to")
	}
}

func TestAddressesAreAddedByEffectiveDate(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	change := func(day, street string) {
		body := `<m:Update__CompIntfc__JGR_VNDR_CI><m:SETID>SHARE</m:SETID><m:VENDOR_ID>` + vendorID + `</m:VENDOR_ID><m:VNDR_ADDR_SCROL><m:ADDRESS_SEQ_NUM>1</m:ADDRESS_SEQ_NUM><m:VENDOR_ADDR><m:EFFDT>` + day +
			`</m:EFFDT><m:EFF_STATUS>A</m:EFF_STATUS><m:COUNTRY>USA</m:COUNTRY><m:ADDRESS1>` + street + `</m:ADDRESS1></m:VENDOR_ADDR></m:VNDR_ADDR_SCROL></m:Update__CompIntfc__JGR_VNDR_CI>`
		if r := s.call("CI_JGR_VNDR_CI_U.V1", body); !strings.Contains(r.body, "<m:notification>1<") {
			t.Fatal(r.body)
		}
	}
	street := func() string {
		return value(s.rows("JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,"+vendorID, "1")[0], "B.ADDRESS1")
	}
	change("2026-03-04", "1 Today Street")
	change("2026-12-01", "2 Later Street")
	if street() != "1 Today Street" {
		t.Errorf("current street is %q", street())
	}
	change("2026-03-04", "1 Corrected Street")
	if n := len(s.sim.Vendors()[0].Below["VNDR_ADDR_SCROL"][0].Below["VENDOR_ADDR"]); street() != "1 Corrected Street" || n != 3 {
		t.Errorf("street %q, %d rows", street(), n)
	}
}

func TestRESTComponentInterfacesMeanTheSame(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	path := "/PSIGW/RESTListeningConnector/PSFT_EP/CIRT_JGR_PO_CI.v1/"
	order := `{"PO_LINE":[{"LINE_NBR":1,"DESCR254_MIXED":"Gloves","CATEGORY_ID":"LAB01","UNIT_OF_MEASURE":"BX","PO_LINE_SHIP":[{"SCHED_NBR":1,"QTY_PO":20,"PRICE_PO":"9.75","SHIPTO_ID":"MAINDOCK","PO_LINE_DISTRIB":[{"DISTRIB_LINE_NUM":1,"ACCOUNT":"600000"}]}]}],
	 "BUSINESS_UNIT":"US001","PO_ID":"NEXT","VENDOR_ID":"0000010001","PO_REF":"R-1","BUYER_ID":"BUYER01"}`
	if r := s.send(http.MethodPost, path, order); r.status != 201 || !strings.Contains(r.body, `"PO_ID":"0000004711"`) {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := s.send(http.MethodPost, path, strings.Replace(order, "600000", "1", 1)); r.status != 200 || !strings.Contains(r.body, `"notification":0`) || !strings.Contains(r.body, `"messagenumber":11`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := s.send(http.MethodGet, path+"?BUSINESS_UNIT=US001&PO_ID=0000004711", ""); r.status != 200 || !strings.Contains(r.body, `"PO_REF":"R-1"`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := s.send(http.MethodPut, path, `{"BUSINESS_UNIT":"US001","PO_ID":"0000004711","BUYER_ID":"BUYER03"}`); r.status != 200 || !strings.Contains(r.body, `"notification":1`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := s.send(http.MethodPost, path, `{"BUSINESS_UNIT":`); !strings.Contains(r.body, "(159,5)") {
		t.Errorf("broken JSON: %d %s", r.status, r.body)
	}
}

func TestWSDLNamesTheOperations(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	for path, want := range map[string]string{"/CI_JGR_PO_CI.1.wsdl": "CI_JGR_PO_CI_UD", "/CI_NOPE.1.wsdl": "(158,505)", "?Operation=GetSchema&xsd=X.V1": "xsd:schema"} {
		if r := s.send(http.MethodGet, servicePath+path, "", "Authorization", "none"); !strings.Contains(r.body, want) {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	if r := s.send(http.MethodPost, servicePath+"/CI_JGR_PO_CI.1.wsdl", soap("", orderBody()), "SOAPAction", "CI_JGR_PO_CI_C.V1"); !strings.Contains(r.body, "notification>1<") {
		t.Errorf("a call to the WSDL address: %s", r.body)
	}
}
