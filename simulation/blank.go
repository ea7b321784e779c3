package simulation

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ml-connector/store"
)

// blank is a database with all tables and no rows, made once: most of what opening one costs is making the tables.
var blank = sync.OnceValues(func() (text []byte, err error) {
	dir, err := os.MkdirTemp("", "ml-connector-simulation-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "blank.db")
	db, err := store.Open(context.Background(), "sqlite:"+path+"?durable=no", func() time.Time { return began })
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
