package main

import (
	"context"
	"io"
	"time"

	connector "ml-connector"
	"ml-connector/api"
	"ml-connector/app"
	"ml-connector/people"
)

// verbs are what commands do that act on the database, or with --server through a running server: an App, or a remote.
type verbs interface {
	records
	flowVerbs
	connections
	house
}

// house is who did what, and who may.
type house interface {
	ledger
	peopleVerbs
	alerts
}

type alerts interface {
	Support(ctx context.Context, w io.Writer, version string, by people.Actor) error
	Alerts(ctx context.Context, by people.Actor) (app.AlertsShown, error)
	TestAlert(ctx context.Context, name string, by people.Actor) ([]app.AlertTest, error)
}

type records interface {
	deliveries
	decisions
	recordVerbs
	links
}

type deliveries interface {
	EachDelivery(ctx context.Context, f app.DeliveryFilter, fn func(app.Delivery) error) error
	Delivery(ctx context.Context, id int64, by people.Actor) (app.DeliveryDetail, error)
	Why(ctx context.Context, number string) (app.Why, error)
	assignments
}

type decisions interface {
	Replay(ctx context.Context, o app.ReplayOptions, by people.Actor) (app.Replayed, error)
	Approve(ctx context.Context, o app.ReplayOptions, by people.Actor) (app.Replayed, error)
	Skip(ctx context.Context, id int64, reason string, by people.Actor) error
	Resolve(ctx context.Context, id int64, targetID, reason string, unchecked bool, by people.Actor) error
}

type assignments interface {
	AssignDeliveries(ctx context.Context, ids []int64, to string, by people.Actor) error
	NoteDelivery(ctx context.Context, id int64, text string, by people.Actor) error
}

type recordVerbs interface {
	EachRecord(ctx context.Context, f app.RecordFilter, fn func(app.Record) error) error
	recordShown
	LinkCandidates(ctx context.Context) ([]app.LinkPair, error)
}

type recordShown interface {
	Record(ctx context.Context, text string) (app.RecordDetail, error)
	ExplainRecord(ctx context.Context, text string) (app.Explained, error)
	Evidence(ctx context.Context, text string, w io.Writer, by people.Actor) error
}

type links interface {
	LinkRecords(ctx context.Context, x, y string, by people.Actor) error
	UnlinkRecords(ctx context.Context, x, y string, by people.Actor) error
	ApartRecords(ctx context.Context, x, y string, by people.Actor) error
	MergeRecords(ctx context.Context, old, kept string, by people.Actor) (app.Merged, error)
}

type flowVerbs interface {
	flowsKept
	runs
	reapplied
	plans
}

type flowsKept interface {
	Flows(ctx context.Context) ([]app.Flow, error)
	Flow(ctx context.Context, name string) (app.FlowDetail, error)
	EnableFlow(ctx context.Context, name string, by people.Actor) error
	DisableFlow(ctx context.Context, name string, by people.Actor) error
}

type runs interface {
	Sync(ctx context.Context, o app.SyncOptions, by people.Actor) (app.Synced, error)
	DryRun(ctx context.Context, o app.SyncOptions, by people.Actor) (app.Plan, error)
	Reconcile(ctx context.Context, o app.SyncOptions, by people.Actor) (app.Reconciliation, error)
	LastReconciled(ctx context.Context, flows []string) (app.Reconciliation, error)
}

type reapplied interface {
	Reapply(ctx context.Context, flow string, since time.Time, wait time.Duration, by people.Actor) (app.Reapplied, error)
	Impact(ctx context.Context, flow string, since time.Time, rules []byte) (app.Plan, error)
	SaveDryRun(ctx context.Context, name string, o app.SyncOptions, by people.Actor) (app.Plan, error)
}

type plans interface {
	SavedPlans(ctx context.Context) ([]app.SavedPlan, error)
	SavedPlan(ctx context.Context, name string) (app.SavedPlanDetail, error)
	ApprovePlan(ctx context.Context, name string, by people.Actor) (app.SavedPlan, error)
	EndPlan(ctx context.Context, name string, by people.Actor) error
}

type connections interface {
	connectionsKept
	pauses
	crosswalks
	crosswalkChanges
}

type connectionsKept interface {
	Connections(ctx context.Context) ([]app.Connection, error)
	Connection(ctx context.Context, name string) (app.ConnectionDetail, error)
	Requirements(ctx context.Context, name string) (app.Requirements, error)
	Ping(ctx context.Context, names []string, by people.Actor) ([]app.Ping, error)
}

type pauses interface {
	PauseConnection(ctx context.Context, name, reason string, by people.Actor) error
	ResumeConnection(ctx context.Context, name string, by people.Actor) error
}

type crosswalks interface {
	Crosswalks(ctx context.Context) ([]app.Crosswalk, error)
	Crosswalk(ctx context.Context, name string) (app.CrosswalkDetail, error)
	CrosswalkTodo(ctx context.Context, name string) ([]app.CrosswalkTask, error)
	CrosswalkHistory(ctx context.Context, name, value string, fn func(app.CrosswalkChange) error) error
}

type crosswalkChanges interface {
	SetCrosswalk(ctx context.Context, name string, row app.CrosswalkEdit, always bool, by people.Actor) (app.CrosswalkSet, error)
	ImportCrosswalk(ctx context.Context, name string, text io.Reader, file string, o app.ImportOptions, by people.Actor) (app.CrosswalkImport, error)
	ExportCrosswalk(ctx context.Context, name string, w io.Writer) error
}

type ledger interface {
	EachEntry(ctx context.Context, f app.EntryFilter, fn func(connector.Entry) error) error
	VerifyLedger(ctx context.Context, expect string) (app.Verification, error)
	ExportLedger(ctx context.Context, w io.Writer, by people.Actor) error
	Doctor(ctx context.Context) (app.Diagnosis, error)
}

type peopleVerbs interface {
	peopleKept
	peopleChanges
	peopleEnds
	tokens
}

type peopleKept interface {
	People(ctx context.Context, by people.Actor) ([]app.Person, error)
	PersonShown(ctx context.Context, name string, by people.Actor) (app.PersonDetail, error)
	Sessions(ctx context.Context, name string, by people.Actor) ([]app.Session, error)
	EndSessions(ctx context.Context, name, id string, by people.Actor) (int, error)
}

type peopleChanges interface {
	AddPerson(ctx context.Context, name string, roles []people.Role, by people.Actor) (app.Invitation, error)
	InvitePerson(ctx context.Context, name string, by people.Actor) (app.Invitation, error)
	SetRoles(ctx context.Context, name string, roles []people.Role, by people.Actor) error
	EnablePerson(ctx context.Context, name string, by people.Actor) error
}

type peopleEnds interface {
	DisablePerson(ctx context.Context, name string, by people.Actor) (app.Ended, error)
	RemovePerson(ctx context.Context, name string, by people.Actor) (app.Ended, error)
	ForgetSignOn(ctx context.Context, name string, by people.Actor) error
}

type tokens interface {
	Tokens(ctx context.Context, by people.Actor) ([]app.Token, error)
	AddToken(ctx context.Context, name string, o app.TokenOptions, by people.Actor) (app.NewToken, error)
	RevokeToken(ctx context.Context, name string, by people.Actor) error
}

// act does one command's work on the database, or through the server that --server names.
func (p *program) act(ctx context.Context, do func(verbs) error) error {
	if p.server == "" {
		return p.with(ctx, func(a *app.App) error { return do(a) })
	}
	if p.database != "" || p.configFile != "" {
		return connector.Errorf(connector.Invalid, "read the command line", "--server acts through a running server: --database and --config name another place")
	}
	client, err := api.New(p.server, p.env["ML_CONNECTOR_TOKEN"])
	if err != nil {
		return err
	}
	return do(remote{client})
}
