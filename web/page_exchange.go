package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	connector "ml-connector"
)

// mostShown is how much of a body a page shows; the whole can be downloaded.
const mostShown = 64 << 10

// exchangeBodyPage is what the page of an Exchange shows.
type exchangeBodyPage struct {
	X                 connector.Exchange
	Request, Answer   string
	RequestCut        bool
	AnswerCut         bool
	RequestHeader     []header
	AnswerHeader      []header
	RequestN, AnswerN int
}

type header struct{ Name, Value string }

// exchange answers: what exactly was said?
func (p *Pages) exchange(r *http.Request) (view, error) {
	x, err := p.App.ExchangeShown(r.Context(), r.PathValue("id"), actorOf(r))
	if err != nil {
		return view{}, err
	}
	b := exchangeBodyPage{X: x, RequestN: len(x.RequestBody), AnswerN: len(x.ResponseBody), RequestHeader: headers(x.RequestHeader), AnswerHeader: headers(x.ResponseHeader)}
	b.Request, b.RequestCut = shown(x.RequestBody, mostShown)
	b.Answer, b.AnswerCut = shown(x.ResponseBody, mostShown)
	var crumbs []crumb
	switch {
	case x.Delivery != 0:
		crumbs = append(crumbs, crumb{"Delivery " + count(x.Delivery), "/deliveries/" + plainCount(x.Delivery)})
	case x.Run != 0:
		crumbs = append(crumbs, crumb{"Run " + count(x.Run), "/runs/" + plainCount(x.Run)})
	}
	return view{Template: "exchange", Question: "What exactly was said?", Title: sentenceCase(x.Op) + " at " + x.Connection, Crumbs: crumbs, Body: b}, nil
}

func headers(all map[string]string) []header {
	var out []header
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, header{name, all[name]})
	}
	return out
}

// exchangeBody downloads one body as it was kept. It is never shown by the browser: it came from outside.
func (p *Pages) exchangeBody(w http.ResponseWriter, r *http.Request) {
	x, err := p.App.ExchangeShown(r.Context(), r.PathValue("id"), actorOf(r))
	part := r.PathValue("part")
	body := map[string][]byte{"request": x.RequestBody, "answer": x.ResponseBody}[part]
	if err != nil || body == nil {
		http.Error(w, "There is no such body: it was empty, or it is older than bodies are kept.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="`+safeName(x.ID)+`-`+safeName(part)+`.txt"`)
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the browser went away
	}
}

func safeName(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, s)
}
