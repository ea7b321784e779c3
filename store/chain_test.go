package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

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

// TestChainTextIsJSON holds the text that is hashed against encoding/json, so that anyone can verify an export.
func TestChainTextIsJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String()
		e := connector.Entry{Number: rapid.Int64().Draw(rt, "number"), Time: time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(rt, "time")), Actor: text.Draw(rt, "actor"), Action: text.Draw(rt, "action"),
			Subject: text.Draw(rt, "subject"), Run: rapid.Int64().Draw(rt, "run"), Exchange: text.Draw(rt, "exchange"), Details: rapid.MapOf(text, text).Draw(rt, "details")}
		if rapid.Bool().Draw(rt, "none") {
			e.Details = nil
		}
		want, err := json.Marshal(struct {
			Number   int64             `json:"number"`
			Time     string            `json:"time"`
			Actor    string            `json:"actor"`
			Action   string            `json:"action"`
			Subject  string            `json:"subject"`
			Run      int64             `json:"run"`
			Delivery int64             `json:"delivery"`
			Exchange string            `json:"exchange"`
			Details  map[string]string `json:"details"`
		}{e.Number, e.Time.UTC().Format("2006-01-02T15:04:05.000000Z"), e.Actor, e.Action, e.Subject, e.Run, e.Delivery, e.Exchange, e.Details})
		if err != nil {
			rt.Fatal(err)
		}
		sum := sha256.Sum256(append([]byte("prev\n"), want...))
		if got := chainHash(e, "prev"); got != hex.EncodeToString(sum[:]) {
			rt.Fatalf("the hash is not over %s", want)
		}
	})
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
