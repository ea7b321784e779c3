package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	connector "ml-connector"
)

// Acceptance is one page that a Run read.
type Acceptance struct {
	Flow      connector.Flow
	Run       int64
	Page      connector.Page
	Exchanges []connector.Exchange
	Now       time.Time // of the read; zero = the store's clock
	// Again decides known records once more: their last Delivery, if it is filtered, unchanged, held or delivered, waits
	// again. It stays the same Delivery of the same Run.
	Again bool
	// Uncounted stores Records and Versions only: no Deliveries, no counts of the Run.
	Uncounted bool
	// Last ends the Run, and moves the Flow's cursor unless Cursor is zero.
	Last   bool
	Cursor time.Time
	// Judge, when not nil, is asked for each Record with a new content and each Flow that last agreed with it on something
	// else to write, inside the transaction; it may be asked again for the same. Nil: what it is asked about stays as it is.
	Judge func(Agreed) *Reopening
}

// Accepted is what came of a page.
type Accepted struct {
	Read       int // records counted
	Same       int // of them, known already
	New        int // Deliveries made
	Problems   int // records that could not be read
	Partitions []int
	Records    []RecordChange
	Wake       []FlowPartition // partitions, of any Flow, in which a Delivery waits now that did not
}

// RecordChange is one record of a page.
type RecordChange struct {
	ID              int64 // of the store
	Record          connector.Record
	Standing        connector.Standing
	StandingChanged bool // also: it was not known before
	New             bool // it has a new Version
}

// Accept stores a page in one transaction: new Versions, their Deliveries, the Run's counts, Entries, and with the last page
// the cursor. Accepting the same page twice makes nothing twice.
func (db *DB) Accept(ctx context.Context, a Acceptance) (Accepted, error) {
	p := db.readPage(a)
	var out Accepted
	err := db.Tx(ctx, func(tx *Tx) (err error) {
		out, err = tx.accept(a, p)
		return err
	})
	return out, err
}

// Accept is DB.Accept inside a transaction that does more.
func (tx *Tx) Accept(a Acceptance) (Accepted, error) { return tx.accept(a, tx.db.readPage(a)) }

// incoming is one record of a page, with what the store knows of it.
type incoming struct {
	id       string
	version  *connector.Version // nil for a problem and for one that was only seen
	problem  *connector.Error
	stamp    string // of the Version; of a problem the fingerprint of its text
	document *body
	mirror   *body
	row      *RecordRow // as it was before, nil when it was not known
	key      int64
	n        int // its Version after the page
	fresh    bool
	late     bool         // it is older than what is known: only its ID counts
	last     lastDelivery // this Flow's newest Delivery of it
}

type lastDelivery struct {
	id      int64
	version int
	state   connector.State
	part    int
}

type page struct {
	records   []*incoming // one for each ID
	same      []*incoming // seen, content not read
	exchanges packed
}

// readPage does the work that needs no transaction: hashes, texts, duplicates.
func (db *DB) readPage(a Acceptance) page {
	var p page
	at := map[string]int{}
	put := func(in *incoming) {
		if i, twice := at[in.id]; twice {
			p.records[i] = in
			return
		}
		at[in.id] = len(p.records)
		p.records = append(p.records, in)
	}
	for i := range a.Page.Versions {
		v := &a.Page.Versions[i]
		if v.Document == nil {
			v.Document = connector.Document{}
		}
		if v.Text == nil {
			v.Text = v.Document.Canonical()
		}
		put(&incoming{id: v.ID, version: v, stamp: v.Stamp, document: hashed(v.Text), mirror: hashedDocument(v.Mirror)})
	}
	for _, pr := range a.Page.Problems {
		text := sha256.Sum256([]byte(string(pr.Err.Code) + "\n" + pr.Err.Message))
		stamp := "problem:" + hex.EncodeToString(text[:8])
		id := pr.ID
		if id == "" {
			id = "unreadable-" + stamp[len("problem:"):]
		}
		put(&incoming{id: id, problem: pr.Err, stamp: stamp, document: &body{hash: []byte{}}, mirror: &body{hash: []byte{}}})
	}
	for _, s := range a.Page.Same {
		if _, read := at[s.ID]; !read && !slices.ContainsFunc(p.same, func(in *incoming) bool { return in.id == s.ID }) {
			p.same = append(p.same, &incoming{id: s.ID, stamp: s.Stamp})
		}
	}
	p.exchanges = db.packExchanges(a.Exchanges)
	return p
}

func (tx *Tx) accept(a Acceptance, p page) (Accepted, error) {
	var out Accepted
	if !a.Now.IsZero() {
		tx.happenedAt(a.Now)
	}
	if err := tx.keepExchanges(p.exchanges); err != nil {
		return out, err
	}
	records := p.records
	if a.Uncounted {
		records = slices.DeleteFunc(slices.Clone(records), func(in *incoming) bool { return in.problem != nil })
	} else {
		records = append(slices.Clone(records), p.same...)
	}
	if err := tx.lookUp(a, records); err != nil {
		return out, err
	}
	changes, err := tx.writeRecords(a, records)
	if err != nil {
		return out, err
	}
	out.Records = changes
	if !a.Uncounted {
		if err := tx.deliver(a, records, &out); err != nil {
			return out, err
		}
	}
	if err := tx.judge(a, records); err != nil {
		return out, err
	}
	if err := tx.releaseStandings(a, changes); err != nil {
		return out, err
	}
	if bugCursor && !a.Last && !a.Uncounted {
		if _, err := tx.exec("move the cursor", "UPDATE flows SET cursor_at = $2 WHERE name = $1", a.Flow.Name, micros(tx.now)); err != nil {
			return out, err
		}
	}
	if a.Last && !a.Uncounted {
		if err := tx.endRead(a); err != nil {
			return out, err
		}
	}
	out.Wake = tx.Wake()
	return out, nil
}

// lookUp finds what is known of a page's records: the row, locked on PostgreSQL so that Versions are numbered by one
// transaction at a time, and this Flow's last Delivery.
func (tx *Tx) lookUp(a Acceptance, records []*incoming) error {
	byID := make(map[string]*incoming, len(records))
	ids := make([]string, len(records))
	for i, in := range records {
		in.row, in.key, in.n, in.fresh, in.late, in.last = nil, 0, 0, false, false, lastDelivery{} // the transaction may run again
		byID[in.id], ids[i] = in, in.id
	}
	slices.Sort(ids)
	byKey := make(map[int64]*incoming, len(records))
	err := chunks(ids, func(part []string) error {
		args := []any{a.Flow.From, string(a.Flow.Kind)}
		in := list(&args, part)
		rows, err := recordsWhere(tx, "WHERE r.connection = $1 AND r.kind = $2 AND r.ext_id IN ("+in+") ORDER BY r.id"+tx.db.dialect.lock("r"), args)
		for i := range rows {
			r := byID[rows[i].Record.ID]
			r.row, r.key = &rows[i], rows[i].Key
			byKey[r.key] = r
		}
		return err
	})
	if err != nil || a.Uncounted {
		return err
	}
	return tx.lookUpDeliveries(a.Flow.Name, byKey)
}

func endOf(in *incoming) (version int, hash []byte, stamp string) {
	if in.row == nil {
		return 0, nil, ""
	}
	return in.row.Version, in.row.hash, in.row.Stamp
}

// known says that the record's last Version has this content already.
func (in *incoming) known() bool {
	n, hash, stamp := endOf(in)
	if n == 0 || !slices.Equal(hash, in.document.hash) {
		return false
	}
	return in.problem == nil || stamp == in.stamp
}

// stampDoubt is how much later a page must have been asked for than the present Version was read, so that a stamp which went
// back counts for nothing: the clocks of two processes differ.
const stampDoubt = time.Minute

// isLate says whether the page was asked for before the present content of the record was read, which is not older by its
// stamp: another reader was faster.
func (a Acceptance) isLate(in *incoming) bool {
	if a.Page.Asked.IsZero() || in.version == nil || in.row == nil || in.row.Version == 0 || len(in.row.hash) == 0 {
		return false
	}
	is, was, read := micro(in.version.Changed), micro(in.row.Changed), in.row.UpdatedAt
	switch {
	case is.IsZero() || was.IsZero() || is.Equal(was):
		return a.Page.Asked.Before(read)
	case is.Before(was):
		return a.Page.Asked.Before(read.Add(stampDoubt))
	}
	return false
}

// endRead ends the Run with its last page and moves the cursor.
func (tx *Tx) endRead(a Acceptance) error {
	if !a.Cursor.IsZero() {
		if _, err := tx.exec("move the cursor", "UPDATE flows SET cursor_at = $2 WHERE name = $1 AND cursor_at < $2", a.Flow.Name, micros(a.Cursor)); err != nil {
			return err
		}
	}
	return tx.EndRun(a.Run, nil, tx.now)
}
