package store

import (
	"context"
	"database/sql"
	"time"

	connector "ml-connector"
)

// SaveExchanges keeps Exchanges. One that is kept already stays as it is.
func (db *DB) SaveExchanges(ctx context.Context, xs []connector.Exchange) error {
	if len(xs) == 0 {
		return nil
	}
	p := db.packExchanges(xs)
	return db.Tx(ctx, func(tx *Tx) error { return tx.keepExchanges(p) })
}

// packed are Exchanges and their contents, ready for the transaction.
type packed struct {
	bodies []*body // one for each Exchange, then others that are to be kept with them
	rows   [][]any
}

// contentColumn is the column of an Exchange's row that is known once its content is kept.
const contentColumn = 6

func (db *DB) packExchanges(xs []connector.Exchange) packed {
	var p packed
	for _, x := range xs {
		p.bodies = append(p.bodies, &body{parts: exchanged(x), purpose: forExchange})
		p.rows = append(p.rows, []any{x.ID, x.Connection, x.Op, x.Method, x.URL, int64(x.Status), int64(0), micros(x.Started), x.Took.Microseconds(), x.Failure, x.Run, x.Delivery})
	}
	return p
}

// exchanged are the parts of an Exchange's content: headers and bodies; nil when it has none of them.
func exchanged(x connector.Exchange) [][]byte {
	var request, response []byte
	if len(x.RequestHeader) > 0 {
		request = textsJSON(x.RequestHeader)
	}
	if len(x.ResponseHeader) > 0 {
		response = textsJSON(x.ResponseHeader)
	}
	if len(request)+len(x.RequestBody)+len(response)+len(x.ResponseBody) == 0 {
		return nil
	}
	return [][]byte{request, x.RequestBody, response, x.ResponseBody}
}

// exchangedInto reads it back.
func exchangedInto(x *connector.Exchange, content []byte) error {
	var parts [4][]byte
	for i := range parts {
		parts[i], content = unframed(content)
		if len(parts[i]) == 0 {
			parts[i] = nil
		}
	}
	x.RequestBody, x.ResponseBody = parts[1], parts[3]
	if err := fromJSON(string(parts[0]), &x.RequestHeader); err != nil {
		return err
	}
	return fromJSON(string(parts[2]), &x.ResponseHeader)
}

func (tx *Tx) keepExchanges(p packed) error {
	if err := tx.keep(p.bodies); err != nil {
		return err
	}
	for i, row := range p.rows {
		row[contentColumn] = p.bodies[i].id
	}
	_, err := tx.insert("keep Exchanges", "INSERT INTO exchanges (id, connection, op, method, url, status, content, started_at, took, failure, run, delivery)", " ON CONFLICT (id) DO NOTHING", p.rows)
	return err
}

// Exchange is one Exchange with its headers and bodies; those that retention removed are nil.
func (db *DB) Exchange(ctx context.Context, id string) (connector.Exchange, error) {
	xs, err := db.exchangesWhere(ctx, "WHERE id = $1", id)
	if err != nil {
		return connector.Exchange{}, err
	}
	if len(xs) == 0 {
		return connector.Exchange{}, connector.Errorf(connector.NotFound, "read an Exchange", "there is no Exchange %q", id)
	}
	return xs[0], nil
}

// ExchangesOf lists the Exchanges of a Delivery, the oldest first.
func (db *DB) ExchangesOf(ctx context.Context, delivery int64) ([]connector.Exchange, error) {
	return db.exchangesWhere(ctx, "WHERE delivery = $1 AND delivery > 0 ORDER BY started_at, id", delivery)
}

// ExchangesOfRun lists the Exchanges of a Run that belong to none of its Deliveries, the oldest first.
func (db *DB) ExchangesOfRun(ctx context.Context, run int64) ([]connector.Exchange, error) {
	return db.exchangesWhere(ctx, "WHERE run = $1 AND run > 0 AND delivery = 0 ORDER BY started_at, id", run)
}

func (db *DB) exchangesWhere(ctx context.Context, where string, args ...any) ([]connector.Exchange, error) {
	v := db.view(ctx)
	var out []connector.Exchange
	var refs []int64
	at := map[int64]int{} // by the number of its content
	err := each(v, "read Exchanges", "SELECT id, connection, op, method, url, status, content, started_at, took, failure, run, delivery FROM exchanges "+where, args, func(rows *sql.Rows) error {
		var x connector.Exchange
		var content, started, took int64
		err := rows.Scan(&x.ID, &x.Connection, &x.Op, &x.Method, &x.URL, &x.Status, &content, &started, &took, &x.Failure, &x.Run, &x.Delivery)
		x.Started, x.Took = timeOf(started), time.Duration(took)*time.Microsecond
		at[content] = len(out)
		out, refs = append(out, x), append(refs, content)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, db.contents(v, refs, func(ref int64, content []byte) error { return exchangedInto(&out[at[ref]], content) })
}
