package simulation

import (
	"fmt"
	"strings"

	connector "ml-connector"
	"ml-connector/store"
)

// concerned are the records that the violations are about, each once, at most three.
func (s *sim) concerned() []connector.Record {
	var out []connector.Record
	seen := map[connector.Record]bool{{}: true}
	for _, v := range s.broken {
		if !seen[v.record] && len(out) < 3 {
			seen[v.record] = true
			out = append(out, v.record)
		}
	}
	return out
}

// storyOf tells what happened to one record: its Deliveries, and, in the order of time, its Entries and the calls made for it.
func (s *sim) storyOf(r connector.Record) {
	s.story = append(s.story, "", "The story of "+r.String())
	if row, err := s.desk.RecordByID(s.ctx, r); err == nil && row != nil {
		versions, _ := s.desk.Versions(s.ctx, row.Key) // what can't be read is missing in the story, no more
		for _, v := range versions {
			s.story = append(s.story, fmt.Sprintf("%s version %d read, stamp %s: %.200s", v.SeenAt.Format(clockForm), v.N, v.Stamp, v.Document.Canonical()))
		}
	}
	ds, _ := s.desk.Deliveries(s.ctx, store.DeliveryFilter{Record: r})
	for _, d := range ds {
		s.story = append(s.story, fmt.Sprintf("%s delivery %d of %s, version %d, is %s after %d attempts; target %s; %v", d.CreatedAt.Format(clockForm), d.ID, d.Flow, d.Version, d.State, d.Attempts, d.Target.ID, d.Err))
	}
	entries, _ := s.desk.Entries(s.ctx, store.EntryFilter{Subject: r.String()})
	for _, e := range entries {
		s.story = append(s.story, fmt.Sprintf("%s %s %s, delivery %d, run %d: %v", e.Time.Format(clockForm), e.Actor, e.Action, e.Delivery, e.Run, e.Details))
	}
	for _, d := range ds {
		of, _ := s.desk.ExchangesOfRun(s.ctx, d.Run)
		for _, x := range of {
			if strings.Contains(x.URL, r.ID) && x.Delivery == 0 {
				s.story = append(s.story, fmt.Sprintf("%s call of run %d: %s %s %s → %d %s: %.300s", x.Started.Format(clockForm), d.Run, x.Op, x.Method, x.URL, x.Status, x.Failure, x.ResponseBody))
			}
		}
		xs, _ := s.desk.ExchangesOf(s.ctx, d.ID)
		for _, x := range xs {
			s.story = append(s.story, fmt.Sprintf("%s call for delivery %d: %s %s %s → %d %s: %.300s", x.Started.Format(clockForm), d.ID, x.Op, x.Method, x.URL, x.Status, x.Failure, x.ResponseBody))
		}
	}
}

// clockForm is how a story tells the time.
const clockForm = "15:04:05.000000"
