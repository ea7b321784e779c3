package app

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"ml-connector/store"
)

// needsMemo keeps what needs a person as it was worked out last. It is true for as long as the ledger has no further Entry, since
// each change of a Delivery leaves one (I5), and for a minute at most, since what is blocked comes of age.
type needsMemo struct {
	mu    sync.Mutex
	until string
	pages map[string]NeedsPage // by how many rows of each cause, and whose
	rows  []store.NeedRow
}

// at forgets what is no longer true.
func (m *needsMemo) at(until string) {
	if m.until != until {
		m.until, m.pages, m.rows = until, map[string]NeedsPage{}, nil
	}
}

// mostRemembered is how many different pages are kept: one a person who asks for theirs.
const mostRemembered = 16

// needsAsOf is another text each time that something may have changed.
func (a *App) needsAsOf(ctx context.Context) (string, error) {
	end, err := a.LedgerEnd(ctx)
	return fmt.Sprint(end, " ", a.Now().Truncate(time.Minute).Unix()), err
}

// needRows is store.NeedsPerson, as it was counted last if nothing has happened since.
func (a *App) needRows(ctx context.Context) ([]store.NeedRow, error) {
	as, err := a.needsAsOf(ctx)
	if err != nil {
		return nil, err
	}
	m := &a.needed
	m.mu.Lock()
	defer m.mu.Unlock() // whoever asks meanwhile waits for the same
	if m.at(as); m.rows == nil {
		if m.rows, err = a.DB.NeedsPerson(ctx); err != nil {
			return nil, err
		}
		m.rows = slices.Concat([]store.NeedRow{}, m.rows)
	}
	return m.rows, nil
}

// Needs groups what needs a person, the most money first, then the most Deliveries. Each Cause shows at most rows of them. With
// person, only what that one sees to.
func (a *App) Needs(ctx context.Context, rows int, person string) (NeedsPage, error) {
	as, err := a.needsAsOf(ctx)
	if err != nil {
		return NeedsPage{}, err
	}
	key := fmt.Sprint(rows, " ", person)
	m := &a.needed
	m.mu.Lock()
	m.at(as)
	known, found := m.pages[key]
	m.mu.Unlock()
	if found {
		return known.copy(), nil
	}
	out, err := a.gatherNeeds(ctx, rows, person)
	if err != nil {
		return out, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.until == as && len(m.pages) < mostRemembered {
		m.pages[key] = out.copy()
	}
	return out, nil
}

// copy is for one who may reorder or cut what it shows.
func (p NeedsPage) copy() NeedsPage {
	p.Causes = slices.Clone(p.Causes)
	return p
}
