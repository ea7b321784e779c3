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

	connector "ml-connector"
)

// body is one content on its way into the table.
type body struct {
	id      int64  // its number, 0 = no content; set when the transaction keeps it
	hash    []byte // SHA-256 of the content; empty for none, and for what is never kept twice
	content []byte
	parts   [][]byte // instead of content: its parts, each of which stands in it behind its length
	purpose string
}

// hashed is a content that is kept once, however often it comes; no content gives an empty hash.
func hashed(content []byte) *body {
	if len(content) == 0 {
		return &body{hash: []byte{}}
	}
	sum := sha256.Sum256(content)
	return &body{hash: sum[:], content: content, purpose: forDocument}
}

func hashedDocument(d connector.Document) *body {
	if d == nil {
		return &body{hash: []byte{}}
	}
	return hashed(d.Canonical())
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
	ids   map[string]recentBody // by hash
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
	have, ok := r.ids[string(b.hash)]
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

// keep stores contents that were not kept lately, and gives every one its number.
func (tx *Tx) keep(bodies []*body) error {
	if tx.kept == nil {
		tx.kept = map[string]int64{}
	}
	kept := packs(tx.unknown(bodies))
	id, err := tx.nextIDs("body", len(kept))
	if err != nil {
		return err
	}
	rows := make([][]any, len(kept))
	for i, pack := range kept {
		for place, b := range pack {
			b.id = (id+int64(i))*places + int64(place)
			if len(b.hash) > 0 {
				tx.kept[string(b.hash)] = b.id
			}
		}
		name, size, packed := tx.db.bodies.pack(pack)
		rows[i] = []any{id + int64(i), pack[0].purpose, micros(tx.now), int64(size), name, packed}
	}
	for _, b := range bodies {
		if id := tx.kept[string(b.hash)]; id != 0 {
			b.id = id
		}
	}
	_, err = tx.insert("keep contents", "INSERT INTO bodies (id, purpose, kept_at, size, codec, bytes)", "", rows)
	return err
}

// unknown are those that have to be stored; of those that were stored lately it notes the number.
func (tx *Tx) unknown(bodies []*body) []*body {
	out := make([]*body, 0, len(bodies))
	for _, b := range bodies {
		if b.size() == 0 {
			continue
		}
		if len(b.hash) > 0 {
			if id, known := tx.db.recent.find(b, tx.now); known {
				b.id = id
				continue
			}
			if _, twice := tx.kept[string(b.hash)]; twice {
				continue
			}
			tx.kept[string(b.hash)] = 0
		}
		out = append(out, b)
	}
	return out
}

// readPacks reads rows of contents and gives their texts.
func (db *DB) readPacks(r reader, ids []int64, use func(id int64, purpose string, text []byte) error) error {
	var args []any
	in := list(&args, ids)
	return each(r, "read contents", "SELECT id, purpose, codec, bytes FROM bodies WHERE id IN ("+in+")", args, func(rows *sql.Rows) error {
		var id int64
		var purpose, name string
		var packed []byte
		if err := rows.Scan(&id, &purpose, &name, &packed); err != nil {
			return err
		}
		text, err := db.bodies.unpack(name, packed)
		if err != nil {
			return err
		}
		return use(id, purpose, text)
	})
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
	_, number, _ := strings.Cut(sent, ".")
	ref, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil, connector.Errorf(connector.Invalid, "read a content", "%q names none", sent)
	}
	var out []byte
	err = db.contents(db.view(ctx), []int64{ref}, func(_ int64, content []byte) error {
		out = content
		return nil
	})
	return out, err
}

// documents reads Documents by the numbers of their contents.
func (db *DB) documents(r reader, refs []int64) (map[int64]connector.Document, error) {
	out := make(map[int64]connector.Document, len(refs))
	var wanted []int64
	for _, ref := range refs {
		if _, asked := out[ref]; ref != 0 && !asked {
			out[ref] = nil
			wanted = append(wanted, ref)
		}
	}
	err := db.contents(r, wanted, func(ref int64, content []byte) error {
		d, err := connector.ParseDocument(content)
		out[ref] = d
		return err
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
