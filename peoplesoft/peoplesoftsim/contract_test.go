package peoplesoftsim_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

func testdata(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	must(t, err)
	return string(b)
}

// The documents are those that PEOPLESOFT.md §4.1 to §4.3 print, with accounts of the sample.
func TestTheContractsOwnDocumentsAreTaken(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{Life: peoplesoftsim.Life{Dispatch: peoplesoftsim.Immediately}})
	if r := s.send(http.MethodPost, servicePath, testdata(t, "vendor_create.xml"), "SOAPAction", "CI_JGR_VNDR_CI_C.V1"); !strings.Contains(r.body, "<m:notification>1<") {
		t.Errorf("vendor: %s", r.body)
	}
	if r := s.send(http.MethodPost, servicePath, testdata(t, "po_create.xml"), "SOAPAction", "CI_JGR_PO_CI_C.V1"); !strings.Contains(r.body, "<m:PO_ID>0000004711<") {
		t.Fatalf("order: %s", r.body)
	}
	if r := s.message(testdata(t, "voucher_build.xml")); !strings.Contains(r.body, `type="success"`) {
		t.Fatalf("voucher: %s", r.body)
	}
	s.sim.Build()
	if v := s.sim.Vouchers(); len(v) != 1 || v[0].Get("ENTRY_STATUS") != "P" {
		t.Errorf("voucher was not built: %v %v", s.sim.PreEdits(), v)
	}
}

// turn is a crosswalk from JAGGAER to PeopleSoft; a value without a row is taken as it is.
func turn(c *sample.Company, name, value string) string {
	for _, r := range c.Crosswalks[name] {
		if r.Jaggaer == value {
			return r.PeopleSoft
		}
	}
	return value
}

var fieldNames = map[string]string{"Account": "ACCOUNT", "Fund": "FUND_CODE", "Department": "DEPTID", "Program": "PROGRAM_CODE", "Project": "PROJECT_ID", "Activity": "ACTIVITY_ID"}

// parts cuts a line's amount by its splits; the last takes the rest.
func parts(amount string, splits []sample.Split, distribution string) []string {
	out, rest := make([]string, len(splits)), amount
	for i, x := range splits {
		switch {
		case i == len(splits)-1:
			out[i] = rest
		case distribution == "AmountOfPrice":
			out[i] = x.Value
		default:
			out[i] = sample.Extend(amount, "0."+fmt.Sprintf("%02s", x.Value))
		}
		rest = sample.Sum(rest, sample.Negate(out[i]))
	}
	return out
}

func orderOf(c *sample.Company, o sample.Order) string {
	var b strings.Builder
	e := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	fmt.Fprintf(&b, "<m:Create__CompIntfc__JGR_PO_CI><m:BUSINESS_UNIT>%s</m:BUSINESS_UNIT><m:PO_ID>NEXT</m:PO_ID><m:VENDOR_ID>%s</m:VENDOR_ID><m:PO_REF>%s</m:PO_REF><m:BUYER_ID>%s</m:BUYER_ID><m:CURRENCY_CD>%s</m:CURRENCY_CD>",
		turn(c, "business_unit", o.BusinessUnit), o.Supplier.VendorID, o.Number, turn(c, "buyer", o.Requestor), o.Currency)
	for _, l := range o.Lines {
		fmt.Fprintf(&b, "<m:PO_LINE><m:LINE_NBR>%d</m:LINE_NBR><m:DESCR254_MIXED>%s</m:DESCR254_MIXED><m:CATEGORY_ID>%s</m:CATEGORY_ID><m:UNIT_OF_MEASURE>%s</m:UNIT_OF_MEASURE><m:PO_LINE_SHIP><m:SCHED_NBR>1</m:SCHED_NBR><m:QTY_PO>%s</m:QTY_PO><m:PRICE_PO>%s</m:PRICE_PO><m:SHIPTO_ID>%s</m:SHIPTO_ID>",
			l.Number, e.Replace(l.Description), turn(c, "category", l.Commodity), turn(c, "uom", l.Unit), l.Quantity, l.Price, turn(c, "ship_to", o.ShipTo))
		for i, amount := range parts(l.Amount, l.Splits, l.Distribution) {
			fmt.Fprintf(&b, "<m:PO_LINE_DISTRIB><m:DISTRIB_LINE_NUM>%d</m:DISTRIB_LINE_NUM><m:MERCHANDISE_AMT>%s</m:MERCHANDISE_AMT>", i+1, amount)
			for _, f := range l.Splits[i].Fields {
				fmt.Fprintf(&b, "<m:%s>%s</m:%s>", fieldNames[f.Name], f.Value, fieldNames[f.Name])
			}
			b.WriteString("</m:PO_LINE_DISTRIB>")
		}
		b.WriteString("</m:PO_LINE_SHIP></m:PO_LINE>")
	}
	return b.String() + "</m:Create__CompIntfc__JGR_PO_CI>"
}

func invoiceOf(c *sample.Company, v sample.Invoice, id int, orders map[string]string) string {
	bu, number := turn(c, "business_unit", v.BusinessUnit), fmt.Sprintf("J%07d", id)
	e := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	misc := sample.Sum(v.Handling, sample.Negate(v.Discount))
	for _, f := range v.Fees {
		misc = sample.Sum(misc, f.Amount)
	}
	total := v.Total
	if total == "" {
		total = sample.Sum(v.Tax1, v.Tax2, v.Shipping, misc)
		for _, l := range v.Lines {
			total = sample.Sum(total, l.Amount)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<VOUCHER_BUILD>%s<MsgData><Transaction><VCHR_HDR_STG class="R"><BUSINESS_UNIT>%s</BUSINESS_UNIT><VOUCHER_ID>%s</VOUCHER_ID><INVOICE_ID>%s</INVOICE_ID><INVOICE_DT>%s</INVOICE_DT><VENDOR_ID>%s</VENDOR_ID><ORIGIN>JGR</ORIGIN><GROSS_AMT>%s</GROSS_AMT><SALETX_AMT>%s</SALETX_AMT><FREIGHT_AMT>%s</FREIGHT_AMT><MISC_AMT>%s</MISC_AMT><PYMNT_TERMS_CD>%s</PYMNT_TERMS_CD><TXN_CURRENCY_CD>%s</TXN_CURRENCY_CD>`,
		fieldTypes, bu, number, e.Replace(v.SupplierNumber+map[bool]string{true: v.Number}[v.SupplierNumber == ""]), v.Date, v.Supplier.VendorID, total, sample.Sum(v.Tax1, v.Tax2), v.Shipping, misc, turn(c, "payment_terms", v.Terms), v.Currency)
	for _, l := range v.Lines {
		head := fmt.Sprintf("<BUSINESS_UNIT>%s</BUSINESS_UNIT><VOUCHER_ID>%s</VOUCHER_ID><VOUCHER_LINE_NUM>%d</VOUCHER_LINE_NUM>", bu, number, l.Number)
		fmt.Fprintf(&b, `<VCHR_LINE_STG class="R">%s`, head)
		if l.OrderNumber != "" {
			fmt.Fprintf(&b, "<BUSINESS_UNIT_PO>%s</BUSINESS_UNIT_PO><PO_ID>%s</PO_ID><LINE_NBR>%d</LINE_NBR><SCHED_NBR>1</SCHED_NBR>", bu, orders[l.OrderNumber], l.OrderLine)
		}
		fmt.Fprintf(&b, "<MERCHANDISE_AMT>%s</MERCHANDISE_AMT><QTY_VCHR>%s</QTY_VCHR><UNIT_PRICE>%s</UNIT_PRICE>", l.Amount, l.Quantity, l.Price)
		for i, amount := range parts(l.Amount, l.Splits, l.Distribution) {
			if l.OrderNumber == "" {
				fmt.Fprintf(&b, `<VCHR_DIST_STG class="R">%s<DISTRIB_LINE_NUM>%d</DISTRIB_LINE_NUM><ACCOUNT>%s</ACCOUNT><MERCHANDISE_AMT>%s</MERCHANDISE_AMT></VCHR_DIST_STG>`, head, i+1, l.Splits[i].Fields[0].Value, amount)
			}
		}
		b.WriteString("</VCHR_LINE_STG>")
	}
	return b.String() + "</VCHR_HDR_STG>" + trailer + "</Transaction></MsgData></VOUCHER_BUILD>"
}

func TestTheSamplesOrdersAndInvoicesAreTaken(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{Life: peoplesoftsim.Life{Dispatch: peoplesoftsim.Immediately}})
	for _, o := range s.company.Orders {
		if o.Note != "" || o.Supplier.VendorID == "" {
			continue
		}
		if r := s.call("CI_JGR_PO_CI_C.V1", orderOf(s.company, o)); !strings.Contains(r.body, "<m:notification>1<") {
			t.Errorf("order %s: %s", o.Number, r.body)
		}
	}
	numbers := map[string]string{}
	for _, o := range s.sim.Orders() {
		numbers[o.Get("PO_REF")] = o.Get("PO_ID")
	}
	sent := 0
	for i, v := range s.company.Invoices {
		if v.Note != "" {
			continue
		}
		sent++
		if r := s.message(invoiceOf(s.company, v, i, numbers), "ExternalMessageID", v.Number); !strings.Contains(r.body, `type="success"`) {
			t.Errorf("invoice %s: %s", v.Number, r.body)
		}
	}
	s.sim.Build()
	built := s.sim.Vouchers()
	if len(built) != sent {
		t.Errorf("%d of %d invoices were built; pre-edit: %d", len(built), sent, len(s.sim.PreEdits()))
	}
	for _, v := range built {
		if v.Get("ENTRY_STATUS") != "P" {
			t.Errorf("%s recycled: %s", v.Get("INVOICE_ID"), v.Get("ERRMSGTEXT"))
		}
	}
}
