package app

import (
	"context"

	"ml-connector/engine"
	"ml-connector/people"
)

// Kept says how long something is kept.
type Kept struct {
	What string `json:"what"`
	For  string `json:"for"`
}

// Settings is how this installation is set up, for who may see it.
type Settings struct {
	Database string       `json:"database"` // SQLite or PostgreSQL; where it is belongs to the machine
	Tables   int64        `json:"tables"`   // their version
	URL      string       `json:"url"`
	Key      string       `json:"key"` // where it is, as the configuration names it
	Keys     []Key        `json:"keys"`
	Ledger   *LedgerState `json:"ledger"` // as it was when it was looked at last
	Kept     []Kept       `json:"kept"`
}

// Settings shows how this installation is set up.
func (a *App) Settings(ctx context.Context, by people.Actor) (Settings, error) {
	if err := by.May(people.ReadSettings); err != nil {
		return Settings{}, err
	}
	out := Settings{Database: "PostgreSQL", URL: a.Process.PublicURL(), Key: a.Process.Key, Kept: []Kept{
		{"What systems were sent and answered", roundTime(engine.Retention)},
		{"Alerts and their messages", roundTime(keptAlerts)},
		{"Records, their versions, deliveries and runs", "always"},
		{"The ledger", "always; nothing in it is changed or removed"},
	}}
	if a.DB.IsSQLite() {
		out.Database = "SQLite"
	}
	var err error
	if out.Tables, err = a.DB.SchemaVersion(ctx); err != nil {
		return out, err
	}
	if out.Ledger, err = a.LastVerified(ctx); err != nil {
		return out, err
	}
	out.Keys, err = a.keyList(ctx)
	return out, err
}
