package peoplesoft

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	connector "ml-connector"
)

// Transports of PEOPLESOFT.md §4.0.
const (
	soapTransport    = "soap_ci"
	restTransport    = "rest_ci"
	messageTransport = "message"
	customTransport  = "custom_rest"
)

// replyShape says where a REST service's answer tells what: by JSON pointers, "" = where PeopleSoft's own services have it.
type replyShape struct {
	success, messages string
	keys              map[string]string
}

// customREST is a service that the site built itself (PEOPLESOFT.md §4.4).
type customREST struct {
	url, update string // path, and the method of a change
	template    map[string]any
	reply       replyShape
}

// whole is the place of the Document in a template.
const whole = "{document}"

var placeInTemplate = regexp.MustCompile(`\{[A-Za-z_][A-Za-z0-9_]*\}`)

// defaultRecord is what the Document of a template that says nothing is called.
func defaultRecord(doc string) string {
	return map[string]string{"po": "PO_HDR", "vendor": "VENDOR", "voucher": "VCHR_HDR_STG"}[doc]
}

// customRequest puts a document into the site's template. head gives the values of its other places.
func (i *Instance) customRequest(r *request, c component, verb string, list []node, head func(name string) string) {
	var doc, b bytes.Buffer
	writeJSON(&doc, list)
	s := i.profile.customREST[c.doc]
	template := any(s.template)
	if len(s.template) == 0 {
		template = map[string]any{defaultRecord(c.doc): []any{whole}}
	}
	writeTemplate(&b, template, doc.Bytes(), head)
	r.method = http.MethodPost
	if verb != verbCreate {
		r.method = s.update
	}
	r.path, r.body, r.door = i.path(s.url, c.ci, ""), b.Bytes(), doorREST
	r.header = map[string]string{"Content-Type": "application/json", "Accept": "application/json"}
}

// writeTemplate writes a template with its places filled, members in the order of their names.
func writeTemplate(b *bytes.Buffer, v any, doc []byte, head func(string) string) {
	switch x := v.(type) {
	case map[string]any:
		b.WriteByte('{')
		for n, name := range slices.Sorted(maps.Keys(x)) {
			if n > 0 {
				b.WriteByte(',')
			}
			writeJSONText(b, name)
			b.WriteByte(':')
			writeTemplate(b, x[name], doc, head)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for n, e := range x {
			if n > 0 {
				b.WriteByte(',')
			}
			writeTemplate(b, e, doc, head)
		}
		b.WriteByte(']')
	case string:
		if x == whole {
			b.Write(doc)
			return
		}
		writeJSONText(b, placeInTemplate.ReplaceAllStringFunc(x, func(place string) string { return head(strings.Trim(place, "{}")) }))
	default:
		text, err := json.Marshal(x)
		if err != nil {
			panic("a template of YAML cannot be written as JSON: " + err.Error())
		}
		b.Write(text)
	}
}

// places lists those of a template.
func places(v any) (out []string) {
	switch x := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(x)) {
			out = append(out, places(x[name])...)
		}
	case []any:
		for _, e := range x {
			out = append(out, places(e)...)
		}
	case string:
		out = placeInTemplate.FindAllString(x, -1)
	}
	return out
}

// problem says what is wrong with a service that is to be used, "" nothing.
func (s customREST) problem(schema connector.Schema, number string) string {
	if s.url == "" {
		return "needs url: the path of the site's service"
	}
	if s.reply.success == "" && s.reply.keys[number] == "" {
		return fmt.Sprintf("needs success_pointer, or key_pointers with %s: what tells that it was saved", number)
	}
	if len(s.template) == 0 {
		return ""
	}
	documents := 0
	for _, p := range places(any(s.template)) {
		switch name := strings.Trim(p, "{}"); {
		case p == whole:
			documents++
		case !slices.ContainsFunc(schema.Fields, func(f connector.Field) bool { return f.Name == name && f.Type != connector.TypeList }):
			return fmt.Sprintf("its template has the place %s, and the document no such field", p)
		}
	}
	if documents != 1 {
		return fmt.Sprintf("its template needs the place %s once, and has it %d times", whole, documents)
	}
	return ""
}

// postVoucher fills the staging tables through the site's own service. What it says it staged waits for the build as if it
// had come by message.
func (i *Instance) postVoucher(ctx context.Context, op string, d connector.Document, external string) (connector.Receipt, error) {
	parts, err := i.voucherRows(op, d)
	if err != nil {
		return connector.Receipt{}, err
	}
	list := parts[0].rows
	for _, p := range parts[1:] {
		list = append(list, node{name: p.types.name, group: true, kids: p.rows})
	}
	c := i.component(connector.Invoice)
	r := request{op: op, write: true}
	i.customRequest(&r, c, verbCreate, list, func(name string) string {
		if name == externalMessageID {
			return external
		}
		return d.Text(name)
	})
	resp, err := i.call(ctx, r)
	if err != nil {
		return connector.Receipt{}, err
	}
	a := readAnswer(resp, i.profile.fallback)
	receipt, err := i.saved(op, c, verbCreate, d, a)
	if err != nil {
		return connector.Receipt{}, err
	}
	ours := i.voucherReceipt(d)
	if receipt.ID == "" {
		receipt.ID = ours.ID
	}
	receipt.Numbers = ours.Numbers
	receipt.Life = &connector.Life{Stage: connector.StageSent, Reason: "accepted by the service", At: i.now()}
	return receipt, nil
}
