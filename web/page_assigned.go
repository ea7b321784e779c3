package web

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/people"
)

// assignDelivery says who sees to one Delivery.
func (p *Pages) assignDelivery(r *http.Request) (said, to string, err error) {
	return p.onDelivery(r, func(id int64) (string, error) {
		name := strings.TrimSpace(r.PostForm.Get("to"))
		said := name + " sees to it."
		switch name {
		case app.Me:
			said = "You see to it."
		case app.Nobody:
			said = "Nobody sees to it now."
		}
		return said, p.App.AssignDeliveries(r.Context(), []int64{id}, name, actorOf(r))
	})
}

func (p *Pages) noteDelivery(r *http.Request) (said, to string, err error) {
	return p.onDelivery(r, func(id int64) (string, error) {
		return "It is noted.", p.App.NoteDelivery(r.Context(), id, r.PostForm.Get("text"), actorOf(r))
	})
}

// assignCause says who sees to all that one cause stops.
func (p *Pages) assignCause(r *http.Request) (said, to string, err error) {
	if err := actorOf(r).May(people.AssignDelivery); err != nil {
		return "", "", err
	}
	c, err := causeChoice(r.PostForm)
	if err != nil {
		return "", "", err
	}
	now, err := p.App.PreviewCause(r.Context(), c)
	if err != nil {
		return "", "", err
	}
	name := strings.TrimSpace(r.PostForm.Get("to"))
	if err := p.App.AssignDeliveries(r.Context(), now.IDs, name, actorOf(r)); err != nil {
		return "", "", err
	}
	who := name + " sees"
	if name == app.Me {
		who = "You see"
	}
	if name == app.Nobody {
		who = "Nobody sees"
	}
	return who + " to " + plural(len(now.IDs), "delivery", "deliveries") + " now.", "/held#" + url.PathEscape(c.Cause), nil
}

// deliveriesFile is what a list of Deliveries chooses, all of it, as CSV.
func (p *Pages) deliveriesFile(w http.ResponseWriter, r *http.Request) {
	c, err := p.choiceOf(r)
	if err != nil {
		refuse(w, err)
		return
	}
	c.Before = 0
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="deliveries-`+p.Now().UTC().Format("20060102-150405")+`.csv"`)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(deedLasts)) // where there is no limit, none is in the way
	out := csv.NewWriter(w)
	_ = out.Write([]string{"delivery", "state", "flow", "kind", "connection", "record", "version", "title", "amount", "currency", "code", "reason", "what to do", "target", "seen to by", "since"})
	err = p.App.EachListed(r.Context(), c, func(d app.ListedDelivery) error {
		row := []string{plainCount(d.ID), string(d.State), d.Flow, string(d.Kind), d.Record.Connection, d.Record.ID, strconv.Itoa(d.Version), d.Title, "", "", "", "", "", d.Target.ID, d.Assigned, d.UpdatedAt.UTC().Format(time.RFC3339)}
		if d.Money != nil {
			row[8], row[9] = d.Money.Amount, d.Money.Currency
		}
		switch {
		case d.Err != nil:
			row[10], row[11], row[12] = string(d.Err.Code), app.ErrorShape(d.Err).Message, d.Err.Hint
		case d.State == connector.Blocked && len(d.BlockedOn) > 0:
			row[11] = "waits for " + d.BlockedOn[0].Reason
		}
		for i := range row {
			if i != 8 {
				row[i] = literal(row[i])
			}
		}
		return out.Write(row)
	})
	if out.Flush(); err != nil {
		p.Log.Error("a list broke off", "path", loggedPath(r), "error", err)
		panic(http.ErrAbortHandler) // half a list must not look whole
	}
}

// literal is a text that no spreadsheet takes for a formula: names come from outside.
func literal(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
