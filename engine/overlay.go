package engine

import (
	connector "ml-connector"
	"ml-connector/alike"
)

// overlay holds what a dry run would have made: records that were read, and Links of what would be created.
type overlay struct {
	links   map[string]overlayLink        // by connection:kind:id
	read    map[string]connector.Standing // every record that was read
	numbers map[string][]string           // connection:kind:number → ids
	traits  map[string]alike.Traits       // by connection:kind:id
	keys    map[string][]string           // connection:kind:key of Traits, or name key → ids
	whole   map[string]bool               // connection:kind that was read as a whole
}

type overlayLink struct {
	id       string
	standing connector.Standing
}

func newOverlay() *overlay {
	return &overlay{links: map[string]overlayLink{}, read: map[string]connector.Standing{}, numbers: map[string][]string{},
		traits: map[string]alike.Traits{}, keys: map[string][]string{}, whole: map[string]bool{}}
}

func (o *overlay) linked(kind connector.Kind, connection, id string) (string, connector.Standing, bool) {
	if o == nil {
		return "", "", false
	}
	l, ok := o.links[connector.Record{Connection: connection, Kind: kind, ID: id}.String()]
	return l.id, l.standing, ok
}

func (o *overlay) numbered(ref connector.Ref) []string {
	if o == nil {
		return nil
	}
	return o.numbers[connector.Record{Connection: ref.Connection, Kind: ref.Kind, ID: ref.Number}.String()]
}

func (o *overlay) note(rec connector.Record, v connector.Version) {
	o.read[rec.String()] = v.Standing
	if v.Name != "" {
		o.noteTraits(rec, v)
	}
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

// noteTraits keeps what a record is compared by.
func (o *overlay) noteTraits(rec connector.Record, v connector.Version) {
	if _, known := o.traits[rec.String()]; known {
		return
	}
	o.traits[rec.String()] = v.Traits
	for _, key := range append(alike.Keys(v.Traits), nameMark+alike.NameKey(v.Name)) {
		key = connector.Record{Connection: rec.Connection, Kind: rec.Kind, ID: key}.String()
		o.keys[key] = append(o.keys[key], rec.ID)
	}
}

// nameMark tells a name key from the others.
const nameMark = "name:"

// alike lists what was read of a Connection and shares a key with Traits, by ID, and says of each whether it goes by the same name.
func (o *overlay) alike(connection string, kind connector.Kind, traits alike.Traits, nameKey string) (ids []string, same map[string]bool) {
	same = map[string]bool{}
	seen := map[string]bool{}
	for _, key := range append([]string{nameMark + nameKey}, alike.Keys(traits)...) {
		for _, id := range o.keys[connector.Record{Connection: connection, Kind: kind, ID: key}.String()] {
			same[id] = same[id] || key == nameMark+nameKey
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids, same
}
