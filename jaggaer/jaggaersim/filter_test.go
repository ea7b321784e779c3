package jaggaersim

import (
	"encoding/json"
	"testing"
)

func TestFilter(t *testing.T) {
	t.Parallel()
	record := map[string]any{
		"lastUpdate": "2026-03-01T08:12:33.733Z", "supplierNumber": "0000012345", "id": json.Number("2700101"), "total": json.Number("443.80"),
		"name": "Acme Laboratory; Supply", "status": "Completed",
	}
	known := func(f string) bool { _, ok := record[f]; return ok || f == "missing" }
	for name, row := range map[string]struct {
		filter string
		want   bool
	}{
		"a window holds what lies in it":        {"lastUpdate>=2026-03-01T00:00:00.000Z;lastUpdate<2026-03-02T00:00:00.000Z", true},
		"its start belongs to it":               {"lastUpdate>=2026-03-01T08:12:33.733Z", true},
		"its end does not":                      {"lastUpdate<2026-03-01T08:12:33.733Z", false},
		"the FIQL spelling says the same":       {"lastUpdate=ge=2026-03-01T00:00:00.000Z;lastUpdate=lt=2026-03-02T00:00:00.000Z", true},
		"an instant is one in every zone":       {"lastUpdate==2026-03-01T02:12:33.733-06:00", true},
		"a number that is text keeps its zeros": {"supplierNumber==12345", false},
		"equal text is equal":                   {"supplierNumber==0000012345", true},
		"numbers are compared as numbers":       {"total==443.8;id>2700100", true},
		"greater is not equal":                  {"total>443.8", false},
		"a comma is or":                         {"status==Pending,status==Completed", true},
		"and binds tighter than or":             {"status==Completed,status==Pending;id==1", true},
		"brackets bind tightest":                {"(status==Completed,status==Pending);id==1", false},
		"a set has members":                     {"id=in=(1,2700101)", true},
		"out is its contrary":                   {"id=out=(1,2700101)", false},
		"a star matches anything":               {"name==Acme*", true},
		"a star in the middle too":              {"name==A*Lab*ply", true},
		"text without its end does not match":   {"name==Acme*Lab", false},
		"a quote is a character as others are":  {`status=="Completed"`, false},
		"what is encoded twice is not decoded":  {"name==Acme%20Laboratory%3B%20Supply", false},
		"a star in place of what is reserved":   {"name==Acme Laboratory* Supply", true},
		"absent is not equal to anything":       {"missing==x", false},
		"absent is unequal to anything":         {"missing!=x", true},
		"absent is neither more nor less":       {"missing>=0,missing<0", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := parseFilter(row.filter, false, known)
			if err != nil {
				t.Fatal(err)
			}
			if got := f(func(field string) any { return record[field] }); got != row.want {
				t.Errorf("%s is %v", row.filter, got)
			}
		})
	}
}

func TestAStarIsAStarWhereASiteHasItSo(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"a==x*": true, "a==*": false, "a=in=(1,x*)": true, "a!=x*": false} {
		f, err := parseFilter(text, true, func(string) bool { return true })
		if err != nil || f(func(string) any { return "x*" }) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestFilterRefuses(t *testing.T) {
	t.Parallel()
	known := func(f string) bool { return f == "a" }
	for name, filter := range map[string]string{
		"an unknown field":                "lastUpdat>=1",
		"a field without operator":        "a",
		"an unknown operator":             "a=like=1",
		"a bracket that stays open":       "(a==1",
		"a bracket that was not open":     "a==1)",
		"a list without brackets":         "a=in=1",
		"a list that stays open":          "a=in=(1",
		"a quote around what is reserved": `a=="1;2"`,
		"nothing after a semicolon":       "a==1;",
		"a filter of nothing":             ";",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := parseFilter(filter, false, known); err == nil {
				t.Errorf("%s was taken", filter)
			}
		})
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"a==1;b>=2", "(a==1,b=in=(1,2));c!=*", `a=="x`, "a=out=(", "((((", "a<"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, s string) {
		parsed, err := parseFilter(s, len(s)%2 == 0, func(string) bool { return true })
		if err == nil {
			parsed(func(string) any { return json.Number("1") })
			parsed(func(string) any { return s })
		}
	})
}
