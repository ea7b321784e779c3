package engine

import (
	"crypto/sha256"
	"hash/fnv"

	connector "ml-connector"
)

// seen remembers which records a Run has read lately, by a 128-bit hash of their IDs and content, so that a record which moves
// between pages while we read counts once. It remembers at least the last `remembered` of them and never more than twice as
// many, however much a Run reads: what comes again after so long is accepted again, and changes nothing.
type seen struct {
	now, before map[[16]byte]bool
}

// remembered is a few hundred pages: records move to the page before or after when others come or go.
const remembered = 1 << 15

func newSeen() *seen { return &seen{now: map[[16]byte]bool{}} }

// fresh leaves out of a page what the Run has read already with the same content.
func (s *seen) fresh(p connector.Page) connector.Page {
	var out connector.Page
	for _, v := range p.Versions {
		v.Text = v.Document.Canonical()
		sum := sha256.Sum256(v.Text)
		if s.first("v", v.ID, string(sum[:])) {
			out.Versions = append(out.Versions, v)
		}
	}
	for _, v := range p.Same {
		if s.first("s", v.ID, v.Stamp) {
			out.Same = append(out.Same, v)
		}
	}
	for _, pr := range p.Problems {
		if s.first("p", pr.ID, pr.Err.Message) {
			out.Problems = append(out.Problems, pr)
		}
	}
	out.Next, out.Asked = p.Next, p.Asked
	return out
}

// once leaves out of a page the records that were read already, with whatever content: what is counted counts once.
func (s *seen) once(p connector.Page) connector.Page {
	var out connector.Page
	for _, v := range p.Versions {
		if s.first("v", v.ID) {
			out.Versions = append(out.Versions, v)
		}
	}
	for _, pr := range p.Problems {
		if pr.ID == "" && s.first("p", pr.Err.Message) || pr.ID != "" && s.first("v", pr.ID) {
			out.Problems = append(out.Problems, pr)
		}
	}
	return out
}

func (s *seen) first(parts ...string) bool {
	h := fnv.New128a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	k := [16]byte(h.Sum(nil))
	if s.now[k] || s.before[k] {
		return false
	}
	if len(s.now) == remembered {
		s.before, s.now = s.now, make(map[[16]byte]bool, remembered)
	}
	s.now[k] = true
	return true
}
