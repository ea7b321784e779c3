package web

import (
	"net/http"
	"strconv"
	"strings"

	connector "ml-connector"
	"ml-connector/app"
)

// searchBody is what the page of a search shows.
type searchBody struct {
	Text    string
	Records []app.Record
	More    bool
	Run     *connector.Run
	One     *connector.Record // of the Delivery with this number
	Number  int64
}

// mostFound is how many Records a search lists.
const mostFound = 50

// search answers: where is this number? What names one Record goes to its page at once.
func (p *Pages) search(r *http.Request) (view, error) {
	text := strings.TrimSpace(r.URL.Query().Get("q"))
	v := view{Template: "search", Question: "Where is this number?", Title: "Search"}
	b := searchBody{Text: text}
	if text == "" {
		v.Body = b
		return v, nil
	}
	if meant, err := p.App.MeantRecord(r.Context(), text); err != nil {
		return v, err
	} else if meant != nil {
		return v, redirect(recordURL(meant.Connection, meant.Kind, meant.ID))
	}
	if x, err := p.App.ExchangeShown(r.Context(), text, actorOf(r)); err == nil {
		return v, redirect("/exchanges/" + x.ID)
	}
	var err error
	if b.Records, b.More, err = p.App.RecordList(r.Context(), text, mostFound); err != nil {
		return v, err
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
		b.Number = n
		if run, err := p.App.RunShown(r.Context(), n); err == nil {
			b.Run = &run
		}
		if rec, err := p.App.DeliveryRecord(r.Context(), n); err == nil {
			b.One = &rec
		}
	}
	v.Title = b.title()
	v.Body = b
	return v, nil
}

func (b searchBody) title() string {
	switch {
	case b.More:
		return "More than " + count(mostFound) + " records fit"
	case len(b.Records) == 0:
		return "No record fits"
	}
	return plural(len(b.Records), "record fits", "records fit")
}
