package invariant

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	connector "ml-connector"
	"ml-connector/store"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// Quick checks what a commit leaves in the store by the few queries that cost least: counts, states, epochs, order.
func Quick(ctx context.Context, db *store.DB) ([]Violation, error) {
	found, err := db.BrokenStates(ctx)
	return violations(found), err
}

// Check checks everything that must hold after every commit: in the store, and where sides are given between it and what
// they hold. While an engine runs, sides may be ahead of the store only in what its Deliveries are known to have sent.
func Check(ctx context.Context, db *store.DB, sides ...Side) ([]Violation, error) {
	written := map[string]map[connector.Kind][]Write{} // first: what is written later is begun later
	for _, s := range sides {
		written[s.Connection()] = map[connector.Kind][]Write{}
		for _, k := range connector.Kinds() {
			written[s.Connection()][k] = s.Writes(k)
		}
	}
	out, err := Quick(ctx, db)
	if err != nil {
		return nil, err
	}
	found, err := db.BrokenHistory(ctx)
	if err != nil {
		return nil, err
	}
	out = append(out, violations(found)...)
	ledger, err := db.VerifyEntries(ctx)
	if err != nil {
		return nil, err
	}
	if !ledger.OK {
		out = append(out, Violation{Item: "I17", Text: fmt.Sprintf("the ledger is broken at entry %d: %s", ledger.BrokenAt, ledger.Reason)})
	}
	if len(sides) == 0 {
		return out, nil
	}
	w, err := look(ctx, db, sides)
	if err != nil {
		return nil, err
	}
	return append(out, sorted(w.check(written))...), nil
}

// Settled checks, besides [Check], an installation in which nothing has changed for so long that everything should have
// been read and delivered.
func Settled(ctx context.Context, db *store.DB, sides ...Side) ([]Violation, error) {
	out, err := Check(ctx, db, sides...)
	if err != nil {
		return nil, err
	}
	w, err := look(ctx, db, sides)
	if err != nil {
		return nil, err
	}
	return append(out, sorted(w.settled())...), nil
}

// sorted makes the order the same each time.
func sorted(vs []Violation) []Violation {
	slices.SortFunc(vs, func(x, y Violation) int { return strings.Compare(x.String(), y.String()) })
	return vs
}

func violations(found []store.Broken) []Violation {
	var out []Violation
	for _, b := range found {
		out = append(out, Violation(b))
	}
	return out
}
