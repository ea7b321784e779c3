package peoplesoftsim_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ml-connector/peoplesoft/peoplesoftsim"
)

const (
	fieldTypes = `<FieldTypes><VCHR_HDR_STG class="R"><BUSINESS_UNIT type="CHAR"/><VOUCHER_ID type="CHAR"/><VOUCHER_STYLE type="CHAR"/><INVOICE_ID type="CHAR"/><INVOICE_DT type="DATE"/><VENDOR_ID type="CHAR"/><VNDR_LOC type="CHAR"/><ORIGIN type="CHAR"/><ACCOUNTING_DT type="DATE"/>` +
		`<GROSS_AMT type="NUMBER"/><SALETX_AMT type="NUMBER"/><FREIGHT_AMT type="NUMBER"/><MISC_AMT type="NUMBER"/><PYMNT_TERMS_CD type="CHAR"/><TXN_CURRENCY_CD type="CHAR"/><VCHR_SRC type="CHAR"/>` +
		`<VCHR_LINE_STG class="R"><BUSINESS_UNIT type="CHAR"/><VOUCHER_ID type="CHAR"/><VOUCHER_LINE_NUM type="NUMBER"/><BUSINESS_UNIT_PO type="CHAR"/><PO_ID type="CHAR"/><LINE_NBR type="NUMBER"/><SCHED_NBR type="NUMBER"/><DESCR type="CHAR"/><MERCHANDISE_AMT type="NUMBER"/><QTY_VCHR type="NUMBER"/><UNIT_OF_MEASURE type="CHAR"/><UNIT_PRICE type="NUMBER"/>` +
		`<VCHR_DIST_STG class="R"><BUSINESS_UNIT type="CHAR"/><VOUCHER_ID type="CHAR"/><VOUCHER_LINE_NUM type="NUMBER"/><DISTRIB_LINE_NUM type="NUMBER"/><BUSINESS_UNIT_GL type="CHAR"/><ACCOUNT type="CHAR"/><DEPTID type="CHAR"/><MERCHANDISE_AMT type="NUMBER"/><FUND_CODE type="CHAR"/></VCHR_DIST_STG></VCHR_LINE_STG>` +
		`</VCHR_HDR_STG><PSCAMA class="R"><LANGUAGE_CD type="CHAR"/><AUDIT_ACTN type="CHAR"/></PSCAMA></FieldTypes>`
	orderLine = `<VCHR_LINE_STG class="R"><BUSINESS_UNIT>US001</BUSINESS_UNIT><VOUCHER_ID>J0918273</VOUCHER_ID><VOUCHER_LINE_NUM>1</VOUCHER_LINE_NUM><BUSINESS_UNIT_PO>US001</BUSINESS_UNIT_PO><PO_ID>0000004711</PO_ID><LINE_NBR>1</LINE_NBR><SCHED_NBR>1</SCHED_NBR><DESCR>Nitrile gloves</DESCR><MERCHANDISE_AMT>195.00</MERCHANDISE_AMT><QTY_VCHR>20</QTY_VCHR><UNIT_OF_MEASURE>BX</UNIT_OF_MEASURE><UNIT_PRICE>9.75</UNIT_PRICE></VCHR_LINE_STG>`
	plainLine = `<VCHR_LINE_STG class="R"><BUSINESS_UNIT>US001</BUSINESS_UNIT><VOUCHER_ID>J0918273</VOUCHER_ID><VOUCHER_LINE_NUM>2</VOUCHER_LINE_NUM><DESCR>Fee</DESCR><MERCHANDISE_AMT>18.00</MERCHANDISE_AMT>` +
		`<VCHR_DIST_STG class="R"><BUSINESS_UNIT>US001</BUSINESS_UNIT><VOUCHER_ID>J0918273</VOUCHER_ID><VOUCHER_LINE_NUM>2</VOUCHER_LINE_NUM><DISTRIB_LINE_NUM>1</DISTRIB_LINE_NUM><BUSINESS_UNIT_GL>US001</BUSINESS_UNIT_GL><ACCOUNT>600000</ACCOUNT><DEPTID>CHEM100</DEPTID><MERCHANDISE_AMT>18.00</MERCHANDISE_AMT><FUND_CODE>F10</FUND_CODE></VCHR_DIST_STG></VCHR_LINE_STG>`
	trailer = `<PSCAMA class="R"><LANGUAGE_CD>ENG</LANGUAGE_CD><AUDIT_ACTN>A</AUDIT_ACTN></PSCAMA>`
)

// voucherBody is a good voucher on the good order, with edits applied.
func voucherBody(edits ...string) string {
	return strings.NewReplacer(edits...).Replace(`<?xml version="1.0"?><VOUCHER_BUILD>` + fieldTypes + `<MsgData><Transaction><VCHR_HDR_STG class="R"><BUSINESS_UNIT>US001</BUSINESS_UNIT><VOUCHER_ID>J0918273</VOUCHER_ID><VOUCHER_STYLE>REG</VOUCHER_STYLE><INVOICE_ID>NL-2026-5531</INVOICE_ID><INVOICE_DT>2026-03-01</INVOICE_DT>` +
		`<VENDOR_ID>0000010001</VENDOR_ID><VNDR_LOC>MAIN</VNDR_LOC><ORIGIN>JGR</ORIGIN><ACCOUNTING_DT>2026-03-02</ACCOUNTING_DT><GROSS_AMT>223.00</GROSS_AMT><SALETX_AMT>10.00</SALETX_AMT><FREIGHT_AMT>2.00</FREIGHT_AMT><MISC_AMT>-2.00</MISC_AMT><PYMNT_TERMS_CD>NET30</PYMNT_TERMS_CD><TXN_CURRENCY_CD>USD</TXN_CURRENCY_CD><VCHR_SRC>XML</VCHR_SRC>` +
		orderLine + plainLine + `</VCHR_HDR_STG>` + trailer + `</Transaction></MsgData></VOUCHER_BUILD>`)
}

// envelopeHeaders are the connector's parameters as headers, changed in pairs.
func envelopeHeaders(change ...string) []string {
	h := []string{"OperationName", "VOUCHER_BUILD.VERSION_1", "OperationType", "async", "From", "JAGGAER", "To", "PSFT_EP", "ExternalMessageID", "JGR-INV-918273", "Content-Type", "text/xml; charset=UTF-8"}
	for i := 0; i < len(change); i += 2 {
		if at := slices.Index(h, change[i]); at >= 0 && at%2 == 0 {
			h[at+1] = change[i+1]
			continue
		}
		h = append(h, change[i], change[i+1])
	}
	return h
}

const connectorPath = "/PSIGW/HttpListeningConnector"

func (s *site) message(body string, change ...string) response {
	s.t.Helper()
	return s.send(http.MethodPost, connectorPath, body, envelopeHeaders(change...)...)
}

func TestAVoucherGoesFromStagingToPaidAndBack(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	s.ordered()
	if r := s.message(voucherBody()); r.status != 200 || !strings.Contains(r.body, `type="success"`) || !strings.Contains(r.body, "<TransactionID>") {
		t.Fatalf("%d %s", r.status, r.body)
	}
	look := func(query string) []map[string]any {
		return s.rows(query, "BU,VOUCHER_ID", "US001,J0918273", "9")
	}
	if len(look("JGR_VCHR_STAGE")) != 1 || len(look("JGR_VCHR_BY_ID")) != 0 {
		t.Fatal("the voucher is not staged, or built already")
	}
	s.sim.Build()
	v := look("JGR_VCHR_BY_ID")
	if len(look("JGR_VCHR_STAGE")) != 0 || value(v[0], "A.ENTRY_STATUS") != "P" || value(v[0], "A.GROSS_AMT") != "223.000" || value(v[0], "A.MATCH_STATUS_VCHR") != "T" || value(v[0], "A.ENTERED_DT") != "2026-03-04" {
		t.Fatalf("built: %v", v)
	}
	if n := len(s.rows("JGR_VCHR_BY_INV", "BU,VENDOR_ID,INVOICE_ID", "US001,0000010001,NL-2026-5531", "9")); n != 1 {
		t.Errorf("by invoice: %d rows", n)
	}
	lines := s.rows("JGR_VOUCHER", "BU,FROM_DT,AFTER_ID", "US001,2026-03-04,", "9")
	if len(lines) != 3 || value(lines[0], "C.MERCHANDISE_AMT") != "146.250" || value(lines[1], "C.DEPTID") != "BIO200" || value(lines[2], "C.ACCOUNT") != "600000" {
		t.Errorf("accounting of the order was not taken: %v", lines)
	}
	must(t, s.sim.Post("US001", "J0918273"))
	if p := look("JGR_PAYMENT"); len(p) != 1 || value(p[0], "A.PYMNT_SELCT_STATUS") != "N" || value(p[0], "B.PYMNT_ID") != "" {
		t.Errorf("posted: %v", p)
	}
	must(t, s.sim.Pay("US001", "J0918273"))
	if p := look("JGR_PAYMENT"); value(p[0], "A.PYMNT_SELCT_STATUS") != "P" || value(p[0], "B.PYMNT_STATUS") != "P" || value(p[0], "A.PAID_AMT") != "223.000" || value(p[0], "B.PYMNT_ID_REF") != "900001" {
		t.Errorf("paid: %v", p)
	}
	if v := look("JGR_VCHR_BY_ID"); value(v[0], "A.POST_STATUS_AP") != "P" || value(v[0], "A.CLOSE_STATUS") != "C" || value(v[0], "A.APPR_STATUS") != "A" || value(v[0], "A.MATCH_STATUS_VCHR") != "M" {
		t.Errorf("paid voucher: %v", v)
	}
	must(t, s.sim.Void("US001", "J0918273"))
	if p := look("JGR_PAYMENT"); len(p) != 2 || value(p[0], "B.PYMNT_STATUS") != "V" || value(p[1], "A.PYMNT_SELCT_STATUS") != "N" {
		t.Errorf("voided: %v", p)
	}
}

func TestTheBatchSortsVouchersIntoBuiltRecycledAndPreEdit(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		edits  []string
		status string // P, R, or Q for pre-edit
		reason string
	}{
		{"a good one", nil, "P", ""},
		{"a credit note", []string{">REG<", ">ADJ<", "223.00", "-187.00", "195.00", "-195.00", ">18.00<", ">-18.00<", ">10.00<", ">26.00<", ">2.00<", ">0<", ">-2.00<", ">0<"}, "P", ""},
		{"an unknown supplier", []string{"0000010001", "0000099999"}, "Q", "Invalid supplier"},
		{"an unapproved supplier", []string{"0000010001", "0000010020"}, "Q", "Invalid supplier"},
		{"an unknown location", []string{"<VNDR_LOC>MAIN", "<VNDR_LOC>ELSE"}, "Q", "Invalid supplier location"},
		{"an unknown origin", []string{">JGR<", ">ZZZ<"}, "Q", "Invalid origin"},
		{"an unknown business unit", []string{">US001<", ">XX001<"}, "Q", "Invalid business unit"},
		{"no invoice number", []string{"NL-2026-5531", ""}, "Q", "Invoice number or date is blank"},
		{"no invoice date", []string{"2026-03-01", ""}, "Q", "Invoice number or date is blank"},
		{"no lines", []string{orderLine, "", plainLine, ""}, "Q", "has no lines"},
		{"a line with neither order nor distribution", []string{"0000004711", ""}, "Q", "neither purchase order nor distribution"},
		{"an order that does not exist", []string{"0000004711", "0000004799"}, "R", "does not exist"},
		{"an order line that does not exist", []string{"<LINE_NBR>1", "<LINE_NBR>7"}, "R", "order line 7 does not exist"},
		{"another supplier than the order's", []string{"0000010001", "0000010002"}, "R", "another supplier"},
		{"out of balance by a cent", []string{"223.00", "223.01"}, "R", "out of balance"},
		{"distributions that do not sum", []string{"<DEPTID>CHEM100</DEPTID><MERCHANDISE_AMT>18.00", "<DEPTID>CHEM100</DEPTID><MERCHANDISE_AMT>17.99"}, "R", "do not equal the line"},
		{"a closed account", []string{"600000", "600310"}, "R", "Invalid ACCOUNT"},
		{"a closed period", []string{"2026-03-02", "2025-12-31"}, "R", "open period"},
		{"unknown terms", []string{"NET30", "NET99"}, "R", "Invalid payment terms"},
		{"keys that nobody upper-cases", []string{"CHEM100", "chem100"}, "R", "Invalid DEPTID chem100"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, peoplesoftsim.Options{ClosedBefore: "2026-01-01"})
			s.ordered()
			if r := s.message(voucherBody(row.edits...)); !strings.Contains(r.body, `type="success"`) {
				t.Fatal(r.body)
			}
			s.sim.Build()
			all, status := s.sim.Vouchers(), "Q"
			if len(all) == 1 {
				status = all[0].Get("ENTRY_STATUS")
			} else {
				all = s.sim.PreEdits()
			}
			if status != row.status || !strings.Contains(all[0].Get("ERRMSGTEXT"), row.reason) {
				t.Errorf("%s %q, want %s %q", status, all[0].Get("ERRMSGTEXT"), row.status, row.reason)
			}
		})
	}
}

func TestAnOrderMustBeDispatchedFirst(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	s.call("CI_JGR_PO_CI_C.V1", orderBody())
	s.message(voucherBody())
	s.sim.Build()
	if got := s.sim.Vouchers()[0].Get("ERRMSGTEXT"); !strings.Contains(got, "not dispatched") {
		t.Errorf("reason %q", got)
	}
	must(t, s.sim.Dispatch("US001", "0000004711"))
	must(t, s.sim.Correct("US001", "J0918273"))
	if got := s.sim.Vouchers()[0].Get("ENTRY_STATUS"); got != "P" {
		t.Errorf("corrected to %s", got)
	}
}

func TestADeletedVoucherKeepsItsNumberAndFreesItsInvoice(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	s.ordered()
	s.message(voucherBody())
	s.sim.Build()
	must(t, s.sim.Delete("US001", "J0918273"))
	if n := len(s.rows("JGR_VCHR_BY_INV", "BU,VENDOR_ID,INVOICE_ID", "US001,0000010001,NL-2026-5531", "9")); n != 0 {
		t.Errorf("by invoice: %d rows", n)
	}
	if v := s.rows("JGR_VCHR_BY_ID", "BU,VOUCHER_ID", "US001,J0918273", "9"); len(v) != 1 || value(v[0], "A.ENTRY_STATUS") != "X" {
		t.Errorf("by number: %v", v)
	}
}

func TestADuplicateInvoiceRecyclesBothOrPassesSilently(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]string{"reject": "R", "warn": "P"} {
		s := open(t, peoplesoftsim.Options{DuplicateInvoice: mode})
		s.ordered()
		s.message(voucherBody())
		s.sim.Build()
		s.message(voucherBody("J0918273", "J0918274"), "ExternalMessageID", "JGR-INV-918274")
		s.sim.Build()
		all := s.sim.Vouchers()
		if len(all) != 2 || all[0].Get("ENTRY_STATUS") != want || all[1].Get("ENTRY_STATUS") != want {
			t.Errorf("%s: %s and %s", mode, all[0].Get("ENTRY_STATUS"), all[1].Get("ENTRY_STATUS"))
		}
	}
}

func TestTheConnectorRefusesInItsOwnForm(t *testing.T) {
	t.Parallel()
	readOnly := peoplesoftsim.User{ID: "READER", Password: "r", Operations: []string{"QAS_EXECUTEQRY_REST_GET"}}
	s := open(t, peoplesoftsim.Options{Users: []peoplesoftsim.User{peoplesoftsim.DefaultUser(), readOnly},
		Nodes: map[string]peoplesoftsim.Node{"JAGGAER": {User: "JGR_SVC"}, "SECRET": {User: "JGR_SVC", Password: "node-pw"}, "POOR": {User: "READER"}}})
	for _, row := range []struct {
		name   string
		change []string
		want   string
	}{
		{"an unknown node", []string{"From", "NOBODY"}, "(158,55)"},
		{"no node", []string{"From", ""}, "(158,55)"},
		{"a wrong node password", []string{"From", "SECRET", "Password", "x"}, "(158,45)"},
		{"a default user without permission", []string{"From", "POOR"}, "User READER not authorized to invoke Service Operation VOUCHER_BUILD. (158,536)"},
		{"another target node", []string{"To", "FS92"}, "(158,505)"},
		{"an unknown operation", []string{"OperationName", "VOUCHER_BUILD.VERSION_2"}, "Unable to find a Routing"},
		{"a synchronous call", []string{"OperationType", "sync"}, "Unable to find a Routing"},
		{"a message id over 70", []string{"ExternalMessageID", strings.Repeat("x", 71)}, "longer than 70"},
		{"a wrong password beside the node", []string{"Authorization", "Basic SkdSX1NWQzp3cm9uZw=="}, "(158,45)"},
		{"a right node password", []string{"From", "SECRET", "Password", "node-pw", "ExternalMessageID", "ok"}, `type="success"`},
		{"a node without Basic", []string{"Authorization", "none", "ExternalMessageID", "ok2"}, `type="success"`},
	} {
		r := s.message(voucherBody(), row.change...)
		if r.status != 200 || !strings.Contains(r.body, row.want) {
			t.Errorf("%s: %d %s", row.name, r.status, r.body)
		}
	}
}

func TestTheMessageMustHaveTheStructureThatItDeclares(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	for _, row := range []struct {
		name  string
		edits []string
		want  string
	}{
		{"an element that FieldTypes lacks", []string{`<VNDR_LOC type="CHAR"/>`, ""}, "VCHR_HDR_STG.VNDR_LOC is not declared in FieldTypes"},
		{"a field that the record lacks", []string{`<VNDR_LOC type="CHAR"/>`, `<VNDR_LOK type="CHAR"/>`}, "VNDR_LOK is not in VCHR_HDR_STG"},
		{"a field of the wrong type", []string{`<GROSS_AMT type="NUMBER"/>`, `<GROSS_AMT type="CHAR"/>`}, "GROSS_AMT of VCHR_HDR_STG is of type NUMBER"},
		{"no class", []string{`<Transaction><VCHR_HDR_STG class="R">`, `<Transaction><VCHR_HDR_STG>`}, "has no class R"},
		{"no PSCAMA", []string{trailer, ""}, "PSCAMA"},
		{"a change", []string{"<AUDIT_ACTN>A", "<AUDIT_ACTN>C"}, "AUDIT_ACTN C is not one of A"},
		{"another root", []string{"VOUCHER_BUILD>", "VOUCHER_BUILT>"}, "VOUCHER_BUILD with FieldTypes"},
		{"an invoice number over 30", []string{"NL-2026-5531", strings.Repeat("9", 31)}, "31 characters; the maximum is 30"},
		{"a voucher number over 8", []string{"J0918273", "J09182731"}, "9 characters; the maximum is 8"},
		{"an amount with an exponent", []string{"223.00", "2.23E2"}, "Invalid number"},
		{"an amount with four decimals", []string{"223.00", "223.0001"}, "more than 3 decimals"},
		{"a date in words", []string{"2026-03-01", "1 March"}, "invalid date"},
		{"a line of another voucher", []string{"<VOUCHER_ID>J0918273</VOUCHER_ID><VOUCHER_LINE_NUM>1", "<VOUCHER_ID>J0000000</VOUCHER_ID><VOUCHER_LINE_NUM>1"}, "its parent has"},
		{"broken XML", []string{"</MsgData>", ""}, "(159,5)"},
	} {
		r := s.message(voucherBody(row.edits...))
		if r.status != 200 || !strings.Contains(r.body, row.want) || !strings.Contains(r.body, `type="error"`) {
			t.Errorf("%s: %d %s", row.name, r.status, r.body)
		}
	}
	if n := len(s.sim.Staged()); n != 0 {
		t.Errorf("%d vouchers were staged", n)
	}
	cut := open(t, peoplesoftsim.Options{Site: peoplesoftsim.Site{CutMessages: true}})
	cut.message(voucherBody("Nitrile gloves", strings.Repeat("é", 40)))
	if got := cut.sim.Staged()[0].Below["VCHR_LINE_STG"][0].Get("DESCR"); got != strings.Repeat("é", 30) {
		t.Errorf("cut to %q", got)
	}
}

func TestTheThreeEnvelopesMeanTheSame(t *testing.T) {
	t.Parallel()
	query := connectorPath + "?" + url.Values{"OperationName": {"VOUCHER_BUILD.VERSION_1"}, "OperationType": {"async"}, "From": {"JAGGAER"}, "To": {"PSFT_EP"}, "ExternalMessageID": {"Q-1"}}.Encode()
	data := strings.ReplaceAll(voucherBody("Nitrile gloves", "]]&gt; gloves"), "]]>", "]]]]><![CDATA[>")
	ib := `<?xml version="1.0"?><IBRequest><ExternalOperationName>VOUCHER_BUILD.VERSION_1</ExternalOperationName><OperationType>async</OperationType><ExternalMessageID>I-1</ExternalMessageID><From><RequestingNode>JAGGAER</RequestingNode><Password>node-pw</Password></From>` +
		`<To><FinalDestination/><DestinationNode>PSFT_EP</DestinationNode></To><ContentSections><ContentSection><NonRepudiation/><Data><![CDATA[` + data + `]]></Data></ContentSection></ContentSections></IBRequest>`
	for _, row := range []struct {
		name string
		send func(s *site) response
	}{
		{"headers", func(s *site) response { return s.message(voucherBody()) }},
		{"query", func(s *site) response { return s.send(http.MethodPost, query, voucherBody()) }},
		{"ibrequest", func(s *site) response { return s.send(http.MethodPost, connectorPath, ib) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, peoplesoftsim.Options{})
			if r := row.send(s); !strings.Contains(r.body, `type="success"`) || len(s.sim.Staged()) != 1 {
				t.Fatalf("%s", r.body)
			}
			if r := row.send(s); !strings.Contains(r.body, "Duplicate message: ExternalMessageID") || len(s.sim.Staged()) != 1 {
				t.Errorf("second time: %s", r.body)
			}
			only := open(t, peoplesoftsim.Options{Site: peoplesoftsim.Site{Envelopes: []string{"none"}}})
			if r := row.send(only); !strings.Contains(r.body, "Unable to find a Routing") {
				t.Errorf("a site that does not read it: %s", r.body)
			}
		})
	}
}

func TestMessagesCanBeAcceptedAndNeverArrive(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	s.fault(peoplesoftsim.Fault{Kind: "handler_error", Times: 1})
	if r := s.message(voucherBody()); !strings.Contains(r.body, `type="success"`) || len(s.sim.Staged()) != 0 || len(s.sim.HandlerErrors()) != 1 {
		t.Errorf("handler error: %s, staged %d", r.body, len(s.sim.Staged()))
	}
	s.sim.PauseQueue(true)
	s.message(voucherBody(), "ExternalMessageID", "JGR-INV-918273-2")
	if len(s.sim.Staged()) != 0 {
		t.Error("a paused queue staged")
	}
	s.sim.PauseQueue(false)
	if len(s.sim.Staged()) != 1 {
		t.Error("the queue started and staged nothing")
	}
	s.message(voucherBody(), "ExternalMessageID", "JGR-INV-918273-3")
	if len(s.sim.Staged()) != 1 || len(s.sim.HandlerErrors()) != 2 {
		t.Errorf("the same key again: staged %d, handler errors %v", len(s.sim.Staged()), s.sim.HandlerErrors())
	}
}

func TestLifeMovesWithTheClock(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{Life: peoplesoftsim.Life{Dispatch: peoplesoftsim.Immediately, Build: time.Minute, Post: time.Minute, Pay: time.Minute}})
	s.call("CI_JGR_PO_CI_C.V1", orderBody())
	s.message(voucherBody())
	stage := func() string {
		s.sim.Step()
		if len(s.sim.Staged()) == 1 {
			return "staged"
		}
		v := s.sim.Vouchers()[0]
		return v.Get("ENTRY_STATUS") + v.Get("POST_STATUS_AP") + v.Get("CLOSE_STATUS")
	}
	for _, want := range []string{"staged", "PUO", "PPO", "PPC", "PPC"} {
		if got := stage(); got != want {
			t.Errorf("stage %s, want %s", got, want)
		}
		s.pass(time.Minute)
	}
	if got := s.sim.Effects("voucher.pay"); len(got) != 1 {
		t.Errorf("paid %v", got)
	}
}
