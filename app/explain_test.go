package app_test

import (
	"testing"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/systems"
)

// TestExplain: which System an error is of, by its text alone, and what becomes of a record that met it.
func TestExplain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		system string
		code   connector.Code
	}{
		"Integration Service: no send handler matches the inbound request message. (158,505)": {"peoplesoft", connector.Misconfigured},
		"Invalid value -- press the prompt button (15,11) {JGR_PO_CI.PO_LINE(1).DEPTID}":      {"peoplesoft", connector.Rejected},
		"PSFT Authentication token failed":                                                    {"peoplesoft", connector.Credentials},
		`{"returnCode":2,"returnMessage":"112(ERPNumber)"}`:                                   {"jaggaer", connector.Conflict},
	} {
		got, err := app.Explain(systems.All(), text)
		if err != nil || len(got) != 1 || got[0].System != want.system || got[0].Code != want.code || got[0].Hint == "" || got[0].Then == "" {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for text, code := range map[string]connector.Code{"": connector.Invalid, " \n": connector.Invalid, "the printer is out of paper": connector.NotFound} {
		if _, err := app.Explain(systems.All(), text); connector.CodeOf(err) != code {
			t.Errorf("%q: %v", text, err)
		}
	}
}
