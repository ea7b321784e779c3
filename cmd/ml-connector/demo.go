package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/cmd/site"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

// demoWait is how long the first synchronisation may take.
const demoWait = 5 * time.Minute

// demo is the product at an invented customer: both simulators, a database of its own, all Flows.
type demo struct {
	site   *site.Site
	path   string // of the configuration
	app    *app.App
	remove func() // of the folder, when it is temporary
}

// openDemo serves the simulators, writes the configuration into a folder and applies it. Without dir the folder is a
// temporary one that close removes. In a hurry, JAGGAER's people order and bill at once, and the voucher batch runs with
// every call, so that one synchronisation shows a requisition on its whole way.
func openDemo(ctx context.Context, dir string, hurry bool, open func(config.Process) (*app.App, error), known config.Known) (*demo, error) {
	d := &demo{remove: func() {}}
	folder, err := d.folder(dir)
	if err != nil {
		return nil, err
	}
	life, pace := peoplesoftsim.DemoLife(), 10*time.Second
	if hurry {
		life.Build, pace = peoplesoftsim.Immediately, time.Millisecond
	}
	d.site, err = site.Open(ctx, site.Options{
		Company: sample.New(1, sample.Default(), time.Now()), Now: time.Now, Seed: 1,
		PeopleSoft: "127.0.0.1:0", Jaggaer: "127.0.0.1:0", Life: life, Pace: pace,
	})
	if err == nil {
		err = d.apply(ctx, folder, open, known)
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *demo) folder(dir string) (string, error) {
	if dir == "" {
		temporary, err := os.MkdirTemp("", "ml-connector-demo-")
		if err != nil {
			return "", connector.Errorf(connector.Invalid, "make a folder for the demonstration", "none can be made").Because(err).Advise("Give one with --dir.")
		}
		d.remove = func() { _ = os.RemoveAll(temporary) } // what is left over is in the system's temporary folder
		return temporary, nil
	}
	if _, err := os.Stat(filepath.Join(dir, "ml-connector.db")); !errors.Is(err, fs.ErrNotExist) {
		return "", connector.Errorf(connector.Invalid, "use the folder "+dir, "it has a database already, whose records the new simulators don't know").
			Advise("Give an empty folder, or none.")
	}
	return dir, nil
}

func (d *demo) apply(ctx context.Context, folder string, open func(config.Process) (*app.App, error), known config.Known) error {
	var err error
	if d.path, err = d.site.Write(folder); err != nil {
		return err
	}
	known.Secrets = true
	file, err := config.Read(d.path, known)
	if err != nil {
		return err
	}
	if d.app, err = open(file.Process); err != nil {
		return err
	}
	_, err = d.app.Apply(ctx, file, app.ApplyOptions{}, "demo")
	return err
}

func (d *demo) close() {
	if d.app != nil {
		_ = d.app.Close() // the database is thrown away, or whole by its own means
	}
	if d.site != nil {
		d.site.Close()
	}
	d.remove()
}

// failedRun is the error of the first Run that has one. Held and blocked records are none: the sample has some on purpose.
func failedRun(s app.Synced) error {
	for _, r := range s.Runs {
		if r.Error != nil {
			return connector.Errorf(r.Error.Code, "run flow "+r.Flow, "%s", r.Error.Message).Advise("%s", r.Error.Hint)
		}
	}
	if s.TimedOut {
		return connector.Errorf(connector.Unavailable, "synchronise", "it was not done within %s", demoWait)
	}
	return nil
}

// explain tells what just happened, in the words of the business.
func (d *demo) explain(w io.Writer, synced app.Synced) {
	var held, blocked int
	for _, r := range synced.Runs {
		held += r.Held
		blocked += r.Blocked
	}
	fmt.Fprintf(w, "\n%d records are held and %d blocked, on purpose: the sample has amounts that don't add up, a commodity without a\n", held, blocked)
	fmt.Fprintln(w, "crosswalk row, a supplier that nobody knows, and suppliers that wait for their approval.")
	fmt.Fprintf(w, "\nLook closer, in another terminal:\n  export ML_CONNECTOR_CONFIG=%s\n", d.path)
	for _, c := range []string{"ml-connector delivery list --state held", "ml-connector why " + d.site.Company.Orders[0].Number, "ml-connector audit verify"} {
		fmt.Fprintln(w, "  "+c)
	}
}
