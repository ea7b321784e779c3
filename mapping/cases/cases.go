// Package cases reads golden cases of mappings and runs them: a Record and what is known around it go in, the target
// Document or every reason why there is none come out. The shipped Flows and a customer's own are tested by the same cases.
//
// A case is a file NAME.in.json: what it is about, and what is known; a base.json beside it holds what its cases have in
// common, and `change` lays single values over that, by path. What comes out stands in NAME.out.json.
//
// It must never read or write a file, call a System, or forgive a key that it does not know. It is proved by a table of
// broken cases and by the cases of the shipped Flows.
package cases

import (
	"time"

	connector "ml-connector"
	"ml-connector/mapping"
)

// Case is a Record and what is known around it.
type Case struct {
	About    string                       `json:"about"`
	Record   string                       `json:"record"` // its ID
	Source   connector.Document           `json:"source"`
	Linked   bool                         `json:"linked"`
	TargetID string                       `json:"target_id"`
	Target   connector.Document           `json:"target"` // as it was last read there
	FromName string                       `json:"from_name"`
	ToName   string                       `json:"to_name"`
	From     connector.Settings           `json:"from"`
	To       connector.Settings           `json:"to"`
	Now      time.Time                    `json:"now"`
	Where    string                       `json:"where"`
	Rows     map[string]map[string]string `json:"crosswalks"` // in the direction of the Flow
	Links    map[string]Link              `json:"links"`      // by "kind id" or "kind number"
	Counter  string                       `json:"counter"`    // the number that choose gives
}

// Link is what is known of a Record that the case's Record refers to.
type Link struct {
	ID       string             `json:"id"`     // at the other side
	Source   string             `json:"source"` // of what it was merged into here; "" = it was not
	Standing connector.Standing `json:"standing"`
	Target   connector.Document `json:"target"`
}

// Ends are the two Connections as the case is run between them.
type Ends struct {
	FromName, ToName string
	From, To         connector.Settings // in force
	Schema           connector.Schema   // of the target's Documents
}

// Context is what a Flow is told of the case.
func (c *Case) Context(f *mapping.Flow, e Ends) (mapping.Context, error) {
	from, to := or(c.FromName, e.FromName), or(c.ToName, e.ToName)
	m := mapping.Context{
		Record: connector.Record{Connection: from, Kind: f.Kind, ID: c.Record}, Source: c.Source,
		Linked: c.Linked, TargetID: c.TargetID, Target: c.Target, From: e.From, To: e.To, FromName: from, ToName: to, Now: c.Now, Schema: e.Schema,
		Crosswalk: func(name, value, _ string) (string, bool) {
			to, ok := c.Rows[name][value]
			return to, ok
		},
		Link:   c.link,
		Choose: func(string) (string, error) { return c.Counter, nil },
	}
	if c.Where == "" {
		return m, nil
	}
	where, err := mapping.Where(c.Where)
	m.Where = where
	return m, err
}

func (c *Case) link(ref connector.Ref) mapping.LinkState {
	for _, id := range append(append([]string{}, ref.IDs...), ref.Number) {
		if s, ok := c.Links[string(ref.Kind)+" "+id]; ok {
			return mapping.LinkState{Found: true, ID: s.ID, Source: or(s.Source, id), Standing: s.Standing, Target: s.Target}
		}
	}
	return mapping.LinkState{}
}

func or(given, otherwise string) string {
	if given != "" {
		return given
	}
	return otherwise
}
