package simulation

import (
	"context"
	"fmt"
	"time"

	connector "ml-connector"
)

// fate is what the network does to one call.
type fate int

const (
	arrives fate = iota
	refused      // nothing was sent
	reset        // cut after it was sent and before it had its effect
	lost         // it had its effect, the answer never came
	hole         // nothing comes back; it never arrived
	late         // it had its effect, the answer came after the time-out
)

var fates = []string{"arrives", "refused", "reset", "answer lost", "black hole", "answer too late"}

// wire is what one process has of the network towards one Connection.
type wire struct {
	p    *process // nil: nobody's, undisturbed and not part of the story
	side *side
}

var _ connector.Caller = wire{}

// timeout is that of a call that says nothing itself.
const timeout = time.Minute

// Call makes one call: it may be held up, lost, and the process killed or stalled, before it arrives, after its effect and
// after its answer.
func (w wire) Call(ctx context.Context, q connector.Request) (*connector.Response, error) {
	if w.p == nil {
		return w.plain(ctx, q)
	}
	s := w.p.sim
	x := connector.Exchange{ID: s.exchangeID(), Connection: w.side.name, Op: q.Op, Method: q.Method, URL: q.URL, RequestHeader: q.Header, RequestBody: q.Body, Started: w.p.now()}
	trace := connector.TraceOf(ctx)
	x.Run, x.Delivery = trace.Run, trace.Delivery
	if q.Timeout <= 0 {
		q.Timeout = timeout
	}
	resp, err := w.exchange(ctx, q, &x)
	x.Took = w.p.now().Sub(x.Started)
	if err != nil {
		x.Failure = err.Message
		err.Op, err.Exchange = q.Op, x.ID
	} else {
		x.Status, x.ResponseHeader, x.ResponseBody = resp.Status, resp.Header, resp.Body
		resp.Exchange, resp.Took = x.ID, x.Took
	}
	if trace.Keep != nil {
		trace.Keep(x)
	}
	s.witness.answered(w, q, x, err)
	if w.p.dead {
		return nil, killed()
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

func (w wire) exchange(ctx context.Context, q connector.Request, x *connector.Exchange) (*connector.Response, *connector.Error) {
	s, t := w.p.sim, w.p.sim.turns
	if w.p.dead {
		return nil, killed()
	}
	if ctx.Err() != nil {
		return nil, unavailable("stopped before it was sent")
	}
	f := s.fate(w.side, q)
	checked := t.now // the lease, where it writes
	t.sleep(ctx, s.delay(w.side))
	if s.strike(w.p, "before send of "+q.Op) || w.p.dead {
		return nil, killed()
	}
	if q.Write && w.p.woke.After(checked) && !w.p.woke.After(t.now) {
		// It stood still between its last look at the lease and its first byte. What it would do now no program can prevent, and
		// only the target's own key makes it harmless (docs/reliability.md).
		s.count("stood still before the first byte")
		return nil, w.broken(q, "the connection was reset", true)
	}
	if ctx.Err() != nil {
		return nil, w.broken(q, "stopped", false)
	}
	if f != arrives {
		s.count("network: " + fates[f])
		s.tell("%s: %s at %s: %s", w.p.owner, q.Op, w.side.name, fates[f])
	}
	switch f {
	case refused:
		return nil, unavailable("connection refused")
	case reset:
		return nil, w.broken(q, "the connection was reset", true)
	case hole:
		t.sleep(ctx, q.Timeout)
		return nil, w.broken(q, "no answer in time", true)
	}
	s.witness.sending(w, q, x)
	got := ask(ctx, w.side.handler, q)
	if s.strike(w.p, "after effect of "+q.Op) {
		return nil, killed()
	}
	if q.Write {
		s.stallWriter(w.p, q.Op)
	}
	t.sleep(ctx, s.delay(w.side))
	if s.strike(w.p, "after answer of "+q.Op) || w.p.dead {
		return nil, killed()
	}
	switch {
	case f == late:
		t.sleep(ctx, q.Timeout)
		return nil, w.broken(q, "no answer in time", true)
	case f == lost:
		return nil, w.broken(q, "the connection was cut before the answer was whole", true)
	case ctx.Err() != nil:
		return nil, w.broken(q, "stopped while calling", true)
	case !got.whole:
		s.count("network: answer not whole")
		return nil, w.broken(q, "the connection was cut before the answer was whole", true)
	}
	return &connector.Response{Status: got.status, Header: flat(got.header), Body: got.body.Bytes()}, nil
}

// plain is a call without a network between.
func (w wire) plain(ctx context.Context, q connector.Request) (*connector.Response, error) {
	got := ask(ctx, w.side.handler, q)
	if !got.whole {
		return nil, unavailable("the connection was cut")
	}
	return &connector.Response{Status: got.status, Header: flat(got.header), Body: got.body.Bytes()}, nil
}

func unavailable(message string) *connector.Error {
	return connector.Errorf(connector.Unavailable, "", "%s", message).Advise("Try again later.")
}

// broken judges a call without a whole answer as wire does: a write that may have arrived is ambiguous.
func (wire) broken(q connector.Request, message string, sent bool) *connector.Error {
	if q.Write && sent {
		return connector.Errorf(connector.Ambiguous, "", "%s, after the request had gone out: it may have been done", message).Advise("Nothing is sent again before it has been looked up.")
	}
	return unavailable(message)
}

// fate draws what happens to a call.
func (s *sim) fate(to *side, q connector.Request) fate {
	if to.down.After(s.turns.now) {
		if s.net.IntN(3) == 0 && !q.Write {
			return hole
		}
		return refused
	}
	p := s.profile.Network
	unlucky := p > 0 && isTelling(q) // most are made when all else is calm; they are told again until they are heard
	if unlucky {
		p = 0.3
	}
	if (!s.calm || unlucky) && !s.unwinding && s.net.Float64() < p {
		if q.Op == "token" {
			return fate(1 + s.net.IntN(2)) // others wait for it: no need to wait long
		}
		return []fate{refused, reset, lost, lost, lost, hole, late}[s.net.IntN(7)]
	}
	return arrives
}

// delay is how long one way takes.
func (s *sim) delay(to *side) time.Duration {
	most := 20 * time.Millisecond
	if to.slow.After(s.turns.now) {
		most = 20 * time.Second
	}
	return time.Duration(s.net.Int64N(int64(most)))
}

func (s *sim) exchangeID() string {
	s.exchanges++
	return fmt.Sprintf("%016x", s.exchanges)
}
