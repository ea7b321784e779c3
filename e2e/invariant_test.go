package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"ml-connector/invariant"
	"ml-connector/invariant/sides"
	"ml-connector/store"
)

// settled fails unless every invariant holds of an installation at rest: in the database, and between it and what both
// simulators hold.
func (r *rig) settled() {
	r.t.Helper()
	broken, err := r.broken()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, v := range broken {
		r.t.Error(v)
	}
}

func (r *rig) broken() ([]invariant.Violation, error) {
	db, err := store.Open(r.t.Context(), "sqlite:"+filepath.Join(r.dir, "ml-connector.db"), time.Now)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	return invariant.Settled(r.t.Context(), db, sides.PeopleSoft("erp", r.site.Company, r.site.PeopleSoft, time.Now), sides.Jaggaer("s2p", r.site.Company, r.site.Jaggaer))
}

// TestAfterSyncBothSidesHoldTheSame reads the whole sample company, holds both sides against each other by what they say
// themselves, and sees an edit behind the connector's back.
func TestAfterSyncBothSidesHoldTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	for range 2 {
		r.sync()
		r.settled()
	}
	order := r.site.PeopleSoft.Orders()[0]
	if err := r.site.PeopleSoft.EditOrder(order.Get("BUSINESS_UNIT"), order.Get("PO_ID"), map[string]string{"CURRENCY_CD": "EUR"}); err != nil {
		t.Fatal(err)
	}
	broken, err := r.broken()
	if err != nil || len(broken) != 1 || broken[0].Item != "I10" {
		t.Errorf("after an edit: %q (%v), expected one difference in the currency", broken, err)
	}
}
