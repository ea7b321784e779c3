package app

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/alert"
	"ml-connector/people"
	"ml-connector/store"
)

// channelOwner is what stands in the Vault where secrets of Connections have its name, whose characters have no blank.
func channelOwner(channel string) string { return "alert channel " + channel }

// AlertTest is what came of a test of one channel.
type AlertTest struct {
	Channel string `json:"channel"`
	OK      bool   `json:"ok"`
	Answer  string `json:"answer"` // of its server
	Error   *Error `json:"error"`
}

// Alert is one cause for which people are told.
type Alert struct {
	ID      int64      `json:"id"`
	Cause   string     `json:"cause"`
	Subject string     `json:"subject"`
	State   string     `json:"state"` // lasts, over
	Message string     `json:"message"`
	Hint    string     `json:"hint"`
	BeganAt time.Time  `json:"began_at"`
	OverAt  *time.Time `json:"over_at"`
	ToldAt  *time.Time `json:"told_at"` // last; null before
	Page    string     `json:"page"`
}

// AlertChannel is one way in which people are told; its secret is told by its name alone.
type AlertChannel struct {
	Name     string            `json:"name"`
	Kind     string            `json:"kind"`
	Settings map[string]string `json:"settings"`
	Secret   string            `json:"secret"` // its name; "" when none is set
	SetAt    time.Time         `json:"set_at"`
	SentAt   *time.Time        `json:"sent_at"` // last
	Waiting  int               `json:"waiting"` // messages that are not sent yet
	Error    *Error            `json:"error"`   // of the last message, when it is not sent
	GivenUp  int               `json:"given_up"`
}

// AlertRules are the rules in force, as people write them.
type AlertRules struct {
	Held      string `json:"held"`
	NoGoodRun string `json:"no_good_run"`
	Expires   string `json:"expires"`
	Repeat    string `json:"repeat"`
	Quiet     string `json:"quiet"`
	Morning   string `json:"morning"`
}

// AlertsShown is what lasts, what was lately, who is told, and by which rules.
type AlertsShown struct {
	Alerts   []Alert        `json:"alerts"`
	Channels []AlertChannel `json:"channels"`
	Rules    AlertRules     `json:"rules"`
}

// shownAlerts is how many alerts are shown at most: all that last come first.
const shownAlerts = 200

// Alerts shows what lasts and what was lately.
func (a *App) Alerts(ctx context.Context, by people.Actor) (AlertsShown, error) {
	if err := by.May(people.ReadSettings); err != nil {
		return AlertsShown{}, err
	}
	out := AlertsShown{Alerts: []Alert{}, Channels: []AlertChannel{}}
	all, err := a.DB.Alerts(ctx, shownAlerts)
	if err != nil {
		return out, err
	}
	for _, x := range all {
		s := Alert{ID: x.ID, Cause: x.Cause, Subject: x.Subject, State: alert.StateLasts, Message: x.Message, Hint: x.Hint, BeganAt: x.BeganAt, OverAt: moment(x.OverAt), ToldAt: moment(x.ToldAt), Page: pageOf(x)}
		if s.OverAt != nil {
			s.State = alert.StateOver
		}
		out.Alerts = append(out.Alerts, s)
	}
	slices.SortStableFunc(out.Alerts, func(x, y Alert) int { return strings.Compare(x.State, y.State) })
	if out.Channels, err = a.alertChannels(ctx); err != nil {
		return out, err
	}
	rules, err := a.alertRules(ctx)
	out.Rules = rulesShape(rules.InForce())
	return out, err
}

func (a *App) alertChannels(ctx context.Context) ([]AlertChannel, error) {
	out := []AlertChannel{}
	rows, err := a.DB.Channels(ctx)
	if err != nil {
		return out, err
	}
	notices, err := a.DB.Notices(ctx, shownAlerts)
	if err != nil {
		return out, err
	}
	for _, c := range rows {
		s := AlertChannel{Name: c.Name, Kind: c.Kind, Settings: c.Settings, SetAt: c.SetAt}
		if d, ok := alert.DescribeKind(c.Kind); ok && c.Sealed != "" {
			s.Secret = d.Secret.Name
		}
		s.fill(notices)
		out = append(out, s)
	}
	return out, nil
}

// fill adds what became of the messages, the newest first.
func (s *AlertChannel) fill(notices []store.Notice) {
	first := true
	for _, n := range notices {
		if n.Channel != s.Name || n.MadeAt.Before(s.SetAt) {
			continue
		}
		switch {
		case !n.SentAt.IsZero() && s.SentAt == nil:
			s.SentAt = moment(n.SentAt)
		case !n.DueAt.IsZero():
			s.Waiting++
		case n.SentAt.IsZero():
			s.GivenUp++
		}
		if first && n.SentAt.IsZero() {
			s.Error = ErrorShape(n.Err)
		}
		first = false
	}
}

func rulesShape(r alert.Rules) AlertRules {
	held := []string{several(r.HeldCount, "record"), "one for " + roundTime(r.HeldAge)}
	for _, currency := range slices.Sorted(maps.Keys(r.HeldMoney)) {
		held = append(held, r.HeldMoney[currency]+" "+currency)
	}
	out := AlertRules{Held: "of one flow: " + strings.Join(held, ", or "), NoGoodRun: "one and a half of a flow's intervals and half an hour, an hour at least", Expires: roundTime(r.Expires) + " before", Repeat: "every " + roundTime(r.Repeat), Quiet: "none", Morning: "none"}
	if r.NoGoodRun > 0 {
		out.NoGoodRun = roundTime(r.NoGoodRun)
	}
	if q := r.Quiet; q != nil {
		out.Quiet = q.From.String() + " to " + q.To.String() + ", " + q.Zone
	}
	if m := r.Morning; m != nil {
		out.Morning = m.At.String() + ", " + m.Zone + ", by " + strings.Join(m.Channels, ", ")
	}
	return out
}

func several(n int, what string) string {
	if n == 1 {
		return "one " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// doctorAlerts looks whether people are told, and what they are told of now.
func (a *App) doctorAlerts(ctx context.Context, d *Diagnosis) error {
	all, err := a.alertChannels(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		d.warn("alert", "", connector.Misconfigured, "nobody is told when something goes wrong", "Name a channel under `alerts` in the configuration file (docs/alerts.md), and `apply`.")
	}
	for _, c := range all {
		_, openErr := a.channel(ctx, c.Name)
		switch mend := "ml-connector alert test " + c.Name; {
		case openErr != nil:
			d.failWith("alert", c.Name, openErr)
		case c.Error != nil:
			d.fail("alert", c.Name, c.Error.Code, "its last message is not sent: "+c.Error.Message, c.Error.Hint+" Then: "+mend)
		case c.SentAt == nil:
			d.well("alert", c.Name, "is set up; nothing was sent yet (try it: "+mend+")")
		default:
			d.well("alert", c.Name, "sent its last message at "+c.SentAt.UTC().Format(time.RFC3339))
		}
	}
	n, err := a.DB.LastingAlerts(ctx)
	if err == nil && n > 0 {
		d.warn("alert", "", connector.Rejected, several(n, "alert")+" lasting", "ml-connector alert list")
	}
	return err
}
