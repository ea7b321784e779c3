//go:build unix

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/invariant"
	"ml-connector/invariant/sides"
	"ml-connector/store"
)

// outcome is what the store and both sides look like when a row is over.
type outcome struct {
	Doubts     int      `json:"doubts"` // Deliveries that were in doubt at some time
	Again      int      `json:"again"`  // writes that were sent once more
	Writes     int      `json:"writes"` // writes that arrived at the peers
	Violations []string `json:"violations,omitempty"`
	Open       string   `json:"open,omitempty"` // what was not settled
	ends       map[string]connector.State
}

// look lets f see the database, as another process does. A SQLite file is not kept open: a process that is killed must find
// it as a power cut leaves it.
func (s *stand) look(ctx context.Context, f func(*store.DB) error) error {
	db := s.open
	if db == nil {
		var err error
		if db, err = store.Open(ctx, s.database, time.Now); err != nil {
			return err
		}
		if s.server != nil {
			s.open = db
			s.after(func() { _ = db.Close() })
		} else {
			defer db.Close()
		}
	}
	return f(db)
}

func (s *stand) sides() []invariant.Side {
	return []invariant.Side{sides.PeopleSoft("erp", s.site.Company, s.site.PeopleSoft, time.Now), sides.Jaggaer("s2p", s.site.Company, s.site.Jaggaer)}
}

// settle waits until every Flow (of those that only accepts) has had a good Run that began after a time, nothing is left to
// be done, and every invariant holds. It says how long that took.
func (s *stand) settle(ctx context.Context, since time.Time, limit time.Duration, only func(flow string) bool) (outcome, time.Duration, error) {
	var o outcome
	for end := time.Now().Add(limit); ; pause(ctx, 300*time.Millisecond) {
		o = outcome{}
		err := s.look(ctx, func(db *store.DB) (err error) {
			if o.Open, err = open(ctx, db, since, only); err != nil || o.Open != "" {
				return err
			}
			return o.check(ctx, db, s.sides(), only)
		})
		if err == nil && o.Open == "" && len(o.Violations) == 0 {
			break
		}
		if err == nil && o.Open == "" && !passing(o.Violations) || time.Now().After(end) || ctx.Err() != nil {
			if err == nil && o.Open != "" {
				o = outcome{Open: o.Open}
				err = s.look(ctx, func(db *store.DB) error { return o.check(ctx, db, s.sides(), only) })
			}
			return o, time.Since(since), err
		}
	}
	o.Writes = s.door.sent
	return o, time.Since(since), nil
}

// passing says that all violations are of the kind that time may mend.
func passing(violations []string) bool {
	for _, v := range violations {
		if !strings.HasPrefix(v, "rest: ") && !strings.HasPrefix(v, "I4: ") {
			return false
		}
	}
	return true
}

// open says what is left to be done; "" when nothing is.
func open(ctx context.Context, db *store.DB, since time.Time, only func(string) bool) (string, error) {
	flows, err := db.Flows(ctx)
	if err != nil {
		return "", err
	}
	for _, f := range flows {
		if !only(f.Name) {
			continue
		}
		if f.Paused.Code != "" {
			return fmt.Sprintf("%s is paused: %s", f.Name, f.Paused.Reason), nil
		}
		runs, err := db.Runs(ctx, store.RunFilter{Flow: f.Name, Windows: true, Limit: 5})
		if err != nil {
			return "", err
		}
		good := slices.ContainsFunc(runs, func(r connector.Run) bool { return !r.EndedAt.IsZero() && r.Err == nil && r.StartedAt.After(since) })
		if !good {
			return f.Name + " has had no good Run since", nil
		}
	}
	parts, err := db.OpenPartitions(ctx)
	if err != nil {
		return "", err
	}
	for _, p := range parts {
		if only(p.Flow) {
			return fmt.Sprintf("%s, partition %d, has Deliveries to be settled", p.Flow, p.Partition), nil
		}
	}
	return "", nil
}

// check holds every invariant, and counts.
func (o *outcome) check(ctx context.Context, db *store.DB, all []invariant.Side, only func(string) bool) error {
	found, err := invariant.Settled(ctx, db, all...)
	if err != nil {
		return err
	}
	for _, v := range found {
		if v.Flow == "" || only(v.Flow) {
			o.Violations = append(o.Violations, v.String())
		}
	}
	doubted := map[int64]bool{}
	err = db.EachEntry(ctx, store.EntryFilter{Action: "delivery."}, func(e connector.Entry) error {
		if e.Action == "delivery.in_doubt" {
			doubted[e.Delivery] = true
		}
		if e.Action == "delivery.sending" && e.Details["attempt"] != "1" {
			o.Again++
		}
		return nil
	})
	o.Doubts = len(doubted)
	if err != nil {
		return err
	}
	o.ends = map[string]connector.State{}
	flows, err := db.Flows(ctx)
	if err != nil {
		return err
	}
	for _, f := range flows {
		newest, err := db.NewestOf(ctx, f)
		if err != nil {
			return err
		}
		for _, n := range newest {
			o.ends[f.Name+" "+n.Record.ID] = end(n.State)
			if n.Open && only(f.Name) { // read back meanwhile
				o.Open = fmt.Sprintf("%s has %s to be settled", f.Name, n.Record.ID)
			}
		}
	}
	return nil
}

// end is the state that counts: whether we wrote or found it there depends on the moment.
func end(s connector.State) connector.State {
	if s == connector.Unchanged {
		return connector.Delivered
	}
	return s
}

// differ compares how each Record ended with how it ends without a fault. One that is not there is no difference: of what
// we wrote it depends on the moment whether it was read back yet, and of others the invariants tell.
func (o *outcome) differ(without map[string]connector.State) {
	for _, key := range slices.Sorted(maps.Keys(without)) {
		if have := o.ends[key]; have != "" && have != without[key] {
			o.Violations = append(o.Violations, fmt.Sprintf("without the fault: %s is %q, and here %q", key, without[key], have))
		}
	}
}
