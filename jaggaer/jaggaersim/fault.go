package jaggaersim

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Fault is a disturbance of some calls. Blank conditions match every call.
type Fault struct {
	Kind      string `json:"kind"`      // one of FaultKinds
	Operation string `json:"operation"` // token, invoice.list, requisition.create …; * is a wildcard
	Method    string `json:"method"`
	Path      string `json:"path"`    // part of the path
	Surface   string `json:"surface"` // token, rest or xml

	Skip  int `json:"skip"`  // matching calls that are left alone first
	Times int `json:"times"` // calls disturbed; 0 = one, negative = all
	Every int `json:"every"` // only each n-th matching call after Skip; 0 and 1 = each

	// After overrides whether the call has its effect before it is disturbed.
	After *bool `json:"after"`
	// Status, Message, RetryAfter and Body replace those of the kind.
	Status     int    `json:"status"`
	Message    string `json:"message"`
	RetryAfter string `json:"retry_after"`
	Body       string `json:"body"`
	DelayMS    int    `json:"delay_ms"` // kinds delay, delay_before; 0 = 1,000
	Bytes      int    `json:"bytes"`    // kind cut: bytes of the body that arrive; 0 = half

	seen, used int
}

// FaultKinds are the kinds that a Fault may have, sorted.
func FaultKinds() []string { return slices.Sorted(maps.Keys(faultKinds)) }

// Fault arms a fault. Of several that match a call the one armed first acts. An unknown kind and a bad wildcard are errors.
func (s *Server) Fault(f Fault) error {
	if _, ok := faultKinds[f.Kind]; !ok {
		return fmt.Errorf("no fault of kind %q", f.Kind)
	}
	if _, err := path.Match(f.Operation, ""); err != nil {
		return fmt.Errorf("fault operation %q: %w", f.Operation, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f.seen, f.used = 0, 0
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults = append(s.faults, &f)
	return nil
}

// ClearFaults removes all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Armed are the faults that may still act.
func (s *Server) Armed() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, 0, len(s.faults))
	for _, f := range s.faults {
		out = append(out, *f)
	}
	return out
}

// takeFault finds the fault for a call and counts it.
func (s *Server) takeFault(c call) *Fault {
	for i, f := range s.faults {
		if !f.matches(c) {
			continue
		}
		f.seen++
		if f.seen <= f.Skip || f.Every > 1 && (f.seen-f.Skip-1)%f.Every != 0 {
			continue
		}
		f.used++
		if f.Times > 0 && f.used >= f.Times {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return f
	}
	return nil
}

func (f *Fault) matches(c call) bool {
	operation, _ := path.Match(f.Operation, c.operation) // the pattern was checked when it was armed
	return (f.Operation == "" || operation) &&
		(f.Method == "" || f.Method == c.Method) &&
		(f.Path == "" || strings.Contains(c.URL.Path, f.Path)) &&
		(f.Surface == "" || f.Surface == c.surface())
}

func (c call) surface() string {
	switch {
	case c.token:
		return "token"
	case c.xml:
		return "xml"
	default:
		return "rest"
	}
}

// process serves a call under a fault, or undisturbed when there is none.
func (s *Server) process(c call, f *Fault) answer {
	if f == nil {
		return s.serve(c)
	}
	k := faultKinds[f.Kind]
	after := k.after
	if f.After != nil {
		after = *f.After
	}
	var real answer
	if after {
		real = s.serve(c)
	}
	a := k.apply(s, c, f, real)
	if a.header == nil {
		a.header = map[string]string{}
	}
	if f.Status != 0 && a.status != 0 {
		a.status = f.Status
	}
	if f.RetryAfter != "" {
		a.header["Retry-After"] = f.RetryAfter
	}
	if f.Body != "" {
		a.body = []byte(f.Body)
	}
	return a
}

func (f *Fault) delay() time.Duration {
	if f.DelayMS == 0 {
		return time.Second
	}
	return time.Duration(f.DelayMS) * time.Millisecond
}

// message is the fault's own text, else the kind's.
func (f *Fault) message(fallback string) string {
	if f.Message != "" {
		return f.Message
	}
	return fallback
}
