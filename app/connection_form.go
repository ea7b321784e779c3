package app

import (
	"cmp"
	"context"
	"maps"
	"slices"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/flows"
	"ml-connector/mapping"
	"ml-connector/people"
	"ml-connector/store"
)

// SystemChoice is a System that a Connection can be made to.
type SystemChoice struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// KnownSystems lists the Systems that this program knows.
func (c Config) KnownSystems() []SystemChoice {
	var out []SystemChoice
	for _, s := range c.Systems {
		out = append(out, SystemChoice{s.Name(), s.Describe().Title})
	}
	slices.SortFunc(out, func(x, y SystemChoice) int { return cmp.Compare(x.Title, y.Title) })
	return out
}

// ConnectionForm is what a form asks for a Connection.
type ConnectionForm struct {
	Name     string // "" = a new one
	System   string
	Title    string // of the System
	Settings []connector.Setting
	Common   []connector.Setting // that every Connection has
	OnServer []connector.Setting // that only the configuration file may set
	Values   map[string]string   // as they are stored, by the names of settings
	Secrets  []SecretField
}

// SecretField is a secret that a form asks for.
type SecretField struct {
	connector.Setting
	State SecretState
}

// NewConnectionForm is the form of a new Connection.
func (a *App) NewConnectionForm(system string) (ConnectionForm, error) {
	s, err := a.known(system)
	if err != nil {
		return ConnectionForm{}, err
	}
	f := formOf(s)
	f.Secrets = slices.DeleteFunc(f.Secrets, func(s SecretField) bool { return s.Name == certificateKey })
	return f, nil
}

// known is a System by the name that a person gave.
func (a *App) known(name string) (connector.System, error) {
	s, err := a.system(name)
	if err != nil {
		return nil, connector.Errorf(connector.NotFound, "", "There is no system %q.", name).Advise("Choose one of those that are listed.")
	}
	return s, nil
}

// strangeSecrets are those that a System does not have.
func strangeSecrets(s connector.System, given map[string]config.Hidden) (out config.Typos) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(s.Describe().Secrets, func(x connector.Setting) bool { return x.Name == name }) {
			out = append(out, config.Typo{Field: "secrets." + name, Text: "is not known"})
		}
	}
	return out
}

// certificateKey is the secret that belongs to the setting tls_cert.
const certificateKey = "tls_key"

func formOf(s connector.System) ConnectionForm {
	d := s.Describe()
	f := ConnectionForm{System: s.Name(), Title: d.Title, Common: connector.CommonSettings(), Values: map[string]string{}}
	for _, x := range d.Settings {
		x.Label = cmp.Or(x.Label, x.Name)
		if config.OnServer(x.Name) {
			f.OnServer = append(f.OnServer, x)
		} else {
			f.Settings = append(f.Settings, x)
		}
	}
	for _, x := range d.Secrets {
		x.Label = cmp.Or(x.Label, x.Name)
		f.Secrets = append(f.Secrets, SecretField{Setting: x})
	}
	for i := range f.Common {
		f.Common[i].Label = cmp.Or(f.Common[i].Label, f.Common[i].Name)
	}
	return f
}

// ConnectionForm is the form of a Connection that is there. No secret is in it.
func (a *App) ConnectionForm(ctx context.Context, name string) (ConnectionForm, error) {
	detail, err := a.Connection(ctx, name)
	if err != nil {
		return ConnectionForm{}, err
	}
	c, err := a.DB.Connection(ctx, name)
	if err != nil {
		return ConnectionForm{}, err
	}
	s, err := a.system(c.System)
	if err != nil {
		return ConnectionForm{}, err
	}
	f := formOf(s)
	f.Name, f.Values = name, config.Typing(s, c.Settings)
	if c.Settings["tls_cert"] == nil { // which only the configuration file may set
		f.Secrets = slices.DeleteFunc(f.Secrets, func(s SecretField) bool { return s.Name == certificateKey })
	}
	for i := range f.Secrets {
		at := slices.IndexFunc(detail.Secrets, func(x SecretState) bool { return x.Name == f.Secrets[i].Name })
		f.Secrets[i].State = detail.Secrets[at]
	}
	return f, nil
}

// ConnectionEdit is a Connection as a person typed it. Blank secrets stay as they are.
type ConnectionEdit struct {
	Name, System string
	New          bool
	Settings     map[string]string
	Secrets      map[string]config.Hidden
}

// SaveConnection adds or changes one Connection as it was typed, as `apply` would. What is wrong is an Error whose cause is
// [config.Typos], one a field.
func (a *App) SaveConnection(ctx context.Context, e ConnectionEdit, by people.Actor) (Applied, error) {
	if err := by.May(people.ChangeConnection); err != nil {
		return Applied{}, err
	}
	t := config.Typed{Name: e.Name, Settings: e.Settings, Secrets: e.Secrets, Kept: connector.Settings{}}
	have, err := a.DB.Connection(ctx, e.Name)
	switch {
	case err != nil && (!e.New || connector.CodeOf(err) != connector.NotFound):
		return Applied{}, err
	case err == nil && e.New:
		return Applied{}, config.Typos{{Field: "name", Text: "is taken: there is a connection of this name already"}}.Err("add a connection")
	case err == nil:
		e.System, t.Stored = have.System, have.Settings
		for name, v := range have.Settings {
			if config.OnServer(name) {
				t.Kept[name] = v
			}
		}
	}
	if t.System, err = a.known(e.System); err != nil {
		return Applied{}, err
	}
	if typos := strangeSecrets(t.System, e.Secrets); len(typos) > 0 {
		return Applied{}, typos.Err("read the form")
	}
	t.KeptSecrets = func(inForce connector.Settings) (map[string]string, error) {
		return a.unsealed(ctx, e.Name, t.System, connector.Validation{Settings: inForce})
	}
	c, err := config.ReadTyped(t)
	if err != nil {
		return Applied{}, err
	}
	return a.Apply(ctx, &config.File{Connections: []config.Connection{c}}, ApplyOptions{}, by)
}

// SaveSecrets replaces secrets of a Connection as they were typed; all else stays.
func (a *App) SaveSecrets(ctx context.Context, name string, typed map[string]config.Hidden, by people.Actor) (Applied, error) {
	if err := by.May(people.ChangeConnection); err != nil {
		return Applied{}, err
	}
	f, err := a.ConnectionForm(ctx, name)
	if err != nil {
		return Applied{}, err
	}
	given := maps.Clone(typed)
	maps.DeleteFunc(given, func(_ string, v config.Hidden) bool { return v == "" })
	if len(given) == 0 {
		return Applied{}, connector.Errorf(connector.Invalid, "", "No new secret was given.").Advise("Type the new one into its field.")
	}
	return a.SaveConnection(ctx, ConnectionEdit{Name: name, Settings: f.Values, Secrets: given}, by)
}

// SecretsBy tells who set each secret of a Connection last, as the ledger has it.
func (a *App) SecretsBy(ctx context.Context, name string) (map[string]string, error) {
	rows, err := a.DB.Secrets(ctx, name)
	out := map[string]string{}
	for _, r := range rows {
		last, err := a.DB.Entries(ctx, store.EntryFilter{Subject: "secret:" + name + "." + r.Name, Newest: true, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(last) > 0 {
			out[r.Name] = last[0].Actor
		}
	}
	return out, err
}

// FlowChoice is a shipped Flow that could join a Connection with another one.
type FlowChoice struct {
	Use      string         `json:"use"`
	Kind     connector.Kind `json:"kind"`
	From     string         `json:"from"`
	To       string         `json:"to"`
	Schedule string         `json:"schedule"`
	There    bool           `json:"there"` // a Flow of this name is there already
}

// FlowChoices are the shipped Flows by which a Connection could be kept in step with each Connection to another System.
func (a *App) FlowChoices(ctx context.Context, name string) ([]FlowChoice, error) {
	c, err := a.DB.Connection(ctx, name)
	if err != nil {
		return nil, err
	}
	all, err := a.DB.Connections(ctx)
	if err != nil {
		return nil, err
	}
	have, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	var out []FlowChoice
	for _, shipped := range a.Shipped {
		f, err := mapping.Parse(shipped.Text)
		if err != nil {
			return nil, err
		}
		there := slices.ContainsFunc(have, func(h connector.Flow) bool { return h.Name == shipped.Name })
		for _, other := range all {
			x := FlowChoice{Use: shipped.Name, Kind: f.Kind, Schedule: cmp.Or(f.Schedule, config.DefaultSchedule), There: there}
			switch {
			case f.From == c.System && f.To == other.System:
				x.From, x.To = name, other.Name
			case f.To == c.System && f.From == other.System:
				x.From, x.To = other.Name, name
			default:
				continue
			}
			out = append(out, x)
		}
	}
	return out, nil
}

// AddFlows adds shipped Flows between Connections, as `apply` of a file with them would. Flows that are there stay as they are; all
// run in the order in which one needs what another brings.
func (a *App) AddFlows(ctx context.Context, list []config.TypedFlow, by people.Actor) (Applied, error) {
	if err := by.May(people.ChangeConnection); err != nil {
		return Applied{}, err
	}
	if len(list) == 0 {
		return Applied{}, connector.Errorf(connector.Invalid, "", "No flow was chosen.").Advise("Tick what is to be kept in step.")
	}
	ends, err := a.ends(ctx)
	if err != nil {
		return Applied{}, err
	}
	added, err := config.ReadTypedFlows(list, ends, a.Known(false))
	if err != nil {
		return Applied{}, err
	}
	all, err := a.DB.Flows(ctx)
	if err != nil {
		return Applied{}, err
	}
	for _, f := range added {
		if slices.ContainsFunc(all, func(h connector.Flow) bool { return h.Name == f.Name }) {
			return Applied{}, connector.Errorf(connector.Conflict, "add a flow", "there is a flow %s already", f.Name).Advise("Change it in the configuration file, or choose others.")
		}
	}
	if all, err = a.inOrder(all, added); err != nil {
		return Applied{}, err
	}
	return a.Apply(ctx, &config.File{Flows: all}, ApplyOptions{}, by)
}

// ends are all Connections, opened without a network where their secrets are there.
func (a *App) ends(ctx context.Context) ([]config.Connection, error) {
	all, err := a.DB.Connections(ctx)
	if err != nil {
		return nil, err
	}
	var out []config.Connection
	for _, c := range all {
		system, err := a.system(c.System)
		if err != nil {
			return nil, err
		}
		secrets, err := a.unsealed(ctx, c.Name, system, system.Validate(c.Settings))
		if err != nil {
			return nil, err
		}
		out = append(out, config.Stored(c, system, secrets))
	}
	return out, nil
}

// inOrder puts added Flows among those that are there: before the first shipped one that is shipped after it, which may need what it
// brings. It refuses Flows that go in a circle.
func (a *App) inOrder(all, added []connector.Flow) ([]connector.Flow, error) {
	rank := func(f connector.Flow) int {
		return slices.IndexFunc(a.Shipped, func(s flows.File) bool { return s.Name == f.Use })
	}
	for _, f := range added {
		at := slices.IndexFunc(all, func(h connector.Flow) bool { return rank(h) > rank(f) })
		if at < 0 {
			at = len(all)
		}
		all = slices.Insert(all, at, f)
	}
	var rules []*mapping.Flow
	for i := range all {
		all[i].Position = i + 1
		parsed, err := mapping.Parse([]byte(all[i].Mapping))
		if err != nil {
			return nil, err
		}
		if all[i].Enabled {
			rules = append(rules, parsed)
		}
	}
	return all, mapping.Cycles(rules)
}
