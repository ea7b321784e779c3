package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	connector "ml-connector"
)

// small is the size below which compression gains nothing.
const small = 200

// What a content is kept for. Documents stay; what was exchanged is removed after the time of retention.
const (
	forDocument = "d"
	forExchange = "x"
)

// How the bytes of a content are kept. The letters stand in every row.
const (
	raw        = "r"
	compressed = "z"
)

// codec compresses bodies; both of its halves may be used by many goroutines.
type codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newCodec() codec {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithEncoderCRC(false),
		zstd.WithWindowSize(1<<20))
	if err != nil {
		panic("zstd refuses its options: " + err.Error())
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		panic("zstd refuses its options: " + err.Error())
	}
	return codec{enc, dec}
}

func (c codec) close() { c.dec.Close() }

// body is one content on its way into the table.
type body struct {
	id      int64  // 0 = no content; set when the transaction keeps it
	hash    []byte // SHA-256 of the raw content; empty for none
	size    int
	codec   string
	bytes   []byte
	purpose string
}

// pack hashes and compresses; no content gives an empty hash.
func (c codec) pack(content []byte, purpose string) *body {
	if len(content) == 0 {
		return &body{hash: []byte{}}
	}
	sum := sha256.Sum256(content)
	b := &body{hash: sum[:], size: len(content), codec: raw, bytes: content, purpose: purpose}
	if len(content) >= small {
		if packed := c.enc.EncodeAll(content, nil); len(packed) < len(content) {
			b.codec, b.bytes = compressed, packed
		}
	}
	return b
}

func (c codec) packDocument(d connector.Document) *body {
	if d == nil {
		return &body{hash: []byte{}}
	}
	return c.pack(d.Canonical(), forDocument)
}

func (c codec) unpack(name string, bytes []byte) ([]byte, error) {
	if name != compressed {
		return bytes, nil
	}
	return c.dec.DecodeAll(bytes, nil)
}

func (c codec) document(name string, bytes []byte) (connector.Document, error) {
	content, err := c.unpack(name, bytes)
	if err != nil {
		return nil, err
	}
	return connector.ParseDocument(content)
}

// recentFor is how long a content counts as just kept, and recentMost how many do.
const (
	recentFor  = 24 * time.Hour
	recentMost = 20_000
)

// recent knows the contents that this process kept lately, so that each is stored once. An index over all hashes would do
// so for ever, but each of its rows lies somewhere else: at a million records one Delivery would rewrite six pages of it.
type recent struct {
	mu    sync.Mutex
	ids   map[string]recentBody // by purpose and hash
	order []string              // the oldest first, as a ring
	next  int
}

type recentBody struct {
	id int64
	at time.Time
}

func newRecent() *recent { return &recent{ids: map[string]recentBody{}} }

func (r *recent) find(b *body, now time.Time) (int64, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	have, ok := r.ids[b.key()]
	return have.id, ok && now.Sub(have.at) < recentFor
}

// add takes what a transaction has committed.
func (r *recent) add(kept map[string]int64, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, id := range kept {
		if _, known := r.ids[key]; !known {
			if len(r.order) < recentMost {
				r.order = append(r.order, key)
			} else {
				delete(r.ids, r.order[r.next])
				r.order[r.next] = key
				r.next = (r.next + 1) % recentMost
			}
		}
		r.ids[key] = recentBody{id, now}
	}
}

func (b *body) key() string { return b.purpose + string(b.hash) }

// keep stores contents that were not kept lately, and gives every one its ID.
func (tx *Tx) keep(bodies []*body) error {
	var fresh []*body
	for _, b := range bodies {
		if len(b.hash) == 0 {
			continue
		}
		if id, known := tx.db.recent.find(b, tx.now); known {
			b.id = id
			continue
		}
		if _, twice := tx.kept[b.key()]; !twice {
			fresh = append(fresh, b)
			if tx.kept == nil {
				tx.kept = map[string]int64{}
			}
			tx.kept[b.key()] = 0
		}
	}
	id, err := tx.nextIDs("body", len(fresh))
	if err != nil {
		return err
	}
	rows := make([][]any, len(fresh))
	for i, b := range fresh {
		tx.kept[b.key()] = id + int64(i)
		rows[i] = []any{id + int64(i), b.purpose, micros(tx.now), int64(b.size), b.codec, b.bytes}
	}
	for _, b := range bodies {
		if id := tx.kept[b.key()]; id != 0 {
			b.id = id
		}
	}
	_, err = tx.insert("keep contents", "INSERT INTO bodies (id, purpose, kept_at, size, codec, bytes)", "", rows)
	return err
}

// sentRef is how a Delivery names the Document that was sent: its fingerprint, a dot, and where it is kept.
func sentRef(hash []byte, id int64) string {
	return hex.EncodeToString(hash) + "." + strconv.FormatInt(id, 10)
}

// Body is the content that the Sent of a Delivery names; nil for "" and for what was removed.
func (db *DB) Body(ctx context.Context, sent string) ([]byte, error) {
	if sent == "" {
		return nil, nil
	}
	_, ref, _ := strings.Cut(sent, ".")
	id, err := strconv.ParseInt(ref, 10, 64)
	if err != nil {
		return nil, connector.Errorf(connector.Invalid, "read a content", "%q names none", sent)
	}
	return db.bodyBytes(db.view(ctx), id)
}

func (db *DB) bodyBytes(r reader, id int64) ([]byte, error) {
	var name string
	var bytes []byte
	if id == 0 {
		return nil, nil
	}
	found, err := one(r, "read a content", "SELECT codec, bytes FROM bodies WHERE id = $1", []any{id}, &name, &bytes)
	if err != nil || !found {
		return nil, err
	}
	content, err := db.bodies.unpack(name, bytes)
	if err != nil {
		return nil, r.fail("read a content", err)
	}
	return content, nil
}

// documents reads Documents by the IDs of their contents.
func (db *DB) documents(r reader, ids []int64) (map[int64]connector.Document, error) {
	out := make(map[int64]connector.Document, len(ids))
	var wanted []int64
	for _, id := range ids {
		if _, asked := out[id]; id != 0 && !asked {
			out[id] = nil
			wanted = append(wanted, id)
		}
	}
	err := chunks(wanted, func(part []int64) error {
		var args []any
		in := list(&args, part)
		return each(r, "read Documents", "SELECT id, codec, bytes FROM bodies WHERE id IN ("+in+")", args, func(rows *sql.Rows) error {
			var id int64
			var bytes []byte
			var name string
			if err := rows.Scan(&id, &name, &bytes); err != nil {
				return err
			}
			d, err := db.bodies.document(name, bytes)
			out[id] = d
			return err
		})
	})
	return out, err
}

func hexHash(hash []byte) string { return hex.EncodeToString(hash) }

func unhex(hash string) ([]byte, error) {
	key, err := hex.DecodeString(hash)
	if err != nil {
		return nil, connector.Errorf(connector.Invalid, "read a content", "%q is not a hash", hash)
	}
	return key, nil
}

// hashBytes is a hash that we made ourselves, in the form in which it is stored.
func hashBytes(hash string) []byte {
	b, err := hex.DecodeString(hash)
	if err != nil {
		panic("a hash is not in hex: " + hash)
	}
	return b
}

// forgottenTo is the setting that holds the last content which Forget has looked at.
const forgottenTo = "forgotten_to"

// Forget removes the bodies of Exchanges that were kept before a time, with an Entry; the Exchanges themselves, Documents and
// Entries stay. One call looks at no more than limit contents, in the order in which they were kept and at each once only, and
// says how many it removed and whether there are more to look at.
func (db *DB) Forget(ctx context.Context, before time.Time, limit int) (removed int, more bool, err error) {
	// One that was kept just before may have been used for a while after.
	end := micros(before.Add(-recentFor))
	err = db.Tx(ctx, func(tx *Tx) error {
		removed, more, err = tx.forget(end, limit)
		return err
	})
	return removed, more, err
}

func (tx *Tx) forget(end int64, limit int) (removed int, more bool, err error) {
	const op = "remove old bodies"
	var text string
	if _, err := one(tx, op, "SELECT value FROM meta WHERE key = $1"+tx.db.dialect.lock("meta"), []any{forgottenTo}, &text); err != nil {
		return 0, false, err
	}
	var from, to, young, looked int64
	if text != "" {
		if from, err = strconv.ParseInt(text, 10, 64); err != nil {
			return 0, false, tx.fail(op, err)
		}
	}
	if _, err := one(tx, op, `SELECT COUNT(*), COALESCE(MAX(id), 0), COALESCE(MIN(CASE WHEN kept_at >= $3 THEN id END), 0)
 FROM (SELECT id, kept_at FROM bodies WHERE id > $1 ORDER BY id LIMIT $2) AS oldest`, []any{from, int64(limit), end}, &looked, &to, &young); err != nil {
		return 0, false, err
	}
	if young > 0 {
		to = young - 1
	}
	if to <= from {
		return 0, false, nil
	}
	n, err := tx.exec(op, "DELETE FROM bodies WHERE id > $1 AND id <= $2 AND purpose = $3", from, to, forExchange)
	if err != nil {
		return 0, false, err
	}
	if n > 0 {
		tx.Enter(connector.Entry{Action: "bodies.removed", Subject: "exchanges", Details: map[string]string{"count": strconv.FormatInt(n, 10), "before": timeOf(end).Format(time.RFC3339)}})
	}
	return int(n), young == 0 && looked == int64(limit), tx.SetMeta(forgottenTo, strconv.FormatInt(to, 10))
}
