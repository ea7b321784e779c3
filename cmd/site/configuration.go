package site

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/flows"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/peoplesoft/peoplesoftsim"
)

// Secret is one made-up credential of the simulators: its value, and where a configuration takes it from.
type Secret struct {
	Connection, Name string
	File             string // relative to the configuration
	Env              string
	Value            string
}

// Secrets are all that the configuration needs.
func Secrets() []Secret {
	return []Secret{
		{"erp", "password", "secrets/erp-password", "ERP_PASSWORD", peoplesoftsim.DefaultUser().Password},
		{"s2p", "client_secret", "secrets/s2p-client-secret", "S2P_SECRET", jaggaersim.DefaultClientSecret},
		{"s2p", "shared_secret", "secrets/s2p-shared-secret", "S2P_XML", jaggaersim.DefaultSharedSecret},
	}
}

// liveSchedules let the Flows follow a simulated company that does a day's business in a minute.
func liveSchedules() map[string]string {
	return map[string]string{
		"gl-accounts": "@every 60s", "suppliers-to-peoplesoft": "@every 5s", "suppliers-to-jaggaer": "@every 15s",
		"requisitions": "@every 5s", "purchase-orders": "@every 5s", "invoices": "@every 5s",
	}
}

// Configuration is the file that connects to the simulators as erp and s2p and runs all shipped Flows; secrets stand in files
// beside it or in the environment.
func (s *Site) Configuration(secretsInFiles bool) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	secrets := map[string][]string{}
	for _, x := range Secrets() {
		from := "env:" + x.Env
		if secretsInFiles {
			from = "file:" + x.File
		}
		secrets[x.Connection] = append(secrets[x.Connection], x.Name+": "+from)
	}
	var units []string
	for _, d := range s.Company.Divisions {
		units = append(units, d.BusinessUnit)
	}
	host, port := splitAddress(reach(s.ERP))
	line("# The simulators of %s, an invented company. Everything in here is made up.", s.Company.Name)
	line("database: sqlite:ml-connector.db")
	line("key: file:master.key")
	line("connections:")
	line("  erp:")
	line("    system: peoplesoft")
	line("    settings: {host: %s, port: %s, tls: false, node: PSFT_EP, auth: basic, username: %s, time_zone: %s,", host, port, peoplesoftsim.DefaultUser().ID, s.Company.TimeZone)
	line("               setids: [%s], business_units: [%s], overlap: 30s, settle: 2s, lookup_settle: 2s,", s.Company.SetID, strings.Join(units, ", "))
	line("               profile: {bu: {pc: %s}}}", s.Company.Projects[0].Unit)
	line("    secrets:  {%s}", strings.Join(secrets["erp"], ", "))
	line("  s2p:")
	line("    system: jaggaer")
	line("    settings: {url: %s, client_id: %s, xml_url: %s, identity: %s, profile: {operations: {payment.write: rest}}, overlap: 30s, settle: 2s, lookup_settle: 2s}", URL(s.S2P, ""), jaggaersim.DefaultClientID, URL(s.S2P, ""), jaggaersim.DefaultIdentity)
	line("    secrets:  {%s}", strings.Join(secrets["s2p"], ", "))
	line("flows:")
	start := s.Company.Now.AddDate(0, 0, -31).Format("2006-01-02") // in the zone of the Connection: its midnight may come hours after UTC's
	for _, f := range flows.Shipped() {
		from, to := "erp", "s2p"
		if f.Name == "suppliers-to-peoplesoft" || f.Name == "purchase-orders" || f.Name == "invoices" {
			from, to = to, from
		}
		more := ""
		if f.Name == "invoices" {
			more = `, track: "@every 5s", acknowledge: paid`
		}
		line("  %s: {from: %s, to: %s, schedule: %q, start: %s%s}", f.Name, from, to, liveSchedules()[f.Name], start, more)
	}
	line("crosswalks:")
	for _, name := range slices.Sorted(maps.Keys(s.Company.Crosswalks)) {
		line("  %s: {file: crosswalks/%s.csv}", name, name)
	}
	return b.String()
}

func splitAddress(address string) (host, port string) {
	at := strings.LastIndexByte(address, ':')
	return strings.Trim(address[:at], "[]"), address[at+1:]
}

// Write puts the configuration, its Crosswalks and its secrets into a folder and returns the path of the configuration.
// A file that is there already and says something else is never overwritten: an Error invalid.
func (s *Site) Write(dir string) (string, error) {
	files := map[string]string{"ml-connector.yaml": s.Configuration(true)}
	for _, x := range Secrets() {
		files[x.File] = x.Value + "\n"
	}
	for name := range s.Company.Crosswalks {
		var b strings.Builder
		if err := s.crosswalk(&b, name); err != nil {
			return "", fmt.Errorf("write the crosswalk %s: %w", name, err)
		}
		files["crosswalks/"+name+".csv"] = b.String()
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := writeNew(filepath.Join(dir, name), files[name]); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "ml-connector.yaml"), nil
}

// crosswalk writes one Crosswalk of the company in the form of configuration files.
func (s *Site) crosswalk(w io.Writer, name string) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"jaggaer", "peoplesoft", "note"}}
	for _, r := range s.Company.Crosswalks[name] {
		rows = append(rows, []string{r.Jaggaer, r.PeopleSoft, r.Note})
	}
	return out.WriteAll(rows)
}

// writeNew makes a file that only its owner can read.
func writeNew(path, text string) error {
	old, err := os.ReadFile(path)
	switch {
	case err == nil && string(old) == text:
		return nil
	case err == nil:
		return connector.Errorf(connector.Invalid, "write "+path, "it exists and says something else").Advise("Choose an empty folder.")
	case !errors.Is(err, fs.ErrNotExist):
		return connector.Errorf(connector.Invalid, "write "+path, "it is there and can't be read").Because(err).Advise("Choose an empty folder.")
	}
	if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		return connector.Errorf(connector.Invalid, "write "+path, "the folder can't be written to").Because(err).Advise("Choose another folder.")
	}
	return nil
}
