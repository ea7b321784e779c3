package store

import (
	"context"
	"database/sql"

	connector "ml-connector"
)

// sides orders two Connections as Links do; mine is the column of the first argument's ID.
func sides(connection, other string) (a, b, mine string) {
	if connection < other {
		return connection, other, "a_id"
	}
	return other, connection, "b_id"
}

// newLink orders two Records into a Link.
func newLink(x, y connector.Record) connector.Link {
	if x.Connection > y.Connection {
		x, y = y, x
	}
	return connector.Link{Kind: x.Kind, A: x, B: y}
}

// LinkedRow is a Link seen from one side.
type LinkedRow struct {
	Link     int64
	From     connector.Record
	To       connector.Record
	Standing connector.Standing // of To
	Document connector.Document // of To's last Version, nil when it was never read
}

// Linked is the Link to Connection `to` of the first of ids that has one.
func (db *DB) Linked(ctx context.Context, kind connector.Kind, connection string, ids []string, to string) (LinkedRow, bool, error) {
	v := db.view(ctx)
	links, err := linksOf(v, kind, connection, to, ids)
	if err != nil {
		return LinkedRow{}, false, err
	}
	for _, id := range ids {
		if l, ok := links[id]; ok {
			row := LinkedRow{Link: l.ID, From: connector.Record{Connection: connection, Kind: kind, ID: id}, To: l.Other(connection)}
			return row, true, db.standingOf(v, &row)
		}
	}
	return LinkedRow{}, false, nil
}

// standingOf adds how the other side of a Link stands, and its content.
func (db *DB) standingOf(v reader, row *LinkedRow) error {
	var document int64
	_, err := one(v, "read a linked Record", "SELECT standing, document FROM records WHERE connection = $1 AND kind = $2 AND ext_id = $3",
		[]any{row.To.Connection, string(row.To.Kind), row.To.ID}, &row.Standing, &document)
	if err != nil {
		return err
	}
	docs, err := db.documents(v, []int64{document})
	row.Document = docs[document]
	return err
}

// linksOf finds the Links between two Connections by the IDs at the first.
func linksOf(r reader, kind connector.Kind, connection, other string, ids []string) (map[string]connector.Link, error) {
	out := make(map[string]connector.Link, len(ids))
	err := eachLink(r, kind, connection, other, ids, func(key string, l connector.Link, _ bool) { out[key] = l })
	return out, err
}

// eachLink gives those of linksOf, and says of each whether one of its sides was merged into another Record.
func eachLink(r reader, kind connector.Kind, connection, other string, ids []string, fn func(key string, l connector.Link, merged bool)) error {
	a, b, mine := sides(connection, other)
	return chunks(ids, func(part []string) error {
		args := []any{string(kind), a, b}
		in := list(&args, part)
		return each(r, "read Links", "SELECT id, a_id, b_id, merged FROM links WHERE kind = $1 AND a_connection = $2 AND b_connection = $3 AND "+mine+" IN ("+in+")", args, func(rows *sql.Rows) error {
			l := connector.Link{Kind: kind, A: connector.Record{Connection: a, Kind: kind}, B: connector.Record{Connection: b, Kind: kind}}
			var merged int64
			if err := rows.Scan(&l.ID, &l.A.ID, &l.B.ID, &merged); err != nil {
				return err
			}
			key := l.A.ID
			if connection == b {
				key = l.B.ID
			}
			fn(key, l, merged == 1)
			return nil
		})
	})
}

// LinksOf lists every Link of a Record.
func (db *DB) LinksOf(ctx context.Context, rec connector.Record) ([]connector.Link, error) {
	return linksAt(db.view(ctx), rec)
}

// AgreementRow is what a Flow and one of its targets last agreed on.
type AgreementRow struct {
	Flow          string
	Link          int64
	Source        connector.Record // whose Version was agreed
	SourceVersion int
	TargetVersion string
	Owned         connector.Document
}

// AgreementsOf lists what Flows that write to a Record last agreed on with it.
func (db *DB) AgreementsOf(ctx context.Context, connection string, kind connector.Kind, extID string) ([]AgreementRow, error) {
	rec := connector.Record{Connection: connection, Kind: kind, ID: extID}
	links, err := db.LinksOf(ctx, rec)
	if err != nil {
		return nil, err
	}
	v := db.view(ctx)
	var out []AgreementRow
	for _, l := range links {
		source := l.Other(connection)
		var bodies []int64
		first := len(out)
		err := each(v, "read agreements", `SELECT a.flow, a.source_version, a.target_version, a.owned FROM agreements a JOIN flows f ON f.name = a.flow
 WHERE a.link = $1 AND f.source = $2 AND f.target = $3 ORDER BY a.flow`, []any{l.ID, source.Connection, connection}, func(rows *sql.Rows) error {
			row := AgreementRow{Link: l.ID, Source: source}
			var body int64
			err := rows.Scan(&row.Flow, &row.SourceVersion, &row.TargetVersion, &body)
			out, bodies = append(out, row), append(bodies, body)
			return err
		})
		if err != nil {
			return nil, err
		}
		docs, err := db.documents(v, bodies)
		if err != nil {
			return nil, err
		}
		for i, b := range bodies {
			out[first+i].Owned = docs[b]
		}
	}
	return out, nil
}
