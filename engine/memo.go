package engine

import (
	"strings"

	connector "ml-connector"
	"ml-connector/mapping"
)

// memo remembers what the mappings of one batch have looked up: the same suppliers, accounts and codes come again and
// again. It lives as long as the batch, so what a batch links is seen by the next; what was not linked yet is asked
// again, and nothing is remembered of what was fetched meanwhile. A nil memo remembers nothing.
type memo struct {
	values map[[3]string]translation // by crosswalk, value and day
	links  map[string]mapping.LinkState
	flows  []connector.Flow // in the other direction
	asked  bool             // for them
}

type translation struct {
	value string
	ok    bool
}

func newMemo() *memo {
	return &memo{values: map[[3]string]translation{}, links: map[string]mapping.LinkState{}}
}

// translate gives what a crosswalk says of a value, or else finds it. An error is not remembered.
func (m *memo) translate(name, value, day string, find func() (string, bool, error)) (string, bool, error) {
	if m == nil {
		return find()
	}
	key := [3]string{name, value, day}
	t, known := m.values[key]
	if !known {
		var err error
		if t.value, t.ok, err = find(); err != nil {
			return "", false, err
		}
		m.values[key] = t
	}
	return t.value, t.ok, nil
}

// link gives what is known of a reference, or else finds it. An error is not remembered.
func (m *memo) link(ref connector.Ref, find func() (mapping.LinkState, error)) (mapping.LinkState, error) {
	if m == nil {
		return find()
	}
	key := ref.Connection + "\x00" + string(ref.Kind) + "\x00" + ref.Number + "\x00" + strings.Join(ref.IDs, "\x00")
	if s, known := m.links[key]; known {
		return s, nil
	}
	s, err := find()
	if err == nil && s.Found {
		m.links[key] = s
	}
	return s, err
}

// back gives the Flows in the other direction, or else finds them.
func (m *memo) back(find func() ([]connector.Flow, error)) ([]connector.Flow, error) {
	if m == nil {
		return find()
	}
	if !m.asked {
		flows, err := find()
		if err != nil {
			return nil, err
		}
		m.flows, m.asked = flows, true
	}
	return m.flows, nil
}

// forgetLinks is called when a Link was made in the middle of the batch.
func (m *memo) forgetLinks() {
	if m != nil {
		clear(m.links)
	}
}
