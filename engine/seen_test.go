package engine

import (
	"fmt"
	"testing"

	connector "ml-connector"
)

func TestWhatARunRemembersOfItsReadIsBounded(t *testing.T) {
	t.Parallel()
	s := newSeen()
	read := func(i int) bool {
		p := s.fresh(connector.Page{Same: []connector.Seen{{ID: fmt.Sprint(i), Stamp: "x"}}})
		return len(p.Same) == 1
	}
	const n = 5 * remembered
	for i := range n {
		if !read(i) {
			t.Fatalf("record %d counts as read before", i)
		}
		if i >= remembered && i%1000 == 0 && read(i-remembered+1) {
			t.Fatalf("record %d was forgotten after %d others", i-remembered+1, remembered-1)
		}
		if kept := len(s.now) + len(s.before); kept > 2*remembered {
			t.Fatalf("after %d records %d are remembered", i, kept)
		}
	}
	if !read(0) {
		t.Error("the first of so many is remembered still")
	}
}

func TestOtherContentIsNotWhatWasRead(t *testing.T) {
	t.Parallel()
	s := newSeen()
	for i, row := range []struct {
		content string
		want    int
	}{{"one", 1}, {"one", 0}, {"another", 1}} {
		p := s.fresh(connector.Page{Versions: []connector.Version{{ID: "a", Document: connector.Document{"content": row.content}}}, Next: "more"})
		if len(p.Versions) != row.want || p.Next != "more" {
			t.Errorf("reading %d gives %d records, not %d", i, len(p.Versions), row.want)
		}
	}
}
