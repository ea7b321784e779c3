package connector

import (
	"testing"

	"pgregory.net/rapid"
)

func group(pairs ...string) any { return map[string]any(doc(pairs...)) }

func TestCovers(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		have, want Document
		covered    bool
	}{
		"equal content":       {doc("A", "1"), doc("A", "1"), true},
		"another value":       {doc("A", "2"), doc("A", "1"), false},
		"more than is wanted": {doc("A", "1", "B", "2"), doc("A", "1"), true},
		"a field that it doesn't know is passed over":     {doc("B", "2"), doc("A", "1", "B", "2"), true},
		"a field that it knows to be blank is not":        {doc("A", ""), doc("A", "1"), false},
		"a value where a blank is wanted":                 {doc("A", "1"), doc("A", ""), false},
		"blanks at the ends are no difference":            {doc("A", " "), doc("A", ""), true},
		"blanks inside are":                               {doc("A", "x  y"), doc("A", "x y"), false},
		"a group inside a group":                          {Document{"G": group("X", "1")}, Document{"G": doc("X", "1")}, true},
		"a field of a group that differs":                 {Document{"G": group("X", "2")}, Document{"G": doc("X", "1")}, false},
		"a text where a group is wanted":                  {doc("G", "1"), Document{"G": doc("X", "1")}, false},
		"the order of a list is no matter":                {Document{"L": []any{group("N", "2"), group("N", "1")}}, Document{"L": []any{group("N", "1"), group("N", "2")}}, true},
		"a group of a list that is missing":               {Document{"L": []any{group("N", "1")}}, Document{"L": []any{group("N", "1"), group("N", "2")}}, false},
		"more groups than are wanted":                     {Document{"L": []any{group("N", "1"), group("N", "2")}}, Document{"L": []any{group("N", "2")}}, true},
		"a list of texts":                                 {Document{"L": []any{"a", "b"}}, Document{"L": []any{"b"}}, true},
		"a text that the list lacks":                      {Document{"L": []any{"a"}}, Document{"L": []any{"b"}}, false},
		"lists in lists are compared, not refused":        {Document{"L": []any{[]any{"a"}}}, Document{"L": []any{[]any{"a"}}}, true},
		"a text where a list is wanted":                   {doc("L", "a"), Document{"L": []any{"a"}}, false},
		"an empty list covers nothing":                    {Document{"L": []any{}}, Document{"L": []any{"a"}}, false},
		"a list that it doesn't know is passed over, too": {doc(), Document{"L": []any{"a"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Covers(row.have, row.want); got != row.covered {
				t.Errorf("%v covers %v: %v", row.have, row.want, got)
			}
		})
	}
}

// TestAnUnseenChangeIsNotTakenForDone: what the target doesn't tell may be as it was.
func TestAnUnseenChangeIsNotTakenForDone(t *testing.T) {
	t.Parallel()
	lines := func(groups ...any) Document { return Document{"L": groups} }
	for name, row := range map[string]struct {
		now, old, wanted Document
		shown            bool
	}{
		"nothing changed":                                    {doc("A", "9"), doc("A", "1"), doc("A", "1"), true},
		"the new value is there":                             {doc("A", "2"), doc("A", "1"), doc("A", "2"), true},
		"the old value is there":                             {doc("A", "1"), doc("A", "1"), doc("A", "2"), false},
		"the field can't be seen":                            {doc("B", "1"), doc("A", "1"), doc("A", "2"), false},
		"one of two changes can't be seen":                   {doc("A", "2"), doc("A", "1", "B", "1"), doc("A", "2", "B", "2"), false},
		"a value that became blank is blank":                 {doc("A", " "), doc("A", "1"), doc("A", ""), true},
		"a value that became blank is there":                 {doc("A", "1"), doc("A", "1"), doc(), false},
		"a field of a group changed":                         {Document{"G": group("X", "2")}, Document{"G": group("X", "1")}, Document{"G": group("X", "2")}, true},
		"a group that is wanted can't be seen":               {doc(), doc(), Document{"G": group("X", "2")}, false},
		"a group that went away is there":                    {Document{"G": group("X", "1")}, Document{"G": group("X", "1")}, doc(), false},
		"a group of a list was added":                        {lines(group("N", "1"), group("N", "2")), lines(group("N", "1")), lines(group("N", "1"), group("N", "2")), true},
		"a group of a list was added and is not there":       {lines(group("N", "1")), lines(group("N", "1")), lines(group("N", "1"), group("N", "2")), false},
		"a group of a list was taken away":                   {lines(group("N", "1")), lines(group("N", "1"), group("N", "2")), lines(group("N", "1")), true},
		"a group of a list was taken away and is there":      {lines(group("N", "1"), group("N", "2")), lines(group("N", "1"), group("N", "2")), lines(group("N", "1")), false},
		"a group of a list has a new field":                  {lines(group("N", "1", "M", "2")), lines(group("N", "1")), lines(group("N", "1", "M", "2")), true},
		"a group of a list has a new field that isn't shown": {lines(group("N", "1")), lines(group("N", "1")), lines(group("N", "1", "M", "2")), false},
		"a whole list can't be seen":                         {doc(), lines(group("N", "1")), lines(group("N", "2")), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := shows(row.now, row.old, row.wanted); got != row.shown {
				t.Errorf("%v shows the change of %v to %v: %v", row.now, row.old, row.wanted, got)
			}
		})
	}
}

func TestWhatWasWrittenIsCoveredAndShown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		old, wanted := solid(t, "old"), solid(t, "wanted")
		if !Covers(wanted, wanted) {
			t.Fatal("a Document does not cover itself")
		}
		if now := whole(wanted, 2); !shows(now, old, wanted) {
			t.Fatalf("%v was written and does not show the change from %v to %v", now, old, wanted)
		}
		old["T"], wanted["T"] = "1", "2"
		if shows(old, old, wanted) || shows(doc(), old, wanted) {
			t.Fatalf("the change from %v to %v is shown by what is as it was, or tells nothing", old, wanted)
		}
	})
}

// solid draws a Document without anything blank.
func solid(t *rapid.T, label string) Document {
	d, _ := ParseDocument(anyDocument(2, "1", "2", "3").Draw(t, label).Canonical())
	return d
}

// whole spells every field out, as a System does that shows all that it holds.
func whole(d Document, depth int) Document {
	out := Document{"T": d.Text("T"), "U": d.Text("U")}
	if depth > 0 {
		g, _ := AsMap(d["G"])
		out["G"] = whole(g, depth-1)
		l := []any{}
		for _, e := range d.List("L") {
			l = append(l, whole(e, depth-1))
		}
		out["L"] = l
	}
	return out
}
