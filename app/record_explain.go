package app

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/mapping"
	"ml-connector/store"
)

// Explained says of each value of a Delivery which rule made it, and from what, by the rules and Crosswalks as they are now.
type Explained struct {
	Delivery int64        `json:"delivery"`
	Flow     string       `json:"flow"`
	Version  int          `json:"version"` // of the source
	Fields   []FieldTrace `json:"fields"`
}

// FieldTrace is how one value came about.
type FieldTrace struct {
	Field      string       `json:"field"`
	Sent       string       `json:"sent"`  // what was sent last; "" when nothing was, or not this
	Value      string       `json:"value"` // what the rules as they are now make of it
	Rule       string       `json:"rule"`  // in the words of the mapping file
	Line       int          `json:"line"`  // there
	From       []TraceValue `json:"from"`
	Crosswalks []TraceRow   `json:"crosswalks"`
}

// TraceValue is one value that a rule read.
type TraceValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// TraceRow is one look-up in a Crosswalk, and who set the row that counted.
type TraceRow struct {
	Crosswalk string     `json:"crosswalk"`
	Value     string     `json:"value"`
	Day       string     `json:"day"`
	To        string     `json:"to"`
	Row       bool       `json:"row"` // false: there is none
	SetAt     *time.Time `json:"set_at"`
	SetBy     string     `json:"set_by"`
}

// ExplainRecord explains the foremost Delivery of a Record, or of the one that was delivered to it.
func (a *App) ExplainRecord(ctx context.Context, text string) (Explained, error) {
	row, err := a.FindRecord(ctx, text)
	if err != nil {
		return Explained{}, err
	}
	p, err := a.RecordPage(ctx, row.Record, 0)
	if err != nil {
		return Explained{}, err
	}
	if p.Focus == nil {
		return Explained{}, connector.Errorf(connector.NotFound, "explain "+row.Record.String(), "no flow delivers it").
			Advise("`ml-connector flow list` shows what is moved.")
	}
	return a.explained(ctx, *p.Focus)
}

// explained maps the Version of a Delivery once more and says how each value comes about.
func (a *App) explained(ctx context.Context, d connector.Delivery) (Explained, error) {
	out := Explained{Delivery: d.ID, Flow: d.Flow, Version: d.Version, Fields: []FieldTrace{}}
	traces, err := a.explainer().Explain(ctx, d.ID)
	if err != nil {
		return out, err
	}
	document, err := a.sentDocument(ctx, d)
	if err != nil {
		return out, err
	}
	sent := map[string]string{}
	for _, c := range Leaves(document) {
		sent[c.Field] = c.New
	}
	setters := map[[3]string]store.CrosswalkChange{}
	for _, t := range traces {
		f := FieldTrace{Field: t.Field, Sent: sent[t.Field], Value: t.Value, Rule: t.Rule, Line: t.Line, From: []TraceValue{}, Crosswalks: []TraceRow{}}
		for _, g := range t.From {
			f.From = append(f.From, TraceValue(g))
		}
		for _, r := range t.Rows {
			row, err := a.traceRow(ctx, r, setters)
			if err != nil {
				return out, err
			}
			f.Crosswalks = append(f.Crosswalks, row)
		}
		out.Fields = append(out.Fields, f)
	}
	return out, nil
}

// traceRow says who set the row that counted last.
func (a *App) traceRow(ctx context.Context, r mapping.Found, known map[[3]string]store.CrosswalkChange) (TraceRow, error) {
	out := TraceRow{Crosswalk: r.Crosswalk, Value: r.Value, Day: r.Day, To: r.To, Row: r.Row}
	if !r.Row {
		return out, nil
	}
	key := [3]string{r.Crosswalk, r.Value, r.To}
	if _, asked := known[key]; !asked {
		var last store.CrosswalkChange
		err := a.DB.CrosswalkHistory(ctx, r.Crosswalk, r.Value, func(c store.CrosswalkChange) error {
			pair := [2]string{c.Row.Left, c.Row.Right}
			if last.At.IsZero() && (pair == [2]string{r.Value, r.To} || pair == [2]string{r.To, r.Value}) {
				last = c
			}
			return nil
		})
		if err != nil {
			return out, err
		}
		known[key] = last
	}
	if c := known[key]; !c.At.IsZero() {
		out.SetAt, out.SetBy = &c.At, c.Actor
	}
	return out, nil
}

// explainer is an engine that calls nothing and runs nothing; it keeps opened Connections and read rules from one explanation to the
// next.
func (a *App) explainer() *engine.Engine {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.explains == nil {
		a.explains = a.newEngine()
	}
	return a.explains
}
