package mapping

import (
	"fmt"
	"strings"
	"testing"
)

// world is what the expressions of the tables see.
func world() map[string]any {
	return map[string]any{"doc": map[string]any{
		"quantity": "10", "price": "35.05", "name": "Müller & Söhne", "yes": "true", "no": "false", "blank": " ", "code": "0042",
		"lines": []any{map[string]any{"n": "1", "amount": "0.1", "tags": []any{"a", "b"}}, map[string]any{"n": "2", "amount": "0.2"}},
		"one":   map[string]any{"n": "7"},
	}}
}

func evaluate(t testing.TB, text string) (any, error) {
	t.Helper()
	e, err := compile(text, []string{"doc"})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return same(t, e, world())
}

// same runs an expression as our code and as the language's own machine, and says so where they differ.
func same(t testing.TB, e *expression, env map[string]any) (any, error) {
	t.Helper()
	f := &frame{}
	for _, name := range e.uses {
		f.names = append(f.names, env[name])
	}
	ours, oursErr := e.run(f)
	theirs, err := e.interpret(env)
	if fmt.Sprint(oursErr) != fmt.Sprint(err) || fmt.Sprintf("%T %v", ours, ours) != fmt.Sprintf("%T %v", theirs, theirs) {
		t.Errorf("%s: our code gives %v (%v), the machine %v (%v)", e.text, ours, oursErr, theirs, err)
	}
	return ours, oursErr
}

func TestExpressions(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, want string }{
		"text multiplies as numbers":                      {`doc.quantity * doc.price`, "350.5"},
		"text joins":                                      {`doc.code + "-" + doc.quantity`, "0042-10"},
		"a number on one side adds":                       {`dec(doc.quantity) + doc.price`, "45.05"},
		"a whole number adds too":                         {`1 + doc.price`, "36.05"},
		"tenths are exact":                                {`sum(map(doc.lines, .amount)) == dec("0.3")`, "true"},
		"subtraction and signs":                           {`-dec(doc.price) - 1`, "-36.05"},
		"an exact quotient":                               {`dec("1") / 8`, "0.125"},
		"no negative zero":                                {`round(dec("-0.001"), 2)`, "0"},
		"half rounds away from zero":                      {`text(round("0.125", 2)) + " " + text(round("-0.125", 2))`, "0.13 -0.13"},
		"a quotient to so many digits":                    {`div(1, 3, 4)`, "0.3333"},
		"a number compares as a number":                   {`dec(doc.quantity) > 9`, "true"},
		"text compares as text":                           {`doc.quantity > "9"`, "false"},
		"1.0 is 1":                                        {`dec("1.0") == 1 and "1.50" == dec("1.5")`, "true"},
		"codes are text and keep their zeros":             {`doc.code == "42"`, "false"},
		"blank, missing and empty are equal":              {`doc.blank == nil and doc.nowhere == "" and doc.nowhere.deeper == doc.blank`, "true"},
		"a path through nothing is blank":                 {`blank(doc.nowhere.at.all)`, "true"},
		"nothing compares unequal to something":           {`doc.nowhere != "x"`, "true"},
		"true as text is true":                            {`doc.yes and not doc.no and not doc.nowhere`, "true"},
		"the first that is not blank":                     {`doc.blank ?? doc.nowhere ?? "last"`, "last"},
		"a list that is not there is empty":               {`len(filter(doc.nowhere, .x == 1))`, "0"},
		"one element is a list of one":                    {`join(map(doc.one, .n), ",")`, "7"},
		"an element by its position":                      {`doc.lines[1].n`, "2"},
		"an inner list":                                   {`join(flatten(map(doc.lines, .tags)), "")`, "ab"},
		"a name inside a list":                            {`join(flatten(map(doc.lines, let line = #; map(line.tags, line.n + #))), " ")`, "1a 1b"},
		"a list of values":                                {`"x" in ["x", "y"] and not (nil in ["x"])`, "true"},
		"begins, ends, holds, matches":                    {`doc.name startsWith "Mü" and doc.name endsWith "ne" and doc.name contains "&" and doc.code matches "^0+42$"`, "true"},
		"begins with, of nothing":                         {`doc.nowhere startsWith "JGR-"`, "false"},
		"characters, not bytes":                           {`len(doc.name)`, "14"},
		"the first characters":                            {`left(doc.name, 6)`, "Müller"},
		"more than there are":                             {`left(doc.code, 40)`, "0042"},
		"zeros before a number":                           {`pad(doc.quantity, 7)`, "0000010"},
		"accents are taken off":                           {`ascii("Ünal İnşaat & Straße Łódź")`, "Unal Insaat & Strasse Lodz"},
		"only letters and digits":                         {`plain("O'Hara <Tools> & Söhne 7")`, "OHARATOOLSSOHNE7"},
		"parts of an ID":                                  {`part("SHARE/ACCOUNT/0042", 3) + part("SHARE", 2)`, "0042"},
		"a template with padding":                         {`fill("J{invoice:7}-{unit}", {"invoice": "42", "unit": "US001"})`, "J0000042-US001"},
		"a template's value may be longer":                {`fill("J{invoice:3}", {"invoice": "12345"})`, "J12345"},
		"a prefix taken off":                              {`cutPrefix("SHARE-1", "SHARE-") + cutPrefix("2", "SHARE-")`, "12"},
		"join leaves blanks out":                          {`join(["Acme", "", nil, "Inc"], " ")`, "Acme Inc"},
		"a date as it stands":                             {`date("2026-03-01T00:00:00.000Z")`, "2026-03-01"},
		"no date of nothing":                              {`blank(date(doc.nowhere))`, "true"},
		"countries from either code":                      {`iso3("DE") + iso2("usa") + iso3("GBR")`, "DEUUSGBR"},
		"digits of currencies":                            {`text(digits("USD")) + text(digits("jpy")) + text(digits("KWD")) + text(digits("CLF"))`, "2034"},
		"shares of equal weight: the last has more":       {`join(shares(100, ["1", "1", "1"], 2), " ")`, "33.33 33.33 33.34"},
		"shares: the largest has more":                    {`join(shares("0.05", [60, 20, 20], 2), " ")`, "0.03 0.01 0.01"},
		"shares: the largest has less":                    {`join(shares("0.07", ["50.5", "24.75", "24.75"], 2), " ")`, "0.03 0.02 0.02"},
		"shares of a negative amount":                     {`join(shares("-10", [1, 1, 1], 2), " ")`, "-3.33 -3.33 -3.34"},
		"shares of nothing":                               {`len(shares(100, [], 2))`, "0"},
		"shares without digits":                           {`join(shares("850.6", [1, 1], 0), " ")`, "425 426"},
		"groups in the order of their first":              {`join(map(group(["p", "q", "r"], ["b", "a", "b"]), .key + join(.items, "")), " ")`, "bpr aq"},
		"names and values":                                {`join(keys(zip(["z", "", "a", "n"], ["1", "2", "3", ""])), ",")`, "a,z"},
		"a later group wins":                              {`merge({"a": "1", "b": "1"}, nil, {"b": "2"}).b`, "2"},
		"each value once":                                 {`join(uniq(["b", "a", "b", ""]), ",")`, "b,a"},
		"lists one after the other":                       {`len(concat("a", ["b", "c"], nil))`, "3"},
		"a long name wraps at the last space":             {`join(wrap("Grünfeld Präzisionsmechanik & Söhne GmbH Werk Süd Nord", 40), "|")`, "Grünfeld Präzisionsmechanik & Söhne GmbH|Werk Süd Nord"},
		"a space right after the limit":                   {`join(wrap("aaaa bb", 4), "|")`, "aaaa|bb"},
		"no space to wrap at":                             {`join(wrap("aaaaaa bb", 4), "|")`, "aaaaaa bb"},
		"a whole number of a setting that came as JSON":   {`dec(doc.quantity) + 0 == 10`, "true"},
		"a default for a blank number, not for a bad one": {`dec(doc.nowhere, 0) + 1`, "1"},
	} {
		got, err := evaluate(t, row.text)
		if err != nil {
			t.Errorf("%s: %s: %v", name, row.text, err)
			continue
		}
		if text, err := toText(got); err != nil || text != row.want {
			t.Errorf("%s: %s is %q (%v), want %q", name, row.text, text, err, row.want)
		}
	}
}

func TestExpressionsThatFail(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, want string }{
		"a word is no number":             {`doc.name * 2`, `"Müller & Söhne" is not a number`},
		"an exponent is no number":        {`dec("1e3")`, `"1e3" is not a number`},
		"a thousands mark is no number":   {`dec("1,000")`, `"1,000" is not a number`},
		"more digits than any amount":     {`dec("` + strings.Repeat("9", 61) + `")`, "more than 60 digits"},
		"a blank is no number":            {`dec(doc.nowhere)`, "has no value where a number is needed"},
		"a quotient without end":          {`dec(1) / 3`, "1 / 3 has no end; say to how many digits with div"},
		"division by zero":                {`1 / dec("0")`, "nothing can be divided by zero"},
		"a field of a text":               {`doc.name.first`, "a text has no field first"},
		"a field of a list":               {`doc.lines.n`, "a list has no field n"},
		"an element that is not there":    {`doc.lines[2]`, "a list of 2 has no element 2"},
		"a list where a value is needed":  {`doc.lines + "x"`, "a list stands where a single value is needed"},
		"neither true nor false":          {`doc.name ? 1 : 2`, `"Müller & Söhne" is neither true nor false`},
		"weights that sum to zero":        {`shares(100, ["1", "-1"], 2)`, "the weights sum to zero"},
		"a country that is none":          {`iso2("XX")`, `"XX" is no country of ISO 3166`},
		"a currency that is none":         {`digits("dollar")`, `"dollar" is no currency`},
		"a date that is none":             {`date("2026-02-30")`, `"2026-02-30" does not begin with a date`},
		"names without values":            {`zip(["a"], [])`, "1 names can't have 0 values"},
		"an unknown name in a template":   {`fill("{nobody}", {})`, "{nobody}, which is not known here"},
		"rounding to an absurd precision": {`round(1, 999)`, "999 is no number of digits to round to"},
	} {
		v, err := evaluate(t, row.text)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %s gave %v and %v, want the error %q", name, row.text, v, err, row.want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error has several lines: %q", name, err)
		}
	}
}

func TestExpressionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, want string }{
		"a name that nobody knows":       {`dok.name`, "unknown name dok (column 1)"},
		"a float":                        {`doc.price * 1.5`, `a number with a point is written dec("1.5")`},
		"a condition that nobody knows":  {`nobody ? 1 : 2`, "unknown name nobody"},
		"one beside a name of its own":   {`nobody ? map(list(doc), let x = #; x) : []`, "unknown name nobody"},
		"the clock":                      {`now()`, "unknown name now"},
		"a float by another way":         {`float(doc.price)`, "unknown name float"},
		"a function of too few values":   {`round(doc.price)`, "not enough arguments"},
		"a method":                       {`doc.name.Upper()`, "only functions can be called"},
		"an operator that rounds":        {`doc.price ** 2`, "there is no operator **"},
		"everything that is in scope":    {`$env`, "there is no $env"},
		"nothing":                        {` `, "the expression is empty"},
		"half an expression":             {`doc.price *`, "unexpected token EOF"},
		"an expression without an end":   {strings.Repeat("1 + ", 3000) + "1", "maximum"},
		"an order that a map would give": {`values(doc)`, "unknown name values"},
	} {
		_, err := compile(row.text, []string{"doc"})
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}

func TestExpressionKnowsWhatItReads(t *testing.T) {
	t.Parallel()
	e, err := compile(`filter(doc.lines, .amount != doc.header.total.value)[0].n ?? doc.name`, []string{"doc", "other"})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(e.uses, e.reads); got != "[doc] [amount lines n name value]" {
		t.Errorf("got %s", got)
	}
}

func TestCountriesAreOneToOne(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for word := range strings.SplitSeq(countries, " ") {
		if len(word) != 5 || seen[word[:2]] || seen[word[2:]] {
			t.Errorf("%q is wrong or there twice", word)
		}
		seen[word[:2]], seen[word[2:]] = true, true
	}
	if len(seen) != 2*249 {
		t.Errorf("%d codes", len(seen))
	}
}
