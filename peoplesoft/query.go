package peoplesoft

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	connector "ml-connector"
)

// The three forms of a query's answer, best first (PEOPLESOFT.md §3.4).
const (
	formatJSON      = "json"
	formatXMLP      = "xmlp"
	formatWebRowSet = "webrowset"
)

// ask runs a query by key and gives all its rows by our own names. The values stand in the order of the entity's prompts.
func (i *Instance) ask(ctx context.Context, e entity, values ...string) ([]row, error) {
	raw, exchange, err := i.askWhole(ctx, e, values...)
	if err != nil {
		return nil, err
	}
	rows := make([]row, 0, len(raw))
	for _, r := range raw {
		out, err := e.read(r)
		if err != nil {
			return nil, badRow(e, err, exchange)
		}
		rows = append(rows, out)
	}
	return rows, nil
}

func badRow(e entity, err error, exchange string) error {
	return &connector.Error{Code: connector.Misconfigured, Op: e.op(), Message: err.Error(), Exchange: exchange,
		Hint: "Correct the query (see `connection requirements`), or say in the profile, under query." + entityOf(e.name) + ".fields, which key of the query's answer is meant."}
}

// missing is the fault of a query without a column that nobody can do without.
func missing(e entity, column string) error {
	return fmt.Errorf("the query %s has no column %s", e.spec.name, column)
}

func (e entity) op() string { return "query " + e.spec.name }

// askWhole runs a query by key and gives all its rows: an answer of as many rows as were asked for may have been cut, which
// nothing in it tells (PEOPLESOFT.md §3.5).
func (i *Instance) askWhole(ctx context.Context, e entity, values ...string) ([]cells, string, error) {
	for size := i.profile.pageSize; ; size *= 4 {
		raw, exchange, err := i.askRaw(ctx, e, size, values...)
		if err != nil || len(raw) < size || size >= largestPage {
			return raw, exchange, err
		}
	}
}

// askRaw runs a query and gives its rows as received, and the Exchange that shows them.
func (i *Instance) askRaw(ctx context.Context, e entity, maxRows int, values ...string) ([]cells, string, error) {
	r, exchange, err := i.askResult(ctx, e, maxRows, values...)
	return r.rows, exchange, err
}

// askResult is askRaw with the columns, where the answer names them.
func (i *Instance) askResult(ctx context.Context, e entity, maxRows int, values ...string) (result, string, error) {
	if e.spec.name == "" {
		return result{}, "", connector.Errorf(connector.Misconfigured, "query "+e.name, "this site has no such query").Advise("Name it in the profile, under query.%s.name.", e.name)
	}
	prompts, err := e.prompted(values)
	if err != nil {
		return result{}, "", err
	}
	if e.tooLong(values) {
		return result{}, "", nil // nothing can be under such a key, and the query would fail as if it were wrong itself
	}
	formats := i.formats()
	var first error
	for n, f := range formats {
		r, exchange, err := i.askIn(ctx, e, f, maxRows, prompts)
		if err == nil {
			i.format.Store(&formats[n])
			i.sawRows(len(r.rows))
			if name := e.lacks(r); name != "" {
				return result{}, "", badRow(e, missing(e, name), exchange)
			}
			return r, exchange, nil
		}
		if first == nil {
			first = err
		}
		if !otherFormatMayHelp(err) {
			break
		}
	}
	return result{}, "", first
}

// formats to try: the profile's, else the one that has worked on this Instance, else all of them from the best on.
func (i *Instance) formats() []string {
	if i.profile.format != "" {
		return []string{i.profile.format}
	}
	if known := i.format.Load(); known != nil {
		return []string{*known}
	}
	return []string{formatJSON, formatXMLP, formatWebRowSet}
}

// otherFormatMayHelp says whether an older release could have refused the form of the answer only: PeopleSoft itself
// answered, with a message of its query sets or none, and nothing was wrong with sign-on, node or routing.
func otherFormatMayHelp(err error) bool {
	f, ok := errors.AsType[*failure](err)
	if !ok || f.answer.page || f.answer.empty || f.has(setStructure) {
		return false
	}
	if f.has(setBroker) || f.row != 0 && f.row != 31 && f.row != 25 {
		return false
	}
	return slices.Contains([]connector.Code{connector.Misconfigured, connector.Forbidden}, f.err.Code)
}

// prompted checks prompt values before anything is sent: there is no escape for a comma (PEOPLESOFT.md §3.1).
func (e entity) prompted(values []string) ([]prompt, error) {
	if len(values) != len(e.prompts) {
		return nil, connector.Errorf(connector.Internal, e.op(), "%d values for the prompts %v", len(values), e.prompts)
	}
	out := make([]prompt, len(values))
	for n, v := range values {
		if strings.Contains(v, ",") || hasControl(v) || !utf8.ValidString(v) {
			return nil, connector.Errorf(connector.Invalid, e.op(), "the value %q of prompt %s holds a comma or a control character, which no PeopleSoft query can be asked for", clip(v, 60), e.prompts[n]).
				Advise("Correct the value where it comes from.")
		}
		out[n] = prompt{e.promptName(e.prompts[n]), v}
	}
	return out, nil
}

// tooLong says that a value is longer than the field of the key that it is compared with (PEOPLESOFT.md §3.7).
func (e entity) tooLong(values []string) bool {
	for n, v := range values {
		if most := keyLength(e.prompts[n]); most > 0 && utf8.RuneCountInString(v) > most {
			return true
		}
	}
	return false
}

// keyLength is the length of the key field behind a prompt; 0 where a site may have made it longer, or it is no key.
func keyLength(prompt string) int {
	if slices.Contains([]string{"SETID", "BU", "VOUCHER_ID", "VENDOR_ID", "PO_ID"}, prompt) {
		return promptLength(prompt)
	}
	return 0
}

// promptLength is the length of a prompt of characters (PEOPLESOFT.md §3.7); 0 of one that the contract does not list.
func promptLength(prompt string) int {
	return map[string]int{"SETID": 5, "BU": 5, "AFTER_BU": 5, "AFTER_ID": 10, "VENDOR_ID": 10, "PO_ID": 10, "VOUCHER_ID": 8, "INVOICE_ID": 30, "PO_REF": 30, "EXT_ID": 15, "AFTER_KEY": 15,
		"ACCOUNT": 15, "AFTER_LOC": 10, "AFTER_QUAL": 3}[prompt]
}

// askIn makes the request in one format and reads the answer.
func (i *Instance) askIn(ctx context.Context, e entity, format string, maxRows int, prompts []prompt) (result, string, error) {
	accept := "application/json"
	if format != formatJSON {
		accept = "text/xml, application/xml"
	}
	resp, err := i.call(ctx, request{op: e.op(), method: http.MethodGet, path: i.queryPath(e, format, maxRows, prompts), header: map[string]string{"Accept": accept}, door: doorREST, hide: e.secret()})
	if err != nil {
		return result{}, "", err
	}
	if resp.Status == http.StatusOK {
		r, ok, err := decodeRows(i.utf8Of(resp.Body))
		switch {
		case ok && err != nil:
			return result{}, "", &connector.Error{Code: connector.Unavailable, Op: e.op(), Message: "PeopleSoft's answer is not valid: " + clip(err.Error(), 200), Exchange: resp.Exchange,
				Hint: "It is read again. If it lasts, the Exchange shows the answer raw."}
		case ok:
			return r, resp.Exchange, nil
		}
	}
	return result{}, "", i.fail(e.op(), readAnswer(resp, i.profile.fallback), false)
}

// queryPath is the address of a query (PEOPLESOFT.md §3.1): commas stay as they are, everything else in a value is encoded.
func (i *Instance) queryPath(e entity, format string, maxRows int, prompts []prompt) string {
	owner := e.spec.owner
	if owner == "" {
		owner = i.profile.owner
	}
	form := map[string]string{formatJSON: "JSON", formatXMLP: "XMLP", formatWebRowSet: "WEBROWSET"}[format]
	path := i.path("/PSIGW/RESTListeningConnector/{node}/ExecuteQuery.v1/", "", "") + url.PathEscape(owner) + "/" + url.PathEscape(e.spec.name) + "/" + form + "/NONFILE"
	query := "?isconnectedquery=N&maxrows=" + strconv.Itoa(maxRows)
	if len(prompts) > 0 {
		names, values := make([]string, len(prompts)), make([]string, len(prompts))
		for n, p := range prompts {
			names[n], values[n] = escape(p.name), escape(p.value)
		}
		query += "&prompt_uniquepromptname=" + strings.Join(names, ",") + "&prompt_fieldvalue=" + strings.Join(values, ",")
	}
	if format == formatJSON {
		query += "&json_resp=true"
	}
	return path + query
}

// escape encodes a value for a query string, with spaces as %20, which every reader of one understands.
func escape(t string) string { return strings.ReplaceAll(url.QueryEscape(t), "+", "%20") }

// sawRows remembers the largest answer: whatever caps the rows of this user is not below it.
func (i *Instance) sawRows(n int) {
	for {
		most := i.largest.Load()
		if int64(n) <= most || i.largest.CompareAndSwap(most, int64(n)) {
			return
		}
	}
}
