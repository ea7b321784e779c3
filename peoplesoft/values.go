package peoplesoft

import (
	"regexp"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"
)

var (
	plainNumber = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)$`)
	powerNumber = regexp.MustCompile(`^[+-]?(\d{1,60}\.?\d{0,60}|\.\d{1,60})[eE][+-]?\d{1,2}$`)
	isoDate     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)
)

// decimalText is a number as plain decimal text: no exponent, no plus, no leading or trailing zeros. What is no number
// stays as it is, for the Schema to refuse. An empty number is 0 to PeopleSoft and nothing to us.
func decimalText(t string) string {
	t = strings.TrimSpace(t)
	if powerNumber.MatchString(t) {
		d, _, err := apd.NewFromString(t)
		if err != nil {
			return t
		}
		t = d.Text('f')
	}
	if !plainNumber.MatchString(t) {
		return t
	}
	sign := ""
	switch t[0] {
	case '-':
		sign, t = "-", t[1:]
	case '+':
		t = t[1:]
	}
	whole, frac, _ := strings.Cut(t, ".")
	whole, frac = strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")
	if whole == "" && frac == "" {
		return "0"
	}
	if whole == "" {
		whole = "0"
	}
	if frac != "" {
		whole += "." + frac
	}
	return sign + whole
}

// dateText is the day of a date, which some answers send with a time behind it.
func dateText(t string) string {
	t = strings.TrimSpace(t)
	if isoDate.MatchString(t) {
		return t[:10]
	}
	return t
}

// layout turns YYYY-MM-DD HH:MI:SS into Go's layout; "" stays "".
func layout(pattern string) string {
	return strings.NewReplacer("YYYY", "2006", "YY", "06", "MON", "Jan", "MM", "01", "DD", "02", "HH24", "15", "HH", "15", "MI", "04", "SS", "05", "FF", "000000").Replace(pattern)
}

func dateFormat(t string) string {
	if !strings.Contains(t, "YY") || !strings.Contains(t, "DD") || !strings.Contains(t, "MM") && !strings.Contains(t, "MON") || strings.Contains(t, ",") {
		return "must be made of YYYY, MM (or MON) and DD, without a comma"
	}
	return ""
}

func datetimeFormat(t string) string {
	if t == "" {
		return ""
	}
	if !strings.Contains(t, "HH") || !strings.Contains(t, "MI") {
		return "must be made of YYYY, MM, DD, HH, MI, SS"
	}
	return dateFormat(t)
}

// stampLayouts are the forms of a date-time seen or likely (PEOPLESOFT.md §3.2), with an offset first.
var (
	offsetLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05Z07", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 -0700", "2006-01-02-15.04.05.999999999Z0700"}
	localLayouts  = []string{"2006-01-02-15.04.05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"}
)

// readings are the instants that a stamp may mean: one, or two for a local time of the hour that the autumn change
// repeats, the earlier first. PeopleSoft stores local time of one base zone without an offset (PEOPLESOFT.md §7.7). A local
// time that the spring change leaves out is read with the offset before the change. None: it is not a date-time.
func readings(stamp, own string, zone *time.Location) []time.Time {
	stamp = strings.TrimSpace(stamp)
	if stamp == "" {
		return nil
	}
	if own != "" {
		if t, err := time.Parse(own, stamp); err == nil {
			return wallTimes(t, zone)
		}
	}
	for _, l := range offsetLayouts {
		if t, err := time.Parse(l, stamp); err == nil {
			return []time.Time{t.UTC()}
		}
	}
	for _, l := range localLayouts {
		if t, err := time.Parse(l, stamp); err == nil {
			return wallTimes(t, zone)
		}
	}
	return nil
}

// wallTimes are the instants at which clocks of the zone show what t, in UTC, shows.
func wallTimes(t time.Time, zone *time.Location) []time.Time {
	var out []time.Time
	for _, probe := range []time.Duration{-36 * time.Hour, 36 * time.Hour} {
		_, offset := t.Add(probe).In(zone).Zone()
		at := t.Add(-time.Duration(offset) * time.Second)
		_, real := at.In(zone).Zone()
		if real == offset && (len(out) == 0 || !out[0].Equal(at)) {
			out = append(out, at)
		}
	}
	if len(out) == 2 && out[1].Before(out[0]) {
		out[0], out[1] = out[1], out[0]
	}
	if len(out) == 0 {
		_, offset := t.Add(-36 * time.Hour).In(zone).Zone()
		out = append(out, t.Add(-time.Duration(offset)*time.Second))
	}
	return out
}

// inside picks the reading that lies in [from, to); zero bounds are open. ok is false when none does.
func inside(readings []time.Time, from, to time.Time) (at time.Time, ok bool) {
	for _, t := range readings {
		if (from.IsZero() || !t.Before(from)) && (to.IsZero() || t.Before(to)) {
			return t, true
		}
	}
	return time.Time{}, len(readings) == 0
}
