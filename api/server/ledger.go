package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/people"
)

type entryList struct {
	Listed
	Subject  string `query:"subject" doc:"CONNECTION:KIND:ID with those of its deliveries, flow:NAME, connection:NAME."`
	Delivery int64  `query:"delivery" minimum:"1"`
	Run      int64  `query:"run" minimum:"1"`
	Actor    string `query:"actor"`
	Action   string `query:"action" doc:"Such as delivery.held; with a dot at its end all of a group."`
	After    int64  `query:"after" minimum:"1" doc:"The number of the last one seen."`
	Order    string `query:"order" enum:"oldest,newest" default:"oldest"`
}

type verified struct {
	Expect string `query:"expect" pattern:"^[0-9a-f]{64}$" doc:"A head hash that was noted earlier, elsewhere: an entry must carry it."`
}

func (a *API) ledger() {
	list(a, "/audit", "list-entries", "List entries of the ledger", func(ctx context.Context, in *entryList, fn func(connector.Entry) error) error {
		return a.App.EachEntry(ctx, app.EntryFilter{Subject: in.Subject, Delivery: in.Delivery, Run: in.Run, Actor: in.Actor, Action: in.Action, After: in.After,
			Newest: in.Order == "newest", Limit: in.Limit + 1}, fn)
	}, func(e connector.Entry) string { return number(e.Number) })
	get(a, "/audit/verify", "verify-ledger", "Hold the ledger against its hashes", func(ctx context.Context, in *verified) (app.Verification, error) {
		if err := patient(ctx, mostWait); err != nil {
			return app.Verification{}, err
		}
		return a.App.VerifyLedger(ctx, in.Expect)
	})
	tell(a, "GET", "/audit/export", "export-ledger", "Give all entries, one JSON object a line, for `audit verify --file`", func(ctx context.Context, _ *none) (huma.StreamResponse, error) {
		if err := actor(ctx).May(people.ExportLedger); err != nil {
			return huma.StreamResponse{}, err
		}
		return huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", "application/jsonl; charset=utf-8")
			if err := a.App.ExportLedger(ctx, c.BodyWriter(), actor(ctx)); err != nil {
				a.Log.Error("the export of the ledger broke off", "error", err)
				panic(http.ErrAbortHandler) // what was sent is not whole, and must not look so
			}
		}}, nil
	})
}
