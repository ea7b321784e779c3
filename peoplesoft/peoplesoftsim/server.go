package peoplesoftsim

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"ml-connector/sample"
)

// maxBody bounds what a request may send.
const maxBody = 32 << 20

// Server is one simulated PeopleSoft. Its methods may be called from any goroutine.
type Server struct {
	mu      sync.Mutex
	options Options
	zone    *time.Location
	company *sample.Company
	skew    time.Duration // what the control endpoint added to the clock

	vendor, purchaseOrder, requisition, voucher, voucherStatus, payment, receipt *record

	codes                                map[string]map[string]bool // plain prompt tables
	chart                                map[string]*table          // effective-dated ChartFields by field name
	units, vendors, orders, requisitions *table
	staged, preedit, vouchers, payments  *table
	receipts                             *table
	components                           map[string]*component
	queries                              map[string]*query
	numbers                              map[string]int  // last number given, by sequence
	received                             map[string]bool // ExternalMessageIDs
	queue                                []func()        // work of messages accepted while the queue is paused
	paused                               bool
	handlerErrors                        []string
	users                                map[string]*account
	bearer                               map[string]time.Time
	faults                               []*armed
	journal                              []Entry
	requests                             int
	effects                              map[string][]string
}

// New is a PeopleSoft that holds the company's suppliers, accounts and requisitions. It panics when the site's time zone or one of
// its formats is unknown, for that is a defect of the test.
func New(c *sample.Company, o Options) *Server {
	o = o.withDefaults(c.TimeZone)
	zone, err := time.LoadLocation(o.Site.TimeZone)
	if err != nil {
		panic(fmt.Sprintf("peoplesoftsim: time zone of the site: %v", err))
	}
	s := &Server{
		options: o, zone: zone, company: c,
		vendor: vendor(), purchaseOrder: purchaseOrder(), requisition: requisition(), voucher: voucher(), voucherStatus: voucherStatus(), payment: payment(), receipt: receipt(), receipts: newTable(),
		codes: map[string]map[string]bool{}, chart: map[string]*table{}, units: newTable(), vendors: newTable(), orders: newTable(), requisitions: newTable(),
		staged: newTable(), preedit: newTable(), vouchers: newTable(), payments: newTable(),
		numbers: map[string]int{"PO_ID": 4710, "VENDOR_ID": 90000, "VOUCHER_ID": 0}, received: map[string]bool{},
		users: map[string]*account{}, bearer: map[string]time.Time{}, effects: map[string][]string{},
	}
	for _, u := range o.Users {
		s.users[u.ID] = &account{User: u}
	}
	s.seed(c)
	s.components = s.defineComponents()
	s.queries = s.defineQueries()
	return s
}

// now is the clock as the site sees it.
func (s *Server) now() time.Time { return s.options.Now().Add(s.skew).UTC() }

// request is one call with what the doors need of it.
type request struct {
	*http.Request
	path      string // without the site's base path
	body      []byte
	operation string // what faults match: query.NAME, ci.NAME.verb, message.NAME, wsdl, status, token, other
	user      *account
	shape     map[string]*Fault // faults that change how an answer is written
}

// answer is what a door says; the body is complete, so that faults can cut it.
type answer struct {
	status int
	header http.Header
	body   []byte
	late   time.Duration // it takes so long
}

func reply(status int, contentType, body string) *answer {
	h := http.Header{}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	return &answer{status: status, header: h, body: []byte(body)}
}

// ServeHTTP does what is due by the clock, answers, and keeps the request in the journal.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away; nothing was done
	}
	if len(body) > maxBody {
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return
	}
	if strings.HasPrefix(r.URL.Path, controlPath) {
		s.control(w, r, body)
		return
	}
	a, f := s.exchange(r, body)
	s.transmit(w, a, f)
}

// exchange is the part of a call that happens under the lock: effects, answer, journal.
func (s *Server) exchange(r *http.Request, body []byte) (*answer, *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step()
	q := &request{Request: r, body: body, shape: map[string]*Fault{}}
	q.path = "/outside"
	if rest, ok := strings.CutPrefix(r.URL.EscapedPath(), s.options.Site.BasePath); ok {
		q.path = rest
	}
	q.operation = s.classify(q)
	fault := s.strike(q)
	var a *answer
	if fault != nil && !fault.After {
		a = s.faulty(q, fault)
	}
	if a == nil {
		a = s.route(q)
		if fault != nil {
			if b := s.faulty(q, fault); b != nil {
				a = b
			}
		}
	}
	if s.options.Site.Production && a.status == http.StatusInternalServerError && bytes.Contains(a.body, []byte("(158,")) {
		a = reply(http.StatusInternalServerError, "", "")
	}
	if s.slow() {
		a.late = s.options.Morning.Answer
	}
	s.record(q, a, fault)
	return a, fault
}

const (
	pathStatus  = "/PSIGW/PeopleSoftListeningConnector"
	pathREST    = "/PSIGW/RESTListeningConnector/"
	pathService = "/PSIGW/PeopleSoftServiceListeningConnector"
	pathHTTP    = "/PSIGW/HttpListeningConnector"
)

func (s *Server) route(q *request) *answer {
	switch {
	case s.options.OAuth != nil && q.URL.Path == s.options.OAuth.Path:
		return s.token(q)
	case q.path == pathStatus:
		return s.statusPage(q)
	case strings.HasPrefix(q.path, pathREST):
		return s.rest(q)
	case q.path == pathService || strings.HasPrefix(q.path, pathService+"/"):
		return s.service(q)
	case q.path == pathHTTP:
		return s.httpConnector(q)
	}
	return reply(http.StatusNotFound, "text/html", "<html><head><title>Error 404--Not Found</title></head><body><h2>Error 404--Not Found</h2></body></html>")
}

// classify names the operation of a request for faults, journal and tests.
func (s *Server) classify(q *request) string {
	site := s.options.Site
	switch {
	case s.options.OAuth != nil && q.URL.Path == s.options.OAuth.Path:
		return "token"
	case q.path == pathStatus:
		return "status"
	case strings.HasPrefix(q.path, pathREST):
		parts := strings.Split(strings.TrimPrefix(q.path, pathREST), "/")
		for i, p := range parts {
			if strings.HasPrefix(p, "ExecuteQuery.") && i+2 < len(parts) {
				return "query." + ours(site.Queries, parts[i+2])
			}
			if own := s.ownService(p); own != "" {
				return "rest." + own
			}
			if ci, ok := strings.CutPrefix(p, "CIRT_"); ok {
				name, _, _ := strings.Cut(ci, ".")
				verb := map[string]string{http.MethodPost: "create", http.MethodPut: "update"}[q.Method]
				return "ci." + ours(site.CIs, name) + "." + or(verb, "get")
			}
		}
	case strings.HasPrefix(q.path, pathService) && q.Method == http.MethodGet:
		return "wsdl"
	case strings.HasPrefix(q.path, pathService):
		if verb, ci, ok := callName(q.body); ok {
			return "ci." + ours(site.CIs, ci) + "." + strings.ToLower(verb)
		}
		if name, _, ok := s.soapMessage(q); ok {
			return "message." + name
		}
	case q.path == pathHTTP:
		return "message." + messageName(q)
	}
	return "other"
}

// ours turns a name that the site changed back into the delivered one.
func ours(names map[string]string, theirs string) string {
	for our, their := range names {
		if their == theirs {
			return our
		}
	}
	return theirs
}

// theirs is the site's name for one of ours.
func theirs(names map[string]string, our string) string { return or(names[our], our) }

func (s *Server) statusPage(q *request) *answer {
	site := s.options.Site
	if site.HideStatusPage {
		return reply(http.StatusForbidden, "text/html", "<html><body>Forbidden</body></html>")
	}
	version := "Tools Version : " + site.ToolsVersion + "<br>"
	if site.HideVersion {
		version = ""
	}
	return reply(http.StatusOK, "text/html", "<html><head><title>PeopleSoft Integration Gateway</title></head><body>\n<h1>PeopleSoft Integration Gateway</h1><h2>PeopleSoft Listening Connector</h2>\n"+
		version+"Status: ACTIVE</body></html>")
}

// parameters are the query parameters; none when they cannot be read.
func parameters(q *request) url.Values {
	v, err := url.ParseQuery(q.URL.RawQuery)
	if err != nil {
		return url.Values{}
	}
	return v
}

// effect remembers that an operation did something to what the key names.
func (s *Server) effect(operation, what string) {
	s.effects[operation] = append(s.effects[operation], what)
}

// next gives the next number of a sequence, zero-padded, that no row of the table has.
func (s *Server) next(sequence string, digits int, taken func(string) bool) string {
	for {
		s.numbers[sequence]++
		n := fmt.Sprintf("%0*d", digits, s.numbers[sequence])
		if !taken(n) {
			return n
		}
	}
}
