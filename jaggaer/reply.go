package jaggaer

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// reply is an answer of the XML router, as far as anything in it matters (JAGGAER.md §5.2 to §5.4). The DOCTYPE is passed
// over; nothing is fetched.
type reply struct {
	messageID string // JAGGAER's own
	code      string // first StatusCode
	text      string // first StatusText
	errors    []complaint
	warnings  []complaint
	refs      []requisitionRef
	objects   bool   // SupplierErrors are there
	supplier  string // SupplierId, where an answer names the supplier
}

// complaint is one ErrorMessage, with the part of the object that it is about.
type complaint struct {
	part string // "address 0000012345-1", "" = the object itself or the document
	text string
	of   bool // it is about an object, not about the document
}

type requisitionRef struct {
	id, name, number string
	result           string
	failed           bool // it holds an Error that is no warning
}

const (
	maxDepth    = 100
	maxElements = 100_000
)

var errNoStatus = errors.New("it has no StatusCode")

// readReply walks over the answer once. Unknown elements are passed over; text is trimmed, and its white space collapsed.
func readReply(body []byte) (reply, error) {
	w := replyWalk{d: xml.NewDecoder(bytes.NewReader(body))}
	w.d.CharsetReader = charset
	for n := 0; ; n++ {
		t, err := w.d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return w.out, err
		}
		if n > maxElements || len(w.path) > maxDepth {
			return w.out, errors.New("it is too deep or too long")
		}
		switch t := t.(type) {
		case xml.StartElement:
			w.open(t)
		case xml.CharData:
			w.text.Write(t)
		case xml.EndElement:
			w.close(t.Name.Local)
		}
	}
	if w.out.code == "" {
		return w.out, errNoStatus
	}
	return w.out, nil
}

// charset reads the few character sets in which JAGGAER may write.
func charset(name string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(name) {
	case "utf-8", "us-ascii", "ascii":
		return input, nil
	case "iso-8859-1", "latin1", "windows-1252":
		raw, err := io.ReadAll(input)
		return strings.NewReader(latin1(raw)), err
	}
	return nil, errors.New("unknown character set " + name)
}

func latin1(raw []byte) string {
	var b strings.Builder
	for _, c := range raw {
		b.WriteRune(rune(c))
	}
	return b.String()
}

type replyWalk struct {
	d    *xml.Decoder
	path []string
	text strings.Builder
	kind string // type of the ErrorMessage or Error that is open
	part string // number of the part that complaints are about
	out  reply
}

func (w *replyWalk) inside(name string) bool {
	for _, p := range w.path {
		if p == name {
			return true
		}
	}
	return false
}

func (w *replyWalk) open(t xml.StartElement) {
	name := t.Name.Local
	w.path = append(w.path, name)
	w.text.Reset()
	attr := func(name string) string {
		for _, a := range t.Attr {
			if a.Name.Local == name {
				return collapse(a.Value)
			}
		}
		return ""
	}
	switch name {
	case "RequisitionRef":
		w.out.refs = append(w.out.refs, requisitionRef{id: attr("requisitionId"), name: attr("requisitionName"), number: attr("requisitionNumber")})
	case "RequisitionCreationStatus":
		if n := len(w.out.refs); n > 0 {
			w.out.refs[n-1].result = strings.ToLower(attr("result"))
		}
	case "SupplierErrors":
		w.out.objects = true
	case "Error", "ErrorMessage":
		if kind := attr("type"); kind != "" || name == "Error" {
			w.kind = kind
		}
	case "AddressErrors", "ContactErrors", "LocationErrors", "AccountsPayableErrors", "CustomElementErrors":
		w.part = ""
	}
}

func (w *replyWalk) close(name string) {
	text := collapse(w.text.String())
	w.text.Reset()
	switch name {
	case "MessageId":
		if w.out.messageID == "" {
			w.out.messageID = text
		}
	case "StatusCode":
		if w.out.code == "" {
			w.out.code = text
		}
	case "StatusText":
		if w.out.text == "" {
			w.out.text = text
		}
	case "SupplierId":
		w.out.supplier = text
	case "ERPNumber", "CustomElementIdentifier":
		if strings.HasSuffix(w.partName(), "Errors") {
			w.part = text
		}
	case "ErrorMessage":
		w.complain(text)
		if !w.inside("Error") {
			w.kind = ""
		}
	case "Error":
		if text != "" {
			w.complain(text)
		}
		w.kind = ""
	}
	if len(w.path) > 0 {
		w.path = w.path[:len(w.path)-1]
	}
}

// partName is the innermost element that groups complaints about a part of a supplier.
func (w *replyWalk) partName() string {
	for n := len(w.path) - 1; n >= 0; n-- {
		if p := w.path[n]; p != "SupplierErrors" && p != "ObjectErrors" && strings.HasSuffix(p, "Errors") {
			return p
		}
	}
	return ""
}

func (w *replyWalk) complain(text string) {
	if text == "" {
		text = "(no text)"
	}
	c := complaint{text: text, of: w.inside("SupplierErrors") || w.inside("RequisitionRef") || w.inside("ObjectErrors")}
	parts := map[string]string{"AddressErrors": "address", "ContactErrors": "contact", "LocationErrors": "location", "AccountsPayableErrors": "payment method", "CustomElementErrors": "custom element"}
	if what := parts[w.partName()]; what != "" {
		c.part = strings.TrimSpace(what + " " + w.part)
	}
	if strings.EqualFold(w.kind, "Warning") {
		w.out.warnings = append(w.out.warnings, c)
		return
	}
	w.out.errors = append(w.out.errors, c)
	if n := len(w.out.refs); n > 0 && w.inside("RequisitionRef") {
		w.out.refs[n-1].failed = true
	}
}

// collapse trims and makes every run of white space one blank: the router pads its texts with line breaks and tabs.
func collapse(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "?")
	}
	return strings.Join(strings.Fields(s), " ")
}
