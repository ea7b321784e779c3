package app

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/invariant"
	"ml-connector/store"
)

// Symptom is one thing that `doctor` looked at: how it is, and what mends it.
type Symptom struct {
	Check   string              `json:"check"` // database, disk, key, clock, people, sign-on, token, connection, certificate, engine, flow, deliveries, alert, ledger, invariants
	Name    string              `json:"name"`  // of the Connection or Flow, else ""
	State   connector.StepState `json:"state"`
	Code    connector.Code      `json:"code"`
	Message string              `json:"message"`
	Hint    string              `json:"hint"`
}

// Diagnosis is what `doctor` found.
type Diagnosis struct {
	OK       bool      `json:"ok"` // nothing failed
	Symptoms []Symptom `json:"checks"`
}

// ExitStatus is that of the worst thing that failed; warnings alone are 0.
func (d Diagnosis) ExitStatus() int {
	var all []int
	for _, s := range d.Symptoms {
		if s.State == connector.StepFailed {
			all = append(all, s.Code.ExitStatus())
		}
	}
	return WorstExit(all...)
}

// Doctor looks at all that this installation stands on, and calls neither System: what the last ping of a Connection said counts. Each
// thing that is wrong says what mends it. Those who ask at once wait for one look. [App.DoctorFor] is for who may not see all.
func (a *App) Doctor(ctx context.Context) (Diagnosis, error) {
	d, err := a.diagnoses.do(ctx, a.diagnose)
	d.Symptoms = slices.Clone(d.Symptoms) // the others have the same
	return d, err
}

func (a *App) diagnose(ctx context.Context) (Diagnosis, error) {
	d := &Diagnosis{OK: true, Symptoms: []Symptom{}}
	connections, err := a.DB.Connections(ctx)
	if err != nil {
		return *d, err
	}
	if err := a.doctorDatabase(ctx, d, len(connections)); err != nil {
		return *d, err
	}
	a.doctorKey(ctx, d, connections)
	for _, check := range []func(context.Context, *Diagnosis) error{a.doctorKeys, a.doctorClock, a.doctorPeople, a.doctorConnections, a.doctorCertificates, a.doctorFlows, a.doctorDeliveries, a.doctorAlerts,
		a.doctorLedger, a.doctorInvariants} {
		if err := check(ctx, d); err != nil {
			return *d, err
		}
	}
	return *d, nil
}

func (d *Diagnosis) well(check, name, message string) {
	d.Symptoms = append(d.Symptoms, Symptom{Check: check, Name: name, State: connector.StepOK, Message: message})
}

func (d *Diagnosis) warn(check, name string, code connector.Code, message, hint string) {
	d.Symptoms = append(d.Symptoms, Symptom{check, name, connector.StepWarning, code, message, hint})
}

func (d *Diagnosis) fail(check, name string, code connector.Code, message, hint string) {
	d.OK = false
	d.Symptoms = append(d.Symptoms, Symptom{check, name, connector.StepFailed, code, message, hint})
}

func (d *Diagnosis) failWith(check, name string, err error) {
	e := connector.AsError(err)
	d.fail(check, name, e.Code, e.Error(), e.Hint)
}

// What is little room for a database that grows.
const (
	fewBytes  = 256 << 20
	someBytes = 2 << 30
)

// doctorFile looks at the database's file: who else can read it, and how much room is left beside it.
func (a *App) doctorFile(d *Diagnosis) {
	path, isFile := strings.CutPrefix(a.Process.Database, "sqlite:")
	if !isFile {
		return
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 && !ownerless {
		d.warn("database", "", connector.Misconfigured, fmt.Sprintf("its file can be opened by others (mode %04o): it holds what both systems said", info.Mode().Perm()), "chmod 600 "+path)
	}
	free, err := freeBytes(path)
	switch {
	case err != nil:
		d.warn("disk", "", connector.Unavailable, "how much room is left can't be told: "+err.Error(), "Look at the disk that holds "+path+".")
	case free < fewBytes:
		d.fail("disk", "", connector.Unavailable, fmt.Sprintf("%d MiB are left beside the database", free>>20), "Make room: without it nothing is read and nothing is delivered, though nothing is lost.")
	case free < someBytes:
		d.warn("disk", "", connector.Unavailable, fmt.Sprintf("%d MiB are left beside the database", free>>20), "Make room soon.")
	default:
		d.well("disk", "", fmt.Sprintf("%d GiB are left beside the database", free>>30))
	}
}

// doctorKey opens every secret, and shows none.
func (a *App) doctorKey(ctx context.Context, d *Diagnosis, connections []connector.Connection) {
	keys, err := a.keys(ctx)
	if err != nil {
		d.failWith("key", "", err)
		return
	}
	opened := 0
	for _, c := range connections {
		rows, err := a.DB.Secrets(ctx, c.Name)
		if err != nil {
			d.failWith("key", c.Name, err)
			return
		}
		for _, row := range rows {
			if _, err := keys.Unseal(c.Name, row.Name, row.Address, row.Sealed); err != nil {
				d.failWith("key", c.Name, err)
				continue
			}
			opened++
		}
	}
	d.well("key", "", fmt.Sprintf("opens %d secrets", opened))
}

// clockBack is how far the newest Entry may lie ahead of the clock.
const clockBack = time.Minute

func (a *App) doctorConnections(ctx context.Context, d *Diagnosis) error {
	all, err := a.DB.Connections(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		d.warn("connection", "", connector.Misconfigured, "there is none", "Describe both systems in the configuration file: ml-connector apply -f FILE")
	}
	for _, c := range all {
		switch failed := slices.IndexFunc(c.Steps, func(s connector.Step) bool { return s.State == connector.StepFailed }); {
		case c.Paused.Code != "":
			d.fail("connection", c.Name, c.Paused.Code, "is paused: "+c.Paused.Reason, c.Paused.Hint+" Then: ml-connector connection ping "+c.Name)
		case c.CheckedAt.IsZero():
			d.warn("connection", c.Name, connector.Misconfigured, "was not checked since its settings changed", "ml-connector connection ping "+c.Name)
		case failed >= 0:
			s := c.Steps[failed]
			d.fail("connection", c.Name, s.Code, s.Step+": "+s.Message, s.Hint+" Then: ml-connector connection ping "+c.Name)
		default:
			d.well("connection", c.Name, "was well at "+c.CheckedAt.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// overdue is how long a Flow may be due before somebody should ask whether anything runs.
const overdue = 10 * time.Minute

func (a *App) doctorFlows(ctx context.Context, d *Diagnosis) error {
	all, err := a.Flows(ctx)
	if err != nil {
		return err
	}
	alive, err := a.engineAlive(ctx)
	if err != nil {
		return err
	}
	some := slices.ContainsFunc(all, func(f Flow) bool { return f.Enabled })
	switch {
	case alive:
		d.well("engine", "", "is alive")
	case some:
		d.warn("engine", "", connector.Unavailable, "nothing runs: no schedule is followed, and nothing that waits is delivered", "ml-connector serve")
	}
	for _, f := range all {
		switch {
		case !f.Enabled:
			d.well("flow", f.Name, "is disabled")
		case f.Paused != nil:
			d.fail("flow", f.Name, f.Paused.Code, "is paused: "+f.Paused.Reason, f.Paused.Hint+" Then: ml-connector flow enable "+f.Name)
		case f.LastRun != nil && f.LastRun.Error != nil:
			d.fail("flow", f.Name, f.LastRun.Error.Code, "its last run ended with "+f.LastRun.Error.Message, f.LastRun.Error.Hint)
		case alive && f.NextRun != nil && a.Now().Sub(*f.NextRun) > overdue:
			d.warn("flow", f.Name, connector.Unavailable, "has been due since "+f.NextRun.UTC().Format(time.RFC3339), "Look at the log of ml-connector serve.")
		default:
			d.well("flow", f.Name, "is enabled, by the schedule "+f.Schedule)
		}
	}
	return nil
}

func (a *App) doctorDeliveries(ctx context.Context, d *Diagnosis) error {
	counts := map[connector.State]int{}
	for _, s := range []connector.State{connector.Held, connector.InDoubt} {
		err := a.DB.EachDelivery(ctx, store.DeliveryFilter{State: s}, func(connector.Delivery) error {
			counts[s]++
			return nil
		})
		if err != nil {
			return err
		}
	}
	if counts[connector.Held]+counts[connector.InDoubt] == 0 {
		d.well("deliveries", "", "nothing is held or in doubt")
	}
	if n := counts[connector.Held]; n > 0 {
		d.warn("deliveries", "", connector.Rejected, fmt.Sprintf("held, each for a person: %d", n), "ml-connector delivery list --state held")
	}
	if n := counts[connector.InDoubt]; n > 0 {
		d.warn("deliveries", "", connector.Ambiguous, fmt.Sprintf("in doubt: %d", n), "ml-connector delivery list --state in_doubt")
	}
	return nil
}

func (a *App) doctorLedger(ctx context.Context, d *Diagnosis) error {
	v, err := a.VerifyLedger(ctx, "")
	if err != nil {
		return err
	}
	if !v.OK {
		d.fail("ledger", "", connector.Conflict, fmt.Sprintf("it is broken at entry %d: %s", *v.BrokenAt, v.Reason), "Somebody or something changed the database past this program. Compare with an export: ml-connector audit verify --file FILE")
		return nil
	}
	d.well("ledger", "", fmt.Sprintf("%d entries, none changed or missing in between", v.Entries))
	return nil
}

// shownBroken is how many broken invariants are told.
const shownBroken = 10

func (a *App) doctorInvariants(ctx context.Context, d *Diagnosis) error {
	found, err := invariant.Check(ctx, a.DB)
	if err != nil {
		return err
	}
	for _, v := range found[:min(len(found), shownBroken)] {
		d.fail("invariants", "", connector.Internal, v.String(), "This is a defect of ml-connector, or the database was changed past it. Please report it.")
	}
	if len(found) == 0 {
		d.well("invariants", "", "all hold")
	}
	return nil
}
