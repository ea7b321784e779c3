package engine

import connector "ml-connector"

// overlay holds what a dry run would have made: records that were read, and Links of what would be created.
type overlay struct {
	links   map[string]overlayLink        // by connection:kind:id
	read    map[string]connector.Standing // every record that was read
	numbers map[string][]string           // connection:kind:number → ids
}

type overlayLink struct {
	id       string
	standing connector.Standing
}

func newOverlay() *overlay {
	return &overlay{links: map[string]overlayLink{}, read: map[string]connector.Standing{}, numbers: map[string][]string{}}
}

func (o *overlay) linked(kind connector.Kind, connection string, ids []string) (string, connector.Standing, bool) {
	if o == nil {
		return "", "", false
	}
	for _, id := range ids {
		if l, ok := o.links[connector.Record{Connection: connection, Kind: kind, ID: id}.String()]; ok {
			return l.id, l.standing, true
		}
	}
	return "", "", false
}

func (o *overlay) numbered(ref connector.Ref) []string {
	if o == nil {
		return nil
	}
	return o.numbers[connector.Record{Connection: ref.Connection, Kind: ref.Kind, ID: ref.Number}.String()]
}

func (o *overlay) note(rec connector.Record, v connector.Version) {
	o.read[rec.String()] = v.Standing
	for _, n := range v.Numbers {
		key := connector.Record{Connection: rec.Connection, Kind: rec.Kind, ID: n}.String()
		o.numbers[key] = append(o.numbers[key], rec.ID)
	}
}

// link notes that two records belong together; the standing of each is what was read, else what is given.
func (o *overlay) link(a, b connector.Record, standing connector.Standing) {
	o.links[a.String()] = overlayLink{b.ID, o.standing(b, standing)}
	o.links[b.String()] = overlayLink{a.ID, o.standing(a, standing)}
}

func (o *overlay) standing(r connector.Record, otherwise connector.Standing) connector.Standing {
	if s, read := o.read[r.String()]; read && s != "" {
		return s
	}
	return otherwise
}

func (o *overlay) has(r connector.Record) bool {
	_, read := o.read[r.String()]
	return read
}
