package peoplesoft

import (
	"context"
	"time"

	connector "ml-connector"
)

// document is what a query gave of one document: all its rows, in their order.
type document struct {
	key      string
	rows     []row
	err      error // a row of it could not be read
	cut      bool  // its end may be missing
	exchange string
}

// largestPage bounds how far the page grows for one large document.
const largestPage = 128000

// readPage asks for what comes after a key and gives whole documents only. Truncation is silent, so the last document of
// every page is left for the next one, unless it stands alone (PEOPLESOFT.md §3.5, §9). No document means that the part is
// at its end; a short page doesn't.
func (i *Instance) readPage(ctx context.Context, p part, after string, from time.Time) (docs []document, last string, err error) {
	for size := i.profile.pageSize; ; size *= 4 {
		seen := i.largest.Load()
		raw, exchange, err := i.askRaw(ctx, p.entity, size, i.values(p, after, from)...)
		if err != nil {
			return nil, "", err
		}
		docs, err := p.split(raw, exchange)
		if err != nil {
			return nil, "", err
		}
		if err := p.heeded(docs, after); err != nil {
			return nil, "", err
		}
		switch {
		case len(docs) == 0:
			return nil, "", nil
		case len(docs) > 1:
			left := docs[len(docs)-1]
			docs = docs[:len(docs)-1]
			last = docs[len(docs)-1].key
			i.noteCap(p, after, last, size, len(raw), len(left.rows))
			return docs, last, nil
		case len(raw) >= size && size < largestPage:
			continue
		}
		lone := &docs[0]
		i.noteCap(p, after, "", size, len(raw), 0)
		if n := len(lone.rows); n > 1 && int64(n) >= seen {
			if lone.cut, err = i.mayBeCut(ctx, p, *lone, seen); err != nil {
				return nil, "", err
			}
		}
		return docs, lone.key, nil
	}
}

// noteCap tells of a cap on the rows of this user below the page: a page that was short, though after it came more than it had left
// (PEOPLESOFT.md §3.5). Documents of more rows than that can't be read.
func (i *Instance) noteCap(p part, after, last string, size, rows, left int) {
	name := p.entity.name + " " + p.place
	if most := i.notes.cappedBy(name, after, rows); most > 0 {
		i.notes.add("PeopleSoft gives this user at most %d rows of a query, below the page of %d (profile query.page_size): a document of more rows is held; have the maximum rows of its query profile raised", most, i.profile.pageSize)
	}
	if rows < size {
		i.notes.shortPage(tail{part: name, after: last, rows: left, all: rows})
	}
}

// mayBeCut looks for the cap on the rows of this user, when a lone document has as many rows as any answer yet. The same
// query over everything stops at just as many only if there is such a cap, or if the document is all that there is; then
// another list may have more rows and give them or not, and if none has, an earlier answer of exactly as many rows speaks for
// a cap.
func (i *Instance) mayBeCut(ctx context.Context, p part, d document, seen int64) (bool, error) {
	n := len(d.rows)
	all, exchange, err := i.askRaw(ctx, p.entity, n+1, i.values(p, "", time.Time{})...)
	if err != nil || len(all) != n {
		return false, err
	}
	docs, err := p.split(all, exchange)
	if err != nil || len(docs) != 1 || docs[0].key != d.key {
		return true, err
	}
	rest, _, err := i.askRaw(ctx, p.entity, n+1, i.values(p, d.key, time.Time{})...)
	if err != nil || len(rest) > 0 {
		return true, err
	}
	for _, k := range []connector.Kind{connector.Supplier, connector.GLAccount} {
		lists, err := i.parts(k)
		if err != nil {
			return false, err
		}
		for _, list := range lists {
			if capped, known := i.cappedAt(ctx, list, n); known {
				return capped, nil
			}
		}
	}
	return int64(n) == seen, nil
}

// cappedAt asks another list whether answers end at so many rows: it has more, and gives them or not. A list that is shorter,
// or that can't be asked, tells nothing.
func (i *Instance) cappedAt(ctx context.Context, list part, n int) (capped, known bool) {
	rows, _, err := i.askRaw(ctx, list.entity, n+1, i.values(list, "", time.Time{})...)
	if err != nil || len(rows) != n {
		return false, err == nil && len(rows) > n
	}
	last, err := list.entity.read(rows[n-1])
	if err != nil || last[list.key] == "" {
		return false, false
	}
	more, _, err := i.askRaw(ctx, list.entity, 1, i.values(list, last[list.key], time.Time{})...)
	return true, err == nil && len(more) > 0
}

// split cuts rows into documents by their key.
func (p part) split(raw []cells, exchange string) ([]document, error) {
	var docs []document
	seen := map[string]bool{}
	for _, r := range raw {
		out, err := p.entity.read(r)
		key := out[p.key]
		if n := len(docs); n == 0 || docs[n-1].key != key {
			if seen[key] {
				return nil, p.wrong(exchange, "the query is not ordered by %s: rows of %q stand apart", p.key, key)
			}
			seen[key] = true
			docs = append(docs, document{key: key, exchange: exchange})
		}
		d := &docs[len(docs)-1]
		d.rows = append(d.rows, out)
		if err != nil && d.err == nil {
			d.err = err
		}
		if place := out[p.placeColumn()]; place != "" && place != p.place {
			return nil, p.wrong(exchange, "the query was asked for %s and gave a row of %s: it does not heed its prompt %s", p.place, place, p.entity.prompts[0])
		}
	}
	return docs, nil
}

func (p part) placeColumn() string {
	if p.entity.prompts[0] == "BU" {
		return "A.BUSINESS_UNIT"
	}
	return "A.SETID"
}

// heeded refuses a page that holds the document that it should come after: such a query would be read for ever.
func (p part) heeded(docs []document, after string) error {
	for _, d := range docs {
		if after != "" && d.key == after {
			return p.wrong(d.exchange, "the query was asked for what comes after %q and gave it again: it does not heed its prompt %s", after, p.entity.prompts[1:])
		}
	}
	return nil
}

func (p part) wrong(exchange, format string, args ...any) error {
	e := connector.Errorf(connector.Misconfigured, p.entity.op(), format, args...).
		Advise("The author of the query corrects its criteria and order (see `connection requirements`); prompt names that differ are told under query.%s.prompts in the profile.", entityOf(p.entity.name))
	e.Exchange = exchange
	return e
}
