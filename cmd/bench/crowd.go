package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ml-connector/engine"
)

// crowd is what both peers say about any number of orders: each is one of the few that the peers learned, under an ID and a
// number of its own. It keeps nothing of an order but when it was created, so that a million of them fit.
type crowd struct {
	n      int
	delay  time.Duration // of every answer
	models []model
	lookUp call
	oldest string      // stamp of the model that changed first
	quiet  atomic.Bool // nothing changed: lists are empty
	mute   atomic.Bool // PeopleSoft answers no look-up: nothing can be delivered

	mu      sync.Mutex
	stamps  []time.Time // not nil: the orders that appeared so far, and when each did
	created []int64     // by order: when its creation was answered, in nanoseconds since 1970
	done    int
	twice   int
	erp     traffic
	s2p     traffic
}

// traffic counts the calls of one peer.
type traffic struct{ now, most, calls int }

// model is an order that was learned: its parts around what is different in each.
type model struct {
	id, number     string
	listed, detail []byte
	create         call
}

const (
	pageSize     = 50 // as JAGGAER's
	crowdID      = 10_000_000
	crowdCreated = 100_000_000
)

var (
	lastUpdate = regexp.MustCompile(`"lastUpdate":"([^"]+)"`)
	since      = regexp.MustCompile(`lastUpdate>=([0-9T:.Z-]+)`)
	until      = regexp.MustCompile(`lastUpdate<([0-9T:.Z-]+)`)
)

var crowdNumber = regexp.MustCompile(`\bB(\d{7})\b`)

// newCrowd makes n orders of what the peers know.
func newCrowd(b *bench, n int, delay time.Duration) (*crowd, error) {
	c := &crowd{n: n, delay: delay, created: make([]int64, n)}
	create := map[string]call{}
	for _, x := range b.erp.calls("") {
		if ref := orderReference.FindSubmatch(x.body); ref != nil {
			create[string(ref[1])] = x
		} else if strings.Contains(x.url, "JGR_PO_BY_REF") {
			c.lookUp = x
		}
	}
	listed, detail := map[string][]byte{}, map[string][]byte{}
	for _, x := range b.s2p.calls("GET ") {
		path, _, list := strings.Cut(x.url, "?")
		if !list {
			detail[path[strings.LastIndexByte(path, '/')+1:]] = x.answer
			continue
		}
		var page struct {
			List struct {
				Orders []json.RawMessage `json:"jipurchaseorder"`
			} `json:"jipurchaseorderList"`
		}
		if err := json.Unmarshal(x.answer, &page); err != nil {
			return nil, fmt.Errorf("read a page that was learned: %w", err)
		}
		for _, raw := range page.List.Orders {
			if id := orderID.FindSubmatch(raw); id != nil {
				listed[string(id[1])] = raw
			}
		}
	}
	for id, text := range detail {
		number := orderNumber.FindSubmatch(text)
		if number == nil || listed[id] == nil || create[string(number[1])].answer == nil {
			continue
		}
		if at := lastUpdate.FindSubmatch(text); at != nil && (c.oldest == "" || string(at[1]) < c.oldest) {
			c.oldest = string(at[1])
		}
		c.models = append(c.models, model{id: id, number: string(number[1]), listed: listed[id], detail: text, create: create[string(number[1])]})
	}
	if len(c.models) == 0 || c.lookUp.answer == nil {
		return nil, fmt.Errorf("the peers learned no whole order")
	}
	slices.SortFunc(c.models, func(a, b model) int { return strings.Compare(a.id, b.id) })
	b.erp.instead, b.s2p.instead = c.peopleSoft, c.jaggaer
	return c, nil
}

func (c *crowd) model(i int) model { return c.models[i%len(c.models)] }

// written is a text of order i's model as order i's own.
func (c *crowd) written(i int, text []byte) []byte {
	m := c.model(i)
	text = bytes.Replace(text, []byte(`"purchaseOrderId":`+m.id), fmt.Appendf(nil, `"purchaseOrderId":%d`, crowdID+i), 1)
	text = bytes.Replace(text, []byte(`"poNumber":"`+m.number+`"`), fmt.Appendf(nil, `"poNumber":"B%07d"`, i), 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if i < len(c.stamps) {
		text = lastUpdate.ReplaceAll(text, []byte(`"lastUpdate":"`+stamp(c.stamps[i])+`"`))
	}
	return text
}

// jaggaer answers lists of orders and their details.
func (c *crowd) jaggaer(w http.ResponseWriter, r *http.Request, _ []byte) bool {
	_, rest, ok := strings.Cut(r.URL.Path, "/purchaseorders")
	if !ok || r.Method != http.MethodGet {
		return false
	}
	defer c.call(r.Context(), &c.s2p)()
	var text []byte
	if rest == "" {
		text = c.page(r.URL.Query())
	} else {
		id, err := strconv.Atoi(strings.TrimPrefix(rest, "/"))
		if i := id - crowdID; err == nil && i >= 0 && i < c.n {
			text = c.written(i, c.model(i).detail)
		}
	}
	if text == nil {
		w.WriteHeader(http.StatusNotFound)
		return true
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // who went away shows as a missing order
	return true
}

func (c *crowd) page(q url.Values) []byte {
	start, err := strconv.Atoi(q.Get("start"))
	if err != nil || start < 1 {
		start = 1
	}
	first, n := c.window(q.Get("flt"))
	b := []byte(`{"jipurchaseorderList":{"jipurchaseorder":[`)
	count := 0
	for i := start - 1; i < n && count < pageSize; i++ {
		if count > 0 {
			b = append(b, ',')
		}
		b = append(b, c.written(first+i, c.model(first+i).listed)...)
		count++
	}
	return fmt.Appendf(b, `]},"returnCode":0,"returnMessage":"","returnedRecords":%d,"startAt":%d,"totRecords":%d}`, count, start, n)
}

// window is the first order that a list has to show, and how many. Orders that appear stand in the order of their stamps;
// of others a window has all or none.
func (c *crowd) window(filter string) (first, n int) {
	from, to := bound(since, filter), bound(until, filter)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.stamps != nil:
		for first < len(c.stamps) && stamp(c.stamps[first]) < from {
			first++
		}
		for n = first; n < len(c.stamps) && (to == "" || stamp(c.stamps[n]) < to); {
			n++
		}
		return first, n - first
	case c.quiet.Load(), from > c.oldest:
		return 0, 0
	}
	return 0, c.n
}

// bound is one end of a window, "" when it is open.
func bound(end *regexp.Regexp, filter string) string {
	if found := end.FindStringSubmatch(filter); found != nil {
		return found[1]
	}
	return ""
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// peopleSoft answers look-ups, as if nothing was there, and creates.
func (c *crowd) peopleSoft(w http.ResponseWriter, r *http.Request, body []byte) bool {
	if strings.HasSuffix(r.URL.Path, "/JGR_PO_BY_REF/JSON/NONFILE") {
		defer c.call(r.Context(), &c.erp)()
		if c.mute.Load() {
			<-r.Context().Done()
			return true
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(c.lookUp.answer)
		return true
	}
	ref := orderReference.FindSubmatch(body)
	if ref == nil {
		return false
	}
	number := crowdNumber.FindSubmatch(ref[1])
	if number == nil {
		return false
	}
	i, err := strconv.Atoi(string(number[1]))
	if err != nil || i >= c.n {
		return false
	}
	defer c.call(r.Context(), &c.erp)()
	m := c.model(i).create
	id := createdID.FindSubmatch(m.answer)
	w.Header().Set("Content-Type", m.answerHeader.Get("Content-Type"))
	_, _ = w.Write(bytes.Replace(m.answer, id[1], fmt.Appendf(nil, "%010d", crowdCreated+i), 1))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.created[i] != 0 {
		c.twice++
	} else {
		c.done++
	}
	c.created[i] = time.Now().UnixNano()
	return true
}

// call counts a call and takes its time; what it returns ends it.
func (c *crowd) call(ctx context.Context, t *traffic) func() {
	c.mu.Lock()
	t.now++
	t.calls++
	t.most = max(t.most, t.now)
	c.mu.Unlock()
	_ = engine.Sleep(ctx, c.delay) // who went away is not waited for
	return func() {
		c.mu.Lock()
		t.now--
		c.mu.Unlock()
	}
}

// reset forgets what was created and counted.
func (c *crowd) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.created)
	c.done, c.twice, c.erp, c.s2p = 0, 0, traffic{}, traffic{}
	c.quiet.Store(false)
}

// brought is how many orders were created, and how many of them more than once.
func (c *crowd) brought() (done, twice int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done, c.twice
}

// pace is how many orders a second were created between the first and the last tenth of them: at full swing.
func (c *crowd) pace() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := make([]int64, 0, c.done)
	for _, t := range c.created {
		if t != 0 {
			at = append(at, t)
		}
	}
	slices.Sort(at)
	from, to := len(at)/10, len(at)-len(at)/10-1
	if to <= from {
		return 0
	}
	return float64(to-from) / time.Duration(at[to]-at[from]).Seconds()
}
