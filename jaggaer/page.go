package jaggaer

import (
	"encoding/json"
	"strings"

	connector "ml-connector"
)

// place is where a read of a list stands: all that the next page needs to know, so that nothing is kept between pages. As
// text it is the Next of a Page.
//
// A page begins with the item that the page before ended with (JAGGAER.md §3.3). If it doesn't, something left the list
// while it was read and what follows moved up: the read goes back by a page, until it meets what it has read already. A page
// with nothing but that item is the end only if nothing follows when asked without the overlap: a server that makes pages
// of one record would else end every list.
//
// While ids ascend, as JAGGAER lists them, what is read twice by going back is known by its id and left out. Where they
// don't, or the overlap could not be seen, a list whose total fell is read again whole (§3.5), and repetitions come through.
type place struct {
	Start int    `json:"s"`           // position of the first item to ask for, from 1
	Last  string `json:"l,omitempty"` // what the page before ended with; "" = this is the first page
	First string `json:"f,omitempty"` // what the page before began with
	Count int    `json:"n,omitempty"` // items of the page before
	Seen  int    `json:"c,omitempty"` // items of this list so far, repeated ones too
	Total int    `json:"t"`           // totRecords of the first page, -1 unknown
	Round int    `json:"r,omitempty"` // times that the whole list was read again
	Backs int    `json:"b,omitempty"` // times that the read went back
	High  string `json:"h,omitempty"` // the highest id read, while ids ascend
	Mixed bool   `json:"m,omitempty"` // ids do not ascend
	Blind bool   `json:"u,omitempty"` // a page was not seen to join the one before
	Again bool   `json:"a,omitempty"` // this page was asked for by going back
	Probe bool   `json:"p,omitempty"` // this page is asked for without the overlap
	Stuck int    `json:"k,omitempty"` // times in a row that a page began as the one before
}

// Guards of a read.
const (
	maxRounds = 3  // re-reads of a list whose total fell (JAGGAER.md §3.5)
	maxBacks  = 50 // goings back within one list
	maxStuck  = 5  // times in a row that a page begins as the one before: more is no list that moves
)

func firstPlace() place { return place{Start: 1, Total: -1} }

func parsePlace(after string) (place, bool) {
	if after == "" {
		return firstPlace(), true
	}
	var p place
	err := json.Unmarshal([]byte(after), &p)
	return p, err == nil && p.Start >= 1
}

func (p place) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic("a place can't be written: " + err.Error())
	}
	return string(b)
}

// repeats says that what this page brings may have been read before.
func (p place) repeats() bool { return p.Round > 0 || p.Backs > 0 && p.Mixed }

// advance is what a page means for the read.
type advance struct {
	fresh []item
	next  place
	done  bool
}

// step judges a page that was asked for at p. overlap is rest.page_overlap.
func (p place) step(l listing, overlap int) (advance, *connector.Error) {
	if p.Last == "" && !p.Again && !p.Probe {
		p.Total = l.total
	}
	p.Seen += len(l.items)
	if p.Total >= 0 && p.Seen > p.Total*3+1000 {
		return advance{}, connector.Errorf(connector.Unavailable, "", "the list does not end: %d records came where JAGGAER spoke of %d", p.Seen, p.Total).
			Advise("Check rest.start_param and rest.start_base of the profile; otherwise try again later.")
	}
	begins := func(id string) bool { return len(l.items) > 0 && l.items[0].key == id }
	switch {
	case p.Count > 1 && !p.Again && begins(p.First) && p.First != p.Last:
		return p.stuck()
	case p.Again:
		if p.Start == 1 || p.meets(l.items) {
			return p.onward(l.items, l, overlap), nil
		}
		return p.back()
	case p.Probe && begins(p.Last):
		return p.onward(l.items[1:], l, overlap), nil
	case p.Last == "" || p.Probe || overlap == 0:
		return p.onward(l.items, l, overlap), nil
	case !begins(p.Last):
		return p.back()
	case len(l.items) == 1:
		p.Start++
		p.Probe = true
		return advance{next: p}, nil
	}
	return p.onward(l.items[1:], l, overlap), nil
}

// onward goes to the page behind these items, or ends the list when there are none.
func (p place) onward(fresh []item, l listing, overlap int) advance {
	if len(fresh) == 0 {
		fell := p.Total >= 0 && l.total >= 0 && l.total < p.Total
		if fell && (overlap == 0 || p.Mixed || p.Blind) && p.Round < maxRounds {
			return advance{next: place{Start: 1, Total: -1, Round: p.Round + 1}}
		}
		return advance{done: true}
	}
	next := place{
		Start: p.Start + len(l.items) - overlap, Last: l.items[len(l.items)-1].key, First: l.items[0].key,
		Count: len(l.items), Seen: p.Seen, Total: p.Total, Round: p.Round, Backs: p.Backs,
		High: p.High, Mixed: p.Mixed, Blind: p.Blind || p.Probe,
	}
	if p.Again {
		next.Stuck = p.Stuck
	}
	out := make([]item, 0, len(fresh))
	for _, it := range fresh {
		read := next.High != "" && !numericLess(next.High, it.key)
		next.Mixed = next.Mixed || !numericLess("0", it.key) || read && p.Backs == 0
		if read && !next.Mixed {
			continue
		}
		if !read {
			next.High = it.key
		}
		out = append(out, it)
	}
	return advance{fresh: out, next: next}
}

// stuck judges a page that begins as the one before. So many records may have come into the list before it that all moved
// down by a page, which with pages of two is one record: the read goes back. A server that ignores the start does it again.
func (p place) stuck() (advance, *connector.Error) {
	if p.Stuck++; p.Stuck > maxStuck {
		return advance{}, connector.Errorf(connector.Misconfigured, "", "page after page begins with the same record: JAGGAER ignores where a page should start").
			Advise("Check rest.start_param and rest.start_base of the profile.")
	}
	return p.back()
}

// back asks for the page before again.
func (p place) back() (advance, *connector.Error) {
	if p.Backs++; p.Backs > maxBacks {
		return advance{}, connector.Errorf(connector.Unavailable, "", "the list changes faster than it can be read").
			Advise("It is read again by itself; the settings schedule or settle of this Connection may give JAGGAER a calmer moment.")
	}
	p.Start = max(1, p.Start-max(1, p.Count-1))
	p.Again = true
	return advance{next: p}, nil
}

// meets says whether a page that was asked for by going back joins what was read: it has the last item, or begins before it.
func (p place) meets(items []item) bool {
	for _, it := range items {
		if it.key == p.Last {
			return true
		}
	}
	return len(items) > 0 && numericLess(items[0].key, p.Last)
}

// numericLess compares ids of digits, in whose order JAGGAER lists; other ids can't be compared.
func numericLess(a, b string) bool {
	if a == "" || b == "" || strings.Trim(a, "0123456789") != "" || strings.Trim(b, "0123456789") != "" {
		return false
	}
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}
