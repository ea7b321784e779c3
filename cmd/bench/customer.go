package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/engine"
	"ml-connector/people"
)

// learned is how many different orders a crowd is made of.
const learned = 150

// place is a folder with a configuration and a key, and a database that has suppliers and accounts across.
type place struct {
	dir      string
	database string // URL
	template string // name of the database that rounds copy, on PostgreSQL
}

// setting is how the program is set up in a place.
type setting struct {
	concurrency int
	schedule    string // of the orders; all other Flows are disabled
	overlap     string // "" = half a minute
}

var flowLine = regexp.MustCompile(`(?m)^(  [a-z-]+: \{from: .*?schedule: )"[^"]*"(.*)\}$`)

// configuration is the customer's with the settings of one benchmark.
func (s setting) configuration(text string) string {
	overlap := s.overlap
	if overlap == "" {
		overlap = "30s"
	}
	text = strings.ReplaceAll(text, "overlap: 30s", fmt.Sprintf("concurrency: %d, overlap: %s", s.concurrency, overlap))
	return flowLine.ReplaceAllStringFunc(text, func(line string) string {
		found := flowLine.FindStringSubmatch(line)
		if !strings.HasPrefix(strings.TrimSpace(line), orders+":") {
			return found[1] + `"@daily"` + found[2] + ", enabled: false}"
		}
		return fmt.Sprintf("%s%q%s}", found[1], s.schedule, found[2])
	})
}

// place makes one. Without a database it is a SQLite file in the folder, copied from the bench's own; else suppliers and
// accounts are brought across first.
func (b *bench) place(ctx context.Context, s setting, database string) (place, error) {
	dir, err := os.MkdirTemp(b.dir, "place-")
	if err != nil {
		return place{}, err
	}
	names := []string{"ml-connector.yaml", "master.key"}
	if database == "" {
		names = append(names, "ml-connector.db")
	}
	if err := copyFiles(dir, b.template, names...); err != nil {
		return place{}, err
	}
	for _, folder := range []string{"secrets", "crosswalks"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(b.template, folder))); err != nil {
			return place{}, err
		}
	}
	p := place{dir: dir, database: database}
	if database == "" {
		p.database = "sqlite:" + filepath.Join(dir, "ml-connector.db")
	} else if err := b.bringMasters(ctx, p); err != nil {
		return place{}, err
	}
	text, err := os.ReadFile(p.file())
	if err != nil {
		return place{}, err
	}
	if err := os.WriteFile(p.file(), []byte(s.configuration(string(text))), 0o600); err != nil {
		return place{}, err
	}
	return p, p.apply(ctx)
}

func copyFiles(to, from string, names ...string) error {
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), text, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p place) file() string { return filepath.Join(p.dir, "ml-connector.yaml") }

// with opens the App on the place's database.
func (p place) with(ctx context.Context, progress func(engine.Progress), do func(*app.App, *config.File) error) error {
	file, err := config.Read(p.file(), appConfig(config.Process{}).Known(true))
	if err != nil {
		return err
	}
	c := appConfig(file.Process)
	c.Process.Database, c.Progress = p.database, progress
	a, err := app.Open(ctx, c)
	if err != nil {
		return err
	}
	err = do(a, file)
	if closed := a.Close(); err == nil {
		err = closed
	}
	return err
}

// apply applies the place's file and checks both Connections.
func (p place) apply(ctx context.Context) error {
	return p.with(ctx, nil, func(a *app.App, file *config.File) error {
		if _, err := a.Apply(ctx, file, app.ApplyOptions{}, people.Local("bench")); err != nil {
			return err
		}
		_, err := a.Ping(ctx, nil, people.Local("bench"))
		return err
	})
}

func (b *bench) bringMasters(ctx context.Context, p place) error {
	if err := p.apply(ctx); err != nil {
		return err
	}
	return p.with(ctx, nil, func(a *app.App, _ *config.File) error {
		_, err := a.Sync(ctx, app.SyncOptions{Flows: masters(), Wait: time.Minute}, people.Local("bench"))
		return err
	})
}

func masters() []string {
	return []string{"gl-accounts", "suppliers-to-peoplesoft", "suppliers-to-jaggaer"}
}

// accept reads all orders of a crowd and stops before the first is delivered: they all wait.
func (p place) accept(ctx context.Context, c *crowd) error {
	c.mute.Store(true)
	defer c.mute.Store(false)
	n := c.n
	reading, stop := context.WithCancel(ctx)
	defer stop()
	return p.with(ctx, func(g engine.Progress) {
		if g.Read >= n {
			stop()
		}
	}, func(a *app.App, _ *config.File) error {
		_, err := a.Sync(reading, app.SyncOptions{Flows: []string{orders}, Wait: time.Minute}, people.Local("bench"))
		if err != nil && reading.Err() == nil {
			return err
		}
		counts, err := a.DB.StateCounts(ctx, orders, time.Time{})
		if err == nil && counts.Waiting != n {
			err = fmt.Errorf("of %d orders %d wait: %+v", n, counts.Waiting, counts)
		}
		return err
	})
}

var errSlow = errors.New("not all orders arrived in time")

// settled waits until the database has all orders delivered.
func (p place) settled(ctx context.Context, n int, wait time.Duration) error {
	return p.with(ctx, nil, func(a *app.App, _ *config.File) error {
		for until := time.Now().Add(wait); ; {
			counts, err := a.DB.StateCounts(ctx, orders, time.Time{})
			if err != nil || counts.Delivered == n {
				return err
			}
			if time.Now().After(until) {
				return fmt.Errorf("%w: %+v of %d", errSlow, counts, n)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
}
