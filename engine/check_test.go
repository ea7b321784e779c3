package engine_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// TestFlowsThatNeedACheckAtTheSameTimeMakeOne: a secret that is wrong is tried once, however many Flows are due.
func TestFlowsThatNeedACheckAtTheSameTimeMakeOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, connector.ClassNatural)
		w.to.onCheck = func() { time.Sleep(time.Second) }
		wrong := []connector.Step{{Step: "token", State: connector.StepFailed, Code: connector.Credentials, Message: "the secret is wrong"}}
		f, err := w.db.Flow(t.Context(), "orders")
		if err != nil {
			t.Fatal(err)
		}
		names := []string{f.Name}
		change := func(do func(*store.Tx) error) {
			t.Helper()
			if err := w.db.Tx(t.Context(), do); err != nil {
				t.Fatal(err)
			}
		}
		for n := range 3 {
			f.Name = fmt.Sprint("orders-", n)
			names = append(names, f.Name)
			change(func(tx *store.Tx) error { return tx.SaveFlow(f) })
		}
		resume := func(tx *store.Tx) error { return tx.ResumeConnection("b", "cli:test") }
		for _, step := range []struct {
			title  string
			before func()
			steps  []connector.Step
			checks int
			want   connector.Code
		}{
			{"never checked, and wrong", func() {}, wrong, 1, connector.Credentials},
			{"paused: nobody tries", func() {}, wrong, 1, connector.Credentials},
			{"resumed, and still wrong", func() { change(resume) }, wrong, 2, connector.Credentials},
			{"resumed, and right", func() { change(resume) }, nil, 3, ""},
			{"right: nobody tries", func() {}, nil, 3, ""},
		} {
			w.pass(time.Minute)
			step.before()
			w.to.steps = step.steps
			var all sync.WaitGroup
			for _, name := range names {
				all.Go(func() {
					got, err := w.e.Poll(t.Context(), engine.PollRequest{Flow: name, Trigger: connector.TriggerSchedule})
					if err != nil {
						t.Error(err)
						return
					}
					code := connector.Code("")
					if got.Err != nil {
						code = got.Err.Code
					}
					if code != step.want {
						t.Errorf("%s: %s ended with %q, expected %q", step.title, name, code, step.want)
					}
				})
			}
			all.Wait()
			if w.to.checks != step.checks {
				t.Errorf("%s: %d checks so far, expected %d", step.title, w.to.checks, step.checks)
			}
		}
	})
}
