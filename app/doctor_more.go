package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// fastClock is how far the clock of this machine may be from that of the database, or of a System.
const fastClock = 30 * time.Second

// doctorClock looks whether the clock went back, for cursors and leases go by it, and whether it is that of the others.
func (a *App) doctorClock(ctx context.Context, d *Diagnosis) error {
	last, err := a.lastEntry(ctx)
	if err != nil {
		return err
	}
	mend := "Set this machine's clock by a time server."
	skew := a.DB.Skew()
	switch ahead := last.Time.Sub(a.Now()); {
	case ahead > clockBack:
		d.fail("clock", "", connector.Misconfigured, fmt.Sprintf("the newest entry of the ledger is %s ahead of the clock", ahead.Round(time.Second)), mend)
	case skew.Abs() > fastClock:
		d.warn("clock", "", connector.Misconfigured, fmt.Sprintf("this machine's clock is %s from the database's, by which all goes", skew.Abs().Round(time.Second)), mend)
	default:
		d.well("clock", "", "is not behind the ledger")
	}
	return a.doctorPeers(ctx, d)
}

// doctorPeers tells what the last Check of each Connection found of its clock; nothing is called for it.
func (a *App) doctorPeers(ctx context.Context, d *Diagnosis) error {
	connections, err := a.DB.Connections(ctx)
	if err != nil {
		return err
	}
	for _, c := range connections {
		for _, s := range c.Steps {
			switch {
			case s.Step != "clock" || s.State == connector.StepSkipped:
			case s.State == connector.StepOK:
				d.well("clock", c.Name, s.Message)
			default:
				d.warn("clock", c.Name, s.Code, s.Message, s.Hint)
			}
		}
	}
	return nil
}

// doctorCertificates looks when the certificates end that we use.
func (a *App) doctorCertificates(ctx context.Context, d *Diagnosis) error {
	connections, err := a.DB.Connections(ctx)
	if err != nil {
		return err
	}
	rules, err := a.alertRules(ctx)
	if err != nil {
		return err
	}
	for _, c := range a.certificates(connections) {
		name := strings.TrimPrefix(c.Subject, "connection:")
		switch left := c.Until.Sub(a.Now()); {
		case c.Err != nil:
			d.fail("certificate", name, connector.Misconfigured, c.What+" can't be read: "+c.Err.Error(), "Put it back, and let this user read it.")
		case left <= 0:
			d.fail("certificate", name, connector.Misconfigured, c.What+" has ended at "+c.Until.UTC().Format(time.RFC3339), c.Hint)
		case left < rules.InForce().Expires:
			d.warn("certificate", name, connector.Misconfigured, c.What+" ends at "+c.Until.UTC().Format(time.RFC3339), c.Hint)
		default:
			d.well("certificate", name, c.What+" counts until "+c.Until.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// engineAlive says whether a process follows schedules on this database.
func (a *App) engineAlive(ctx context.Context) (bool, error) {
	if a.DB.IsSQLite() {
		unlock, err := engine.Lock(a.Process.Database)
		if err == nil {
			unlock()
		}
		return errors.Is(err, engine.ErrAlive), nil
	}
	alive := false
	err := a.DB.Tx(ctx, func(tx *store.Tx) error {
		live, err := tx.LiveProcesses(engine.DeadAfter)
		alive = len(live) > 0
		return err
	})
	return alive, err
}

// doctorDatabase says what the database is, and looks at its room and its tables.
func (a *App) doctorDatabase(ctx context.Context, d *Diagnosis, connections int) error {
	kind := "PostgreSQL"
	if a.DB.IsSQLite() {
		kind = "SQLite"
	}
	v, err := a.DB.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	d.well("database", "", fmt.Sprintf("opens, and answers for %d connections (%s, tables of version %d)", connections, kind, v))
	a.doctorFile(d)
	return nil
}
