// Package app is what an operator can do: one function a verb, whoever calls it (a command, a handler, a page).
//
// Each verb checks what it is given, does it in one transaction, and leaves an Entry that names the actor. What verbs
// return are the shapes of SURFACE.md "JSON", so that commands, API and pages show the same of one thing.
//
// It must never speak SQL, HTTP or the language of a terminal, know a vendor, or hand a secret out: secrets go in through
// [App.Apply], [App.AddConnection] and [App.RotateSecrets], and come out only into the Caller of an opened Connection.
//
// It is proved by tables over a real store on SQLite, with invented Systems.
package app

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/engine"
	"ml-connector/flows"
	"ml-connector/signon"
	"ml-connector/store"
	"ml-connector/vault"
	"ml-connector/wire"
)

// Config is what an App is made of.
type Config struct {
	Process  config.Process // database, key and egress; its Database is opened
	Systems  []connector.System
	Shipped  []flows.File                // Flows, in the order in which they run
	Lookup   func(string) (string, bool) // of environment variables
	Now      func() time.Time
	Log      *slog.Logger
	Owner    string                // of the engine's claims: unique among processes
	Progress func(engine.Progress) // of Runs in this process; may be nil
	Observe  Observer              // of calls in this process; may be nil

	Metrics func() ([]byte, error) // of this process, as monitoring gets them; nil where there is no server
}

// App does what an operator asks for. It may be used by many goroutines.
type App struct {
	DB *store.DB
	Config

	mu    sync.Mutex
	vault *vault.Vault // opened when it is first needed

	explains *engine.Engine       // made on first use
	refusals map[string]time.Time // when an Entry told last that a push was refused, by Connection and code

	signOn *signon.Provider // opened when it is first needed
	needed needsMemo

	diagnoses oneLook[Diagnosis]    // of all who ask at once
	verified  oneLook[Verification] // likewise

	logins        throttle
	hashes        places
	refusedLogIns struct { // that left an Entry
		hour time.Time
		all  int
		from map[string]int // by address
	}
}

// Open opens the database. The key is not touched before a secret is.
func Open(ctx context.Context, c Config) (*App, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	db, err := store.Open(ctx, c.Process.Database, c.Now)
	if err != nil {
		return nil, err
	}
	c.Now = db.Now
	return &App{DB: db, Config: c, hashes: make(places, hashing)}, nil
}

// Close closes the database.
func (a *App) Close() error { return a.DB.Close() }

// newEngine makes an engine in this process. On SQLite whoever delivers holds the lock, so no other process can be at it.
func (a *App) newEngine() *engine.Engine {
	return engine.New(engine.Config{DB: a.DB, Open: a.open, Now: a.Now, Jitter: rand.Float64, Owner: a.Owner, Sole: a.DB.IsSQLite(), Log: a.Log, Progress: a.Progress})
}

// Known is what a configuration file may refer to here; with secrets, their values are read.
func (c Config) Known(secrets bool) config.Known {
	return config.Known{Systems: c.Systems, Flows: c.Shipped, Lookup: c.Lookup, Egress: wire.CheckEgress, Secrets: secrets}
}

// system finds a System by its name.
func (a *App) system(name string) (connector.System, error) {
	for _, s := range a.Systems {
		if s.Name() == name {
			return s, nil
		}
	}
	return nil, connector.Errorf(connector.Misconfigured, "find the system "+name, "this program does not know it").
		Advise("It was applied by another version; use that one, or remove the Connection.")
}
