package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	connector "ml-connector"
)

//go:embed schema/*.sql
var schema embed.FS

// migrate brings the tables up to date, forward only. Several processes may start at once.
func (db *DB) migrate(ctx context.Context) error {
	const op = "bring the database up to date"
	files, err := fs.Sub(schema, "schema")
	if err != nil {
		return db.dialect.fail(op, err)
	}
	files = translated{files, db.dialect}
	options := []goose.ProviderOption{goose.WithTableName("schema_version"), goose.WithDisableGlobalRegistry(true)}
	if !db.dialect.sqlite {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return db.dialect.fail(op, err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(db.dialect.goose(), db.write.db, files, options...)
	if err != nil {
		return db.dialect.fail(op, err)
	}
	var have, want int64
	for tries := 0; ; tries++ {
		if have, want, err = provider.GetVersions(ctx); err == nil && have < want {
			_, err = provider.Up(ctx)
		}
		// On SQLite another process may have done it in the same moment.
		if err == nil || tries == 3 || !db.dialect.sqlite {
			break
		}
	}
	if err != nil {
		return db.dialect.fail(op, err)
	}
	if have > want {
		return connector.Errorf(connector.Misconfigured, op, "the database has version %d, and this program knows up to %d", have, want).
			Advise("Start the newer version of ml-connector that this database was last used with, or restore a backup from before.")
	}
	return nil
}

// SchemaVersion is the number of the last step that the tables have taken.
func (db *DB) SchemaVersion(ctx context.Context) (int64, error) {
	var version int64
	_, err := one(db.view(ctx), "read the version of the tables", "SELECT COALESCE(MAX(version_id), 0) FROM schema_version", nil, &version)
	return version, err
}

// TableCounts counts the rows of every table.
func (db *DB) TableCounts(ctx context.Context) (map[string]int64, error) {
	const op = "count rows"
	query := "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
	if db.dialect.sqlite {
		query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
	}
	out := map[string]int64{}
	if err := each(db.view(ctx), op, query, nil, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		out[name] = 0
		return err
	}); err != nil {
		return nil, err
	}
	for name := range out {
		var n int64
		if _, err := one(db.view(ctx), op, `SELECT COUNT(*) FROM "`+name+`"`, nil, &n); err != nil { // the name is the database's own
			return nil, err
		}
		out[name] = n
	}
	return out, nil
}

// translated are the schema files in the words of a dialect.
type translated struct {
	fs.FS
	dialect dialect
}

// Open gives a file of SQL translated, others as they are.
func (t translated) Open(name string) (fs.File, error) {
	f, err := t.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return translatedFile{f, strings.NewReader(t.dialect.table(string(text)))}, nil
}

type translatedFile struct {
	fs.File
	text *strings.Reader
}

// Read gives the translated text.
func (f translatedFile) Read(p []byte) (int, error) { return f.text.Read(p) }
