package app

import (
	"archive/zip"
	"context"
	"encoding/json"
	"io"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/people"
	"ml-connector/store"
)

// supportRead is what a support bundle says of itself.
const supportRead = `This is what ml-connector tells of itself for whoever helps: its version, how it is configured, what the doctor finds, counts, and what
happened lately, as codes.

Left out, always: secrets and keys; addresses, user names and every other text of the configuration that is not a default, a duration, a schedule
or a time zone ("text of N characters" stands there); documents, exchanges, IDs and numbers of records; the words of errors, reasons and notes;
names of people, tokens and saved plans; values of crosswalks; rules of your own flows (a hash stands there); log lines, which are not kept.
Names of connections, flows, crosswalks and channels are in it.
`

// Support writes a bundle for whoever helps, as a zip file: nothing in it is secret or personal.
func (a *App) Support(ctx context.Context, w io.Writer, version string, by people.Actor) error {
	if err := by.May(people.ReadSettings); err != nil {
		return err
	}
	out := zip.NewWriter(w)
	for _, part := range []struct {
		name   string
		gather func(context.Context) (any, error)
	}{
		{"README.txt", func(context.Context) (any, error) { return []byte(supportRead), nil }},
		{"about.json", func(context.Context) (any, error) { return a.supportAbout(version), nil }},
		{"doctor.json", a.supportDoctor}, {"connections.json", a.supportConnections}, {"flows.json", a.supportFlows}, {"runs.json", a.supportRuns},
		{"tables.json", a.supportTables}, {"needs.json", a.supportNeeds}, {"alerts.json", a.supportAlerts}, {"ledger.json", a.supportLedger},
		{"keys.json", func(ctx context.Context) (any, error) { return a.supportKeys(ctx) }},
		{"metrics.txt", func(context.Context) (any, error) { return a.supportMetrics() }}, {"goroutines.txt", supportGoroutines},
	} {
		content, err := part.gather(ctx)
		if err != nil { // the others may say why
			content = map[string]any{"not_gathered": connector.CodeOf(err)}
		}
		if err := addPart(out, part.name, content); err != nil {
			return connector.Errorf(connector.Unavailable, "write the support bundle", "it can't be written").Because(err)
		}
	}
	if err := out.Close(); err != nil {
		return connector.Errorf(connector.Unavailable, "write the support bundle", "it can't be written").Because(err)
	}
	return nil
}

func addPart(out *zip.Writer, name string, content any) error {
	text, isText := content.([]byte)
	if content == nil || isText && text == nil {
		return nil
	}
	f, err := out.Create(name)
	if err != nil {
		return err
	}
	if isText {
		_, err = f.Write(text)
		return err
	}
	j := json.NewEncoder(f)
	j.SetIndent("", "  ")
	return j.Encode(content)
}

func (a *App) supportAbout(version string) any {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return map[string]any{"version": version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH, "cpus": runtime.NumCPU(), "made_at": a.Now().UTC(), "time_zone_offset": time.Now().Format("-07:00"),
		"goroutines": runtime.NumGoroutine(), "memory": map[string]uint64{"heap": m.HeapAlloc, "from_system": m.Sys, "collections": uint64(m.NumGC)}, "sqlite": a.DB.IsSQLite(), "clock_skew_ms": a.DB.Skew().Milliseconds()}
}

// saidOpenly are checks of the doctor whose words are ours alone.
var saidOpenly = []string{"database", "disk", "engine", "deliveries", "ledger"}

// nameless are checks whose names are those of people and of what they made.
var nameless = []string{"token", "people"}

func (a *App) supportDoctor(ctx context.Context) (any, error) {
	d, err := a.Doctor(ctx)
	for n := range d.Symptoms {
		s := &d.Symptoms[n]
		s.Hint = ""
		if !slices.Contains(saidOpenly, s.Check) {
			s.Message = ""
		}
		if s.State != connector.StepOK && s.Check == "database" { // it has the path of the file
			s.Message = ""
		}
		if slices.Contains(nameless, s.Check) {
			s.Name = ""
		}
	}
	return d, err
}

func (a *App) supportConnections(ctx context.Context) (any, error) {
	all, err := a.DB.Connections(ctx)
	out := []map[string]any{}
	for _, c := range all {
		item := map[string]any{"name": c.Name, "system": c.System, "paused": c.Paused.Code, "checked_at": moment(c.CheckedAt)}
		defaults := map[string]string{}
		if s, err := a.system(c.System); err == nil {
			for _, d := range append(s.Describe().Settings, connector.CommonSettings()...) {
				defaults[d.Name] = d.Default
			}
		}
		settings := map[string]any{}
		for name, value := range c.Settings {
			settings[name] = openly(value, defaults[name])
		}
		item["settings"] = settings
		var steps []map[string]any
		for _, s := range c.Steps {
			step, _, _ := strings.Cut(s.Step, ":")
			steps = append(steps, map[string]any{"step": step, "state": s.State, "code": s.Code, "took_ms": s.Took.Milliseconds()})
		}
		item["steps"] = steps
		rows, err := a.DB.Secrets(ctx, c.Name)
		if err != nil {
			return out, err
		}
		secrets := map[string]time.Time{}
		for _, r := range rows {
			secrets[r.Name] = r.SetAt
		}
		item["secrets_set_at"] = secrets
		out = append(out, item)
	}
	return out, err
}

// plainWord is what says nothing but itself.
var plainWord = regexp.MustCompile(`^(true|false|auto|always|never|off|basic|oauth2|ps_token)$`)

// plainKey is the name of a setting.
var plainKey = regexp.MustCompile(`^[a-z][a-z_.]{0,39}$`)

// openly is a value of a setting, or how long it is when it may say something of somebody.
func openly(v any, usual string) any {
	switch x := v.(type) {
	case map[string]any:
		out := map[string]any{}
		others := 0
		for name, e := range x {
			if !plainKey.MatchString(name) {
				others++
				continue
			}
			out[name] = openly(e, "")
		}
		if others > 0 {
			out["other names"] = others
		}
		return out
	case []any:
		return map[string]int{"values": len(x)}
	case string:
		_, isZone := time.LoadLocation(x)
		_, isSpan := engine.ParseDuration(x)
		_, isSchedule := cron.ParseStandard(x)
		if x == "" || usual != "" && x == usual || plainWord.MatchString(x) || isZone == nil && x != "Local" || isSpan == nil || isSchedule == nil {
			return x
		}
		return map[string]int{"text of characters": len([]rune(x))}
	case int64:
		if x > 999_999 || x < -999_999 { // a setting has no such number; what does may be an account
			return map[string]int{"digits": len(strconv.FormatInt(x, 10))}
		}
	}
	return v
}

func (a *App) supportFlows(ctx context.Context) (any, error) {
	all, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for _, f := range all {
		shipped, known := a.shippedText(f.Use)
		counts, err := a.DB.StateCounts(ctx, f.Name, time.Time{})
		if err != nil {
			return out, err
		}
		out = append(out, map[string]any{"name": f.Name, "use": f.Use, "kind": f.Kind, "from": f.From, "to": f.To, "enabled": f.Enabled, "paused": f.Paused.Code, "schedule": f.Schedule, "drift": f.Drift, "withdraw": f.Withdraw,
			"retry_held": f.RetryHeld, "track": f.Track, "acknowledge": f.Acknowledge, "deep": f.Deep, "where": f.Where != "", "limits": []any{f.MaxChanges, f.MaxCreates, f.MaxShare, f.MaxMoney != ""},
			"rules_are_shipped": known && shipped == f.Mapping, "rules": connector.Document{"text": f.Mapping}.Fingerprint()[:12], "applied_at": moment(f.AppliedAt), "cursor": moment(f.Cursor), "next_run": moment(f.NextRunAt),
			"partitions": f.Partitions, "counts": counts})
	}
	return out, nil
}

// supportedRuns is how many Runs and Entries a bundle has.
const supportedRuns = 200

func (a *App) supportRuns(ctx context.Context) (any, error) {
	runs, err := a.DB.Runs(ctx, store.RunFilter{Limit: supportedRuns})
	out := []map[string]any{}
	for _, r := range runs {
		out = append(out, map[string]any{"id": r.ID, "flow": r.Flow, "trigger": r.Trigger, "from": moment(r.Window.From), "to": moment(r.Window.To), "started_at": r.StartedAt, "ended_at": moment(r.EndedAt), "counts": r.Counts, "error": connector.CodeOf(asErr(r.Err))})
	}
	return out, err
}

// asErr is an Error as an error, nil for none.
func asErr(e *connector.Error) error {
	if e == nil {
		return nil
	}
	return e
}

func (a *App) supportTables(ctx context.Context) (any, error) {
	v, err := a.DB.SchemaVersion(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := a.DB.TableCounts(ctx)
	return map[string]any{"version": v, "rows": rows}, err
}

func (a *App) supportNeeds(ctx context.Context) (any, error) {
	rows, err := a.DB.NeedsPerson(ctx)
	if rows == nil {
		rows = []store.NeedRow{}
	}
	return rows, err
}

func (a *App) supportAlerts(ctx context.Context) (any, error) {
	all, err := a.DB.Alerts(ctx, shownAlerts)
	if err != nil {
		return nil, err
	}
	alerts := []map[string]any{}
	for _, x := range all {
		subject := x.Subject
		if kind, _, _ := strings.Cut(subject, ":"); kind == "token" {
			subject = kind
		}
		alerts = append(alerts, map[string]any{"cause": x.Cause, "subject": subject, "began_at": x.BeganAt, "over_at": moment(x.OverAt), "told_at": moment(x.ToldAt)})
	}
	rows, err := a.alertChannels(ctx)
	channels := []map[string]any{}
	for _, c := range rows {
		item := map[string]any{"name": c.Name, "kind": c.Kind, "sent_at": c.SentAt, "waiting": c.Waiting, "given_up": c.GivenUp}
		if c.Error != nil {
			item["error"] = c.Error.Code
		}
		channels = append(channels, item)
	}
	return map[string]any{"alerts": alerts, "channels": channels}, err
}

// supportLedger is what was done lately: by what kind of actor, and to nothing by name.
func (a *App) supportLedger(ctx context.Context) (any, error) {
	type line struct {
		Number int64     `json:"number"`
		Time   time.Time `json:"time"`
		Actor  string    `json:"actor"` // engine, cli, user, token
		Action string    `json:"action"`
	}
	last := []line{}
	err := a.DB.EachEntry(ctx, store.EntryFilter{Newest: true, Limit: supportedRuns}, func(e connector.Entry) error {
		kind, _, _ := strings.Cut(e.Actor, ":")
		last = append(last, line{e.Number, e.Time, kind, e.Action})
		return nil
	})
	if err != nil {
		return nil, err
	}
	verified, err := a.LastVerified(ctx)
	return map[string]any{"verified": verified, "last": last}, err
}

func (a *App) supportKeys(ctx context.Context) (any, error) {
	list, err := a.keyList(ctx)
	for n := range list {
		list[n].Lacking = make([]string, len(list[n].Lacking)) // they have the names of machines
	}
	return list, err
}

// supportMetrics are those that monitoring gets, nil where there is no server.
func (a *App) supportMetrics() (any, error) {
	if a.Metrics == nil {
		return []byte(nil), nil
	}
	text, err := a.Metrics()
	return text, err
}

// supportGoroutines says where each goroutine stands, without any value.
func supportGoroutines(context.Context) (any, error) {
	var out strings.Builder
	err := pprof.Lookup("goroutine").WriteTo(&out, 1)
	return []byte(builtWhere.ReplaceAllString(out.String(), "\t$1")), err
}

// builtWhere is the folder in which whoever built the program had a file.
var builtWhere = regexp.MustCompile(`(?m)\t\S*/([^/\s]+/[^/\s]+:\d+)$`)
