package store

import (
	"context"

	connector "ml-connector"
)

// WorksFor is what is known of many Records of one Connection and Kind for a comparison, in the order of their IDs: the newest Delivery of a
// Flow, the Link and the linked target. What a decision needs besides (the Version, what was sent, the agreement) is left out.
func (db *DB) WorksFor(ctx context.Context, flow, connection string, kind connector.Kind, ids []string, to string) ([]Work, error) {
	v := db.view(ctx)
	works := make([]Work, len(ids))
	at := make(map[string][]int, len(ids)) // an ID may be there twice
	for i, id := range ids {
		works[i].Delivery = connector.Delivery{Flow: flow, Kind: kind, Record: connector.Record{Connection: connection, Kind: kind, ID: id}}
		at[id] = append(at[id], i)
	}
	err := chunks(ids, func(part []string) error {
		args := []any{connection, string(kind), flow}
		newest, err := deliveriesWhere(v, `WHERE r.connection = $1 AND r.kind = $2 AND d.flow = $3 AND r.ext_id IN (`+list(&args, part)+`)
 AND NOT EXISTS (SELECT 1 FROM deliveries n WHERE n.record = d.record AND n.flow = d.flow AND n.version > d.version) ORDER BY d.id`, args)
		for _, d := range newest {
			for _, i := range at[d.Record.ID] {
				works[i].Delivery = d
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	_, err = db.addTargets(v, connection, to, kind, works)
	return works, err
}

// Links are those of some Records of a Connection to another one, by the Records' IDs.
func (db *DB) Links(ctx context.Context, kind connector.Kind, connection string, ids []string, to string) (map[string]connector.Link, error) {
	return linksOf(db.view(ctx), kind, connection, to, ids)
}
