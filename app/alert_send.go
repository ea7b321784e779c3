package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/alert"
	"ml-connector/people"
	"ml-connector/store"
)

// sendDue sends what is due, one message at a time: it is taken, sent, and settled. Who is killed in between lets another process send
// it once more, under the same ID.
func (a *App) sendDue(ctx context.Context) error {
	for ctx.Err() == nil {
		if n, err := a.DB.NoticesDue(ctx); err != nil || n == 0 {
			return err
		}
		var n *store.Notice
		err := a.DB.Tx(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.TakeNotice(a.Owner, noticeLease)
			return err
		})
		if err != nil || n == nil {
			return err
		}
		if err := a.sendOne(ctx, *n); err != nil {
			return err
		}
	}
	return nil
}

// How often a message is tried, and how long is waited in between.
const mostAttempts = 12

func noticeWait(attempts int) time.Duration {
	return min(time.Hour, 30*time.Second<<min(attempts, 8))
}

func (a *App) sendOne(ctx context.Context, n store.Notice) error {
	answer, err := a.sendBy(ctx, n)
	if err != nil && ctx.Err() != nil {
		return nil // we were stopped; another process, or the next start, sends it
	}
	n.DueAt, n.Err = time.Time{}, nil
	entry := connector.Entry{Action: "alert.sent", Subject: "channel:" + n.Channel, Details: map[string]string{"message": noticeID(n), "attempt": fmt.Sprint(n.Attempts)}}
	if err != nil {
		n.Err = connector.AsError(err)
		entry.Action, entry.Details["code"] = "alert.failed", string(n.Err.Code)
		if n.Attempts < mostAttempts && n.Err.Code != connector.NotFound {
			n.DueAt = a.Now().Add(max(noticeWait(n.Attempts-1), n.Err.Wait))
		} else {
			entry.Details["given_up"] = "yes"
		}
		a.Log.Warn("a message could not be sent", "channel", n.Channel, "error", err)
	} else {
		n.SentAt = a.Now()
		a.Log.Info("a message was sent", "channel", n.Channel, "answer", answer)
	}
	return a.DB.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		ours, err := tx.SettleNotice(n, a.Owner)
		if err == nil && ours {
			tx.Enter(entry)
		}
		return err
	})
}

// noticeID is the ID of a message, the same at each attempt.
func noticeID(n store.Notice) string {
	return fmt.Sprintf("n%d-%d", n.ID, n.MadeAt.UnixMicro())
}

func (a *App) sendBy(ctx context.Context, n store.Notice) (string, error) {
	c, err := a.channel(ctx, n.Channel)
	if err != nil {
		return "", err
	}
	var m alert.Message
	if err := json.Unmarshal([]byte(n.Body), &m); err != nil {
		return "", connector.Errorf(connector.Internal, "send a message", "what is stored is no message").Because(err)
	}
	m.ID = noticeID(n)
	return c.Send(ctx, m)
}

// channel makes a channel that can send: its secret unsealed.
func (a *App) channel(ctx context.Context, name string) (alert.Channel, error) {
	op := "open the channel " + name
	all, err := a.DB.Channels(ctx)
	if err != nil {
		return alert.Channel{}, err
	}
	at := slices.IndexFunc(all, func(c store.Channel) bool { return c.Name == name })
	if at < 0 {
		return alert.Channel{}, connector.Errorf(connector.NotFound, op, "there is no such channel").Advise("Channels stand under `alerts` in the configuration file, and come in by `ml-connector apply`.")
	}
	row := all[at]
	c := alert.Channel{Name: row.Name, Kind: row.Kind, Settings: row.Settings, Allow: a.Process.Egress, Host: hostOf(a.Process.Public.Host()), Now: a.Now()}
	if row.Sealed != "" {
		keys, err := a.keys(ctx)
		if err != nil {
			return c, err
		}
		secret, err := keys.Unseal(channelOwner(row.Name), row.Kind, row.Address, row.Sealed)
		if err != nil {
			return c, err
		}
		c.Secret = string(secret)
	}
	if path := row.Settings["tls_ca"]; path != "" {
		if c.CA, err = readFile(op, path); err != nil {
			return c, err
		}
	}
	if wrong := c.Check(); len(wrong) > 0 {
		return c, connector.Errorf(connector.Misconfigured, op, "%s %s", wrong[0].Setting, wrong[0].Text).Advise("Correct `alerts.channels.%s` in the configuration file, and `apply`.", name)
	}
	if d, ok := alert.DescribeKind(row.Kind); ok && d.Secret.Required && c.Secret == "" {
		return c, connector.Errorf(connector.Misconfigured, op, "its %s is missing: it was bound to another address", d.Secret.Name).Advise("Give it in the configuration file, and `apply`.")
	}
	return c, nil
}

func hostOf(host string) string {
	name, _, _ := strings.Cut(host, ":")
	return name
}

// TestAlert sends a message by a channel now, and gives what its server answered; "" = by all.
func (a *App) TestAlert(ctx context.Context, name string, by people.Actor) ([]AlertTest, error) {
	if err := by.May(people.ChangeSettings); err != nil {
		return nil, err
	}
	all, err := a.DB.Channels(ctx)
	if err != nil {
		return nil, err
	}
	out := []AlertTest{}
	for _, row := range all {
		if name != "" && row.Name != name {
			continue
		}
		t, err := a.testChannel(ctx, row.Name, by)
		if err != nil {
			return out, err
		}
		out = append(out, t)
	}
	if len(out) == 0 {
		_, err = a.channel(ctx, name)
		return out, err
	}
	return out, nil
}

func (a *App) testChannel(ctx context.Context, name string, by people.Actor) (AlertTest, error) {
	c, err := a.channel(ctx, name)
	t := AlertTest{Channel: name}
	if err == nil {
		now := a.Now()
		t.Answer, err = c.Send(ctx, alert.Message{ID: fmt.Sprintf("test-%d", now.UnixMicro()), Kind: alert.KindTest, Title: "ml-connector: a test", At: now, URL: a.Process.PublicURL(),
			Sections: []alert.Section{{Items: []alert.Item{{Text: "This is a test. Alerts of ml-connector arrive here.", URL: a.Process.PublicURL() + "/settings"}}}}})
	}
	t.OK, t.Error = err == nil, ErrorShape(connector.AsError(err))
	entry := connector.Entry{Actor: by.Name, Action: "alert.tested", Subject: "channel:" + name, Details: map[string]string{"ok": fmt.Sprint(t.OK)}}
	return t, a.DB.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		tx.Enter(entry)
		return nil
	})
}
