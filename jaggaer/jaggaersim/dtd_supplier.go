package jaggaersim

import (
	"strings"
	"sync"
)

// supplierGrammar has the elements and the order of JAGGAER.md §5.4. What the contract names without its content is not looked
// into.
var supplierGrammar = sync.OnceValue(func() grammar {
	text := headerGrammar + `
SupplierSyncMessage version! : (Header,SupplierRequestMessage)
SupplierRequestMessage : (Supplier+)
Supplier requiresERP approvedForERPSync : ` + sequence(supplierChildren, "") + `
BusinessUnitVendorNumberList : (BusinessUnitVendorNumber*)
BusinessUnitVendorNumber businessUnitInternalName! : (#PCDATA)
SupportedCurrencyList : (IsoCurrencyCode*)
EnabledCurrencyList : (IsoCurrencyCode*)
AddressList : (Address*)
Address type : (ERPNumber?,OldERPNumber?,SQIntegrationNumber?,ThirdPartyRefNumber?,Name?,Active?,PrefPurchaseOrderDeliveryMethod?,AddressLine1?,AddressLine2?,AddressLine3?,City?,State?,PostalCode?,IsoCountryCode?,Phone?,TollFreePhone?,Fax?,Notes?,AssignedBusinessUnitsList?)
PrefPurchaseOrderDeliveryMethod type : SKIP
Phone : (TelephoneNumber)
MobilePhone : (TelephoneNumber)
TollFreePhone : (TelephoneNumber)
Fax : (TelephoneNumber)
TelephoneNumber : (CountryCode?,AreaCode?,Number?,Extension?)
AssignedBusinessUnitsList : SKIP
PrimaryAddressList : (AssociatedAddress*)
AssociatedAddress type : (AddressRef)
AddressRef : (ERPNumber?,SQIntegrationNumber?,ThirdPartyRefNumber?)
ContactList : (Contact*)
Contact type : ` + sequence("ERPNumber, OldERPNumber, SQIntegrationNumber, ThirdPartyRefNumber, Name, Active, FirstName, LastName, Title, Email, Phone, MobilePhone, TollFreePhone, Fax, Notes, AssociatedAddress", "") + `
LocationList : (Location*)
Location supportsOrderFulfillment : ` + sequence("ERPNumber, OldERPNumber, SQIntegrationNumber, ThirdPartyRefNumber, Name, Description, Active, LocationActive, Primary, PrefPurchaseOrderDeliveryMethod, LocationEffectiveDate, PaymentMethod, Shipping, Handling, TaxInfo, TermsAndCondition, OrderDistributionList, AssignedBusinessUnitsList, AssociatedAddressList, AssociatedContactList, CustomElementList", "") + `
CustomElementList : (CustomElement*)
CustomElement : SKIP
AccountsPayableList : (AccountsPayable*)
AccountsPayable type : ` + sequence("ERPNumber, OldERPNumber, SQIntegrationNumber, ThirdPartyRefNumber, Name, Active, AssociatedAddress, Email, IsoCurrencyCode, ContactName, Purpose, AccountId, AccountHolderName, AccountType, CountryCode, BankAccount, FlexFields", "AssociatedAddress") + `
BankAccount type : ` + sequence("BankName, AccountHoldersName, AccountNumberType, RoutingNumber, BankAccountNumber, IbanBankAccountNumber, DirectDepositFormat, BankIdentifierCode, InternationalRoutingCode, IsoCountryCode, AddressLine1, AddressLine2, AddressLine3, City, State, PostalCode", "") + `
FlexFields : (FlexField1?,FlexField2?,FlexField3?,FlexField4?,FlexField5?)
`
	for _, name := range strings.Fields(supplierOpaque) {
		text += name + " : SKIP\n"
	}
	for _, name := range strings.Fields(supplierTexts) {
		text += name + " : (#PCDATA)\n"
	}
	return parseGrammar(text)
})

// sequence makes a content model in which everything is optional, and one name may repeat.
func sequence(names, many string) string {
	var out []string
	for name := range strings.SplitSeq(names, ", ") {
		mark := "?"
		if name == many {
			mark = "*"
		}
		out = append(out, name+mark)
	}
	return "(" + strings.Join(out, ",") + ")"
}

const supplierChildren = "ERPNumber, OldERPNumber, SupplierSQId, SQIntegrationNumber, ThirdPartyRefNumber, JASupplierId, Name, DoingBusinessAs, OtherNames, CountryOfOrigin, ParentSupplier, Active, BusinessUnitVendorNumberList, WebSiteURL, DUNS, LegalStructure, TaxIdentificationType, TaxIdentificationNumber, VatIdentificationNumber, ExemptFromBackupWithholding, NumberOfEmployees, YearEstablished, AnnualSalesList, ServiceAreaList, RegistrationProfileType, RegistrationProfileStatus, SupplierTaxRepresentativeId, SupplierRegCourt, SupplierRegSeat, SupplierRegNumber, SupplierCapital, SupplierShareholders, VATExempt, CommodityCodeList, Brands, ShoppingCommodityCode, AustinTetra, SIC, NaicsCodes, SupportedCurrencyList, EnabledCurrencyList, SupplierKeywords, AddressList, PrimaryAddressList, ContactList, PrimaryContactList, ClassificationList, DiversityClassificationList, LocationList, RestrictFulfillmentLocationsByBusinessUnit, CustomElementList, AccountsPayableList, TaxInformationList, InsuranceInformationList, EnablePaymentProvisioning"

const supplierOpaque = `OtherNames ParentSupplier AnnualSalesList ServiceAreaList CommodityCodeList Brands ShoppingCommodityCode AustinTetra SIC NaicsCodes
	SupplierKeywords PrimaryContactList ClassificationList DiversityClassificationList TaxInformationList InsuranceInformationList SupplierShareholders
	PaymentMethod Shipping Handling TaxInfo TermsAndCondition OrderDistributionList AssociatedAddressList AssociatedContactList`

const supplierTexts = `ERPNumber OldERPNumber SupplierSQId SQIntegrationNumber ThirdPartyRefNumber JASupplierId Name DoingBusinessAs CountryOfOrigin Active
	WebSiteURL DUNS LegalStructure TaxIdentificationType TaxIdentificationNumber VatIdentificationNumber ExemptFromBackupWithholding NumberOfEmployees
	YearEstablished RegistrationProfileType RegistrationProfileStatus SupplierTaxRepresentativeId SupplierRegCourt SupplierRegSeat SupplierRegNumber
	SupplierCapital VATExempt IsoCurrencyCode AddressLine1 AddressLine2 AddressLine3 City State PostalCode IsoCountryCode Notes CountryCode AreaCode Number
	Extension FirstName LastName Title Email Description LocationActive Primary LocationEffectiveDate RestrictFulfillmentLocationsByBusinessUnit
	ContactName Purpose AccountId AccountHolderName AccountType BankName AccountHoldersName AccountNumberType RoutingNumber BankAccountNumber
	IbanBankAccountNumber DirectDepositFormat BankIdentifierCode InternationalRoutingCode FlexField1 FlexField2 FlexField3 FlexField4 FlexField5
	EnablePaymentProvisioning`
