package store

import "context"

// SavePlan keeps what a dry run would have done beside its Run. The text is the caller's.
func (tx *Tx) SavePlan(run int64, text []byte) error {
	b := hashed(text)
	if err := tx.keep([]*body{b}); err != nil || b.id == 0 {
		return err
	}
	_, err := tx.exec("keep a plan", "INSERT INTO plans (run, body) VALUES ($1, $2)", run, b.id)
	return err
}

// Plan is what SavePlan kept for a Run; nil when it has no plan.
func (db *DB) Plan(ctx context.Context, run int64) ([]byte, error) {
	var ref int64
	var text []byte
	v := db.view(ctx)
	if found, err := one(v, "read a plan", "SELECT body FROM plans WHERE run = $1", []any{run}, &ref); err != nil || !found {
		return nil, err
	}
	err := db.contents(v, []int64{ref}, func(_ int64, content []byte) error {
		text = content
		return nil
	})
	return text, err
}
