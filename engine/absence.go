package engine

import "time"

// trust is the Connection's setting trust_absence.
type trust string

// Trust in absence: auto asks for a positive control, always believes, never leaves it to a person.
const (
	trustAuto   trust = "auto"
	trustAlways trust = "always"
	trustNever  trust = "never"
)

// sight is what the same look-up found of other objects, in the same minute: the positive control.
type sight string

// What was seen: something that we wrote later than the write in doubt; something older of ours, or another object by
// its own key; that the whole list, read without the filter, is empty; or nothing that could prove that the look-up sees.
const (
	sightLater sight = "later"
	sightOlder sight = "older"
	sightEmpty sight = "empty"
	sightNone  sight = "none"
)

// absence is what is known about a write in doubt after a look-up that found nothing under its key.
type absence struct {
	trust  trust
	sight  sight
	looks  int       // look-ups that found nothing, this one included
	first  time.Time // when the first of them was
	sentAt time.Time // when the write was begun
	now    time.Time
	settle time.Duration // lookup_settle
}

// verdict says what absence proves, and what to do next.
type verdict struct {
	absent bool      // surely not there: it may be sent again
	again  time.Time // look again then; zero when only a person can tell
	reason string
}

// judge applies DESIGN.md "Doubt": absence counts after two look-ups, settle apart, with a positive control that was
// written later; with an older control, or where the target holds nothing at all, after ten times settle. It is pure.
func (a absence) judge() verdict {
	if a.trust == trustNever {
		return verdict{reason: "not found, and this Connection's trust_absence is never: only a person can tell"}
	}
	twice := a.first.Add(a.settle)
	if a.looks < 2 || a.now.Before(twice) {
		again := a.now.Add(a.settle)
		if twice.After(a.now) {
			again = twice
		}
		return verdict{again: again, reason: "not found yet; a second look-up follows"}
	}
	if a.trust == trustAlways {
		return verdict{absent: true, reason: "not found twice, and this Connection's trust_absence is always"}
	}
	if a.sight == sightLater {
		return verdict{absent: true, reason: "not found twice, while the same look-up finds what was written later"}
	}
	if a.sight != sightOlder && a.sight != sightEmpty {
		return verdict{again: a.now.Add(5 * a.settle), reason: "not found, but nothing proves that the look-up sees what is there; a person can tell"}
	}
	long := a.first
	if a.sentAt.After(long) {
		long = a.sentAt
	}
	if long = long.Add(10 * a.settle); a.now.Before(long) {
		return verdict{again: long, reason: "not found; the look-up sees older objects only, so it is asked again later"}
	}
	return verdict{absent: true, reason: "not found over a long time, while the same look-up works"}
}

// lateVerdict judges the absence of what the target carries out later, by a queue or a batch: while that may still come, it
// is looked up again, less and less often; after it, what was accepted is lost. It is pure.
func lateVerdict(sentAt, now time.Time, settle, late time.Duration) (lost bool, again time.Time) {
	age := now.Sub(sentAt)
	if age >= late {
		return true, time.Time{}
	}
	wait := min(max(age/4, settle), time.Hour)
	return false, now.Add(min(wait, late-age))
}
