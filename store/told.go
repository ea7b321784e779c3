package store

import (
	"time"

	connector "ml-connector"
)

// toldRow is [connector.Told] as it is stored.
type toldRow struct {
	Tidings connector.Tidings
	At      time.Time
	Begun   time.Time
	By      string
	Err     string
}

// toldColumn is the JSON of what the source was told; only of what has a life there may be one.
const toldColumn = "CASE WHEN d.stage = '' THEN '' ELSE COALESCE((SELECT t.told FROM told t WHERE t.delivery = d.id), '') END"

func toldOf(text string) (*connector.Told, error) {
	if text == "" {
		return nil, nil
	}
	var row toldRow
	if err := fromJSON(text, &row); err != nil {
		return nil, err
	}
	fail, err := errorOf(row.Err)
	return &connector.Told{Tidings: row.Tidings, At: row.At, Begun: row.Begun, By: row.By, Err: fail}, err
}

func (tx *Tx) writeTold(op string, id int64, t connector.Told) error {
	_, err := tx.exec(op, "INSERT INTO told (delivery, told) VALUES ($1, $2) ON CONFLICT (delivery) DO UPDATE SET told = excluded.told", id,
		asJSON(toldRow{t.Tidings, micro(t.At), micro(t.Begun), t.By, errorText(t.Err)}, false))
	return err
}

// Telling is a telling that is about to be made.
type Telling struct {
	Delivery int64
	By       string          // the process that makes it
	Known    *connector.Told // as it was when that was decided
	Stale    time.Time       // what began before is under way no more
	Dead     string          // a process that surely is, "" = none is known
	At       time.Time
}

// BeginTelling notes that a process is about to tell the source what became of one delivered object. Mine is false when it is
// not to be told: another telling is under way, or something was told since.
func (tx *Tx) BeginTelling(b Telling) (mine bool, err error) {
	const op = "begin to tell the source"
	d, err := tx.toTell(op, b.Delivery)
	if err != nil {
		return false, err
	}
	var t connector.Told
	if d.Told != nil {
		t = *d.Told
	}
	var since time.Time
	if b.Known != nil {
		since = b.Known.At
	}
	if t.Begun.After(b.Stale) && (b.Dead == "" || t.By != b.Dead) || !t.At.Equal(since) {
		return false, nil
	}
	t.Begun, t.By = b.At, b.By
	return true, tx.writeTold(op, b.Delivery, t)
}

// toTell reads a Delivery that nobody changes until the transaction ends.
func (tx *Tx) toTell(op string, id int64) (connector.Delivery, error) {
	if _, err := tx.theOne(op, id); err != nil {
		return connector.Delivery{}, err
	}
	d, err := firstDelivery(tx, "WHERE d.id = $1", []any{id})
	if err != nil || d == nil {
		return connector.Delivery{}, err
	}
	return *d, nil
}

// EndTelling stores what came of a telling: the source took the tidings, or fail says why not. The ledger says so, of a failure
// once as long as it stays the same. A telling that took so long that another process took it over says nothing any more.
func (tx *Tx) EndTelling(b Telling, t connector.Tidings, fail *connector.Error, exchange string, at time.Time) error {
	const op = "store what the source was told"
	id := b.Delivery
	d, err := tx.toTell(op, id)
	if err != nil || d.Told == nil || d.Told.By != b.By || !d.Told.Begun.Equal(micro(b.At)) {
		return err
	}
	tx.happenedAt(at)
	told := *d.Told
	was := told.Err
	told.Begun, told.By, told.Err = time.Time{}, "", fail
	if fail == nil {
		told.Tidings, told.At = t, tx.now
	}
	if err := tx.writeTold(op, id, told); err != nil {
		return err
	}
	e := connector.Entry{Action: "delivery.acknowledged", Subject: d.Record.String(), Run: d.Run, Delivery: id, Exchange: exchange, Details: tidings(t)}
	if fail != nil {
		if was != nil && was.Code == fail.Code && was.Message == fail.Message {
			return nil
		}
		e.Action, e.Details["code"] = "delivery.not_acknowledged", string(fail.Code)
	}
	tx.Enter(e)
	return nil
}

// NothingToTell forgets why something could not be told that needs no telling any more.
func (tx *Tx) NothingToTell(id int64) error {
	const op = "store what the source was told"
	d, err := tx.toTell(op, id)
	if err != nil || d.Told == nil || !d.Told.Begun.IsZero() {
		return err
	}
	told := *d.Told
	told.Err = nil
	return tx.writeTold(op, id, told)
}

// tidings are the details of an Entry: the numbers, and whether it is paid.
func tidings(t connector.Tidings) map[string]string {
	out := map[string]string{"number": t.Number}
	switch {
	case t.Payment != nil:
		out["payment"], out["payment_number"], out["amount"] = "paid", t.Payment.Number, t.Payment.Amount
	case t.Void:
		out["payment"] = "void"
	}
	return out
}
