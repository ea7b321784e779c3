package app

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"

	connector "ml-connector"
	"ml-connector/people"
)

// TestTheDoctorSaysToEachWhatTheyMaySee: what is refused elsewhere is not told here.
func TestTheDoctorSaysToEachWhatTheyMaySee(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	whole, err := b.Doctor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checks := func(d Diagnosis) (out []string) {
		for _, s := range d.Symptoms {
			if !slices.Contains(out, s.Check) {
				out = append(out, s.Check)
			}
		}
		return out
	}
	for _, row := range []struct {
		role          people.Role
		hidden, shown []string
	}{
		{people.Viewer, []string{"people", "token", "key", "alert", "certificate", "sign-on"}, []string{"database", "connection", "ledger", "invariants"}},
		{people.Operator, []string{"people", "token", "sign-on"}, []string{"key", "alert"}},
		{people.Auditor, nil, []string{"people", "key", "alert"}},
	} {
		d, err := b.DoctorFor(t.Context(), people.User("somebody", []people.Role{row.role}))
		if err != nil {
			t.Fatal(err)
		}
		got := checks(d)
		for _, name := range row.hidden {
			if slices.Contains(got, name) {
				t.Errorf("%s sees %s", row.role, name)
			}
		}
		for _, name := range row.shown {
			if !slices.Contains(checks(whole), name) || !slices.Contains(got, name) {
				t.Errorf("%s does not see %s", row.role, name)
			}
		}
	}
}

// TestWhoAsksForTheSameWaitsForOne: one looks, all get what was found, and what they do to it is theirs.
func TestWhoAsksForTheSameWaitsForOne(t *testing.T) {
	t.Parallel()
	var s oneLook[int]
	looks, goOn, begun := 0, make(chan struct{}), make(chan struct{})
	look := func(context.Context) (int, error) {
		looks++
		if looks == 1 {
			close(begun)
		}
		<-goOn
		return 42, nil
	}
	var all sync.WaitGroup
	ask := func(ctx context.Context, want error) {
		if v, err := s.do(ctx, look); !errors.Is(err, want) || want == nil && v != 42 {
			t.Errorf("%d, %v", v, err)
		}
	}
	all.Go(func() { ask(t.Context(), nil) })
	<-begun
	for range 5 {
		all.Go(func() { ask(t.Context(), nil) })
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	ask(gone, context.Canceled) // it does not wait for the others
	for waiting := 0; waiting < 6; runtime.Gosched() {
		s.mu.Lock()
		waiting = s.run.waiting
		s.mu.Unlock()
	}
	close(goOn)
	all.Wait()
	if looks != 1 {
		t.Errorf("%d looked", looks)
	}
}

// TestWhoLooksAndLeavesIsFollowed: their end is not the end of the others.
func TestWhoLooksAndLeavesIsFollowed(t *testing.T) {
	t.Parallel()
	var s oneLook[int]
	ctx, cancel := context.WithCancel(t.Context())
	begun, first := make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := s.do(ctx, func(ctx context.Context) (int, error) {
			close(begun)
			<-ctx.Done()
			return 0, connector.Errorf(connector.Internal, "", "cut off")
		})
		first <- err
	}()
	<-begun
	second := make(chan error, 1)
	go func() {
		v, err := s.do(t.Context(), func(context.Context) (int, error) { return 7, nil })
		if v != 7 {
			t.Errorf("got %d", v)
		}
		second <- err
	}()
	for waiting := 0; waiting < 1; runtime.Gosched() {
		s.mu.Lock()
		waiting = s.run.waiting
		s.mu.Unlock()
	}
	cancel()
	if err := <-first; err == nil {
		t.Error("the first was not cut off")
	}
	if err := <-second; err != nil {
		t.Errorf("the second: %v", err)
	}
}
