package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/alert"
	"ml-connector/money"
	"ml-connector/store"
)

// metaMorning is the setting of the database that has which morning mail was made last.
const metaMorning = "alerts_morning"

// Bounds of a morning mail: how late it may come, how many causes it tells, and of how many Deliveries it adds up the money.
const (
	lateMorning   = 12 * time.Hour
	morningCauses = 20
	morningSummed = 20_000
)

// morning is the morning mail that is due.
type morning struct {
	due      time.Time
	first    bool // nobody had one before: it begins tomorrow
	channels []string
	message  alert.Message
}

// morningDue makes the morning mail when it is due and was not made yet; nil else.
func (a *App) morningDue(ctx context.Context, r alert.Rules) (*morning, error) {
	if r.Morning == nil {
		return nil, nil
	}
	now := a.Now()
	m := &morning{due: r.Morning.Last(now), channels: r.Morning.Channels}
	done, err := a.DB.Meta(ctx, metaMorning)
	switch last, perr := time.Parse(time.RFC3339, done); {
	case err != nil:
		return nil, err
	case perr != nil || now.Sub(m.due) > lateMorning:
		m.first = true
		if perr == nil && !last.Before(m.due) {
			return nil, nil
		}
		return m, nil
	case !last.Before(m.due):
		return nil, nil
	}
	m.message, err = a.morningMessage(ctx, now)
	return m, err
}

// tellMorning puts the morning mail among what is to be sent, once.
func (a *App) tellMorning(tx *store.Tx, m *morning, channels []store.Channel) error {
	if m == nil {
		return nil
	}
	due := m.due.Format(time.RFC3339)
	done, err := tx.Meta(metaMorning)
	if err != nil || done >= due && done != "" {
		return err
	}
	if err := tx.SetMeta(metaMorning, due); err != nil || m.first {
		return err
	}
	for _, c := range channels {
		if !slices.Contains(m.channels, c.Name) {
			continue
		}
		if err := a.addNotice(tx, c.Name, m.message); err != nil {
			return err
		}
	}
	return nil
}

// morningMessage says how things stand: what went across and how much money, what needs a person, and what stands still. Numbers and
// names of records are not in it; its links lead to them.
func (a *App) morningMessage(ctx context.Context, now time.Time) (alert.Message, error) {
	base := a.Process.PublicURL()
	m := alert.Message{Kind: alert.KindMorning, At: now, URL: base, Sections: []alert.Section{}}
	needs, err := a.Needs(ctx, mostSummed, "")
	if err != nil {
		return m, err
	}
	still, err := a.stillItems(ctx)
	if err != nil {
		return m, err
	}
	across, err := a.acrossItems(ctx, now.Add(-24*time.Hour))
	if err != nil {
		return m, err
	}
	switch {
	case needs.Total == 0 && len(still) == 0:
		m.Title = "ml-connector: everything is across"
	case needs.Total == 0:
		m.Title = "ml-connector: something stands still"
	case needs.Total == 1:
		m.Title = "ml-connector: one record needs a person"
	default:
		m.Title = fmt.Sprintf("ml-connector: %d records need a person", needs.Total)
	}
	if len(still) > 0 {
		m.Sections = append(m.Sections, alert.Section{Title: "Stands still", Items: still})
	}
	if items := needItems(needs, now, base); len(items) > 0 {
		m.Sections = append(m.Sections, alert.Section{Title: "Needs a person", Items: items})
	}
	m.Sections = append(m.Sections, alert.Section{Title: "Across in the last 24 hours", Items: across})
	return m, nil
}

// needItems tell each cause for which something needs a person: how many, how much money, since when.
func needItems(needs NeedsPage, now time.Time, base string) []alert.Item {
	var out []alert.Item
	for n, c := range needs.Causes {
		if n == morningCauses {
			out = append(out, alert.Item{Text: fmt.Sprintf("and %d causes more", len(needs.Causes)-n), URL: base + "/held"})
			break
		}
		parts := []string{fmt.Sprintf("%d %s in %s: %s", c.Count, strings.ReplaceAll(string(c.State), "_", " "), c.Flow, publicText(c.Message))}
		if len(c.Money) > 0 {
			parts = append(parts, moneyText(c.Money))
		}
		parts = append(parts, "the oldest for "+age(now.Sub(c.Oldest)))
		parts = append(parts, ownersOf(c))
		out = append(out, alert.Item{Text: strings.Join(parts, "; "), Hint: publicText(c.Hint), URL: base + "/held", Since: c.Oldest})
	}
	return out
}

// ownersOf says who sees to a cause, of as many Deliveries as were looked at.
func ownersOf(c Cause) string {
	per := map[string]int{}
	for _, r := range c.Rows {
		if r.Assigned != "" {
			per[r.Assigned]++
		}
	}
	if len(per) == 0 {
		return "nobody sees to it"
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(per)) {
		out = append(out, fmt.Sprintf("%s sees to %d", name, per[name]))
	}
	return strings.Join(out, ", ")
}

func moneyText(all []money.Amount) string {
	var out []string
	for _, m := range all {
		out = append(out, m.Amount+" "+m.Currency)
	}
	return strings.Join(out, ", ")
}

// age is a time in the unit that says enough.
func age(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return fmt.Sprintf("%d minutes", max(d, 0)/time.Minute)
}

// stillItems tell what stands still or is wrong, as alerts do.
func (a *App) stillItems(ctx context.Context) ([]alert.Item, error) {
	all, err := a.DB.Alerts(ctx, 200)
	if err != nil {
		return nil, err
	}
	var out []alert.Item
	for _, x := range all {
		if x.OverAt.IsZero() && x.Cause != causeHeld && x.Cause != causeDefect { // those are told by cause
			out = append(out, alert.Item{State: alert.StateLasts, Cause: x.Cause, Subject: x.Subject, Text: x.Message, Hint: x.Hint, URL: a.Process.PublicURL() + pageOf(x), Since: x.BeganAt})
		}
	}
	return out, nil
}

// acrossItems tell what each Flow brought over since a time, in records and in money.
func (a *App) acrossItems(ctx context.Context, since time.Time) ([]alert.Item, error) {
	flows, err := a.FlowsSince(ctx, since)
	if err != nil {
		return nil, err
	}
	first, err := a.firstRunSince(ctx, since)
	if err != nil {
		return nil, err
	}
	out := []alert.Item{}
	for _, f := range flows {
		delivered := 0
		for _, part := range f.Today {
			if part.State == connector.Delivered {
				delivered = part.Count
			}
		}
		text := fmt.Sprintf("%s: %d", f.Name, delivered)
		if delivered > 0 {
			sums, whole, err := a.moneyAcross(ctx, f.Name, first)
			if err != nil {
				return nil, err
			}
			if len(sums) > 0 {
				text += ", " + moneyText(sums)
			}
			if !whole {
				text += fmt.Sprintf(" (money of the last %d)", morningSummed)
			}
		}
		out = append(out, alert.Item{Text: text, URL: a.Process.PublicURL() + "/flows/" + f.Name})
	}
	return out, nil
}

// moneyAcross adds up, per currency, what a Flow's Runs since the first delivered; whole is false when that was too much to add up.
func (a *App) moneyAcross(ctx context.Context, flow string, first int64) (sums []money.Amount, whole bool, err error) {
	var ds []connector.Delivery
	err = a.DB.EachDelivery(ctx, store.DeliveryFilter{Flow: flow, State: connector.Delivered, Newest: true}, func(d connector.Delivery) error {
		if d.Run < first || len(ds) == morningSummed {
			return errEnough
		}
		ds = append(ds, d)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, false, err
	}
	whole = len(ds) < morningSummed
	for some := range slices.Chunk(ds, mostSummed) {
		rows, err := a.listed(ctx, some)
		if err != nil {
			return nil, whole, err
		}
		for _, r := range rows {
			if r.Money != nil {
				sums = append(sums, *r.Money)
			}
		}
		sums = money.Sum(sums)
	}
	return sums, whole, nil
}
