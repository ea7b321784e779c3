package simulation

import (
	"math/rand/v2"
	"slices"
	"time"

	"ml-connector/sample"
	"ml-connector/store"
)

// withheld is a row of a Crosswalk that nobody has given yet.
type withheld struct {
	crosswalk string
	row       store.CrosswalkRow
}

// gaps says whether rows are missing in a seed, and one in how many. It draws from a stream of its own, so that other seeds stay what
// they are.
func gaps(r *rand.Rand) int {
	if r.IntN(3) > 0 {
		return 0
	}
	return 2 + r.IntN(6)
}

// withhold takes some rows out of a Crosswalk, to be given later.
func (s *sim) withhold(name string, rows []store.CrosswalkRow) (there []store.CrosswalkRow) {
	if s.profile.Gaps == 0 {
		return rows
	}
	for _, r := range rows {
		if s.desks.IntN(s.profile.Gaps) == 0 {
			s.rows = append(s.rows, withheld{name, r})
			continue
		}
		there = append(there, r)
	}
	return there
}

// mapper is who gives the rows that are missing, one by one, and now and then gives one once more.
func (s *sim) mapper() {
	for !s.calm && len(s.rows) > 0 {
		s.turns.sleep(s.ctx, time.Duration(2+s.desks.IntN(25))*time.Second)
		if s.calm || s.ctx.Err() != nil {
			return
		}
		s.giveRow(s.desks.IntN(len(s.rows)))
	}
}

// giveRow gives one row; what waits for it goes on by itself.
func (s *sim) giveRow(n int) bool {
	w := s.rows[n]
	if err := s.desk.CrosswalkTodo(s.ctx, w.crosswalk, func(store.CrosswalkWait) error { s.count("waited for rows of " + w.crosswalk); return nil }); err != nil {
		s.violate("", "what waits for rows can't be read: %v", err)
	}
	if !s.at("give a row", func(tx *store.Tx) error { return tx.SetCrosswalkRow(w.crosswalk, w.row, "mapper") }) {
		return false
	}
	s.rows = slices.Delete(s.rows, n, n+1)
	s.count("rows given")
	s.tell("mapper: %s has %s = %s", w.crosswalk, w.row.Left, w.row.Right)
	return true
}

// giveRows gives all that are left.
func (s *sim) giveRows() (n int) {
	for len(s.rows) > 0 && s.giveRow(0) {
		n++
	}
	return n
}

// checkRows holds that nothing waits for a row that is there.
func (s *sim) checkRows(when string) {
	err := s.desk.CrosswalkTodo(s.ctx, "", func(w store.CrosswalkWait) error {
		of := func(left, right string) bool {
			if w.System == s2pSystem {
				return left == w.Value
			}
			return right == w.Value
		}
		there := slices.ContainsFunc(s.company.Crosswalks[w.Crosswalk], func(r sample.Row) bool { return of(r.Jaggaer, r.PeopleSoft) })
		later := slices.ContainsFunc(s.rows, func(x withheld) bool { return x.crosswalk == w.Crosswalk && of(x.row.Left, x.row.Right) })
		if there && !later {
			s.violateAbout("rest", w.Record, "delivery %d of %s waits for %q in crosswalk %s, %s, and it is there", w.Delivery, w.Flow, w.Value, w.Crosswalk, when)
		}
		return nil
	})
	if err != nil {
		s.violate("", "what waits for rows can't be read: %v", err)
	}
}

// s2pSystem is whose values stand on the left.
const s2pSystem = "jaggaer"
