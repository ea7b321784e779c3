package store_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

func (f *fixture) takeTurn(owner string) (done time.Time, taken bool) {
	f.t.Helper()
	f.tx(func(tx *store.Tx) error {
		var err error
		done, taken, err = tx.TakeTurn("watch", owner, turn)
		return err
	})
	return done, taken
}

func TestATurnIsTakenByOne(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		done, taken := f.takeTurn("one")
		equal(t, "the first", taken && done.IsZero(), true)
		_, taken = f.takeTurn("two")
		equal(t, "another one meanwhile", taken, false)
		f.clock.add(-time.Second)
		_, taken = f.takeTurn("two")
		equal(t, "another one whose clock is slower", taken, false)
		f.clock.add(time.Second)
		_, taken = f.takeTurn("one")
		equal(t, "the first once more", taken, true)
		f.tx(func(tx *store.Tx) error { return tx.EndTurn("watch", "two", true) })
		_, taken = f.takeTurn("two")
		equal(t, "another one, which ended what it had not", taken, false)
		at := f.clock.Now()
		f.tx(func(tx *store.Tx) error { return tx.EndTurn("watch", "one", true) })
		f.clock.add(time.Second)
		done, taken = f.takeTurn("two")
		equal(t, "another one after the end", taken && done.Equal(at), true)
		f.clock.add(turn)
		_, taken = f.takeTurn("three")
		equal(t, "a third one when the second is gone", taken, true)
		f.tx(func(tx *store.Tx) error { return tx.EndTurn("watch", "three", false) })
		done, err := f.TurnDone(f.ctx, "watch")
		must(t, err)
		equal(t, "when it was done", done.Equal(at), true)
	})
}

func TestAMessageIsSentByOneProcess(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		take := func(owner string) (n *store.Notice) {
			f.tx(func(tx *store.Tx) error {
				var err error
				n, err = tx.TakeNotice(owner, turn)
				return err
			})
			return n
		}
		settle := func(n store.Notice, owner string) (done bool) {
			f.tx(func(tx *store.Tx) error {
				var err error
				done, err = tx.SettleNotice(n, owner)
				return err
			})
			return done
		}
		f.tx(func(tx *store.Tx) error {
			must(t, tx.SaveChannel(store.Channel{Name: "ops", Kind: "webhook", Settings: map[string]string{"url": "https://a.example.com"}, Sealed: "x", Address: "a"}))
			_, err := tx.AddNotice(store.Notice{Channel: "ops", Body: `"first"`})
			must(t, err)
			_, err = tx.AddNotice(store.Notice{Channel: "ops", Body: `"later"`, DueAt: f.clock.Now().Add(time.Hour)})
			return err
		})
		n := take("one")
		equal(t, "the first", n != nil && n.Body == `"first"` && n.Attempts == 1, true)
		equal(t, "another process meanwhile", take("two") == nil, true)
		f.clock.add(turn)
		again := take("two") // the first was killed
		equal(t, "another process afterwards", again != nil && again.Attempts == 2, true)
		n.SentAt, n.DueAt = f.clock.Now(), time.Time{}
		equal(t, "what the first settles then", settle(*n, "one"), false)
		again.Err, again.DueAt = connector.Errorf(connector.Unavailable, "send", "no answer"), f.clock.Now().Add(time.Minute)
		equal(t, "what the second settles", settle(*again, "two"), true)
		equal(t, "before it is due again", take("one") == nil, true)
		f.clock.add(time.Minute)
		n = take("one")
		equal(t, "when it is due again", n != nil && n.Attempts == 3 && n.Err.Message == "no answer", true)
		n.SentAt, n.DueAt, n.Err = f.clock.Now(), time.Time{}, nil
		equal(t, "that it was sent", settle(*n, "one"), true)
		f.clock.add(time.Hour)
		due, err := f.NoticesDue(f.ctx)
		must(t, err)
		equal(t, "due an hour later", due, 1)
		f.tx(func(tx *store.Tx) error { return tx.DropChannel("ops") })
		equal(t, "what waits for a channel that is gone", take("one") == nil, true)
		all, err := f.Notices(f.ctx, 0)
		must(t, err)
		equal(t, "kept", len(all) == 2 && !all[1].SentAt.IsZero() && all[0].SentAt.IsZero(), true)
		f.tx(func(tx *store.Tx) error { return tx.ForgetAlerts(f.clock.Now().Add(time.Second)) })
		all, _ = f.Notices(f.ctx, 0)
		equal(t, "after they were forgotten", len(all), 0)
	})
}

func TestACauseLastsOnce(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		a := &store.Alert{Cause: "held", Subject: "flow:orders", Message: "m", Hint: "h", BeganAt: f.clock.Now()}
		f.tx(func(tx *store.Tx) error { return tx.SaveAlert(a) })
		second := *a
		second.ID = 0
		err := f.Tx(f.ctx, func(tx *store.Tx) error { second.ID = 0; return tx.SaveAlert(&second) })
		refused(t, "the same cause a second time", err, connector.Conflict)
		a.OverAt, a.ToldAt = f.clock.Now().Add(time.Hour), f.clock.Now()
		f.tx(func(tx *store.Tx) error { return tx.SaveAlert(a) })
		f.tx(func(tx *store.Tx) error { second.ID = 0; return tx.SaveAlert(&second) })
		f.tx(func(tx *store.Tx) error {
			open, err := tx.OpenAlerts()
			equal(t, "of which something is to be told", len(open), 2)
			equal(t, "as it was kept", open[0], *a)
			return err
		})
		a.Ended = true
		f.tx(func(tx *store.Tx) error { return tx.SaveAlert(a) })
		n, err := f.LastingAlerts(f.ctx)
		must(t, err)
		equal(t, "lasting", n, 1)
		all, err := f.Alerts(f.ctx, 1)
		must(t, err)
		equal(t, "the newest", len(all) == 1 && all[0].ID == second.ID, true)
	})
}

func TestWhatIsSealedIsFoundAndChangedOnlyWhereItIsStillTheSame(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		at := f.clock.Now()
		f.tx(func(tx *store.Tx) error {
			must(t, tx.SaveSecret("erp", store.SecretRow{Name: "password", Sealed: "one"}))
			must(t, tx.SaveCheck("erp", at, []connector.Step{{Step: "connect", State: connector.StepOK}}))
			return tx.SaveChannel(store.Channel{Name: "ops", Kind: "slack", Sealed: "three"})
		})
		f.hold("one")
		must(t, f.LeaveToken(f.ctx, "s2p", "one", "two"))
		all, err := f.EachSealed(f.ctx)
		must(t, err)
		equal(t, "found", len(all), 3)
		f.clock.add(time.Hour)
		for _, s := range all {
			f.tx(func(tx *store.Tx) error {
				done, err := tx.Reseal(s, s.Text+" anew")
				equal(t, s.Table, done, true)
				must(t, err)
				done, err = tx.Reseal(s, "too late")
				equal(t, s.Table+" once more", done, false)
				return err
			})
		}
		secrets, err := f.Secrets(f.ctx, "erp")
		must(t, err)
		equal(t, "the secret", secrets[0], store.SecretRow{Name: "password", Sealed: "one anew", SetAt: at})
		c, err := f.Connection(f.ctx, "erp")
		must(t, err)
		equal(t, "the last Check counts", c.CheckedAt.Equal(at), true)
		f.tx(func(tx *store.Tx) error { return tx.BeatKeyholder("one", []string{"a", "b"}) })
		f.clock.add(time.Minute)
		f.tx(func(tx *store.Tx) error { return tx.BeatKeyholder("two", []string{"b"}) })
		holders, err := f.Keyholders(f.ctx, 30*time.Second)
		must(t, err)
		equal(t, "alive", len(holders) == 1 && holders[0].Owner == "two" && len(holders[0].Keys) == 1, true)
	})
}

func TestTheDatabaseTellsOfItself(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		f.accept(suppliers, version("S1", "x"), version("S2", "y"))
		counts, err := f.TableCounts(f.ctx)
		must(t, err)
		equal(t, "records", counts["records"], 2)
		equal(t, "connections", counts["connections"], 2)
		_, there := counts["notices"]
		equal(t, "an empty table is told", there, true)
		v, err := f.SchemaVersion(f.ctx)
		must(t, err)
		equal(t, "it has taken steps", v >= 15, true)
		equal(t, "its clock", f.Skew().Abs() < 24*time.Hour, true)
		good, err := f.LastGood(f.ctx, suppliers)
		must(t, err)
		equal(t, "before a good Run", good.IsZero(), true)
		end := f.clock.Now()
		f.tx(func(tx *store.Tx) error {
			for n, fail := range []*connector.Error{nil, connector.Errorf(connector.Unavailable, "read", "no answer")} {
				run, err := tx.BeginRun(connector.Run{Flow: suppliers, From: "s2p", To: "erp", Kind: connector.Supplier, Trigger: connector.TriggerSchedule, Window: connector.Window{From: end.Add(-time.Hour), To: end}})
				if err != nil {
					return err
				}
				if err := tx.EndRun(run, fail, end.Add(time.Duration(n)*time.Hour)); err != nil {
					return err
				}
			}
			return nil
		})
		good, err = f.LastGood(f.ctx, suppliers)
		must(t, err)
		equal(t, "the last good Run", good.Equal(end), true)
	})
}
