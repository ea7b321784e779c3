package jaggaer

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/apd/v3"
)

func TestNumbersAsDecimalText(t *testing.T) {
	t.Parallel()
	for n, want := range map[string]string{
		"10": "10", "35.05": "35.05", "-3.33": "-3.33", "443.80": "443.8", "10.0": "10", "0": "0", "-0": "0", "-0.00": "0", "0.10": "0.1",
		"1e2": "100", "1E+2": "100", "1.5e1": "15", "12345e-2": "123.45", "1e-7": "0.0000001", "-2.50e1": "-25", "0.0001e4": "1",
		"1003800001": "1003800001", "9007199254740993": "9007199254740993", "0.1234567890123456789": "0.1234567890123456789",
		"1e999999999": "1e999999999", "1e99999999999999999999": "1e99999999999999999999", "-1e-999": "-1e-999",
	} {
		if got := decimal(n); got != want {
			t.Errorf("%s became %s, expected %s", n, got, want)
		}
	}
}

// FuzzDecimal: the text is the same number, in plain form.
func FuzzDecimal(f *testing.F) {
	for _, n := range []string{"10", "-0.5e-3", "1e60", "123456789.000", "1e-61"} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n string) {
		if !json.Valid([]byte(n)) || strings.ContainsAny(n, "{[\"tfn \n\t\r") || len(n) > 80 {
			return
		}
		got := decimal(n)
		if got == n && strings.ContainsAny(n, "eE") {
			return // too long for plain text
		}
		a, _, err := apd.NewFromString(n)
		if err != nil {
			return
		}
		b, _, err := apd.NewFromString(got)
		if err != nil || a.Cmp(b) != 0 || strings.ContainsAny(got, "eE+") {
			t.Errorf("%s became %s: %v", n, got, err)
		}
	})
}

func TestTextsOfOneLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"as it is": "as it is", "trailing blanks  ": "trailing blanks", "  leading stay": "  leading stay", "two\r\nlines": "two lines",
		"tab\tand\x00zero": "tab and zero", "end\n": "end", "O'Malley & Sons <Tools> 𝔘🧪": "O'Malley & Sons <Tools> 𝔘🧪", "0000012345": "0000012345", " ": "",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestBooleansInEverySpelling(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]bool{"true": {true, true}, "Yes": {true, true}, "T": {true, true}, "1": {true, true}, "false": {false, true}, " no ": {false, true}, "F": {false, true}, "": {false, false}, "maybe": {false, false}} {
		if value, ok := truth(in); value != want[0] || ok != want[1] {
			t.Errorf("%q is %v %v", in, value, ok)
		}
	}
}

func TestScalarsOfAnAnswerAreTexts(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]any{"true": true, "false": false, "1.5": json.Number("1.50"), "x": "x", "": map[string]any{"a": "b"}} {
		if got := rawText(v); got != want {
			t.Errorf("%v became %q", v, got)
		}
	}
	if rawText(nil) != "" || rawText([]any{"x"}) != "" {
		t.Error("nothing and lists have no text")
	}
}

func TestInstants(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 8, 12, 33, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"2026-03-01T08:12:33.733Z": at.Add(733 * time.Millisecond), "2026-03-01T08:12:33Z": at, "2026-03-01T10:12:33+02:00": at,
		"2026-03-01T08:12:33.733": at.Add(733 * time.Millisecond), "20260301081233": at, "20260301": time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), "": {}, "yesterday": {},
	} {
		if got := instant(in); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%q is %s", in, got)
		}
	}
}

func TestCountriesHaveBothForms(t *testing.T) {
	t.Parallel()
	for _, row := range [][3]string{{"US", "US", "USA"}, {"USA", "US", "USA"}, {"can", "CA", "can"}, {"gb", "gb", "GBR"}, {"", "", ""}, {"XX", "XX", "XX"}, {"United States", "United States", "United States"}} {
		if a, b := alpha2(row[0]), alpha3(row[0]); a != row[1] || b != row[2] {
			t.Errorf("%s: %s %s", row[0], a, b)
		}
	}
	if n := len(strings.Fields(countries)); n != 249 {
		t.Errorf("%d countries", n)
	}
}

func TestJSONNamesOfXMLNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ERPNumber": "erpNumber", "SQIntegrationNumber": "sqIntegrationNumber", "Name": "name", "DUNS": "duns", "WebSiteURL": "webSiteURL", "JASupplierId": "jaSupplierId",
		"IsoCurrencyCode": "isoCurrencyCode", "AddressLine1": "addressLine1", "businessUnitInternalName": "businessUnitInternalName", "value": "value",
	} {
		if got := jsonName(in); got != want {
			t.Errorf("%s became %s, expected %s", in, got, want)
		}
	}
}

func TestIsEmptyIsWhatConvertLeavesOut(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, "", " ", "x", " x", "\n", true, json.Number("0"), []any{}, []any{"", nil}, []any{"", "x"}, []any{map[string]any{}},
		map[string]any{}, map[string]any{"a": ""}, map[string]any{"a": []any{map[string]any{"b": "x"}}}, map[string]any{"iban": "x", "taxId": "y"}, map[string]any{"iban": "x", "name": "y"}} {
		if isEmpty(v) != (convert(v) == nil) {
			t.Errorf("%v: empty is %t, convert gives %v", v, isEmpty(v), convert(v))
		}
	}
}
