package main

import (
	"bytes"
	"testing"

	connector "ml-connector"
	"ml-connector/app"
)

// TestFlowsThatAreNotReadyAreToldTogether: a wrong node keeps back every Flow, and is told once.
func TestFlowsThatAreNotReadyAreToldTogether(t *testing.T) {
	t.Parallel()
	step := func(name string) app.Step {
		return app.Step{Step: name, State: connector.StepFailed, Message: "a long story"}
	}
	var talk bytes.Buffer
	p := &program{talk: &talk}
	p.sayNotReady([]app.Ping{
		{Name: "erp", Steps: []app.Step{{Step: "connect", State: connector.StepOK}, step("query:JGR_REQ"), step("query:JGR_VENDOR")}, Fit: []app.Fit{
			{Flow: "gl-accounts", Ready: true},
			{Flow: "requisitions", Needs: []string{"query:JGR_REQ: a long story — mend it", "query:JGR_VENDOR: a long story"}},
			{Flow: "suppliers-to-jaggaer", Needs: []string{"query:JGR_VENDOR: a long story"}},
			{Flow: "suppliers-to-peoplesoft", Needs: []string{"query:JGR_VENDOR: a long story"}},
		}},
		{Name: "s2p", Steps: []app.Step{step("xml")}, Fit: []app.Fit{{Flow: "requisitions", Needs: []string{"xml: a long story"}}}},
	})
	const want = "flow requisitions is not ready, because of erp query:JGR_REQ, erp query:JGR_VENDOR, s2p xml\n" +
		"flows suppliers-to-jaggaer, suppliers-to-peoplesoft are not ready, because of erp query:JGR_VENDOR\n"
	if talk.String() != want {
		t.Errorf("said\n%s\nwant\n%s", talk.String(), want)
	}
}

// TestWhatIsLeftIsFoundWhereItIsSaidToBe: what is in doubt is not in the list of what is held.
func TestWhatIsLeftIsFoundWhereItIsSaidToBe(t *testing.T) {
	t.Parallel()
	const list = ": ml-connector delivery list --state "
	for _, row := range []struct {
		held, doubt []int
		want        string
	}{
		{[]int{0, 0}, []int{0, 0}, ""},
		{[]int{0, 1}, []int{0, 0}, "1 record needs a person" + list + "held\n"},
		{[]int{2, 1}, []int{0, 1}, "3 records need a person" + list + "held\n1 record is in doubt" + list + "in_doubt\n"},
		{[]int{0, 0}, []int{1, 1}, "2 records are in doubt" + list + "in_doubt\n"},
	} {
		var talk bytes.Buffer
		var runs []app.Run
		for n := range row.held {
			runs = append(runs, app.Run{Held: row.held[n], InDoubt: row.doubt[n]})
		}
		(&program{talk: &talk}).sayLeft(runs)
		if talk.String() != row.want {
			t.Errorf("said %q, want %q", talk.String(), row.want)
		}
	}
}
