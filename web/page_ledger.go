package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/people"
)

// errEnough ends a list that shows what it may.
var errEnough = errors.New("enough")

// rowsOfLedger is how many Entries a page lists.
const rowsOfLedger = 50

// ledgerBody is what the page of the ledger shows.
type ledgerBody struct {
	Filter   app.EntryFilter
	Entries  []connector.Entry
	Older    string // address of the next page, "" at the end
	First    string // address of the first page, "" on it
	Head     *connector.Entry
	Verified *app.Verification // when that was asked for
	Verify   string            // address that asks for it
}

// ledgerOf reads the filter of a page of the ledger.
func ledgerOf(r *http.Request) (app.EntryFilter, url.Values, error) {
	f := app.EntryFilter{Newest: true, Limit: rowsOfLedger + 1}
	kept := url.Values{}
	for name, into := range map[string]*string{"subject": &f.Subject, "actor": &f.Actor, "action": &f.Action} {
		if *into = strings.TrimSpace(r.URL.Query().Get(name)); *into != "" {
			kept.Set(name, *into)
		}
	}
	for name, into := range map[string]*int64{"delivery": &f.Delivery, "run": &f.Run} {
		n, err := number(r, name)
		if err != nil {
			return f, nil, err
		}
		if *into = n; n != 0 {
			kept.Set(name, plainCount(n))
		}
	}
	var err error
	f.After, err = number(r, "before")
	return f, kept, err
}

// ledger answers: who did what to which record, when, and why?
func (p *Pages) ledger(r *http.Request) (view, error) {
	f, kept, err := ledgerOf(r)
	if err != nil {
		return view{}, err
	}
	address := func(with ...string) string {
		q := url.Values{}
		for name := range kept {
			q.Set(name, kept.Get(name))
		}
		for n := 0; n+1 < len(with); n += 2 {
			q.Set(with[n], with[n+1])
		}
		if len(q) == 0 {
			return "/ledger"
		}
		return "/ledger?" + q.Encode()
	}
	b := ledgerBody{Filter: f, Verify: address("verify", "now")}
	if f.After != 0 {
		b.First = address()
	}
	err = p.App.EachEntry(r.Context(), f, func(e connector.Entry) error {
		if len(b.Entries) == rowsOfLedger {
			b.Older = address("before", plainCount(b.Entries[rowsOfLedger-1].Number))
			return errEnough
		}
		b.Entries = append(b.Entries, e)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return view{}, err
	}
	err = p.App.EachEntry(r.Context(), app.EntryFilter{Newest: true, Limit: 1}, func(e connector.Entry) error {
		b.Head = &e
		return nil
	})
	if err != nil {
		return view{}, err
	}
	if r.URL.Query().Get("verify") == "now" {
		v, err := p.App.VerifyLedger(r.Context(), "")
		if err != nil {
			return view{}, err
		}
		b.Verified = &v
	}
	return view{Template: "ledger", Active: "ledger", Question: "Who or what did what to which record, when, and why?", Title: "Ledger", Body: b}, nil
}

// ledgerFile gives the whole ledger away, in the form that `audit verify --file` reads.
func (p *Pages) ledgerFile(w http.ResponseWriter, r *http.Request) {
	by := actorOf(r)
	if err := by.May(people.ExportLedger); err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="ledger.jsonl"`)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // it may be long
	if err := p.App.ExportLedger(r.Context(), w, by); err != nil {
		p.Log.Error("the export of the ledger broke off", "error", err)
		panic(http.ErrAbortHandler) // what was sent is not whole, and must not look so
	}
}

// subjectURL is the page of what an Entry is about, "" when it has none.
func subjectURL(subject string) string {
	kind, name, ok := strings.Cut(subject, ":")
	if !ok {
		return ""
	}
	switch kind {
	case "flow":
		return "/flows/" + url.PathEscape(name)
	case "connection":
		return "/connections/" + url.PathEscape(name)
	case "crosswalk":
		return "/crosswalks/" + url.PathEscape(name)
	}
	if r, err := app.ParseRecord(subject); err == nil {
		return recordURL(r.Connection, r.Kind, r.ID)
	}
	return ""
}
