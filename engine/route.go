package engine

import (
	"context"
	"slices"

	connector "ml-connector"
	"ml-connector/mapping"
)

// route is a Flow made ready to run: its rules parsed, both its Connections open.
type route struct {
	flow     connector.Flow
	rules    *mapping.Flow
	where    *mapping.Filter
	fixed    *mapping.Fixed
	from, to *peer
	source   connector.Source
	sink     connector.Sink
	plan     string             // the saved plan that bounds its writes now, "" = none
	reads    connector.KindInfo // of the source
	writes   connector.KindInfo // of the target
}

type parsedMapping struct {
	text  [2]string // that it was parsed from: the mapping and `where`
	rules *mapping.Flow
	where *mapping.Filter
	fixed *mapping.Fixed
	peers [2]*peer // from whose settings the fixed values come
}

// route opens what a Flow needs. Its errors are misconfigured unless a Connection's own say more.
func (e *Engine) route(ctx context.Context, name string) (*route, error) {
	f, err := e.DB.Flow(ctx, name)
	if err != nil {
		return nil, err
	}
	return e.routeOf(ctx, f)
}

// routeOf is route of a Flow whose rules may be others than those that are stored.
func (e *Engine) routeOf(ctx context.Context, f connector.Flow) (r *route, err error) {
	name := f.Name
	r = &route{flow: f}
	if r.plan, err = e.DB.BoundBy(ctx, name); err != nil {
		return nil, err
	}
	if r.from, err = e.peer(ctx, f.From); err != nil {
		return nil, err
	}
	if r.to, err = e.peer(ctx, f.To); err != nil {
		return nil, err
	}
	p, err := e.parse(f)
	if err != nil {
		return nil, err
	}
	r.rules, r.where, r.fixed = p.rules, p.where, e.fixed(p, r)
	r.reads, r.writes = r.from.instance.Kind(f.Kind), r.to.instance.Kind(f.Kind)
	var reads, writes bool
	r.source, reads = r.from.instance.(connector.Source)
	r.sink, writes = r.to.instance.(connector.Sink)
	op := "run flow " + name
	if !reads || !r.reads.Reads {
		return nil, connector.Errorf(connector.Misconfigured, op, "connection %s cannot read %s", f.From, f.Kind).Advise("Check the Flow's `from` and the Connection's profile.")
	}
	if !writes || !r.writes.Writes {
		return nil, connector.Errorf(connector.Misconfigured, op, "connection %s cannot write %s", f.To, f.Kind).Advise("Check the Flow's `to` and the Connection's profile.")
	}
	return r, nil
}

// mostMappings bounds how many parsed mappings are remembered; there is one for each Flow.
const mostMappings = 256

func (e *Engine) parse(f connector.Flow) (*parsedMapping, error) {
	text := [2]string{f.Mapping, f.Where}
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.mappings[f.Name]; p != nil && p.text == text {
		return p, nil
	}
	rules, err := mapping.Parse([]byte(f.Mapping))
	if err != nil {
		return nil, connector.Errorf(connector.Misconfigured, "read the mapping of flow "+f.Name, "it is not valid").Because(err)
	}
	p := &parsedMapping{text: text, rules: rules}
	if f.Where != "" {
		if p.where, err = mapping.Where(f.Where); err != nil {
			return nil, connector.Errorf(connector.Misconfigured, "read `where` of flow "+f.Name, "it is not valid").Because(err)
		}
	}
	if len(e.mappings) >= mostMappings {
		clear(e.mappings) // of Flows that are gone by now, mostly
	}
	e.mappings[f.Name] = p
	return p, nil
}

// fixed gives what the mapping works out of the settings alone, anew when one of the Connections was opened anew.
func (e *Engine) fixed(p *parsedMapping, r *route) *mapping.Fixed {
	e.mu.Lock()
	defer e.mu.Unlock()
	if peers := [2]*peer{r.from, r.to}; p.peers != peers {
		p.fixed, p.peers = &mapping.Fixed{}, peers
	}
	return p.fixed
}

// finder is the target's Finder, nil when it has none.
func (r *route) finder() connector.Finder {
	f, _ := r.to.instance.(connector.Finder)
	return f
}

// needs lists what all enabled Flows want of one Connection.
func (e *Engine) needs(ctx context.Context, connection string) ([]connector.Need, error) {
	flows, err := e.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	needs := NeedsOf(flows, connection)
	if len(needs) == 0 { // none runs yet: those that could are what somebody wants to know of
		for i := range flows {
			flows[i].Enabled = true
		}
		needs = NeedsOf(flows, connection)
	}
	return needs, nil
}

// NeedsOf is what those of the Flows that are enabled want of one Connection.
func NeedsOf(flows []connector.Flow, connection string) []connector.Need {
	var out []connector.Need
	for _, f := range flows {
		if f.Enabled && (f.From == connection || f.To == connection) {
			out = append(out, connector.Need{Flow: f.Name, Kind: f.Kind, Reads: f.From == connection, Writes: f.To == connection,
				Hears: f.From == connection && f.Track != "" && tells(f)})
		}
	}
	return out
}

// ordered gives the Flows to run, in dependency order; no names means all that are enabled.
func (e *Engine) ordered(ctx context.Context, names []string) ([]connector.Flow, error) {
	flows, err := e.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	var out []connector.Flow
	for _, f := range flows {
		if len(names) == 0 && f.Enabled || slices.Contains(names, f.Name) {
			out = append(out, f)
		}
	}
	for _, n := range names {
		if !slices.ContainsFunc(out, func(f connector.Flow) bool { return f.Name == n }) {
			return nil, connector.Errorf(connector.NotFound, "find flow "+n, "there is no such flow").Advise("`ml-connector flow list` shows those that there are.")
		}
	}
	return out, nil
}
