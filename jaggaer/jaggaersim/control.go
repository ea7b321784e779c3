package jaggaersim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"ml-connector/sample"
)

const controlPrefix = "/__control/"

// order is the body of a POST to the control endpoint; each verb reads the members that it needs.
type order struct {
	Entity   string         `json:"entity"`
	Key      string         `json:"key"` // id or a number that people know
	Patch    map[string]any `json:"patch"`
	Pending  bool           `json:"pending"`
	Document map[string]any `json:"document"`
	Supplier string         `json:"supplier"`
	Name     string         `json:"name"`
	Secret   string         `json:"secret"`
	Advance  string         `json:"advance"` // a duration: 10s, 1h
	URL      string         `json:"url"`     // of a receiver

	Registration *sample.Registration `json:"registration"`
	Order        *sample.Order        `json:"order"`
	Invoice      *sample.Invoice      `json:"invoice"`
}

// control serves /__control/…, which no credential protects.
func (s *Server) control(w http.ResponseWriter, r *http.Request, path string, body []byte) {
	out, err := s.controlled(r, strings.TrimSuffix(path, "/"), body)
	status := http.StatusOK
	if err != nil {
		status, out = http.StatusBadRequest, doc{"error": err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(out); err != nil {
		return // the client left
	}
}

func (s *Server) controlled(r *http.Request, path string, body []byte) (any, error) {
	if r.Method == http.MethodGet {
		return s.controlRead(r, path)
	}
	if r.Method != http.MethodPost {
		return nil, fmt.Errorf("method %s", r.Method)
	}
	if len(body) == 0 {
		body = []byte("{}")
	}
	switch path {
	case "fault":
		var f Fault
		if err := strict(body, &f); err != nil {
			return nil, err
		}
		return doc{"ok": true}, s.Fault(f)
	case "switches":
		to := s.Switches() // members that are not given stay
		if err := strict(body, &to); err != nil {
			return nil, err
		}
		s.SetSwitches(to)
		return to, nil
	}
	var o order
	if err := strict(body, &o); err != nil {
		return nil, err
	}
	if path == "push" {
		return s.Push(r.Context(), o.URL, o.Entity, o.Key)
	}
	return s.controlWrite(path, o)
}

// strict decodes a control body; a member that nobody knows is an error.
func strict(body []byte, into any) error {
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("control body: %w", err)
	}
	return nil
}

func (s *Server) controlRead(r *http.Request, path string) (any, error) {
	entity, one := strings.CutPrefix(path, "records/")
	switch {
	case path == "state":
		s.mu.Lock()
		now := s.now()
		s.mu.Unlock()
		return doc{"now": now, "counts": s.Counts(), "switches": s.Switches(), "faults": s.Armed(), "custom_fields": s.CustomFields()}, nil
	case path == "journal":
		return s.Journal(), nil
	case path == "faults":
		return doc{"armed": s.Armed(), "kinds": FaultKinds()}, nil
	case path == "effects":
		return s.Effects(r.URL.Query().Get("op")), nil
	case path == "payments":
		return s.Payments(), nil
	case one && slices.Contains(entityNames, entity):
		return s.records(entity), nil
	}
	return nil, fmt.Errorf("nothing to read at %q", path)
}

func (s *Server) controlWrite(path string, o order) (any, error) {
	done := doc{"ok": true}
	switch path {
	case "clear":
		s.ClearFaults()
		return done, nil
	case "clock":
		d, err := time.ParseDuration(o.Advance)
		if err != nil || d < 0 {
			return nil, fmt.Errorf("advance %q is not a duration forward", o.Advance)
		}
		s.Advance(d)
		return done, nil
	case "step":
		s.Step()
		return done, nil
	case "revoke":
		s.RevokeTokens()
		return done, nil
	case "rotate":
		s.RotateSecret(o.Secret)
		return done, nil
	case "user":
		s.AddUser(o.Name)
		return done, nil
	case "custom-field":
		s.AddCustomField(o.Name)
		return done, nil
	case "edit":
		return done, s.Edit(o.Entity, o.Key, o.Patch)
	case "approve":
		return done, s.Approve(o.Entity, o.Key)
	case "cancel":
		return done, s.Cancel(o.Entity, o.Key)
	case "revise":
		return done, s.Revise(o.Key, o.Patch, o.Pending)
	case "remove":
		return done, s.Remove(o.Entity, o.Key)
	case "add":
		return s.controlAdd(o)
	}
	return nil, fmt.Errorf("nothing to do at %q", path)
}

// controlAdd takes a registration, an order or invoice of a supplier, or a whole document.
func (s *Server) controlAdd(o order) (any, error) {
	var id int64
	var err error
	switch {
	case o.Registration != nil:
		id = s.Register(*o.Registration)
	case o.Order != nil:
		id, err = s.AddOrder(o.Supplier, *o.Order)
	case o.Invoice != nil:
		id, err = s.AddInvoice(o.Supplier, *o.Invoice)
	default:
		id, err = s.Add(o.Entity, o.Document)
	}
	return doc{"id": id}, err
}
