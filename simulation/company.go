package simulation

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"ml-connector/sample"
)

// later is what people enter while the simulation runs.
type later struct {
	suppliers     []sample.Supplier
	registrations []sample.Registration
	accounts      []sample.Account
	requisitions  []sample.Requisition
	orders        []sample.Order
	invoices      []sample.Invoice
}

// small is a company of few records, and those that it gets later: of a sample company, what belongs together.
func small(r *rand.Rand, seed uint64, now time.Time) (*sample.Company, later) {
	c := sample.New(int64(seed%1000), sample.Small(), now)
	r.Shuffle(len(c.Orders), func(i, j int) { c.Orders[i], c.Orders[j] = c.Orders[j], c.Orders[i] })
	r.Shuffle(len(c.Requisitions), func(i, j int) { c.Requisitions[i], c.Requisitions[j] = c.Requisitions[j], c.Requisitions[i] })
	var l later
	c.Orders, l.orders = split(c.Orders, r.IntN(6), func(sample.Order) bool { return true })
	numbers := map[string]bool{}
	for _, o := range c.Orders {
		numbers[o.Number] = true
	}
	c.Invoices, l.invoices = split(c.Invoices, r.IntN(5), func(v sample.Invoice) bool { return v.Lines[0].OrderNumber == "" || numbers[v.Lines[0].OrderNumber] })
	c.Requisitions, l.requisitions = split(c.Requisitions, r.IntN(6), func(sample.Requisition) bool { return true })
	vendors, accounts := needed(c)
	more := 2 + r.IntN(5)
	c.Suppliers, l.suppliers = split(c.Suppliers, len(c.Suppliers), func(v sample.Supplier) bool {
		if vendors[v.VendorID] {
			return true
		}
		more--
		return more >= 0 && r.IntN(4) > 0
	})
	more = 2 + r.IntN(4)
	c.Accounts, l.accounts = split(c.Accounts, len(c.Accounts), func(a sample.Account) bool {
		if accounts[a.Value] {
			return true
		}
		more--
		return more >= 0
	})
	c.Registrations = c.Registrations[:max(1+r.IntN(6), highest(c)+1)]
	all := sample.New(int64(seed%1000), sample.Small(), now)
	l.registrations = all.Registrations[len(c.Registrations):]
	l.keepThoseOf(c)
	l.renumber(numbers)
	return c, l
}

// renumber gives what comes later numbers that the System itself does not give out; known are the orders that are there.
func (l *later) renumber(known map[string]bool) {
	for i := range l.orders {
		l.orders[i].Number = "P9" + l.orders[i].Number[2:]
	}
	for i := range l.invoices {
		v := &l.invoices[i]
		v.Number = "I9" + v.Number[2:]
		for n := range v.Lines {
			if number := v.Lines[n].OrderNumber; number != "" && !known[number] {
				v.Lines[n].OrderNumber = "P9" + number[2:]
			}
		}
	}
}

// keepThoseOf leaves out what would refer to nothing.
func (l *later) keepThoseOf(c *sample.Company) {
	have := map[string]bool{}
	for _, v := range c.Suppliers {
		have[v.VendorID] = v.InJaggaer
	}
	known := func(ref sample.SupplierRef) bool {
		return have[ref.VendorID] || ref.VendorID == "" && ref.Registration < len(c.Registrations)
	}
	l.orders = slices.DeleteFunc(l.orders, func(o sample.Order) bool { return !known(o.Supplier) })
	l.invoices = slices.DeleteFunc(l.invoices, func(v sample.Invoice) bool { return !known(v.Supplier) })
}

// highest is the last registration that the company's records name.
func highest(c *sample.Company) int {
	n := 0
	for _, o := range c.Orders {
		n = max(n, o.Supplier.Registration)
	}
	for _, v := range c.Invoices {
		n = max(n, v.Supplier.Registration)
	}
	return n
}

// needed are the vendors and accounts that the company's records name.
func needed(c *sample.Company) (vendors, accounts map[string]bool) {
	vendors, accounts = map[string]bool{}, map[string]bool{}
	splits := func(list []sample.Split) {
		for _, s := range list {
			for _, f := range s.Fields {
				if f.Name == "Account" {
					accounts[f.Value] = true
				}
			}
		}
	}
	for _, o := range c.Orders {
		vendors[o.Supplier.VendorID] = true
		for _, line := range o.Lines {
			splits(line.Splits)
		}
	}
	for _, v := range c.Invoices {
		vendors[v.Supplier.VendorID] = true
		for _, line := range v.Lines {
			splits(line.Splits)
		}
	}
	for _, q := range c.Requisitions {
		for _, line := range q.Lines {
			vendors[line.VendorID] = true
			for _, schedule := range line.Schedules {
				for _, d := range schedule.Distributions {
					accounts[d.Account] = true
				}
			}
		}
	}
	return vendors, accounts
}

// split divides a list: at most n that may stay, and the others.
func split[T any](all []T, n int, may func(T) bool) (stay, rest []T) {
	for _, x := range all {
		if len(stay) < n && may(x) {
			stay = append(stay, x)
		} else {
			rest = append(rest, x)
		}
	}
	return stay, rest
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
