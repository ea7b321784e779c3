package jaggaer

import (
	"strings"

	connector "ml-connector"
)

// What JAGGAER is known to answer (JAGGAER.md §4), in canonical names and as it stands in a Document: name is a text, name# a
// number, name@ a time, name? "true" or "false", name{…} a group, name[…] a list; {} and [] may hold anything.
const (
	contentAddress = "address{addressLineList{addressLine[lineNumber# addressLine]} city state postalCode country isoCountryCode addressCode}"
	contentCustom  = "customFieldValueSetList{customFieldValueSet[name label customFieldValueList{customFieldValue[value description]}]}"
	contentSplits  = "splits[type value# fields{}]"
	contentItem    = "item{catalogNumber description commodityCode productType unitOfMeasure{dimension alternateUnitOfMeasure[type dimension]}}"
	contentTerms   = "terms{discount{} days# type daysAfter# standardPaymentTermsCode}"
	contentKeys    = "erpNumber name active? "
	contentOwner   = "supplier{id name supplierNumber duns contactInfoList{contactInfo[type " + contentAddress + "]}} "

	supplierContent = "header{supplierId erpNumber oldERPNumber sqIntegrationNumber thirdPartyRefNumber jaSupplierId supplierSQId name doingBusinessAs active? registrationStatus duns " +
		"taxIdentificationType legalStructure countryOfOrigin webSiteURL businessUnitVendorNumberList{businessUnitVendorNumber[businessUnitInternalName value]} " +
		"enabledCurrencyList{isoCurrencyCode[]}} " +
		"addressList{address[type " + contentKeys + "addressLine1 addressLine2 addressLine3 city state postalCode isoCountryCode phone{countryCode areaCode number extension}]} " +
		"contactList{contact[type " + contentKeys + "firstName lastName title email associatedAddress{type erpNumber}]} locationList{location[" + contentKeys + "primary?]} " +
		"accountsPayableList{accountsPayable[type " + contentKeys + "isoCurrencyCode email associatedAddress{type erpNumber} bankAccount{lastFour hash}]} " +
		"taxInformationList{taxInformation[type taxDocumentName taxDocumentYear]} customElementList{customElement[customElementIdentifier customElementValueList{customElementValue[]}]}"

	requisitionContent = "header{requisitionId requisitionNumber requisitionName externalRequisitionNumber description status workflowStatus requestor{username} preparedBy{username} businessUnit " +
		"createDate@ total{currency value#} shipTo{" + contentAddress + " addressCode} billTo{" + contentAddress + " addressCode} " + contentCustom + " poNumberList{poNumber[]}} " +
		"lineList{requisitionLine[lineId lineNumber# " + contentOwner + contentItem + " quantity# unitPrice# extendedPrice# neededBy@ poNumber status " + contentSplits + "]}"

	orderContent = "header{purchaseOrderId poNumber revisionNumber# revisionDate@ createDateTime@ initialRevisionDateTime@ status workflowStatus poAPStatus supplierStatus requisitionId requisitionNumber " +
		"requestor{username} businessUnit priority accountingDate@ " + contentOwner + "billTo{" + contentAddress + " addressCode} shipTo{" + contentAddress + " addressCode} " + contentTerms +
		" freightOnBoard total{currency value#} " + contentCustom + "} " +
		"lineList{purchaseOrderLine[lineId lineNumber# lineStatus " + contentItem + " quantity# unitPrice# extendedPrice# neededBy@ taxable? taxCharge1# taxCharge2# shippingCharge# handlingCharge# " +
		"requisitionLineId requisitionLineNumber shipTo{" + contentAddress + " addressCode} " + contentCustom + " " + contentSplits + "]}"

	invoiceContent = "header{originalRequestMessageId invoiceId validationStatus paymentStatus invoiceName invoiceNumber originalInvoiceNumber invoiceType invoiceLineType invoiceSource invoiceDate@ " +
		"invoiceCreateDate@ dueDate@ accountingDate@ supplierInvoiceNumber invoicedBy{username businessUnit email} businessUnit currency " + contentOwner + "remitTo{internalId " + contentAddress + " addressCode} " +
		"billTo{" + contentAddress + " addressCode} shipTo{" + contentAddress + " addressCode} " + contentTerms + " payment{method paidByExternalPaymentProcessor?} freightOnBoard matchStatus workflowStatus nonPOInvoice? " +
		"containsNonPOLines? taxCharge1# taxCharge2# shippingCharge# handlingCharge# discountAmount# termDiscountAmount# earlyPaymentDiscount# withholdingTax1# allocationMethod " +
		"miscFeeList{miscFee[name fee#]} tax1HeaderChargeDetail{supplierTax# currentTax# engineTax#} total{currency value#} additionalInfo{} " + contentCustom + "} " +
		"lineList{invoiceLine[lineId lineNumber# " + contentItem + " businessUnit poNumber poLineNumber# poAPStatus receipts{receipt[]} quantity# unitPrice# capitalExpense? taxable? taxCharge1# taxCharge2# " +
		"shippingCharge# handlingCharge# discountAmount# earlyPaymentDiscount# matchStatus isSubstituteItem? toleranceStatus fulfillmentCenterName invoiceOwner{businessUnit email} poMatchStatus " +
		"poLineMatchStatus shipTo{" + contentAddress + " addressCode} additionalInfo{} " + contentCustom + " " + contentSplits + "]}"
)

// timeType is the form of a moment, which is never written.
const timeType connector.FieldType = "time"

// contents are what the Documents of each Kind hold when they are read. A customer's JAGGAER may answer more.
func contents() map[connector.Kind]connector.Schema {
	out := map[connector.Kind]connector.Schema{}
	for kind, text := range map[connector.Kind]string{
		connector.GLAccount: "fieldInternalName value description active?", connector.Supplier: supplierContent, connector.Requisition: requisitionContent,
		connector.PurchaseOrder: orderContent, connector.Invoice: invoiceContent,
	} {
		fields, _ := readFields(text)
		out[kind] = connector.Schema{Fields: fields, Open: kind != connector.GLAccount}
	}
	return out
}

// readFields reads fields until the bracket that closes their group, and gives what stands behind it.
func readFields(text string) (fields []connector.Field, rest string) {
	for {
		text = strings.TrimLeft(text, " ")
		if text == "" {
			return fields, ""
		}
		if text[0] == '}' || text[0] == ']' {
			return fields, text[1:]
		}
		end := strings.IndexAny(text, " #@?{}[]")
		if end < 0 {
			end = len(text)
		}
		f := connector.Field{Name: text[:end], Type: connector.TypeText}
		text = text[end:]
		if text != "" {
			switch text[0] {
			case '#':
				f.Type, text = connector.TypeNumber, text[1:]
			case '@':
				f.Type, text = timeType, text[1:]
			case '?':
				f.Type, text = connector.TypeBool, text[1:]
			case '{':
				f.Type = connector.TypeGroup
				f.Fields, text = readFields(text[1:])
			case '[':
				f.Type = connector.TypeList
				f.Fields, text = readFields(text[1:])
			}
		}
		fields = append(fields, f)
	}
}
