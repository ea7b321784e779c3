package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

// simulation is both Systems, simulated over one invented company, each on a port of this machine.
type simulation struct {
	company    *sample.Company
	erp, s2p   http.Handler
	erpAddress string
	s2pAddress string
	servers    []*http.Server
}

// startSimulation opens both ports; port 0 takes any.
func startSimulation(ctx context.Context, seed int64, erp, s2p string) (*simulation, error) {
	s := &simulation{company: sample.New(seed, sample.Default(), time.Now())}
	s.erp = peoplesoftsim.New(s.company, peoplesoftsim.Options{Life: peoplesoftsim.DemoLife()})
	s.s2p = jaggaersim.New(s.company, jaggaersim.Options{Seed: seed})
	for _, one := range []struct {
		handler http.Handler
		listen  string
		address *string
	}{{s.erp, erp, &s.erpAddress}, {s.s2p, s2p, &s.s2pAddress}} {
		l, err := listenLocally(ctx, one.listen)
		if err != nil {
			s.close()
			return nil, err
		}
		*one.address = l.Addr().String()
		server := &http.Server{Handler: one.handler, ReadHeaderTimeout: 10 * time.Second}
		s.servers = append(s.servers, server)
		go func() { _ = server.Serve(l) }() // ends with close
	}
	return s, nil
}

func (s *simulation) close() {
	for _, server := range s.servers {
		_ = server.Close() // nobody waits for an answer any more
	}
}

// secrets are what the simulators take; commands that apply a configuration for them get these as variables.
func (s *simulation) secrets() map[string]string {
	return map[string]string{
		"DEMO_ERP_PASSWORD": peoplesoftsim.DefaultUser().Password, "DEMO_S2P_SECRET": jaggaersim.DefaultClientSecret, "DEMO_S2P_SHARED": jaggaersim.DefaultSharedSecret,
	}
}

// config is a configuration file for both simulators, all Flows and the company's Crosswalks.
func (s *simulation) config(schedule string) ([]byte, error) {
	host, port, err := net.SplitHostPort(s.erpAddress)
	if err != nil {
		return nil, err
	}
	var units []string
	for _, d := range s.company.Divisions {
		units = append(units, d.BusinessUnit)
	}
	start := s.company.Now.AddDate(0, 0, -90).Format(time.DateOnly)
	flows := yaml.MapSlice{}
	for _, f := range []struct{ name, from, to string }{
		{"gl-accounts", "erp", "s2p"}, {"suppliers-to-peoplesoft", "s2p", "erp"}, {"suppliers-to-jaggaer", "erp", "s2p"},
		{"requisitions", "erp", "s2p"}, {"purchase-orders", "s2p", "erp"}, {"invoices", "s2p", "erp"},
	} {
		flows = append(flows, yaml.MapItem{Key: f.name, Value: yaml.MapSlice{
			{Key: "from", Value: f.from}, {Key: "to", Value: f.to}, {Key: "schedule", Value: schedule}, {Key: "start", Value: start}}})
	}
	crosswalks := yaml.MapSlice{}
	for _, name := range sortedKeys(s.company.Crosswalks) {
		crosswalks = append(crosswalks, yaml.MapItem{Key: name, Value: yaml.MapSlice{{Key: "file", Value: name + ".csv"}}})
	}
	pace := yaml.MapSlice{{Key: "lookup_settle", Value: "2s"}, {Key: "settle", Value: "0s"}, {Key: "concurrency", Value: 8}}
	return yaml.Marshal(yaml.MapSlice{
		{Key: "database", Value: "sqlite:ml-connector.db"},
		{Key: "key", Value: "file:master.key"},
		{Key: "connections", Value: yaml.MapSlice{
			{Key: "erp", Value: yaml.MapSlice{
				{Key: "system", Value: "peoplesoft"},
				{Key: "settings", Value: append(yaml.MapSlice{
					{Key: "host", Value: host}, {Key: "port", Value: yamlText(port)}, {Key: "tls", Value: false}, {Key: "node", Value: "PSFT_EP"}, {Key: "auth", Value: "basic"},
					{Key: "username", Value: peoplesoftsim.DefaultUser().ID}, {Key: "time_zone", Value: s.company.TimeZone},
					{Key: "setids", Value: []string{s.company.SetID}}, {Key: "business_units", Value: units}}, pace...)},
				{Key: "secrets", Value: yaml.MapSlice{{Key: "password", Value: "env:DEMO_ERP_PASSWORD"}}}}},
			{Key: "s2p", Value: yaml.MapSlice{
				{Key: "system", Value: "jaggaer"},
				{Key: "settings", Value: append(yaml.MapSlice{
					{Key: "url", Value: "http://" + s.s2pAddress}, {Key: "client_id", Value: jaggaersim.DefaultClientID},
					{Key: "xml_url", Value: "http://" + s.s2pAddress}, {Key: "identity", Value: jaggaersim.DefaultIdentity}}, pace...)},
				{Key: "secrets", Value: yaml.MapSlice{{Key: "client_secret", Value: "env:DEMO_S2P_SECRET"}, {Key: "shared_secret", Value: "env:DEMO_S2P_SHARED"}}}}},
		}},
		{Key: "flows", Value: flows},
		{Key: "crosswalks", Value: crosswalks},
	})
}

// write puts the configuration file and the Crosswalks into a folder, and gives the path of the file.
func (s *simulation) write(dir, schedule string) (string, error) {
	text, err := s.config(schedule)
	if err != nil {
		return "", err
	}
	files := map[string][]byte{"ml-connector.yaml": text}
	for name, rows := range s.company.Crosswalks {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		_ = w.Write([]string{"jaggaer", "peoplesoft", "note"}) // a Buffer takes everything
		for _, r := range rows {
			_ = w.Write([]string{r.Jaggaer, r.PeopleSoft, r.Note})
		}
		w.Flush()
		files[name+".csv"] = b.Bytes()
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "ml-connector.yaml"), nil
}

// faults arms what a file lists: {peoplesoft: [FAULT, …], jaggaer: [FAULT, …]}, each as the simulator's control endpoint
// takes it.
func (s *simulation) faults(path string) error {
	op := "read " + path
	text, err := os.ReadFile(path)
	if err != nil {
		return connector.Errorf(connector.Invalid, op, "it can't be read").Because(err)
	}
	var listed struct {
		PeopleSoft []map[string]any `yaml:"peoplesoft"`
		Jaggaer    []map[string]any `yaml:"jaggaer"`
	}
	if err := yaml.UnmarshalWithOptions(text, &listed, yaml.Strict()); err != nil {
		return connector.Errorf(connector.Invalid, op, "it is not a list of faults for peoplesoft and jaggaer").Because(errors.New(yaml.FormatError(err, false, false)))
	}
	for _, side := range []struct {
		name    string
		handler http.Handler
		faults  []map[string]any
	}{{"peoplesoft", s.erp, listed.PeopleSoft}, {"jaggaer", s.s2p, listed.Jaggaer}} {
		for i, f := range side.faults {
			if said := arm(side.handler, f); said != "" {
				return connector.Errorf(connector.Invalid, op, "fault %d of %s is refused: %s", i+1, side.name, said)
			}
		}
	}
	return nil
}

// arm asks a simulator's control endpoint, and says why it refused.
func arm(h http.Handler, fault map[string]any) (refusal string) {
	body, err := json.Marshal(fault)
	if err != nil {
		return err.Error()
	}
	r, err := http.NewRequest(http.MethodPost, "/__control/fault", bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	answer := &inMemory{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(answer, r)
	if answer.status >= http.StatusMultipleChoices {
		return fmt.Sprintf("%d %s", answer.status, bytes.TrimSpace(answer.body.Bytes()))
	}
	return ""
}

// inMemory takes an answer without a network.
type inMemory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *inMemory) Header() http.Header         { return a.header }
func (a *inMemory) WriteHeader(status int)      { a.status = status }
func (a *inMemory) Write(b []byte) (int, error) { return a.body.Write(b) }
