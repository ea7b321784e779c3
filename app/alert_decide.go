package app

import (
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/alert"
	"ml-connector/store"
)

// spoken is an alert that people are told of now.
type spoken struct {
	state string
	alert *store.Alert
}

// decided is what changes, and what is told of it.
type decided struct {
	changed []*store.Alert
	entries []connector.Entry
	tell    []spoken
}

func (d *decided) change(a *store.Alert) {
	if !slices.Contains(d.changed, a) {
		d.changed = append(d.changed, a)
	}
}

func (d *decided) enter(a *store.Alert, action string) {
	d.entries = append(d.entries, connector.Entry{Action: action, Subject: a.Subject, Details: map[string]string{"cause": a.Cause}})
}

func (d *decided) say(state string, a *store.Alert, now time.Time) {
	a.ToldAt = now
	d.tell = append(d.tell, spoken{state, a})
}

func (d *decided) save(tx *store.Tx) error {
	for _, a := range d.changed {
		if err := tx.SaveAlert(a); err != nil {
			return err
		}
	}
	for _, e := range d.entries {
		tx.Enter(e)
	}
	return nil
}

// decideAlerts holds what is found against what is open. Of each cause people are told when it begins, again every so often, and when
// it is over; in quiet hours of nothing that can wait. What began and ended in them is not told.
func decideAlerts(open []store.Alert, found []cause, r alert.Rules, now time.Time) *decided {
	d := &decided{}
	quiet := r.Quiet.At(now)
	key := func(cause, subject string) string { return cause + " " + subject }
	urgent, seen := map[string]cause{}, map[string]bool{}
	lasting := map[string]*store.Alert{}
	all := make([]*store.Alert, 0, len(open)+len(found))
	for n := range open {
		all = append(all, &open[n])
		if open[n].OverAt.IsZero() {
			lasting[key(open[n].Cause, open[n].Subject)] = &open[n]
		}
	}
	for _, c := range found {
		k := key(c.Cause, c.Subject)
		if seen[k] && c.Over.IsZero() {
			continue
		}
		seen[k], urgent[k] = c.Over.IsZero(), c
		a := lasting[k]
		if a == nil || !c.Over.IsZero() {
			began := c.Since
			if began.IsZero() || began.After(now) {
				began = now
			}
			a = &store.Alert{Cause: c.Cause, Subject: c.Subject, Message: c.Message, Hint: c.Hint, BeganAt: began, OverAt: c.Over}
			all = append(all, a)
			d.change(a)
			d.enter(a, "alert.began")
		} else if a.Message != c.Message || a.Hint != c.Hint {
			a.Message, a.Hint = c.Message, c.Hint
			d.change(a)
		}
	}
	for _, a := range all {
		k := key(a.Cause, a.Subject)
		if a.OverAt.IsZero() && !seen[k] {
			a.OverAt = now
			d.change(a)
			d.enter(a, "alert.over")
		}
		d.settle(a, quiet && !urgent[k].Urgent, r.Repeat, now)
	}
	return d
}

// settle tells of one alert what is to be told of it now.
func (d *decided) settle(a *store.Alert, quiet bool, repeat time.Duration, now time.Time) {
	over := !a.OverAt.IsZero()
	switch {
	case over && a.Cause == causeGap && a.ToldAt.IsZero() && !quiet:
		d.say(alert.StateBegan, a, now)
		a.Ended = true
	case over && a.ToldAt.IsZero() && (a.Cause != causeGap): // it came and went while it was quiet, or before anybody looked
		a.Ended = true
	case quiet:
		return
	case over && !a.Ended && a.Cause != causeGap:
		d.say(alert.StateOver, a, now)
		a.Ended = true
	case !over && a.ToldAt.IsZero():
		d.say(alert.StateBegan, a, now)
	case !over && now.Sub(a.ToldAt) >= repeat:
		d.say(alert.StateLasts, a, now)
	default:
		return
	}
	d.change(a)
}
