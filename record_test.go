package connector

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestCodes is DESIGN.md's table of errors.
func TestCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[Code]struct {
		does       Reaction
		http, exit int
	}{
		Invalid: {ReactHold, 422, 2}, Misconfigured: {ReactPauseFlow, 422, 2}, Rejected: {ReactHold, 422, 3}, NotFound: {ReactHold, 404, 3},
		Conflict: {ReactHold, 409, 3}, Credentials: {ReactPauseConnection, 502, 4}, Forbidden: {ReactPauseFlow, 403, 4}, Throttled: {ReactWait, 429, 5},
		Unavailable: {ReactRetry, 503, 5}, Ambiguous: {ReactDoubt, 502, 5}, Internal: {ReactHold, 500, 1}, "of another time": {ReactHold, 500, 1},
	} {
		if code.Reaction() != want.does || code.HTTPStatus() != want.http || code.ExitStatus() != want.exit {
			t.Errorf("%s: %d, HTTP %d, exit %d; want %v", code, code.Reaction(), code.HTTPStatus(), code.ExitStatus(), want)
		}
	}
}

func TestErrorsKeepTheirClassThroughWrapping(t *testing.T) {
	t.Parallel()
	cause := context.Canceled
	err := fmt.Errorf("while polling: %w", Errorf(Throttled, "read query JGR_VENDOR", "too many calls, %d a minute", 5).Advise("Wait.").Because(cause))
	e := AsError(err)
	if e.Code != Throttled || e.Hint != "Wait." || !errors.Is(err, cause) || CodeOf(err) != Throttled {
		t.Errorf("came out as %+v", e)
	}
	if got := e.Error(); got != "read query JGR_VENDOR: too many calls, 5 a minute: context canceled" {
		t.Errorf("reads %q", got)
	}
	if e := AsError(errors.New("plain")); e.Code != Internal || !strings.Contains(e.Error(), "plain") || e.Hint == "" {
		t.Errorf("a plain error came out as %+v", e)
	}
	if AsError(nil) != nil || CodeOf(nil) != "" {
		t.Error("no error has a class")
	}
}

// TestRunEquation: a Delivery of every state stands on its right side once.
func TestRunEquation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var c Counts
		for _, s := range rapid.SliceOf(rapid.SampledFrom(States())).Draw(t, "states") {
			c.Add(s, 1)
			c.Read++
		}
		if !c.Balanced() {
			t.Fatalf("does not balance: %+v", c)
		}
		c.Read++
		if c.Balanced() {
			t.Fatalf("a record that was read and has no Delivery balances: %+v", c)
		}
	})
	var c Counts
	for i, s := range States() {
		c.Add(s, 1<<i)
	}
	want := Counts{Delivered: 1, Unchanged: 2, Filtered: 4, Skipped: 8, Superseded: 16, Held: 32, Blocked: 64, InDoubt: 128, Waiting: 256 + 512}
	if c != want {
		t.Errorf("counted %+v, want %+v", c, want)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	a, b := Record{"erp", Supplier, "SHARE/1"}, Record{"s2p", Supplier, "77"}
	if got := a.String(); got != "erp:supplier:SHARE/1" {
		t.Errorf("a Record is called %q", got)
	}
	l := Link{A: a, B: b}
	if l.Other("erp") != b || l.Other("s2p") != a {
		t.Error("the other side of a Link is this side")
	}
	if got := (Ref{IDs: []string{"x", "y"}, Number: "9"}).ID(); got != "x" {
		t.Errorf("a Ref with IDs is called %q", got)
	}
	if got := (Ref{Number: "9"}).ID(); got != "9" {
		t.Errorf("a Ref with a number is called %q", got)
	}
}

func TestTraceTravelsInTheContext(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	if got := TraceOf(ctx); got.Run != 0 || got.Keep != nil {
		t.Errorf("a bare context has the Trace %+v", got)
	}
	if got := TraceOf(WithTrace(ctx, Trace{Run: 3, Delivery: 4})); got.Run != 3 || got.Delivery != 4 {
		t.Errorf("came back as %+v", got)
	}
}

// TestCommonSettingsDefaults: the defaults of SURFACE.md "Configuration file".
func TestCommonSettingsDefaults(t *testing.T) {
	t.Parallel()
	want := map[string]string{"overlap": "10m", "settle": "2m", "lookup_settle": "60s", "trust_absence": "auto", "concurrency": "2", "timeout": ""}
	for _, s := range CommonSettings() {
		if d, ok := want[s.Name]; !ok || d != s.Default || s.Help == "" {
			t.Errorf("%s is %q by default, want %q", s.Name, s.Default, d)
		}
		delete(want, s.Name)
	}
	if len(want) > 0 {
		t.Errorf("not there: %v", want)
	}
}
