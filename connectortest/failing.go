package connectortest

import (
	"context"
	"net/http"
	"testing"
	"time"

	connector "ml-connector"
)

var failureCases = []testCase{
	{"takes answers that were cut or are not the System's for errors, never for nothing", foreignAnswers},
	{"takes secrets that do not fit for credentials, after one attempt", wrongSecrets},
	{"tells how long it is to wait when it was too fast", throttledWithWait},
	{"calls a System that is down unavailable", systemDown},
	{"stops when it is told to", stops},
}

const signOnPage = `<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action="/login"><input name="user"></form></body></html>`

// foreign are answers that no System gives, or that did not come whole. Taken for an empty page they would lose records.
var foreign = map[string]disturbance{
	"was cut":                           change(false, firstHalf),
	"ends in the middle, and is whole":  change(true, firstHalf),
	"is an empty 200":                   change(true, func(string) string { return "" }),
	"is a log-in page with 200":         instead(http.StatusOK, "text/html; charset=utf-8", signOnPage),
	"is the text OK":                    instead(http.StatusOK, "application/json", "OK"),
	"is null":                           instead(http.StatusOK, "application/json", "null"),
	"is an empty list of another world": instead(http.StatusOK, "application/json", "[]"),
	"is an empty object":                instead(http.StatusOK, "application/json", "{}"),
	"is a redirect to a log-in page":    instead(http.StatusFound, "text/html", signOnPage, "Location", "/login"),
	"is a 204":                          instead(http.StatusNoContent, "", ""),
	"is a bare 500":                     instead(http.StatusInternalServerError, "", ""),
	"is a proxy's 502":                  instead(http.StatusBadGateway, "text/html", "<html><body>Bad Gateway</body></html>"),
}

// notEmpty are the classes that a foreign answer to a read may have: any but those that would hold a record or say that it
// may have been written.
var notEmpty = []connector.Code{connector.Unavailable, connector.Misconfigured, connector.Credentials, connector.Forbidden}

func foreignAnswers(t *testing.T, s *subject) {
	for _, k := range s.kinds(reads) {
		for name, how := range foreign {
			s.front.disturb(reading, how)
			page, err := s.read(t, s.whole(k), nil)
			s.front.quiet()
			if err == nil {
				t.Errorf("%s: the answer %s, and %d records and %d Problems were read from it", k, name, len(page.Versions), len(page.Problems))
				continue
			}
			s.mustFail(t, "a read of "+string(k)+" whose answer "+name, err, notEmpty...)
		}
		// The Site is well again at once.
		if page := s.mustRead(t, s.whole(k)); len(ids(page)) != len(s.Holds(k)) {
			t.Errorf("%s: after that %d of %d records are read", k, len(ids(page)), len(s.Holds(k)))
		}
	}
}

func wrongSecrets(t *testing.T, s *subject) {
	s.LockOut()
	k := s.kinds(reads)[0] // after the first refusal the engine pauses the Connection
	before := s.LogIns()
	page, err := s.read(t, s.whole(k), nil)
	s.mustFail(t, "a read of "+string(k)+" with secrets that do not fit", err, connector.Credentials)
	if n := s.LogIns() - before; n != 1 {
		t.Errorf("%s: %d log-in attempts; more than one locks accounts", k, n)
	}
	if len(ids(page)) > 0 {
		t.Errorf("%s: %d records were read", k, len(ids(page)))
	}
}

func throttledWithWait(t *testing.T, s *subject) {
	for _, w := range s.Writes {
		one := openSite(t, s.Site)
		one.front.disturb(reading, instead(http.StatusTooManyRequests, "text/plain", "Too Many Requests", "Retry-After", "7"))
		_, err := one.find(t, connector.Lookup{Kind: w.Kind, Document: w.Document})
		if e := one.mustFail(t, "a look-up that came too fast", err, connector.Throttled); e != nil && e.Wait != 7*time.Second {
			t.Errorf("%s: it was told to wait 7 s, and says %v", w.Kind, e.Wait)
		}
		one.close(t)
		one = openSite(t, s.Site)
		before := s.stored(w)
		one.front.disturb(writing, instead(http.StatusTooManyRequests, "text/plain", "Too Many Requests", "Retry-After", "7"))
		_, err = one.write(t, t.Context(), w)
		if e := one.mustFail(t, "a write that came too fast", err, connector.Throttled); e != nil && e.Wait != 7*time.Second {
			t.Errorf("%s: it was told to wait 7 s, and says %v", w.Kind, e.Wait)
		}
		if s.stored(w) != before {
			t.Errorf("%s: it was written", w.Kind)
		}
		one.close(t)
	}
}

func systemDown(t *testing.T, s *subject) {
	s.server.CloseClientConnections()
	s.server.Close()
	for _, k := range s.kinds(reads) {
		_, err := s.read(t, s.whole(k), nil)
		s.mustFail(t, "a read of "+string(k)+" from an address where nobody listens", err, connector.Unavailable)
	}
	for _, w := range s.Writes {
		_, err := s.find(t, connector.Lookup{Kind: w.Kind, Document: w.Document})
		s.mustFail(t, "a look-up at an address where nobody listens", err, connector.Unavailable)
	}
}

// promptly is how long something may take that was told to stop.
const promptly = 3 * time.Second

func stops(t *testing.T, s *subject) {
	for _, k := range s.kinds(reads) {
		// More of them than it makes calls at a time: some wait for their turn.
		errs, took := s.stopped(t, reading, 5, func(ctx context.Context) error {
			_, err := s.source(t).Read(s.trace(ctx), s.whole(k))
			return err
		})
		for _, err := range errs {
			s.mustFail(t, "a read of "+string(k)+" that was stopped", err, connector.Unavailable)
		}
		if took > promptly {
			t.Errorf("%s: reads that were told to stop went on for %v", k, took)
		}
	}
	for _, w := range s.Writes {
		errs, took := s.stopped(t, writing, 1, func(ctx context.Context) error {
			_, err := s.write(t, ctx, w)
			return err
		})
		s.mustFail(t, "a write of "+string(w.Kind)+" that was stopped after it had been sent", errs[0], connector.Ambiguous)
		if took > promptly {
			t.Errorf("%s: a write that was told to stop went on for %v", w.Kind, took)
		}
	}
}

// stopped begins some calls, waits until a request of theirs has arrived and is held, and stops them all.
func (s *subject) stopped(t *testing.T, of string, calls int, call func(context.Context) error) (errs []error, took time.Duration) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s.front.disturb(of, hang)
	defer s.front.quiet()
	ended := make(chan error, calls)
	for range calls {
		go func() { ended <- call(ctx) }()
	}
	select {
	case <-s.front.arrived:
	case err := <-ended:
		t.Errorf("it ended before its request was held: %v", err)
		errs = append(errs, err)
	}
	stop()
	began := time.Now()
	for len(errs) < calls {
		select {
		case err := <-ended:
			errs = append(errs, err)
		case <-time.After(2 * promptly):
			t.Errorf("%d of %d calls go on %v after they were told to stop", calls-len(errs), calls, 2*promptly)
			s.front.release()
			return append(errs, make([]error, calls-len(errs))...), time.Since(began)
		}
	}
	return errs, time.Since(began)
}
