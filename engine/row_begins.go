package engine

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/mapping"
)

// rowBegins is when the first row of a Crosswalk begins to count that a record lacks; zero when none does, and where the record's own
// date says which rows count: that one does not pass.
func (e *Engine) rowBegins(ctx context.Context, r *route, it *item) (at time.Time, err error) {
	zone, err := mapping.Context{From: r.from.instance.Settings(), To: r.to.instance.Settings(), Fixed: r.fixed}.Zone()
	if err != nil || it.res.Day != e.Now().In(zone).Format(time.DateOnly) {
		return time.Time{}, nil // a time zone that is none was told by the mapping
	}
	for _, ref := range it.res.Missing {
		if ref.Kind != connector.CrosswalkKind {
			continue
		}
		day, err := e.DB.CrosswalkBegins(ctx, ref.Connection, r.from.system, r.to.system, ref.ID(), it.res.Day)
		if err != nil || day == "" {
			return time.Time{}, err
		}
		begins, err := time.ParseInLocation(time.DateOnly, day, zone)
		if err == nil && (at.IsZero() || begins.After(at)) {
			at = begins // all of them are needed
		}
	}
	return at, nil
}
