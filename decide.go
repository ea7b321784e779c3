package connector

import (
	"cmp"
	"strconv"
	"strings"

	"ml-connector/alike"
)

// Rules are those of a Flow and of its target that bear on a decision.
type Rules struct {
	Drift     DriftRule
	Withdraw  WithdrawRule
	CanUpdate bool // the target can take a change of what it has
	CanCancel bool // the target can take back what it has
	Linkable  bool // what the target has under our key before the first create is linked, not in conflict
}

// Situation is all that a decision needs: what the source says, what was last agreed, what the target holds now.
type Situation struct {
	Rules     Rules
	Passed    bool // the Version passes the Flow's filter
	Withdrawn bool // it fails it in a way that takes back what was sent: cancelled, denied, on hold
	Linked    bool
	Sent      bool // a write of this Record to this target may have happened before
	Older     bool // it was only of an older Version
	Forced    bool // a person said: create it all the same

	Problems []string // every rule that failed, in words
	Code     Code     // class of the problems; "" = invalid
	Missing  []Ref    // what it refers to and what is not there yet

	Revision string // the source's own count of changes, "" when it has none

	Wanted Document   // the owned fields as they should be
	Agreed *Agreement // nil before the first agreement

	Looked bool              // Target was looked up just now
	Target []Found           // what the look-up found
	Alike  []alike.Candidate // objects of the target that a person may have entered for this very Record, the most alike first
}

// Action is what is to be done with a Delivery.
type Action string

// Actions.
const (
	ActCreate    Action = "create"
	ActUpdate    Action = "update"
	ActAdopt     Action = "adopt" // what the look-up found is ours: link it, it is delivered
	ActUnchanged Action = "unchanged"
	ActFilter    Action = "filter"
	ActSupersede Action = "supersede" // a higher revision was delivered already
	ActBlock     Action = "block"
	ActHold      Action = "hold"
)

// Decision is the outcome of Decide.
type Decision struct {
	Action Action
	Code   Code   // of a hold
	Reason string // for a person
	Hint   string
	Found  *Found // of an adoption or of a conflict with something that exists
	Alike  bool   // because of what is alike; an adoption: link it, and decide again
}

// Decide says what is to be done with one Version. It is pure: the same Situation gives the same Decision.
func Decide(s Situation) Decision {
	if s.Agreed != nil && lowerRevision(s.Revision, s.Agreed.Revision) {
		return Decision{Action: ActSupersede, Reason: "revision " + s.Revision + " is older than revision " + s.Agreed.Revision + ", which was delivered"}
	}
	if !s.Passed {
		if d, done := s.notPassed(); done {
			return d
		}
	}
	if len(s.Problems) > 0 {
		return Decision{Action: ActHold, Code: cmp.Or(s.Code, Invalid), Reason: strings.Join(s.Problems, "; ")}
	}
	if len(s.Missing) > 0 {
		return Decision{Action: ActBlock, Reason: "waits for " + s.Missing[0].Reason}
	}
	if s.Linked {
		return s.decideLinked()
	}
	return s.decideNew()
}

// notPassed decides what does not pass the filter; done is false when a withdrawal is to be sent as an update.
func (s Situation) notPassed() (d Decision, done bool) {
	switch {
	case !s.Linked:
		return Decision{Action: ActFilter, Reason: "does not pass the Flow's filter"}, true
	case !s.Withdrawn:
		return Decision{Action: ActUnchanged, Reason: "moved on; nothing that this Flow owns changed"}, true
	case s.Rules.Withdraw == WithdrawUpdate && (s.Rules.CanCancel || s.Rules.CanUpdate && (len(s.Problems) > 0 || s.changed())):
		return Decision{}, false
	}
	return Decision{Action: ActHold, Code: Conflict, Reason: "was withdrawn at the source after it had been delivered",
		Hint: "Withdraw it at the target by hand, then skip this Delivery with a reason; or make it ready again at the source."}, true
}

func (s Situation) decideNew() Decision {
	switch {
	case len(s.Target) > 1 && s.Looked:
		return Decision{Action: ActHold, Code: Conflict, Found: &s.Target[0], Reason: "the target holds more than one object under this key",
			Hint: "Find out which of them is right, link it with `ml-connector link`, or skip this Delivery."}
	case len(s.Target) == 1 && s.Looked && !s.Target[0].Foreign && (s.Sent || s.Rules.Linkable):
		return s.adopt()
	case len(s.Target) == 1 && s.Looked && !s.Forced:
		return Decision{Action: ActHold, Code: Conflict, Found: &s.Target[0], Reason: "the target holds this already: " + s.Target[0].ID,
			Hint: "If it is the same, link the two with `ml-connector link`; if it is to stay as it is, skip this Delivery."}
	case len(s.Alike) > 0 && !s.Forced:
		return s.decideAlike()
	}
	return Decision{Action: ActCreate}
}

// decideAlike links the only one that certainly is the same, and decides again; else a person does.
func (s Situation) decideAlike() Decision {
	certain, reason, hint := alike.Judge(s.Alike)
	switch found := (&Found{ID: s.Alike[0].ID}); {
	case certain:
		return Decision{Action: ActAdopt, Reason: reason, Found: found, Alike: true}
	case s.Alike[0].Linked != "":
		return Decision{Action: ActHold, Code: Conflict, Reason: reason, Hint: hint, Alike: true}
	default:
		return Decision{Action: ActHold, Code: Conflict, Reason: reason, Hint: hint, Alike: true, Found: found}
	}
}

// adopt takes what was found as ours; where its owned fields differ (an older Version may have been sent), or can't be
// seen, and the target takes a change, it is updated.
func (s Situation) adopt() Decision {
	f := &s.Target[0]
	if s.Older && !s.Rules.CanUpdate && f.Document != nil && !Covers(f.Document, s.Wanted) {
		return Decision{ActHold, Conflict, "the target holds an older version of it, " + f.ID + ", and can't take a change: " + firstFields(uncovered(f.Document, s.Wanted)),
			"Make the change at the target by hand, then link the two with `ml-connector link`.", f, false}
	}
	unseen := f.Document == nil && !s.Sent
	if s.Rules.CanUpdate && (unseen || !Covers(f.Document, s.Wanted)) {
		return Decision{Action: ActUpdate, Found: f}
	}
	return Decision{Action: ActAdopt, Found: f}
}

func (s Situation) decideLinked() Decision {
	now := s.now()
	if s.Agreed == nil {
		// Before the first agreement there is neither drift nor conflict.
		if len(s.Wanted) == 0 || !s.Rules.CanUpdate || (now != nil && Covers(now, s.Wanted)) {
			return Decision{Action: ActUnchanged, Reason: "linked; both sides agree on what this Flow owns"}
		}
		return Decision{Action: ActUpdate}
	}
	changed := s.changed()
	drifted := now != nil && !Covers(now, s.Agreed.Owned)
	switch {
	case changed && now != nil && shows(now, s.Agreed.Owned, s.Wanted) && Covers(now, s.Wanted):
		return Decision{Action: ActUnchanged, Reason: "the target holds this already"}
	case drifted && !changed && s.Rules.Drift == DriftIgnore:
		return Decision{Action: ActUnchanged, Reason: "what the target changed is ignored by this Flow's rule"}
	case drifted && s.Rules.Drift == DriftHold && !s.Forced, drifted && !changed && !s.Rules.CanUpdate:
		return Decision{Action: ActHold, Code: Conflict, Reason: driftReason(changed, s.Agreed.Owned, now),
			Hint: "Replay the Delivery to let the owner's value win, or make both sides agree by hand."}
	case !changed && !drifted:
		return Decision{Action: ActUnchanged, Reason: "nothing that this Flow owns changed"}
	case s.Withdrawn && s.Rules.CanCancel:
		return Decision{Action: ActUpdate}
	case !s.Rules.CanUpdate:
		return Decision{Action: ActHold, Code: Conflict, Reason: "changed after it was delivered, and the target can't take a change: " + changedFields(s.Agreed.Owned, s.Wanted),
			Hint: "Make the change at the target by hand, then skip this Delivery with a reason."}
	}
	return Decision{Action: ActUpdate}
}

// changed says whether the owned fields are other than what was last agreed.
func (s Situation) changed() bool {
	return s.Agreed == nil || s.Wanted.Fingerprint() != s.Agreed.Fingerprint
}

func (s Situation) now() Document {
	if s.Looked && len(s.Target) == 1 {
		return s.Target[0].Document
	}
	return nil
}

// lowerRevision compares two counts of changes; what is no number is never lower.
func lowerRevision(a, b string) bool {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	return errX == nil && errY == nil && x < y
}

func driftReason(changed bool, agreed, now Document) string {
	reason := "a value that this Flow owns was changed at the target: "
	if changed {
		reason = "both sides changed since they last agreed; at the target: "
	}
	return reason + firstFields(uncovered(now, agreed))
}

func changedFields(old, now Document) string {
	var fields []string
	for _, c := range Diff(old, now) {
		fields = append(fields, c.Field)
	}
	return firstFields(fields)
}

// firstFields names at most five, so that a reason stays readable.
func firstFields(fields []string) string {
	if len(fields) > 5 {
		fields = append(fields[:5:5], "…")
	}
	return strings.Join(fields, ", ")
}
