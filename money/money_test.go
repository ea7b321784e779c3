package money

import (
	"testing"

	connector "ml-connector"
)

func TestMoneyOfADocument(t *testing.T) {
	t.Parallel()
	for sentence, row := range map[string]struct {
		doc  connector.Document
		want string
	}{
		"a total with its currency": {connector.Document{"header": map[string]any{"total": map[string]any{"value": "443.80", "currency": "USD"}}}, "443.80 USD"},
		"a total whose currency stands elsewhere": {
			connector.Document{"header": map[string]any{"total": map[string]any{"value": "9000000"}, "currency": "JPY"}}, "9000000 JPY"},
		"an amount of the head counts, not its lines again": {
			connector.Document{"GROSS_AMT": "12.50", "TXN_CURRENCY_CD": "EUR", "LINE": []any{map[string]any{"MERCHANDISE_AMT": "12.50"}}}, "12.50 EUR"},
		"lines are added, what they are made of is not": {
			connector.Document{"CURRENCY_CD": "USD", "LINE": []any{
				map[string]any{"SHIP": []any{map[string]any{"MERCHANDISE_AMT": "0.10", "DIST": []any{map[string]any{"MERCHANDISE_AMT": "0.10"}}}}},
				map[string]any{"SHIP": []any{map[string]any{"MERCHANDISE_AMT": "0.20"}}}}}, "0.30 USD"},
		"a currency that all lines share is the whole's": {connector.Document{"LINE": []any{
			map[string]any{"currency": "EUR", "splits": []any{map[string]any{"distributionvalue": "0.10"}, map[string]any{"distributionvalue": "0.25"}}},
			map[string]any{"currency": "EUR", "splits": []any{map[string]any{"distributionvalue": "1"}}}}}, "1.35 EUR"},
		"of lines in two currencies nothing is added": {connector.Document{"LINE": []any{
			map[string]any{"currency": "EUR", "amount": "0.10"}, map[string]any{"currency": "USD", "amount": "0.10"}}}, ""},
		"an amount without a currency is no money":            {connector.Document{"GROSS_AMT": "12.50"}, ""},
		"a currency without an amount is none either":         {connector.Document{"currency": "USD", "name": "Acme"}, ""},
		"what is no number is no amount":                      {connector.Document{"total": "NaN", "currency": "USD"}, ""},
		"an unreadable total is not replaced by another sum":  {connector.Document{"total": map[string]any{"value": "?"}, "currency": "USD", "amount": "1"}, ""},
		"what could not be read":                              {nil, ""},
		"a number of sixteen digits and more loses none":      {connector.Document{"total": "12345678901234567890.01", "currency": "USD"}, "12345678901234567890.01 USD"},
		"currencies named in a list of allowed ones stay out": {connector.Document{"allowed": []any{map[string]any{"currency": "USD"}}, "total": "1"}, ""},
	} {
		got := ""
		if m := Of(row.doc); m != nil {
			got = m.Amount + " " + m.Currency
		}
		if got != row.want {
			t.Errorf("%s: %q, not %q", sentence, got, row.want)
		}
	}
}

func TestMoneyIsAddedExactlyAndNeverAcrossCurrencies(t *testing.T) {
	t.Parallel()
	got := Sum([]Amount{{"0.1", "USD"}, {"0.20", "USD"}, {"5", "EUR"}, {"-0.30", "USD"}, {"99999999999999999999.99", "EUR"}})
	if len(got) != 2 || got[0] != (Amount{"100000000000000000004.99", "EUR"}) || got[1] != (Amount{"0.00", "USD"}) {
		t.Errorf("got %v", got)
	}
}

func TestWhatIsBeyondALimit(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		amount, most string
		want         bool
	}{{"100.01", "100", true}, {"100.00", "100", false}, {"-100.01", "100", true}, {"99999999999999999999.01", "99999999999999999999", true}, {"x", "1", false}, {"1", "", false}} {
		if got := Beyond(row.amount, row.most); got != row.want {
			t.Errorf("%s beyond %s: %v", row.amount, row.most, got)
		}
	}
}

func TestWhoseMoneyItIs(t *testing.T) {
	t.Parallel()
	order := connector.Document{"BUSINESS_UNIT": "US001", "VENDOR_ID": "0000000042", "LINE": []any{map[string]any{"VENDOR_ID": "7"}}}
	invoice := connector.Document{"header": map[string]any{"businessUnit": "DIV", "supplier": map[string]any{"name": "Acme", "id": "1003"}}}
	for sentence, row := range map[string]struct {
		docs []connector.Document
		want Owner
	}{
		"fields of the head":                       {[]connector.Document{order}, Owner{"US001", "0000000042"}},
		"a supplier that is a group":               {[]connector.Document{invoice}, Owner{"DIV", "1003"}},
		"the first that tells it":                  {[]connector.Document{nil, order, invoice}, Owner{"US001", "0000000042"}},
		"what one does not tell, the next does":    {[]connector.Document{{"BUSINESS_UNIT": "US001"}, invoice}, Owner{"US001", "1003"}},
		"lines say nothing of the whole":           {[]connector.Document{{"LINE": []any{map[string]any{"VENDOR_ID": "7"}}}}, Owner{}},
		"a supplier without an ID is none to name": {[]connector.Document{{"supplier": map[string]any{"name": "Acme"}}}, Owner{}},
	} {
		if got := Whose(row.docs...); got != row.want {
			t.Errorf("%s: %+v, not %+v", sentence, got, row.want)
		}
	}
}
