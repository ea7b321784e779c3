package peoplesoftsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ml-connector/sample"
)

const controlPath = "/__control/"

// command is the body of every control POST; each command reads what it needs.
type command struct {
	Fault
	Delay                                             string // of the fault, as a duration
	Advance                                           string
	SetID, ID, BU, User, Key, Reason, Value, Password string
	Like                                              string
	Effective, EffStatus, Description                 string
	Fields                                            map[string]string
	Paused                                            bool
}

// control serves the package comment's control endpoint.
func (s *Server) control(w http.ResponseWriter, r *http.Request, body []byte) {
	name := strings.TrimPrefix(r.URL.Path, controlPath)
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodGet {
		answer, ok := s.look(name, r.URL.Query().Get("table"), r.URL.Query().Get("op"))
		if !ok {
			http.Error(w, `{"error":"no such view"}`, http.StatusNotFound)
			return
		}
		writeJSON(w, answer)
		return
	}
	var c command
	err := strict(body, &c)
	if err == nil {
		var known bool
		if known, err = s.obey(name, c); !known {
			http.Error(w, `{"error":"no such command"}`, http.StatusNotFound)
			return
		}
	}
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		writeJSON(w, map[string]string{"error": err.Error()})
		return
	}
	writeJSON(w, map[string]bool{"ok": true})
}

// writeJSON answers a control call; a peer that went away is no error of the simulator.
func writeJSON(w http.ResponseWriter, v any) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// look is what GET can see.
func (s *Server) look(name, table, operation string) (any, bool) {
	switch name {
	case "state":
		return s.state(), true
	case "journal":
		return s.Journal(), true
	case "effects":
		return s.Effects(operation), true
	case "rows":
		view, ok := map[string]func() []*Row{"orders": s.Orders, "vendors": s.Vendors, "accounts": s.Accounts, "requisitions": s.Requisitions, "staged": s.Staged, "preedit": s.PreEdits, "vouchers": s.Vouchers, "payments": s.Payments}[table]
		if ok {
			return view(), true
		}
	}
	return nil, false
}

func (s *Server) state() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{
		"now": s.now(), "vendors": len(s.vendors.keys), "requisitions": len(s.requisitions.keys), "accounts": len(s.chart["ACCOUNT"].keys), "orders": len(s.orders.keys), "staged": len(s.staged.keys),
		"preedit": len(s.preedit.keys), "vouchers": len(s.vouchers.keys), "payments": len(s.payments.keys), "queued": len(s.queue), "paused": s.paused, "faults": len(s.faults), "handler_errors": len(s.handlerErrors), "requests": s.requests,
	}
}

// obey does one command; known is false for a name that is none.
func (s *Server) obey(name string, c command) (known bool, err error) {
	switch name {
	case "fault":
		if c.Delay != "" {
			if c.Fault.Delay, err = time.ParseDuration(c.Delay); err != nil {
				return true, err
			}
		}
		return true, s.Fault(c.Fault)
	case "clear":
		s.ClearFaults()
	case "step":
		s.Step()
	case "clock":
		d, err := time.ParseDuration(c.Advance)
		if err != nil {
			return true, err
		}
		s.Advance(d)
	case "build":
		s.Build()
	case "queue":
		s.PauseQueue(c.Paused)
	case "expire":
		s.ExpireTokens()
	case "account":
		s.PutAccount(c.Value, sample.AccountRow{Effective: or(c.Effective, "1900-01-01"), Status: c.EffStatus, Description: c.Description})
	default:
		return s.editOne(name, c)
	}
	return true, nil
}

// editOne are the commands on one row or user.
func (s *Server) editOne(name string, c command) (known bool, err error) {
	setid := or(c.SetID, s.company.SetID)
	switch name {
	case "vendor":
		err = s.EditVendor(setid, c.ID, c.Fields)
	case "requisition":
		err = s.EditRequisition(c.BU, c.ID, c.Fields)
	case "order":
		err = s.EditOrder(c.BU, c.ID, c.Fields)
	case "approve":
		err = s.Approve(c.ID)
	case "dispatch":
		err = s.Dispatch(c.BU, c.ID)
	case "post":
		err = s.Post(c.BU, c.ID)
	case "pay":
		err = s.Pay(c.BU, c.ID)
	case "void":
		err = s.Void(c.BU, c.ID)
	case "delete":
		err = s.Delete(c.BU, c.ID)
	case "recycle":
		err = s.Recycle(c.BU, c.ID, c.Reason)
	case "correct":
		err = s.Correct(c.BU, c.ID)
	case "type":
		err = s.TypeVoucher(c.BU, c.Like, c.ID)
	case "hide":
		err = s.Hide(c.User, c.Key)
	case "show":
		err = s.Show(c.User)
	case "unlock":
		err = s.Unlock(c.User, c.Password)
	default:
		return false, nil
	}
	return true, err
}

// strict decodes a control command; an unknown field or trailing data is an error.
func strict(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("data after the object")
	}
	return nil
}
