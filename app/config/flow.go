package config

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/mapping"
)

// Defaults of a Flow where neither the file nor its mapping says something.
const (
	DefaultSchedule  = "*/15 * * * *"
	defaultDeep      = "@daily"
	defaultRetryHeld = 3
)

var flowKeys = []string{"from", "to", "use", "file", "schedule", "where", "drift", "limits", "start", "withdraw", "retry_held",
	"track", "acknowledge", "deep", "deep_days", "enabled"}

// rules are a Flow's mapping, its text, and its place among the shipped ones.
type rules struct {
	*mapping.Flow
	text string
	rank int
}

func (f *File) flows(n node, known Known) {
	shipped := shippedRules(n, known)
	type ranked struct {
		flow  connector.Flow
		rules *rules
	}
	var all []ranked
	for _, e := range n.entries() {
		e.value.goodName(e.key)
		flow, r := f.flow(e.key, e.value, shipped)
		if r != nil {
			all = append(all, ranked{flow, r})
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.rules.rank, b.rules.rank), cmp.Compare(a.flow.Name, b.flow.Name))
	})
	var parsed []*mapping.Flow
	for i, r := range all {
		r.flow.Position = i + 1
		f.Flows = append(f.Flows, r.flow)
		if r.flow.Enabled {
			parsed = append(parsed, r.rules.Flow)
		}
	}
	if err := mapping.Cycles(parsed); err != nil {
		n.fail("go in a circle: %s", connector.AsError(err).Error())
	}
}

func shippedRules(n node, known Known) map[string]*rules {
	out := map[string]*rules{}
	for i, s := range known.Flows {
		parsed, err := mapping.Parse(s.Text)
		if err != nil {
			n.fail("can't be read: the shipped Flow %s is broken: %s", s.Name, err)
			continue
		}
		out[s.Name] = &rules{Flow: parsed, text: string(s.Text), rank: i}
	}
	return out
}

// flow reads one entry of `flows`. Its rules are nil when it is not even known what it would do.
func (f *File) flow(name string, n node, shipped map[string]*rules) (connector.Flow, *rules) {
	flow := connector.Flow{Name: name, Enabled: true, RetryHeld: defaultRetryHeld, Deep: defaultDeep}
	entries := n.entries(flowKeys...)
	r := f.rules(&flow, n, entries, shipped)
	if r == nil {
		return flow, nil
	}
	flow.Kind, flow.Mapping = r.Kind, r.text
	flow.Schedule = cmp.Or(r.Schedule, DefaultSchedule)
	flow.Drift = cmp.Or(r.Drift, connector.DriftOverwrite)
	flow.Withdraw = cmp.Or(r.Withdraw, connector.WithdrawHold)
	flow.Track, flow.Acknowledge = r.Track, cmp.Or(r.Acknowledge, "off")
	flow.Deep = cmp.Or(r.Deep, flow.Deep)
	from := f.end(n, entries, "from", r.From)
	to := f.end(n, entries, "to", r.To)
	if from != nil && to != nil {
		flow.From, flow.To = from.Name, to.Name
		switch {
		case from.System == nil || to.System == nil: // told at the Connection
		case from.System.Name() == to.System.Name():
			n.fail("leads from %s to %s, which are both %s: a Flow joins two Systems", from.Name, to.Name, from.System.Name())
		case from.System.Name() != r.From || to.System.Name() != r.To:
			n.fail("leads from %s to %s, but it reads %s and writes %s: check from and to", from.Name, to.Name, r.From, r.To)
		}
	}
	zone := zoneOf(from, to)
	for _, e := range entries {
		option(&flow, e, zone)
	}
	if flow.Acknowledge == "voucher" || flow.Acknowledge == "paid" {
		at := n
		for _, key := range []string{"file", "acknowledge"} {
			if e := find(entries, key); e != nil {
				at = e.value
			}
		}
		tells(flow, at, from, to)
	}
	needed(r, entries, "from", from)
	needed(r, entries, "to", to)
	if from != nil && to != nil && from.instance != nil && to.instance != nil && flow.Use == "" {
		for _, found := range r.Check(Ends(flow.Kind, from.System, to.System, from.instance, to.instance)) {
			if found.Severity == mapping.Wrong {
				find(entries, "file").value.fail("does not fit %s and %s: %s", from.Name, to.Name, strings.TrimRight(found.String()+". "+found.Hint, ". "))
			}
		}
	}
	return flow, r
}

// Ends are what two opened Connections say of a Kind's Documents and of themselves, for a look at a mapping.
func Ends(kind connector.Kind, from, to connector.System, source, target connector.Instance) mapping.Ends {
	return mapping.Ends{
		Source: source.Kind(kind).Content, Target: target.Kind(kind).Schema,
		There: func(k connector.Kind) connector.Schema { return target.Kind(k).Content },
		From:  settingNames(from), To: settingNames(to),
	}
}

func settingNames(system connector.System) []string {
	var out []string
	for _, s := range append(system.Describe().Settings, connector.CommonSettings()...) {
		out = append(out, s.Name)
	}
	return out
}

// tells checks that the source can be told what became of its records, and that this is known.
func tells(flow connector.Flow, at node, from, to *Connection) {
	if flow.Track == "" {
		at.fail("has acknowledge: %s, and track: off: what becomes of a record is known by following it; write track: \"@hourly\"", flow.Acknowledge)
	}
	if from == nil || to == nil || from.instance == nil || to.instance == nil {
		return
	}
	if _, follows := to.instance.(connector.Tracker); !follows {
		at.fail("has acknowledge: %s, but %s does not tell what becomes of a record", flow.Acknowledge, to.Name)
	}
	source, hears := from.instance.(connector.Acknowledger)
	if !hears {
		at.fail("has acknowledge: %s, but %s can't be told what became of a record", flow.Acknowledge, from.Name)
		return
	}
	if fail := connector.AsError(source.CanAcknowledge(flow.Kind)); fail != nil {
		at.fail("has acknowledge: %s, but of %s: %s. %s", flow.Acknowledge, from.Name, fail.Message, fail.Hint)
	}
}

// settingRead finds the settings that a mapping reads: from.NAME and to.NAME.
var settingRead = regexp.MustCompile(`\b(from|to)\.([a-z_]+)`)

// needed tells the settings that a Flow needs of the Connection at one end and that are empty: those that its System says
// it needs to read the Kind, and lists without a default that the rules go through.
func needed(r *rules, entries []entry, key string, c *Connection) {
	if c == nil || c.System == nil || c.InForce.Settings == nil {
		return
	}
	var needs []string
	if key == "from" && c.instance != nil {
		needs = slices.Clone(c.instance.Kind(r.Kind).Needs)
	}
	for _, read := range settingRead.FindAllStringSubmatch(r.text, -1) {
		if read[1] == key {
			needs = append(needs, "list "+read[2])
		}
	}
	for _, s := range c.System.Describe().Settings {
		listed := s.Type == connector.SettingTexts && s.Default == "" && slices.Contains(needs, "list "+s.Name)
		if !listed && !slices.Contains(needs, s.Name) || !empty(c.InForce.Settings[s.Name]) {
			continue
		}
		example := ""
		if s.Example != "" {
			example = ", such as [" + s.Example + "]"
		}
		find(entries, key).value.fail("is %s, whose setting %s is empty, and this Flow needs it: %s%s", c.Name, s.Name, s.Help, example)
	}
}

// empty says whether a setting has no value.
func empty(v any) bool {
	list, isList := v.([]any)
	return v == nil || v == "" || isList && len(list) == 0
}

// option reads one of the keys that change how a Flow runs.
func option(flow *connector.Flow, e entry, zone *time.Location) {
	switch e.key {
	case "schedule":
		flow.Schedule = e.value.schedule(false)
	case "where":
		flow.Where = e.value.text()
		if _, err := mapping.Where(flow.Where); err != nil && flow.Where != "" {
			e.value.fail("is not a condition: %s", connector.AsError(err).Message)
		}
	case "drift":
		flow.Drift = connector.DriftRule(e.value.oneOf(string(connector.DriftOverwrite), string(connector.DriftHold), string(connector.DriftIgnore)))
	case "withdraw":
		flow.Withdraw = connector.WithdrawRule(e.value.oneOf(string(connector.WithdrawHold), string(connector.WithdrawUpdate)))
	case "limits":
		readLimits(e.value, flow)
	case "start":
		flow.Start = e.value.moment(zone)
	case "retry_held":
		n, _ := e.value.integer(0)
		flow.RetryHeld = int(n)
	case "track":
		flow.Track = e.value.schedule(true)
	case "deep":
		flow.Deep = e.value.schedule(true)
	case "deep_days":
		e.value.fail("belongs to settings.profile of the connection that is read")
	case "acknowledge":
		flow.Acknowledge = e.value.oneOf("off", "voucher", "paid")
	case "enabled":
		flow.Enabled, _ = e.value.boolean()
	}
}

// end finds the Connection at one end of a Flow.
func (f *File) end(n node, entries []entry, key, system string) *Connection {
	e := find(entries, key)
	if e == nil {
		n.fail("needs `%s`: the name of a %s Connection", key, system)
		return nil
	}
	name, _ := e.value.scalar()
	for i := range f.Connections {
		if f.Connections[i].Name == name {
			return &f.Connections[i]
		}
	}
	var names []string
	for _, c := range f.Connections {
		names = append(names, c.Name)
	}
	e.value.fail("is %q, but there is no such Connection%s", name, mapping.DidYouMean(name, names))
	return nil
}

// zoneOf is the time zone in which days of a Flow are meant: the one that either Connection has as a setting, else UTC.
func zoneOf(ends ...*Connection) *time.Location {
	for _, c := range ends {
		if c == nil {
			continue
		}
		name, _ := c.Settings["time_zone"].(string)
		if zone, err := time.LoadLocation(name); err == nil && name != "" {
			return zone
		}
	}
	return time.UTC
}

// rules finds what a Flow does: its own file, the shipped Flow that it uses, or the shipped Flow of its name.
func (f *File) rules(flow *connector.Flow, n node, entries []entry, shipped map[string]*rules) *rules {
	own, use := find(entries, "file"), find(entries, "use")
	if own != nil && use != nil {
		n.fail("has `use` and `file`: a Flow runs a shipped Flow or rules of its own")
		return nil
	}
	if own != nil {
		return f.ownRules(own.value, shipped)
	}
	at, name := n, flow.Name
	if use != nil {
		at = use.value
		name, _ = at.scalar()
	}
	if r := shipped[name]; r != nil {
		flow.Use = name
		return r
	}
	var names []string
	for s := range shipped {
		names = append(names, s)
	}
	slices.Sort(names)
	at.fail("is no shipped Flow%s (shipped: %s; rules of your own need `file`)", mapping.DidYouMean(name, names), strings.Join(names, ", "))
	return nil
}

func (f *File) ownRules(n node, shipped map[string]*rules) *rules {
	name := n.text()
	if name == "" {
		return nil
	}
	text, err := os.ReadFile(inFolder(name, f.Dir))
	if err != nil {
		n.fail("names %s, which can't be read", name)
		return nil
	}
	parsed, err := mapping.Parse(text)
	if err != nil {
		n.fail("names %s, which is not a mapping", name)
		n.found.inside(filepath.Join(filepath.Dir(f.Path), name), err)
		return nil
	}
	r := &rules{Flow: parsed, text: string(text)}
	r.rank = placeOf(r.Flow, shipped)
	return r
}

// placeOf is the place of a site's own rules in the order of Flows: that of the shipped Flow of its Kind and direction, else that of
// the last one of its Kind.
func placeOf(f *mapping.Flow, shipped map[string]*rules) int {
	place := 0
	for _, s := range shipped {
		switch {
		case s.Kind == f.Kind && s.From == f.From && s.To == f.To:
			return s.rank
		case s.Kind == f.Kind:
			place = max(place, s.rank)
		}
	}
	return place
}
