package engine

import (
	"crypto/sha256"
	"hash/fnv"

	connector "ml-connector"
)

// seen remembers which records a Run has read, by a 128-bit hash of their IDs and content, so that a record which moves
// between pages while we read counts once.
type seen map[[16]byte]bool

func newSeen() seen { return seen{} }

// fresh leaves out of a page what the Run has read already with the same content.
func (s seen) fresh(p connector.Page) connector.Page {
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
	out.Next = p.Next
	return out
}

func (s seen) first(parts ...string) bool {
	h := fnv.New128a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	k := [16]byte(h.Sum(nil))
	if s[k] {
		return false
	}
	s[k] = true
	return true
}
