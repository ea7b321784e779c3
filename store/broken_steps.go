package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	connector "ml-connector"
)

// brokenLinks finds Links that the keys of the table don't keep apart, because their sides are in the wrong order (I6).
func (db *DB) brokenLinks(ctx context.Context) ([]Broken, error) {
	var out []Broken
	err := each(db.view(ctx), "check I6", "SELECT DISTINCT a_connection, b_connection, kind, MIN(a_id) FROM links GROUP BY a_connection, b_connection, kind", nil, func(rows *sql.Rows) error {
		var a, b string
		var r connector.Record
		if err := rows.Scan(&a, &b, &r.Kind, &r.ID); err != nil {
			return err
		}
		if r.Connection = a; a >= b {
			out = append(out, Broken{Item: "I6", Record: r, Text: fmt.Sprintf("a Link has its sides in the wrong order, %s before %s: a second one could be made", a, b)})
		}
		return nil
	})
	return out, err
}

// steps follows the Entries of one Delivery, which tell how it came from state to state.
type steps struct {
	at    Broken
	state connector.State // that the Delivery has
	told  connector.State // where its Entries have led so far
	first bool
	bad   bool
}

// brokenSteps finds Deliveries whose Entries do not lead from waiting to the state that they have (I5).
func (db *DB) brokenSteps(ctx context.Context) ([]Broken, error) {
	var out []Broken
	var s steps
	end := func() {
		if s.at.Delivery != 0 && !s.bad && s.told != s.state {
			s.breaks("it is %s, and its last Entry left it %s", s.state, s.told)
		}
		if s.bad {
			out = append(out, s.at)
		}
	}
	err := each(db.view(ctx), "check I5", `SELECT d.flow, d.run, d.id, r.connection, r.kind, r.ext_id, d.state, COALESCE(e.action, ''), COALESCE(e.details, '')
 FROM deliveries d JOIN records r ON r.id = d.record LEFT JOIN entries e ON e.delivery = d.id AND e.delivery > 0 AND e.action LIKE 'delivery.%' AND e.action NOT IN ('delivery.life', 'delivery.acknowledged', 'delivery.not_acknowledged', 'delivery.assigned', 'delivery.noted')
 ORDER BY d.id, e.number`, nil, func(rows *sql.Rows) error {
		b := Broken{Item: "I5"}
		var state connector.State
		var action, text string
		if err := rows.Scan(&b.Flow, &b.Run, &b.Delivery, &b.Record.Connection, &b.Record.Kind, &b.Record.ID, &state, &action, &text); err != nil {
			return err
		}
		if b.Delivery != s.at.Delivery {
			end()
			s = steps{at: b, state: state, told: connector.Waiting, first: true}
		}
		if action == "" {
			return nil
		}
		var details map[string]string
		err := fromJSON(text, &details)
		s.follow(action, details)
		return err
	})
	end()
	return out[:min(len(out), mostBroken)], err
}

func (s *steps) follow(action string, details map[string]string) {
	from, to := connector.State(details["from"]), connector.State(details["to"])
	if to == "" {
		to = connector.State(strings.TrimPrefix(action, "delivery."))
	}
	switch {
	case from != "" && from != s.told:
		s.breaks("an Entry takes it from %s to "+string(to)+", but the one before left it %s", from, s.told)
	case action == "delivery.sending" && s.told != connector.Waiting && s.told != connector.InDoubt:
		s.breaks("it was sent out of the state %s%s", s.told, "")
	case from == "" && action != "delivery.sending" && !s.first:
		s.breaks("an Entry makes it %s and does not say that it was %s", to, s.told)
	}
	s.told, s.first = to, false
}

// breaks notes the first thing that does not fit.
func (s *steps) breaks(format string, x, y connector.State) {
	if s.bad {
		return
	}
	s.bad, s.at.Text = true, fmt.Sprintf(format, x, y)
}
