package peoplesoftsim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

// A test serves the handler, arms a fault where it wants one, and counts afterwards what exists.
func ExampleNew() {
	now := func() time.Time { return time.Date(2026, 3, 4, 16, 0, 0, 0, time.UTC) }
	sim := peoplesoftsim.New(sample.New(1, sample.Small(), now()), peoplesoftsim.Options{Now: now, Life: peoplesoftsim.DemoLife()})
	server := httptest.NewServer(sim)
	defer server.Close()

	if err := sim.Fault(peoplesoftsim.Fault{Kind: "status", Status: 503, Match: "status", Times: 1}); err != nil {
		fmt.Println(err)
	}
	for range 2 {
		r, err := http.Get(server.URL + "/PSIGW/PeopleSoftListeningConnector")
		if err != nil {
			fmt.Println(err)
			return
		}
		r.Body.Close()
		fmt.Println(r.Status)
	}
	fmt.Println(len(sim.Vendors()), "vendors,", len(sim.Orders()), "orders")
	// Output:
	// 503 Service Unavailable
	// 200 OK
	// 60 vendors, 0 orders
}
