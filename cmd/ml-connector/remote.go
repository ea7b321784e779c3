package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	connector "ml-connector"
	"ml-connector/api"
	"ml-connector/app"
	"ml-connector/people"
)

// remote does through a running server what an App does on the database. Who acts is whose token it is, whatever Actor is given.
type remote struct{ c *api.Client }

// asked are the parameters of a request: those with a value, by name.
func asked(pairs ...string) url.Values {
	out := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		if pairs[n+1] != "" {
			out.Add(pairs[n], pairs[n+1])
		}
	}
	return out
}

// below is a path whose parts are escaped.
func below(parts ...string) string {
	out := ""
	for _, part := range parts {
		out += "/" + url.PathEscape(part)
	}
	return out
}

func whole(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// lists gives a whole list.
func lists[T any](ctx context.Context, c *api.Client, path string) ([]T, error) {
	out := []T{}
	err := api.Each(ctx, c, path, nil, func(row T) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

func gets[T any](ctx context.Context, c *api.Client, path string, query url.Values) (out T, err error) {
	err = c.Get(ctx, path, query, &out)
	return out, err
}

func posts[T any](ctx context.Context, c *api.Client, path string, query url.Values, in any) (out T, err error) {
	err = c.Post(ctx, path, query, in, &out)
	return out, err
}

func (r remote) EachDelivery(ctx context.Context, f app.DeliveryFilter, fn func(app.Delivery) error) error {
	return api.Each(ctx, r.c, "/deliveries", asked("state", string(f.State), "flow", f.Flow, "search", f.Search, "run", whole(f.Run), "assigned", f.Assigned), fn)
}

func (r remote) Delivery(ctx context.Context, id int64, _ people.Actor) (app.DeliveryDetail, error) {
	return gets[app.DeliveryDetail](ctx, r.c, below("deliveries", whole(id)), nil)
}

func (r remote) Replay(ctx context.Context, o app.ReplayOptions, _ people.Actor) (app.Replayed, error) {
	return posts[app.Replayed](ctx, r.c, "/deliveries/replay", asked("wait", o.Wait.String()), chosen{o.IDs, o.State, o.Flow, o.Create})
}

// chosen are the Deliveries that go on.
type chosen struct {
	IDs    []int64         `json:"ids,omitempty"`
	State  connector.State `json:"state,omitempty"`
	Flow   string          `json:"flow,omitempty"`
	Create bool            `json:"create,omitempty"`
}

func (r remote) Approve(ctx context.Context, o app.ReplayOptions, _ people.Actor) (app.Replayed, error) {
	return posts[app.Replayed](ctx, r.c, "/deliveries/approve", asked("wait", o.Wait.String()), chosen{IDs: o.IDs, State: o.State, Flow: o.Flow})
}

func (r remote) Skip(ctx context.Context, id int64, reason string, _ people.Actor) error {
	return r.c.Post(ctx, below("deliveries", whole(id), "skip"), nil, map[string]string{"reason": reason}, nil)
}

func (r remote) Resolve(ctx context.Context, id int64, targetID, reason string, unchecked bool, _ people.Actor) error {
	return r.c.Post(ctx, below("deliveries", whole(id), "resolve"), nil, map[string]any{"delivered": targetID, "not_sent": targetID == "", "reason": reason, "unchecked": unchecked}, nil)
}

func (r remote) AssignDeliveries(ctx context.Context, ids []int64, to string, _ people.Actor) error {
	return r.c.Post(ctx, "/deliveries/assign", nil, map[string]any{"ids": ids, "to": to}, nil)
}

func (r remote) NoteDelivery(ctx context.Context, id int64, text string, _ people.Actor) error {
	return r.c.Post(ctx, below("deliveries", whole(id), "note"), nil, map[string]string{"text": text}, nil)
}

func (r remote) EachRecord(ctx context.Context, f app.RecordFilter, fn func(app.Record) error) error {
	return api.Each(ctx, r.c, "/records", asked("connection", f.Connection, "kind", string(f.Kind), "state", string(f.State), "search", f.Search), fn)
}

func (r remote) Record(ctx context.Context, text string) (app.RecordDetail, error) {
	return gets[app.RecordDetail](ctx, r.c, "/record", asked("id", text))
}

func (r remote) ExplainRecord(ctx context.Context, text string) (app.Explained, error) {
	return gets[app.Explained](ctx, r.c, "/explained", asked("id", text))
}

func (r remote) Why(ctx context.Context, number string) (app.Why, error) {
	return gets[app.Why](ctx, r.c, "/why", asked("number", number))
}

func (r remote) pair(ctx context.Context, path, x, y string) error {
	return r.c.Post(ctx, path, nil, map[string][]string{"records": {x, y}}, nil)
}

func (r remote) LinkRecords(ctx context.Context, x, y string, _ people.Actor) error {
	return r.pair(ctx, "/links", x, y)
}

func (r remote) UnlinkRecords(ctx context.Context, x, y string, _ people.Actor) error {
	return r.pair(ctx, "/links/remove", x, y)
}

func (r remote) ApartRecords(ctx context.Context, x, y string, _ people.Actor) error {
	return r.pair(ctx, "/links/apart", x, y)
}

func (r remote) MergeRecords(ctx context.Context, old, kept string, _ people.Actor) (app.Merged, error) {
	return posts[app.Merged](ctx, r.c, "/links/merged", nil, map[string][]string{"records": {old, kept}})
}

func (r remote) LinkCandidates(ctx context.Context) ([]app.LinkPair, error) {
	return lists[app.LinkPair](ctx, r.c, "/links/candidates")
}

func (r remote) EachEntry(ctx context.Context, f app.EntryFilter, fn func(connector.Entry) error) error {
	order := "oldest"
	if f.Newest {
		order = "newest"
	}
	return api.Each(ctx, r.c, "/audit", asked("subject", f.Subject, "delivery", whole(f.Delivery), "run", whole(f.Run), "actor", f.Actor, "action", f.Action, "order", order), fn)
}

func (r remote) VerifyLedger(ctx context.Context, expect string) (app.Verification, error) {
	return gets[app.Verification](ctx, r.c, "/audit/verify", asked("expect", expect))
}

func (r remote) Evidence(ctx context.Context, text string, w io.Writer, _ people.Actor) error {
	return r.c.Copy(ctx, "/evidence?"+asked("id", text).Encode(), w)
}

func (r remote) ExportLedger(ctx context.Context, w io.Writer, _ people.Actor) error {
	return r.c.Copy(ctx, "/audit/export", w)
}

func (r remote) Doctor(ctx context.Context) (app.Diagnosis, error) {
	return gets[app.Diagnosis](ctx, r.c, "/doctor", nil)
}

func (r remote) Support(ctx context.Context, w io.Writer, _ string, _ people.Actor) error {
	return r.c.Copy(ctx, "/support", w)
}

func (r remote) Alerts(ctx context.Context, _ people.Actor) (app.AlertsShown, error) {
	return gets[app.AlertsShown](ctx, r.c, "/alerts", nil)
}

func (r remote) TestAlert(ctx context.Context, name string, _ people.Actor) ([]app.AlertTest, error) {
	return posts[[]app.AlertTest](ctx, r.c, "/alerts/test", asked("channel", name), nil)
}

func (r remote) Connections(ctx context.Context) ([]app.Connection, error) {
	return lists[app.Connection](ctx, r.c, "/connections")
}

func (r remote) Connection(ctx context.Context, name string) (app.ConnectionDetail, error) {
	c, err := gets[app.ConnectionDetail](ctx, r.c, below("connections", name), nil)
	for name, v := range c.Settings {
		c.Settings[name] = plain(v)
	}
	return c, err
}

// plain is a setting as the database gives it: whole numbers are numbers.
func plain(v any) any {
	switch x := v.(type) {
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n
		}
	case map[string]any:
		for name, e := range x {
			x[name] = plain(e)
		}
	case []any:
		for n, e := range x {
			x[n] = plain(e)
		}
	}
	return v
}

func (r remote) Requirements(ctx context.Context, name string) (app.Requirements, error) {
	return gets[app.Requirements](ctx, r.c, below("connections", name, "requirements"), nil)
}

func (r remote) Ping(ctx context.Context, names []string, _ people.Actor) ([]app.Ping, error) {
	if len(names) == 0 {
		all, err := r.Connections(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			names = append(names, c.Name)
		}
	}
	out := []app.Ping{}
	for _, name := range names {
		ping, err := posts[app.Ping](ctx, r.c, below("connections", name, "ping"), nil, nil)
		if err != nil {
			return out, err
		}
		out = append(out, ping)
	}
	return out, nil
}

func (r remote) PauseConnection(ctx context.Context, name, reason string, _ people.Actor) error {
	return r.c.Post(ctx, below("connections", name, "pause"), nil, map[string]string{"reason": reason}, nil)
}

func (r remote) ResumeConnection(ctx context.Context, name string, _ people.Actor) error {
	return r.c.Post(ctx, below("connections", name, "resume"), nil, nil, nil)
}

func (r remote) Crosswalks(ctx context.Context) ([]app.Crosswalk, error) {
	return lists[app.Crosswalk](ctx, r.c, "/crosswalks")
}

func (r remote) Crosswalk(ctx context.Context, name string) (app.CrosswalkDetail, error) {
	return gets[app.CrosswalkDetail](ctx, r.c, below("crosswalks", name), nil)
}

func (r remote) CrosswalkTodo(ctx context.Context, name string) ([]app.CrosswalkTask, error) {
	return gets[[]app.CrosswalkTask](ctx, r.c, "/missing-values", asked("crosswalk", name))
}

func (r remote) CrosswalkHistory(ctx context.Context, name, value string, fn func(app.CrosswalkChange) error) error {
	changes, err := gets[[]app.CrosswalkChange](ctx, r.c, below("crosswalks", name, "history"), asked("value", value))
	if err != nil {
		return err
	}
	return of(changes)(fn)
}

func (r remote) SetCrosswalk(ctx context.Context, name string, row app.CrosswalkEdit, always bool, _ people.Actor) (app.CrosswalkSet, error) {
	in := map[string]any{"left": row.Left, "right": row.Right, "always": always}
	for member, value := range map[string]string{"note": row.Note, "valid_from": row.ValidFrom, "valid_to": row.ValidTo} {
		if value != "" {
			in[member] = value
		}
	}
	return posts[app.CrosswalkSet](ctx, r.c, below("crosswalks", name, "rows"), nil, in)
}

func (r remote) ImportCrosswalk(ctx context.Context, name string, text io.Reader, _ string, o app.ImportOptions, _ people.Actor) (out app.CrosswalkImport, err error) {
	err = r.c.Send(ctx, below("crosswalks", name, "import"), asked("replace", fmt.Sprint(o.Replace), "dry_run", fmt.Sprint(o.DryRun)), "text/csv", text, &out)
	return out, err
}

func (r remote) ExportCrosswalk(ctx context.Context, name string, w io.Writer) error {
	return r.c.Copy(ctx, below("crosswalks", name, "export"), w)
}
