package app

import (
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

func TestSkipAllPassesOverWhatChangedMeanwhile(t *testing.T) {
	t.Parallel()
	b := filled(t)
	ctx, by := t.Context(), people.Local("cli:jdoe")
	var held []int64
	if err := b.EachDelivery(ctx, store.DeliveryFilter{State: connector.Held}, func(d Delivery) error { held = append(held, d.ID); return nil }); err != nil || len(held) < 2 {
		t.Fatalf("%v, %v", held, err)
	}
	if n, err := b.SkipAll(ctx, held[:1], "first", by); n != 1 || err != nil {
		t.Fatal(err)
	}
	if n, err := b.SkipAll(ctx, held, strings.Repeat("x", mostOfReason+1), by); n != 0 || connector.CodeOf(err) != connector.Invalid {
		t.Errorf("a reason that is too long: %d, %v", n, err)
	}
	if n, err := b.SkipAll(ctx, held, "", by); n != 0 || connector.CodeOf(err) != connector.Invalid {
		t.Errorf("without a reason: %d, %v", n, err)
	}
	if n, err := b.SkipAll(ctx, held, "all of it", by); n != len(held)-1 || err != nil {
		t.Errorf("%d of %d were skipped, %v", n, len(held), err)
	}
	if _, err := b.Replay(ctx, ReplayOptions{IDs: append(held, held[0])}, by); err != nil {
		t.Errorf("replayed: %v", err)
	}
	done, err := b.Replay(ctx, ReplayOptions{IDs: held, Still: true}, by)
	if err != nil || done.Passed != len(held) {
		t.Errorf("replayed once more: %+v, %v", done, err)
	}
}

func TestARunThatIsAskedForWaitsForTheEngine(t *testing.T) {
	t.Parallel()
	b := filled(t)
	if err := b.AskRun(t.Context(), "nothing", people.Local("cli:jdoe")); connector.CodeOf(err) != connector.NotFound {
		t.Errorf("a flow that is not there: %v", err)
	}
	if err := b.AskRun(t.Context(), "things", people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	open, err := b.DB.OpenRunRequests(t.Context())
	if err != nil || len(open) != 1 {
		t.Errorf("%v, %v", open, err)
	}
}
