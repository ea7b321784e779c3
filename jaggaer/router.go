package jaggaer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	connector "ml-connector"
)

// importer is one import of the XML router (JAGGAER.md §5.2).
type importer struct {
	name   string // in the profile's xml.paths and xml.dtds, and in operations and hints: "supplier"
	root   string
	secret string // of its own, used before shared_secret
}

var (
	supplierImport    = importer{name: "supplier", root: "SupplierSyncMessage", secret: "shared_secret_supplier"}
	valueImport       = importer{name: "cfv"}
	requisitionImport = importer{name: "requisition", root: "PurchaseRequisitionMessage", secret: "shared_secret_requisition"}
)

func (m importer) op() string { return "import " + m.name }

// routerReady says what the XML surface lacks, nil when nothing.
func (i *Instance) routerReady(m importer) *connector.Error {
	missing := ""
	switch {
	case i.opts.xmlURL == "":
		missing = "the setting xml_url"
	case i.opts.identity == "":
		missing = "the setting identity"
	case i.sharedSecret(m) == "":
		missing = "the secret shared_secret"
	case i.opts.profile.text("xml", "paths", m.name) == "":
		missing = "the profile key xml.paths." + m.name
	default:
		return nil
	}
	return connector.Errorf(connector.Misconfigured, m.op(), "%ss go through the XML router, and %s is missing", m.name, missing).
		Advise("Give %s to this Connection; JAGGAER tells what it is.", missing)
}

func (i *Instance) sharedSecret(m importer) string {
	if own := i.opts.secrets[m.secret]; own != "" {
		return own
	}
	return i.opts.secrets["shared_secret"]
}

func (i *Instance) routerAddress(m importer) string {
	p := i.opts.profile
	return i.opts.xmlURL + "/" + strings.Trim(p.text("xml", "path_prefix"), "/") + "/" + strings.Trim(p.text("xml", "paths", m.name), "/")
}

// post sends one document with one object and judges the answer. body is what stands in the root behind the header.
func (i *Instance) post(ctx context.Context, m importer, w connector.Write, body node) (verdict, error) {
	if fault := i.routerReady(m); fault != nil {
		return verdict{}, fault
	}
	p, values := i.opts.profile, i.headerValues(ctx, m, w)
	header := branchOf("Header", leaf("MessageId", values["message_id"]), leaf("Timestamp", values["timestamp"]),
		branchOf("Authentication", leaf("Identity", values["identity"]), leaf("SharedSecret", values["shared_secret"])))
	dtd := strings.TrimRight(p.text("xml", "dtd_base"), "/") + "/" + p.text("xml", "dtds", m.name)
	text, err := document(branchOf(m.root, header, body).with("version", "1.0"), dtd)
	if err != nil {
		return verdict{}, connector.Errorf(connector.Internal, m.op(), "the document can't be written").Because(err)
	}
	return i.postText(ctx, m, text)
}

// headerValues are what every document has in its header.
func (i *Instance) headerValues(ctx context.Context, m importer, w connector.Write) map[string]string {
	return map[string]string{
		"message_id": i.messageID(ctx, w), "timestamp": i.now().UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		"identity": i.opts.identity, "shared_secret": i.sharedSecret(m),
	}
}

// postText sends a document and judges the answer.
func (i *Instance) postText(ctx context.Context, m importer, text []byte) (verdict, error) {
	if err := i.pass(ctx, call{op: m.op(), write: true}); err != nil {
		return verdict{}, err
	}
	release, err := i.slot(ctx, m.op(), i.xml)
	if err != nil {
		return verdict{}, err
	}
	defer release()
	resp, err := i.caller.Call(ctx, connector.Request{
		Op: m.op(), Method: http.MethodPost, URL: i.routerAddress(m), Body: text, Write: true, Timeout: i.timeout(xmlTimeout),
		Header: map[string]string{"Content-Type": i.opts.profile.text("xml", "content_type"), "Accept": "application/xml"},
	})
	if err != nil {
		return verdict{}, i.unreachable(m.op(), err)
	}
	if resp.Status == http.StatusTooManyRequests {
		fault := i.slowDown(m.op(), resp)
		fault.Exchange = resp.Exchange
		return verdict{}, fault
	}
	v, fault := i.judge(m, resp)
	if fault != nil {
		fault.Op, fault.Exchange = m.op(), resp.Exchange
		return v, fault
	}
	return v, nil
}

// messageID is the same for every attempt of one Delivery with the same content (JAGGAER.md §5.2), and another one for
// everything else.
func (i *Instance) messageID(ctx context.Context, w connector.Write) string {
	of := fmt.Sprintf("delivery %d", connector.TraceOf(ctx).Delivery)
	if connector.TraceOf(ctx).Delivery == 0 {
		of = fmt.Sprintf("%s %d", i.now(), i.documents.Add(1))
	}
	sum := sha256.Sum256([]byte(i.connection + "\n" + string(w.Kind) + "\n" + of + "\n" + w.Document.Fingerprint()))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // UUID version 8: made from content
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
