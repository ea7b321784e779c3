package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/people"
)

// deedRoutes are the forms by which people act on what they see.
func (p *Pages) deedRoutes(mux *http.ServeMux) {
	for path, do := range map[string]deed{
		"POST /deliveries/{id}/replay": p.replay, "POST /deliveries/{id}/skip": p.skip, "POST /deliveries/{id}/resolve": p.resolve, "POST /deliveries/{id}/approve": p.approve,
		"POST /deliveries/{id}/assign": p.assignDelivery, "POST /deliveries/{id}/note": p.noteDelivery, "POST /held/assign": p.assignCause,
		"POST /held/replay": p.replayCause, "POST /held/skip": p.skipCause,
		"POST /connections/{name}/pause": p.pauseConnection, "POST /connections/{name}/resume": p.resumeConnection, "POST /connections/{name}/ping": p.ping,
		"POST /flows/{name}/enable": p.enableFlow, "POST /flows/{name}/disable": p.disableFlow, "POST /flows/{name}/run": p.runFlow,
		"POST /crosswalks/{name}/rows": p.setRow,
		"POST /plans":                  p.savePlan, "POST /plans/{name}/approve": p.approvePlan, "POST /plans/{name}/run": p.runPlan, "POST /plans/{name}/end": p.endPlan,
		"POST /reconciliations": p.reconcile,
	} {
		mux.Handle(path, p.act(do))
	}
	mux.Handle("GET /held/preview", p.page(p.preview))
	mux.Handle("GET /held/done", p.page(p.done))
	mux.Handle("GET /deliveries/export", only(p.deliveriesFile))
}

func (p *Pages) onDelivery(r *http.Request, do func(id int64) (said string, err error)) (said, to string, err error) {
	id, err := pathNumber(r, "delivery")
	if err != nil {
		return "", "", err
	}
	said, err = do(id)
	return said, "/deliveries/" + plainCount(id), err
}

func (p *Pages) replay(r *http.Request) (said, to string, err error) {
	return p.onDelivery(r, func(id int64) (string, error) {
		_, err := p.App.Replay(r.Context(), app.ReplayOptions{IDs: []int64{id}, Create: r.PostForm.Get("create") == "yes"}, actorOf(r))
		return "It waits to be sent again.", err
	})
}

func (p *Pages) skip(r *http.Request) (said, to string, err error) {
	return p.onDelivery(r, func(id int64) (string, error) {
		return "It is skipped. It can be sent again later.", p.App.Skip(r.Context(), id, reason(r), actorOf(r))
	})
}

func (p *Pages) resolve(r *http.Request) (said, to string, err error) {
	return p.onDelivery(r, func(id int64) (string, error) {
		target, said := strings.TrimSpace(r.PostForm.Get("target")), "It is delivered, as you found it."
		switch r.PostForm.Get("how") {
		case "delivered":
			if target == "" {
				return "", connector.Errorf(connector.Invalid, "", "It is not said under which ID the target has it.")
			}
		case "not_sent":
			target, said = "", "It surely did not arrive, so it waits to be sent again."
		default:
			return "", connector.Errorf(connector.Invalid, "", "It is not said what became of it.")
		}
		return said, p.App.Resolve(r.Context(), id, target, reason(r), r.PostForm.Get("unchecked") == "yes", actorOf(r))
	})
}

func (p *Pages) approve(r *http.Request) (said, to string, err error) {
	return p.onDelivery(r, func(id int64) (string, error) {
		_, err := p.App.Approve(r.Context(), app.ReplayOptions{IDs: []int64{id}}, actorOf(r))
		return "It is approved, and goes on.", err
	})
}

func reason(r *http.Request) string { return strings.TrimSpace(r.PostForm.Get("reason")) }

// previewBody is what a preview of what is done to one cause shows.
type previewBody struct {
	app.CausePreview
	Skip   bool // else they are sent again
	Choice app.CauseChoice
}

// Action is where the form goes.
func (b previewBody) Action() string {
	if b.Skip {
		return "/held/skip"
	}
	return "/held/replay"
}

// preview answers: what exactly would be done? Nothing is done before it is seen.
func (p *Pages) preview(r *http.Request) (view, error) {
	c, err := causeChoice(r.URL.Query())
	if err != nil {
		return view{}, err
	}
	b := previewBody{Choice: c, Skip: r.URL.Query().Get("do") == "skip"}
	needs := people.ReplayDelivery
	if b.Skip {
		needs = people.SkipDelivery
	}
	if err := actorOf(r).May(needs); err != nil {
		return view{}, err
	}
	if b.CausePreview, err = p.App.PreviewCause(r.Context(), c); err != nil {
		return view{}, err
	}
	title := "Send " + plural(len(b.IDs), "delivery", "deliveries") + " again"
	if b.Skip {
		title = "Skip " + plural(len(b.IDs), "delivery", "deliveries")
	}
	return view{Template: "preview", Question: "What exactly would be done?", Title: title, Active: "held", Crumbs: []crumb{{"Held", "/held"}}, Body: b}, nil
}

func causeChoice(q url.Values) (app.CauseChoice, error) {
	c := app.CauseChoice{Cause: q.Get("cause"), State: connector.State(q.Get("state")), Flow: q.Get("flow"), Code: connector.Code(q.Get("code"))}
	if c.Cause == "" || c.State != connector.Held && c.State != connector.Blocked {
		return c, connector.Errorf(connector.Invalid, "", "This is no cause of what is held or blocked.").Advise("Look at what is held now.")
	}
	return c, nil
}

// seen finds again what a preview showed; when it is not the same any more, nothing is done.
func (p *Pages) seen(r *http.Request) (ids []int64, err error) {
	c, err := causeChoice(r.PostForm)
	if err != nil {
		return nil, err
	}
	if c.UpTo, err = strconv.ParseInt(r.PostForm.Get("last"), 10, 64); err != nil || c.UpTo <= 0 {
		return nil, connector.Errorf(connector.Invalid, "", "It is not said what was looked at.").Advise("Begin at what is held.")
	}
	now, err := p.App.PreviewCause(r.Context(), c)
	if err != nil {
		return nil, err
	}
	if strconv.Itoa(len(now.IDs)) != r.PostForm.Get("count") {
		return nil, connector.Errorf(connector.Conflict, "", "Meanwhile it is not the same any more: %s now.", plural(len(now.IDs), "delivery", "deliveries")).
			Advise("Nothing was done. Look once more, and decide again.")
	}
	return now.IDs, nil
}

func (p *Pages) replayCause(r *http.Request) (said, to string, err error) {
	ids, err := p.seen(r)
	if err != nil {
		return "", "", err
	}
	var done app.Replayed
	to, err = p.followed(r, "replay", func() error {
		done, err = p.App.Replay(r.Context(), app.ReplayOptions{IDs: ids, Still: true}, actorOf(r))
		return err
	})
	return plural(done.Replayed, "waits", "wait") + " to be sent again." + passedWords(done.Passed), to, err
}

func (p *Pages) skipCause(r *http.Request) (said, to string, err error) {
	if reason(r) == "" {
		return "", "", connector.Errorf(connector.Invalid, "", "No reason was given.").Advise("Say why: it is kept in the ledger.")
	}
	ids, err := p.seen(r)
	if err != nil {
		return "", "", err
	}
	var n int
	to, err = p.followed(r, "skip", func() error {
		n, err = p.App.SkipAll(r.Context(), ids, reason(r), actorOf(r))
		return err
	})
	return plural(n, "is", "are") + " skipped." + passedWords(len(ids)-n), to, err
}

func passedWords(n int) string {
	if n == 0 {
		return ""
	}
	return " " + plural(n, "was", "were") + " passed over, which changed meanwhile."
}

func (p *Pages) onConnection(r *http.Request, said string, err error) (string, string, error) {
	return said, "/connections/" + url.PathEscape(r.PathValue("name")), err
}

func (p *Pages) pauseConnection(r *http.Request) (said, to string, err error) {
	return p.onConnection(r, "It stands still until somebody resumes it.", p.App.PauseConnection(r.Context(), r.PathValue("name"), reason(r), actorOf(r)))
}

func (p *Pages) resumeConnection(r *http.Request) (said, to string, err error) {
	return p.onConnection(r, "It goes on; the next run checks it first.", p.App.ResumeConnection(r.Context(), r.PathValue("name"), actorOf(r)))
}

func (p *Pages) ping(r *http.Request) (said, to string, err error) {
	pings, err := p.App.Ping(r.Context(), []string{r.PathValue("name")}, actorOf(r))
	said = "Checked: not all is well."
	if err == nil && len(pings) == 1 && pings[0].OK {
		said = "Checked: all is well."
	}
	return p.onConnection(r, said, err)
}

func (p *Pages) onFlow(r *http.Request, said string, err error) (string, string, error) {
	return said, "/flows/" + url.PathEscape(r.PathValue("name")), err
}

func (p *Pages) enableFlow(r *http.Request) (said, to string, err error) {
	return p.onFlow(r, "It runs by its schedule.", p.App.EnableFlow(r.Context(), r.PathValue("name"), actorOf(r)))
}

func (p *Pages) disableFlow(r *http.Request) (said, to string, err error) {
	return p.onFlow(r, "It runs no more by its schedule.", p.App.DisableFlow(r.Context(), r.PathValue("name"), actorOf(r)))
}

func (p *Pages) runFlow(r *http.Request) (said, to string, err error) {
	return p.onFlow(r, "A run was asked for. It begins within seconds.", p.App.AskRun(r.Context(), r.PathValue("name"), actorOf(r)))
}

// previewURL is the preview of what is done to a cause.
func previewURL(c app.Cause) string {
	return "/held/preview?" + url.Values{"cause": {c.ID}, "state": {string(c.State)}, "flow": {c.Flow}, "code": {string(c.Code)}}.Encode()
}

// second says whether a Delivery waits for a second person.
func second(d *connector.Delivery) bool { return app.WaitsForSecond(*d) }
