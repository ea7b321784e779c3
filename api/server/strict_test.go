package server

import (
	"strings"
	"testing"
)

func TestJSONSaysEachThingOnce(t *testing.T) {
	t.Parallel()
	for text, wrong := range map[string]string{
		`{"a":1,"b":{"a":2},"c":[{"a":1},{"a":2}]}`: "",
		`[]`:                  "",
		`"text"`:              "",
		`{"a":1,"a":2}`:       `"a" stands twice`,
		`{"a":{"b":1,"b":2}}`: `"b" stands twice`,
		`{"a":1,"\u0061":2}`:  `"a" stands twice`,
		`{"a":1} {"a":1}`:     "after its end",
		`{"a":1}x`:            "after its end",
		`{"a":1`:              "EOF",
		``:                    "EOF",
		"{\"a\":\"\xff\"}":    "UTF-8",
		`{"a":NaN}`:           "invalid",
		strings.Repeat("[", 33) + strings.Repeat("]", 33):               "stand in each other",
		strings.Repeat(`{"a":`, 1000000) + strings.Repeat("}", 1000000): "stand in each other",
	} {
		var into any
		err := strictly([]byte(text), &into)
		if (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%.60s: %v, expected %q", text, err, wrong)
		}
	}
}
