package connectortest

import (
	"testing"

	"go.uber.org/goleak"
)

// testCase is one thing that every System must do. Its name is the sentence.
type testCase struct {
	name string
	run  func(t *testing.T, s *subject)
}

// Run holds a System against every case. open makes a new Site each time it is called. A test that calls Run must not be
// parallel itself: the case that counts goroutines is the first, and alone.
func Run(t *testing.T, open func(t *testing.T) Site) {
	t.Helper()
	t.Run("leaves no goroutine behind", func(t *testing.T) {
		before := goleak.IgnoreCurrent()
		s := openSite(t, open(t))
		everything(t, s)
		s.close(t)
		goleak.VerifyNone(t, before)
	})
	for _, group := range [][]testCase{readCases, writeCases, failureCases, checkCases} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s := openSite(t, open(t))
				defer s.close(t)
				c.run(t, s)
			})
		}
	}
}
