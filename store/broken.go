package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	connector "ml-connector"
)

// Broken is one row that is not as it must be after every commit.
type Broken struct {
	Item     string // of the list of invariants: I1 … I18; "rows" for what ties the tables together
	Flow     string
	Run      int64
	Delivery int64
	Record   connector.Record
	Text     string // one sentence for a person
}

// mostBroken is how many rows of one kind are told: more of the same say nothing new.
const mostBroken = 100

// rule is one query that finds what is broken. Its columns are those of [Broken] in their order up to the Record, then two
// texts that its sentence names.
type rule struct {
	item  string
	text  string // with %[1]s and %[2]s for the two texts of the row
	query string
	// moved leaves out Records whose Link was taken away or given to another one: what hung on it is history.
	moved bool
}

// ofDeliveries begins the query of a rule about Deliveries; the two texts follow.
const ofDeliveries = "SELECT d.flow, d.run, d.id, r.connection, r.kind, r.ext_id, "

// BrokenStates lists what is broken in what a commit left, by queries that cost little in a small store: counts, states,
// epochs, and the order of Versions. The statements see one moment each, not all the same one.
func (db *DB) BrokenStates(ctx context.Context) ([]Broken, error) {
	return db.broken(ctx, stateRules())
}

// BrokenHistory lists what is broken in what the ledger, the Exchanges and the Links say of Deliveries.
func (db *DB) BrokenHistory(ctx context.Context) ([]Broken, error) {
	out, err := db.broken(ctx, historyRules())
	if err != nil {
		return nil, err
	}
	links, err := db.brokenLinks(ctx)
	if err != nil {
		return nil, err
	}
	steps, err := db.brokenSteps(ctx)
	return append(append(out, links...), steps...), err
}

func (db *DB) broken(ctx context.Context, rules []rule) ([]Broken, error) {
	var out []Broken
	var moved map[string]bool
	for _, r := range rules {
		found, err := db.breaks(ctx, r)
		if err != nil {
			return nil, err
		}
		if r.moved && len(found) > 0 && moved == nil {
			if moved, err = db.movedLinks(ctx); err != nil {
				return nil, err
			}
		}
		for _, b := range found {
			if !r.moved || !moved[b.Record.String()] {
				out = append(out, b)
			}
		}
	}
	return out, nil
}

func (db *DB) breaks(ctx context.Context, r rule) ([]Broken, error) {
	var out []Broken
	err := each(db.view(ctx), "check "+r.item, r.query+fmt.Sprintf(" LIMIT %d", mostBroken), nil, func(rows *sql.Rows) error {
		b := Broken{Item: r.item}
		var x, y string
		err := rows.Scan(&b.Flow, &b.Run, &b.Delivery, &b.Record.Connection, &b.Record.Kind, &b.Record.ID, &x, &y)
		b.Text = sentence(r.text, x, y)
		out = append(out, b)
		return err
	})
	return out, err
}

// sentence puts the two texts of a row where its rule names them.
func sentence(text, x, y string) string {
	return strings.NewReplacer("%[1]s", x, "%[2]s", y).Replace(text)
}

// movedLinks are the Records, as text, of which a Link was taken away or given to another Record.
func (db *DB) movedLinks(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	err := db.EachEntry(ctx, EntryFilter{Action: "link."}, func(e connector.Entry) error {
		if e.Action == "link.made" {
			return nil
		}
		out[e.Subject] = true
		for _, other := range e.Details {
			out[other] = true
		}
		return nil
	})
	return out, err
}

// stateRules are the rules of BrokenStates.
func stateRules() []rule {
	const newer = "EXISTS (SELECT 1 FROM deliveries n WHERE n.record = d.record AND n.flow = d.flow AND n.version > d.version"
	const from = " FROM deliveries d JOIN records r ON r.id = d.record "
	return []rule{
		{item: "I1", text: "version %[1]s was read, and no Flow has a Delivery of it", query: `SELECT '', 0, 0, r.connection, r.kind, r.ext_id, CAST(v.n AS TEXT), ''
 FROM versions v JOIN records r ON r.id = v.record WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.record = v.record AND d.version = v.n)
 AND EXISTS (SELECT 1 FROM flows f WHERE f.source = r.connection AND f.kind = r.kind AND f.applied_at <= v.seen_at)
 AND NOT EXISTS (SELECT 1 FROM flows f WHERE f.target = r.connection AND f.kind = r.kind)`}, // what a Flow writes to is also read for its own needs
		{item: "I2", text: "read %[1]s, but known ones and Deliveries are %[2]s", query: `SELECT r.flow, r.id, 0, r.source, r.kind, '', CAST(r.read_count AS TEXT), CAST(r.same_count + COALESCE(d.n, 0) AS TEXT)
 FROM runs r LEFT JOIN (SELECT run, COUNT(*) AS n FROM deliveries GROUP BY run) d ON d.run = r.id WHERE r.read_count <> r.same_count + COALESCE(d.n, 0)`},
		{item: "I3", text: "the cursor is further than any Run that ended well", query: `SELECT f.name, 0, 0, f.source, f.kind, '', '', '' FROM flows f WHERE f.cursor_at > 0
 AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.flow = f.name AND r.ended_at > 0 AND r.error = '' AND r.cause <> 'dry_run' AND r.started_at >= f.cursor_at)`},
		{item: "I8", text: "it is being sent under epoch %[1]s, and that of its partition is %[2]s", query: ofDeliveries + `CAST(d.epoch AS TEXT), CAST(COALESCE(p.epoch, 0) AS TEXT)` + from +
			`LEFT JOIN partitions p ON p.flow = d.flow AND p.n = d.part WHERE d.state = 'sending' AND d.epoch <> COALESCE(p.epoch, 0)`},
		{item: "I8", text: "it was settled under epoch %[1]s, which nobody ever had: its partition's is %[2]s", query: ofDeliveries + `CAST(d.epoch AS TEXT), CAST(COALESCE(p.epoch, 0) AS TEXT)` + from +
			`LEFT JOIN partitions p ON p.flow = d.flow AND p.n = d.part WHERE d.epoch > COALESCE(p.epoch, 0)`},
		{item: "I10", text: "version %[1]s is %[2]s although a newer one was read", query: ofDeliveries + `CAST(d.version AS TEXT), d.state` + from +
			`WHERE (d.state IN ('waiting', 'blocked') OR d.state = 'held' AND d.stage = '') AND ` + newer + ")"},
		{item: "I10", text: "version %[1]s is %[2]s, and a newer one was sent meanwhile", query: ofDeliveries + `CAST(d.version AS TEXT), d.state` + from +
			`WHERE d.state IN ('sending', 'in_doubt') AND ` + newer + " AND n.attempts > 0)"},
		{item: "I10", moved: true, text: "version %[1]s is superseded, and no newer one is there", query: ofDeliveries + `CAST(d.version AS TEXT), ''` + from +
			`WHERE d.state = 'superseded' AND NOT ` + newer + `) AND NOT EXISTS (SELECT 1 FROM links l JOIN agreements a ON a.link = l.id
 WHERE l.kind = r.kind AND (l.a_connection = r.connection AND l.a_id = r.ext_id OR l.b_connection = r.connection AND l.b_id = r.ext_id) AND a.flow = d.flow AND a.revision <> '')`},
		{item: "I18", text: "it is %[1]s, and nothing says what is wrong and what to do: %[2]s", query: ofDeliveries + `d.state, d.error` + from +
			`WHERE d.state IN ('held', 'in_doubt') AND (d.error NOT LIKE '%"message":"%' OR d.error LIKE '%"message":""%' OR d.error NOT LIKE '%"hint":"%' OR d.error LIKE '%"hint":""%')`},
		{item: "rows", text: "it is %[1]s, and is still noted as waiting for %[2]s", query: ofDeliveries + `d.state, w.ext_id` + from +
			`JOIN waits w ON w.delivery = d.id WHERE d.state NOT IN ('blocked', 'held')`},
		{item: "I5", text: "it is blocked, and nothing is noted that could release it", query: ofDeliveries + `'', ''` + from +
			`WHERE d.state = 'blocked' AND NOT EXISTS (SELECT 1 FROM waits w WHERE w.delivery = d.id)`},
		{item: "rows", text: "it is %[1]s in partition %[2]s, which has no row: no process would find it", query: ofDeliveries + `d.state, CAST(d.part AS TEXT)` + from +
			`WHERE (d.due_at > 0 OR d.state = 'sending') AND NOT EXISTS (SELECT 1 FROM partitions p WHERE p.flow = d.flow AND p.n = d.part)`},
		{item: "rows", text: "the key %[1]s is reserved for delivery %[2]s, which is none of this record's", query: `SELECT k.flow, 0, k.delivery, r.connection, r.kind, r.ext_id, k.value, CAST(k.delivery AS TEXT)
 FROM natural_keys k JOIN records r ON r.id = k.record WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.id = k.delivery)`},
		{item: "rows", text: "%[1]s numbers were given out, and number %[2]s exists", query: `SELECT '', 0, 0, '', '', c.name, CAST(c.n AS TEXT), CAST(m.n AS TEXT) FROM counters c
 JOIN (SELECT 'delivery' AS name, MAX(id) AS n FROM deliveries UNION ALL SELECT 'run', MAX(id) FROM runs UNION ALL SELECT 'record', MAX(id) FROM records
 UNION ALL SELECT 'link', MAX(id) FROM links) m ON m.name = c.name WHERE m.n > c.n`},
	}
}

// historyRules are the rules of BrokenHistory that one query each can tell.
func historyRules() []rule {
	const from = " FROM deliveries d JOIN records r ON r.id = d.record "
	const linked = `(SELECT 1 FROM links l WHERE l.kind = d.kind
 AND (l.a_connection = r.connection AND l.a_id = r.ext_id AND l.b_connection = d.target AND l.b_id = d.target_id OR l.b_connection = r.connection AND l.b_id = r.ext_id AND l.a_connection = d.target AND l.a_id = d.target_id))`
	return []rule{
		{item: "I6", moved: true, text: "it was delivered as %[1]s, and so was another record: %[2]s", query: ofDeliveries + `d.target_id, y.ext_id` + from +
			`JOIN deliveries x ON x.flow = d.flow AND x.state = 'delivered' AND x.target = d.target AND x.target_id = d.target_id AND x.record > d.record JOIN records y ON y.id = x.record
 WHERE d.state = 'delivered' AND d.target_id <> ''`},
		{item: "rows", moved: true, text: "it was delivered as %[1]s, and no Link says so", query: ofDeliveries + `d.target_id, ''` + from +
			`WHERE d.state = 'delivered' AND NOT EXISTS ` + linked},
		{item: "I9", moved: true, text: "it was created at both sides: here, and by %[1]s there as %[2]s", query: ofDeliveries + `x.flow, y.ext_id` + from +
			`JOIN records y ON y.connection = d.target AND y.kind = d.kind AND y.ext_id = d.target_id JOIN deliveries x ON x.record = y.id AND x.target = r.connection AND x.target_id = r.ext_id
 WHERE d.state = 'delivered' AND d.operation = 'create' AND x.state = 'delivered' AND x.operation = 'create' AND d.id < x.id`},
		{item: "I9", moved: true, text: "version %[1]s was written although the target had just taken that very content with version %[2]s", query: ofDeliveries + `CAST(d.version AS TEXT), CAST(o.version AS TEXT)` + from +
			`JOIN deliveries o ON o.record = d.record AND o.flow = d.flow AND o.sent = d.sent AND o.version = (SELECT MAX(b.version) FROM deliveries b WHERE b.record = d.record AND b.flow = d.flow
  AND b.version < d.version AND b.attempts > 0)
 WHERE d.state = 'delivered' AND d.operation = 'update' AND d.attempts > 0 AND d.doubted = 0 AND o.state = 'delivered' AND o.doubted = 0 AND d.target_id = o.target_id
 AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.delivery > 0 AND e.delivery IN (d.id, o.id) AND e.action NOT IN ('delivery.sending', 'delivery.delivered', 'delivery.life', 'delivery.acknowledged', 'delivery.not_acknowledged', 'delivery.assigned', 'delivery.noted', 'link.made'))`},
		{item: "I10", moved: true, text: "version %[1]s was delivered, and version %[2]s is what both sides are said to agree on", query: ofDeliveries + `CAST(d.version AS TEXT), CAST(a.source_version AS TEXT)` + from +
			`JOIN links l ON l.kind = d.kind AND (l.a_connection = r.connection AND l.a_id = r.ext_id AND l.b_connection = d.target OR l.b_connection = r.connection AND l.b_id = r.ext_id AND l.a_connection = d.target)
 JOIN agreements a ON a.link = l.id AND a.flow = d.flow WHERE d.state = 'delivered' AND a.source_version < d.version
 AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.delivery = d.id AND e.delivery > 0 AND e.action = 'delivery.resolved')`},
		{item: "I10", text: "version %[1]s was sent before the older version %[2]s was", query: ofDeliveries + `CAST(d.version AS TEXT), CAST(o.version AS TEXT)` + from +
			`JOIN deliveries o ON o.record = d.record AND o.flow = d.flow AND o.version < d.version AND o.attempts > 0
 WHERE d.attempts > 0 AND (SELECT MIN(e.number) FROM entries e WHERE e.delivery = d.id AND e.delivery > 0 AND e.action = 'delivery.sending')
 < (SELECT MAX(e.number) FROM entries e WHERE e.delivery = o.id AND e.delivery > 0 AND e.action = 'delivery.sending')`},
		{item: "I11", moved: true, text: "it was sent although %[1]s %[2]s, which it names, is linked to nothing", query: ofDeliveries + `n.kind, n.value` + from +
			`JOIN refs n ON n.record = d.record AND n.kind = 'purchase_order' AND n.connection = r.connection JOIN flows f ON f.name = d.flow
 WHERE d.state = 'delivered' AND d.attempts > 0 AND d.kind = 'invoice' AND d.version = r.version AND NOT EXISTS (SELECT 1 FROM links l
  WHERE l.kind = n.kind AND (l.a_connection = f.target AND l.b_connection = n.connection OR l.b_connection = f.target AND l.a_connection = n.connection)
  AND (CASE WHEN l.a_connection = n.connection THEN l.a_id ELSE l.b_id END = n.value OR n.is_number = 1 AND CASE WHEN l.a_connection = n.connection THEN l.a_id ELSE l.b_id END IN
   (SELECT x.ext_id FROM record_numbers m JOIN records x ON x.id = m.record WHERE m.number = n.value AND m.kind = n.kind AND m.connection = n.connection)))`},
		{item: "I16", text: "it was delivered, and no Exchange is kept that shows it", query: ofDeliveries + `'', ''` + from +
			`WHERE d.state = 'delivered' AND d.attempts > 0 AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.delivery = d.id AND e.delivery > 0 AND (e.exchange <> '' OR e.action = 'delivery.resolved'))`},
		{item: "I16", text: "entry %[1]s names the Exchange %[2]s, which is not kept", query: `SELECT '', e.run, e.delivery, '', '', e.subject, CAST(e.number AS TEXT), e.exchange FROM entries e
 WHERE e.exchange <> '' AND NOT EXISTS (SELECT 1 FROM exchanges x WHERE x.id = e.exchange)`},
	}
}
