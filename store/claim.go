package store

import (
	"context"
	"database/sql"

	connector "ml-connector"
)

// Work is a Delivery with all that a decision about it needs.
type Work struct {
	Delivery       connector.Delivery
	Version        connector.Version // Title, Name, Standing and Numbers are those that the Record has now
	Link           *connector.Link
	Agreement      *connector.Agreement // of this Flow
	Target         *RecordRow           // the linked target Record as it was last read, nil without a Link
	SentDocument   connector.Document   // of the last attempt, nil before
	PreviouslySent bool                 // this or another Delivery of the Record by this Flow was ever begun to be sent
	MergedInto     string               // the ID of the Record that this one was merged into, of one without a Link; "" = it was not
}

// Linked is the ID of the target that the Record is linked to, "" without a Link.
func (w Work) Linked() string {
	if w.Link == nil {
		return ""
	}
	return w.Link.Other(w.Delivery.Record.Connection).ID
}

// Claim gives what is due in a partition: waiting or in doubt, oldest first. It leaves out a Delivery whose Record has
// another one of this Flow in sending or in doubt, or an older one waiting: Versions of one Record go in order. It changes
// nothing; what is claimed again before it was settled is given again, unless it is named as being in hand.
func (db *DB) Claim(ctx context.Context, flow string, partition int, epoch int64, limit int, inHand ...int64) ([]Work, error) {
	const op = "claim Deliveries"
	v := db.view(ctx)
	var now int64
	if found, err := one(v, op, "SELECT epoch FROM partitions WHERE flow = $1 AND n = $2 AND epoch = $3 AND owner <> ''", []any{flow, int64(partition), epoch}, &now); err != nil {
		return nil, err
	} else if !found {
		return nil, lost(op)
	}
	args := []any{flow, int64(partition), micros(db.Now()), int64(limit)}
	except := ""
	if len(inHand) > 0 {
		except = " AND c.id NOT IN (" + list(&args, inHand) + ")"
	}
	return db.works(v, flow, `WHERE d.id IN (SELECT c.id FROM deliveries c WHERE c.flow = $1 AND c.part = $2 AND c.due_at > 0 AND c.due_at <= $3`+except+`
 AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.record = c.record AND o.flow = c.flow AND o.id <> c.id
  AND (`+barring()+`o.state = 'waiting' AND o.version < c.version))
 ORDER BY c.due_at, c.id LIMIT $4) ORDER BY d.due_at, d.id`, args)
}

// barring are the states in which a Delivery bars every other one of its Record.
func barring() string {
	if bugOrder {
		return ""
	}
	return "o.state IN ('sending', 'in_doubt') OR "
}

// WorkFor is what is known of a Record for a decision, whether a Delivery waits or not. Its Delivery is the newest of this
// Flow, empty when there is none.
func (db *DB) WorkFor(ctx context.Context, flow string, rec connector.Record, to string) (Work, error) {
	v := db.view(ctx)
	works, err := db.works(v, flow, "WHERE r.connection = $1 AND r.kind = $2 AND r.ext_id = $3 AND d.flow = $4 ORDER BY d.version DESC LIMIT 1",
		[]any{rec.Connection, string(rec.Kind), rec.ID, flow})
	if err != nil {
		return Work{}, err
	}
	if len(works) > 0 {
		return works[0], nil
	}
	works = []Work{{Delivery: connector.Delivery{Flow: flow, Record: rec, Kind: rec.Kind}}}
	return works[0], db.addLinks(v, flow, rec.Connection, to, rec.Kind, works)
}

// WorkOf is what is known of one Delivery for a decision.
func (db *DB) WorkOf(ctx context.Context, id int64) (Work, error) {
	d, err := db.Delivery(ctx, id)
	if err != nil {
		return Work{}, err
	}
	works, err := db.works(db.view(ctx), d.Flow, "WHERE d.id = $1 AND d.flow = $2", []any{id, d.Flow})
	if err != nil {
		return Work{}, err
	}
	if len(works) == 0 {
		return Work{}, connector.Errorf(connector.NotFound, "read the work of a Delivery", "the flow %s is not there any more", d.Flow).Advise("What it did stays in the history.")
	}
	return works[0], nil
}

const workColumns = deliveryColumns + `, r.title, r.name_key, r.traits, r.standing, r.mirror, r.changed_at, COALESCE(v.stamp, ''), COALESCE(v.document, 0), f.source, f.target,
 CASE WHEN d.attempts > 0 OR EXISTS (SELECT 1 FROM deliveries s WHERE s.record = d.record AND s.flow = d.flow AND s.attempts > 0) THEN 1 ELSE 0 END`

// works reads Deliveries with their Versions, Links, agreements and targets.
func (db *DB) works(v reader, flow, where string, args []any) ([]Work, error) {
	var out []Work
	var refs []int64 // of the Document, of what was sent last, and of the mirror, one after the other
	var from, to string
	err := each(v, "read work", "SELECT "+workColumns+deliveryTables+`JOIN flows f ON f.name = d.flow LEFT JOIN versions v ON v.record = d.record AND v.n = d.version `+where, args, func(rows *sql.Rows) error {
		var s deliveryScan
		var w Work
		var document, mirror, changed, previously int64
		var traits string
		dest := append(s.into(), &w.Version.Title, &w.Version.Name, &traits, &w.Version.Standing, &mirror, &changed, &w.Version.Stamp, &document, &from, &to, &previously)
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		var err error
		if w.Delivery, err = s.delivery(); err != nil {
			return err
		}
		if err := fromJSON(traits, &w.Version.Traits); err != nil {
			return err
		}
		w.Version.ID, w.Version.Changed, w.PreviouslySent = w.Delivery.Record.ID, timeOf(changed), previously != 0
		out, refs = append(out, w), append(refs, document, s.body, mirror)
		return nil
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	docs, err := db.documents(v, refs)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Version.Document, out[i].SentDocument, out[i].Version.Mirror = docs[refs[3*i]], docs[refs[3*i+1]], docs[refs[3*i+2]]
	}
	if err := db.addNumbers(v, out); err != nil {
		return nil, err
	}
	return out, db.addLinks(v, flow, from, to, out[0].Delivery.Kind, out)
}

func (db *DB) addNumbers(v reader, works []Work) error {
	at := make(map[int64]*Work, len(works))
	keys := make([]int64, len(works))
	for i := range works {
		at[works[i].Delivery.RecordKey], keys[i] = &works[i], works[i].Delivery.RecordKey
	}
	return eachNumber(v, keys, func(key int64, number string) {
		at[key].Version.Numbers = append(at[key].Version.Numbers, number)
	})
}

// addLinks adds Links, and for those that have one the agreement and the target.
func (db *DB) addLinks(v reader, flow, from, to string, kind connector.Kind, works []Work) error {
	links, err := db.addTargets(v, from, to, kind, works)
	if err != nil || len(links) == 0 {
		return err
	}
	agreed, err := db.agreements(v, flow, links)
	for i := range works {
		if works[i].Link != nil {
			works[i].Agreement = agreed[works[i].Link.ID]
		}
	}
	return err
}

// addTargets adds Links, and for those that have one the target; it gives the keys of the Links.
func (db *DB) addTargets(v reader, from, to string, kind connector.Kind, works []Work) (keys []int64, err error) {
	ids := make([]string, len(works))
	for i, w := range works {
		ids[i] = w.Delivery.Record.ID
	}
	links, err := linksOf(v, kind, from, to, ids)
	if err != nil {
		return nil, err
	}
	if err := addMerged(v, kind, from, links, works); err != nil || len(links) == 0 {
		return nil, err
	}
	var targets []string
	for _, l := range links {
		keys, targets = append(keys, l.ID), append(targets, l.Other(from).ID)
	}
	rows, err := db.recordsByID(v, to, kind, targets)
	if err != nil {
		return nil, err
	}
	for i := range works {
		if l, ok := links[works[i].Delivery.Record.ID]; ok {
			works[i].Link, works[i].Target = &l, rows[l.Other(from).ID]
		}
	}
	return keys, nil
}

// addMerged says of those without a Link which were merged into another Record.
func addMerged(v reader, kind connector.Kind, from string, links map[string]connector.Link, works []Work) error {
	var alone []string
	for _, w := range works {
		if _, linked := links[w.Delivery.Record.ID]; !linked {
			alone = append(alone, w.Delivery.Record.ID)
		}
	}
	into, err := mergedInto(v, kind, from, alone)
	for i := range works {
		if _, linked := links[works[i].Delivery.Record.ID]; !linked {
			works[i].MergedInto = into[works[i].Delivery.Record.ID]
		}
	}
	return err
}

func (db *DB) recordsByID(v reader, connection string, kind connector.Kind, ids []string) (map[string]*RecordRow, error) {
	rows, err := rowsByID(v, connection, kind, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*RecordRow, len(rows))
	for i := range rows {
		out[rows[i].Record.ID] = &rows[i]
	}
	return out, db.fill(v, rows)
}

// agreements reads what a Flow last agreed on, by Link.
func (db *DB) agreements(v reader, flow string, links []int64) (map[int64]*connector.Agreement, error) {
	out := make(map[int64]*connector.Agreement, len(links))
	owned := map[int64]int64{} // by Link
	var refs []int64
	err := chunks(links, func(part []int64) error {
		args := []any{flow}
		in := list(&args, part)
		return each(v, "read agreements", `SELECT link, source_version, target_version, revision, fingerprint, owned FROM agreements
 WHERE flow = $1 AND link IN (`+in+")", args, func(rows *sql.Rows) error {
			a := connector.Agreement{Flow: flow}
			var fingerprint []byte
			var ref int64
			err := rows.Scan(&a.Link, &a.SourceVersion, &a.TargetVersion, &a.Revision, &fingerprint, &ref)
			a.Fingerprint = hexHash(fingerprint)
			out[a.Link], owned[a.Link] = &a, ref
			refs = append(refs, ref)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	docs, err := db.documents(v, refs)
	for id, a := range out {
		a.Owned = docs[owned[id]]
	}
	return out, err
}
