package app

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// LinkPair is a line of a list of Links: two records that are the same thing, as CONNECTION:KIND:ID.
type LinkPair struct {
	Source string `json:"source"`
	Target string `json:"target"` // "" = nobody has said yet
	Why    string `json:"why"`
	Line   int    `json:"-"`
}

// pairColumns begin the first line of a list of Links; more columns are for people.
var pairColumns = [2]string{"source", "target"}

// ReadPairs reads a list of Links. Lines without a target are left out: nobody has said yet what they are.
func ReadPairs(text io.Reader, file string) ([]LinkPair, error) {
	op := "read " + file
	r := csv.NewReader(text)
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil || len(header) < 2 || strings.TrimPrefix(header[0], "\ufeff") != pairColumns[0] || header[1] != pairColumns[1] {
		return nil, connector.Errorf(connector.Invalid, op, "its first line is not source,target").Advise("`ml-connector link --candidates -o csv` prints such a list.")
	}
	var out []LinkPair
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, connector.Errorf(connector.Invalid, op, "it is not CSV").Because(err)
		}
		line, _ := r.FieldPos(0)
		if len(cells) < 2 || cells[0] == "" {
			return nil, connector.Errorf(connector.Invalid, op, "line %d has no source and target", line)
		}
		if cells[1] != "" {
			out = append(out, LinkPair{Source: cells[0], Target: cells[1], Line: line})
		}
	}
}

// shownFaults is how many lines with a fault are told.
const shownFaults = 10

// errLinesAtFault rolls a list of Links back.
var errLinesAtFault = errors.New("lines at fault")

// LinkAll makes the Links of a list, all or none: every line that can't be is named. Those that are there already stay.
func (a *App) LinkAll(ctx context.Context, pairs []LinkPair, file string, by people.Actor) error {
	if err := by.May(people.ChangeLink); err != nil {
		return err
	}
	var faults []string
	err := a.DB.Tx(ctx, func(tx *store.Tx) error {
		faults = nil
		for _, p := range pairs {
			fail := a.linkIn(tx, p, by.Name)
			if fail == nil {
				continue
			}
			e := connector.AsError(fail)
			if e.Code == connector.Internal || e.Code == connector.Unavailable {
				return fail
			}
			text := fmt.Sprintf("line %d: %s", p.Line, e.Error())
			if e.Hint != "" {
				text += " (" + e.Hint + ")"
			}
			faults = append(faults, text)
		}
		if len(faults) > 0 {
			return errLinesAtFault
		}
		return nil
	})
	if !errors.Is(err, errLinesAtFault) || len(faults) == 0 {
		return err
	}
	text := strings.Join(faults[:min(len(faults), shownFaults)], "; ")
	if more := len(faults) - shownFaults; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return connector.Errorf(connector.Conflict, "link the list "+file, "%s", text).Advise("Nothing was linked. Correct these lines and try again.")
}

func (a *App) linkIn(tx *store.Tx, p LinkPair, actor string) error {
	x, err := ParseRecord(p.Source)
	if err != nil {
		return err
	}
	y, err := ParseRecord(p.Target)
	if err != nil {
		return err
	}
	for _, r := range []connector.Record{x, y} {
		if _, err := tx.Connection(r.Connection); err != nil {
			return err
		}
	}
	return tx.LinkRecords(x, y, actor)
}

// LinkCandidates lists the records that are held since the target has something that may be the same, in the form that LinkAll takes:
// a person looks, and leaves out or corrects what is not.
func (a *App) LinkCandidates(ctx context.Context) ([]LinkPair, error) {
	out := []LinkPair{}
	err := a.DB.EachDelivery(ctx, store.DeliveryFilter{State: connector.Held, Code: connector.Conflict}, func(d connector.Delivery) error {
		p := LinkPair{Source: d.Record.String(), Why: d.Err.Message}
		if d.Target.ID != "" {
			p.Target = d.Target.String()
		}
		out = append(out, p)
		return nil
	})
	return out, err
}
