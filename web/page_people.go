package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/people"
)

// peopleBody is what the list of people shows.
type peopleBody struct {
	List  []app.Person
	Roles []roleChoice
}

// roleChoice is a role that can be ticked.
type roleChoice struct {
	Role people.Role
	May  string
	Has  bool
}

func roleChoices(has []people.Role) []roleChoice {
	var out []roleChoice
	for _, r := range people.Roles() {
		c := roleChoice{Role: r, May: people.Words(people.Of(r))}
		for _, h := range has {
			c.Has = c.Has || h == r
		}
		out = append(out, c)
	}
	return out
}

// people answers: who may do what?
func (p *Pages) people(r *http.Request) (view, error) {
	list, err := p.App.People(r.Context(), actorOf(r))
	if err != nil {
		return view{}, err
	}
	return view{Template: "people", Question: "Who may do what?", Title: plural(len(list), "person", "people"), Active: "people", Body: peopleBody{list, roleChoices(nil)}}, nil
}

// personBody is what the page of a person shows.
type personBody struct {
	app.Person
	Roles    []roleChoice
	May      []people.Permission
	Sessions []app.Session
	Path     string
}

// person answers: what may they do, and where are they logged in?
func (p *Pages) person(r *http.Request) (view, error) {
	by := actorOf(r)
	x, err := p.App.PersonShown(r.Context(), r.PathValue("name"), by)
	if err != nil {
		return view{}, err
	}
	b := personBody{Person: x.Person, Roles: roleChoices(x.Roles), May: x.Permissions, Path: personPath(x.Name)}
	if b.Sessions, err = p.App.Sessions(r.Context(), x.Name, by); err != nil {
		return view{}, err
	}
	return view{Template: "person", Question: "What may they do, and where are they logged in?", Title: x.Name, Active: "people", Crumbs: []crumb{{"People", "/people"}}, Body: b}, nil
}

func personPath(name string) string { return "/people/" + url.PathEscape(name) }

// invitedBody is a link that is shown this once.
type invitedBody struct {
	Person, URL string
	Until       time.Time
}

func (p *Pages) invited(r *http.Request, in app.Invitation, err error) (view, error) {
	if err != nil {
		return view{}, err
	}
	b := invitedBody{in.Person, in.URL, in.Until}
	if p.App.Process.Public.URL == "" { // as this browser reaches the server
		b.URL = "http://" + r.Host + in.Path
		if r.TLS != nil {
			b.URL = "https://" + r.Host + in.Path
		}
	}
	return view{Template: "invited", Question: "How do they get in?", Title: "A link for " + in.Person, Active: "people",
		Crumbs: []crumb{{"People", "/people"}, {in.Person, personPath(in.Person)}}, Body: b}, nil
}

func (p *Pages) addPerson(r *http.Request) (view, error) {
	roles, err := people.ParseRoles(r.PostForm["role"])
	if err != nil {
		return view{}, err
	}
	in, err := p.App.AddPerson(r.Context(), r.PostForm.Get("name"), roles, actorOf(r))
	return p.invited(r, in, err)
}

func (p *Pages) invitePerson(r *http.Request) (view, error) {
	in, err := p.App.InvitePerson(r.Context(), r.PathValue("name"), actorOf(r))
	return p.invited(r, in, err)
}

func (p *Pages) setRoles(r *http.Request) (said, to string, err error) {
	name := r.PathValue("name")
	roles, err := people.ParseRoles(r.PostForm["role"])
	if err == nil {
		err = p.App.SetRoles(r.Context(), name, roles, actorOf(r))
	}
	return name + " is now " + people.Words(roles) + ".", personPath(name), err
}

func (p *Pages) disablePerson(r *http.Request) (said, to string, err error) {
	name := r.PathValue("name")
	ended, err := p.App.DisablePerson(r.Context(), name, actorOf(r))
	return endedWords(name+" is disabled", ended), personPath(name), err
}

func (p *Pages) removePerson(r *http.Request) (said, to string, err error) {
	name := r.PathValue("name")
	ended, err := p.App.RemovePerson(r.Context(), name, actorOf(r))
	return endedWords(name+" is removed", ended), "/people", err
}

func endedWords(text string, e app.Ended) string {
	text += "; " + plural(e.Sessions, "session ended.", "sessions ended.")
	if len(e.Tokens) > 0 {
		text += " Tokens that they made at the machine go on: " + strings.Join(e.Tokens, ", ") + "."
	}
	return text
}

func (p *Pages) enablePerson(r *http.Request) (said, to string, err error) {
	name := r.PathValue("name")
	return name + " may log in again.", personPath(name), p.App.EnablePerson(r.Context(), name, actorOf(r))
}

func (p *Pages) endSessions(r *http.Request) (said, to string, err error) {
	name := r.PathValue("name")
	n, err := p.App.EndSessions(r.Context(), name, r.PostForm.Get("session"), actorOf(r))
	return plural(n, "session ended.", "sessions ended."), personPath(name), err
}

// tokensBody is what the list of tokens shows.
type tokensBody struct {
	List        []app.Token
	Made        *app.NewToken // shown this once
	Roles       []roleChoice
	Permissions []people.Permission
	Days        int
}

// tokenDays is how long a token counts unless somebody says otherwise.
const tokenDays = 90

// tokens answers: which programs may ask?
func (p *Pages) tokens(r *http.Request) (view, error) {
	list, err := p.App.Tokens(r.Context(), actorOf(r))
	if err != nil {
		return view{}, err
	}
	return view{Template: "tokens", Question: "Which programs may ask, and for what?", Title: plural(len(list), "token", "tokens"), Active: "people",
		Crumbs: []crumb{{"People", "/people"}}, Body: &tokensBody{List: list, Roles: roleChoices(nil), Permissions: people.Permissions(), Days: tokenDays}}, nil
}

func (p *Pages) addToken(r *http.Request) (view, error) {
	var o app.TokenOptions
	var err error
	if o.Roles, err = people.ParseRoles(r.PostForm["role"]); err != nil {
		return view{}, err
	}
	if o.Permissions, err = people.ParsePermissions(r.PostForm["permission"]); err != nil {
		return view{}, err
	}
	days, err := strconv.Atoi(r.PostForm.Get("days"))
	if err != nil || days < 0 || days > 3650 {
		return view{}, connector.Errorf(connector.Invalid, "add a token", "for how long it counts is no number of days").Advise("Give 1 to 3650, or 0 for ever.")
	}
	o.Lasts = time.Duration(days) * 24 * time.Hour
	made, err := p.App.AddToken(r.Context(), r.PostForm.Get("name"), o, actorOf(r))
	if err != nil {
		return view{}, err
	}
	v, err := p.tokens(r)
	if err == nil {
		v.Body.(*tokensBody).Made = &made
		v.Title = "The token " + made.Name
	}
	return v, err
}

func (p *Pages) revokeToken(r *http.Request) (said, to string, err error) {
	name := r.PathValue("name")
	return "The token " + name + " counts no more.", "/tokens", p.App.RevokeToken(r.Context(), name, actorOf(r))
}

// peopleRoutes are the pages and forms about people.
func (p *Pages) peopleRoutes(mux *http.ServeMux) {
	for path, page := range map[string]pageFunc{"GET /you": p.you, "GET /people": p.people, "GET /people/{name}": p.person, "GET /tokens": p.tokens} {
		mux.Handle(path, p.page(page))
	}
	for path, do := range map[string]deed{
		"POST /you/sessions": p.endOwnSessions, "POST /people/{name}/roles": p.setRoles, "POST /people/{name}/disable": p.disablePerson, "POST /people/{name}/enable": p.enablePerson,
		"POST /people/{name}/remove": p.removePerson, "POST /people/{name}/sessions": p.endSessions, "POST /tokens/{name}/revoke": p.revokeToken,
	} {
		mux.Handle(path, p.act(do))
	}
	for path, gather := range map[string]pageFunc{"POST /people": p.addPerson, "POST /people/{name}/invite": p.invitePerson, "POST /tokens": p.addToken} {
		mux.Handle(path, p.once(gather))
	}
	mux.HandleFunc("POST /you/password", p.changePassword)
}
