package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/people"
)

type recordList struct {
	Listed
	Connection string          `query:"connection"`
	Kind       connector.Kind  `query:"kind"`
	State      connector.State `query:"state" enum:"waiting,blocked,sending,in_doubt,delivered,unchanged,filtered,held,superseded,skipped" doc:"Of the newest delivery."`
	Search     string          `query:"search" doc:"An ID or a number, exactly; where there is none such, a part of ID, number or title."`
	After      string          `query:"after" doc:"The last one seen: CONNECTION:KIND:ID."`
}

// named is a Record: its ID with the slashes that it has, as they are or as %2F.
type named struct {
	Connection string         `path:"connection"`
	Kind       connector.Kind `path:"kind"`
	ID         string         `path:"id"`
}

func (n named) text() string {
	return (connector.Record{Connection: n.Connection, Kind: n.Kind, ID: n.ID}).String()
}

// meant is a Record as people write it.
type meant struct {
	ID string `query:"id" required:"true" minLength:"1" doc:"[[CONNECTION:]KIND:]ID, or a number; one that fits several is refused with the candidates."`
}

// pair are two Records that are the same object, or are not.
type pair struct {
	Records [2]string `json:"records" doc:"Both as CONNECTION:KIND:ID."`
}

func (a *API) records() {
	list(a, "/records", "list-records", "List records", func(ctx context.Context, in *recordList, fn func(app.Record) error) error {
		return a.App.EachRecordAfter(ctx, app.RecordFilter{Connection: in.Connection, Kind: in.Kind, State: in.State, Search: in.Search, Limit: in.Limit + 1}, in.After, fn)
	}, func(r app.Record) string {
		return (connector.Record{Connection: r.Connection, Kind: r.Kind, ID: r.ID}).String()
	})
	get(a, "/records/{connection}/{kind}/{id...}", "show-record", "Show a record: versions, links, deliveries, history, and what belongs with it", func(ctx context.Context, in *named) (app.RecordDetail, error) {
		return a.App.Record(ctx, in.text())
	})
	get(a, "/record", "find-record", "Show the record that is meant, as /records/… does", func(ctx context.Context, in *meant) (app.RecordDetail, error) {
		return a.App.Record(ctx, in.ID)
	})
	get(a, "/explained", "explain-found-record", "Say of the record that is meant what /explained/… says", func(ctx context.Context, in *meant) (app.Explained, error) {
		return a.App.ExplainRecord(ctx, in.ID)
	})
	get(a, "/explained/{connection}/{kind}/{id...}", "explain-record", "Say of each field that was sent which rule made it, and from which values and crosswalk rows", func(ctx context.Context, in *named) (app.Explained, error) {
		return a.App.ExplainRecord(ctx, in.text())
	})
	tell(a, "GET", "/evidence", "take-evidence", "Give all that is known of the record that is meant as one zip, for an auditor", func(ctx context.Context, in *meant) (huma.StreamResponse, error) {
		by := actor(ctx)
		if err := by.May(people.ExportLedger); err != nil {
			return huma.StreamResponse{}, err
		}
		if _, err := a.App.FindRecord(ctx, in.ID); err != nil {
			return huma.StreamResponse{}, err
		}
		return huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", "application/zip")
			if err := a.App.Evidence(ctx, in.ID, c.BodyWriter(), by); err != nil {
				a.Log.Error("evidence broke off", "error", err)
				panic(http.ErrAbortHandler) // what was sent is not whole, and must not look so
			}
		}}, nil
	})
	post(a, "/links", "link-records", "Link two records by hand", func(ctx context.Context, in *struct{ Body pair }, by people.Actor) (done, error) {
		return done{true}, a.App.LinkRecords(ctx, in.Body.Records[0], in.Body.Records[1], by)
	})
	post(a, "/links/remove", "unlink-records", "Take the link between two records away, or that the first was merged into the second", func(ctx context.Context, in *struct{ Body pair }, by people.Actor) (done, error) {
		return done{true}, a.App.UnlinkRecords(ctx, in.Body.Records[0], in.Body.Records[1], by)
	})
	post(a, "/links/apart", "keep-records-apart", "Say that two records are not the same, whatever they look like", func(ctx context.Context, in *struct{ Body pair }, by people.Actor) (done, error) {
		return done{true}, a.App.ApartRecords(ctx, in.Body.Records[0], in.Body.Records[1], by)
	})
	post(a, "/links/merged", "merge-records", "Say that the first of two records of one connection was merged into the second", func(ctx context.Context, in *struct{ Body pair }, by people.Actor) (app.Merged, error) {
		return a.App.MergeRecords(ctx, in.Body.Records[0], in.Body.Records[1], by)
	})
	list(a, "/links/candidates", "list-link-candidates", "List what both sides have and nobody has linked", func(ctx context.Context, in *AfterName, fn func(app.LinkPair) error) error {
		all, err := a.App.LinkCandidates(ctx)
		if err != nil {
			return err
		}
		return behind(all, in.After, pairName, fn)
	}, pairName)
}

func pairName(p app.LinkPair) string { return p.Source + " " + p.Target }

// AfterName are the parameters of a list whose rows have names.
type AfterName struct {
	Listed
	After string `query:"after" doc:"The name of the last one seen."`
}
