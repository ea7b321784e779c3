package jaggaersim

import (
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"ml-connector/sample"
)

// Server is one JAGGAER: both surfaces, its records and its clock. It is an http.Handler; all methods may be called at any time.
type Server struct {
	options Options
	profile Profile

	mu       sync.Mutex
	switches Switches
	offset   time.Duration // how far the clock was advanced by hand
	rng      *rand.Rand

	rows   map[string][]*row
	lastID map[string]int64
	users  map[string]bool
	fields map[string]bool // custom fields that exist
	ships  map[string]shipTo
	values map[string]map[string]*row // index of custom field values by field and value; nil = to be made
	plans  []plan

	payments map[int64]doc // what was written back, by invoiceId

	tokens   map[string]time.Time // access tokens and when they end
	accepted int                  // data calls since the last revocation by RevokeEvery
	recent   []time.Time          // data calls for the rate limit

	faults    []*Fault
	pages     map[string]page // the last page of each entity's list, for faults between pages
	journal   []Entry
	requests  int
	effects   map[string][]string
	sequences map[string]int64
}

// New makes a JAGGAER that holds what the company has in it. A nil company makes an empty one.
func New(company *sample.Company, options Options) *Server {
	o := options.complete()
	s := &Server{
		options: o, profile: o.Profile, switches: o.Switches,
		rng:  rand.New(rand.NewPCG(uint64(o.Seed), 0x6a6167)),
		rows: map[string][]*row{}, lastID: map[string]int64{}, users: map[string]bool{}, fields: map[string]bool{}, ships: map[string]shipTo{},
		tokens: map[string]time.Time{}, pages: map[string]page{}, effects: map[string][]string{}, sequences: map[string]int64{}, payments: map[int64]doc{},
	}
	for _, name := range []string{"Account", "Fund", "Department", "OperatingUnit", "Product", "Class", "Program", "Project", "Activity", "BusinessUnit", "Origin Code", s.profile.ReqExternalField} {
		s.fields[name] = true
	}
	if company != nil {
		s.seed(company)
	}
	return s
}

// now is the simulator's clock: the injected one, moved by Advance.
func (s *Server) now() time.Time { return s.options.Now().Add(s.offset).UTC() }

// uuid makes a message id from the seeded source.
func (s *Server) uuid() string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			b.WriteByte('-')
		}
		b.WriteByte(hex[s.rng.IntN(16)])
	}
	return b.String()
}

// call is one request, routed.
type call struct {
	*http.Request
	body      []byte
	query     map[string]string
	operation string // token, invoice.list, invoice.read, supplier.write, requisition.create, po.import, …
	entity    string
	id        string // last path element of a detail
	xml       bool
	token     bool
	handle    func(call) answer
}

const maxBody = 64 << 20

// ServeHTTP answers every path of both surfaces and of the control endpoint.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "request body: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	if rest, ok := strings.CutPrefix(r.URL.Path, controlPrefix); ok {
		s.control(w, r, rest, body)
		return
	}
	a := s.answer(r, body)
	a.write(w, r)
}

// answer does all that a request does, under the one lock; what remains is to write it out.
func (s *Server) answer(r *http.Request, body []byte) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step()
	c := s.route(call{Request: r, body: body})
	f := s.takeFault(c)
	a := s.process(c, f)
	if a.header == nil {
		a.header = map[string]string{}
	}
	if _, ok := a.header["Date"]; !ok && !a.abort {
		a.header["Date"] = s.now().Add(time.Duration(s.switches.ClockOffsetMS) * time.Millisecond).Format(http.TimeFormat)
	}
	s.record(c, f, a)
	return a
}

// Switches are the standing oddities in force.
func (s *Server) Switches() Switches {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.switches
}

// SetSwitches replaces all standing oddities.
func (s *Server) SetSwitches(to Switches) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.switches, s.accepted, s.recent = to, 0, nil
}

// Advance moves the simulator's clock forward and lets its business go on until then.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
	s.step()
}

// Step does what is due by the clock; every request does it first.
func (s *Server) Step() { s.Advance(0) }

// Counts says how many records of each entity there are.
func (s *Server) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step()
	out := map[string]int{}
	for _, name := range entityNames {
		out[name] = len(s.rows[name])
	}
	return out
}

// AddUser makes a requestor known.
func (s *Server) AddUser(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[name] = true
}

// AddCustomField makes the name of a custom field known.
func (s *Server) AddCustomField(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fields[name] = true
}

// CustomFields are the names of the custom fields that exist, sorted.
func (s *Server) CustomFields() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.fields))
}
