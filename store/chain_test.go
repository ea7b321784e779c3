package store

import (
	"testing"
	"time"

	connector "ml-connector"
)

func TestChainHashIsAsWritten(t *testing.T) {
	t.Parallel()
	e := connector.Entry{Number: 2, Time: time.Date(2026, 3, 1, 8, 12, 33, 123456789, time.FixedZone("", 3600)), Actor: "cli:jdoe", Action: "hold",
		Subject: "erp:supplier:SHARE/1", Run: 3, Delivery: 4, Exchange: "ab", Details: map[string]string{"code": "invalid", "amount": "12.50"}}
	// printf 'prev\n{"number":2,"time":"2026-03-01T07:12:33.123456Z","actor":…,"details":{"amount":"12.50","code":"invalid"}}' | sha256sum
	const want = "526810f9db0c5facda68596a732a4e24530f3f43a4f7c63f36eab6958f4c5096"
	if got := chainHash(e, "prev"); got != want {
		t.Errorf("got %s", got)
	}
}

func TestChainHashCoversEveryField(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	base := connector.Entry{Number: 1, Time: at}
	same := connector.Entry{Number: 1, Time: at.In(time.FixedZone("", 7200)), Hash: "its own"}
	if chainHash(same, "p") != chainHash(base, "p") {
		t.Error("the zone in which a time is written, or the Entry's own hash, changed its hash")
	}
	seen := map[string]string{chainHash(base, "p"): "the Entry as it was"}
	for name, e := range map[string]connector.Entry{
		"another number": {Number: 2, Time: at}, "another time": {Number: 1, Time: at.Add(time.Microsecond)}, "another actor": {Number: 1, Time: at, Actor: "x"},
		"another action": {Number: 1, Time: at, Action: "x"}, "another subject": {Number: 1, Time: at, Subject: "x"}, "another Run": {Number: 1, Time: at, Run: 1},
		"another Delivery": {Number: 1, Time: at, Delivery: 1}, "another Exchange": {Number: 1, Time: at, Exchange: "x"}, "other details": {Number: 1, Time: at, Details: map[string]string{"a": "b"}},
	} {
		h := chainHash(e, "p")
		if other, ok := seen[h]; ok {
			t.Errorf("%s has the hash of %s", name, other)
		}
		seen[h] = name
	}
	if chainHash(base, "p") == chainHash(base, "q") {
		t.Error("the hash does not depend on the Entry before")
	}
}
