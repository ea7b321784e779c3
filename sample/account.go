package sample

import "fmt"

// Account is one GL account with its effective-dated rows, oldest first.
type Account struct {
	Value string // C10
	Rows  []AccountRow
	Note  string
}

// AccountRow is one effective-dated row of GL_ACCOUNT_TBL. Effective is a date; Status A or I; Type one of A E L Q R.
type AccountRow struct {
	Effective, Status, Description, Short, Type string
	BudgetaryOnly, Statistical, OpenItem        bool
}

var accountKinds = []struct {
	digit int
	kind  string
	names []string
}{
	{1, "A", []string{"Cash", "Receivables", "Prepaid", "Inventory", "Equipment"}},
	{2, "L", []string{"Payables", "Accrued", "Deferred"}},
	{3, "Q", []string{"Net assets", "Reserves"}},
	{4, "R", []string{"Tuition", "Grants", "Sales"}},
	{6, "E", []string{"Supplies", "Services", "Travel", "Freight", "Repairs", "Small equipment", "Utilities", "Lab materials"}},
}

// accounts makes the chart of accounts: the first dozens are plain expense accounts, which documents charge.
func (b *builder) accounts() {
	for i := range b.size.Accounts {
		k := accountKinds[len(accountKinds)-1]
		if i >= 30 {
			k = accountKinds[b.rng.IntN(len(accountKinds))]
		}
		value := fmt.Sprintf("%d%05d", k.digit, i*10)
		name := fmt.Sprintf("%s %d", pick(b, k.names), i+1)
		a := Account{Value: value, Rows: []AccountRow{{Effective: "1900-01-01", Status: "A", Description: name, Short: fmt.Sprintf("%.10s", name), Type: k.kind}}}
		if i >= 30 {
			b.oddAccount(i, &a)
		} else {
			b.postable = append(b.postable, value)
		}
		b.c.Accounts = append(b.c.Accounts, a)
	}
}

// oddAccount gives each twelfth account something to be careful about.
func (b *builder) oddAccount(i int, a *Account) {
	first := a.Rows[0]
	switch i % 24 {
	case 7:
		a.Rows[0].Status, a.Note = "I", "never active"
	case 9:
		closed := first
		closed.Effective, closed.Status = b.day(-200), "I"
		a.Rows, a.Note = append(a.Rows, closed), "closed"
	case 11:
		a.Rows[0].BudgetaryOnly, a.Note = true, "budgetary only"
	case 13:
		a.Rows[0].Statistical, a.Note = true, "statistical"
	case 15:
		renamed := first
		renamed.Effective, renamed.Description = b.day(-30), "Renamed & <reviewed> "+a.Value
		a.Rows = append(a.Rows, renamed)
	case 17:
		future := first
		future.Effective, future.Status = b.day(60), "I"
		a.Rows, a.Note = append(a.Rows, future), "closes in the future"
	case 19:
		a.Value = "0" + a.Value[1:]
		a.Rows[0].Description = "Réserve für Übergänge " + a.Value[1:]
	}
}
