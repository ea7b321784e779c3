package app

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"

	connector "ml-connector"
	"ml-connector/alert"
	"ml-connector/engine"
	"ml-connector/store"
)

// Causes of alerts.
const (
	causeConnection = "connection.paused"
	causeFlow       = "flow.paused"
	causeHeld       = "held"
	causeDefect     = "defect"
	causeNoRun      = "no_good_run"
	causeLedger     = "ledger.broken"
	causeExpiring   = "expiring"
	causeEngine     = "engine.stalled"
	causeGap        = "engine.gap"
)

// cause is something that people are told of, as long as it is found.
type cause struct {
	Cause, Subject string
	Message, Hint  string
	Urgent         bool // quiet hours do not hold it back
	Since          time.Time
	Over           time.Time // it is over already
}

// causes finds what people are to be told of now. What it says holds no value of a record: messages are cut to what they have in
// common.
func (a *App) causes(ctx context.Context, r alert.Rules) ([]cause, error) {
	var out []cause
	connections, err := a.DB.Connections(ctx)
	if err != nil {
		return nil, err
	}
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	paused := map[string]bool{}
	for _, c := range connections {
		if c.Paused.Code != "" {
			paused[c.Name] = true
			out = append(out, cause{Cause: causeConnection, Subject: "connection:" + c.Name, Since: c.Paused.At, Message: "the connection " + c.Name + " stands still, and all its flows with it: " + publicText(c.Paused.Reason),
				Hint: "Mend it, then: ml-connector connection ping " + c.Name})
		}
	}
	for _, f := range flows {
		if f.Paused.Code != "" {
			out = append(out, cause{Cause: causeFlow, Subject: "flow:" + f.Name, Since: f.Paused.At, Message: "the flow " + f.Name + " stands still: " + publicText(f.Paused.Reason),
				Hint: "Look at it, then: ml-connector flow enable " + f.Name})
		}
	}
	for _, find := range []func() ([]cause, error){
		func() ([]cause, error) { return a.heldCauses(ctx, r) },
		func() ([]cause, error) { return a.runCauses(ctx, r, flows, paused) },
		func() ([]cause, error) { return a.ledgerCause(ctx) },
		func() ([]cause, error) { return a.expiringCauses(ctx, r, connections) },
	} {
		some, err := find()
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortStableFunc(out, func(x, y cause) int {
		return cmp.Or(strings.Compare(x.Cause, y.Cause), strings.Compare(x.Subject, y.Subject))
	})
	return out, nil
}

// publicText is a reason without what is particular to a record or a person: quoted values, and words with a digit in them.
func publicText(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return repeated.ReplaceAllString(particular.ReplaceAllString(first, "…"), "…")
}

// heldCauses are Flows of which more is held than the rules let pass, and our own defects.
func (a *App) heldCauses(ctx context.Context, r alert.Rules) ([]cause, error) {
	rows, err := a.DB.NeedsPerson(ctx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	type sum struct {
		count  int
		oldest time.Time
	}
	var out []cause
	sums := map[string]*sum{}
	for _, row := range rows {
		s := sums[row.Flow]
		if s == nil {
			s = &sum{oldest: row.Oldest}
			sums[row.Flow] = s
		}
		s.count += row.Count
		if row.Oldest.Before(s.oldest) {
			s.oldest = row.Oldest
		}
		if row.Code == connector.Internal {
			out = append(out, cause{Cause: causeDefect, Subject: "flow:" + row.Flow, Since: row.Oldest, Message: fmt.Sprintf("a defect of ml-connector holds records of the flow %s: %d", row.Flow, row.Count),
				Hint: "Please report it with `ml-connector support`, which holds nothing of your records."})
		}
	}
	money := map[string]string{}
	if len(r.HeldMoney) > 0 {
		if money, err = a.tooMuchMoney(ctx, r.HeldMoney); err != nil {
			return nil, err
		}
	}
	for flow, s := range sums {
		var why []string
		if s.count >= r.HeldCount {
			why = append(why, fmt.Sprintf("%d or more", r.HeldCount))
		}
		if a.Now().Sub(s.oldest) >= r.HeldAge {
			why = append(why, "some for "+roundTime(r.HeldAge)+" or longer")
		}
		if m := money[flow]; m != "" {
			why = append(why, m)
		}
		if len(why) > 0 {
			out = append(out, cause{Cause: causeHeld, Subject: "flow:" + flow, Since: s.oldest, Message: "records of the flow " + flow + " need a person: " + strings.Join(why, ", "),
				Hint: "See them: ml-connector delivery list --state held --flow " + flow})
		}
	}
	return out, nil
}

// tooMuchMoney says, by Flow, of which currency more stands still than the rules let pass.
func (a *App) tooMuchMoney(ctx context.Context, most map[string]string) (map[string]string, error) {
	needs, err := a.Needs(ctx, 0, "")
	if err != nil {
		return nil, err
	}
	sums, out := map[string]map[string]*apd.Decimal{}, map[string]string{}
	for _, c := range needs.Causes {
		if !c.Counted {
			out[c.Flow] = fmt.Sprintf("more than %d for one cause, whose money is not added up", mostSummed)
		}
		for _, m := range c.Money {
			x, _, err := apd.NewFromString(m.Amount)
			if err != nil {
				continue
			}
			if sums[c.Flow] == nil {
				sums[c.Flow] = map[string]*apd.Decimal{}
			}
			if have := sums[c.Flow][m.Currency]; have != nil {
				if _, err := apd.BaseContext.WithPrecision(60).Add(x, x, have); err != nil {
					continue
				}
			}
			sums[c.Flow][m.Currency] = x
		}
	}
	for flow, byCurrency := range sums {
		for currency, limit := range most {
			bound, _, err := apd.NewFromString(limit)
			if have := byCurrency[currency]; err == nil && have != nil && have.Cmp(bound) >= 0 {
				out[flow] = strings.TrimPrefix(out[flow]+", "+limit+" "+currency+" or more", ", ")
			}
		}
	}
	return out, nil
}

// noRunLeast is what a Flow has at least for a good Run when the rules say nothing.
const noRunLeast = time.Hour

// runCauses are Flows without a good Run for too long, and that nothing runs though it is due.
func (a *App) runCauses(ctx context.Context, r alert.Rules, flows []connector.Flow, paused map[string]bool) ([]cause, error) {
	began, err := a.watchedSince(ctx)
	if err != nil {
		return nil, err
	}
	var out []cause
	var stalled time.Time
	now := a.Now()
	for _, f := range flows {
		if !f.Enabled || f.Paused.Code != "" || paused[f.From] || paused[f.To] {
			continue
		}
		if late := now.Sub(f.NextRunAt); !f.NextRunAt.IsZero() && late > overdue && now.Sub(began) > overdue && (stalled.IsZero() || f.NextRunAt.Before(stalled)) {
			stalled = f.NextRunAt
		}
		good, err := a.DB.LastGood(ctx, f.Name)
		if err != nil {
			return nil, err
		}
		since := good
		for _, t := range []time.Time{f.AppliedAt, began} {
			if t.After(since) {
				since = t
			}
		}
		if within := goodWithin(f, r, now); now.Sub(since) > within {
			message := fmt.Sprintf("the flow %s has had no good run for %s or longer", f.Name, roundTime(within))
			out = append(out, cause{Cause: causeNoRun, Subject: "flow:" + f.Name, Since: since, Message: message, Hint: "See why the last one failed: ml-connector flow show " + f.Name})
		}
	}
	if !stalled.IsZero() {
		out = append(out, cause{Cause: causeEngine, Subject: "engine", Since: stalled, Message: "no schedule is followed: flows are due and do not run", Hint: "Look at the log of `ml-connector serve`, and at `ml-connector doctor`."})
	}
	return out, nil
}

// goodWithin is how long a Flow may be without a good Run: as the rules say, else one and a half of its intervals and half an hour.
func goodWithin(f connector.Flow, r alert.Rules, now time.Time) time.Duration {
	if r.NoGoodRun > 0 {
		return r.NoGoodRun
	}
	longest := time.Duration(0)
	last, err := engine.NextTime(f.Schedule, now)
	for range 8 { // a week of a schedule that rests at its end
		next, nextErr := engine.NextTime(f.Schedule, last)
		if err != nil || nextErr != nil {
			return noRunLeast
		}
		longest, last = max(longest, next.Sub(last)), next
	}
	return max(noRunLeast, longest*3/2+30*time.Minute)
}

func roundTime(d time.Duration) string {
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}

// metaLedger is the setting of the database that has what the last look at the whole ledger found.
const metaLedger = "ledger_verified"

// LedgerState is what the last look at the whole ledger found.
type LedgerState struct {
	At       time.Time `json:"at"`
	OK       bool      `json:"ok"`
	Entries  int64     `json:"entries"`
	HeadHash string    `json:"head_hash"`
	BrokenAt int64     `json:"broken_at"` // 0 = nowhere
}

// LastVerified is what the last look at the whole ledger found, nil before the first.
func (a *App) LastVerified(ctx context.Context) (*LedgerState, error) {
	text, err := a.DB.Meta(ctx, metaLedger)
	if err != nil || text == "" {
		return nil, err
	}
	var s LedgerState
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, connector.Errorf(connector.Internal, "read what the ledger was like", "what is stored is no JSON").Because(err)
	}
	return &s, nil
}

func (a *App) ledgerCause(ctx context.Context) ([]cause, error) {
	s, err := a.LastVerified(ctx)
	if err != nil || s == nil || s.OK {
		return nil, err
	}
	return []cause{{Cause: causeLedger, Subject: "ledger", Since: s.At, Urgent: true, Message: fmt.Sprintf("the ledger is broken at entry %d: somebody or something changed the database past this program", s.BrokenAt),
		Hint: "Keep a copy of the database as it is, and compare with an export: ml-connector audit verify --file FILE"}}, nil
}

// expiringCauses are certificates and tokens near their end.
func (a *App) expiringCauses(ctx context.Context, r alert.Rules, connections []connector.Connection) ([]cause, error) {
	var out []cause
	for _, e := range a.certificates(connections) {
		if e.Err == nil && e.Until.Sub(a.Now()) < r.Expires {
			out = append(out, cause{Cause: causeExpiring, Subject: e.Subject, Message: e.What + " ends at " + e.Until.UTC().Format(time.RFC3339), Hint: e.Hint})
		}
	}
	tokens, err := a.DB.APITokens(ctx)
	for _, t := range tokens {
		if left := t.Until.Sub(a.Now()); !t.Until.IsZero() && left < r.Expires && left > -r.Expires { // what ended long ago nobody misses
			out = append(out, cause{Cause: causeExpiring, Subject: "token:" + t.Name, Message: "the token " + t.Name + " ends at " + t.Until.UTC().Format(time.RFC3339),
				Hint: "Make another one for what uses it, then: ml-connector token revoke " + t.Name})
		}
	}
	return out, err
}

// certificateEnd is when a certificate ends that we use.
type certificateEnd struct {
	Subject, What, Hint string
	Until               time.Time
	Err                 error
}

// certificates lists those of the server itself, and of Connections: their own, and the authorities that they trust.
func (a *App) certificates(connections []connector.Connection) []certificateEnd {
	var out []certificateEnd
	add := func(subject, what, path, hint string) {
		if path != "" {
			until, err := certificateUntil(path)
			out = append(out, certificateEnd{subject, what, hint, until, err})
		}
	}
	add("server", "the server's certificate", a.Process.Public.TLSCert, "Put the next one into the place of tls_cert and tls_key; it is taken without a new start.")
	for _, c := range connections {
		system, err := a.system(c.System)
		if err != nil {
			continue
		}
		files := system.Validate(c.Settings).TLS
		add("connection:"+c.Name, "the certificate by which "+c.Name+" knows us", files.Cert, "Put the next one into the place of tls_cert, and its key: ml-connector connection rotate "+c.Name)
		add("connection:"+c.Name+" authority", "the authority that "+c.Name+" is trusted by", files.CA, "Put the next one into the place of tls_ca.")
	}
	return out
}

// certificateUntil is when the first certificate of a PEM file ends.
func certificateUntil(path string) (time.Time, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return time.Time{}, err
	}
	var until time.Time
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return until, err
		}
		if until.IsZero() || c.NotAfter.Before(until) {
			until = c.NotAfter
		}
	}
	if until.IsZero() {
		return until, connector.Errorf(connector.Misconfigured, "read a certificate", "the file holds none")
	}
	return until, nil
}

// watchTurn is the turn of the process that looks for causes.
const watchTurn = "alerts"

// metaWatched is the setting of the database that has since when somebody has looked without a pause.
const metaWatched = "alerts_watched_since"

func (a *App) watchedSince(ctx context.Context) (time.Time, error) {
	text, err := a.DB.Meta(ctx, metaWatched)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, nil
	}
	return t, nil
}

// gapCause is that nobody looked for a while: no engine was alive. It is told once, and over when it is.
func gapCause(last, now time.Time, flows []connector.Flow) []cause {
	some := slices.ContainsFunc(flows, func(f connector.Flow) bool { return f.Enabled })
	if last.IsZero() || now.Sub(last) <= overdue || !some {
		return nil
	}
	text := fmt.Sprintf("nothing ran from %s to %s; it goes on again", last.UTC().Format("2006-01-02 15:04 UTC"), now.UTC().Format("2006-01-02 15:04 UTC"))
	return []cause{{Cause: causeGap, Subject: "engine", Since: last, Over: now, Message: text, Hint: "See in the log of `ml-connector serve` why it ended."}}
}

// pageOf is the page of what an alert is about.
func pageOf(a store.Alert) string {
	kind, name, _ := strings.Cut(a.Subject, ":")
	name, _, _ = strings.Cut(name, " ")
	switch {
	case a.Cause == causeHeld || a.Cause == causeDefect:
		return "/held"
	case kind == "connection":
		return "/connections/" + name
	case kind == "flow":
		return "/flows/" + name
	case a.Cause == causeLedger:
		return "/ledger?verify=now"
	case kind == "token":
		return "/tokens"
	}
	return "/settings"
}
