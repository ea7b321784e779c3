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
