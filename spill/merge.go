package spill

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"io"
	"os"
)

// readAhead is what is read at once of each part; writeBehind what is written at once.
const (
	readAhead   = 16 << 10
	writeBehind = 256 << 10
)

// writer writes rows one behind the other.
type writer struct {
	to    io.Writer
	began func(key []byte, at int64, row int) // hears of each row
	buf   []byte
	size  int64
	rows  int
}

func (w *writer) row(key, body []byte) error {
	if w.began != nil {
		w.began(key, w.size, w.rows)
	}
	had := len(w.buf)
	w.buf = append(binary.AppendUvarint(w.buf, uint64(len(key))), key...)
	w.buf = append(binary.AppendUvarint(w.buf, uint64(len(body))), body...)
	w.size, w.rows = w.size+int64(len(w.buf)-had), w.rows+1
	if len(w.buf) < writeBehind {
		return nil
	}
	return w.flush()
}

func (w *writer) flush() error {
	if _, err := w.to.Write(w.buf); err != nil {
		return disk(err)
	}
	w.buf = w.buf[:0]
	return nil
}

// source is a part of the file while it is merged.
type source struct {
	n         int // which part; a later one replaces what an earlier one has
	in        *bufio.Reader
	key, body []byte
}

// next has the next row in hand; io.EOF when there is none.
func (s *source) next() error {
	for n, into := range []*[]byte{&s.key, &s.body} {
		size, err := binary.ReadUvarint(s.in)
		if err == io.EOF && n == 0 {
			return io.EOF
		}
		if err != nil {
			return disk(err)
		}
		*into = append((*into)[:0], make([]byte, size)...)
		if _, err := io.ReadFull(s.in, *into); err != nil {
			return disk(err)
		}
	}
	return nil
}

// sources are a heap: the least key first, and of equal ones the latest.
type sources []*source

func (s sources) Len() int { return len(s) }
func (s sources) Less(i, j int) bool {
	return cmp.Or(bytes.Compare(s[i].key, s[j].key), cmp.Compare(s[j].n, s[i].n)) < 0
}
func (s sources) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *sources) Push(x any)   { *s = append(*s, x.(*source)) }
func (s *sources) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// merge gives use the rows of all parts in the order of their keys, of equal keys the latest alone.
func merge(file *os.File, parts []part, use func(key, body []byte) error) error {
	var all sources
	for n, p := range parts {
		s := &source{n: n, in: bufio.NewReaderSize(io.NewSectionReader(file, p.from, p.to-p.from), readAhead)}
		switch err := s.next(); err {
		case nil:
			all = append(all, s)
		case io.EOF:
		default:
			return err
		}
	}
	heap.Init(&all)
	var last []byte
	for first := true; len(all) > 0; {
		s := all[0]
		if first || !bytes.Equal(s.key, last) {
			if err := use(s.key, s.body); err != nil {
				return err
			}
			last, first = append(last[:0], s.key...), false
		}
		switch err := s.next(); err {
		case nil:
			heap.Fix(&all, 0)
		case io.EOF:
			heap.Pop(&all)
		default:
			return err
		}
	}
	return nil
}
