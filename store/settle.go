package store

import (
	"maps"
	"time"

	connector "ml-connector"
)

// Outcome is what became of one Delivery.
type Outcome struct {
	Delivery  int64
	State     connector.State
	Err       *connector.Error // of held and in_doubt always; of waiting and blocked when there is one
	DueAt     time.Time        // of waiting: zero is now; of in_doubt: zero is never, only a person can go on
	Since     time.Time        // before DueAt was decided, by the same clock: when that was set back meanwhile, DueAt is set back with it
	Failures  int
	Looks     int
	LookedAt  time.Time
	Operation connector.Operation // "" keeps what is there
	Target    connector.Record    // without ID: keeps what is there
	BlockedOn []connector.Ref
	Names     []connector.Ref      // what a held one names, and is released by
	Link      bool                 // make the Link between the source and the Target
	Numbers   []string             // of the Target
	Agreement *connector.Agreement // its Link and Fingerprint are filled in by the store
	Known     int                  // the Version of the target Record that was known when this was decided
	Standing  connector.Standing   // of the Target, "" keeps what is there
	Life      *connector.Life      // nil keeps what is there
	Follow    time.Time            // of held: when it is decided again by itself; zero = not
	Exchanges []connector.Exchange // kept in any case
	Action    string               // of the Entry, "" = delivery.STATE
	Details   map[string]string    // of the Entry
	Exchange  string               // of the Entry
	// ReleaseKeys gives up the Record's natural keys: nothing of it can exist at the target.
	ReleaseKeys bool
}

// Settled is what came of a batch of Outcomes.
type Settled struct {
	Wake    []FlowPartition // partitions, of any Flow, in which a Delivery waits now
	Dropped []int64         // Deliveries that no longer were waiting, sending or in doubt: their Outcomes were not stored
}

// again is how long a Delivery waits that was to be blocked on something which is there by now.
const again = 2 * time.Second

// outcome is an Outcome on its way.
type outcome struct {
	Outcome
	was   brief
	link  int64 // the Link between source and Target, 0 = none
	alone bool  // held because its Target belongs to another Record: that Link does not release it
}

// settling is one transaction that settles.
type settling struct {
	tx *Tx
	way
	owned   map[int64]*body
	outs    []*outcome
	dropped []int64
	linked  []*outcome         // whose Links are new
	changed []connector.Record // target Records whose standing changed
	keys    []int64            // target Records, known before, that got a Link
	drifted []brief            // whose targets were changed by others since they were decided: the owner's values are to win
}

// begin takes the Outcomes, and drops those that come too late by what the Deliveries are.
func (s *settling) begin(partition int, outs []Outcome, deliveries []brief) {
	was := make(map[int64]brief, len(deliveries))
	for _, b := range deliveries {
		was[b.id] = b
	}
	for _, o := range outs {
		b, ok := was[o.Delivery]
		delete(was, o.Delivery)
		if !ok || b.flow != s.flow || b.part != partition || b.state != connector.Waiting && b.state != connector.Sending && b.state != connector.InDoubt {
			s.dropped = append(s.dropped, o.Delivery)
			continue
		}
		s.outs = append(s.outs, &outcome{Outcome: o, was: b})
	}
}

func (s *settling) run(epoch int64) error {
	if err := s.findLinks(); err != nil {
		return err
	}
	if err := s.makeLinks(); err != nil {
		return err
	}
	if err := s.writeTargets(); err != nil {
		return err
	}
	if err := s.writeAgreements(); err != nil {
		return err
	}
	if err := s.recheckTargets(); err != nil {
		return err
	}
	if err := s.recheckBlocked(); err != nil {
		return err
	}
	if err := s.recheckFiltered(); err != nil {
		return err
	}
	for _, o := range s.outs {
		o.supersede()
	}
	if err := s.writeDeliveries(epoch); err != nil {
		return err
	}
	if err := s.tx.force(s.drifted); err != nil {
		return err
	}
	if err := s.giveUpKeys(); err != nil {
		return err
	}
	return s.release()
}

// supersede ends a Delivery that was being sent or in doubt while a newer Version came: unless it is settled for good, the
// newer one takes its place.
func (o *outcome) supersede() {
	if o.was.version >= o.was.newest || o.State != connector.Waiting && o.State != connector.Blocked && o.State != connector.Held {
		return
	}
	o.Details = maps.Clone(o.Details)
	if o.Details == nil {
		o.Details = map[string]string{}
	}
	o.Details["settled"] = string(o.State)
	o.Details["reason"] = "newer Version"
	o.State, o.Action, o.BlockedOn, o.Names = connector.Superseded, "", nil, nil
}

// writeDeliveries stores the states, what they wait for, and the Entries.
func (s *settling) writeDeliveries(epoch int64) error {
	tx := s.tx
	now := micros(tx.now)
	var rows, waits [][]any
	for _, o := range s.outs {
		life, stage := "", ""
		if o.Life == nil && o.State == connector.Delivered && s.track != "" && o.was.stage == "" {
			o.Life = &connector.Life{Stage: connector.StageSent, At: tx.now}
		}
		if o.Life != nil {
			life, stage = asJSON(o.Life, false), string(o.Life.Stage)
		}
		rows = append(rows, []any{o.Delivery, string(o.State), o.due(now), errorCode(o.Err), errorText(o.Err), int64(o.Failures), int64(o.Looks), micros(o.LookedAt),
			string(o.Operation), o.Target.Connection, o.Target.ID, asJSON(o.BlockedOn, len(o.BlockedOn) == 0), stage, life, epoch, now})
		waits = append(waits, o.waits(s.from, s.to)...)
		s.enter(o)
	}
	_, err := tx.update("settle", `UPDATE deliveries SET state = v.column2, due_at = v.column3, error_code = v.column4, error = v.column5, failures = v.column6, looks = v.column7,
 looked_at = v.column8, operation = CASE WHEN v.column9 = '' THEN operation ELSE v.column9 END, target = CASE WHEN v.column11 = '' THEN target ELSE v.column10 END,
 target_id = CASE WHEN v.column11 = '' THEN target_id ELSE v.column11 END, blocked_on = v.column12, stage = CASE WHEN v.column13 = '' THEN stage ELSE v.column13 END,
 life = CASE WHEN v.column13 = '' THEN life ELSE v.column14 END, epoch = v.column15, updated_at = v.column16,
 doubted = CASE WHEN v.column2 = 'in_doubt' THEN 1 ELSE doubted END,
forced = CASE WHEN v.column2 IN ('delivered', 'unchanged') THEN 0 ELSE forced END`, "WHERE deliveries.id = v.column1",
		[]string{"BIGINT", "TEXT", "BIGINT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT"}, rows)
	if err != nil {
		return err
	}
	if err := s.follow(); err != nil {
		return err
	}
	return tx.insertWaits(waits)
}

// follow notes when held Deliveries are decided again by themselves.
func (s *settling) follow() error {
	var rows [][]any
	for _, o := range s.outs {
		if o.State == connector.Held && !o.Follow.IsZero() && o.was.stage == "" {
			rows = append(rows, []any{o.Delivery, micros(o.Follow)})
		}
	}
	_, err := s.tx.update("settle", "UPDATE deliveries SET follow_at = v.column2", "WHERE deliveries.id = v.column1", []string{"BIGINT", "BIGINT"}, rows)
	return err
}

func (tx *Tx) insertWaits(rows [][]any) error {
	_, err := tx.insert("note what Deliveries wait for", "INSERT INTO waits (delivery, kind, connection, ext_id)", " ON CONFLICT (delivery, kind, connection, ext_id) DO NOTHING", distinct(rows))
	return err
}

// due is the due time as it is stored: only what waits or is in doubt has one.
func (o *outcome) due(now int64) int64 {
	switch {
	case o.State == connector.Waiting && o.DueAt.IsZero():
		return now
	case o.State == connector.InDoubt && o.DueAt.IsZero():
		return never
	case o.State == connector.Waiting || o.State == connector.InDoubt:
		return micros(o.DueAt) - max(micros(o.Since)-now, 0)
	}
	return 0
}

// enter leaves the Entry of an Outcome, unless it changes nothing.
func (s *settling) enter(o *outcome) {
	if o.State == o.was.state && o.Action == "" {
		return
	}
	e := connector.Entry{Action: o.Action, Details: o.Details, Exchange: o.Exchange}
	if e.Action == "" {
		e.Action = "delivery." + string(o.State)
	}
	s.tx.enterMove(o.was, o.State, o.Err, e)
}

// giveUpKeys frees the natural keys of Records of which nothing can exist at the target.
func (s *settling) giveUpKeys() error {
	var records []int64
	for _, o := range s.outs {
		if o.ReleaseKeys {
			records = append(records, o.was.record)
		}
	}
	return chunks(records, func(part []int64) error {
		args := []any{s.to, string(s.kind)}
		in := list(&args, part)
		_, err := s.tx.exec("give up natural keys", "DELETE FROM natural_keys WHERE connection = $1 AND kind = $2 AND record IN ("+in+")", args...)
		return err
	})
}
