package jaggaer

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	connector "ml-connector"
)

const ownHeader = `<Header><MessageId>
	abc-1
	</MessageId><Timestamp>2026-03-02T12:00:00Z</Timestamp><Authentication><Identity> ACME30000999 </Identity><SharedSecret>&lt;shared&gt; &amp; secret</SharedSecret></Authentication></Header>`

func invoiceExport(header, body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE BuyerInvoiceExportMessage SYSTEM "https://unreachable.invalid/x.dtd"><BuyerInvoiceExportMessage version="1.0">` + header + body + `</BuyerInvoiceExportMessage>`
}

func orderExport(header, body string) string {
	return `<PurchaseOrderMessage version="2.0">` + header + body + `</PurchaseOrderMessage>`
}

const oneInvoice = `<Invoice><InvoiceHeader status="Payable"><InvoiceNumber> I0100101 </InvoiceNumber><SupplierInvoiceNo>INV-1</SupplierInvoiceNo><Supplier><Name>A</Name></Supplier></InvoiceHeader><InvoiceLine><PONumber>P1</PONumber><InvoiceNumber>of a line</InvoiceNumber></InvoiceLine></Invoice>`

func TestWhatAPushNames(t *testing.T) {
	t.Parallel()
	with := func(from, to string) string {
		if !strings.Contains(ownHeader, from) {
			t.Fatalf("the header has no %q", from)
		}
		return strings.Replace(ownHeader, from, to, 1)
	}
	for name, row := range map[string]struct {
		push string
		code connector.Code // "" = taken
		want string
	}{
		"an invoice by its number":                        {invoiceExport(ownHeader, oneInvoice), "", "invoice I0100101"},
		"an invoice without one by the supplier's":        {invoiceExport(ownHeader, `<Invoice><InvoiceHeader><SupplierInvoiceNo>INV-1</SupplierInvoiceNo></InvoiceHeader></Invoice>`), "", "invoice INV-1"},
		"an invoice whose fields stand beside its header": {invoiceExport(ownHeader, `<Invoice><InvoiceHeader status="Paid"/><InvoiceNumber>I7</InvoiceNumber></Invoice>`), "", "invoice I7"},
		"a cancelled one, without lines":                  {invoiceExport(ownHeader, `<Invoice><InvoiceHeader status="Cancelled"><InvoiceNumber>I7</InvoiceNumber></InvoiceHeader></Invoice>`), "", "invoice I7"},
		"several, each once":                              {orderExport(ownHeader, `<PurchaseOrder><POHeader><PONumber>P2</PONumber></POHeader></PurchaseOrder><PurchaseOrder><POHeader type="update"><PONumber>P1</PONumber></POHeader></PurchaseOrder><PurchaseOrder><POHeader><PONumber>P2</PONumber></POHeader></PurchaseOrder>`), "", "purchase_order P2 P1"},
		"a number with leading zeros":                     {orderExport(ownHeader, `<PurchaseOrder><POHeader><PONumber>0000000049</PONumber></POHeader></PurchaseOrder>`), "", "purchase_order 0000000049"},
		"a raw & in a text":                               {invoiceExport(ownHeader, `<Invoice><InvoiceHeader><Supplier><Name>Tools & Sons &co; &#x26; AT&T</Name></Supplier><InvoiceNumber>I7&8</InvoiceNumber></InvoiceHeader></Invoice>`), "", "invoice I7&8"},
		"raw & in the secret":                             {invoiceExport(with("&amp; secret", "& secret"), oneInvoice), "", "invoice I0100101"},
		"a secret in CDATA":                               {invoiceExport(with("&lt;shared&gt; &amp; secret", "<![CDATA[<shared> & secret]]>"), oneInvoice), "", "invoice I0100101"},
		"a comment with & and tags in it":                 {invoiceExport(ownHeader, `<!-- & <b> -->`+oneInvoice), "", "invoice I0100101"},
		"a byte order mark before it":                     {"\ufeff" + invoiceExport(ownHeader, oneInvoice), "", "invoice I0100101"},
		"something before the header":                     {orderExport("<Note><Text>x</Text></Note>"+ownHeader, `<PurchaseOrder><POHeader><PONumber>P1</PONumber></POHeader></PurchaseOrder>`), "", "purchase_order P1"},
		"prefixed elements":                               {`<e:PurchaseOrderMessage xmlns:e="u">` + ownHeader + `<e:PurchaseOrder><e:POHeader><e:PONumber>P1</e:PONumber></e:POHeader></e:PurchaseOrder></e:PurchaseOrderMessage>`, "", "purchase_order P1"},
		"Latin-1":                                         {`<?xml version="1.0" encoding="ISO-8859-1"?>` + orderExport(ownHeader, "<PurchaseOrder><POHeader><Note>\xe4</Note><PONumber>P1</PONumber></POHeader></PurchaseOrder>"), "", "purchase_order P1"},
		"a wrong secret":                                  {invoiceExport(with("secret</", "secre</"), oneInvoice), connector.Credentials, ""},
		"a secret in other case":                          {invoiceExport(with("secret</", "SECRET</"), oneInvoice), connector.Credentials, ""},
		"a secret with something behind it":               {invoiceExport(with("secret</", "secret2</"), oneInvoice), connector.Credentials, ""},
		"no secret":                                       {invoiceExport(with("<SharedSecret>&lt;shared&gt; &amp; secret</SharedSecret>", ""), oneInvoice), connector.Credentials, ""},
		"a wrong identity":                                {invoiceExport(with("ACME30000999", "ACME30000998"), oneInvoice), connector.Credentials, ""},
		"no header":                                       {invoiceExport("", oneInvoice), connector.Credentials, ""},
		"a header at another place":                       {invoiceExport("<X>"+ownHeader+"</X>", oneInvoice), connector.Credentials, ""},
		"a second header behind a wrong one":              {invoiceExport(with("secret</", "no</")+ownHeader, oneInvoice), connector.Credentials, ""},
		"an entity for the secret":                        {`<!DOCTYPE a [<!ENTITY s "&lt;shared&gt; &amp; secret">]>` + orderExport(with("&lt;shared&gt; &amp; secret", "&s;"), oneInvoice), connector.Credentials, ""},
		"nothing":                                         {"", connector.Credentials, ""},
		"JSON":                                            {`{"a":1}`, connector.Credentials, ""},
		"cut before the secret":                           {invoiceExport(ownHeader, oneInvoice)[:300], connector.Credentials, ""},
		"cut behind the header":                           {strings.TrimSuffix(invoiceExport(ownHeader, oneInvoice), "</BuyerInvoiceExportMessage>"), connector.Invalid, "can't be read"},
		"another document":                                {`<SupplierSyncMessage>` + ownHeader + `</SupplierSyncMessage>`, connector.Invalid, "SupplierSyncMessage"},
		"no record":                                       {invoiceExport(ownHeader, ``), connector.Invalid, "no record"},
		"a record without number":                         {invoiceExport(ownHeader, `<Invoice><InvoiceHeader/><InvoiceLine><InvoiceNumber>1</InvoiceNumber></InvoiceLine></Invoice>`), connector.Invalid, "no number"},
		"a number that is too long":                       {orderExport(ownHeader, `<PurchaseOrder><POHeader><PONumber>`+strings.Repeat("1", 101)+`</PONumber></POHeader></PurchaseOrder>`), connector.Invalid, "too long"},
		"too many levels":                                 {orderExport(ownHeader, strings.Repeat("<a>", 200)+strings.Repeat("</a>", 200)), connector.Invalid, "too deep"},
		"too many records":                                {orderExport(ownHeader, manyOrders(1001)), connector.Invalid, "too many"},
		"an order of another document's kind":             {invoiceExport(ownHeader, `<PurchaseOrder><POHeader><PONumber>P1</PONumber></POHeader></PurchaseOrder>`), connector.Invalid, "no record"},
		"an order within something else":                  {orderExport(ownHeader, `<X><PurchaseOrder><POHeader><PONumber>P1</PONumber></POHeader></PurchaseOrder></X>`), connector.Invalid, "no record"},
		"an entity that grows, in what is taken":          {`<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>` + orderExport(ownHeader, `<PurchaseOrder><POHeader><PONumber>&b;</PONumber></POHeader></PurchaseOrder>`), "", "purchase_order &b;"},
		"an entity that names a file, which stays what it is said": {`<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>` + orderExport(ownHeader, `<PurchaseOrder><POHeader><PONumber>&f;</PONumber></POHeader></PurchaseOrder>`), "", "purchase_order &f;"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := open(t, always(500, ""))
			q, err := i.Receive([]byte(row.push))
			if row.code != "" {
				mustFail(t, err, row.code, row.want)
				return
			}
			got := string(q.Kind)
			for _, k := range q.Keys {
				got += " " + k.Number
			}
			if err != nil || got != row.want {
				t.Errorf("it names %q (%v), expected %q", got, err, row.want)
			}
		})
	}
}

func manyOrders(n int) string {
	var b strings.Builder
	for k := range n {
		fmt.Fprintf(&b, "<PurchaseOrder><POHeader><PONumber>P%d</PONumber></POHeader></PurchaseOrder>", k)
	}
	return b.String()
}

func TestWithoutASecretOfOursNobodyPushes(t *testing.T) {
	t.Parallel()
	for name, without := range map[string]func(*Instance){
		"no secret":   func(i *Instance) { i.opts.secrets = map[string]string{"client_secret": "x"} },
		"no identity": func(i *Instance) { i.opts.identity = "" },
	} {
		i := open(t, always(500, ""))
		without(i.Instance)
		for _, header := range []string{"", "<Header><Authentication><Identity>ACME30000999</Identity><SharedSecret></SharedSecret></Authentication></Header>", "<Header><Authentication><Identity/><SharedSecret/></Authentication></Header>", ownHeader} {
			if _, err := i.Receive([]byte(invoiceExport(header, oneInvoice))); connector.CodeOf(err) != connector.Credentials {
				t.Errorf("%s, header %q: %v", name, header, err)
			}
		}
	}
}

func TestWhatASenderIsTold(t *testing.T) {
	t.Parallel()
	i := open(t, always(500, ""))
	answer := func(related, status, failure string) string {
		return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE DocumentExportResponse SYSTEM "https://usertest-messages.sciquest.com/app_docs/dtd/documentExport/DocumentExport.dtd">
<DocumentExportResponse version="1.0"><Header><MessageId>1042</MessageId>` + related + `<Timestamp>2026-03-02T12:00:00.000Z</Timestamp></Header><Response><Status>` + status + `</Status>` + failure + `</Response></DocumentExportResponse>`
	}
	const ours = "<RelatedMessageId>abc-1</RelatedMessageId>"
	for name, row := range map[string]struct {
		push string
		err  error
		want string
	}{
		"it is stored": {invoiceExport(ownHeader, oneInvoice), nil, answer(ours, "<StatusCode>200</StatusCode><StatusText>Success</StatusText>", "")},
		"it is not who it should be": {invoiceExport(ownHeader, oneInvoice), connector.Errorf(connector.Credentials, "x", "the secret is not S"),
			answer(ours, "<StatusCode>403</StatusCode><StatusText>Failed</StatusText>", `<Error type="Error"><ErrorMessage>Access denied.</ErrorMessage></Error>`)},
		"it can't be read": {"<a", connector.Errorf(connector.Invalid, "x", "no <root>"),
			answer("", "<StatusCode>400</StatusCode><StatusText>Failed</StatusText>", `<Error type="Error"><ErrorMessage>no &lt;root&gt;</ErrorMessage></Error>`)},
		"it could not be stored": {invoiceExport(ownHeader, oneInvoice), connector.Errorf(connector.Unavailable, "x", "disk /var/lib/db is full"),
			answer(ours, "<StatusCode>500</StatusCode><StatusText>Failed</StatusText>", `<Error type="Error"><ErrorMessage>It could not be stored; please send it again.</ErrorMessage></Error>`)},
		"its message id is no id": {invoiceExport("<Header><MessageId>"+strings.Repeat("x", 101)+"</MessageId></Header>", ""), nil, answer("", "<StatusCode>200</StatusCode><StatusText>Success</StatusText>", "")},
	} {
		if got := string(i.Answer([]byte(row.push), "1042", row.err)); got != row.want {
			t.Errorf("%s:\n%s\nexpected\n%s", name, got, row.want)
		}
	}
}

// FuzzPushes: whatever comes, nothing but the right secret in its place is believed, and what is taken names records that can be
// looked for.
func FuzzPushes(f *testing.F) {
	i := fuzzed(f)
	header := `<Header><MessageId>1</MessageId><Authentication><Identity>ACME1</Identity><SharedSecret>y</SharedSecret></Authentication></Header>`
	for _, s := range []string{invoiceExport(header, oneInvoice), orderExport(header, "<PurchaseOrder><PONumber>&</PONumber></PurchaseOrder>"), orderExport(header, "&#0;"), "<a>&lt", "<!-- ", "<![CDATA[&", header, "<a/><b/>", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, push []byte) {
		q, err := i.Receive(push)
		e := connector.AsError(err)
		switch {
		case e != nil && (e.Code != connector.Credentials && e.Code != connector.Invalid || e.Hint == "" || e.Message == ""):
			t.Fatalf("%+v", e)
		case e == nil && (len(q.Keys) == 0 || q.Kind != connector.Invoice && q.Kind != connector.PurchaseOrder):
			t.Fatalf("taken, and names %+v", q)
		case e == nil && !strings.Contains(string(push), "y"):
			t.Fatalf("taken without the secret: %q", push)
		}
		for _, k := range q.Keys {
			if k.Number == "" || len(k.Number) > longest || k.Number != collapse(k.Number) {
				t.Fatalf("number %q", k.Number)
			}
		}
		var any struct {
			XMLName xml.Name
			Code    string `xml:"Response>Status>StatusCode"`
		}
		if bad := xml.Unmarshal(i.Answer(push, "1", err), &any); bad != nil || any.XMLName.Local != "DocumentExportResponse" || any.Code == "" {
			t.Fatalf("the answer is %+v (%v)", any, bad)
		}
	})
}

// TestADocumentOfAmpersandsIsNotMadeLonger: raw ones are taken, but not so many that they cost memory and time.
func TestADocumentOfAmpersandsIsNotMadeLonger(t *testing.T) {
	t.Parallel()
	for n, whole := range map[int]bool{3: true, mostRaw: true, mostRaw + 1: false, 8 << 20: false} {
		text := []byte("<a>" + strings.Repeat("&", n) + "</a>")
		got := escapedAmpersands(text)
		if len(got) > len(text)+4*mostRaw {
			t.Errorf("%d bytes became %d", len(text), len(got))
		}
		if _, err := readPushed(text, func(pushed) bool { return false }); (err == nil) != whole {
			t.Errorf("%d raw &: %v", n, err)
		}
	}
}
