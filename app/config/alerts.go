package config

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"ml-connector/alert"
	"ml-connector/mapping"
)

// Alerts are the `alerts` of a file: who is told, of what, and when.
type Alerts struct {
	Channels []Channel
	Rules    alert.Rules
}

// Channel is one entry of `alerts.channels`.
type Channel struct {
	Name     string
	Kind     string
	Settings map[string]string // paths made absolute
	Secret   *Secret           // nil = none is given
}

// currencyForm is an ISO 4217 code.
var currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)

func (f *File) alerts(n node, known Known) {
	f.Alerts = &Alerts{}
	r := &f.Alerts.Rules
	for _, e := range n.entries("channels", "held", "no_good_run", "expires", "repeat", "quiet", "morning") {
		switch v := e.value; e.key {
		case "channels":
			for _, c := range v.entries() {
				c.value.goodName(c.key)
				f.Alerts.Channels = append(f.Alerts.Channels, f.channel(c.key, c.value, known))
			}
		case "held":
			readHeld(v, r)
		case "no_good_run":
			r.NoGoodRun = v.span()
		case "expires":
			r.Expires = v.span()
		case "repeat":
			r.Repeat = v.span()
		case "quiet":
			r.Quiet = readQuiet(v)
		case "morning":
			r.Morning = readMorning(v)
		}
	}
	if m := r.Morning; m != nil {
		for _, name := range m.Channels {
			if !slices.ContainsFunc(f.Alerts.Channels, func(c Channel) bool { return c.Name == name }) {
				n.found.add(n.line, n.path+".morning.channels", "names %s, which is no channel", name)
			}
		}
	}
}

func readHeld(n node, r *alert.Rules) {
	for _, e := range n.entries("count", "age", "money") {
		switch e.key {
		case "count":
			count, _ := e.value.integer(1)
			r.HeldCount = int(count)
		case "age":
			r.HeldAge = e.value.span()
		case "money":
			r.HeldMoney = map[string]string{}
			for _, m := range e.value.entries() {
				text, _ := m.value.scalar()
				if !currencyForm.MatchString(m.key) || !plainAmount.MatchString(text) {
					m.value.fail("must be an amount of a currency, such as USD: 10000")
				}
				r.HeldMoney[m.key] = text
			}
		}
	}
}

func readQuiet(n node) *alert.Quiet {
	q := &alert.Quiet{}
	for _, e := range n.entries("from", "to", "time_zone") {
		switch e.key {
		case "from":
			q.From = e.value.clock()
		case "to":
			q.To = e.value.clock()
		case "time_zone":
			q.Zone = e.value.zone()
		}
	}
	if q.Zone == "" && !n.found.has(n.path) {
		n.fail("needs from, to and time_zone, such as {from: \"22:00\", to: \"06:30\", time_zone: Europe/Vienna}")
	}
	return q
}

func readMorning(n node) *alert.Morning {
	m := &alert.Morning{}
	for _, e := range n.entries("at", "time_zone", "channels") {
		switch e.key {
		case "at":
			m.At = e.value.clock()
		case "time_zone":
			m.Zone = e.value.zone()
		case "channels":
			for _, c := range e.value.items() {
				m.Channels = append(m.Channels, c.text())
			}
		}
	}
	if (m.Zone == "" || len(m.Channels) == 0) && !n.found.has(n.path) {
		n.fail("needs at, time_zone and channels, such as {at: \"07:00\", time_zone: Europe/Vienna, channels: [ops]}")
	}
	return m
}

func (n node) clock() alert.Clock {
	t, _ := n.scalar()
	c, err := alert.ParseClock(t)
	if err != nil {
		n.fail("must be a time of day such as \"07:30\", in quotes")
	}
	return c
}

func (n node) zone() string {
	t, _ := n.scalar()
	if _, err := time.LoadLocation(t); err != nil || t == "" || t == "Local" {
		n.fail("must be a time zone such as Europe/Vienna")
		return ""
	}
	return t
}

// span is how long something lasts.
func (n node) span() time.Duration {
	t, _ := n.scalar()
	d, err := time.ParseDuration(t)
	if days, ok := strings.CutSuffix(t, "d"); ok {
		var number int
		number, err = strconv.Atoi(days)
		d = time.Duration(min(number, 10_000)) * 24 * time.Hour
	}
	if err != nil || d <= 0 {
		n.fail("must be a duration such as 30m, 36h or 7d")
		return 0
	}
	return d
}

func (f *File) channel(name string, n node, known Known) Channel {
	c := Channel{Name: name, Settings: map[string]string{}}
	entries := n.entries("type", "settings", "secrets")
	kind := find(entries, "type")
	if kind == nil {
		n.fail("needs `type`: email, webhook or slack")
		return c
	}
	text, _ := kind.value.scalar()
	d, ok := alert.DescribeKind(text)
	if !ok {
		kinds := []string{alert.Email, alert.Webhook, alert.Slack}
		kind.value.fail("is %q, which is not known%s (known: %s)", text, mapping.DidYouMean(text, kinds), strings.Join(kinds, ", "))
		return c
	}
	c.Kind = text
	at := node{path: n.path + ".settings", line: n.line, found: n.found}
	if e := find(entries, "settings"); e != nil {
		at = e.value
		f.channelSettings(&c, d, at)
	}
	secrets := node{path: n.path + ".secrets", line: n.line, found: n.found}
	if e := find(entries, "secrets"); e != nil {
		secrets = e.value
		for _, s := range e.value.entries(d.Secret.Name) {
			if ref := s.value.reference("a secret"); ref != "" && s.key == d.Secret.Name {
				c.Secret = &Secret{Name: s.key}
				if known.Secrets {
					c.Secret.Value = f.secret(s.value, ref, known)
				}
			}
		}
	}
	if d.Secret.Required && c.Secret == nil && !n.found.has(secrets.path) {
		n.found.add(secrets.line, secrets.path+"."+d.Secret.Name, "is missing: %s; give env:NAME or file:PATH", d.Secret.Help)
	}
	c.check(d, at, secrets)
	return c
}

func (f *File) channelSettings(c *Channel, d alert.Described, n node) {
	var names []string
	for _, s := range d.Settings {
		names = append(names, s.Name)
	}
	for _, e := range n.entries(names...) {
		at := slices.Index(names, e.key)
		switch {
		case at < 0:
		case d.Settings[at].List:
			var list []string
			for _, i := range e.value.items() {
				list = append(list, i.text())
			}
			c.Settings[e.key] = strings.Join(list, ", ")
		default:
			text := e.value.text()
			if d.Settings[at].Path && text != "" {
				if text = inFolder(text, f.Dir); unreadableFile(text) {
					e.value.fail("names a file that can't be read")
				}
			}
			c.Settings[e.key] = text
		}
	}
}

func unreadableFile(path string) bool {
	_, err := os.Stat(path)
	return err != nil
}

// check tells what is wrong with a channel at the lines of its keys.
func (c Channel) check(d alert.Described, settings, secrets node) {
	whole := alert.Channel{Name: c.Name, Kind: c.Kind, Settings: c.Settings}
	if c.Secret != nil {
		whole.Secret = string(c.Secret.Value)
	}
	lines := map[string]int{}
	settings.lines(lines, "", 0)
	for _, p := range whole.Check() {
		at := settings
		if p.Setting == d.Secret.Name {
			at = secrets
		}
		if key := at.path + "." + p.Setting; !at.found.has(key) {
			at.found.add(nearest(lines, p.Setting, at.line), key, "%s", p.Text)
		}
	}
}

// alertItems writes the alerts as the file has them, their secrets as variables.
func alertItems(a Alerts) yaml.MapSlice {
	out := yaml.MapSlice{}
	channels := yaml.MapSlice{}
	for _, c := range a.Channels {
		item := yaml.MapSlice{{Key: "type", Value: c.Kind}}
		d, _ := alert.DescribeKind(c.Kind)
		settings := yaml.MapSlice{}
		for _, name := range slices.Sorted(maps.Keys(c.Settings)) {
			var value any = c.Settings[name]
			if slices.ContainsFunc(d.Settings, func(s alert.Setting) bool { return s.Name == name && s.List }) {
				value = strings.Split(c.Settings[name], ", ")
			}
			settings = append(settings, yaml.MapItem{Key: name, Value: value})
		}
		if len(settings) > 0 {
			item = append(item, yaml.MapItem{Key: "settings", Value: settings})
		}
		if c.Secret != nil {
			item = append(item, yaml.MapItem{Key: "secrets", Value: yaml.MapSlice{{Key: d.Secret.Name, Value: "env:" + variable("alert_"+c.Name+"_"+d.Secret.Name)}}})
		}
		channels = append(channels, yaml.MapItem{Key: c.Name, Value: item})
	}
	add := func(key string, value any, there bool) {
		if there {
			out = append(out, yaml.MapItem{Key: key, Value: value})
		}
	}
	r := a.Rules
	var held yaml.MapSlice
	if r.HeldCount > 0 {
		held = append(held, yaml.MapItem{Key: "count", Value: r.HeldCount})
	}
	if r.HeldAge > 0 {
		held = append(held, yaml.MapItem{Key: "age", Value: r.HeldAge.String()})
	}
	if len(r.HeldMoney) > 0 {
		money := yaml.MapSlice{}
		for _, currency := range slices.Sorted(maps.Keys(r.HeldMoney)) {
			money = append(money, yaml.MapItem{Key: currency, Value: r.HeldMoney[currency]})
		}
		held = append(held, yaml.MapItem{Key: "money", Value: money})
	}
	add("channels", channels, len(channels) > 0)
	add("held", held, len(held) > 0)
	add("no_good_run", r.NoGoodRun.String(), r.NoGoodRun > 0)
	add("expires", r.Expires.String(), r.Expires > 0)
	add("repeat", r.Repeat.String(), r.Repeat > 0)
	if q := r.Quiet; q != nil {
		add("quiet", yaml.MapSlice{{Key: "from", Value: q.From.String()}, {Key: "to", Value: q.To.String()}, {Key: "time_zone", Value: q.Zone}}, true)
	}
	if m := r.Morning; m != nil {
		add("morning", yaml.MapSlice{{Key: "at", Value: m.At.String()}, {Key: "time_zone", Value: m.Zone}, {Key: "channels", Value: m.Channels}}, true)
	}
	return out
}
