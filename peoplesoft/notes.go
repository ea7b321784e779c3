package peoplesoft

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
)

// notes gathers what an administrator should hear of how this site answers, each once. What was left of the last page shows a
// cap on rows that nothing else tells.
type notes struct {
	mu   sync.Mutex
	said []string
	new  []string
	tail tail
}

// tail is the last document of a short page, which the next page begins with.
type tail struct {
	part  string // query and place
	after string
	rows  int // of the document that was left for the next page
	all   int // of the page
}

func (n *notes) add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Contains(n.said, text) {
		n.said, n.new = append(n.said, text), append(n.new, text)
	}
}

// take gives what was not told yet.
func (n *notes) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.new
	n.new = nil
	return out
}

// shortPage remembers how a page ended that had fewer rows than were asked for.
func (n *notes) shortPage(t tail) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tail = t
}

// cappedBy is how many rows a page had after which more came than it had left, though fewer than were asked for: that is the
// most that this user gets. 0 = nothing shows that.
func (n *notes) cappedBy(part, after string, rows int) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if t := n.tail; t.part == part && t.after == after && after != "" && rows > t.rows {
		return t.all
	}
	return 0
}

// utf8Of is an answer's body as UTF-8; that it had to be read in another encoding is noted (PEOPLESOFT.md §3.2).
func (i *Instance) utf8Of(body []byte) []byte {
	out := toUTF8(body, i.profile.fallback)
	if len(out) > len(bytes.TrimPrefix(body, bom)) { // only what was converted is longer
		i.notes.add("PeopleSoft's answers are not in UTF-8; they are read as %s (profile encoding.fallback): if names look wrong, have the web server's encoding set to UTF-8", i.profile.fallback)
	}
	return out
}
