package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	connector "ml-connector"
)

// chainHash is the hash that an Entry must carry after the Entry with hash prev ("" before the first): SHA-256 over
// prev, a line break, and the Entry's JSON without its own hash, keys in the order below, time in RFC 3339
// with microseconds.
func chainHash(e connector.Entry, prev string) string {
	text, err := json.Marshal(struct {
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
		panic("an Entry cannot be written as JSON: " + err.Error())
	}
	sum := sha256.Sum256(append([]byte(prev+"\n"), text...))
	return hex.EncodeToString(sum[:])
}
