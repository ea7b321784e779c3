package server

import (
	"context"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/people"
)

type systemShape struct {
	Name     string         `json:"name"`
	Title    string         `json:"title"`
	Settings []settingShape `json:"settings"`
	Secrets  []settingShape `json:"secrets"`
}

// settingShape is what a Connection can be told.
type settingShape struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Type     string   `json:"type" doc:"How it is read: text, int, bool, list and the like; a list has commas between, a tree is YAML."`
	Help     string   `json:"help"`
	Example  string   `json:"example"`
	Where    string   `json:"where" doc:"Where it is found in the system's own pages."`
	Required bool     `json:"required"`
	Default  string   `json:"default"`
	Values   []string `json:"values" doc:"The only ones, when there are any."`
}

type newConnection struct {
	Body struct {
		Name     string            `json:"name" minLength:"1"`
		System   string            `json:"system" minLength:"1"`
		Settings map[string]string `json:"settings"`
		Secrets  map[string]string `json:"secrets,omitempty" doc:"They are sealed, and never given out again."`
	}
}

type changedConnection struct {
	Called
	Body struct {
		Settings map[string]string `json:"settings" doc:"Those that change; an empty text takes one away."`
		Secrets  map[string]string `json:"secrets,omitempty" doc:"Needed when the address changes to which they are sent."`
	}
}

type newSecrets struct {
	Called
	Body struct {
		Secrets map[string]string `json:"secrets"`
	}
}

type newFlows struct {
	Body struct {
		Flows []config.TypedFlow `json:"flows" minItems:"1"`
	}
}

// setup registers how Connections and Flows come to be.
func (a *API) setup() {
	get(a, "/systems", "list-systems", "List the systems that a connection can be made to", func(context.Context, *none) ([]app.SystemChoice, error) {
		return append([]app.SystemChoice{}, a.App.KnownSystems()...), nil
	})
	get(a, "/systems/{name}", "show-system", "Say what a connection to a system can be told", func(_ context.Context, in *Called) (systemShape, error) {
		f, err := a.App.NewConnectionForm(in.Name)
		if err != nil {
			return systemShape{}, err
		}
		out := systemShape{Name: f.System, Title: f.Title, Settings: []settingShape{}, Secrets: []settingShape{}}
		for _, s := range append(f.Settings, f.Common...) {
			out.Settings = append(out.Settings, shapeOf(s))
		}
		for _, s := range f.Secrets {
			out.Secrets = append(out.Secrets, shapeOf(s.Setting))
		}
		return out, nil
	})
	post(a, "/connections", "add-connection", "Add a connection", func(ctx context.Context, in *newConnection, by people.Actor) (app.Applied, error) {
		b := in.Body
		return a.App.SaveConnection(ctx, app.ConnectionEdit{Name: b.Name, System: b.System, New: true, Settings: b.Settings, Secrets: hidden(b.Secrets)}, by)
	})
	post(a, "/connections/{name}/settings", "change-connection", "Change settings of a connection; the others stay", func(ctx context.Context, in *changedConnection, by people.Actor) (app.Applied, error) {
		if err := by.May(people.ChangeConnection); err != nil {
			return app.Applied{}, err
		}
		f, err := a.App.ConnectionForm(ctx, in.Name)
		if err != nil {
			return app.Applied{}, err
		}
		for name, value := range in.Body.Settings {
			f.Values[name] = value
		}
		return a.App.SaveConnection(ctx, app.ConnectionEdit{Name: in.Name, Settings: f.Values, Secrets: hidden(in.Body.Secrets)}, by)
	})
	post(a, "/connections/{name}/secrets", "rotate-secrets", "Replace secrets of a connection", func(ctx context.Context, in *newSecrets, by people.Actor) (app.Applied, error) {
		return a.App.SaveSecrets(ctx, in.Name, hidden(in.Body.Secrets), by)
	})
	post(a, "/connections/{name}/remove", "remove-connection", "Remove a connection that no flow joins", func(ctx context.Context, in *Called, by people.Actor) (done, error) {
		return done{true}, a.App.RemoveConnection(ctx, in.Name, by)
	})
	get(a, "/connections/{name}/flow-choices", "list-flow-choices", "List the shipped flows that could keep a connection in step", func(ctx context.Context, in *Called) ([]app.FlowChoice, error) {
		list, err := a.App.FlowChoices(ctx, in.Name)
		return append([]app.FlowChoice{}, list...), err
	})
	post(a, "/flows", "add-flows", "Add shipped flows between connections; they don't run before they are enabled", func(ctx context.Context, in *newFlows, by people.Actor) (app.Applied, error) {
		return a.App.AddFlows(ctx, in.Body.Flows, by)
	})
}

func shapeOf(s connector.Setting) settingShape {
	return settingShape{s.Name, s.Label, string(s.Type), s.Help, s.Example, s.Where, s.Required, s.Default, append([]string{}, s.Values...)}
}

// hidden are secrets that no format shows any more.
func hidden(texts map[string]string) map[string]config.Hidden {
	out := map[string]config.Hidden{}
	for name, text := range texts {
		out[name] = config.Hidden(text)
	}
	return out
}
