package connector

import "time"

// Entry is one line of the ledger. Details hold ids, field names, hashes, codes and amounts, never personal text.
type Entry struct {
	Number   int64             `json:"number"`
	Time     time.Time         `json:"time"`
	Actor    string            `json:"actor"` // "engine", a Connection that pushed, or a person: "cli:jdoe", "user:jdoe", "token:jdoe/nightly"
	Action   string            `json:"action"`
	Subject  string            `json:"subject"` // CONNECTION:KIND:ID, flow:NAME, connection:NAME, …
	Run      int64             `json:"run"`
	Delivery int64             `json:"delivery"`
	Exchange string            `json:"exchange"`
	Details  map[string]string `json:"details"`
	Hash     string            `json:"hash"`
}
