package connector

import (
	"testing"

	"pgregory.net/rapid"

	"ml-connector/alike"
)

// world is the smallest model of one record on both sides and of what a store remembers between them. It follows
// DESIGN.md "The way of one record": newer Versions supersede older ones that wait, a write whose answer is lost is in
// doubt and bars the record, and doubt ends by a look-up.
type world struct {
	rules  Rules
	source Document
	object Document // at the target; nil = not there
	byHand bool     // a person changed an owned field at the target since both sides last agreed

	last    Document // content of the newest Version; nil = none
	version int      // its number
	waiting int      // number of the Version that waits, 0 = none
	doubt   int      // number of the Version in doubt, 0 = none
	sentDoc Document // what the write in doubt carried
	held    bool
	linked  bool
	sent    bool
	agreed  *Agreement

	creates, writes, newest int // newest: highest Version that a write carried
	refused, drifted        bool
}

var values = rapid.SampledFrom([]string{"", "a", "b", "c"})

func someDocument(t *rapid.T) Document {
	return doc("NAME", rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name"), "CITY", values.Draw(t, "city"))
}

// read is a poll of the source: content that equals the last Version makes none.
func (w *world) read() {
	if w.last != nil && w.last.Fingerprint() == w.source.Fingerprint() {
		return
	}
	w.last = w.source.Clone()
	w.version++
	w.waiting, w.held = w.version, false
}

// readTarget is a poll of the other side: drift re-opens the last Delivery.
func (w *world) readTarget() {
	if w.agreed == nil || w.object == nil || w.waiting != 0 || w.doubt != 0 {
		return
	}
	if !Covers(w.object, w.agreed.Owned) && w.rules.Drift != DriftIgnore {
		w.waiting = w.version
	}
}

// situation is what is known when the waiting Version is decided.
func (w *world) situation(looked bool) Situation {
	s := Situation{Rules: w.rules, Passed: true, Linked: w.linked, Sent: w.sent, Wanted: w.last, Agreed: w.agreed, Looked: looked}
	if looked && w.object != nil {
		s.Target = []Found{{ID: "T1", Document: w.object}}
	}
	return s
}

// deliver takes the waiting Version through Decide; answer says what becomes of a write: ok, lost before it had its
// effect, or lost afterwards.
func (w *world) deliver(t *rapid.T, looked bool, answer string) Action {
	if w.waiting == 0 || w.doubt != 0 {
		return ""
	}
	number := w.waiting
	w.waiting = 0
	d := Decide(w.situation(looked))
	switch d.Action {
	case ActCreate, ActUpdate:
		w.write(t, d.Action, number, answer)
	case ActAdopt:
		w.agree(w.last)
	case ActUnchanged:
		if w.linked {
			w.agree(w.last)
		}
	case ActHold:
		w.held = true
		w.refused = true
	default:
		t.Fatalf("decided %q of a Version that passes and misses nothing", d.Action)
	}
	return d.Action
}

func (w *world) write(t *rapid.T, action Action, number int, answer string) {
	if number < w.newest {
		t.Fatalf("Version %d is written after Version %d", number, w.newest)
	}
	if w.byHand && w.rules.Drift == DriftHold && w.agreed != nil && action == ActUpdate && answer != "lost before" && !Covers(w.object, w.agreed.Owned) {
		w.drifted = true
	}
	w.newest, w.sent = number, true
	w.writes++
	if answer != "lost before" {
		if action == ActCreate {
			w.creates++
		}
		w.object, w.byHand = w.last.Clone(), false
	}
	if answer != "ok" {
		w.doubt, w.sentDoc = number, w.last
		return
	}
	w.agree(w.last)
}

func (w *world) agree(d Document) {
	w.linked = true
	w.agreed = &Agreement{Fingerprint: d.Fingerprint(), Owned: d.Clone()}
}

// resolve looks up a write in doubt: found as it was sent is delivered, else the record waits again.
func (w *world) resolve() {
	if w.doubt == 0 {
		return
	}
	number := w.doubt
	w.doubt = 0
	if w.object != nil && Covers(w.object, w.sentDoc) {
		w.agree(w.sentDoc)
		return
	}
	if w.waiting == 0 {
		w.waiting = number
	}
}

// settle lets everything come to rest with both Systems well, as the next Runs do.
func (w *world) settle(t *rapid.T) {
	w.resolve()
	for range 4 {
		w.read()
		w.readTarget()
		w.deliver(t, true, "ok")
	}
}

func history(t *rapid.T, rules Rules, check func(*rapid.T, *world)) {
	w := &world{rules: rules, source: someDocument(t)}
	answers := rapid.SampledFrom([]string{"ok", "ok", "lost before", "lost after"})
	t.Repeat(map[string]func(*rapid.T){
		"the source changes": func(t *rapid.T) { w.source = someDocument(t) },
		"the source is read": func(*rapid.T) { w.read() },
		"the target changes": func(t *rapid.T) {
			if w.object != nil {
				w.object, w.byHand = someDocument(t), true
			}
		},
		"the target is read": func(*rapid.T) { w.readTarget() },
		"it is delivered": func(t *rapid.T) {
			look := !w.linked || w.rules.Drift == DriftHold || rapid.Bool().Draw(t, "look")
			w.deliver(t, look, answers.Draw(t, "answer"))
		},
		"doubt is resolved": func(*rapid.T) { w.resolve() },
		"": func(t *rapid.T) {
			if w.creates > 1 {
				t.Fatalf("created %d times", w.creates)
			}
		},
	})
	w.settle(t)
	check(t, w)
}

func TestHistoriesEndWithTheSourceWhereDriftIsOverwritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		history(t, Rules{Drift: DriftOverwrite, CanUpdate: true, Linkable: rapid.Bool().Draw(t, "linkable")}, func(t *rapid.T, w *world) {
			if w.held || w.object.Fingerprint() != w.source.Fingerprint() {
				t.Fatalf("the target ends with %v, the source with %v, held %v", w.object, w.source, w.held)
			}
		})
	})
}

func TestOurOwnWriteReadBackIsNeverWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		drift := rapid.SampledFrom([]DriftRule{DriftOverwrite, DriftHold, DriftIgnore}).Draw(t, "drift")
		history(t, Rules{Drift: drift, CanUpdate: true}, func(t *rapid.T, w *world) {
			before := w.writes
			w.settle(t)
			if w.writes != before {
				t.Fatalf("wrote %d times more though nobody changed anything", w.writes-before)
			}
		})
	})
}

func TestHistoriesNeverOverwriteWhatAPersonChangedWhereDriftIsHeld(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		history(t, Rules{Drift: DriftHold, CanUpdate: true}, func(t *rapid.T, w *world) {
			if w.drifted {
				t.Fatal("a value that a person changed at the target was overwritten")
			}
			same := w.object != nil && w.object.Fingerprint() == w.source.Fingerprint()
			if !same && !w.refused {
				t.Fatalf("the target holds %v, the source %v, and nobody was told", w.object, w.source)
			}
		})
	})
}

func TestABAIsDeliveredAsA(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := someDocument(t), someDocument(t)
		rules := Rules{Drift: rapid.SampledFrom([]DriftRule{DriftOverwrite, DriftHold, DriftIgnore}).Draw(t, "drift"), CanUpdate: true}
		w := &world{rules: rules}
		looked := rapid.Bool().Draw(t, "look")
		for _, d := range []Document{a, b, a} {
			w.source = d
			w.read()
			w.deliver(t, looked || !w.linked, "ok")
		}
		want := 3
		if a.Fingerprint() == b.Fingerprint() {
			want = 1
		}
		if w.writes != want || w.object.Fingerprint() != a.Fingerprint() {
			t.Fatalf("%d writes end with %v; want %d and %v", w.writes, w.object, want, a)
		}
	})
}

// anySituation draws what could never happen, too.
func anySituation(t *rapid.T) Situation {
	s := Situation{
		Rules: Rules{
			Drift:     rapid.SampledFrom([]DriftRule{"", DriftOverwrite, DriftHold, DriftIgnore}).Draw(t, "drift"),
			Withdraw:  rapid.SampledFrom([]WithdrawRule{"", WithdrawHold, WithdrawUpdate}).Draw(t, "withdraw"),
			CanUpdate: rapid.Bool().Draw(t, "can update"), Linkable: rapid.Bool().Draw(t, "linkable"),
		},
		Passed: rapid.Bool().Draw(t, "passed"), Withdrawn: rapid.Bool().Draw(t, "withdrawn"), Linked: rapid.Bool().Draw(t, "linked"),
		Sent: rapid.Bool().Draw(t, "sent"), Forced: rapid.Bool().Draw(t, "forced"), Looked: rapid.Bool().Draw(t, "looked"),
		Wanted: someDocument(t), Alike: someAlike(t),
	}
	if rapid.Bool().Draw(t, "agreed") {
		s.Agreed = agreed(someDocument(t))
	}
	if rapid.IntRange(0, 3).Draw(t, "problem") == 0 {
		s.Problems = []string{"a rule failed"}
	}
	if rapid.IntRange(0, 3).Draw(t, "missing") == 0 {
		s.Missing = []Ref{{Kind: Supplier, IDs: []string{"S/1"}, Reason: "supplier S/1"}}
	}
	for range rapid.IntRange(0, 2).Draw(t, "found") {
		f := Found{ID: "T1", Foreign: rapid.Bool().Draw(t, "foreign")}
		if rapid.Bool().Draw(t, "seen") {
			f.Document = someDocument(t)
		}
		s.Target = append(s.Target, f)
	}
	return s
}

func someAlike(t *rapid.T) (out []alike.Candidate) {
	for range rapid.IntRange(0, 2).Draw(t, "alike") {
		out = append(out, alike.Candidate{ID: "T9", Score: 0.9, Certain: rapid.Bool().Draw(t, "certain"), Same: rapid.Bool().Draw(t, "same name"), Why: []string{"same name"},
			Linked: rapid.SampledFrom([]string{"", "", "S9"}).Draw(t, "linked to")})
	}
	return out
}

func TestDecideIsTotalAndDeterministic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation(t)
		d, again := Decide(s), Decide(s)
		if d.Action != again.Action || d.Code != again.Code || d.Reason != again.Reason || d.Hint != again.Hint {
			t.Fatalf("decided %+v, then %+v", d, again)
		}
		told := d.Reason != ""
		switch d.Action {
		case ActCreate, ActUpdate, ActAdopt:
			told = d.Code == ""
		case ActHold:
			told = told && d.Code != "" && (d.Hint != "" || len(s.Problems) > 0)
		case ActUnchanged, ActFilter, ActBlock:
			told = told && d.Code == ""
		default:
			t.Fatalf("no such action: %q", d.Action)
		}
		if !told {
			t.Fatalf("%+v does not say why", d)
		}
	})
}

func TestDecideNeverWritesWhatMayNotBeWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation(t)
		d := Decide(s)
		writes := d.Action == ActCreate || d.Action == ActUpdate
		for says, wrong := range map[string]bool{
			"what refers to something missing":                writes && len(s.Missing) > 0,
			"what a rule refused":                             writes && len(s.Problems) > 0,
			"what doesn't pass and was never linked":          writes && !s.Passed && !s.Linked,
			"a second one of a linked record":                 d.Action == ActCreate && s.Linked,
			"a change that the target can't take":             d.Action == ActUpdate && !s.Rules.CanUpdate,
			"over what the target holds already, unforced":    d.Action == ActCreate && s.Looked && len(s.Target) > 0 && !s.Forced,
			"beside one of the same name, unforced":           d.Action == ActCreate && len(s.Alike) > 0 && !s.Forced,
			"to what is linked elsewhere":                     d.Action == ActAdopt && d.Alike && s.Alike[0].Linked != "",
			"to one of several that it may be":                d.Action == ActAdopt && d.Alike && (!s.Alike[0].Certain || len(s.Alike) > 1 && s.Alike[1].Certain),
			"what is surely not ours":                         d.Found != nil && (d.Action == ActAdopt || d.Action == ActUpdate) && d.Found.Foreign,
			"what was sent before and is found":               d.Action == ActCreate && s.Sent && s.Looked && len(s.Target) == 1 && !s.Target[0].Foreign,
			"where more than one object has our key":          d.Action == ActCreate && s.Looked && len(s.Target) > 1,
			"as adopted without naming what":                  d.Action == ActAdopt && d.Found == nil,
			"over a value that the Flow is to hold, unforced": writes && s.driftHeld(),
		} {
			if wrong {
				t.Fatalf("%s is %sd: %+v", says, d.Action, s)
			}
		}
	})
}

// driftHeld says that the target contradicts what was agreed, and that the rule is to hold that.
func (s Situation) driftHeld() bool {
	return s.Linked && s.Agreed != nil && s.Rules.Drift == DriftHold && !s.Forced && s.now() != nil && !Covers(s.now(), s.Agreed.Owned)
}
