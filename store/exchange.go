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
	bodies []*body // request and response of each Exchange, then others that are to be kept with them
	rows   [][]any
}

// Columns of an Exchange's row that are known once its bodies are kept.
const (
	requestColumn  = 6
	responseColumn = 9
)

func (db *DB) packExchanges(xs []connector.Exchange) packed {
	var p packed
	for _, x := range xs {
		request, response := db.bodies.pack(x.RequestBody, forExchange), db.bodies.pack(x.ResponseBody, forExchange)
		p.bodies = append(p.bodies, request, response)
		p.rows = append(p.rows, []any{x.ID, x.Connection, x.Op, x.Method, x.URL, asJSON(x.RequestHeader, len(x.RequestHeader) == 0), int64(0), int64(x.Status),
			asJSON(x.ResponseHeader, len(x.ResponseHeader) == 0), int64(0), micros(x.Started), x.Took.Microseconds(), x.Failure, x.Run, x.Delivery})
	}
	return p
}

func (tx *Tx) keepExchanges(p packed) error {
	if err := tx.keep(p.bodies); err != nil {
		return err
	}
	for i, row := range p.rows {
		row[requestColumn], row[responseColumn] = p.bodies[2*i].id, p.bodies[2*i+1].id
	}
	_, err := tx.insert("keep Exchanges", `INSERT INTO exchanges (id, connection, op, method, url, request_header, request_body, status, response_header, response_body,
 started_at, took, failure, run, delivery)`, " ON CONFLICT (id) DO NOTHING", p.rows)
	return err
}

// Exchange is one Exchange with its bodies; bodies that retention removed are nil.
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
	var bodies [][2]int64
	err := each(v, "read Exchanges", `SELECT id, connection, op, method, url, request_header, request_body, status, response_header, response_body,
 started_at, took, failure, run, delivery FROM exchanges `+where, args, func(rows *sql.Rows) error {
		var x connector.Exchange
		var request, response string
		var ids [2]int64
		var started, took int64
		if err := rows.Scan(&x.ID, &x.Connection, &x.Op, &x.Method, &x.URL, &request, &ids[0], &x.Status, &response, &ids[1], &started, &took, &x.Failure, &x.Run, &x.Delivery); err != nil {
			return err
		}
		x.Started, x.Took = timeOf(started), time.Duration(took)*time.Microsecond
		if err := fromJSON(request, &x.RequestHeader); err != nil {
			return err
		}
		out, bodies = append(out, x), append(bodies, ids)
		return fromJSON(response, &out[len(out)-1].ResponseHeader)
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].RequestBody, err = db.bodyBytes(v, bodies[i][0]); err != nil {
			return nil, err
		}
		if out[i].ResponseBody, err = db.bodyBytes(v, bodies[i][1]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
