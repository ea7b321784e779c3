package simulation

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// people are those who work with ml-connector: they replay, skip, link, ask for Runs, and end pauses, as its guides say.
func (s *sim) people() {
	for !s.calm {
		s.turns.sleep(s.ctx, time.Duration(3+s.chance.IntN(40))*time.Second)
		if s.calm || s.ctx.Err() != nil {
			return
		}
		switch s.chance.IntN(8) {
		case 0, 1:
			s.replay("operator", 2)
		case 2:
			s.askForRun()
		case 3:
			s.skipOne()
		case 4:
			s.resolve(false)
		case 5:
			s.link()
		case 6:
			s.pauseOne()
		default:
			s.resume()
		}
	}
}

// at runs a person's transaction; what is refused is no defect.
func (s *sim) at(what string, f func(*store.Tx) error) bool {
	err := s.desk.Tx(s.ctx, f)
	if err != nil && connector.CodeOf(err) != connector.Conflict {
		s.violate("", "a person could not %s: %v", what, err)
	}
	return err == nil
}

// in lists Deliveries by state.
func (s *sim) in(state connector.State) []connector.Delivery {
	ds, err := s.desk.Deliveries(s.ctx, store.DeliveryFilter{State: state})
	if err != nil {
		s.violate("", "Deliveries can't be listed: %v", err)
	}
	return ds
}

// replay lets held Deliveries wait again, each one with a chance of one in so many.
func (s *sim) replay(actor string, oneIn int) (n int) {
	for _, d := range s.in(connector.Held) {
		if s.chance.IntN(oneIn) > 0 {
			continue
		}
		if s.at("replay", func(tx *store.Tx) error { return tx.Replay([]int64{d.ID}, actor, false) }) {
			n++
			s.count("replays")
			s.tell("%s: replays %d of %s", actor, d.ID, d.Record)
		}
	}
	return n
}

func (s *sim) skipOne() {
	d, ok := chosenBy(s.chance.IntN, s.in(connector.Held))
	if !ok || s.chance.IntN(4) > 0 {
		return
	}
	if s.at("skip", func(tx *store.Tx) error { return tx.Skip(d.ID, "not wanted", "operator") }) {
		s.count("skips")
		s.tell("operator: skips %d of %s", d.ID, d.Record)
	}
}

func chosenBy[T any](draw func(int) int, of []T) (x T, ok bool) {
	if len(of) == 0 {
		return x, false
	}
	return of[draw(len(of))], true
}

// askForRun is `sync`: of all Flows, or of one, now and then for a window that was read before.
func (s *sim) askForRun() {
	r := store.RunRequest{Actor: "operator", Wait: time.Duration(5+s.chance.IntN(40)) * time.Second}
	if s.chance.IntN(2) == 0 {
		r.Flows = []string{s.profile.Flows[s.chance.IntN(len(s.profile.Flows))]}
	}
	if s.chance.IntN(3) == 0 {
		r.Since = s.turns.now.Add(-time.Hour)
	}
	if s.at("ask for a Run", func(tx *store.Tx) error { _, err := tx.RequestRun(r); return err }) {
		s.count("runs asked for")
		s.tell("operator: asks for a Run of %v since %s", r.Flows, r.Since.Format(time.TimeOnly))
	}
}

// link joins a held Record with the object that it is in conflict with, and replays it.
func (s *sim) link() {
	for _, d := range s.in(connector.Held) {
		if d.Err == nil || d.Err.Code != connector.Conflict || d.Target.ID == "" || s.chance.IntN(2) == 0 {
			continue
		}
		if s.at("link", func(tx *store.Tx) error { return tx.LinkRecords(d.Record, d.Target, "operator") }) {
			s.count("links by hand")
			s.tell("operator: links %s with %s", d.Record, d.Target)
		}
		return
	}
}

func (s *sim) pauseOne() {
	name := s.profile.Flows[s.chance.IntN(len(s.profile.Flows))]
	p := connector.Pause{Code: connector.Misconfigured, Reason: "maintenance", By: "operator", At: s.turns.now}
	if s.at("pause", func(tx *store.Tx) error { return tx.PauseFlow(name, p) }) {
		s.count("pauses by hand")
		s.tell("operator: pauses %s", name)
	}
}

// resume ends every pause.
func (s *sim) resume() (ended int) {
	flows, err := s.desk.Flows(s.ctx)
	if err != nil {
		s.violate("", "Flows can't be listed: %v", err)
		return 0
	}
	for _, f := range flows {
		if f.Paused.Code != "" && s.at("resume", func(tx *store.Tx) error { return tx.ResumeFlow(f.Name, "operator") }) {
			ended++
			s.tell("operator: resumes %s, which was paused by %s (%s: %s)", f.Name, f.Paused.By, f.Paused.Code, f.Paused.Reason)
		}
	}
	for _, name := range []string{erp, s2p} {
		c, err := s.desk.Connection(s.ctx, name)
		if err == nil && c.Paused.Code != "" && s.at("resume", func(tx *store.Tx) error { return tx.ResumeConnection(name, "operator") }) {
			ended++
			s.tell("operator: resumes %s, which was paused by %s (%s: %s)", name, c.Paused.By, c.Paused.Code, c.Paused.Reason)
		}
	}
	if ended > 0 {
		s.count("pauses ended")
	}
	return ended
}

// resolve ends doubts by hand: a person looks at the target and says what is there. That something is not there can be said
// when nothing is under way any more, at the end; then people leave alone what is looked up again by itself.
func (s *sim) resolve(surely bool) (n int) {
	for _, d := range s.in(connector.InDoubt) {
		if surely && !s.forPeople(d) {
			continue
		}
		f, err := s.desk.Flow(s.ctx, d.Flow)
		if err != nil {
			s.violate("", "a Flow can't be read: %v", err)
			return n
		}
		w, err := s.desk.WorkOf(s.ctx, d.ID) // a newer Version may wait for it
		if err != nil || w.SentDocument == nil {
			continue
		}
		found, err := s.look(f, w)
		switch {
		case err != nil:
			continue
		case len(found) == 1 && !found[0].Foreign && (w.Link == nil || found[0].Document != nil && connector.Covers(found[0].Document, w.SentDocument)):
			if s.at("resolve", func(tx *store.Tx) error { return tx.Resolve(d.ID, found[0].ID, "seen at the target", "operator") }) {
				n++
				s.byHand[d.ID] = true
				s.count("doubts resolved by hand")
				s.tell("operator: resolves %d of %s as %s", d.ID, d.Record, found[0].ID)
			}
		case surely && (len(found) == 0 || w.Link != nil):
			if s.at("resolve", func(tx *store.Tx) error { return tx.Resolve(d.ID, "", "not at the target", "operator") }) {
				n++
				s.byHand[d.ID] = true
				s.count("doubts resolved by hand")
				s.tell("operator: resolves %d of %s as not sent", d.ID, d.Record)
			}
		}
	}
	return n
}

// look asks the target by the key that was sent, as a person would with the System's own pages.
func (s *sim) look(f connector.Flow, w store.Work) ([]connector.Found, error) {
	i, err := s.clear(f.To)
	if err != nil {
		return nil, err
	}
	finder, ok := i.(connector.Finder)
	if !ok {
		return nil, connector.Errorf(connector.NotFound, "look", "it can't be asked")
	}
	l := connector.Lookup{Kind: f.Kind, Document: w.SentDocument}
	if w.Link != nil {
		l.ID = w.Link.Other(f.From).ID
	}
	return finder.Find(context.WithoutCancel(s.ctx), l)
}

// clear opens a Connection over a network that nothing disturbs. What REST does not show, people see on JAGGAER's own pages.
func (s *sim) clear(name string) (connector.Instance, error) {
	c, err := s.desk.Connection(s.ctx, name)
	if err != nil {
		return nil, err
	}
	if p := s.profile; name == s2p && p.Unseen {
		p.Unseen = false
		c.Name, c.Settings = s2p+" as people see it", s.settings(p)[s2p]
	}
	return s.open(c, wire{side: s.sides[name]}, func() time.Time { return s.turns.now }, inPlace{})
}

// inPlace is a Pace that never waits: what it is given to is alone.
type inPlace struct{}

func (inPlace) Sleep(ctx context.Context, _ time.Duration) error   { return ctx.Err() }
func (inPlace) Go(f func())                                        { f() }
func (inPlace) Until(ctx context.Context, _ <-chan struct{}) error { return ctx.Err() }
