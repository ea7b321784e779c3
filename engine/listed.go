package engine

import (
	"context"
	"encoding/json"
	"time"

	connector "ml-connector"
	"ml-connector/spill"
)

// listed are the target's objects of a window as its own list showed them, beside memory, by their IDs. Nil is a list that could not be read.
type listed struct {
	rows *spill.Table
	done []uint64 // a bit for each row: it was compared
}

// listedObject is one object of the list. Its Document is what a look-up would tell of it.
type listedObject struct {
	ID       string             `json:"-"`
	row      int                // its place in the order of the IDs
	Ours     bool               `json:"o,omitempty"`
	Standing connector.Standing `json:"s,omitempty"`
	Document connector.Document `json:"d,omitempty"`
	Own      connector.Document `json:"w,omitempty"` // without a Document: as the target itself tells it
}

// list reads the target's own list of the window. One that is refused, or that its profile does not fit, is no reason to compare nothing.
func (c *comparison) list(ctx context.Context, w connector.Window) *connector.Error {
	src, ok := c.r.to.instance.(connector.Source)
	if !ok || !c.r.writes.Reads {
		return nil
	}
	q := connector.Query{Kind: c.r.flow.Kind, From: w.From, To: w.To}
	if !c.r.writes.Windowed {
		q.From = time.Time{} // the whole
	}
	l := &listed{rows: spill.New(spill.Room)}
	fail := c.e.eachPage(ctx, c.r.to, src, c.run, q, func(page connector.Page, xs []connector.Exchange) *connector.Error {
		if err := c.e.DB.SaveExchanges(context.WithoutCancel(ctx), xs); err != nil {
			return connector.AsError(err)
		}
		for _, v := range page.Versions {
			if err := l.put(v); err != nil {
				return connector.AsError(err)
			}
		}
		return nil
	})
	if fail != nil && fail.Code.Reaction() == connector.ReactPauseFlow {
		l.close()
		c.told.Unlisted(c.r.flow.Name, fail)
		return nil
	}
	c.listed = l
	if fail == nil {
		fail = connector.AsError(l.sort())
	}
	return fail
}

// put keeps an object in the form of a look-up's answer: in the Sink's names, with what is known to be blank.
func (l *listed) put(v connector.Version) error {
	o := objectOf(v)
	text, err := json.Marshal(o)
	if err != nil {
		return connector.Errorf(connector.Internal, "keep what a list shows", "%s is no JSON", v.ID).Because(err)
	}
	return l.rows.Put(v.ID, text)
}

func objectOf(v connector.Version) listedObject {
	o := listedObject{ID: v.ID, row: unlistedRow, Ours: v.Ours, Standing: v.Standing, Document: v.Mirror}
	if o.Document == nil {
		o.Own = v.Document
	}
	return o
}

// unlistedRow is the row of an object that the list does not have.
const unlistedRow = -1

func (l *listed) sort() error {
	if err := l.rows.Sort(); err != nil {
		return err
	}
	l.done = make([]uint64, l.rows.Len()/64+1)
	return nil
}

func (l *listed) close() {
	if l != nil {
		l.rows.Close()
	}
}

func (l *listed) mark(row int)     { l.done[row/64] |= 1 << (row % 64) }
func (l *listed) was(row int) bool { return l.done[row/64]&(1<<(row%64)) != 0 }

// get is the object of an ID, nil when the list does not have it.
func (l *listed) get(id string) (*listedObject, error) {
	if l == nil {
		return nil, nil
	}
	body, row, found, err := l.rows.Get(id)
	if err != nil || !found {
		return nil, err
	}
	return readObject(row, id, body)
}

func readObject(row int, id string, body []byte) (*listedObject, error) {
	o := &listedObject{ID: id, row: row}
	if err := json.Unmarshal(body, o); err != nil {
		return nil, connector.Errorf(connector.Internal, "read what a list showed", "%s is no JSON", id).Because(err)
	}
	return o, nil
}

// show holds a record against the object of an ID, when the list has it.
func (l *listed) show(x *compared, id string) error {
	o, err := l.get(id)
	if err == nil && o != nil {
		l.mark(o.row)
		x.holds(o)
	}
	return err
}

// holds holds a record against an object.
func (x *compared) holds(o *listedObject) {
	x.found, x.own, x.listed = []connector.Found{{ID: o.ID, Standing: o.Standing, Document: o.Document}}, o.Own, true
}

// left gives the objects that were not compared, in the order of their IDs.
func (l *listed) left(fn func(listedObject) error) error {
	if l == nil {
		return nil
	}
	return l.rows.From("", func(row int, id string, body []byte) (bool, error) {
		if l.was(row) {
			return true, nil
		}
		o, err := readObject(row, id, body)
		if err != nil {
			return false, err
		}
		return true, fn(*o)
	})
}
