package store

import "context"

// SavePlan keeps what a dry run would have done beside its Run. The text is the caller's.
func (tx *Tx) SavePlan(run int64, text []byte) error {
	b := tx.db.bodies.pack(text, forDocument)
	if err := tx.keep([]*body{b}); err != nil || b.id == 0 {
		return err
	}
	_, err := tx.exec("keep a plan", "INSERT INTO plans (run, body) VALUES ($1, $2)", run, b.id)
	return err
}

// Plan is what SavePlan kept for a Run; nil when it has no plan.
func (db *DB) Plan(ctx context.Context, run int64) ([]byte, error) {
	const op = "read a plan"
	var codec string
	var bytes []byte
	found, err := one(db.view(ctx), op, "SELECT b.codec, b.bytes FROM plans p JOIN bodies b ON b.id = p.body WHERE p.run = $1", []any{run}, &codec, &bytes)
	if err != nil || !found {
		return nil, err
	}
	text, err := db.bodies.unpack(codec, bytes)
	if err != nil {
		return nil, db.dialect.fail(op, err)
	}
	return text, nil
}
