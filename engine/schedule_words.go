package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	connector "ml-connector"
)

// ScheduleWords says a schedule as a person would: "every 15 minutes, at :00, :15, :30 and :45". Its times are UTC unless it names a
// zone. It is told from what the schedule means, not from how it is written: */15 and 0,15,30,45 are the same.
func ScheduleWords(schedule string) (string, error) {
	parsed, err := cron.ParseStandard(strings.TrimSpace(schedule))
	if err != nil {
		return "", connector.Errorf(connector.Invalid, "read the schedule "+schedule, "it is not one").
			Because(err).Advise("Write five fields such as `*/15 * * * *`, or @hourly, @daily, @every 10s.")
	}
	switch s := parsed.(type) {
	case cron.ConstantDelaySchedule:
		return "every " + delayWords(s.Delay), nil
	case *cron.SpecSchedule:
		return specWords(s), nil
	}
	return "by " + schedule, nil
}

// delayWords is a duration in the units that it has: 1 hour 30 minutes.
func delayWords(d time.Duration) string {
	var parts []string
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		n := d / u.of
		d -= n * u.of
		switch {
		case n == 1:
			parts = append(parts, "1 "+u.name)
		case n > 1:
			parts = append(parts, strconv.Itoa(int(n))+" "+u.name+"s")
		}
	}
	if len(parts) == 1 {
		return strings.TrimPrefix(parts[0], "1 ")
	}
	return strings.Join(parts, " ")
}

// mostTimes is how many times of a day are listed one by one.
const mostTimes = 6

func specWords(s *cron.SpecSchedule) string {
	minutes, hours := bitsOf(s.Minute, 60), bitsOf(s.Hour, 24)
	days := dayWords(s)
	zone := " UTC"
	if s.Location != time.Local {
		zone = " in " + s.Location.String()
	}
	switch {
	case len(hours) == 24:
		return minuteWords(minutes) + prefixed(", ", days)
	case len(minutes)*len(hours) <= mostTimes:
		var times []string
		for _, h := range hours {
			for _, m := range minutes {
				times = append(times, fmt.Sprintf("%02d:%02d", h, m))
			}
		}
		if days == "" {
			days = "every day"
		}
		return days + " at " + inWords(times) + zone
	}
	return minuteWords(minutes) + ", " + hourWords(hours) + zone + prefixed(", ", days)
}

// minuteWords says at which minutes of an hour.
func minuteWords(minutes []int) string {
	var at []string
	for _, m := range minutes {
		at = append(at, fmt.Sprintf(":%02d", m))
	}
	step := 60 / len(minutes)
	even := 60%len(minutes) == 0
	for i, m := range minutes {
		even = even && m == minutes[0]+i*step
	}
	switch {
	case len(minutes) == 60:
		return "every minute"
	case len(minutes) == 1:
		return "every hour, at " + at[0]
	case even && len(minutes) <= mostTimes:
		return fmt.Sprintf("every %d minutes, at %s", step, inWords(at))
	case even:
		return fmt.Sprintf("every %d minutes, from %s", step, at[0])
	}
	return "every hour, at " + inWords(at)
}

// hourWords says in which hours of a day.
func hourWords(hours []int) string {
	first, last := hours[0], hours[len(hours)-1]
	if len(hours) > 1 && last-first == len(hours)-1 {
		return fmt.Sprintf("from %02d:00 to %02d:59", first, last)
	}
	var in []string
	for _, h := range hours {
		in = append(in, fmt.Sprintf("%02d", h))
	}
	if len(in) == 1 {
		return fmt.Sprintf("from %02d:00 to %02d:59", first, first)
	}
	return "in the hours " + inWords(in)
}

// dayWords says on which days; "" is every day. Where days of the month and of the week are both given, one of them is enough.
func dayWords(s *cron.SpecSchedule) string {
	var month, week, in string
	if days := bitsOf(s.Dom, 32); !anyDay(s.Dom) && len(days) < 31 {
		var names []string
		for _, d := range days {
			names = append(names, ordinal(d))
		}
		month = "on the " + inWords(names)
	}
	if days := bitsOf(s.Dow, 7); !anyDay(s.Dow) && len(days) < 7 {
		week = "on " + weekWords(days)
	}
	if months := bitsOf(s.Month, 13); len(months) < 12 {
		var names []string
		for _, m := range months {
			names = append(names, time.Month(m).String())
		}
		in = " in " + inWords(names)
	}
	switch {
	case month == "" && week == "" && in == "":
		return ""
	case month == "" && week == "":
		return "every day" + in
	case month != "" && week != "":
		return month + ", or " + week + in
	}
	return month + week + in
}

func weekWords(days []int) string {
	if len(days) == 5 && days[0] == 1 && days[4] == 5 {
		return "weekdays"
	}
	var names []string
	for _, d := range days {
		names = append(names, time.Weekday(d).String()+"s")
	}
	return inWords(names)
}

// anyDay says that a field was a star.
func anyDay(bits uint64) bool { return bits&(1<<63) != 0 }

// bitsOf lists what a field of a schedule chooses.
func bitsOf(bits uint64, below int) []int {
	var out []int
	for n := range below {
		if bits&(1<<n) != 0 {
			out = append(out, n)
		}
	}
	return out
}

func ordinal(n int) string {
	ending := "th"
	if n/10 != 1 {
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return strconv.Itoa(n) + ending
}

func inWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
