package jaggaer

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"unicode"

	connector "ml-connector"

	"github.com/cockroachdb/apd/v3"
)

// postSupplier writes a supplier over REST, in the shape of JAGGAER.md §4.2 (§5.1: an upsert by erpNumber).
func (i *Instance) postSupplier(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	e := i.opts.entities[connector.Supplier]
	header, body := map[string]any{}, map[string]any{}
	for _, f := range supplierSchema().Fields {
		v := jsonValue(w.Document[f.Name], f)
		switch {
		case v == nil:
		case topLevel[f.Name]:
			body[jsonName(f.Name)] = v
		default:
			header[jsonName(f.Name)] = v
		}
	}
	if active, known := truth(w.Document.Text("Active")); known {
		header["active"] = boolText(active)
	}
	rename(header, e.canonicalExternal, e.external)
	body["header"] = header
	answer, receipt, err := i.postRecord(ctx, "write supplier", e, body)
	if err != nil {
		return connector.Receipt{}, err
	}
	receipt.ID = strings.TrimSpace(plainText(answer[e.id]))
	receipt.Numbers = supplierNumbers(w.Document)
	return receipt, nil
}

// topLevel are the lists that stand beside the header of a supplier, not in it.
var topLevel = map[string]bool{
	"AddressList": true, "PrimaryAddressList": true, "ContactList": true, "LocationList": true, "CustomElementList": true, "AccountsPayableList": true,
}

// jsonName is the JSON spelling of an XML name: the capitals that it begins with become small (ERPNumber, erpNumber).
func jsonName(name string) string {
	r := []rune(name)
	for n := range r {
		last := n+1 < len(r) && unicode.IsLower(r[n+1])
		if !unicode.IsUpper(r[n]) || n > 0 && last {
			break
		}
		r[n] = unicode.ToLower(r[n])
	}
	return string(r)
}

// jsonValue is a value of a Document in JAGGAER's JSON, nil for nothing. A list of bare texts has no objects.
func jsonValue(v any, f connector.Field) any {
	switch f.Type {
	case connector.TypeGroup:
		m, ok := connector.AsMap(v)
		if !ok {
			return nil
		}
		return jsonGroup(m, f.Fields)
	case connector.TypeList:
		list, _ := v.([]any)
		out := make([]any, 0, len(list))
		for _, e := range list {
			m, _ := connector.AsMap(e)
			if len(f.Fields) == 1 && f.Fields[0].Name == "value" {
				out = append(out, m.Text("value"))
				continue
			}
			if g := jsonGroup(m, f.Fields); g != nil {
				out = append(out, g)
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	}
	if s, _ := v.(string); s != "" {
		return s
	}
	return nil
}

// jsonNumber is a decimal as JSON spells it, without zeros before it; what is no decimal stays a text.
func jsonNumber(text string) any {
	if !decimalText.MatchString(text) {
		return text
	}
	digits, negative := strings.CutPrefix(text, "-")
	for len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		digits = digits[1:]
	}
	if negative {
		digits = "-" + digits
	}
	return json.Number(digits)
}

func jsonGroup(m connector.Document, fields []connector.Field) any {
	out := map[string]any{}
	for _, f := range fields {
		if v := jsonValue(m[f.Name], f); v != nil {
			if f.Name == "TelephoneNumber" {
				return v
			}
			out[jsonName(f.Name)] = v
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// postRequisition writes a requisition over REST (JAGGAER.md §5.1). Like the import it makes a second one when repeated.
func (i *Instance) postRequisition(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	e := i.opts.entities[connector.Requisition]
	body, fault := i.requisitionJSON(e, w.Document)
	if fault != nil {
		return connector.Receipt{}, fault
	}
	answer, receipt, err := i.postRecord(ctx, "write requisition", e, body)
	if err != nil {
		return connector.Receipt{}, err
	}
	receipt.ID = strings.TrimSpace(plainText(answer[e.id]))
	receipt.Numbers = []string{w.Document.Text("ExternalReq")}
	if receipt.ID == "" {
		e := doubt("JAGGAER accepted it without saying under which id")
		e.Op, e.Answered = "write requisition", true
		return connector.Receipt{}, e
	}
	return receipt, nil
}

func (i *Instance) requisitionJSON(e entity, d connector.Document) (map[string]any, *connector.Error) {
	header := map[string]any{"requisitionName": d.Text("RequisitionName"), e.external: d.Text("ExternalReq"), "requestor": map[string]any{"username": d.Text("Requestor.username")}}
	if s := d.Text("Description"); s != "" {
		header["description"] = s
	}
	if code := d.Text("ShipTo.AddressCode"); code != "" {
		header["shipTo"] = map[string]any{"address": map[string]any{"addressCode": code}}
	}
	if sets := fieldSets(i.headerFields(d)); sets != nil {
		header["customFieldValueSetList"] = sets
	}
	var lines []any
	total, currency := new(apd.Decimal), ""
	for _, g := range d.List("RequisitionSupplierGroup") {
		for _, l := range g.List("RequisitionLine") {
			line, fault := i.lineJSON(g.Text("SupplierNumber"), l)
			if fault != nil {
				return nil, fault
			}
			cost, fault := amount(l)
			if fault != nil {
				return nil, fault
			}
			lines = append(lines, line)
			currency = l.Text("currency")
			if err := add(total, cost); err != nil {
				return nil, connector.Errorf(connector.Invalid, "write requisition", "the total can't be worked out").Because(err)
			}
		}
	}
	header["total"] = map[string]any{"currency": currency, "value": json.Number(decimal(total.Text('f')))}
	return map[string]any{"header": header, "lineList": map[string]any{"requisitionLine": lines}}, nil
}

func (i *Instance) lineJSON(supplier string, l connector.Document) (map[string]any, *connector.Error) {
	quantity, price, fault := i.lump(l)
	if fault != nil {
		return nil, fault
	}
	item := map[string]any{
		"catalogNumber": l.Text("CatalogNumber"), "description": l.Text("Description"), "productType": l.Text("ProductType"),
		"unitOfMeasure": map[string]any{"dimension": l.Text("MeasurementUnit")},
	}
	if code := l.Text("CommodityCode"); code != "" {
		item["commodityCode"] = code
	}
	line := map[string]any{"lineNumber": jsonNumber(l.Text("linenumber")), "item": item, "quantity": jsonNumber(quantity), "unitPrice": jsonNumber(price)}
	if supplier != "" {
		line["supplier"] = map[string]any{"supplierNumber": supplier}
	}
	if sets := fieldSets(i.moreFields("line_fields", l)); sets != nil {
		line["customFieldValueSetList"] = sets
	}
	splits := l.List("splits")
	if len(splits) == 0 {
		return line, nil
	}
	entries := make([]any, len(splits))
	for n, s := range splits {
		entries[n] = map[string]any{
			"splitIndex": jsonNumber(s.Text("splitindex")), "distributionValue": jsonNumber(s.Text("distributionvalue")),
			"customFieldValueList": map[string]any{"customFieldValue": i.splitValues(splits, s)},
		}
	}
	line[splitMember] = map[string]any{"splittableFieldSetGroup": []any{map[string]any{"splittableFieldIndexSet": []any{map[string]any{
		"context": "Line", "distributionType": "AmountOfPrice", "splittableFieldIndexList": map[string]any{"splittableFieldIndex": entries},
	}}}}}
	return line, nil
}

// splitValues are the ChartFields of one split, in which a blank that other splits fill is empty_value.
func (i *Instance) splitValues(all []connector.Document, s connector.Document) []any {
	var out []any
	for _, set := range i.splitSets(all) {
		name := set.attrs[0].Value
		value := s.Text("fields." + name)
		if value == "" {
			value = i.opts.profile.text("empty_value")
		}
		out = append(out, map[string]any{"internalName": name, "value": i.opts.templated(name, value)})
	}
	return out
}

// userExists is the returnCode for a main user that exists already, which is no harm (JAGGAER.md §6, row 19).
const userExists = -996

// postRecord posts one record and judges the answer (JAGGAER.md §5.1); the Receipt has the warnings.
func (i *Instance) postRecord(ctx context.Context, op string, e entity, record map[string]any) (map[string]any, connector.Receipt, error) {
	c := call{op: op, method: http.MethodPost, url: i.address(e), resource: e.path, timeout: writeTimeout, write: true, body: encode(record)}
	resp, err := i.send(ctx, c)
	if err != nil {
		return nil, connector.Receipt{}, err
	}
	return i.judgeWrite(c, resp)
}

// judgeWrite judges the answer to a write of one record.
func (i *Instance) judgeWrite(c call, resp *connector.Response) (map[string]any, connector.Receipt, error) {
	op := c.op
	fail := func(f *connector.Error) (map[string]any, connector.Receipt, error) {
		f.Exchange = resp.Exchange
		return nil, connector.Receipt{}, f
	}
	if resp.Status != http.StatusOK && resp.Status != http.StatusCreated {
		return fail(i.statusFault(c, resp))
	}
	body, err := decodeObject(resp.Body)
	if err != nil {
		return fail(i.unreadable(c, resp))
	}
	r := readReturned(body)
	switch {
	case !r.present:
		f := doubt("JAGGAER's answer does not say whether it was done")
		f.Op, f.Answered = op, true
		return fail(f)
	case exists(r.message):
		return fail(refusal(op, r.message))
	case r.code == userExists:
		return body, connector.Receipt{Warnings: []string{r.message}}, nil
	case r.failed():
		return fail(refusal(op, r.message))
	case r.code == 1 && r.message != "":
		return body, connector.Receipt{Warnings: []string{r.message}}, nil
	}
	return body, connector.Receipt{}, nil
}
