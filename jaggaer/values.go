package jaggaer

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	connector "ml-connector"
	"ml-connector/pace"
)

// WriteBatch writes custom field values, cfv_batch to a call, with a result for each; through the router one to a document, and into
// files one to a line; other Kinds one by one. A batch that JAGGAER finds too large is halved until it fits.
func (i *Instance) WriteBatch(ctx context.Context, ws []connector.Write) []connector.Result {
	out := make([]connector.Result, len(ws))
	var batch []int
	for n, w := range ws {
		if w.Kind != connector.GLAccount {
			out[n].Receipt, out[n].Err = i.Write(ctx, w)
			continue
		}
		if fault := i.writable(w); fault != nil {
			out[n].Err = fault
			continue
		}
		batch = append(batch, n)
	}
	switch i.opts.operation("cfv.write") {
	case "xml":
		pace.Each(i.pace, i.opts.concurrency, len(batch), func(k int) {
			n := batch[k]
			out[n].Receipt, out[n].Err = i.importValue(ctx, ws[n])
		})
		return out
	case "file":
		i.fileValues(ctx, ws, batch, out)
		return out
	}
	size := max(1, i.opts.profile.int("cfv_batch"))
	for len(batch) > 0 {
		part := batch[:min(size, len(batch))]
		batch = batch[len(part):]
		size = i.postValues(ctx, ws, part, out)
	}
	return out
}

// postValues writes the values of one call and fills their results. It gives the largest size that JAGGAER took.
func (i *Instance) postValues(ctx context.Context, ws []connector.Write, part []int, out []connector.Result) int {
	e := i.opts.entities[connector.GLAccount]
	list := make([]map[string]any, len(part))
	for n, at := range part {
		d := ws[at].Document
		field := d.Text("fieldInternalName")
		list[n] = map[string]any{"fieldInternalName": field, e.external: i.opts.templated(field, d.Text("value")), "description": d.Text("description")}
		for _, name := range []string{"active", "parentValue"} {
			if v := d.Text(name); v != "" {
				list[n][name] = v
			}
		}
	}
	c := call{op: "write cfv", method: http.MethodPost, url: i.address(e), resource: e.path, timeout: writeTimeout, write: true}
	c.body = encode(map[string]any{"customFieldValueList": map[string]any{"customFieldValue": list}})
	resp, err := i.send(ctx, c)
	if err == nil && batchTooLarge(resp) && len(part) > 1 {
		half := len(part) / 2
		size := i.postValues(ctx, ws, part[:half], out)
		return max(size, i.postValues(ctx, ws, part[half:], out))
	}
	if err == nil {
		err = i.takeResults(c, resp, ws, part, out)
	}
	if err != nil {
		for _, at := range part {
			own := *connector.AsError(err)
			out[at] = connector.Result{Err: &own}
		}
	}
	return len(part)
}

// encode writes JSON without escaping <, > and &.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("a body of texts can't be written: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// batchTooLarge is row 22 of JAGGAER.md §6.
func batchTooLarge(resp *connector.Response) bool {
	if resp.Status == http.StatusRequestEntityTooLarge {
		return true
	}
	r, _ := said(resp)
	return (resp.Status == http.StatusBadRequest || resp.Status == http.StatusOK && r.failed()) && tooLarge.MatchString(r.message)
}

// takeResults gives each value its own result. The error is for all of them: the call failed, or the answer has no list of
// results, so that nobody can tell which were stored (JAGGAER.md §5.1).
func (i *Instance) takeResults(c call, resp *connector.Response, ws []connector.Write, part []int, out []connector.Result) error {
	stamp := func(e *connector.Error) *connector.Error {
		e.Op, e.Exchange = c.op, resp.Exchange
		return e
	}
	if resp.Status != http.StatusOK && resp.Status != http.StatusCreated {
		return stamp(i.statusFault(c, resp))
	}
	body, err := decodeObject(resp.Body)
	if err != nil {
		return stamp(i.unreadable(c, resp))
	}
	r := readReturned(body)
	results := objects(member(body, "resultList.result"))
	if len(results) == 0 {
		if r.failed() && r.code != userExists {
			return stamp(refusal(c.op, r.message))
		}
		e := stamp(doubt("JAGGAER's answer does not tell what became of each value%s", words(r.message)))
		e.Answered = true
		return e
	}
	for n, at := range part {
		out[at] = connector.Result{Err: stamp(doubt("JAGGAER's answer has no result for this value"))}
		if result := resultOf(results, n, i.sentValue(ws[at].Document), len(part)); result != nil {
			out[at] = i.takeResult(c, resp, ws[at].Document, readReturned(result))
		}
	}
	return nil
}

func (i *Instance) sentValue(d connector.Document) string {
	return i.opts.templated(d.Text("fieldInternalName"), d.Text("value"))
}

// resultOf finds the result of the n-th value: by its index, unless it names another value; else by the value, if one alone names it;
// else by place, if there is one for each and none says more.
func resultOf(results []map[string]any, n int, value string, sent int) map[string]any {
	named := func(r map[string]any) string { return strings.TrimSpace(plainText(r["value"])) }
	index := func(r map[string]any) string { return strings.TrimSpace(plainText(r["index"])) }
	var byValue []map[string]any
	for _, r := range results {
		if index(r) == strconv.Itoa(n) && (named(r) == "" || named(r) == value) {
			return r
		}
		if named(r) == value {
			byValue = append(byValue, r)
		}
	}
	switch {
	case len(byValue) == 1:
		return byValue[0]
	case len(byValue) == 0 && len(results) == sent && index(results[n]) == "" && named(results[n]) == "":
		return results[n]
	}
	return nil
}

func (i *Instance) takeResult(c call, resp *connector.Response, d connector.Document, r returned) connector.Result {
	if !r.present || r.failed() || exists(r.message) {
		e := refusal(c.op, r.message)
		if !r.present {
			e = doubt("JAGGAER's answer does not tell what became of this value%s", words(r.message))
			e.Op = c.op
		}
		e.Exchange = resp.Exchange
		return connector.Result{Err: e}
	}
	receipt := valueReceipt(d)
	if r.code == 1 && r.message != "" {
		receipt.Warnings = []string{r.message}
	}
	return connector.Result{Receipt: receipt}
}

func valueReceipt(d connector.Document) connector.Receipt {
	return connector.Receipt{ID: d.Text("fieldInternalName") + "/" + d.Text("value"), Numbers: []string{d.Text("value")}}
}

// exists is a message that says "exists already" whatever the code says (JAGGAER.md §6, row 18).
func exists(message string) bool {
	m := numbered.FindStringSubmatch(message)
	return m != nil && m[1] == "112"
}
