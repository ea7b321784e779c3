package app

import (
	"context"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/mapping"
	"ml-connector/store"
)

// FlowRules are the rules of a Flow beside what its target can hold, and what they make of one Record.
type FlowRules struct {
	Fields     []FlowField
	Unfilled   []FlowField     // of the target, that no rule fills: what it requires first
	Spread     bool            // besides, fields are taken over as they are
	Crosswalks []FlowCrosswalk // that it looks up, by name
	Tried      *FlowTrial      // nil when none was asked for
}

// FlowField is one field of a target.
type FlowField struct {
	mapping.Explanation
	Depth  int    // in groups and lists
	Name   string // the last part of Field
	Label  string // of the target, for people
	Needed bool   // the target requires it; of a field in a group or a list, where that is there
	Values []FieldTrace
}

// FlowCrosswalk is a Crosswalk that a Flow looks up.
type FlowCrosswalk struct {
	Name   string
	Rows   int
	Fields []string // that it fills by it; none where only a name of the rules does
}

// FlowTrial says what the rules make of a Record, as it was read last.
type FlowTrial struct {
	Record   connector.Record
	Title    string
	Delivery connector.Delivery
	Err      *connector.Error // they can't be applied to it
	Filled   int              // values that came of it
}

// FlowRules lists the rules of a Flow, and with the ID or a number of a Record what they make of it. Nothing is sent or changed.
func (a *App) FlowRules(ctx context.Context, name, try string) (FlowRules, error) {
	rules, target, err := a.explainer().Rules(ctx, name)
	if err != nil {
		return FlowRules{}, err
	}
	walks, err := a.Crosswalks(ctx)
	if err != nil {
		return FlowRules{}, err
	}
	out := rulesBeside(rules, target.Schema)
	out.crosswalks(rules, walks)
	if try = strings.TrimSpace(try); try != "" {
		err = a.tryRules(ctx, name, try, &out)
	}
	return out, err
}

// rulesBeside holds rules against what the target can hold.
func rulesBeside(rules *mapping.Flow, target connector.Schema) FlowRules {
	out := FlowRules{Spread: rules.Spreads()}
	fields, order := map[string]connector.Field{}, []string{}
	within(target.Fields, "", fields, &order)
	filled := map[string]bool{}
	spread := map[string]bool{"": out.Spread}
	for _, x := range rules.Explain() {
		f := flowField(x.Field, fields[x.Field])
		f.Explanation = x
		filled[x.Field], spread[x.Field] = true, x.Spread
		out.Fields = append(out.Fields, f)
	}
	for _, path := range order {
		parent := parentOf(path)
		if filled[path] || parent != "" && !filled[parent] || spread[parent] { // of a group that nothing fills, the group is told
			continue
		}
		f := flowField(path, fields[path])
		f.Field = path
		out.Unfilled = append(out.Unfilled, f)
	}
	slices.SortStableFunc(out.Unfilled, func(x, y FlowField) int {
		switch {
		case x.Needed == y.Needed:
			return 0
		case x.Needed:
			return -1
		}
		return 1
	})
	return out
}

func flowField(path string, f connector.Field) FlowField {
	name := path
	if parent := parentOf(path); parent != "" {
		name = path[len(parent)+1:]
	}
	return FlowField{Depth: strings.Count(path, "."), Name: name, Label: f.Label, Needed: f.Required}
}

func parentOf(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }

// within lists the fields of a target by their paths, as rules call them: those of lists end with [].
func within(fields []connector.Field, prefix string, into map[string]connector.Field, order *[]string) {
	for _, f := range fields {
		path := prefix + f.Name
		if f.Type == connector.TypeList {
			path += "[]"
		}
		into[path] = f
		*order = append(*order, path)
		within(f.Fields, path+".", into, order)
	}
}

func (r *FlowRules) crosswalks(rules *mapping.Flow, have []Crosswalk) {
	byName := map[string]*FlowCrosswalk{}
	for _, use := range rules.Crosswalks() {
		w := byName[use.Name]
		if w == nil {
			w = &FlowCrosswalk{Name: use.Name}
			byName[use.Name] = w
		}
		if use.Field != "" && !slices.Contains(w.Fields, use.Field) {
			w.Fields = append(w.Fields, use.Field)
		}
	}
	for _, c := range have {
		if w := byName[c.Name]; w != nil {
			w.Rows = c.Rows
		}
	}
	for _, w := range byName {
		r.Crosswalks = append(r.Crosswalks, *w)
	}
	slices.SortFunc(r.Crosswalks, func(x, y FlowCrosswalk) int { return strings.Compare(x.Name, y.Name) })
}

// tryRules applies the rules to the Version of a Record that the Flow read last.
func (a *App) tryRules(ctx context.Context, flow, text string, into *FlowRules) error {
	d, err := a.lastOfFlow(ctx, flow, text)
	if err != nil {
		return err
	}
	row, err := a.DB.RecordByID(ctx, d.Record)
	if err != nil {
		return err
	}
	into.Tried = &FlowTrial{Record: d.Record, Delivery: d}
	if row != nil {
		into.Tried.Title = row.Title
	}
	explained, err := a.explained(ctx, d)
	if err != nil {
		into.Tried.Err = connector.AsError(err)
		return nil
	}
	at := map[string]int{}
	for i, f := range into.Fields {
		at[f.Field] = i
	}
	for _, t := range explained.Fields {
		if i, known := at[withoutPlaces(t.Field)]; known {
			into.Fields[i].Values = append(into.Fields[i].Values, t)
			into.Tried.Filled++
		}
	}
	return nil
}

// lastOfFlow is the newest Delivery by which a Flow brings one of the Records that a text may mean.
func (a *App) lastOfFlow(ctx context.Context, flow, text string) (connector.Delivery, error) {
	rows, err := a.matches(ctx, text)
	if err != nil {
		return connector.Delivery{}, err
	}
	var records []connector.Record
	for _, row := range rows {
		records = append(records, row.Record)
	}
	for _, rec := range records { // a number of the target means what was brought there
		links, err := a.DB.LinksOf(ctx, rec)
		if err != nil {
			return connector.Delivery{}, err
		}
		for _, l := range links {
			records = append(records, l.Other(rec.Connection))
		}
	}
	for _, rec := range records {
		ds, err := a.DB.Deliveries(ctx, store.DeliveryFilter{Record: rec, Flow: flow, Newest: true, Limit: 1})
		if err != nil {
			return connector.Delivery{}, err
		}
		if len(ds) > 0 {
			return ds[0], nil
		}
	}
	return connector.Delivery{}, connector.Errorf(connector.NotFound, "", "The flow %s has read nothing that %q means.", flow, text).
		Advise("Try an ID or a number of a record that it has read; the list of its deliveries has them.")
}

// ScheduleWords says a schedule as a person would.
func ScheduleWords(schedule string) string {
	words, err := engine.ScheduleWords(schedule)
	if err != nil {
		return schedule
	}
	return words
}
