package engine

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	connector "ml-connector"
)

// NextTime is the first time of a schedule after t: five-field cron in UTC, @hourly, @daily, @every 10s.
func NextTime(schedule string, t time.Time) (time.Time, error) {
	s, err := cron.ParseStandard(strings.TrimSpace(schedule))
	if err != nil {
		return time.Time{}, connector.Errorf(connector.Invalid, "read the schedule "+schedule, "it is not one").
			Because(err).Advise("Write five fields such as `*/15 * * * *`, or @hourly, @daily, @every 10s.")
	}
	return s.Next(t.UTC()), nil
}
