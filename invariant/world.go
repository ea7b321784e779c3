package invariant

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/store"
)

// world is the store and the sides at one moment.
type world struct {
	flows   []connector.Flow
	newest  map[string][]store.Newest                         // by Flow
	objects map[string]map[connector.Kind]map[string][]Object // by Connection, Kind, ID
	links   map[connector.Record]map[connector.Record]bool    // ever made
}

func look(ctx context.Context, db *store.DB, sides []Side) (*world, error) {
	w := &world{newest: map[string][]store.Newest{}, objects: map[string]map[connector.Kind]map[string][]Object{}, links: map[connector.Record]map[connector.Record]bool{}}
	var err error
	if w.flows, err = db.Flows(ctx); err != nil {
		return nil, err
	}
	for _, f := range w.flows {
		if w.newest[f.Name], err = db.NewestOf(ctx, f); err != nil {
			return nil, err
		}
	}
	if len(sides) == 0 {
		return w, nil
	}
	for _, s := range sides {
		w.objects[s.Connection()] = map[connector.Kind]map[string][]Object{}
		for _, k := range connector.Kinds() {
			byID := map[string][]Object{}
			for _, o := range s.Objects(k) {
				byID[o.ID] = append(byID[o.ID], o)
			}
			w.objects[s.Connection()][k] = byID
		}
	}
	return w, db.EachEntry(ctx, store.EntryFilter{Action: "link."}, func(e connector.Entry) error {
		x, y := record(e.Subject), record(e.Details["other"])
		if e.Action == "link.moved" {
			y = record(e.Details["target"])
		}
		for _, p := range [][2]connector.Record{{x, y}, {y, x}} {
			if w.links[p[0]] == nil {
				w.links[p[0]] = map[connector.Record]bool{}
			}
			w.links[p[0]][p[1]] = true
		}
		return nil
	})
}

// record reads CONNECTION:KIND:ID.
func record(text string) connector.Record {
	parts := append(strings.SplitN(text, ":", 3), "", "")
	return connector.Record{Connection: parts[0], Kind: connector.Kind(parts[1]), ID: parts[2]}
}

// check compares what Flows wrote with what the sides hold and have seen.
func (w *world) check(written map[string]map[connector.Kind][]Write) []Violation {
	var out []Violation
	for connection, kinds := range w.objects {
		for kind, byID := range kinds {
			out = append(out, w.once(connection, kind, byID)...)
			out = append(out, w.accounted(connection, kind, written[connection][kind])...)
		}
	}
	for _, f := range w.flows {
		held, known := w.objects[f.To]
		if !known {
			continue
		}
		out = append(out, w.told(f, held[f.Kind])...)
		for _, n := range w.newest[f.Name] {
			if n.State == connector.Delivered && n.Stage != connector.StageSent && n.Linked != "" && len(held[f.Kind][n.Linked]) == 0 {
				out = append(out, violation("I7", f, n, "it was delivered as %s, and %s holds no such thing", n.Linked, f.To))
			}
			if n.Linked != "" && n.Attempts > 0 {
				out = append(out, w.named(f, n, held[f.Kind][n.Linked])...)
			}
		}
	}
	return out
}

// told finds what a source was told that its target does not hold.
func (w *world) told(f connector.Flow, held map[string][]Object) []Violation {
	became := map[string]bool{}
	for _, same := range held {
		for _, o := range same {
			for _, text := range o.Became {
				became[text] = true
			}
		}
	}
	var out []Violation
	for id, same := range w.objects[f.From][f.Kind] {
		for _, text := range same[0].Told {
			if !became[text] {
				out = append(out, Violation{Item: "told", Flow: f.Name, Record: connector.Record{Connection: f.From, Kind: f.Kind, ID: id},
					Text: fmt.Sprintf("it was told %q, and %s holds no such thing", text, f.To)})
			}
		}
	}
	return out
}

func violation(item string, f connector.Flow, n store.Newest, format string, args ...any) Violation {
	return Violation{Item: item, Flow: f.Name, Delivery: n.Delivery, Record: n.Record, Text: fmt.Sprintf(format, args...)}
}

// once finds records of the source that a Connection holds more than one object of (I7).
func (w *world) once(connection string, kind connector.Kind, byID map[string][]Object) []Violation {
	var out []Violation
	of := map[string][]string{}
	for id, same := range byID {
		if len(same) > 1 {
			out = append(out, Violation{Item: "I7", Record: connector.Record{Connection: connection, Kind: kind, ID: id}, Text: fmt.Sprintf("it exists %d times", len(same))})
		}
		for _, o := range same {
			if o.Of != "" {
				of[o.Of] = append(of[o.Of], id)
			}
		}
	}
	for key, ids := range of {
		if len(ids) > 1 && w.sent(connection, kind, key, "") > 0 {
			slices.Sort(ids)
			out = append(out, Violation{Item: "I7", Record: connector.Record{Connection: connection, Kind: kind, ID: ids[0]},
				Text: fmt.Sprintf("what we know as %s exists there %d times: %v", key, len(ids), ids)})
		}
	}
	return out
}

// accounted finds writes that no Delivery accounts for: each effect at a target is one attempt of a Delivery to it (I9: a
// write of our own that is read back writes nothing, and I7: nothing is sent that nobody marked as sent).
func (w *world) accounted(connection string, kind connector.Kind, writes []Write) []Violation {
	type thing struct{ of, id string }
	count := map[thing]int{}
	for _, x := range writes {
		if x.Of != "" {
			x.ID = ""
		}
		count[thing{x.Of, x.ID}]++
	}
	var out []Violation
	for x, n := range count {
		sent := w.sent(connection, kind, x.of, x.id)
		if n <= sent {
			continue
		}
		item := "I7"
		if sent == 0 {
			item = "I9"
		}
		out = append(out, Violation{Item: item, Record: connector.Record{Connection: connection, Kind: kind, ID: x.of + x.id},
			Text: fmt.Sprintf("it was written %d times, and Deliveries account for %d", n, sent)})
	}
	return out
}

// sent counts the attempts of all Deliveries to a Connection for a source record by its ID or number, or for a target ID.
func (w *world) sent(connection string, kind connector.Kind, of, id string) int {
	sum := 0
	for _, f := range w.flows {
		if f.To != connection || f.Kind != kind {
			continue
		}
		for _, n := range w.newest[f.Name] {
			if of != "" && (n.Record.ID == of || slices.Contains(n.Numbers, of)) || id != "" && (n.Linked == id || slices.Contains(n.Targets, id)) {
				sum += n.Attempts
			}
		}
	}
	return sum
}

// named finds references of a written object to what was never linked (I11).
func (w *world) named(f connector.Flow, n store.Newest, held []Object) []Violation {
	var out []Violation
	for _, o := range held {
		for _, ref := range o.Names {
			if !w.moves(f, ref.Kind) || slices.ContainsFunc(keys(w.links[ref]), func(r connector.Record) bool { return r.Connection == f.From }) {
				continue
			}
			out = append(out, violation("I11", f, n, "it was written and names %s, which was never linked", ref))
		}
	}
	return out
}

// moves says whether any Flow moves a Kind between the two Connections of another one.
func (w *world) moves(f connector.Flow, kind connector.Kind) bool {
	return slices.ContainsFunc(w.flows, func(g connector.Flow) bool {
		return g.Kind == kind && (g.From == f.From && g.To == f.To || g.From == f.To && g.To == f.From)
	})
}

func keys(m map[connector.Record]bool) []connector.Record {
	var out []connector.Record
	for r := range m {
		out = append(out, r)
	}
	return out
}

// settled finds what is not as it should be once everything was read and delivered. What we wrote need not have been read
// back.
func (w *world) settled() []Violation {
	var out []Violation
	for _, f := range w.flows {
		if !f.Enabled || f.Paused.Code != "" {
			continue
		}
		known := map[string]bool{}
		sources := w.objects[f.From][f.Kind]
		for _, n := range w.newest[f.Name] {
			known[n.Record.ID] = true
			if n.Open {
				out = append(out, violation("rest", f, n, "it is %s, and should have gone on by itself", n.State))
				continue
			}
			out = append(out, w.agree(f, n)...)
		}
		for id, o := range sources {
			if !known[id] && o[0].Of == "" && due(f, o[0]) && (o[0].Changed.IsZero() || !o[0].Changed.Before(f.Start)) {
				out = append(out, Violation{Item: "I4", Flow: f.Name, Record: connector.Record{Connection: f.From, Kind: f.Kind, ID: id}, Text: "its source holds it, and it was never read"})
			}
		}
	}
	return out
}

// due says that a Flow must have read an object as it is now: it changed before the moment up to which everything is read,
// or, where that can't be told, there is such a moment.
func due(f connector.Flow, o Object) bool {
	return !f.Cursor.IsZero() && (o.Changed.IsZero() || o.Changed.Before(f.Cursor))
}

// agree compares what both sides hold of a delivered record whose present content was agreed on (I10, I12).
func (w *world) agree(f connector.Flow, n store.Newest) []Violation {
	sources, targets := w.objects[f.From][f.Kind][n.Record.ID], w.objects[f.To][f.Kind][n.Linked]
	if len(sources) != 1 {
		return nil
	}
	source := sources[0]
	if source.Stamp != "" && n.Stamp != source.Stamp && due(f, source) {
		return []Violation{violation("I4", f, n, "its source has it as of %s, and it was read as of %s", source.Stamp, n.Stamp)}
	}
	if n.State != connector.Delivered && n.State != connector.Unchanged || n.Linked == "" || n.Agreed != n.Version || !n.Owns || len(targets) != 1 {
		return nil
	}
	var out []Violation
	for name, want := range source.Facts {
		have, both := targets[0].Facts[name]
		if both && !equal(want, have) {
			item := "I10"
			if name == "total" {
				item = "I12"
			}
			out = append(out, violation(item, f, n, "its %s is %q, and %s holds %q in %s", name, want, f.To, have, n.Linked))
		}
	}
	return out
}

// equal compares numbers by their value, other texts as they are.
func equal(a, b string) bool {
	if a == b {
		return true
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}
