package simulation

import "time"

// strike says whether this point of a process's way is where it is killed, and kills it there. It may also be stalled there, as
// by SIGSTOP. Points that were seldom passed are the likelier.
func (s *sim) strike(p *process, point string) (killed bool) {
	if p == nil || p.dead {
		return false
	}
	s.points[point]++
	if s.calm {
		return false
	}
	rarity := 1 / float64(s.points[point])
	if s.chance.Float64() < s.profile.Kills*rarity {
		s.count("kill " + point)
		p.kill(point)
		return true
	}
	if s.chance.Float64() < s.profile.Stalls*rarity {
		d := time.Duration(2+s.chance.IntN(20)) * time.Second
		if s.chance.IntN(5) == 0 {
			d += s.profile.Overlap // what it read is not read again by anybody
		}
		s.stall(p, d, point)
	}
	return false
}

// stall lets a process stand still.
func (s *sim) stall(p *process, d time.Duration, point string) {
	p.stalled = s.turns.now.Add(d)
	p.woke = p.stalled
	s.count("stalls")
	s.tell("%s: stalled for %s %s", p.owner, d, point)
}

// stallWriter lets a process stand still, now and then, until its lease is over while a write of its has no answer yet: others take
// over what it will want to settle.
func (s *sim) stallWriter(p *process, op string) {
	if !s.calm && s.chance.Float64() < 2*s.profile.Stalls {
		s.stall(p, time.Duration(6+s.chance.IntN(15))*time.Second, "while "+op+" is under way")
	}
}

// fault lets a moment of trouble begin: at a System, on the way to it, at the database, or at a process.
func (s *sim) trouble() {
	for !s.calm {
		s.turns.sleep(s.ctx, time.Duration(1+s.chance.IntN(int(s.profile.Trouble/time.Second)))*time.Second)
		if s.calm || s.ctx.Err() != nil {
			return
		}
		to := s.sides[[]string{erp, s2p}[s.chance.IntN(2)]]
		lasting := time.Duration(5+s.chance.IntN(90)) * time.Second
		switch n := s.chance.IntN(20); {
		case n < 2:
			s.count("system down")
			s.tell("world: %s is down for %s", to.name, lasting)
			to.down = s.turns.now.Add(lasting)
		case n < 3:
			s.count("system slow")
			s.tell("world: %s is slow for %s", to.name, lasting)
			to.slow = s.turns.now.Add(lasting)
		case n < 4:
			s.count("database full")
			s.tell("world: the disk is full for %s", lasting/4)
			s.full = s.turns.now.Add(lasting / 4)
		case n < 6:
			s.stopOne()
		default:
			s.disturb(to)
		}
	}
}

// stopOne tells a process to stop.
func (s *sim) stopOne() {
	p := s.places[s.chance.IntN(len(s.places))].process
	if p != nil && p.alive() && !p.stopped {
		p.stop()
	}
}

// latest is the later of two times.
func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// keepUp starts processes again that ended, each in its place, after a while.
func (s *sim) keepUp(at *place) {
	for !s.over {
		s.turns.sleep(s.ctx, time.Second)
		if s.ctx.Err() != nil || s.over {
			return
		}
		p := at.process
		if p != nil && p.stopped && !p.dead && p.actors > 0 && s.turns.now.Sub(latest(at.seen, p.woke)) > 12*time.Second {
			p.kill("because it does not stop")
			s.violate("I28", "%s is not gone 12 s after it was told to stop: %s", p.owner, s.turns.waiting())
		}
		if p != nil && p.alive() {
			if !p.stopped {
				at.seen = s.turns.now
			}
			continue
		}
		if !s.calm {
			s.turns.sleep(s.ctx, time.Duration(s.chance.IntN(20))*time.Second)
		}
		next, err := s.start(at.name, at.skew)
		if err != nil {
			s.violate("", "a process does not start: %v", err)
			return
		}
		at.process, at.seen = next, s.turns.now
	}
}
