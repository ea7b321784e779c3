package server

import (
	"context"
	"strings"

	"ml-connector/app"
	"ml-connector/people"
)

type pauseOne struct {
	Called
	Body *struct {
		Reason string `json:"reason,omitempty" doc:"Why; people see it."`
	}
}

type crosswalkRows struct {
	Called
	Body struct {
		Left      string `json:"left" minLength:"1" doc:"The value in the left system."`
		Right     string `json:"right" minLength:"1" doc:"The value in the right system."`
		Note      string `json:"note,omitempty"`
		ValidFrom string `json:"valid_from,omitempty" format:"date" doc:"The first day on which it counts."`
		ValidTo   string `json:"valid_to,omitempty" format:"date" doc:"The last day on which it counts."`
		Always    bool   `json:"always,omitempty" doc:"Take away the days of a row that is there already; without it they stay where none are given."`
	}
}

type crosswalkFile struct {
	Called
	Replace bool   `query:"replace" doc:"Remove the rows that are not in the file."`
	DryRun  bool   `query:"dry_run" doc:"Only say what would change."`
	RawBody []byte `contentType:"text/csv" doc:"A CSV whose first line names both systems, as export gives it."`
}

type csvFile struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (a *API) connections() {
	list(a, "/connections", "list-connections", "List connections", func(ctx context.Context, in *AfterName, fn func(app.Connection) error) error {
		all, err := a.App.Connections(ctx)
		if err != nil {
			return err
		}
		return behind(all, in.After, connectionName, fn)
	}, connectionName)
	get(a, "/connections/{name}", "show-connection", "Show a connection: settings, which secrets are set, what the last ping found", func(ctx context.Context, in *Called) (app.ConnectionDetail, error) {
		return a.App.Connection(ctx, in.Name)
	})
	get(a, "/connections/{name}/requirements", "list-requirements", "List what the system's administrator must build and allow", func(ctx context.Context, in *Called) (app.Requirements, error) {
		return a.App.Requirements(ctx, in.Name)
	})
	post(a, "/connections/{name}/ping", "ping-connection", "Ask the system itself, step by step, and say what fits", func(ctx context.Context, in *Called, by people.Actor) (app.Ping, error) {
		if err := patient(ctx, mostPing); err != nil {
			return app.Ping{}, err
		}
		all, err := a.App.Ping(ctx, []string{in.Name}, by)
		if err != nil {
			return app.Ping{}, err
		}
		return all[0], nil
	})
	post(a, "/connections/{name}/pause", "pause-connection", "Call a connection no more until it is resumed", func(ctx context.Context, in *pauseOne, by people.Actor) (app.ConnectionDetail, error) {
		reason := ""
		if in.Body != nil {
			reason = in.Body.Reason
		}
		if err := a.App.PauseConnection(ctx, in.Name, reason, by); err != nil {
			return app.ConnectionDetail{}, err
		}
		return a.App.Connection(ctx, in.Name)
	})
	post(a, "/connections/{name}/resume", "resume-connection", "End the pause of a connection", func(ctx context.Context, in *Called, by people.Actor) (app.ConnectionDetail, error) {
		if err := a.App.ResumeConnection(ctx, in.Name, by); err != nil {
			return app.ConnectionDetail{}, err
		}
		return a.App.Connection(ctx, in.Name)
	})
}

func connectionName(c app.Connection) string { return c.Name }

func (a *API) crosswalks() {
	list(a, "/crosswalks", "list-crosswalks", "List crosswalks", func(ctx context.Context, in *AfterName, fn func(app.Crosswalk) error) error {
		all, err := a.App.Crosswalks(ctx)
		if err != nil {
			return err
		}
		return behind(all, in.After, crosswalkName, fn)
	}, crosswalkName)
	get(a, "/crosswalks/{name}", "show-crosswalk", "Show a crosswalk: its rows, and the rules that look it up", func(ctx context.Context, in *Called) (app.CrosswalkDetail, error) {
		return a.App.Crosswalk(ctx, in.Name)
	})
	get(a, "/crosswalks/{name}/history", "list-crosswalk-changes", "List who changed a crosswalk when, of one value or of all", func(ctx context.Context, in *struct {
		Called
		Value string `query:"value" doc:"Of the left system."`
	}) ([]app.CrosswalkChange, error) {
		out := []app.CrosswalkChange{}
		err := a.App.CrosswalkHistory(ctx, in.Name, in.Value, func(c app.CrosswalkChange) error {
			out = append(out, c)
			return nil
		})
		return out, err
	})
	get(a, "/missing-values", "list-missing-values", "List the values that records wait for", func(ctx context.Context, in *struct {
		Crosswalk string `query:"crosswalk" doc:"Only of this one."`
	}) ([]app.CrosswalkTask, error) {
		tasks, err := a.App.CrosswalkTodo(ctx, in.Crosswalk)
		return append([]app.CrosswalkTask{}, tasks...), err
	})
	post(a, "/crosswalks/{name}/rows", "set-crosswalk-row", "Set one row; what waited for it goes on", func(ctx context.Context, in *crosswalkRows, by people.Actor) (app.CrosswalkSet, error) {
		b := in.Body
		return a.App.SetCrosswalk(ctx, in.Name, app.CrosswalkEdit{Left: b.Left, Right: b.Right, Note: b.Note, ValidFrom: b.ValidFrom, ValidTo: b.ValidTo}, b.Always, by)
	})
	post(a, "/crosswalks/{name}/import", "import-crosswalk", "Merge the rows of a CSV", func(ctx context.Context, in *crosswalkFile, by people.Actor) (app.CrosswalkImport, error) {
		return a.App.ImportCrosswalk(ctx, in.Name, strings.NewReader(string(in.RawBody)), "the body", app.ImportOptions{Replace: in.Replace, DryRun: in.DryRun}, by)
	})
	tell(a, "GET", "/crosswalks/{name}/export", "export-crosswalk", "Give a crosswalk as CSV", func(ctx context.Context, in *Called) (csvFile, error) {
		var text strings.Builder
		err := a.App.ExportCrosswalk(ctx, in.Name, &text)
		return csvFile{"text/csv; charset=utf-8", []byte(text.String())}, err
	})
}

func crosswalkName(c app.Crosswalk) string { return c.Name }
