package store

import (
	"database/sql"
	"fmt"
	"strconv"

	connector "ml-connector"
	"ml-connector/money"
)

// ByLimit is who paused a Flow whose Run reached one of its limits.
const ByLimit = "limit"

// fewestOfShare is how many changes a Run may make whatever share of a Flow's objects they are.
const fewestOfShare = 10

// allowance is what each Run of a Flow may still write. The Flow's row is locked: its partitions count one after the other.
type allowance struct {
	flow connector.Flow
	left map[int64]*left
}

// left is what one Run has written since its Flow was let go on; stopped: it may write nothing, since the Flow is paused for a limit.
type left struct {
	changes, creates int64
	share            int64 // how many of its changes of what is there may be made, where that is limited
	money            map[string]money.Amount
	since            int64 // when the Flow was let go on; 0 = never
	stopped          bool
	spent            bool // money has grown
}

// allowed counts what the Runs of these Deliveries have begun: since the pause for a limit was ended last, or at all.
func (tx *Tx) allowed(w way, waiting map[int64]brief) (allowance, error) {
	const op = "count the changes of a Run"
	if !w.limited {
		return allowance{}, nil
	}
	fs, err := flowsWhere(tx, "WHERE name = $1"+tx.db.dialect.lock("flows"), []any{w.flow})
	if err != nil || len(fs) == 0 {
		return allowance{}, err
	}
	a := allowance{flow: fs[0], left: map[int64]*left{}}
	pause := a.flow.Paused
	for _, b := range waiting {
		if _, known := a.left[b.run]; known {
			continue
		}
		l := &left{money: map[string]money.Amount{}, stopped: pause.By == ByLimit && pause.Code != ""}
		if pause.Code == "" && pause.By == ByLimit {
			var begun int64
			if _, err := one(tx, op, "SELECT started_at FROM runs WHERE id = $1", []any{b.run}, &begun); err != nil {
				return a, err
			}
			if at := micros(pause.At); begun <= at { // a person let those go on that had begun
				l.since = at
			}
		}
		if _, err := one(tx, op, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN operation = 'create' THEN 1 ELSE 0 END), 0) FROM deliveries WHERE run = $1 AND attempts > 0 AND sent_at > $2", []any{b.run, l.since}, &l.changes, &l.creates); err != nil {
			return a, err
		}
		if err := tx.measured(a.flow, b.run, l); err != nil {
			return a, err
		}
		a.left[b.run] = l
	}
	return a, nil
}

// measured reads what a Run is measured by besides numbers of changes. What its Flow keeps in step is counted once, when the Run
// writes first.
func (tx *Tx) measured(f connector.Flow, run int64, l *left) error {
	const op = "measure a Run"
	if f.MaxShare == 0 && f.MaxMoney == "" {
		return nil
	}
	kept := int64(-1)
	err := each(tx, op, "SELECT currency, amount, since FROM run_sums WHERE run = $1", []any{run}, func(rows *sql.Rows) error {
		var m money.Amount
		var since int64
		if err := rows.Scan(&m.Currency, &m.Amount, &since); err != nil {
			return err
		}
		switch {
		case m.Currency == "":
			n, err := strconv.ParseInt(m.Amount, 10, 64)
			kept = n
			return err
		case since == l.since:
			l.money[m.Currency] = m
		}
		return nil
	})
	if err != nil || f.MaxShare == 0 {
		return err
	}
	if kept < 0 {
		if _, err := one(tx, op, "SELECT COUNT(*) FROM agreements WHERE flow = $1", []any{f.Name}, &kept); err != nil {
			return err
		}
		if err := tx.keepSum(run, money.Amount{Amount: strconv.FormatInt(kept, 10)}, 0); err != nil {
			return err
		}
	}
	l.share = max(kept*int64(f.MaxShare)/100, fewestOfShare)
	return nil
}

func (tx *Tx) keepSum(run int64, m money.Amount, since int64) error {
	_, err := tx.exec("measure a Run", `INSERT INTO run_sums (run, currency, amount, since) VALUES ($1, $2, $3, $4)
 ON CONFLICT (run, currency) DO UPDATE SET amount = excluded.amount, since = excluded.since`, run, m.Currency, m.Amount, since)
	return err
}

// take says which limit a write is beyond, and what its Run has done; "" when it may be sent. What was sent before is no new change.
func (a allowance) take(b brief, in Intent) (limit, did string) {
	if a.left == nil || b.attempts > 0 {
		return "", ""
	}
	l, f := a.left[b.run], a.flow
	updates := l.changes - l.creates
	create := in.Operation == connector.OpCreate
	switch {
	case f.MaxChanges > 0 && (l.stopped || l.changes >= int64(f.MaxChanges)):
		return "changes", fmt.Sprintf("has made %d changes, which is its limit", f.MaxChanges)
	case f.MaxCreates > 0 && (l.stopped || create && l.creates >= int64(f.MaxCreates)):
		return "creates", fmt.Sprintf("has created %d objects, which is its limit", f.MaxCreates)
	case f.MaxShare > 0 && (l.stopped || !create && updates >= l.share):
		return "share", fmt.Sprintf("has changed %d of the objects that the flow keeps in step, and %d %% of them are its limit", updates, f.MaxShare)
	case f.MaxMoney != "" && (l.stopped || a.beyond(l, in)):
		return "money", fmt.Sprintf("would write more than %s in %s, which is its limit", f.MaxMoney, currencyOf(in))
	}
	l.changes++
	if create {
		l.creates++
	}
	if in.Money != nil && f.MaxMoney != "" {
		l.money[in.Money.Currency], l.spent = l.with(in), true
	}
	return "", ""
}

func currencyOf(in Intent) string {
	if in.Money == nil {
		return "one currency"
	}
	return in.Money.Currency
}

// with is the money of a write's currency, that of the write included.
func (l *left) with(in Intent) money.Amount {
	m := *in.Money
	if x, negative := trimSign(m.Amount); negative {
		m.Amount = x // a credit is money, too
	}
	if have, known := l.money[m.Currency]; known {
		return money.Sum([]money.Amount{have, m})[0]
	}
	return m
}

func trimSign(amount string) (string, bool) {
	if amount != "" && amount[0] == '-' {
		return amount[1:], true
	}
	return amount, false
}

// beyond says that a write goes past the limit of money. What alone is more than the limit may go first once a person has let the
// Flow go on: who looked at what waits saw it.
func (a allowance) beyond(l *left, in Intent) bool {
	if in.Money == nil {
		return false
	}
	if _, begun := l.money[in.Money.Currency]; !begun && l.since > 0 {
		return false
	}
	return money.Beyond(l.with(in).Amount, a.flow.MaxMoney)
}

// spent keeps the money that Runs have written.
func (tx *Tx) spent(a allowance) error {
	for run, l := range a.left {
		if !l.spent {
			continue
		}
		for _, m := range l.money {
			if err := tx.keepSum(run, m, l.since); err != nil {
				return err
			}
		}
	}
	return nil
}

// resumed is what is remembered of a pause that has ended: of one for a limit, since when as many changes may go again.
func (tx *Tx) resumed(p connector.Pause) connector.Pause {
	if p.By != ByLimit {
		return connector.Pause{}
	}
	return connector.Pause{By: ByLimit, At: tx.now}
}
