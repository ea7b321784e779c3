package site_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/cmd/site"
	"ml-connector/flows"
	"ml-connector/sample"
	"ml-connector/systems"
)

func open(t *testing.T, o site.Options) *site.Site {
	t.Helper()
	o.Company, o.Now = sample.New(1, sample.Small(), time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)), time.Now
	s, err := site.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func anyPort() site.Options { return site.Options{PeopleSoft: "127.0.0.1:0", Jaggaer: "127.0.0.1:0"} }

func TestWhatIsWrittenIsAConfiguration(t *testing.T) {
	t.Parallel()
	s, dir := open(t, anyPort()), t.TempDir()
	path, err := s.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := config.Read(path, config.Known{Systems: systems.All(), Flows: flows.Shipped(), Secrets: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Connections[0].InForce.Addresses; len(got) != 1 || got[0] != site.URL(s.ERP, "") {
		t.Errorf("erp is at %q, not at %s", got, site.URL(s.ERP, ""))
	}
	if len(f.Flows) != len(flows.Shipped()) || len(f.Crosswalks) != len(s.Company.Crosswalks) {
		t.Errorf("%d flows and %d crosswalks", len(f.Flows), len(f.Crosswalks))
	}
	info, err := os.Stat(filepath.Join(dir, site.Secrets()[0].File))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a secret's file has mode %v: %v", info.Mode(), err)
	}
}

// A Flow's start is a day where its source stands, and what the sample begins with changed 30 days ago, at any hour.
func TestFlowsStartBeforeTheSampleAtAnyHour(t *testing.T) {
	t.Parallel()
	for hour := range 24 {
		s, dir := open(t, anyPort()), t.TempDir()
		s.Company = sample.New(1, sample.Small(), time.Date(2026, 3, 1, hour, 30, 0, 0, time.UTC))
		path, err := s.Write(dir)
		if err != nil {
			t.Fatal(err)
		}
		f, err := config.Read(path, config.Known{Systems: systems.All(), Flows: flows.Shipped(), Secrets: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, flow := range f.Flows {
			if begin := s.Company.Now.AddDate(0, 0, -30); flow.Start.After(begin) {
				t.Errorf("at %d:30 UTC %s starts at %s, after %s", hour, flow.Name, flow.Start, begin)
			}
		}
		s.Close()
	}
}

func TestAFileThatSaysSomethingElseIsKept(t *testing.T) {
	t.Parallel()
	s, dir := open(t, anyPort()), t.TempDir()
	for range 2 { // the same again is no harm
		if _, err := s.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	mine := filepath.Join(dir, "ml-connector.yaml")
	if err := os.WriteFile(mine, []byte("listen: 127.0.0.1:9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(dir); connector.CodeOf(err) != connector.Invalid {
		t.Errorf("writing over it gave %v", err)
	}
	if text, _ := os.ReadFile(mine); !strings.HasPrefix(string(text), "listen") {
		t.Errorf("it was overwritten: %s", text)
	}
}

func TestAnAddressInUseIsToldAndNothingIsLeftListening(t *testing.T) {
	t.Parallel()
	s := open(t, anyPort())
	o := site.Options{Company: s.Company, Now: time.Now, PeopleSoft: "127.0.0.1:0", Jaggaer: s.S2P.String()}
	if _, err := site.Open(t.Context(), o); connector.CodeOf(err) != connector.Unavailable {
		t.Errorf("gave %v", err)
	}
}
