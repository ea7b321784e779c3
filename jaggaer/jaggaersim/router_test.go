package jaggaersim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const messageHeader = `<Header><MessageId>7c2b3a52</MessageId><Timestamp>2026-03-01T09:06:42.209-05:00</Timestamp>
    <Authentication><Identity>ACME30000999</Identity><SharedSecret>not-a-real-secret</SharedSecret></Authentication></Header>`

// requisitionXML is the sample of JAGGAER.md §5.3, shortened: a line of 350.50 in two splits and one of 500.00.
func requisitionXML() string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE PurchaseRequisitionMessage SYSTEM "https://usertest-messages.sciquest.com/app_docs/dtd/requisition/PRImport.dtd">
<PurchaseRequisitionMessage version="1.0">
  ` + messageHeader + `
  <PurchaseRequisition>
    <RequisitionHeader>
      <RequisitionName>US001-0000001234</RequisitionName>
      <Description>Lab supplies &amp; more</Description>
      <Requestor><UserProfile username="jdoe"/></Requestor>
      <ShipTo><Address>
        <TemplateName>Main Building</TemplateName><AddressCode>MB-100</AddressCode>
        <Contact label="Attn:" linenumber="1">Receiving</Contact>
        <AddressLine linenumber="1">12 Example Street</AddressLine>
        <City>Springfield</City><State>CA</State><PostalCode>90001</PostalCode>
        <Country isocountrycode="US">United States</Country>
      </Address></ShipTo>
      <InternalInfo><Note>PeopleSoft requisition</Note></InternalInfo>
      <CustomFieldValueSet name="External Req #"><CustomFieldValue><Value>US001-0000001234</Value></CustomFieldValue></CustomFieldValueSet>
    </RequisitionHeader>
    <RequisitionSupplierGroup>
      <RequisitionSupplierGroupInfo><Supplier><SupplierNumber>0000012345</SupplierNumber></Supplier></RequisitionSupplierGroupInfo>
      <RequisitionLine linenumber="1">
        <Item><CatalogNumber>AB-100</CatalogNumber><Description>Gloves</Description>
          <ProductUnitOfMeasure type="buyer"><Measurement><MeasurementAmount>1</MeasurementAmount><MeasurementUnit>BX</MeasurementUnit><MeasurementValue>BX</MeasurementValue></Measurement></ProductUnitOfMeasure>
          <CommodityCode>42132203</CommodityCode><ProductType>NonCatalogItem</ProductType></Item>
        <Quantity>10</Quantity>
        <LineCharges><UnitPrice><Money currency="USD">35.05</Money></UnitPrice></LineCharges>
        <CustomFieldValueSet name="Fund" distributiontype="AmountOfPrice">
          <CustomFieldValue distributionvalue="210.30" splitindex="0"><Value>14306</Value><Description>Education fund</Description></CustomFieldValue>
          <CustomFieldValue distributionvalue="140.20" splitindex="1"><Value>19900</Value></CustomFieldValue>
        </CustomFieldValueSet>
        <CustomFieldValueSet name="Account" distributiontype="AmountOfPrice">
          <CustomFieldValue distributionvalue="210.30" splitindex="0"><Value>610000</Value></CustomFieldValue>
          <CustomFieldValue distributionvalue="140.20" splitindex="1"><Value>610000</Value></CustomFieldValue>
        </CustomFieldValueSet>
      </RequisitionLine>
      <RequisitionLine linenumber="2">
        <Item><CatalogNumber>No Catalog</CatalogNumber><Description>On-site calibration</Description><CommodityCode>81141504</CommodityCode><ProductType>NonCatalogItem</ProductType></Item>
        <Quantity>1</Quantity>
        <LineCharges><UnitPrice><Money currency="USD">500.00</Money></UnitPrice></LineCharges>
        <CustomFieldValueSet name="Account" distributiontype="AmountOfPrice"><CustomFieldValue distributionvalue="500.00" splitindex="0"><Value>630000</Value></CustomFieldValue></CustomFieldValueSet>
      </RequisitionLine>
    </RequisitionSupplierGroup>
  </PurchaseRequisition>
</PurchaseRequisitionMessage>`
}

func TestRequisitionImport(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	r := b.post("PRXMLImport", requisitionXML())
	root := r.xml()
	ref := first(root, "RequisitionRef")
	if r.Code != 200 || r.status() != "200" || ref.attributes["requisitionId"] != "3466726" || first(root, "RequisitionCreationStatus").attributes["result"] != "success" {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	if code := first(root, "StatusCode").text; code == strings.TrimSpace(code) || !strings.Contains(code, "\t") {
		t.Errorf("texts are padded with line breaks and tabs, this one is %q", code)
	}
	if root.name != "PurchaseRequisitionMessage" || first(root, "MessageId").value() == "7c2b3a52" || !strings.Contains(r.Body.String(), "<!DOCTYPE PurchaseRequisitionMessage") {
		t.Errorf("the answer has the request's root, a DOCTYPE and a MessageId of its own: %s", r.Body)
	}

	d := b.get(api + "requisitions/3466726").json()
	for path, want := range map[string]string{
		"header.externalRequisitionNumber": "US001-0000001234", "header.requisitionNumber": "3466726", "header.status": "Pending", "header.workflowStatus": "Pending",
		"header.total.value": "850.5", "header.total.currency": "USD", "header.requestor.username": "jdoe", "header.description": "Lab supplies & more",
		"header.shipTo.address.addressCode": "MB-100",
	} {
		if got := text(d, path); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	line := items(d, "lineList.requisitionLine")[0]
	if text(line, "extendedPrice") != "350.5" || text(line, "supplier.id") != "1003800001" || text(line, "item.unitOfMeasure.dimension") != "BX" {
		t.Errorf("line %v", line)
	}
	set := splitSets(line)[0]
	shares := items(set, "splittableFieldIndexList.splittableFieldIndex")
	fund := items(shares[1], "customFieldValueList.customFieldValue")[0]
	if text(set, "distributionType") != "AmountOfPrice" || text(shares[1], "distributionValue") != "140.2" || text(fund, "internalName") != "Fund" || text(fund, "value") != "19900" {
		t.Errorf("splits %v", set)
	}
	if got := b.ids("requisitions", "externalRequisitionNumber==US001-0000001234"); len(got) != 1 {
		t.Errorf("found by its external number: %v", got)
	}

	b.post("PRXMLImport", requisitionXML())
	if got := b.Effects("requisition.create"); !slices.Equal(got, []string{"US001-0000001234", "US001-0000001234"}) || len(b.Requisitions()) != 2 {
		t.Errorf("nothing protects from a second one: %v", got)
	}
}

// TestATemplateThatIsKnownReplacesTheAddress; one that is not is a placeholder.
func TestATemplateThatIsKnownReplacesTheAddress(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{"Main Building": "Elsewhere", "NOT-NEEDED": "Springfield"} {
		b := small(t, Options{})
		b.ships["S9"] = shipTo{template: "Main Building", address: doc{"addressCode": "S9", "city": "Elsewhere"}, businessUnit: "US009"}
		b.post("PRXMLImport", strings.Replace(requisitionXML(), "Main Building", template, 1))
		d := b.get(api + "requisitions/3466726").json()
		if got := text(d, "header.shipTo.address.city"); got != want || text(d, "header.shipTo.template") != "" {
			t.Errorf("%s: %s", template, encode(at(d, "header.shipTo")))
		}
	}
}

func TestRequisitionRefusals(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		old, new string
		want     string
	}{
		"splits that do not sum":                {"210.30", "210.00", "Line 1: split amounts (350.20) do not equal the extended price (350.50)"},
		"an unknown supplier":                   {"0000012345", "0000099999", "Supplier 0000099999 does not exist"},
		"an unknown user":                       {"jdoe", "nobody", "User nobody does not exist"},
		"an unknown custom field on a line":     {`name="Fund"`, `name="Found"`, "No custom field found in the organization's document configuration (Found)"},
		"an unknown custom field in the header": {`name="External Req #"`, `name="Ext"`, "document configuration (Ext)"},
		"an account that has no such value":     {"630000", "999999", "Line 2: Value 999999 is not valid for custom field Account"},
		"sets that split differently":           {`distributionvalue="140.20" splitindex="1"><Value>610000`, `distributionvalue="140.10" splitindex="1"><Value>610000`, "custom field Account has other splits than Fund"},
		"a quantity of zero":                    {"<Quantity>10<", "<Quantity>0<", "Line 1: Quantity must be greater than zero"},
		"a price that is no number":             {">35.05<", ">free<", "Line 1: Unit price is not a number"},
		"an empty contact":                      {">Receiving<", "><", "Contact must not be empty"},
		"two currencies":                        {`currency="USD">500`, `currency="CAD">500`, "one currency"},
		"an unknown way to distribute":          {`name="Account" distributiontype="AmountOfPrice"><CustomFieldValue distributionvalue="500.00"`, `name="Account" distributiontype="Half"><CustomFieldValue distributionvalue="500.00"`, "unknown distribution type Half"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := small(t, Options{})
			changed := strings.ReplaceAll(requisitionXML(), row.old, row.new)
			if changed == requisitionXML() {
				t.Fatal("the row changes nothing")
			}
			r := b.post("PRXMLImport", changed)
			got := first(first(r.xml(), "RequisitionRef"), "ErrorMessage").value()
			if r.Code != 200 || r.status() != "500" || !strings.Contains(got, row.want) {
				t.Errorf("%d, %s: %s", r.Code, r.status(), got)
			}
			if len(b.Requisitions()) != 0 {
				t.Error("it was stored all the same")
			}
		})
	}
}

func TestRouterJudgesTheDocument(t *testing.T) {
	t.Parallel()
	const parse = "Error while parsing the input"
	for name, row := range map[string]struct {
		switches Switches
		path     string
		old, new string
		http     int
		code     string
		contains string
	}{
		"text that is no XML":                           {Switches{}, "PRXMLImport", "</PurchaseRequisitionMessage>", "", 200, "400", "Error processing XML"},
		"another message at this address":               {Switches{}, "TSMSupplierXMLImport", "", "", 200, "400", "does not belong to this address"},
		"no DOCTYPE":                                    {Switches{}, "PRXMLImport", "<!DOCTYPE", "<!NOTHING", 500, "500", "no grammar found"},
		"an unknown element":                            {Switches{}, "PRXMLImport", "<CommodityCode>42132203</CommodityCode>", "<foo/>", 500, "500", `XML Error : Element type "foo" must be declared. at line 26`},
		"elements in another order":                     {Switches{}, "PRXMLImport", "<Quantity>1</Quantity>", "", 500, "500", `The content of element type "RequisitionLine" must match "(Item,Quantity,`},
		"InternalInfo before ShipTo":                    {Switches{}, "PRXMLImport", "<Requestor>", "<InternalInfo><Note>x</Note></InternalInfo><Requestor>", 500, "500", `content of element type "RequisitionHeader"`},
		"an unknown attribute":                          {Switches{}, "PRXMLImport", `linenumber="2"`, `linenumber="2" size="1"`, 500, "500", `Attribute "size" must be declared`},
		"a missing attribute":                           {Switches{}, "PRXMLImport", `<RequisitionLine linenumber="2">`, `<RequisitionLine>`, 500, "500", `Attribute "linenumber" is required`},
		"isChanged is known everywhere":                 {Switches{}, "PRXMLImport", `linenumber="2"`, `linenumber="2" isChanged="T"`, 200, "200", "Success"},
		"a parse error may come with 200":               {Switches{ParseErrorStatus: 200}, "PRXMLImport", "<Quantity>1</Quantity>", "", 200, "500", parse},
		"a wrong identity":                              {Switches{}, "PRXMLImport", "ACME30000999", "SOMEONE", 200, "401", "Authentication failed"},
		"a wrong secret":                                {Switches{}, "PRXMLImport", "not-a-real-secret", "guess", 200, "401", "Authentication failed"},
		"the HTTP status may say the same as the body":  {Switches{MirrorStatus: true}, "PRXMLImport", "not-a-real-secret", "guess", 401, "401", "Authentication failed"},
		"white space around the credentials is ignored": {Switches{}, "PRXMLImport", "<Identity>ACME30000999</Identity>", "<Identity>\n\tACME30000999\n</Identity>", 200, "200", "Success"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := small(t, Options{Switches: row.switches})
			r := b.post(row.path, strings.Replace(requisitionXML(), row.old, row.new, 1))
			if r.Code != row.http || r.status() != row.code || !strings.Contains(r.Body.String(), escapeXML(row.contains)) {
				t.Errorf("%d %s", r.Code, r.Body)
			}
			if stored := len(b.Requisitions()) == 1; stored != (row.code == "200") {
				t.Errorf("stored: %v", stored)
			}
		})
	}
}

func TestRouterTransport(t *testing.T) {
	t.Parallel()
	b := small(t, Options{SharedSecrets: map[string]string{Requisition: "its-own"}})
	if r := b.send("GET", "/apps/Router/PRXMLImport", ""); r.Code != 405 {
		t.Errorf("a GET gets an answer, any: %d", r.Code)
	}
	if r := b.send("POST", "/apps/Router/Other", "x"); r.Code != 404 {
		t.Errorf("an unknown import is a page: %d", r.Code)
	}
	for kind, want := range map[string]int{"application/xml": 200, "text/plain": 200, "application/json": 415} {
		if r := b.send("POST", "/apps/Router/PRXMLImport", requisitionXML(), "Content-Type", kind); r.Code != want {
			t.Errorf("%s: %d", kind, r.Code)
		}
	}
	if r := b.post("PRXMLImport", requisitionXML()); r.status() != "401" {
		t.Errorf("requisitions have a secret of their own here: %s", r.status())
	}
	if r := b.post("PRXMLImport", strings.Replace(requisitionXML(), "not-a-real-secret", "its-own", 1)); r.status() != "200" {
		t.Errorf("with it they are taken: %s", r.Body)
	}
	if r := b.post("TSMSupplierXMLImport", supplierXML("<ERPNumber>1</ERPNumber><Name>One</Name>")); r.status() != "200" {
		t.Errorf("the others have the common one: %s", r.Body)
	}
}

func supplierXML(inner string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE SupplierSyncMessage SYSTEM "https://usertest-messages.sciquest.com/app_docs/dtd/supplier/TSMSupplier.dtd">
<SupplierSyncMessage version="1.0">` + messageHeader + `<SupplierRequestMessage><Supplier>` + inner + `</Supplier></SupplierRequestMessage></SupplierSyncMessage>`
}

const wholeSupplier = `<ERPNumber>0000077777</ERPNumber><Name>Harbor &amp; Sons</Name><DoingBusinessAs>Harbor</DoingBusinessAs><CountryOfOrigin>US</CountryOfOrigin><Active>Yes</Active>
<BusinessUnitVendorNumberList><BusinessUnitVendorNumber businessUnitInternalName="US001">0000077777</BusinessUnitVendorNumber></BusinessUnitVendorNumberList>
<EnabledCurrencyList><IsoCurrencyCode>USD</IsoCurrencyCode></EnabledCurrencyList>
<AddressList><Address type="remitto"><ERPNumber>0000077777-1</ERPNumber><Name>Remit</Name><Active>true</Active><AddressLine1>PO Box 1</AddressLine1><City>Springfield</City><State>CA</State><PostalCode>90001</PostalCode><IsoCountryCode>USA</IsoCountryCode>
<Phone><TelephoneNumber><CountryCode>1</CountryCode><AreaCode>555</AreaCode><Number>0100200</Number><Extension/></TelephoneNumber></Phone></Address></AddressList>
<PrimaryAddressList><AssociatedAddress type="remitto"><AddressRef><ERPNumber>0000077777-1</ERPNumber></AddressRef></AssociatedAddress></PrimaryAddressList>
<ContactList><Contact type="remitto"><ERPNumber>0000077777-C1</ERPNumber><Name>Accounts</Name><Active>true</Active><Email>ar@example.com</Email></Contact></ContactList>
<AccountsPayableList><AccountsPayable type="Check"><ERPNumber>0000077777-AP-MAIN</ERPNumber><Name>Check</Name><Active>true</Active>
<AssociatedAddress type="remitto"><AddressRef><ERPNumber>0000077777-1</ERPNumber></AddressRef></AssociatedAddress><IsoCurrencyCode>USD</IsoCurrencyCode></AccountsPayable></AccountsPayableList>`

func TestSupplierImport(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	r := b.post("TSMSupplierXMLImport", supplierXML(wholeSupplier))
	if r.Code != 200 || r.status() != "200" || first(r.xml(), "SupplierErrors").name != "" || first(r.xml(), "Errors").name != "" {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	if got := b.ids("suppliers", "erpNumber==0000077777"); !slices.Equal(got, []string{"1003800002"}) {
		t.Fatalf("found by its ERP number: %v", got)
	}
	d := b.get(api + "suppliers/1003800002").json()
	for path, want := range map[string]string{
		"header.name": "Harbor & Sons", "header.active": "true", "header.countryOfOrigin": "US", "header.registrationStatus": "Approved", "header.sqIntegrationNumber": "u1511507",
	} {
		if got := text(d, path); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	address := items(d, "addressList.address")[0]
	if text(address, "type") != "remitto" || text(address, "phone.areaCode") != "555" || text(address, "isoCountryCode") != "USA" {
		t.Errorf("address %v", address)
	}
	if ap := items(d, "accountsPayableList.accountsPayable")[0]; text(ap, "type") != "Check" || text(ap, "associatedAddress.erpNumber") != "0000077777-1" {
		t.Errorf("accounts payable %v", ap)
	}

	b.clock.pass(time.Minute)
	before := b.Suppliers()[1].Text("lastUpdate")
	b.post("TSMSupplierXMLImport", supplierXML(wholeSupplier))
	if b.Suppliers()[1].Text("lastUpdate") != before || len(b.Effects("supplier.update")) != 0 {
		t.Error("the same content again is no change")
	}
	b.post("TSMSupplierXMLImport", supplierXML(`<ERPNumber>0000077777</ERPNumber><Active>No</Active>`))
	changed := b.Suppliers()[1]
	if changed.Text("active") != "false" || changed.Text("name") != "Harbor & Sons" || len(items(changed.Body, "addressList.address")) != 1 || changed.Text("lastUpdate") == before {
		t.Errorf("what is left out stays, what is given changes: %v", changed.Body)
	}
}

func TestSupplierMatching(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	born := b.must(b.Add(Supplier, doc{
		"header":      doc{"sqIntegrationNumber": "u77", "name": "Born here", "active": "true"},
		"addressList": doc{"address": list(doc{"type": "remitto", "city": "Springfield"})},
	}))
	b.post("TSMSupplierXMLImport", supplierXML(`<ERPNumber>0000088888</ERPNumber><SQIntegrationNumber>u77</SQIntegrationNumber><Name>Born here</Name>
		<AddressList><Address type="remitto"><ERPNumber>0000088888-1</ERPNumber><City>Springfield</City></Address></AddressList>`))
	s := b.Suppliers()
	if len(s) != 2 || s[1].ID != born || s[1].Text("erpNumber") != "0000088888" || s[1].Text("sqIntegrationNumber") != "u77" {
		t.Fatalf("matched by the integration number, it takes the ERP number: %v", s)
	}
	if a := items(s[1].Body, "addressList.address"); len(a) != 1 || text(a[0], "erpNumber") != "0000088888-1" {
		t.Errorf("its remitto address takes the number too: %v", a)
	}
	b.post("TSMSupplierXMLImport", supplierXML(`<ERPNumber>0000012345</ERPNumber><SQIntegrationNumber>u77</SQIntegrationNumber><Name>Acme</Name>`))
	if s := b.Suppliers(); len(s) != 2 || s[0].Text("name") != "Acme" || s[1].Text("name") != "Born here" {
		t.Errorf("the ERP number matches first: %v", s)
	}
	b.post("TSMSupplierXMLImport", supplierXML(`<ERPNumber>N1</ERPNumber><OldERPNumber>0000012345</OldERPNumber>`))
	if s := b.Suppliers(); len(s) != 2 || s[0].Text("erpNumber") != "N1" {
		t.Errorf("the old number renames: %v", s)
	}
	b.post("TSMSupplierXMLImport", supplierXML(`<ERPNumber>N2</ERPNumber><SQIntegrationNumber>u999</SQIntegrationNumber><Name>New</Name>`))
	if got := b.Effects("supplier.create"); !slices.Equal(got, []string{"N2"}) {
		t.Errorf("who matches nobody is created: %v", got)
	}
}

func TestSupplierRefusals(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ inner, part, want string }{
		"a new one without a name":          {`<ERPNumber>9</ERPNumber>`, "SupplierErrors", "Name is required"},
		"a web site that is none":           {`<ERPNumber>9</ERPNumber><Name>N</Name><WebSiteURL>acme dot com</WebSiteURL>`, "SupplierErrors", "Web site URL is not valid"},
		"a country of three letters":        {`<ERPNumber>9</ERPNumber><Name>N</Name><CountryOfOrigin>USA</CountryOfOrigin>`, "SupplierErrors", "two-letter"},
		"a tax number with letters":         {`<ERPNumber>9</ERPNumber><Name>N</Name><TaxIdentificationNumber>ABC</TaxIdentificationNumber>`, "SupplierErrors", "Tax identification number is not valid"},
		"an address country of two letters": {`<ERPNumber>9</ERPNumber><Name>N</Name><AddressList><Address type="remitto"><ERPNumber>9-1</ERPNumber><IsoCountryCode>US</IsoCountryCode></Address></AddressList>`, "AddressErrors", "three-letter"},
		"an address number of another one":  {`<ERPNumber>9</ERPNumber><Name>N</Name><AddressList><Address type="remitto"><ERPNumber>0000077777-1</ERPNumber></Address></AddressList>`, "AddressErrors", "already used"},
		"payment to an address it has not":  {`<ERPNumber>9</ERPNumber><Name>N</Name><AccountsPayableList><AccountsPayable type="Check"><ERPNumber>9-AP</ERPNumber><AssociatedAddress type="remitto"><AddressRef><ERPNumber>x</ERPNumber></AddressRef></AssociatedAddress></AccountsPayable></AccountsPayableList>`, "AccountsPayableErrors", "does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := small(t, Options{})
			b.post("TSMSupplierXMLImport", supplierXML(wholeSupplier))
			r := b.post("TSMSupplierXMLImport", supplierXML(row.inner))
			part := first(r.xml(), row.part)
			if r.Code != 200 || r.status() != "406" || !strings.Contains(first(part, "ErrorMessage").value(), row.want) || len(b.Suppliers()) != 2 {
				t.Errorf("%d %s", r.Code, r.Body)
			}
		})
	}
}

func TestSupplierDTDOrder(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	for name, inner := range map[string]string{
		"Active before CountryOfOrigin":     `<Name>N</Name><Active>Yes</Active><CountryOfOrigin>US</CountryOfOrigin>`,
		"a currency list after the address": `<Name>N</Name><AddressList/><EnabledCurrencyList/>`,
		"an address with its city first":    `<Name>N</Name><AddressList><Address><City>S</City><AddressLine1>1</AddressLine1></Address></AddressList>`,
		"an address in an accounts payable": `<Name>N</Name><AccountsPayableList><AccountsPayable><IsoCurrencyCode>USD</IsoCurrencyCode><Email>e</Email></AccountsPayable></AccountsPayableList>`,
		"an element that nobody knows":      `<Name>N</Name><Colour>red</Colour>`,
		"text where elements belong":        `<Name>N</Name><AddressList>here</AddressList>`,
	} {
		if r := b.post("TSMSupplierXMLImport", supplierXML(inner)); r.Code != 500 || !strings.Contains(r.Body.String(), "XML Error : ") {
			t.Errorf("%s: %d %s", name, r.Code, r.Body)
		}
	}
	b.SetSwitches(Switches{SupplierCode: 202, SupplierIDs: true})
	if r := b.post("TSMSupplierXMLImport", supplierXML(`<ERPNumber>5</ERPNumber><Name>N</Name>`)); r.status() != "202" || first(r.xml(), "SupplierId").value() != "1003800002" {
		t.Errorf("by switch 202 and an id: %s", r.Body)
	}
}

func TestOrderImport(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	document := func(kind, quantity string) string {
		return fmt.Sprintf(`<?xml version="1.0"?><!DOCTYPE PurchaseOrderMessage SYSTEM "https://usertest-messages.sciquest.com/app_docs/dtd/po/PO.dtd">
<PurchaseOrderMessage version="2.0">%s<PurchaseOrder><POHeader%s><DistributeRevision>false</DistributeRevision><PONumber>P0000900</PONumber><Requestor><UserProfile username="JDOE"/></Requestor>
<Priority>Normal</Priority><Supplier><DUNS>123456789</DUNS><SupplierNumber>0000012345</SupplierNumber></Supplier><PaymentInfo><Terms><Net>30</Net></Terms></PaymentInfo></POHeader>
<POLine linenumber="1"><Item><Description>Gloves</Description><ProductType>Form</ProductType></Item><Quantity>%s</Quantity><LineCharges><UnitPrice><Money currency="USD">35.05</Money></UnitPrice></LineCharges>
<CustomFieldValueSet name="Fund" distributiontype="PercentOfPrice"><CustomFieldValue distributionvalue="60" splitindex="0"><Value>14306</Value></CustomFieldValue><CustomFieldValue distributionvalue="40" splitindex="1"><Value>19900</Value></CustomFieldValue></CustomFieldValueSet></POLine>
</PurchaseOrder></PurchaseOrderMessage>`, messageHeader, kind, quantity)
	}
	steps := []struct {
		name, kind, quantity, code, want string
	}{
		{"an update of an unknown order is refused", ` type="update"`, "1", "500", ""},
		{"a new order is made", "", "12", "200", "0 Completed 420.6"},
		{"a new one of the same number is refused", "", "12", "500", "0 Completed 420.6"},
		{"an update is the next revision", ` type="update"`, "10", "200", "1 Completed 350.5"},
		{"quantity 0 cancels the line", ` type="update"`, "0", "200", "2 Completed 0"},
		{"a cancel ends it", ` type="cancel"`, "0", "200", "2 Cancelled 0"},
	}
	for _, step := range steps {
		r := b.post("POXMLImport", document(step.kind, step.quantity))
		got := ""
		if o := b.Orders(); len(o) > 0 {
			got = o[0].Text("revisionNumber") + " " + o[0].Text("status") + " " + o[0].Text("total.value")
		}
		if r.status() != step.code || got != step.want {
			t.Errorf("%s: %s, order %q; %s", step.name, r.status(), got, r.Body)
		}
	}
}

func TestHouseForms(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	values := `<CustomFieldValueMessage version="1.0">` + messageHeader + `<CustomFieldValueRequest><CustomField internalName="Account">
<CustomFieldValue active="false"><Value>610000</Value><Description>Old supplies</Description></CustomFieldValue><CustomFieldValue active="true"><Value>640000</Value></CustomFieldValue></CustomField></CustomFieldValueRequest></CustomFieldValueMessage>`
	if r := b.post("TestCustomFieldValueImport", values); r.status() != "200" {
		t.Fatalf("%s", r.Body)
	}
	if !slices.Equal(b.Effects("cfv.create"), []string{"Account/640000"}) || !slices.Equal(b.Effects("cfv.update"), []string{"Account/610000"}) {
		t.Errorf("created %v, updated %v", b.Effects("cfv.create"), b.Effects("cfv.update"))
	}
	b.must(b.Add(Invoice, doc{"header": doc{"invoiceNumber": "I0100101", "workflowStatus": "Completed", "paymentStatus": "Payable"}}))
	payment := `<InvoicePaymentMessage version="1.0">` + messageHeader + `<InvoicePayment><InvoiceNumber>I0100101</InvoiceNumber><VoucherNumber>00045678</VoucherNumber><PaymentStatus>Paid</PaymentStatus>
<PaymentDate>2026-03-20</PaymentDate><Amount><Money currency="USD">443.80</Money></Amount></InvoicePayment></InvoicePaymentMessage>`
	if r := b.post("TestPaymentStatusImport", payment); r.status() != "200" || b.Invoices()[0].Text("paymentStatus") != "Paid" {
		t.Errorf("%s", r.Body)
	}
	if r := b.post("TestPaymentStatusImport", strings.Replace(payment, "I0100101", "I9", 1)); r.status() != "500" || !strings.Contains(r.Body.String(), "Invoice I9 not found") {
		t.Errorf("%s", r.Body)
	}
}
