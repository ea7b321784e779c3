package peoplesoft

import (
	"slices"
	"strings"
)

// loss says what is lost when a query's answer lacks a column that its readers can do without. "" = nothing is missed: a
// ChartField that the site does not use.
func (i *Instance) loss(e entity, c column) string {
	name := c.alias + "." + c.name
	if slices.Contains(i.profile.voucher.errorFields, name) || slices.Contains(i.profile.voucher.errorFields, c.name) {
		return "why a voucher is in error has to be looked up in PeopleSoft (profile voucher.error_fields)"
	}
	if slices.ContainsFunc(vendorLists(), func(l vendorList) bool { return l.entity == e.name }) {
		return contentLoss
	}
	of := entityOf(e.name)
	if strings.HasPrefix(of, chartPrefix) {
		of = entAccount
	}
	if text := losses(of, name); text != "" {
		return text
	}
	if i.isChartField(c.name) && !i.synced(c.name) {
		return ""
	}
	return contentLoss
}

// byLoss are names of columns by what is lost without them, in the order in which they came.
type byLoss struct {
	order []string
	names map[string][]string
}

func (b *byLoss) add(loss, name string) {
	if b.names == nil {
		b.names = map[string][]string{}
	}
	if b.names[loss] == nil {
		b.order = append(b.order, loss)
	}
	b.names[loss] = append(b.names[loss], name)
}

// contentLoss is the loss of a column that no shipped Flow goes by.
const contentLoss = "records come without it"

// losses are those of columns that the shipped Flows use.
func losses(entity, column string) string {
	switch entity {
	case entPing:
		return "the release is told by the gateway's page alone"
	case entVendor:
		return vendorLoss(column)
	case entAccount:
		switch column {
		case "A.DESCR":
			return "values have no description"
		case "A.BUDGETARY_ONLY":
			return "budgetary accounts are sent as active ones"
		case "A.STATISTICS_ACCOUNT":
			return "statistical accounts are sent as active ones"
		}
	case entReq:
		return requisitionLoss(column)
	case entPO:
		switch column {
		case "A.PO_REF":
			return "an order can't be known by the number that it was sent with"
		case "A.LAST_DTTM_UPDATE":
			return "when an order changed can't be told"
		case "D.REQ_ID", "D.BUSINESS_UNIT_REQ":
			return "which requisition an order came from can't be told"
		}
	case entVoucher:
		return voucherLoss(column)
	case entPayment:
		return paymentLoss(column)
	}
	return ""
}

func vendorLoss(column string) string {
	switch column {
	case "A.NAME2":
		return "the second line of a name is not sent"
	case "A.VENDOR_CLASS", "A.VENDOR_PERSISTENCE":
		return "suppliers-to-jaggaer, as it is shipped, sends no supplier"
	case "A.AR_NUM":
		return "a supplier can't be known by the number that it was sent with"
	case "B.ADDRESS_SEQ_NUM":
		return "suppliers are sent without an address"
	case "B.COUNTRY":
		return "suppliers have no country of origin"
	case "C.VNDR_LOC":
		return "suppliers are sent without accounts payable"
	case "C.CURRENCY_CD":
		return "suppliers have no currency"
	case "D.PYMNT_METHOD":
		return "every supplier is paid by check"
	}
	return ""
}

func requisitionLoss(column string) string {
	switch column {
	case "A.HOLD_STATUS":
		return "requisitions on hold are sent like the others"
	case "A.BUDGET_HDR_STATUS":
		return "requisitions that failed the budget check are sent like the others"
	case "A.LAST_DTTM_UPDATE":
		return "each read gives all of the last days again"
	case "A.REQUESTOR_ID":
		return "no requestor is known"
	case "A.CURRENCY_CD":
		return "prices have no currency"
	case "B.VENDOR_ID", "B.VENDOR_SETID":
		return "lines are sent without their supplier"
	case "B.INV_ITEM_ID":
		return "every line is sent as No Catalog"
	case "C.SHIPTO_ID":
		return "no ship-to address is known"
	case "D.DISTRIB_LINE_NUM", "D.MERCHANDISE_AMT":
		return "accounting can't be split, and such requisitions are held"
	}
	return ""
}

func voucherLoss(column string) string {
	switch column {
	case "A.POST_STATUS_AP":
		return "that a voucher is posted, and so that it is paid, can't be told"
	case "A.APPR_STATUS":
		return "that the approval of a voucher was denied can't be told"
	case "A.MATCH_STATUS_VCHR":
		return "that a voucher has match exceptions can't be told"
	case "A.ENTERED_DT":
		return "when a voucher was entered can't be told"
	case "A.INVOICE_ID", "A.VENDOR_ID":
		return "whose invoice a voucher is can't be told"
	}
	return ""
}

func paymentLoss(column string) string {
	switch column {
	case "A.PYMNT_HOLD", "A.PYMNT_HOLD_REASON":
		return "that a payment is on hold can't be told"
	case "B.PYMNT_STATUS":
		return "what is paid can't be told, nor that a payment was voided"
	case "B.PYMNT_ID_REF", "B.PYMNT_METHOD", "B.PYMNT_DT":
		return "by what, how and when it was paid can't be told"
	}
	return ""
}

// isChartField says whether a name is one of the ChartFields, delivered or the site's own.
func (i *Instance) isChartField(name string) bool {
	for _, c := range columnsOf("A. " + chartFieldColumns) {
		if c.name == name {
			return true
		}
	}
	return i.synced(name)
}

// synced says whether a ChartField's values are kept in step: ACCOUNT, and those of the profile.
func (i *Instance) synced(name string) bool {
	return name == "ACCOUNT" || slices.ContainsFunc(i.profile.chartfields, func(cf chartfield) bool { return cf.field == name })
}
