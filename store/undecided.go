package store

import (
	"context"

	connector "ml-connector"
)

// Undecided is the first Record of a Flow's source that goes by a name (an alike.NameKey), has no Link to the Flow's target, and
// whose Delivery still has to be decided: it waits, is being sent, or is in doubt. Nil when there is none.
func (db *DB) Undecided(ctx context.Context, f connector.Flow, nameKey string) (*connector.Record, error) {
	if nameKey == "" {
		return nil, nil
	}
	a, b, mine := sides(f.From, f.To)
	r := connector.Record{Connection: f.From, Kind: f.Kind}
	found, err := one(db.view(ctx), "look for the same name", `SELECT r.ext_id FROM records r JOIN deliveries d ON d.record = r.id AND d.flow = $1
 WHERE r.name_key = $2 AND r.connection = $3 AND r.kind = $4 AND r.name_key <> '' AND d.state IN ('waiting', 'sending', 'in_doubt')
 AND NOT EXISTS (SELECT 1 FROM links l WHERE l.kind = r.kind AND l.a_connection = $5 AND l.b_connection = $6 AND l.`+mine+` = r.ext_id) ORDER BY r.id LIMIT 1`,
		[]any{f.Name, nameKey, f.From, string(f.Kind), a, b}, &r.ID)
	if err != nil || !found {
		return nil, err
	}
	return &r, nil
}
