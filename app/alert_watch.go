package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/alert"
	"ml-connector/store"
)

// How often this process looks for what people are to be told of, for how long one is waited for who is gone, and how long a message
// may be under way before another process sends it.
const (
	lookEvery   = 15 * time.Second
	lookLease   = time.Minute
	noticeLease = 2 * time.Minute
	verifyEvery = 24 * time.Hour
	keptAlerts  = 90 * 24 * time.Hour
)

// watch looks for what people are to be told of, and tells them, until ctx ends. Of several processes one looks, and one sends each
// message.
func (a *App) watch(ctx context.Context) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		for _, step := range []func(context.Context) error{a.verifyDaily, a.lookAround, a.sendDue} {
			if err := step(ctx); err != nil && ctx.Err() == nil {
				a.Log.Warn("alerts are not looked after; it is tried again in a few seconds", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// taken says whether it is this process's turn, and when it was done last.
func (a *App) taken(ctx context.Context, turn string, lease time.Duration) (last time.Time, ok bool, err error) {
	err = a.DB.Tx(ctx, func(tx *store.Tx) error {
		last, ok, err = tx.TakeTurn(turn, a.Owner, lease)
		return err
	})
	return last, ok, err
}

// verifyDaily looks once a day whether the ledger is whole.
func (a *App) verifyDaily(ctx context.Context) error {
	const turn = "ledger"
	last, err := a.DB.TurnDone(ctx, turn)
	if now := a.Now(); err != nil || !last.IsZero() && now.Sub(last).Abs() < verifyEvery {
		return err
	}
	if _, ok, err := a.taken(ctx, turn, 10*time.Minute); err != nil || !ok {
		return err
	}
	v, err := a.DB.VerifyEntries(ctx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(LedgerState{At: a.Now().UTC(), OK: v.OK, Entries: v.Entries, HeadHash: v.HeadHash, BrokenAt: v.BrokenAt})
	if err != nil {
		return connector.Errorf(connector.Internal, "verify the ledger", "what it was like can't be written").Because(err)
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.SetMeta(metaLedger, string(text)); err != nil {
			return err
		}
		return tx.EndTurn(turn, a.Owner, true)
	})
}

// lookAround finds what began, lasts and is over, and makes the messages of it, in one transaction.
func (a *App) lookAround(ctx context.Context) error {
	last, ok, err := a.taken(ctx, watchTurn, lookLease)
	if err != nil || !ok {
		return err
	}
	rules, err := a.alertRules(ctx)
	if err != nil {
		return err
	}
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return err
	}
	gap := gapCause(last, a.Now(), flows)
	if last.IsZero() || len(gap) > 0 { // who comes back is not blamed for what was due meanwhile
		if err := a.DB.Tx(ctx, func(tx *store.Tx) error { return tx.SetMeta(metaWatched, a.Now().UTC().Format(time.RFC3339Nano)) }); err != nil {
			return err
		}
	}
	found, err := a.causes(ctx, rules.InForce())
	if err != nil {
		return err
	}
	channels, err := a.DB.Channels(ctx)
	if err != nil {
		return err
	}
	morning, err := a.morningDue(ctx, rules)
	if err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		if _, still, err := tx.TakeTurn(watchTurn, a.Owner, lookLease); err != nil || !still {
			return err
		}
		open, err := tx.OpenAlerts()
		if err != nil {
			return err
		}
		d := decideAlerts(open, append(gap, found...), rules.InForce(), tx.Now())
		if err := d.save(tx); err != nil {
			return err
		}
		if err := a.tellAll(tx, d.tell, channels); err != nil {
			return err
		}
		if err := a.tellMorning(tx, morning, channels); err != nil {
			return err
		}
		if err := tx.ForgetAlerts(tx.Now().Add(-keptAlerts)); err != nil {
			return err
		}
		return tx.EndTurn(watchTurn, a.Owner, true)
	})
}

// tellAll makes one message for each channel of all that is to be told now.
func (a *App) tellAll(tx *store.Tx, all []spoken, channels []store.Channel) error {
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(x, y spoken) int { return cmp.Compare(stateOrder(x.state), stateOrder(y.state)) })
	m := alert.Message{Kind: alert.KindAlert, At: tx.Now(), URL: a.Process.PublicURL(), Sections: []alert.Section{{Items: []alert.Item{}}}}
	began := 0
	for _, t := range all {
		if t.state != alert.StateOver {
			began++
		}
		m.Sections[0].Items = append(m.Sections[0].Items, alert.Item{State: t.state, Cause: t.alert.Cause, Subject: t.alert.Subject, Text: t.alert.Message, Hint: t.alert.Hint, Since: t.alert.BeganAt,
			URL: a.Process.PublicURL() + pageOf(*t.alert)})
	}
	first := all[0].alert.Message
	switch {
	case began == 0 && len(all) == 1:
		m.Title = "Over: " + first
	case began == 0:
		m.Title = fmt.Sprintf("%d things are over", len(all))
	case len(all) == 1:
		m.Title = first
	case began == 1:
		m.Title = first + ", and more"
	default:
		m.Title = fmt.Sprintf("%d things need you", began)
	}
	m.Title = "ml-connector: " + m.Title
	for _, c := range channels {
		if err := a.addNotice(tx, c.Name, m); err != nil {
			return err
		}
	}
	return nil
}

func stateOrder(state string) int {
	return slices.Index([]string{alert.StateBegan, alert.StateLasts, alert.StateOver}, state)
}

func (a *App) addNotice(tx *store.Tx, channel string, m alert.Message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return connector.Errorf(connector.Internal, "make a message", "it can't be written").Because(err)
	}
	_, err = tx.AddNotice(store.Notice{Channel: channel, Body: string(text)})
	return err
}
