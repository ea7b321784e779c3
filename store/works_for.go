package store

import (
	"context"
	"database/sql"

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

// LinkedAtAll says which of some Records of a Connection have a Link, to whatever Connection.
func (db *DB) LinkedAtAll(ctx context.Context, kind connector.Kind, connection string, ids []string) (map[string]bool, error) {
	out := make(map[string]bool, len(ids))
	err := chunks(ids, func(part []string) error {
		for _, side := range []string{"a", "b"} {
			args := []any{string(kind), connection}
			in := list(&args, part)
			err := each(db.view(ctx), "read Links", "SELECT "+side+"_id FROM links WHERE kind = $1 AND "+side+"_connection = $2 AND "+side+"_id IN ("+in+")", args, func(rows *sql.Rows) error {
				var id string
				err := rows.Scan(&id)
				out[id] = true
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// AgreedBy says on which of some Links a Flow's both sides ever agreed.
func (db *DB) AgreedBy(ctx context.Context, flow string, links []int64) (map[int64]bool, error) {
	out := make(map[int64]bool, len(links))
	err := chunks(links, func(part []int64) error {
		args := []any{flow}
		in := list(&args, part)
		return each(db.view(ctx), "read agreements", "SELECT link FROM agreements WHERE flow = $1 AND link IN ("+in+")", args, func(rows *sql.Rows) error {
			var link int64
			err := rows.Scan(&link)
			out[link] = true
			return err
		})
	})
	return out, err
}
