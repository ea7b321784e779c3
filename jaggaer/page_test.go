package jaggaer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	connector "ml-connector"

	"pgregory.net/rapid"
)

// shelf is a list at the server: ids in order, pages of a size.
type shelf struct {
	ids     []int
	size    func() int
	total   func(n int) int // what it says that there are; nil = the truth
	between func(*shelf)    // what happens after each page
}

func shelfOf(n, size int) *shelf {
	s := &shelf{size: func() int { return size }}
	for id := range n {
		s.ids = append(s.ids, 101+id)
	}
	return s
}

func (s *shelf) page(start int) listing {
	l := listing{total: len(s.ids)}
	if s.total != nil {
		l.total = s.total(len(s.ids))
	}
	from := min(start-1, len(s.ids))
	for _, id := range s.ids[from:min(from+s.size(), len(s.ids))] {
		l.items = append(l.items, item{key: strconv.Itoa(id), id: strconv.Itoa(id)})
	}
	if s.between != nil {
		s.between(s)
	}
	return l
}

// walk reads a shelf to its end, through the text form of each place, and gives the ids in the order in which they came.
func (s *shelf) walk(overlap int) (got []string, starts []int, fault *connector.Error) {
	at := firstPlace()
	for range 10_000 {
		starts = append(starts, at.Start)
		a, fault := at.step(s.page(at.Start), overlap)
		if fault != nil {
			return got, starts, fault
		}
		for _, it := range a.fresh {
			got = append(got, it.id)
		}
		if a.done {
			return got, starts, nil
		}
		next, ok := parsePlace(a.next.String())
		if !ok {
			return got, starts, connector.Errorf(connector.Internal, "", "the place can't be read: %s", a.next)
		}
		at = next
	}
	return got, starts, connector.Errorf(connector.Internal, "", "no end")
}

func (s *shelf) names() (out []string) {
	for _, id := range s.ids {
		out = append(out, strconv.Itoa(id))
	}
	return out
}

// TestPagesOverlapByOneRecord is JAGGAER.md §3.3: where each page starts.
func TestPagesOverlapByOneRecord(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		records, size, overlap int
		starts                 string
	}{
		"nothing there":                         {0, 5, 1, "[1]"},
		"one record":                            {1, 5, 1, "[1 1 2]"},
		"one page":                              {5, 5, 1, "[1 5 6]"},
		"more pages begin with the last record": {11, 5, 1, "[1 5 9 11 12]"},
		"pages of one record are read without overlap":    {3, 1, 1, "[1 1 2 2 3 3 4]"},
		"a server that never shows the overlap":           {11, 5, 0, "[1 6 11 12]"},
		"a server that never shows it, whole pages":       {10, 5, 0, "[1 6 11]"},
		"a server that never shows it, and holds nothing": {0, 5, 0, "[1]"},
	} {
		s := shelfOf(row.records, row.size)
		got, starts, fault := s.walk(row.overlap)
		if fault != nil || !slices.Equal(got, s.names()) || fmt.Sprint(starts) != row.starts {
			t.Errorf("%s: starts %v, records %v: %v", name, starts, got, fault)
		}
	}
}

// TestListsThatShift removes records while the list is read: what stays must all be read, once.
func TestListsThatShift(t *testing.T) {
	t.Parallel()
	remove := func(ids ...int) func(*shelf) {
		done := false
		return func(s *shelf) {
			if !done {
				done = true
				s.ids = slices.DeleteFunc(s.ids, func(id int) bool { return slices.Contains(ids, id) })
			}
		}
	}
	for name, row := range map[string]struct {
		records, size int
		between       func(*shelf)
	}{
		"one that was read leaves":                  {11, 5, remove(102)},
		"the last one read leaves":                  {11, 5, remove(105)},
		"a whole page that was read leaves":         {11, 5, remove(101, 102, 103, 104, 105)},
		"all but the last one leave":                {11, 5, remove(101, 102, 103, 104, 105, 106, 107, 108, 109, 110)},
		"one that was not read leaves":              {11, 5, remove(109)},
		"all leave":                                 {4, 5, remove(101, 102, 103, 104)},
		"so many leave that the next page is empty": {7, 5, remove(101, 102, 103)},
		"one is added at the end":                   {11, 5, func(s *shelf) { s.ids = append(s.ids[:11:11], 500) }},
		"one leaves and one is added":               {11, 5, func(s *shelf) { s.ids = append(slices.Clone(s.ids[1:10]), 500) }},
		"the totals are wrong all the while":        {30, 4, nil},
	} {
		s := shelfOf(row.records, row.size)
		s.between = row.between
		n := 0
		s.total = func(real int) int { n++; return real + n%3 - 1 }
		got, starts, fault := s.walk(1)
		for _, id := range s.names() {
			if !slices.Contains(got, id) {
				t.Errorf("%s: %s was missed (%v, starts %v)", name, id, got, starts)
			}
		}
		slices.Sort(got)
		if fault != nil || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Errorf("%s: %v, %v", name, got, fault)
		}
	}
}

// TestNothingIsMissed lets pages have any size, 1 among them, while records leave the list at random.
func TestNothingIsMissed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "records")
		least := rapid.IntRange(2, 6).Draw(t, "least page size")
		s := shelfOf(n, 0)
		s.size = func() int { return rapid.IntRange(least, 12).Draw(t, "size") }
		leaves := rapid.IntRange(0, 8).Draw(t, "leaves")
		s.between = func(s *shelf) {
			if leaves > 0 && len(s.ids) > 0 && rapid.Bool().Draw(t, "one leaves") {
				leaves--
				at := rapid.IntRange(0, len(s.ids)-1).Draw(t, "at")
				s.ids = slices.Delete(s.ids, at, at+1)
			}
		}
		got, starts, fault := s.walk(1)
		if fault != nil {
			t.Fatalf("%v (starts %v)", fault, starts)
		}
		for _, id := range s.names() {
			if !slices.Contains(got, id) {
				t.Fatalf("%s was missed: %v, starts %v", id, got, starts)
			}
		}
		slices.Sort(got)
		if len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Fatalf("one came twice: %v", got)
		}
	})
}

// TestListsThatGrow lets records come into the list before what is read, as those do that change meanwhile. They are of the
// next window; what was there must all be read, though a page may begin as the one before did.
func TestListsThatGrow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := shelfOf(rapid.IntRange(2, 40).Draw(t, "records"), rapid.IntRange(2, 5).Draw(t, "page size"))
		for i := range s.ids {
			s.ids[i] *= 100
		}
		there, come := s.names(), rapid.IntRange(0, maxStuck).Draw(t, "come")
		s.between = func(s *shelf) {
			if come == 0 || rapid.Bool().Draw(t, "none comes") {
				return
			}
			come--
			at := rapid.IntRange(0, len(s.ids)-1).Draw(t, "before")
			s.ids = slices.Insert(s.ids, at, s.ids[at]-come-1)
		}
		got, starts, fault := s.walk(1)
		if fault != nil {
			t.Fatalf("%v (starts %v)", fault, starts)
		}
		for _, id := range there {
			if !slices.Contains(got, id) {
				t.Fatalf("%s was missed: %v, starts %v", id, got, starts)
			}
		}
	})
}

// TestPagesOfAnySize needs no luck with sizes where nothing moves.
func TestPagesOfAnySize(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := shelfOf(rapid.IntRange(0, 60).Draw(t, "records"), 0)
		s.size = func() int { return rapid.IntRange(1, 12).Draw(t, "size") }
		got, starts, fault := s.walk(1)
		if fault != nil || !slices.Equal(got, s.names()) {
			t.Fatalf("%v, starts %v: %v", got, starts, fault)
		}
	})
}

// TestListsReadAgain: where the overlap can't prove it, a list whose total fell is read again, at most three times.
func TestListsReadAgain(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		overlap int
		shuffle bool
		falls   bool
		times   int // each record comes
	}{
		"with the overlap it is proved":         {1, false, true, 1},
		"without the overlap, a total falls":    {0, false, true, 4},
		"without the overlap, the total stays":  {0, false, false, 1},
		"ids that do not ascend, a total falls": {1, true, true, 4},
	} {
		s := shelfOf(9, 4)
		if row.shuffle {
			s.ids[0], s.ids[3] = s.ids[3], s.ids[0]
		}
		n := 100
		if row.falls {
			s.total = func(int) int { n--; return n }
		}
		got, _, fault := s.walk(row.overlap)
		if fault != nil || len(got) != 9*row.times {
			t.Errorf("%s: %d came, %v", name, len(got), fault)
		}
	}
}

func TestGuardsOfAList(t *testing.T) {
	t.Parallel()
	for _, size := range []int{2, 4} {
		stuck := shelfOf(9, size)
		at, asked := firstPlace(), 0
		var fault *connector.Error
		for ; fault == nil && asked < 20; asked++ {
			var a advance
			a, fault = at.step(stuck.page(1), 1)
			at = a.next
		}
		if mustFail(t, fault, connector.Misconfigured, "ignores where a page should start", "rest.start_param"); asked > 2*maxStuck+2 {
			t.Errorf("pages of %d: a server that always gives the first page was found out after %d requests", size, asked)
		}
	}

	endless, first := shelfOf(5, 4), 0
	endless.total = func(int) int { return 5 }
	endless.between = func(s *shelf) { first++; s.ids = append(s.ids, 1000+first, 2000+first, 3000+first, 4000+first) }
	_, _, fault := endless.walk(0)
	mustFail(t, fault, connector.Unavailable, "does not end")

	restless, round := shelfOf(1000, 4), 0
	restless.between = func(s *shelf) { round++; s.ids = s.ids[1:]; s.ids = append(s.ids, 5000+round) }
	_, _, fault = restless.walk(1)
	mustFail(t, fault, connector.Unavailable, "changes faster")
}

func TestPlacesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"x", "{}", `{"s":0}`, `{"s":-4}`, "[]", `{"s":"1"}`} {
		if _, ok := parsePlace(text); ok {
			t.Errorf("%s was taken for a place", text)
		}
	}
	b := open(t, always(200, emptyList))
	_, err := b.Read(t.Context(), connector.Query{Kind: connector.Supplier, After: "x"})
	mustFail(t, err, connector.Internal)
}

func FuzzPlace(f *testing.F) {
	f.Add(firstPlace().String())
	f.Add(`{"s":7,"l":"107","f":"101","n":7,"c":7,"t":30,"b":2,"a":true}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := parsePlace(text)
		if !ok {
			return
		}
		for _, l := range []listing{{total: -1}, shelfOf(3, 9).page(1), shelfOf(1, 9).page(1)} {
			for _, overlap := range []int{0, 1} {
				if a, fault := p.step(l, overlap); fault == nil && !a.done && a.next.Start < 1 {
					t.Errorf("%s leads to %s", text, a.next)
				}
			}
		}
	})
}

func TestIDsAreComparedAsNumbers(t *testing.T) {
	t.Parallel()
	for pair, less := range map[string]bool{"9 10": true, "10 9": false, "7 7": false, "007 8": true, "99999999999999999999 100000000000000000000": true, "a 2": false, "1 b": false, " 1": false} {
		a, b, _ := strings.Cut(pair, " ")
		if numericLess(a, b) != less {
			t.Errorf("%s before %s: %v", a, b, !less)
		}
	}
}
