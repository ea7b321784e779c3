package app

import (
	"context"
	"slices"
	"sync"

	connector "ml-connector"
	"ml-connector/people"
)

// oneLook lets those who ask for the same at once wait for one who looks: what reads the whole ledger is not done ten times beside itself. It
// starts no goroutine; who waits may leave by their own context.
type oneLook[T any] struct {
	mu  sync.Mutex
	run *lookRun[T]
}

type lookRun[T any] struct {
	done    chan struct{}
	waiting int
	left    bool // the one who looked went away before the end: it says nothing to the others
	value   T
	err     error
}

func (s *oneLook[T]) do(ctx context.Context, look func(context.Context) (T, error)) (T, error) {
	for {
		s.mu.Lock()
		run := s.run
		if run == nil {
			run = &lookRun[T]{done: make(chan struct{}), left: true}
			s.run = run
			s.mu.Unlock()
			defer s.end(run)
			run.value, run.err = look(ctx)
			run.left = ctx.Err() != nil
			return run.value, run.err
		}
		run.waiting++
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		case <-run.done:
		}
		if !run.left {
			return run.value, run.err
		}
	}
}

func (s *oneLook[T]) end(run *lookRun[T]) {
	s.mu.Lock()
	s.run = nil
	s.mu.Unlock()
	close(run.done)
}

// asked are the permissions that a check of the doctor asks for beside that to read: what it says is kept from others elsewhere too.
var asked = map[string][]people.Permission{
	"people": {people.ReadPeople}, "token": {people.ReadPeople}, "sign-on": {people.ReadSettings, people.ReadPeople},
	"key": {people.ReadSettings}, "alert": {people.ReadSettings}, "certificate": {people.ReadSettings},
}

// DoctorFor is what the doctor found, as far as somebody may see it. OK is about what they see.
func (a *App) DoctorFor(ctx context.Context, by people.Actor) (Diagnosis, error) {
	if err := by.May(people.Read); err != nil {
		return Diagnosis{}, err
	}
	d, err := a.Doctor(ctx)
	d.Symptoms = slices.DeleteFunc(d.Symptoms, func(s Symptom) bool {
		return slices.ContainsFunc(asked[s.Check], func(p people.Permission) bool { return !by.Can(p) })
	})
	d.OK = !slices.ContainsFunc(d.Symptoms, func(s Symptom) bool { return s.State == connector.StepFailed })
	return d, err
}
