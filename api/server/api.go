package server

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/gate"
	"ml-connector/people"
)

// prefix stands before every path of the API.
const prefix = "/api/v1"

// Limits of what the API takes and gives.
const (
	maxBody  = 4 << 20
	mostWait = 10 * time.Minute // for what becomes of what was set going
)

// Config is what the API is made of.
type Config struct {
	App     *app.App
	Version string
	Log     *slog.Logger
}

// API answers what other programs ask, below /api/v1, and says what it understands at /openapi.json and /docs.
type API struct {
	Config
	huma     huma.API
	mux      *http.ServeMux
	docsPage func() ([]byte, error)
	stopped  chan struct{} // by Stop
}

// NewAPI makes it.
func NewAPI(c Config) *API {
	a := &API{Config: c, mux: http.NewServeMux(), stopped: make(chan struct{})}
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "ml-connector", Version: c.Version, Description: "Everything that the commands do, for programs. Lists give `limit` rows; the header Link " +
				"(rel=next) leads to the next ones. Money is a decimal as text, time is RFC 3339 in UTC. An error is problem+json (RFC 9457) with a code, what happened and what to do."},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "A token of `ml-connector token add`."}},
			},
			Security: []map[string][]string{{"token": {}}},
		},
		OpenAPIPath:                  "/openapi",
		Formats:                      map[string]huma.Format{"application/json": {Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: strictly}, "json": {Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: strictly}},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{asProblem},
	}
	a.huma = humago.New(a.mux, config)
	a.huma.UseMiddleware(a.admit)
	a.deliveries()
	a.records()
	a.flows()
	a.connections()
	a.crosswalks()
	a.ledger()
	a.people()
	a.setup()
	a.plans()
	a.reconciliations()
	a.events()
	a.questions()
	a.alerts()
	nullable(a.huma.OpenAPI().Components.Schemas)
	a.docsPage = makeDocs(a)
	a.mux.HandleFunc("GET /docs", a.docs)
	a.mux.HandleFunc(prefix+"/", a.nowhere)
	return a
}

// ServeHTTP answers one request from behind the gate, which found out who asks.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// Stop ends the answers that last as long as somebody listens, so that the server can. It is called once.
func (a *API) Stop() { close(a.stopped) }

// schemaName is the name of a type in the document: that of Go, with its package where that is not app.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if where := t.PkgPath(); where == "" || strings.HasSuffix(where, "/app") || strings.HasSuffix(where, "/server") || t.Name() == "" {
		return name
	}
	where := "Connector"
	if cut := strings.LastIndexByte(t.PkgPath(), '/'); cut > 0 {
		where = strings.ToUpper(t.PkgPath()[cut+1:cut+2]) + t.PkgPath()[cut+2:]
	}
	return where + name
}

type actorKey struct{}

// admit lets in whoever may ask at all, and notes who it is.
func (a *API) admit(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	by, err := who(r)
	if err != nil {
		answerProblem(w, strange(err))
		return
	}
	next(huma.WithValue(huma.WithValue(huma.WithValue(ctx, actorKey{}, by), addressKey{}, r.URL), writerKey{}, w))
}

// who says who asks, if they may ask for anything.
func who(r *http.Request) (people.Actor, error) {
	asker, err := gate.Who(r)
	if err != nil {
		return asker.Actor, err
	}
	if !asker.Known() {
		return asker.Actor, connector.Errorf(connector.Credentials, "read the request", "there is no token").
			Advise("Send the header `Authorization: Bearer TOKEN`; `ml-connector token add NAME` makes one.")
	}
	return asker.Actor, asker.Actor.May(people.Read)
}

// actor is who asks.
func actor(ctx context.Context) people.Actor {
	by, _ := ctx.Value(actorKey{}).(people.Actor)
	return by
}

// answer is the body of an answer.
type answer[T any] struct{ Body T }

// none is what an operation without parameters takes.
type none struct{}

// tell registers an operation: how it is asked, and what it answers. What fails is a problem of its class.
func tell[I, O any](a *API, method, path, id, summary string, do func(context.Context, *I) (O, error)) {
	op := huma.Operation{
		OperationID: id, Method: method, Path: prefix + path, Summary: summary, Tags: []string{strings.Trim(path, "/")}, MaxBodyBytes: maxBody, BodyReadTimeout: 30 * time.Second,
		Responses: map[string]*huma.Response{"default": {Description: "It did not go as asked.", Content: map[string]*huma.MediaType{
			problemJSON: {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem](), true, "Problem")},
		}}},
	}
	if cut := strings.IndexByte(op.Tags[0], '/'); cut > 0 {
		op.Tags[0] = op.Tags[0][:cut]
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, problemOf(err)
		}
		return &out, nil
	})
}

// get registers an operation that only reads, and answers with one thing.
func get[I, T any](a *API, path, id, summary string, do func(context.Context, *I) (T, error)) {
	tell(a, http.MethodGet, path, id, summary, func(ctx context.Context, in *I) (answer[T], error) {
		out, err := do(ctx, in)
		return answer[T]{out}, err
	})
}

// post registers an operation that changes something, and answers with what came of it.
func post[I, T any](a *API, path, id, summary string, do func(context.Context, *I, people.Actor) (T, error)) {
	tell(a, http.MethodPost, path, id, summary, func(ctx context.Context, in *I) (answer[T], error) {
		out, err := do(ctx, in, actor(ctx))
		return answer[T]{out}, err
	})
}

// done is the answer of what has nothing more to say.
type done struct {
	Done bool `json:"done" doc:"Always true: what did not go is a problem."`
}
