package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"

	"github.com/klauspost/compress/zstd"

	connector "ml-connector"
)

// small is the size below which compression gains nothing.
const small = 200

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
	hash  []byte // SHA-256 of raw; empty for no content
	raw   []byte
	codec string
	bytes []byte
}

// pack hashes and compresses; no content gives an empty hash.
func (c codec) pack(raw []byte) body {
	if len(raw) == 0 {
		return body{hash: []byte{}}
	}
	sum := sha256.Sum256(raw)
	b := body{hash: sum[:], raw: raw, codec: "raw", bytes: raw}
	if len(raw) >= small {
		if packed := c.enc.EncodeAll(raw, nil); len(packed) < len(raw) {
			b.codec, b.bytes = "zstd", packed
		}
	}
	return b
}

func (c codec) packDocument(d connector.Document) body {
	if d == nil {
		return body{hash: []byte{}}
	}
	return c.pack(d.Canonical())
}

func (c codec) unpack(name string, bytes []byte) ([]byte, error) {
	if name != "zstd" {
		return bytes, nil
	}
	return c.dec.DecodeAll(bytes, nil)
}

func (c codec) document(name string, bytes []byte) (connector.Document, error) {
	raw, err := c.unpack(name, bytes)
	if err != nil {
		return nil, err
	}
	return connector.ParseDocument(raw)
}

// keep stores contents that are not there yet.
func (tx *Tx) keep(bodies []body) error {
	var rows [][]any
	seen := make(map[string]bool, len(bodies))
	for _, b := range bodies {
		if len(b.hash) == 0 || seen[string(b.hash)] {
			continue
		}
		seen[string(b.hash)] = true
		rows = append(rows, []any{b.hash, b.codec, b.bytes, int64(len(b.raw))})
	}
	_, err := tx.insert("keep contents", "INSERT INTO bodies (hash, codec, bytes, size)", " ON CONFLICT (hash) DO NOTHING", rows)
	return err
}

// Body is a content by its hash in hex; nil for "" and for what retention removed.
func (db *DB) Body(ctx context.Context, hash string) ([]byte, error) {
	key, err := unhex(hash)
	if err != nil {
		return nil, err
	}
	return db.bodyBytes(db.view(ctx), key)
}

func (db *DB) bodyBytes(r reader, hash []byte) ([]byte, error) {
	var name string
	var bytes []byte
	if len(hash) == 0 {
		return nil, nil
	}
	found, err := one(r, "read a content", "SELECT codec, bytes FROM bodies WHERE hash = $1", []any{hash}, &name, &bytes)
	if err != nil || !found {
		return nil, err
	}
	raw, err := db.bodies.unpack(name, bytes)
	if err != nil {
		return nil, r.fail("read a content", err)
	}
	return raw, nil
}

// documents reads Documents by hash.
func (db *DB) documents(r reader, hashes [][]byte) (map[string]connector.Document, error) {
	out := make(map[string]connector.Document, len(hashes))
	var wanted [][]byte
	for _, h := range hashes {
		if _, asked := out[string(h)]; len(h) > 0 && !asked {
			out[string(h)] = nil
			wanted = append(wanted, h)
		}
	}
	err := chunks(wanted, func(part [][]byte) error {
		var args []any
		in := list(&args, part)
		return each(r, "read Documents", "SELECT hash, codec, bytes FROM bodies WHERE hash IN ("+in+")", args, func(rows *sql.Rows) error {
			var hash, bytes []byte
			var name string
			if err := rows.Scan(&hash, &name, &bytes); err != nil {
				return err
			}
			d, err := db.bodies.document(name, bytes)
			out[string(hash)] = d
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
