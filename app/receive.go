package app

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/store"
	"ml-connector/wire"
)

// receiver is a Connection whose System pushes documents to us.
type receiver interface {
	// Receive says which records a push names, by Kind and number. Its errors: credentials when it does not come from the
	// System, invalid when it can't be read or names nothing. It holds for nothing else of what the push says.
	Receive(push []byte) (connector.Query, error)
	// Answer is what the sender of a push is told: that it was stored, or, with an error, why not. id is our own name for it.
	Answer(push []byte, id string, err error) []byte
}

// refusedEvery is how long after a refused push the next one of its Connection leaves no Entry: who can't prove who he is must not
// fill the ledger.
const refusedEvery = time.Hour

// Receive takes what a System pushes to a Connection with `receive: true`: it is kept before it is answered, and a running engine
// reads the records that it names. One that is not whole was larger than what is taken. Not ok: this Connection takes none, or is
// not there.
func (a *App) Receive(ctx context.Context, connection string, push []byte, whole bool) (answer []byte, ok bool, err error) {
	r, secrets, err := a.receiver(ctx, connection)
	if err != nil || r == nil {
		return nil, false, err
	}
	id := rand.Text()
	q, refused := r.Receive(push)
	if !whole && connector.CodeOf(refused) != connector.Credentials {
		refused = connector.Errorf(connector.Invalid, "receive", "it is larger than the %d MiB that are taken", len(push)>>20)
	}
	if refused == nil && (len(q.Keys) == 0 || q.Kind == "") {
		refused = connector.Errorf(connector.Invalid, "receive", "it names no record")
	}
	if refused != nil {
		return r.Answer(push, id, refused), true, a.pushRefused(ctx, connection, refused)
	}
	var numbers []string
	for _, k := range q.Keys {
		numbers = append(numbers, k.Number)
	}
	answer = r.Answer(push, id, nil)
	x := wire.Received(connector.Exchange{Connection: connection, Op: "receive " + string(q.Kind), Method: "POST", URL: "/receive/" + connection,
		RequestBody: push, Status: 200, ResponseBody: answer}, a.Now(), secrets)
	if err := a.DB.KeepPush(context.WithoutCancel(ctx), x, q.Kind, numbers); err != nil {
		a.Log.Error("a push could not be kept", "connection", connection, "error", err)
		return r.Answer(push, id, err), true, nil
	}
	return answer, true, nil
}

// Stranger says of the first part of a long push whether its sender is not the System, and what he is told then: so no more of it is read.
func (a *App) Stranger(ctx context.Context, connection string, part []byte) (answer []byte, stranger bool, err error) {
	r, _, err := a.receiver(ctx, connection)
	if err != nil || r == nil {
		return nil, false, err
	}
	_, refused := r.Receive(part)
	if connector.CodeOf(refused) != connector.Credentials {
		return nil, false, nil
	}
	return r.Answer(part, rand.Text(), refused), true, a.pushRefused(ctx, connection, refused)
}

// Receives says whether a Connection takes pushes at all.
func (a *App) Receives(ctx context.Context, connection string) bool {
	c, err := a.DB.Connection(ctx, connection)
	if err != nil {
		return false
	}
	system, err := a.system(c.System)
	return err == nil && system.Validate(c.Settings).Settings["receive"] == true
}

// receiver opens a Connection that takes pushes; nil when there is none of that name.
func (a *App) receiver(ctx context.Context, name string) (receiver, []string, error) {
	if !a.Receives(ctx, name) {
		return nil, nil, nil
	}
	c, err := a.DB.Connection(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	system, err := a.system(c.System)
	if err != nil {
		return nil, nil, err
	}
	secrets, err := a.unsealed(ctx, name, system, system.Validate(c.Settings))
	if err != nil {
		return nil, nil, err
	}
	inst, err := a.open(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	r, _ := inst.(receiver)
	return r, values(secrets), nil
}

func values(secrets map[string]string) []string {
	out := make([]string, 0, len(secrets))
	for _, s := range secrets {
		out = append(out, s)
	}
	return out
}

// pushRefused leaves an Entry of a refused push, of those of one Connection and code one an hour.
func (a *App) pushRefused(ctx context.Context, connection string, refused error) error {
	e := connector.AsError(refused)
	now, key := a.Now(), connection+" "+string(e.Code)
	a.mu.Lock()
	last, known := a.refusals[key]
	if known && now.Sub(last) < refusedEvery {
		a.mu.Unlock()
		return nil
	}
	if a.refusals == nil {
		a.refusals = map[string]time.Time{}
	}
	a.refusals[key] = now
	a.mu.Unlock()
	a.Log.Warn("a push was refused; more of them are not told within the hour", "connection", connection, "code", e.Code, "reason", e.Message)
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		tx.Enter(connector.Entry{Actor: connection, Action: "push.refused", Subject: "connection:" + connection, Details: map[string]string{"code": string(e.Code), "reason": short(e.Message)}})
		return nil
	})
}

// short cuts what a stranger may have written.
func short(text string) string {
	const most = 200
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// Receiving is what a Connection with `receive: true` was pushed.
type Receiving struct {
	Path    string         // where pushes go, on this server
	Last    []store.Pushed // the newest first
	Refused *connector.Entry
}

// lastPushes is how many pushes a page shows.
const lastPushes = 20

// Receiving says what was pushed to a Connection of late, and what became of it; nil when it takes none.
func (a *App) Receiving(ctx context.Context, connection string) (*Receiving, error) {
	if !a.Receives(ctx, connection) {
		return nil, nil
	}
	out := &Receiving{Path: "/receive/" + url.PathEscape(connection)}
	var err error
	if out.Last, err = a.DB.LastPushes(ctx, connection, lastPushes); err != nil {
		return nil, err
	}
	out.Refused, err = a.DB.LastRefused(ctx, connection)
	return out, err
}
