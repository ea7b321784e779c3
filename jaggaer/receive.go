package jaggaer

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	connector "ml-connector"
)

const (
	receiving = "receive a document"
	mostNamed = 1000 // records that one document may name
	longest   = 100  // characters of a number, and of a message id that is sent back
	mostParts = 2_000_000
	mostRaw   = 100_000 // raw & in one document: each makes it longer
)

// pushed is what is read of a document that JAGGAER exports to us (JAGGAER.md §5.6). It names records; what else it says of
// them is not believed: they are read.
type pushed struct {
	root             string
	messageID        string
	identity, secret string
	numbers          []string
}

// exports are the documents that name records: by root, their Kind, the element that is one record, and where its number is.
func exports(root string) (kind connector.Kind, object string, numbers []string, known bool) {
	switch root {
	case "PurchaseOrderMessage":
		return connector.PurchaseOrder, "PurchaseOrder", []string{"PONumber"}, true
	case "BuyerInvoiceExportMessage":
		return connector.Invoice, "Invoice", []string{"InvoiceNumber", "SupplierInvoiceNo"}, true
	}
	return "", "", nil, false
}

// Receive says which records a pushed document names. Who sent it is told from Identity and SharedSecret alone, in a time that
// tells nothing of them; an answer to anybody else says no more than that. A DTD is never fetched, an entity never expanded.
func (i *Instance) Receive(push []byte) (connector.Query, error) {
	p, unread := readPushed(push, func(p pushed) bool { return !i.trusts(p) })
	if !i.trusts(p) {
		return connector.Query{}, connector.Errorf(connector.Credentials, receiving, "Identity or SharedSecret is not the one of this Connection").
			Advise("Have JAGGAER's export send the Identity of the setting identity and the SharedSecret of the secret shared_secret.")
	}
	kind, _, _, known := exports(p.root)
	switch {
	case unread != nil:
		return connector.Query{}, connector.Errorf(connector.Invalid, receiving, "the document can't be read: %s", unread).Advise("Nothing is lost: its records come by polling.")
	case !known:
		return connector.Query{}, connector.Errorf(connector.Invalid, receiving, "documents %s are not taken here", p.root).Advise("Have JAGGAER export PurchaseOrderMessage and BuyerInvoiceExportMessage.")
	case len(p.numbers) == 0:
		return connector.Query{}, connector.Errorf(connector.Invalid, receiving, "the document %s names no record", p.root).Advise("Nothing is lost: its records come by polling.")
	}
	q := connector.Query{Kind: kind}
	for _, n := range p.numbers {
		q.Keys = append(q.Keys, connector.Key{Number: n})
	}
	return q, nil
}

// trusts compares both without telling by its time where they differ. Without a secret of ours nobody is trusted.
func (i *Instance) trusts(p pushed) bool {
	secret := i.opts.secrets["shared_secret"]
	same := func(a, b string) int {
		x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
		return subtle.ConstantTimeCompare(x[:], y[:])
	}
	return same(p.identity, collapse(i.opts.identity))&same(p.secret, collapse(secret)) == 1 && secret != "" && i.opts.identity != ""
}

// Answer is the DocumentExportResponse to a pushed document.
func (i *Instance) Answer(push []byte, id string, err error) []byte {
	p, _ := readPushed(push, func(pushed) bool { return true })
	code, text := "200", "Success"
	failed := node{}
	if err != nil {
		code, text = "500", "Failed"
		say := "It could not be stored; please send it again."
		switch e := connector.AsError(err); e.Code {
		case connector.Credentials:
			code, say = "403", "Access denied."
		case connector.Invalid:
			code, say = "400", e.Message
		}
		failed = branchOf("Error", leaf("ErrorMessage", say)).with("type", "Error")
	}
	status := branchOf("Status", leaf("StatusCode", code), leaf("StatusText", text))
	root := branchOf("DocumentExportResponse",
		branchOf("Header", leaf("MessageId", id), leaf("RelatedMessageId", p.messageID), leaf("Timestamp", i.now().UTC().Format("2006-01-02T15:04:05.000Z07:00"))),
		branchOf("Response", status, failed)).with("version", "1.0")
	out, broken := document(root, strings.TrimRight(i.opts.profile.text("xml", "dtd_base"), "/")+"/documentExport/DocumentExport.dtd")
	if broken != nil {
		return []byte(xml.Header + "<DocumentExportResponse version=\"1.0\"/>") // no text of ours can do that
	}
	return out
}

// readPushed walks over a document once, to the end of its Header if that is enough. What it holds before the place where it can't
// be read any more is given as well, so that its sender is known.
func readPushed(push []byte, enough func(pushed) bool) (pushed, error) {
	d := xml.NewDecoder(bytes.NewReader(escapedAmpersands(bytes.TrimPrefix(push, []byte("\ufeff")))))
	d.CharsetReader = charset
	w := pushWalk{}
	for n := 0; ; n++ {
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && w.out.root == "":
			return w.out, errors.New("it is empty")
		case errors.Is(err, io.EOF):
			return w.out, nil
		case err != nil:
			return w.out, err
		case n > mostParts || len(w.path) > maxDepth:
			return w.out, errors.New("it is too deep or too long")
		}
		switch t := t.(type) {
		case xml.StartElement:
			w.open(t.Name.Local)
		case xml.CharData:
			w.text.Write(t)
		case xml.EndElement:
			header := len(w.path) == 2 && w.path[1] == "Header"
			if err := w.close(); err != nil || header && enough(w.out) {
				return w.out, err
			}
		}
	}
}

// pushWalk is a place in a pushed document.
type pushWalk struct {
	path  []string
	text  strings.Builder
	named []string // of the record that is open: what it has under each name of its number
	out   pushed
}

func (w *pushWalk) open(name string) {
	w.path = append(w.path, name)
	w.text.Reset()
	if len(w.path) == 1 && w.out.root == "" {
		w.out.root = name
	}
	if _, object, fields, known := exports(w.out.root); known && len(w.path) == 2 && name == object {
		w.named = make([]string, len(fields))
	}
}

// close takes what an element held that ends. A record's number is that of its header, never of one of its lines.
func (w *pushWalk) close() error {
	text := collapse(w.text.String())
	w.text.Reset()
	name, depth := w.path[len(w.path)-1], len(w.path)
	path := strings.Join(w.path[1:], "/")
	w.path = w.path[:depth-1]
	first := func(into *string) {
		if *into == "" {
			*into = text
		}
	}
	switch path {
	case "Header/MessageId":
		if len(text) <= longest {
			first(&w.out.messageID)
		}
		return nil
	case "Header/Authentication/Identity":
		first(&w.out.identity)
		return nil
	case "Header/Authentication/SharedSecret":
		first(&w.out.secret)
		return nil
	}
	_, object, fields, known := exports(w.out.root)
	switch {
	case !known || depth < 2 || w.named == nil:
	case depth == 2 && name == object:
		number := ""
		for _, n := range w.named {
			if number == "" {
				number = n
			}
		}
		w.named = nil
		return w.name(number)
	case depth == 3 || depth == 4 && strings.HasSuffix(w.path[2], "Header"):
		if at := slices.Index(fields, name); at >= 0 {
			first(&w.named[at])
		}
	}
	return nil
}

func (w *pushWalk) name(number string) error {
	switch {
	case number == "":
		return errors.New("a record in it has no number")
	case len(number) > longest:
		return errors.New("a number in it is too long")
	case len(w.out.numbers) == mostNamed:
		return errors.New("it names too many records")
	case !slices.Contains(w.out.numbers, number):
		w.out.numbers = append(w.out.numbers, number)
	}
	return nil
}

// escapedAmpersands makes each & that begins no reference to a character an escaped one: live exports hold raw ones (JAGGAER.md §9,
// trap 24), and an entity that a document declares itself stays text. With more of them than anybody writes it is left malformed. What stands in CDATA and comments stays as it is.
func escapedAmpersands(b []byte) []byte {
	if bytes.IndexByte(b, '&') < 0 {
		return b
	}
	out := make([]byte, 0, len(b)+64)
	for raw := 0; len(b) > 0; {
		at := bytes.IndexAny(b, "&<")
		if at < 0 {
			break
		}
		out, b = append(out, b[:at]...), b[at:]
		n := 1
		switch {
		case b[0] == '&' && raw < mostRaw && !reference(b):
			raw++
			out, b = append(out, "&amp;"...), b[1:]
			continue
		case bytes.HasPrefix(b, []byte("<![CDATA[")):
			n = through(b, "]]>")
		case bytes.HasPrefix(b, []byte("<!--")):
			n = through(b, "-->")
		}
		out, b = append(out, b[:n]...), b[n:]
	}
	return append(out, b...)
}

func through(b []byte, end string) int {
	at := bytes.Index(b, []byte(end))
	if at < 0 {
		return len(b)
	}
	return at + len(end)
}

// reference says that a text begins with one of the references that every XML document may hold.
func reference(b []byte) bool {
	end := bytes.IndexByte(b[:min(len(b), 12)], ';')
	if end < 2 {
		return false
	}
	name := string(b[1:end])
	if digits, ok := strings.CutPrefix(name, "#"); ok {
		set := "0123456789"
		if hex, ok := strings.CutPrefix(digits, "x"); ok {
			digits, set = hex, "0123456789abcdefABCDEF"
		}
		return digits != "" && strings.Trim(digits, set) == ""
	}
	return slices.Contains([]string{"amp", "lt", "gt", "quot", "apos"}, name)
}
