package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/money"
)

// functions are what templates may call.
var functions = template.FuncMap{
	"asset":   assetURL,
	"count":   count,
	"money":   moneyWords,
	"mark":    mark,
	"word":    stateWord,
	"meaning": func(s connector.State) string { return meanings[s] },
	"kind":    kindWord,
	"class":   stateClass,
	"record":  recordURL,
	"evidence": func(connection string, kind connector.Kind, id string) string {
		return "/evidence" + strings.TrimPrefix(recordURL(connection, kind, id), "/records")
	},
	"chosen":   chosenURL,
	"bar":      bar,
	"dict":     dict,
	"said":     said,
	"took":     took,
	"inline":   oneLine,
	"dec":      func(n int) int { return n - 1 },
	"sentence": sentence,
	"lived":    app.Life,
	"advice":   advice,
	"parts":    app.PartsOf,
	"reached":  reached,
	"steps":    stepMark,
	"link":     connectionMark,
	"host":     hostOf,
	"one":      one,
	"flat":     app.Leaves,

	"previewed": previewURL,
	"asked":     askedValues,
	"second":    second,
	"subject":   subjectURL,

	"ruleword": ruleWord,
	"needed":   neededFields,
	"depth":    depthClass,
	"first":    firstValues,
	"beyond":   beyondValues,
}

// clock tells times relative to one moment, so that a page agrees with itself.
type clock struct {
	Now   time.Time
	zones map[string]*time.Location
}

// Ago is a time as a person says it, exact on hover, in UTC and in the zones of the Connections.
func (c clock) Ago(t any) template.HTML {
	at, ok := momentOf(t)
	if !ok {
		return `<span class="none">never</span>`
	}
	exact := at.UTC().Format("2 Jan 2006 15:04:05 UTC")
	for _, name := range slices.Sorted(maps.Keys(c.zones)) {
		exact += " · " + at.In(c.zones[name]).Format("2 Jan 15:04:05 MST") + " at " + name
	}
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, at.UTC().Format(time.RFC3339), template.HTMLEscapeString(exact), relative(at, c.Now)))
}

// Due says that a time has come, or was never set: then it is now.
func (c clock) Due(t time.Time) bool { return !t.After(c.Now) }

// Exact is a time to the second, UTC.
func (c clock) Exact(t any) string {
	at, ok := momentOf(t)
	if !ok {
		return "never"
	}
	return at.UTC().Format("2006-01-02 15:04:05 UTC")
}

// Zoned is a time to the minute in UTC and in the zones of the Connections; the script adds the reader's own.
func (c clock) Zoned(t time.Time) template.HTML {
	text := fmt.Sprintf(`<time class="here" datetime="%s">%s</time>`, t.UTC().Format(time.RFC3339), t.UTC().Format("Mon 2 Jan 15:04:05 UTC"))
	for _, name := range slices.Sorted(maps.Keys(c.zones)) {
		text += ` <span class="none">` + template.HTMLEscapeString(t.In(c.zones[name]).Format("15:04 MST")+" at "+name) + `</span>`
	}
	return template.HTML(text)
}

// Clock is a time of day to the second, with its day unless that is today.
func (c clock) Clock(t any) template.HTML {
	at, ok := momentOf(t)
	if !ok {
		return ""
	}
	text := at.UTC().Format("15:04:05")
	if at.UTC().Format(time.DateOnly) != c.Now.UTC().Format(time.DateOnly) {
		text = at.UTC().Format("2 Jan 15:04:05")
	}
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, at.UTC().Format(time.RFC3339), at.UTC().Format("2 Jan 2006 15:04:05.000 UTC"), text))
}

func momentOf(t any) (time.Time, bool) {
	switch x := t.(type) {
	case time.Time:
		return x, !x.IsZero()
	case *time.Time:
		if x != nil {
			return *x, !x.IsZero()
		}
	}
	return time.Time{}, false
}

func relative(t, now time.Time) string {
	d := now.Sub(t)
	form := "%s ago"
	if d < 0 {
		d, form = -d, "in %s"
	}
	switch {
	case d < 5*time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf(form, strconv.Itoa(int(d.Seconds()))+" s")
	case d < time.Hour:
		return fmt.Sprintf(form, strconv.Itoa(int(d.Minutes()))+" min")
	case d < 48*time.Hour:
		return fmt.Sprintf(form, strconv.Itoa(int(d.Hours()))+" h")
	}
	return fmt.Sprintf(form, strconv.Itoa(int(d.Hours()/24))+" days")
}

// took is a duration with two or three digits.
func took(d time.Duration) string {
	switch {
	case d <= 0:
		return "–"
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + " µs"
	case d < 10*time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 2*time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return d.Round(time.Second).String()
}

// count groups digits by thousands.
func count(n any) string { return grouped(fmt.Sprint(n)) }

func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "−", digits[1:]
	}
	whole, fraction, found := strings.Cut(digits, ".")
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if found {
		return sign + b.String() + "." + fraction
	}
	return sign + b.String()
}

// moneyWords is an amount with its currency, never without.
func moneyWords(m money.Amount) template.HTML {
	return template.HTML(fmt.Sprintf(`<span class="money">%s <abbr class="currency">%s</abbr></span>`, grouped(template.HTMLEscapeString(m.Amount)), template.HTMLEscapeString(m.Currency)))
}

// stateWord is how a state is called.
func stateWord(s connector.State) string {
	if s == "" {
		return "no delivery"
	}
	return strings.ReplaceAll(string(s), "_", " ")
}

// meanings say in a few words what a state means for a person.
var meanings = map[connector.State]string{
	connector.Delivered:  "the target took it",
	connector.Unchanged:  "nothing to send: the target has it",
	connector.Filtered:   "not meant to go: it does not pass the flow's filter",
	connector.Skipped:    "a person let it be",
	connector.Superseded: "a newer version took its place",
	connector.Waiting:    "to be sent, or being sent now",
	connector.Blocked:    "waits for what it refers to, and goes on by itself",
	connector.InDoubt:    "may have arrived; looked up before anything is sent again",
	connector.Held:       "waits for a person",
}

// stateClass is the class that gives a state its colour.
func stateClass(s connector.State) string {
	if s == "" {
		return "s-none"
	}
	return "s-" + strings.ReplaceAll(string(s), "_", "-")
}

// shapes give every state a form besides its colour.
var shapes = map[connector.State]string{
	connector.Delivered:  `<circle cx="6" cy="6" r="5"/>`,
	connector.Unchanged:  `<path d="M1 3.2h10v2H1zM1 6.8h10v2H1z"/>`,
	connector.Waiting:    `<circle class="hollow" cx="6" cy="6" r="4.2"/>`,
	connector.Sending:    `<path d="M1 1.5 11 6 1 10.5z"/>`,
	connector.Blocked:    `<path d="M6 1a5 5 0 0 0 0 10z"/><circle class="hollow" cx="6" cy="6" r="4.2"/>`,
	connector.InDoubt:    `<path d="M6 .4 11.6 6 6 11.6.4 6z"/>`,
	connector.Held:       `<path d="M1 1h10v10H1z"/>`,
	connector.Filtered:   `<path d="M1 5h10v2H1z"/>`,
	connector.Skipped:    `<path d="M1 5h10v2H1z"/>`,
	connector.Superseded: `<path d="M1 5h6V2l4.5 4L7 10V7H1z"/>`,
}

// mark is the shape of a state; the word beside it is for those who can't see it.
func mark(s connector.State) template.HTML {
	shape, ok := shapes[s]
	if !ok {
		shape = `<circle cx="6" cy="6" r="2"/>`
	}
	return template.HTML(`<svg class="mark" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" focusable="false">` + shape + `</svg>`)
}

func kindWord(k connector.Kind) string { return strings.ReplaceAll(string(k), "_", " ") }

// recordURL is the page of a Record.
func recordURL(connection string, kind connector.Kind, id string) string {
	return "/records/" + url.PathEscape(connection) + "/" + url.PathEscape(string(kind)) + "/" + url.PathEscape(id)
}

// chosenURL is the list of Deliveries that names and values choose: chosen "state" "held" "flow" "invoices".
func chosenURL(pairs ...any) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		value := fmt.Sprint(pairs[i+1])
		if at, ok := pairs[i+1].(time.Time); ok {
			value = at.UTC().Format(time.RFC3339)
		}
		if value != "" && value != "0" {
			q.Set(fmt.Sprint(pairs[i]), value)
		}
	}
	if len(q) == 0 {
		return "/deliveries"
	}
	return "/deliveries?" + q.Encode()
}

func dict(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return out
}

// barPart is one part of a bar, in thousandths.
type barPart struct {
	State       connector.State
	Count       int
	URL         string
	X, W, Inner int
}

// bar lays an equation out: every part that is not nothing is wide enough to be seen and hit.
func bar(parts app.Parts, pairs ...any) []barPart {
	const whole, least = 1000, 24
	var out []barPart
	total, small := 0, 0
	for _, p := range parts {
		if p.Count > 0 {
			total += p.Count
			out = append(out, barPart{State: p.State, Count: p.Count, URL: chosenURL(append([]any{"state", p.State}, pairs...)...)})
		}
	}
	for _, p := range out {
		if p.Count*whole < least*total {
			small++
		}
	}
	x, rest := 0, whole-small*least
	for i := range out {
		out[i].X, out[i].W = x, least
		if out[i].Count*whole >= least*total {
			out[i].W = max(least, out[i].Count*rest/total)
		}
		x += out[i].W
	}
	if len(out) > 0 { // what rounding left over, or took too much, goes to the largest
		largest := 0
		for i := range out {
			if out[i].W > out[largest].W {
				largest = i
			}
		}
		out[largest].W += whole - x
		for i := largest + 1; i < len(out); i++ {
			out[i].X += whole - x
		}
	}
	for i := range out {
		out[i].Inner = max(1, out[i].W-3)
	}
	return out
}

// said splits an Error into what happened and the System's own words: Systems write them after a colon, and only an Error
// with an Exchange has some.
func said(e *connector.Error) [2]string {
	full := app.ErrorShape(e)
	if full == nil {
		return [2]string{}
	}
	if e.Exchange == "" {
		return [2]string{full.Message, ""}
	}
	happened, words, _ := strings.Cut(full.Message, ": ")
	return [2]string{happened, words}
}

// oneLine shortens a text for a table.
func oneLine(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	r := []rune(s)
	if len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// sentence begins with a capital and ends with a stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	r := []rune(s)
	s = strings.ToUpper(string(r[0])) + string(r[1:])
	for _, end := range []string{".", "!", "?", "…"} {
		if strings.HasSuffix(s, end) {
			return s
		}
	}
	return s + "."
}

// advice is a sentence whose commands, between backticks, are set as such.
func advice(s string) template.HTML {
	var b strings.Builder
	for i, part := range strings.Split(sentence(s), "`") {
		text := template.HTMLEscapeString(part)
		if i%2 == 1 {
			text = "<code>" + text + "</code>"
		}
		b.WriteString(text)
	}
	return template.HTML(b.String())
}

// turned are the signs that turn the direction of all text after them: shown as what they are, so that no name disturbs
// what stands beside it.
var turned = strings.NewReplacer("\u202a", "�", "\u202b", "�", "\u202c", "�", "\u202d", "�", "\u202e", "�", "\u2066", "�", "\u2067", "�", "\u2068", "�", "\u2069", "�")

// shown is a body for people: JSON is indented, anything else stands as it came; cut says that it was too long.
func shown(body []byte, most int) (text string, cut bool) {
	if len(body) <= most && json.Valid(body) {
		var b bytes.Buffer
		if json.Indent(&b, body, "", "  ") == nil {
			return b.String(), false
		}
	}
	if len(body) > most {
		return strings.ToValidUTF8(string(body[:most]), "�"), true
	}
	return strings.ToValidUTF8(string(body), "�"), false
}
