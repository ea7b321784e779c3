package store

import (
	"bytes"
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// One row of `bodies` is a pack: contents that one transaction kept together, compressed as one. Orders and the talk about
// them are much alike, so together they take a fraction of the room and of the work. A content is named by a number: the
// row's ID times places, and its place there.
const (
	places   = 64       // contents in one pack at most
	together = 64 << 10 // bytes in one pack, unless a single content has more
	small    = 200      // bytes below which compression gains nothing
)

// What a content is kept for. Documents stay; what was exchanged is removed after the time of retention.
const (
	forDocument = "d"
	forExchange = "x"
)

// How the bytes of a pack are kept. The letters stand in every row.
const (
	raw        = "r"
	compressed = "z"
)

// codec compresses packs; it may be used by many goroutines.
type codec struct {
	enc  *zstd.Encoder
	dec  *zstd.Decoder
	room *sync.Pool // of packRoom
}

// packRoom is where one goroutine puts packs together.
type packRoom struct{ text, packed []byte }

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
	return codec{enc, dec, &sync.Pool{New: func() any { return &packRoom{} }}}
}

func (c codec) close() { c.dec.Close() }

// pack puts contents into one text and compresses it.
func (c codec) pack(bodies []*body) (name string, size int, packed []byte) {
	room, _ := c.room.Get().(*packRoom)
	text := room.text[:0]
	for _, b := range bodies {
		text = b.frame(text)
	}
	name, out := raw, text
	if len(text) >= small {
		room.packed = c.enc.EncodeAll(text, room.packed[:0])
		if len(room.packed) < len(text) {
			name, out = compressed, room.packed
		}
	}
	out = bytes.Clone(out)
	if room.text = text; cap(text) <= 4*together { // what a huge content needed is not kept
		c.room.Put(room)
	}
	return name, len(text), out
}

func (c codec) unpack(name string, packed []byte) ([]byte, error) {
	if name != compressed {
		return packed, nil
	}
	return c.dec.DecodeAll(packed, nil)
}

// framed appends a content behind its length.
func framed(b, content []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(content))), content...)
}

// frame appends a body's content behind its length.
func (b *body) frame(text []byte) []byte {
	if b.parts == nil {
		return framed(text, b.content)
	}
	text = binary.AppendUvarint(text, uint64(b.size()))
	for _, part := range b.parts {
		text = framed(text, part)
	}
	return text
}

// size is the length of a body's content.
func (b *body) size() int {
	if b.parts == nil {
		return len(b.content)
	}
	n := 0
	for _, part := range b.parts {
		n += framedSize(part)
	}
	return n
}

// framedSize is how many bytes framed appends.
func framedSize(content []byte) int {
	n := len(content) + 1
	for rest := len(content); rest >= 0x80; rest >>= 7 {
		n++
	}
	return n
}

// unframed cuts the first content off a text; nil when there is none.
func unframed(text []byte) (content, rest []byte) {
	n, size := binary.Uvarint(text)
	if size <= 0 || n > uint64(len(text)-size) {
		return nil, nil
	}
	return text[size : size+int(n)], text[size+int(n):]
}

// placed is the content at a place of a pack's text; nil when it has none there.
func placed(text []byte, place int64) []byte {
	var content []byte
	for range place + 1 {
		if content, text = unframed(text); content == nil {
			return nil
		}
	}
	return content
}

// packs shares contents out: as many to a pack as it takes, those of one purpose together, in their order.
func packs(bodies []*body) [][]*body {
	var out [][]*body
	at, size := map[string]int{}, map[string]int{}
	for _, b := range bodies {
		i, open := at[b.purpose]
		if !open || len(out[i]) == places || size[b.purpose]+b.size() > together {
			i = len(out)
			out = append(out, nil)
			at[b.purpose], size[b.purpose] = i, 0
		}
		out[i] = append(out[i], b)
		size[b.purpose] += b.size()
	}
	return out
}

// lastPacks is how many texts of packs are remembered: who reads one Document mostly reads its neighbours next.
const lastPacks = 32

// unpacked remembers the texts of packs of Documents that were read last. They never change, and are never removed.
type unpacked struct {
	mu    sync.Mutex
	texts map[int64][]byte
	order [lastPacks]int64
	next  int
}

func (u *unpacked) find(id int64) []byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.texts[id]
}

func (u *unpacked) add(id int64, text []byte) {
	if len(text) > 2*together {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.texts == nil {
		u.texts = map[int64][]byte{}
	}
	if u.texts[id] == nil {
		delete(u.texts, u.order[u.next])
		u.order[u.next] = id
		u.next = (u.next + 1) % lastPacks
	}
	u.texts[id] = text
}

// contents gives contents by their numbers, in no order; those that are not there are left out.
func (db *DB) contents(r reader, refs []int64, each func(ref int64, content []byte) error) error {
	wanted := map[int64][]int64{} // by pack
	var missing []int64
	_, committed := r.(view) // the number of a pack that was rolled back is given again
	for _, ref := range refs {
		id := ref / places
		if id == 0 {
			continue
		}
		if committed {
			if text := db.unpacked.find(id); text != nil {
				if content := placed(text, ref%places); content != nil {
					if err := each(ref, content); err != nil {
						return err
					}
				}
				continue
			}
		}
		if wanted[id] == nil {
			missing = append(missing, id)
		}
		wanted[id] = append(wanted[id], ref)
	}
	return chunks(missing, func(part []int64) error {
		return db.readPacks(r, part, func(id int64, purpose string, text []byte) error {
			if committed && purpose == forDocument {
				db.unpacked.add(id, text)
			}
			for _, ref := range wanted[id] {
				if content := placed(text, ref%places); content != nil {
					if err := each(ref, content); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
}
