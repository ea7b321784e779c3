package simulation

import (
	"fmt"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// quiet ends all trouble, and then lets time pass until everything is at rest: nothing waits, is sent or in doubt, and another
// round of everything finds nothing new. People do what is theirs to do meanwhile.
func (s *sim) quiet() {
	s.calm = true
	s.tell("world: from now on nothing goes wrong any more")
	s.ps.ClearFaults()
	s.jg.ClearFaults()
	w := s.jg.Switches()
	w.RevokeEvery, w.RateCalls, w.TotalsDrift, w.IndexDelayMS, w.IgnoreFilter = 0, 0, 0, 0, nil
	s.jg.SetSwitches(w)
	for _, side := range s.sides {
		side.down, side.slow = time.Time{}, time.Time{}
	}
	for _, at := range s.places {
		if at.process != nil {
			at.process.stalled = time.Time{}
			if at.process.woke.After(s.turns.now) {
				at.process.woke = s.turns.now
			}
		}
	}
	// What was hidden from lists for a while, or bears a stamp that lies ahead of us, shows by then.
	ahead := max(s.profile.S2PSkew, s.profile.ERPSkew, 0) + s.profile.Settle
	s.pass(time.Duration(s.profile.Switches.IndexDelayMS)*time.Millisecond + ahead + 10*time.Second)
	still, replayed := 0, ""
	s.quietFrom = s.turns.now
	for round := 0; ; round++ {
		if round > 120 {
			s.violate("rest", "it does not come to rest: %s", s.standing())
			return
		}
		before := s.content()
		s.pass(s.profile.Schedule + 4*time.Second)
		if still++; before != s.content() {
			still, s.quietFrom = 0, s.turns.now
		}
		if still < 2 || s.turns.now.Sub(s.quietFrom) < ahead+s.profile.Schedule {
			continue
		}
		// Nothing moves by itself any more: now people come.
		s.checkAlone()
		if s.giveRows() > 0 { // what waited for them goes on by itself
			still, s.quietFrom = 0, s.turns.now
			continue
		}
		moved := s.resume() + s.resolve(true)
		if held := s.heldNow(); held != replayed && round < 60 {
			moved += s.replay("operator", 1)
			replayed = held
		}
		if moved > 0 {
			still, s.quietFrom = 0, s.turns.now
		} else if s.settled() {
			break
		}
	}
	s.over = true
}

// content is where every Delivery stands, to see whether anything moves.
func (s *sim) content() string {
	ds, err := s.desk.Deliveries(s.ctx, store.DeliveryFilter{})
	if err != nil {
		s.violate("", "Deliveries can't be listed: %v", err)
	}
	var b strings.Builder
	counts := s.jg.Counts()
	for _, entity := range sortedKeys(counts) {
		fmt.Fprintf(&b, "%s %d\n", entity, counts[entity])
	}
	for _, d := range ds {
		stage := connector.Stage("")
		if d.Life != nil {
			stage = d.Life.Stage
		}
		fmt.Fprintf(&b, "%d %s %d %s\n", d.ID, d.State, d.Attempts, stage)
	}
	return b.String()
}

// heldNow names what is held.
func (s *sim) heldNow() string {
	text := ""
	for _, d := range s.in(connector.Held) {
		text += fmt.Sprint(d.ID, " ")
	}
	return text
}

// pass lets time go on.
func (s *sim) pass(d time.Duration) { s.turns.sleep(s.ctx, d) }

// settled says whether nothing can move by itself.
func (s *sim) settled() bool {
	for _, state := range []connector.State{connector.Waiting, connector.Sending, connector.InDoubt} {
		if len(s.in(state)) > 0 {
			return false
		}
	}
	return len(s.untold()) == 0
}

// again says that a telling which failed is surely made again with success, once nothing goes wrong.
func again(fail *connector.Error) bool {
	return fail != nil && (fail.Code == connector.Unavailable || fail.Code == connector.Ambiguous || fail.Code == connector.Throttled)
}

// untold are the Deliveries of which the source has still to hear something, by itself.
func (s *sim) untold() (out []connector.Delivery) {
	for _, state := range []connector.State{connector.Delivered, connector.Unchanged, connector.Held} {
		for _, d := range s.in(state) {
			f, err := s.desk.Flow(s.ctx, d.Flow)
			if err != nil || f.Acknowledge == "off" || d.Life == nil || d.Life.Number == "" || d.Life.Stage == connector.StageRecycled {
				continue
			}
			if d.Told == nil || !d.Told.Begun.IsZero() || d.Told.Err == nil && d.Told.Tidings.Number != d.Life.Number || again(d.Told.Err) {
				out = append(out, d)
			}
		}
	}
	return out
}

// standing names what has not come to rest.
func (s *sim) standing() string {
	text := ""
	for _, state := range []connector.State{connector.Waiting, connector.Sending, connector.InDoubt} {
		for _, d := range s.in(state) {
			text += d.Flow + " " + d.Record.String() + " is " + string(state) + "; "
		}
	}
	for _, d := range s.untold() {
		text += fmt.Sprintf("%s was not told what became of %s: %+v; ", d.Record.Connection, d.Record, d.Told)
	}
	return text
}
