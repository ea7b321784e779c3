package app

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"

	connector "ml-connector"
	"ml-connector/app/config"
)

// Export writes Connections, Flows and Crosswalks as a configuration file, without secrets.
func (a *App) Export(ctx context.Context, w io.Writer) error {
	e, err := a.exported(ctx)
	if err != nil {
		return err
	}
	return config.Write(w, e)
}

// ExportTo writes the same into a folder as ml-connector.yaml, with the files that it names beside it. Files that are
// there already are refused, not overwritten. It returns the paths that it wrote.
func (a *App) ExportTo(ctx context.Context, dir string) ([]string, error) {
	e, err := a.exported(ctx)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	var text bytes.Buffer
	if err := config.Write(&text, e); err != nil {
		return nil, err
	}
	names := []string{config.DefaultPath}
	files[config.DefaultPath] = text.Bytes()
	for _, f := range e.Flows {
		if shipped, _ := a.shippedText(f.Use); f.Use == "" || shipped != f.Mapping {
			names = append(names, config.MappingFile(f))
			files[config.MappingFile(f)] = []byte(f.Mapping)
		}
	}
	for _, x := range e.Crosswalks {
		var rows bytes.Buffer
		if err := a.ExportCrosswalk(ctx, x, &rows); err != nil {
			return nil, err
		}
		names = append(names, x+".csv")
		files[x+".csv"] = rows.Bytes()
	}
	const op = "export"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, connector.Errorf(connector.Invalid, op, "the folder %s can't be made", dir).Because(err)
	}
	var written []string
	for _, name := range names {
		path := filepath.Join(dir, name)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			_, err = f.Write(files[name])
			if closed := f.Close(); err == nil {
				err = closed
			}
		}
		if err != nil {
			return written, connector.Errorf(connector.Invalid, op, "%s can't be written", path).Because(err).
				Advise("Export into an empty folder.")
		}
		written = append(written, path)
	}
	return written, nil
}

func (a *App) exported(ctx context.Context) (config.Exported, error) {
	e := config.Exported{Process: a.Process, Shipped: a.shippedText}
	connections, err := a.DB.Connections(ctx)
	if err != nil {
		return e, err
	}
	for _, c := range connections {
		secrets, err := a.DB.Secrets(ctx, c.Name)
		if err != nil {
			return e, err
		}
		x := config.ExportedConnection{Connection: c}
		for _, s := range secrets {
			x.Secrets = append(x.Secrets, s.Name)
		}
		e.Connections = append(e.Connections, x)
	}
	if e.Flows, err = a.DB.Flows(ctx); err != nil {
		return e, err
	}
	crosswalks, err := a.DB.Crosswalks(ctx)
	for _, x := range crosswalks {
		e.Crosswalks = append(e.Crosswalks, x.Name)
	}
	if err != nil {
		return e, err
	}
	e.Alerts, err = a.exportedAlerts(ctx)
	return e, err
}

func (a *App) shippedText(name string) (text string, ok bool) {
	for _, f := range a.Shipped {
		if f.Name == name {
			return string(f.Text), true
		}
	}
	return "", false
}
