package spill

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"os"
	"slices"
	"sort"

	connector "ml-connector"
)

// Room is how many bytes of rows are in memory at once, and blockSize how many are read to find one.
const (
	Room      = 4 << 20
	blockSize = 16 << 10
)

// Table is rows by key. After Sort nothing is put in any more.
type Table struct {
	room  int
	rows  []place // of those in memory
	arena []byte  // their keys and bodies
	file  *os.File
	size  int64
	parts []part // of the file, each in the order of its keys

	sorted io.ReaderAt
	blocks []block
	end    int64
	count  int
	held   []byte // the block that was read last
	at     int    // which it is
	files  []*os.File
}

// place is where a row is in the arena.
type place struct{ key, body, end int }

// part is rows in the order of their keys, in the file.
type part struct{ from, to int64 }

// block is where some rows begin: the first of their keys, and its number.
type block struct {
	key  string
	from int64
	row  int
}

// New makes an empty Table that holds so many bytes of rows in memory.
func New(room int) *Table { return &Table{room: room, at: -1} }

// Put adds a row. Of two with the same key the later one counts.
func (t *Table) Put(key string, body []byte) error {
	p := place{key: len(t.arena), body: len(t.arena) + len(key)}
	t.arena = append(append(t.arena, key...), body...)
	p.end = len(t.arena)
	t.rows = append(t.rows, p)
	if len(t.arena) < t.room {
		return nil
	}
	return t.flush()
}

func (t *Table) key(p place) []byte { return t.arena[p.key:p.body] }

// order sorts what is in memory, and leaves out what a later row replaced.
func (t *Table) order() {
	slices.SortFunc(t.rows, func(a, b place) int { return cmp.Or(bytes.Compare(t.key(a), t.key(b)), cmp.Compare(b.key, a.key)) })
	t.rows = slices.CompactFunc(t.rows, func(a, b place) bool { return bytes.Equal(t.key(a), t.key(b)) })
}

// flush writes what is in memory as a part of the file.
func (t *Table) flush() error {
	if t.file == nil {
		f, err := t.temporary()
		if err != nil {
			return err
		}
		t.file = f
	}
	t.order()
	w := &writer{to: t.file}
	for _, p := range t.rows {
		if err := w.row(t.key(p), t.arena[p.body:p.end]); err != nil {
			return err
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	t.parts = append(t.parts, part{t.size, t.size + w.size})
	t.size += w.size
	t.rows, t.arena = t.rows[:0], t.arena[:0]
	return nil
}

// temporary is a file that nobody else can read. Where the system lets it, its name is gone at once, so that nothing stays when we are killed.
func (t *Table) temporary() (*os.File, error) {
	f, err := os.CreateTemp("", "ml-connector-*.spill")
	if err != nil {
		return nil, disk(err)
	}
	_ = os.Remove(f.Name()) // else Close does
	t.files = append(t.files, f)
	return f, nil
}

func disk(err error) error {
	return connector.Errorf(connector.Internal, "keep rows beside memory", "the temporary folder %s can't be used", os.TempDir()).Because(err).
		Advise("Give it room, or name another folder in TMPDIR.")
}

// Sort ends the filling.
func (t *Table) Sort() error {
	if t.file == nil {
		return t.sortSmall()
	}
	if err := t.flush(); err != nil {
		return err
	}
	t.rows, t.arena = nil, nil
	f, err := t.temporary()
	if err != nil {
		return err
	}
	w := &writer{to: f, began: t.begins}
	if err := merge(t.file, t.parts, w.row); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	t.sorted, t.end, t.count = f, w.size, w.rows
	return nil
}

// sortSmall is Sort of what all is in memory.
func (t *Table) sortSmall() error {
	t.order()
	var all bytes.Buffer
	w := &writer{to: &all, began: t.begins}
	for _, p := range t.rows {
		if err := w.row(t.key(p), t.arena[p.body:p.end]); err != nil {
			return err
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	t.rows, t.arena = nil, nil
	t.sorted, t.end, t.count = bytes.NewReader(all.Bytes()), w.size, w.rows
	return nil
}

func (t *Table) begins(key []byte, at int64, row int) {
	if n := len(t.blocks); n == 0 || at-t.blocks[n-1].from >= blockSize {
		t.blocks = append(t.blocks, block{string(key), at, row})
	}
}

// Len is how many rows there are, once they are sorted.
func (t *Table) Len() int { return t.count }

// Get gives the row of a key, and its number in the order of the keys. The body is good until the next call.
func (t *Table) Get(key string) (body []byte, row int, found bool, err error) {
	err = t.From(key, func(n int, k string, b []byte) (bool, error) {
		if k == key {
			body, row, found = b, n, true
		}
		return false, nil
	})
	return body, row, found, err
}

// From gives fn the rows from a key on, in the order of the keys, until it has enough. A body is good until fn is left.
func (t *Table) From(key string, fn func(row int, key string, body []byte) (more bool, err error)) error {
	n := max(sort.Search(len(t.blocks), func(i int) bool { return t.blocks[i].key > key })-1, 0)
	for ; n < len(t.blocks); n++ {
		if err := t.load(n); err != nil {
			return err
		}
		row, rest := t.blocks[n].row, t.held
		for ; len(rest) > 0; row++ {
			k, body, after, err := cut(rest)
			if err != nil {
				return err
			}
			rest = after
			if string(k) < key {
				continue
			}
			if more, err := fn(row, string(k), body); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

// load has a block in hand.
func (t *Table) load(n int) error {
	if t.at == n {
		return nil
	}
	end := t.end
	if n+1 < len(t.blocks) {
		end = t.blocks[n+1].from
	}
	size := int(end - t.blocks[n].from)
	t.held, t.at = slices.Grow(t.held[:0], size)[:size], -1
	if _, err := t.sorted.ReadAt(t.held, t.blocks[n].from); err != nil && err != io.EOF {
		return disk(err)
	}
	t.at = n
	return nil
}

// cut takes the first row.
func cut(rest []byte) (key, body, after []byte, err error) {
	for _, part := range []*[]byte{&key, &body} {
		size, n := binary.Uvarint(rest)
		if n <= 0 || uint64(len(rest)-n) < size {
			return nil, nil, nil, disk(io.ErrUnexpectedEOF)
		}
		*part, rest = rest[n:n+int(size)], rest[n+int(size):]
	}
	return key, body, rest, nil
}

// Close takes the files away.
func (t *Table) Close() {
	for _, f := range t.files {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
	t.files, t.sorted, t.blocks, t.arena, t.rows = nil, nil, nil, nil, nil
}
