package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/people"
)

// connectRoutes are the forms by which a Connection is made and changed, and Flows are added. A Connection may have any name, so
// what is not there yet is made under /connect.
func (p *Pages) connectRoutes(mux *http.ServeMux) {
	mux.Handle("GET /connect", p.page(p.chooseSystem))
	mux.Handle("GET /connect/{system}", p.page(p.newConnection))
	mux.Handle("GET /connections/{name}/edit", p.page(p.editConnection))
	mux.Handle("GET /connections/{name}/requirements", p.page(p.requirements))
	mux.Handle("GET /connections/{name}/flows", p.page(p.chooseFlows))
	mux.Handle("POST /connect/{system}", p.typed(p.saveConnection))
	mux.Handle("POST /connections/{name}/edit", p.typed(p.saveConnection))
	mux.Handle("POST /connections/{name}/secrets", p.act(p.saveSecrets))
	mux.Handle("POST /connections/{name}/remove", p.act(p.removeConnection))
	mux.Handle("POST /connections/{name}/flows", p.act(p.addFlows))
}

// chooseSystem answers: what is to be connected?
func (p *Pages) chooseSystem(r *http.Request) (view, error) {
	if err := actorOf(r).May(people.ChangeConnection); err != nil {
		return view{}, err
	}
	return view{Template: "systems", Active: "connections", Question: "What is to be connected?", Title: "Connect a system", Body: p.App.KnownSystems(), Crumbs: connectionCrumbs()}, nil
}

func connectionCrumbs() []crumb { return []crumb{{"Overview", "/"}, {"Connections", "/#connections"}} }

// connectBody is what the form of a Connection shows.
type connectBody struct {
	app.ConnectionForm
	New    bool
	Name   string // as it was typed
	Action string
	Main   []field // that must be given, or nearly always are
	More   []field
	Pace   []field
	Hidden []secretField
	Wrong  map[string]string // what is wrong, by field: name, settings.host, secrets.password
	Failed *connector.Error
	Others []string // that are wrong with the form as a whole
}

// field is one setting of a form.
type field struct {
	connector.Setting
	ID, Value, Wrong string
}

// Rows is how tall a field of several lines is.
func (f field) Rows() int { return min(24, max(4, strings.Count(f.Value, "\n")+2)) }

// secretField is one secret of a form.
type secretField struct {
	app.SecretField
	ID, Wrong string
	Needed    bool // it must be given now
}

func (p *Pages) newConnection(r *http.Request) (view, error) {
	if err := actorOf(r).May(people.ChangeConnection); err != nil {
		return view{}, err
	}
	f, err := p.App.NewConnectionForm(r.PathValue("system"))
	return connectView(connectBody{ConnectionForm: f, New: true}), err
}

func (p *Pages) editConnection(r *http.Request) (view, error) {
	if err := actorOf(r).May(people.ChangeConnection); err != nil {
		return view{}, err
	}
	f, err := p.App.ConnectionForm(r.Context(), r.PathValue("name"))
	return connectView(connectBody{ConnectionForm: f, Name: f.Name}), err
}

// connectView lays a form out: what must be given first, then what belongs to it, then what hardly anybody needs.
func connectView(b connectBody) view {
	add := func(list []field, s connector.Setting) []field {
		id := "settings." + s.Name
		return append(list, field{s, "s-" + s.Name, b.Values[s.Name], b.Wrong[id]})
	}
	for _, s := range b.Settings {
		if s.Required || s.Where != "" || len(s.Values) > 0 {
			b.Main = add(b.Main, s)
		} else {
			b.More = add(b.More, s)
		}
	}
	for _, s := range b.Common {
		b.Pace = add(b.Pace, s)
	}
	for _, s := range b.Secrets {
		b.Hidden = append(b.Hidden, secretField{s, "x-" + s.Name, b.Wrong["secrets."+s.Name], s.Required && !s.State.Usable})
	}
	v := view{Template: "connect", Active: "connections", Crumbs: connectionCrumbs(), Question: "Where is it, and as whom do we talk?", Title: "Connect " + b.Title}
	b.Action = "/connect/" + url.PathEscape(b.System)
	if !b.New {
		b.Action = "/connections/" + url.PathEscape(b.Name) + "/edit"
		v.Title, v.Crumbs = "Change "+b.Name, append(v.Crumbs, crumb{b.Name, "/connections/" + url.PathEscape(b.Name)})
	}
	if len(b.Wrong) > 0 || b.Failed != nil {
		v.Status = http.StatusUnprocessableEntity
	}
	v.Body = b
	return v
}

// Open says whether something is wrong with a field of a part that is folded.
func (connectBody) Open(list []field) bool {
	return slices.ContainsFunc(list, func(f field) bool { return f.Wrong != "" })
}

// saveConnection takes what was typed, and checks at once whether we can talk. What is wrong with it is told at its field, with all
// that was typed but the secrets.
func (p *Pages) saveConnection(r *http.Request) (v view, said, to string, err error) {
	e := app.ConnectionEdit{Name: r.PathValue("name"), System: r.PathValue("system"), Settings: map[string]string{}, Secrets: map[string]config.Hidden{}}
	if e.New = e.System != ""; e.New {
		e.Name = strings.TrimSpace(r.PostForm.Get("name"))
	}
	for name, values := range r.PostForm {
		if setting, ok := strings.CutPrefix(name, "settings."); ok {
			e.Settings[setting] = values[0]
		}
		if secret, ok := strings.CutPrefix(name, "secrets."); ok {
			e.Secrets[secret] = config.Hidden(strings.TrimSpace(strings.ReplaceAll(values[0], "\r\n", "\n")))
		}
	}
	applied, err := p.App.SaveConnection(r.Context(), e, actorOf(r))
	if typos, ok := errors.AsType[config.Typos](err); ok {
		v, err = p.typedAgain(r, e, typos)
		return v, "", "", err
	}
	if err != nil {
		return view{}, "", "", err
	}
	said = savedWords(applied)
	if actorOf(r).Can(people.CheckConnection) {
		if pings, err := p.App.Ping(r.Context(), []string{e.Name}, actorOf(r)); err == nil && len(pings) == 1 {
			said += map[bool]string{true: " Checked: all is well.", false: " Checked: not all is well."}[pings[0].OK]
		}
	}
	return view{}, said, "/connections/" + url.PathEscape(e.Name), nil
}

// savedWords say what was saved, and which secrets were dropped with it.
func savedWords(applied app.Applied) string {
	if len(applied.Changes) == 0 {
		return "Nothing was changed."
	}
	said := "It is saved."
	for _, c := range applied.Changes {
		if secret, ok := strings.CutPrefix(c.Subject, "secret:"); ok && c.Action == "remove" {
			said += " The secret " + secret + " was for another address, and is dropped: give it again."
		}
	}
	for _, w := range applied.Warnings {
		said += " " + sentence(w)
	}
	return said
}

func (p *Pages) typedAgain(r *http.Request, e app.ConnectionEdit, typos config.Typos) (view, error) {
	var f app.ConnectionForm
	var err error
	if e.New {
		f, err = p.App.NewConnectionForm(e.System)
	} else {
		f, err = p.App.ConnectionForm(r.Context(), e.Name)
	}
	if err != nil {
		return view{}, err
	}
	f.Values = e.Settings
	b := connectBody{ConnectionForm: f, New: e.New, Name: e.Name, Wrong: map[string]string{}}
	known := map[string]bool{"name": true}
	for _, s := range slices.Concat(f.Settings, f.Common) {
		known["settings."+s.Name] = true
	}
	for _, s := range f.Secrets {
		known["secrets."+s.Name] = true
	}
	for _, t := range typos {
		if !known[t.Field] {
			b.Others = append(b.Others, strings.TrimSpace(t.Field+" "+t.Text))
		} else if b.Wrong[t.Field] == "" {
			b.Wrong[t.Field] = t.Text
		} else {
			b.Wrong[t.Field] += "; " + t.Text
		}
	}
	n := len(b.Wrong) + len(b.Others)
	b.Failed = connector.Errorf(connector.Invalid, "", "%s another look. Nothing was saved", plural(n, "thing needs", "things need"))
	return connectView(b), nil
}

// typed makes a handler of a form that is shown again with what is wrong in it, or ends on another page.
func (p *Pages) typed(do func(*http.Request) (v view, said, to string, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := p.asked(w, r)
		var v view
		var said, to string
		if err == nil {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(deedLasts)) // where there is no limit, none is in the way
			v, said, to, err = do(r)
		}
		if err != nil {
			p.undone(w, r, who, err)
			return
		}
		if to == "" {
			v.Who = who
			p.show(w, r, v)
			return
		}
		p.ended(w, r, said, to)
	})
}

func (p *Pages) saveSecrets(r *http.Request) (said, to string, err error) {
	typed := map[string]config.Hidden{}
	for name, values := range r.PostForm {
		if secret, ok := strings.CutPrefix(name, "secrets."); ok {
			typed[secret] = config.Hidden(strings.TrimSpace(strings.ReplaceAll(values[0], "\r\n", "\n")))
		}
	}
	applied, err := p.App.SaveSecrets(r.Context(), r.PathValue("name"), typed, actorOf(r))
	if err != nil {
		return "", "", err
	}
	return p.onConnection(r, cmp.Or(savedWords(applied), "It is saved."), nil)
}

func (p *Pages) removeConnection(r *http.Request) (said, to string, err error) {
	name := r.PathValue("name")
	if r.PostForm.Get("again") != name {
		if err := actorOf(r).May(people.ChangeConnection); err != nil {
			return "", "", err
		}
		return "", "", connector.Errorf(connector.Invalid, "", "Its name was not typed as it is.").Advise("Nothing was done. Type the name %s to remove it.", name)
	}
	return name + " is removed, and its secrets with it.", "/#connections", p.App.RemoveConnection(r.Context(), name, actorOf(r))
}

// requirements answers: what must be built and granted there? It is made to be printed.
func (p *Pages) requirements(r *http.Request) (view, error) {
	name := r.PathValue("name")
	b, err := p.App.Requirements(r.Context(), name)
	return view{Template: "requirements", Active: "connections", Question: "What must be built and granted there?", Title: "What " + b.Title + " needs for " + name, Body: b,
		Crumbs: append(connectionCrumbs(), crumb{name, "/connections/" + url.PathEscape(name)})}, err
}

// flowsBody is what the choice of Flows shows.
type flowsBody struct {
	Name    string
	Choices []app.FlowChoice
	Open    int // that are not there yet
}

// chooseFlows answers: what is to be kept in step?
func (p *Pages) chooseFlows(r *http.Request) (view, error) {
	if err := actorOf(r).May(people.ChangeConnection); err != nil {
		return view{}, err
	}
	b := flowsBody{Name: r.PathValue("name")}
	var err error
	b.Choices, err = p.App.FlowChoices(r.Context(), b.Name)
	for _, c := range b.Choices {
		if !c.There {
			b.Open++
		}
	}
	return view{Template: "chooseflows", Active: "connections", Question: "What is to be kept in step?", Title: "Add flows", Body: b,
		Crumbs: append(connectionCrumbs(), crumb{b.Name, "/connections/" + url.PathEscape(b.Name)})}, err
}

func (p *Pages) addFlows(r *http.Request) (said, to string, err error) {
	var list []config.TypedFlow
	for _, text := range r.PostForm["flow"] {
		parts := strings.Split(text, " ")
		if len(parts) != 3 {
			return "", "", connector.Errorf(connector.Invalid, "", "%q is no flow of this form.", text)
		}
		list = append(list, config.TypedFlow{Use: parts[0], From: parts[1], To: parts[2], Enabled: r.PostForm.Get("enabled") == "yes"})
	}
	if _, err := p.App.AddFlows(r.Context(), list, actorOf(r)); err != nil {
		return "", "", err
	}
	if actorOf(r).Can(people.CheckConnection) { // for what they need
		if _, err := p.App.Ping(r.Context(), []string{list[0].From, list[0].To}, actorOf(r)); err != nil {
			return "", "", err
		}
	}
	said = plural(len(list), "flow is", "flows are") + " added. "
	if r.PostForm.Get("enabled") == "yes" {
		return said + "They run by their schedule.", "/#flows", nil
	}
	return said + "They are switched off: make a dry run first, then let them run.", "/plans", nil
}
