package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"ml-connector/store"
)

// The floor does what no program can leave out: it reads a page and each order's detail, accepts them in one durable
// transaction, looks each order up and creates it, and settles a batch in one durable transaction. Bodies are stored as
// they came, the requests are those that the program sent, and nothing of an answer is read but the numbers.
const (
	floorBatch    = 128 // as the program settles
	floorInFlight = 2   // as the Connections' `concurrency`
)

var (
	orderID     = regexp.MustCompile(`"purchaseOrderId":\s*"?(\d+)`)
	orderNumber = regexp.MustCompile(`"poNumber":\s*"([^"]+)"`)
	createdID   = regexp.MustCompile(`PO_ID>([^<]+)<`)
)

// floorOrder is one order on its way.
type floorOrder struct{ id, number, body, target string }

// floor is one run of it.
type floor struct {
	db      *store.DB
	send    func(*http.Request) (*http.Response, error)
	detail  map[string]call // by id
	lookUp  map[string]call // by number
	create  map[string]call // by number
	taken   map[string]bool
	pending []floorOrder
	done    int
}

// floor is what the floor takes for all orders, in a database of the same make. Opening is not counted.
func (b *bench) floor(ctx context.Context) (took, error) {
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(b.dir, fmt.Sprintf("floor-%d.db", time.Now().UnixNano())), time.Now)
	if err != nil {
		return took{}, err
	}
	// An HTTP client with the standard library's defaults: the care that ml-connector's own takes is part of what is measured.
	clients := httptest.NewServer(http.NotFoundHandler())
	defer clients.Close()
	f := &floor{db: db, send: clients.Client().Do, taken: map[string]bool{}, detail: map[string]call{}, lookUp: map[string]call{}, create: map[string]call{}}
	t, err := f.run(ctx, b)
	if closed := db.Close(); err == nil {
		err = closed
	}
	if err == nil && f.done != b.n {
		err = fmt.Errorf("the floor delivered %d of %d orders", f.done, b.n)
	}
	return t, err
}

func (f *floor) run(ctx context.Context, b *bench) (took, error) {
	pages := f.sort(b)
	err := f.db.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(ctx, `CREATE TABLE floor (id TEXT PRIMARY KEY, number TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL, target TEXT NOT NULL)`)
		return err
	})
	if err != nil {
		return took{}, err
	}
	stop := meter()
	for _, c := range b.s2p.calls("POST ") { // the token
		if _, err := f.call(ctx, c); err != nil {
			return took{}, err
		}
	}
	for _, page := range pages {
		if err := f.accept(ctx, page); err != nil {
			return took{}, err
		}
	}
	for len(f.pending) > 0 {
		n := min(len(f.pending), floorBatch)
		if err := f.deliver(ctx, f.pending[:n]); err != nil {
			return took{}, err
		}
		f.pending = f.pending[n:]
	}
	return stop(), nil
}

// sort tells the program's requests apart: pages of the list, details, look-ups, creates.
func (f *floor) sort(b *bench) (pages []call) {
	for _, c := range b.s2p.calls("GET ") {
		path, _, list := strings.Cut(c.url, "?")
		if list {
			pages = append(pages, c)
			continue
		}
		f.detail[path[strings.LastIndexByte(path, '/')+1:]] = c
	}
	for _, c := range b.erp.calls("GET ") {
		f.lookUp[c.url[strings.LastIndexByte(c.url[:strings.LastIndexByte(c.url, '&')], ',')+1:strings.LastIndexByte(c.url, '&')]] = c
	}
	for _, c := range b.erp.calls("POST ") {
		if ref := orderReference.FindSubmatch(c.body); ref != nil {
			f.create[string(ref[1])] = c
		}
	}
	return pages
}

// accept reads one page with its details and stores them.
func (f *floor) accept(ctx context.Context, page call) error {
	list, err := f.call(ctx, page)
	if err != nil {
		return err
	}
	var found []floorOrder
	for _, id := range orderID.FindAllSubmatch(list, -1) {
		if _, first := f.detail[string(id[1])]; first && !f.taken[string(id[1])] { // each page begins with the last order of the one before
			f.taken[string(id[1])] = true
			found = append(found, floorOrder{id: string(id[1])})
		}
	}
	err = each(found, func(o *floorOrder) error {
		body, err := f.call(ctx, f.detail[o.id])
		if number := orderNumber.FindSubmatch(body); number != nil {
			o.number, o.body = string(number[1]), string(body)
		}
		return err
	})
	if err != nil {
		return err
	}
	f.pending = append(f.pending, found...)
	return f.db.Tx(ctx, func(tx *store.Tx) error {
		insert, err := tx.SQL().PrepareContext(ctx, `INSERT INTO floor (id, number, body, state, target) VALUES ($1, $2, $3, 'waiting', '')`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for _, o := range found {
			if _, err := insert.ExecContext(ctx, o.id, o.number, o.body); err != nil {
				return err
			}
		}
		return nil
	})
}

// deliver looks up and creates one batch and settles it.
func (f *floor) deliver(ctx context.Context, batch []floorOrder) error {
	err := each(batch, func(o *floorOrder) error {
		if _, err := f.call(ctx, f.lookUp[o.number]); err != nil {
			return err
		}
		answer, err := f.call(ctx, f.create[o.number])
		if id := createdID.FindSubmatch(answer); id != nil {
			o.target = string(id[1])
		}
		return err
	})
	if err != nil {
		return err
	}
	return f.db.Tx(ctx, func(tx *store.Tx) error {
		update, err := tx.SQL().PrepareContext(ctx, `UPDATE floor SET state = 'delivered', target = $1 WHERE id = $2`)
		if err != nil {
			return err
		}
		defer update.Close()
		for _, o := range batch {
			if o.target == "" {
				return fmt.Errorf("order %s was not created", o.number)
			}
			if _, err := update.ExecContext(ctx, o.target, o.id); err != nil {
				return err
			}
			f.done++
		}
		return nil
	})
}

// call sends a request again as the program sent it.
func (f *floor) call(ctx context.Context, c call) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, c.method, c.url, bytes.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	r.Header = c.header
	answer, err := f.send(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", c.method, c.url, answer.Status)
	}
	return body, err
}

// each does something for all orders, as many at once as the Connections allow.
func each(all []floorOrder, do func(*floorOrder) error) error {
	var wg sync.WaitGroup
	gate := make(chan struct{}, floorInFlight)
	failed := make(chan error, len(all))
	for i := range all {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			if err := do(&all[i]); err != nil {
				failed <- err
			}
		})
	}
	wg.Wait()
	close(failed)
	return <-failed
}
