package connectortest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

var writeCases = []testCase{
	{"writes what its Schema takes, odd text and exact decimals, and finds it", writesAndFinds},
	{"lists an object as a look-up finds it", listsAsFound},
	{"does with a repeated write what its class says", writesTwice},
	{"calls a write whose answer was lost ambiguous, and finds what it did", answerLost},
	{"calls a write whose answer can't be read ambiguous", answerSpoilt},
	{"calls a write that never got out unavailable", neverSent},
	{"calls a write that the System refuses to let in credentials", refusedAtTheDoor},
	{"finds nothing where nothing is, and something where anything is", findsNothing},
}

func (s *subject) stored(w Sample) int { return len(w.Stored()) }

func writesAndFinds(t *testing.T, s *subject) {
	for _, w := range s.Writes {
		info := s.Instance.Kind(w.Kind)
		if !info.Writes || info.Class == "" {
			t.Errorf("%s: a Sample is written, and the Instance says %+v", w.Kind, info)
		}
		for _, p := range info.Schema.Check(w.Document) {
			t.Errorf("%s: the Schema refuses what the System takes: %s %s", w.Kind, p.Field, p.Message)
		}
		before := s.stored(w)
		receipt, err := s.write(t, t.Context(), w)
		if err != nil {
			t.Errorf("write %s: %v (%s)", w.Kind, err, connector.AsError(err).Hint)
			continue
		}
		if n := s.stored(w); n != before+1 {
			t.Errorf("write %s: the target holds %d more", w.Kind, n-before)
		}
		for _, text := range w.Texts {
			if !strings.Contains(strings.Join(w.Stored(), "\n"), text) {
				t.Errorf("%s: the target does not hold %q as it was written", w.Kind, text)
			}
		}
		found := s.mustFind(t, connector.Lookup{Kind: w.Kind, Document: w.Document})
		if len(found) != 1 {
			t.Errorf("%s: it was written, and the look-up by its keys finds %d", w.Kind, len(found))
			continue
		}
		if f := found[0]; receipt.ID != "" && f.ID != receipt.ID || f.ID == "" || f.Foreign {
			t.Errorf("%s: the receipt says %q, and what is found is %q, foreign %v", w.Kind, receipt.ID, f.ID, f.Foreign)
		}
		if byID := s.mustFind(t, connector.Lookup{Kind: w.Kind, ID: found[0].ID, Document: w.Document}); len(byID) != 1 || byID[0].ID != found[0].ID {
			t.Errorf("%s: the look-up by the ID %s finds %v", w.Kind, found[0].ID, byID)
		}
		ours := w.Document.Clone()
		for _, name := range w.Given {
			delete(ours, name)
		}
		if d := found[0].Document; d != nil && info.CanUpdate && !connector.Covers(d, ours) {
			t.Errorf("%s: our own write read back looks changed: %v", w.Kind, connector.Diff(ours, d))
		}
	}
}

func (s *subject) mustFind(t *testing.T, l connector.Lookup) []connector.Found {
	t.Helper()
	found, err := s.find(t, l)
	if err != nil {
		t.Fatalf("look up %s: %v (%s)", l.Kind, err, connector.AsError(err).Hint)
	}
	return found
}

// listsAsFound: what is compared by a list and what is compared by look-ups must come to the same. A list may tell more, and of the
// keys that only one of the two tells nothing is compared.
func listsAsFound(t *testing.T, s *subject) {
	for _, w := range s.Writes {
		if _, err := s.write(t, t.Context(), w); err != nil {
			t.Errorf("write %s: %v", w.Kind, err)
		}
		if w.Ripen != nil {
			w.Ripen()
		}
	}
	s.Pass(time.Minute)
	compared := 0
	for _, k := range s.kinds(func(i connector.KindInfo) bool { return i.Reads && i.Writes }) {
		listed := s.mustRead(t, s.whole(k)).Versions
		for n := 0; n < len(listed); n += max(len(listed)/8, 1) {
			compared += s.asFound(t, k, listed[n])
		}
		if len(listed) > 0 {
			compared += s.asFound(t, k, listed[len(listed)-1])
		}
	}
	if compared == 0 {
		t.Error("no object was listed and found with its content")
	}
}

// asFound holds one object of a list against its look-up.
func (s *subject) asFound(t *testing.T, k connector.Kind, v connector.Version) int {
	t.Helper()
	found := s.mustFind(t, connector.Lookup{Kind: k, ID: v.ID})
	if len(found) != 1 || found[0].ID != v.ID || found[0].Standing != v.Standing {
		t.Errorf("%s %s is listed, %s, and its look-up gives %+v", k, v.ID, v.Standing, found)
		return 0
	}
	for _, number := range found[0].Numbers {
		if !slices.Contains(v.Numbers, number) {
			t.Errorf("%s %s: the look-up knows it by %s, the list by %q", k, v.ID, number, v.Numbers)
		}
	}
	if found[0].Document == nil {
		return 0
	}
	for name, value := range found[0].Document {
		is, told := v.Mirror[name]
		a, b := connector.Document{name: value}, connector.Document{name: is}
		if told && (!connector.Covers(a, b) || !connector.Covers(b, a)) {
			t.Errorf("%s %s: %s is listed as %v, and found as %v", k, v.ID, name, is, value)
		}
		if !told && value != "" {
			t.Errorf("%s %s: the list does not tell %s, which is found as %v", k, v.ID, name, value)
		}
	}
	return 1
}

func writesTwice(t *testing.T, s *subject) {
	for _, w := range s.Writes {
		before := s.stored(w)
		if _, err := s.write(t, t.Context(), w); err != nil {
			t.Errorf("write %s: %v", w.Kind, err)
			continue
		}
		receipt, err := s.write(t, t.Context(), w)
		made := s.stored(w) - before
		switch class := s.Instance.Kind(w.Kind).Class; {
		case class == connector.ClassUpsert && (err != nil || made != 1):
			t.Errorf("%s matches by our key (class U), and two writes made %d: %v", w.Kind, made, err)
		case class == connector.ClassRefused && (err == nil && !receipt.Repeated || made != 1):
			t.Errorf("%s is refused when repeated (class R), and two writes made %d: %+v, %v", w.Kind, made, receipt, err)
		case err != nil:
			s.mustFail(t, "a repeated write of "+string(w.Kind), err, connector.Rejected, connector.Conflict)
		}
	}
}

func answerLost(t *testing.T, s *subject) {
	for _, w := range s.Writes {
		before := s.stored(w)
		s.front.disturb(writing, lose)
		_, err := s.write(t, t.Context(), w)
		s.front.quiet()
		s.mustFail(t, "a write of "+string(w.Kind)+" whose answer was lost", err, connector.Ambiguous)
		if made := s.stored(w) - before; made != 1 {
			t.Errorf("%s: one write whose answer was lost made %d: a write is never sent again blind", w.Kind, made)
		}
		if found := s.mustFind(t, connector.Lookup{Kind: w.Kind, Document: w.Document}); len(found) != 1 {
			t.Errorf("%s: it was written, its answer was lost, and the look-up finds %d", w.Kind, len(found))
		}
	}
}

func answerSpoilt(t *testing.T, s *subject) {
	for name, how := range map[string]disturbance{
		"was cut":                          change(false, firstHalf),
		"is an empty 200":                  change(true, func(string) string { return "" }),
		"is a page in HTML":                change(true, func(string) string { return signOnPage }),
		"came as 502 after the effect":     afterEffect(http.StatusBadGateway),
		"came as 504 after the effect":     afterEffect(http.StatusGatewayTimeout),
		"is a bare 500 after the effect":   afterEffect(http.StatusInternalServerError),
		"ends in the middle, and is whole": change(true, firstHalf),
	} {
		for _, w := range s.Writes {
			s.front.disturb(writing, how)
			sent := s.front.count(writing)
			_, err := s.write(t, t.Context(), w)
			s.front.quiet()
			s.mustFail(t, "a write of "+string(w.Kind)+" whose answer "+name, err, connector.Ambiguous)
			if n := s.front.count(writing) - sent; n != 1 {
				t.Errorf("%s: a write whose answer %s was sent %d times", w.Kind, name, n)
			}
		}
	}
}

// afterEffect lets the simulator do its work and answers with a status and nothing that could be read.
func afterEffect(status int) disturbance {
	return func(f *front, w http.ResponseWriter, r *http.Request) {
		f.real(r)
		instead(status, "text/html", "<html><body>Gateway</body></html>")(f, w, r)
	}
}

func neverSent(t *testing.T, s *subject) {
	for _, w := range s.Writes {
		// The log-in is done before the target goes away.
		if _, err := s.find(t, connector.Lookup{Kind: w.Kind, Document: w.Document}); err != nil {
			t.Errorf("look up %s: %v", w.Kind, err)
		}
	}
	before := make([]int, len(s.Writes))
	for n, w := range s.Writes {
		before[n] = s.stored(w)
	}
	s.server.CloseClientConnections()
	s.server.Close()
	for n, w := range s.Writes {
		_, err := s.write(t, t.Context(), w)
		s.mustFail(t, "a write of "+string(w.Kind)+" to an address where nobody listens", err, connector.Unavailable)
		if s.stored(w) != before[n] {
			t.Errorf("%s: it was written", w.Kind)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, w := range s.Writes {
		_, err := s.write(t, stopped, w)
		s.mustFail(t, "a write of "+string(w.Kind)+" that was stopped before it began", err, connector.Unavailable)
	}
}

func refusedAtTheDoor(t *testing.T, s *subject) {
	if len(s.Writes) == 0 {
		return
	}
	s.LockOut()
	w := s.Writes[0]
	before := s.stored(w)
	attempts := s.LogIns()
	_, err := s.write(t, t.Context(), w)
	s.mustFail(t, "a write with secrets that no longer fit", err, connector.Credentials)
	if n := s.LogIns() - attempts; n != 1 {
		t.Errorf("%d log-in attempts; more than one locks accounts", n)
	}
	if s.stored(w) != before {
		t.Error("it was written all the same")
	}
}

func findsNothing(t *testing.T, s *subject) {
	for _, w := range s.Writes {
		l := connector.Lookup{Kind: w.Kind, Document: w.Document}
		if found := s.mustFind(t, l); len(found) > 0 {
			t.Errorf("%s: nothing was written, and the look-up finds %+v", w.Kind, found)
		}
		if _, err := s.write(t, t.Context(), w); err != nil {
			t.Errorf("write %s: %v", w.Kind, err)
			continue
		}
		if w.Ripen != nil {
			w.Ripen()
		}
		if found := s.mustFind(t, connector.Lookup{Kind: w.Kind, Any: true}); len(found) == 0 {
			t.Errorf("%s: the target holds %d, and the look-up without a filter finds none", w.Kind, s.stored(w))
		}
		for name, how := range foreign {
			s.front.disturb(reading, how)
			_, err := s.find(t, l)
			s.front.quiet()
			if err == nil {
				t.Errorf("%s: the answer to a look-up %s, and it was taken for an answer", w.Kind, name)
				continue
			}
			s.mustFail(t, "a look-up of "+string(w.Kind)+" whose answer "+name, err, notEmpty...)
		}
	}
}
