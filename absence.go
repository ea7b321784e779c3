package connector

import "time"

// Trust is the Connection's setting trust_absence.
type Trust string

// Trust in absence: auto asks for a positive control, always believes, never leaves it to a person.
const (
	TrustAuto   Trust = "auto"
	TrustAlways Trust = "always"
	TrustNever  Trust = "never"
)

// Control is what the same look-up found of other objects, in the same minute.
type Control string

// Controls: something that we wrote later than the write in doubt; something older of ours or another object by its own
// key; the whole list, read without the filter, is empty; or nothing that could prove that the look-up sees.
const (
	ControlLater Control = "later"
	ControlOlder Control = "older"
	ControlEmpty Control = "empty"
	ControlNone  Control = "none"
)

// Absence is what is known about a write in doubt after a look-up that found nothing under its key.
type Absence struct {
	Trust   Trust
	Control Control
	Looks   int       // look-ups that found nothing, this one included
	First   time.Time // when the first of them was
	SentAt  time.Time // when the write was begun
	Now     time.Time
	Settle  time.Duration // lookup_settle
}

// AbsenceVerdict says what to do next.
type AbsenceVerdict struct {
	Absent bool      // surely not there: it may be sent again
	Again  time.Time // look again then; zero when only a person can tell
	Reason string
}

// JudgeAbsence applies DESIGN.md "Doubt": absence counts after two look-ups, settle apart, with a positive control that
// was written later; with an older control, or where the target holds nothing at all, after ten times settle.
func JudgeAbsence(a Absence) AbsenceVerdict {
	if a.Trust == TrustNever {
		return AbsenceVerdict{Reason: "not found, and this Connection's trust_absence is never: only a person can tell"}
	}
	twice := a.First.Add(a.Settle)
	if a.Looks < 2 || a.Now.Before(twice) {
		return AbsenceVerdict{Again: later(a.Now, twice, a.Settle), Reason: "not found yet; a second look-up follows"}
	}
	if a.Trust == TrustAlways || a.Control == ControlLater {
		return AbsenceVerdict{Absent: true, Reason: "not found twice, while the same look-up finds what was written later"}
	}
	if a.Control == ControlNone {
		return AbsenceVerdict{Again: a.Now.Add(5 * a.Settle), Reason: "not found, but nothing proves that the look-up sees what is there; a person can tell"}
	}
	long := a.SentAt.Add(10 * a.Settle)
	if a.First.Add(10 * a.Settle).After(long) {
		long = a.First.Add(10 * a.Settle)
	}
	if a.Now.Before(long) {
		return AbsenceVerdict{Again: long, Reason: "not found; the look-up sees older objects only, so it is asked again later"}
	}
	return AbsenceVerdict{Absent: true, Reason: "not found over a long time, while the same look-up works"}
}

func later(now, at time.Time, settle time.Duration) time.Time {
	if at.After(now) {
		return at
	}
	return now.Add(settle)
}
