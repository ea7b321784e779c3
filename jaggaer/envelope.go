package jaggaer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"ml-connector/canonical"
)

// decodeObject reads one JSON object, numbers kept as text. It gives nil and an error for everything else.
func decodeObject(body []byte) (map[string]any, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if out, ok := canonical.Read(body, true); ok {
		return out, nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		return nil, err
	}
	if out == nil {
		return nil, errors.New("it is null")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows after the object")
	}
	return out, nil
}

// isPage tells a web page (or XML) from JSON by its first character.
func isPage(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n"), []byte("<"))
}

// returned is the result that stands in the body of an answer. Codes: 0 done, 1 done with a warning, others an error;
// negative ones exist (JAGGAER.md §3.1).
type returned struct {
	present bool
	code    int
	message string
}

func readReturned(body map[string]any) returned {
	v, has := body["returnCode"]
	r := returned{message: collapse(rawText(body["returnMessage"]))}
	if !has || v == nil {
		return r
	}
	n, err := strconv.Atoi(strings.TrimSpace(rawText(v)))
	if err != nil {
		n = 2 // a code that is no number is none of the good ones
	}
	r.present, r.code = true, n
	return r
}

func (r returned) failed() bool { return r.present && r.code != 0 && r.code != 1 }

// count is a number of an envelope, -1 when it is not there.
func count(body map[string]any, name string) int {
	n, err := strconv.Atoi(strings.TrimSpace(rawText(body[name])))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// listing is one page of a list, decoded.
type listing struct {
	total int // totRecords, -1 unknown
	items []item
}

// errShape and errTruncated are what readListing can find wrong.
var (
	errShape     = errors.New("unknown list shape")
	errTruncated = errors.New("answer truncated")
)

// readList gives the elements of a list answer. It accepts the fallback shapes of JAGGAER.md §3.1, and tells an empty list
// only where a count says so.
func readList(e entity, body map[string]any) (elements []any, total int, err error) {
	total = count(body, "totRecords")
	said := count(body, "returnedRecords")
	elements, found := findList(e, body)
	switch {
	case found && said >= 0 && said != len(elements):
		return nil, total, errTruncated
	case found:
		return elements, total, nil
	case said > 0 || said < 0 && total != 0:
		return nil, total, errShape
	}
	return nil, total, nil
}

func findList(e entity, body map[string]any) ([]any, bool) {
	if v, has := body[e.listKey]; has {
		if list, ok := v.([]any); ok {
			return list, true
		}
		object, _ := v.(map[string]any)
		if list, ok := object[e.itemKey].([]any); ok {
			return list, true
		}
		if len(object) == 0 {
			return nil, count(body, "returnedRecords") <= 0 // missing, null or {}: no hits
		}
		return onlyArray(object)
	}
	var inside []any
	lists := 0
	for name, v := range body {
		if object, ok := v.(map[string]any); ok && strings.HasSuffix(name, "List") {
			if array, ok := onlyArray(object); ok {
				inside = array
				lists++
			}
		}
	}
	if lists == 1 {
		return inside, true
	}
	return onlyArray(body)
}

func onlyArray(object map[string]any) ([]any, bool) {
	var only []any
	n := 0
	for _, v := range object {
		if array, ok := v.([]any); ok {
			only = array
			n++
		}
	}
	return only, n == 1
}

// item is one element of a list.
type item struct {
	key    string // what pages are matched by
	id     string // of the Record
	stamp  string
	header map[string]any // its fields
	raw    map[string]any // the element as it came
}

// readItem finds the fields of an element: under the header key, or in the element itself.
func readItem(e entity, element any) item {
	raw, _ := element.(map[string]any)
	header := headerOf(e, raw)
	it := item{header: header, raw: raw, key: strings.TrimSpace(plainText(member(header, e.id))), stamp: rawText(member(header, e.version))}
	it.id = it.key
	if e.name == "cfv" {
		if it.id = valueID(e, header); it.key == "" {
			it.key = it.id
		}
	}
	return it
}

func headerOf(e entity, raw map[string]any) map[string]any {
	if header, ok := raw[e.headerKey].(map[string]any); ok && e.headerKey != "" {
		return header
	}
	if _, flat := raw[e.id]; !flat && len(raw) == 1 {
		for _, v := range raw {
			if header, ok := v.(map[string]any); ok {
				return header
			}
		}
	}
	return raw
}

// valueID is the Record ID of a custom field value, "" when a part is missing.
func valueID(e entity, header map[string]any) string {
	field, value := strings.TrimSpace(plainText(header["fieldInternalName"])), strings.TrimSpace(plainText(header[e.external]))
	if field == "" || value == "" {
		return ""
	}
	return field + "/" + value
}

// envelopeMembers are those of an envelope that may lie around a bare record.
var envelopeMembers = map[string]bool{"returnCode": true, "returnMessage": true, "totRecords": true, "returnedRecords": true, "startAt": true}

// What readDetail can find: no such record, another one, or a shape that is not ours.
var (
	errOther    = errors.New("it is another record")
	errGone     = errors.New("it is not there")
	errNoHeader = errors.New("the answer has no header")
)

// readDetail takes a detail answer in any of its forms (JAGGAER.md §3.2): the header first, then the list shape.
func readDetail(e entity, body map[string]any, id string) (map[string]any, error) {
	if _, ok := body[e.headerKey].(map[string]any); ok && e.headerKey != "" || rawText(body[e.id]) != "" {
		record := make(map[string]any, len(body))
		for name, v := range body {
			if !envelopeMembers[name] {
				record[name] = v
			}
		}
		if got := strings.TrimSpace(plainText(member(headerOf(e, record), e.id))); got != "" && got != id {
			return nil, errOther
		}
		return record, nil
	}
	elements, _, err := readList(e, body)
	if err != nil {
		return nil, errNoHeader
	}
	for _, element := range elements {
		it := readItem(e, element)
		if it.key == id || len(elements) == 1 && it.key == "" {
			return it.raw, nil
		}
	}
	if len(elements) == 0 && (count(body, "totRecords") == 0 || count(body, "returnedRecords") == 0 || body[e.listKey] != nil) {
		return nil, errGone
	}
	if len(elements) > 0 {
		return nil, errGone
	}
	return nil, errNoHeader
}
