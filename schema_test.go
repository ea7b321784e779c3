package connector

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSchemaCheck(t *testing.T) {
	t.Parallel()
	number := func(length, scale int) Field { return Field{Name: "F", Type: TypeNumber, Length: length, Scale: scale} }
	list := Field{Name: "F", Type: TypeList, Fields: []Field{{Name: "N", Type: TypeText, Length: 2, Required: true}}}
	inner := Field{Name: "F", Type: TypeGroup, Fields: []Field{{Name: "N", Type: TypeText, Required: true}}}
	must := func(f Field) Field { f.Required = true; return f }
	for name, row := range map[string]struct {
		field Field
		value any
		says  string // of the one problem; "" = none
	}{
		"a text as long as the field":                  {Field{Name: "F", Type: TypeText, Length: 3}, "äöü", ""},
		"a text that is too long says by how much":     {Field{Name: "F", Type: TypeText, Length: 3}, "äöüß", "F: has 4 characters; the target takes at most 3"},
		"characters are counted, not bytes":            {Field{Name: "F", Type: TypeText, Length: 1}, "🧾", ""},
		"a text without a limit":                       {Field{Name: "F", Type: TypeText}, strings.Repeat("x", 5000), ""},
		"a value of the list":                          {Field{Name: "F", Type: TypeText, Values: []string{"A", "I"}}, "I", ""},
		"a value outside the list names the list":      {Field{Name: "F", Type: TypeText, Values: []string{"A", "I"}}, "X", "F: must be one of A, I"},
		"a blank where nothing is required":            {Field{Name: "F", Type: TypeText, Values: []string{"A"}}, "", ""},
		"nothing where nothing is required":            {Field{Name: "F", Type: TypeText}, nil, ""},
		"nothing where a value is required":            {must(Field{Name: "F", Type: TypeText}), nil, "F: is required and has no value"},
		"a blank where a value is required":            {must(Field{Name: "F", Type: TypeText}), "", "F: is required and has no value"},
		"a group where a text is wanted":               {Field{Name: "F", Type: TypeText}, doc("N", "1"), "F: is not a text"},
		"a whole number":                               {number(5, 2), "-123", ""},
		"as many digits as the field has":              {number(5, 2), "123.45", ""},
		"too many digits before the point":             {number(5, 2), "1234.5", "F: has 4 digits before the point; the target takes at most 3"},
		"too many digits after the point":              {number(5, 2), "1.005", "F: has 3 digits after the point; the target takes at most 2"},
		"zeros at the ends are no digits":              {number(5, 2), "000123.4500", ""},
		"a number without a limit of its length":       {number(0, 2), "123456789012345678901234567890.12", ""},
		"an exponent is no decimal text":               {number(0, 2), "1e5", "F: is not a number"},
		"a comma is no point":                          {number(0, 2), "1,5", "F: is not a number"},
		"two points":                                   {number(0, 2), "1.2.3", "F: is not a number"},
		"a point with nothing after it":                {number(0, 2), "1.", "F: is not a number"},
		"a point with nothing before it":               {number(0, 2), ".5", "F: is not a number"},
		"a sign alone":                                 {number(0, 2), "-", "F: is not a number"},
		"two signs":                                    {number(0, 2), "--1", "F: is not a number"},
		"a blank around a number":                      {number(0, 2), " 1", "F: is not a number"},
		"digits of another script":                     {number(0, 2), "١", "F: is not a number"},
		"a negative number where none may be":          {Field{Name: "F", Type: TypeNumber, Unsigned: true}, "-1", "F: must not be negative"},
		"minus zero is zero":                           {Field{Name: "F", Type: TypeNumber, Unsigned: true}, "-0", ""},
		"a day":                                        {Field{Name: "F", Type: TypeDate}, "2028-02-29", ""},
		"a day that does not exist":                    {Field{Name: "F", Type: TypeDate}, "2026-02-29", "F: is not a date of the form YYYY-MM-DD"},
		"a yes or no":                                  {Field{Name: "F", Type: TypeBool}, "false", ""},
		"a yes or no in other words":                   {Field{Name: "F", Type: TypeBool}, "Y", "F: must be true or false"},
		"a list of groups":                             {list, []any{doc("N", "1"), group("N", "2")}, ""},
		"a group of a list is named by its number":     {list, []any{doc("N", "1"), doc("N", "123")}, "F[2].N: has 3 characters; the target takes at most 2"},
		"a required field of a group of a list":        {list, []any{doc()}, "F[1].N: is required and has no value"},
		"a text in a list of groups":                   {list, []any{"x"}, "F[1]: is not a group of fields"},
		"an empty list where nothing is required":      {list, []any{}, ""},
		"an empty list where one is required":          {must(list), []any{}, "F: is required and has no value"},
		"a text where a list is wanted":                {list, "x", "F: is not a list"},
		"a group":                                      {inner, doc("N", "1"), ""},
		"a field of a group":                           {inner, doc("N", "1", "M", "2"), "F.M: the target has no such field"},
		"a required field of a group that is there":    {inner, doc("N", ""), "F.N: is required and has no value"},
		"a group that is left out needs no field":      {inner, nil, ""},
		"an empty group is one that is left out":       {inner, doc(), ""},
		"a required group that is left out":            {must(inner), nil, "F: is required and has no value"},
		"a required group that is empty":               {must(inner), doc(), "F: is required and has no value"},
		"a text where a group is wanted":               {inner, "x", "F: is not a group"},
		"a value is never changed, cut or rounded":     {number(3, 1), "12.34", "F: has 2 digits after the point; the target takes at most 1"},
		"a problem tells the value that does not fit.": {Field{Name: "F", Type: TypeText, Length: 1}, "long", "F: has 4 characters; the target takes at most 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := Document{}
			if row.value != nil {
				d["F"] = row.value
			}
			before := string(d.Canonical())
			var got []string
			for _, p := range (Schema{Fields: []Field{row.field}}).Check(d) {
				got = append(got, p.Field+": "+p.Message)
				if text, ok := row.value.(string); ok && text != "" && p.Value != text && row.field.Type != TypeGroup && row.field.Type != TypeList {
					t.Errorf("the problem tells the value %q, not %q", p.Value, text)
				}
			}
			if strings.Join(got, "\n") != row.says {
				t.Errorf("got %q, want %q", got, row.says)
			}
			if string(d.Canonical()) != before {
				t.Error("the Document was changed")
			}
		})
	}
}

func TestSchemaCheckTellsAllAtOnceInOrder(t *testing.T) {
	t.Parallel()
	s := Schema{Fields: []Field{{Name: "B", Type: TypeText, Required: true}, {Name: "A", Type: TypeNumber}}}
	var got []string
	for _, p := range s.Check(doc("A", "x", "Z", "1", "C", "1")) {
		got = append(got, p.Field)
	}
	if strings.Join(got, " ") != "A B C Z" {
		t.Errorf("named %v", got)
	}
}

// TestNumbersThatFitAreDecimals: what the Schema lets through has no more digits than it says, however it is written.
func TestNumbersThatFitAreDecimals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{0,6}(\.[0-9]{0,5})?`).Draw(t, "text")
		f := Field{Name: "F", Type: TypeNumber, Length: 6, Scale: 2}
		if len(Schema{Fields: []Field{f}}.Check(doc("F", text))) > 0 || text == "" {
			return
		}
		whole, frac, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
		if len(strings.TrimLeft(whole, "0")) > 4 || len(strings.TrimRight(frac, "0")) > 2 || whole == "" {
			t.Fatalf("%q was let through", text)
		}
	})
}
