package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/cmd/site"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

// sandboxFlags are what `sandbox` is given.
type sandboxFlags struct {
	seed                int64
	peoplesoft, jaggaer string
	faults, write       string
}

func (p *program) sandboxCommand() *cobra.Command {
	var f sandboxFlags
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "just the two simulators, on fixed ports, until Ctrl-C",
		Long: `Serves a simulated PeopleSoft and a simulated JAGGAER with an invented company in them, to try configurations, mappings and
faults against. The configuration that connects to them goes to standard output, or with --write, with its crosswalks and
secrets, into a folder. Nothing that is entered outlives the program. With another --seed than 1, JAGGAER has oddities that sites have:
pages of odd sizes, codes as texts, tokens that end early, lists that lag, answers without ids; it says which.

FILE of --faults arms faults from the start:

    peoplesoft:
      - {kind: reset, match: ci.JGR_PO_CI.create, after: true, times: 2}
    jaggaer:
      - {kind: delay, operation: requisition.create, delay_ms: 3000, times: -1}`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return runSandbox(c.Context(), f, p.out, p.talk)
		},
	}
	flags := c.Flags()
	flags.Int64Var(&f.seed, "seed", defaultSeed, "another number makes another company, and a JAGGAER with the oddities of another site")
	flags.StringVar(&f.peoplesoft, "peoplesoft", "127.0.0.1:18001", "address of the simulated PeopleSoft")
	flags.StringVar(&f.jaggaer, "jaggaer", "127.0.0.1:18002", "address of the simulated JAGGAER")
	flags.StringVar(&f.faults, "faults", "", "YAML file with faults that are armed from the start")
	flags.StringVar(&f.write, "write", "", "folder to write the configuration, its crosswalks and secrets to")
	return c
}

// runSandbox serves until the context ends, which is its good end.
func runSandbox(ctx context.Context, f sandboxFlags, stdout, stderr io.Writer) error {
	faults, err := readFaults(f.faults)
	if err != nil {
		return err
	}
	s, err := site.Open(ctx, site.Options{
		Company: sample.New(f.seed, sample.Default(), time.Now()), Now: time.Now, Seed: f.seed,
		Switches: traps(f.seed), PeopleSoft: f.peoplesoft, Jaggaer: f.jaggaer, Life: peoplesoftsim.DemoLife(), Pace: 10 * time.Second,
	})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := faults.arm(s, f.faults); err != nil {
		return err
	}
	if f.write != "" {
		path, err := s.Write(f.write)
		if err != nil {
			return err
		}
		fmt.Fprintf(stderr, "Configuration: %s\n  ml-connector apply -f %s && ml-connector --config %s sync\n", path, path, path)
	} else {
		fmt.Fprint(stdout, s.Configuration(false))
	}
	introduce(s, stderr)
	fmt.Fprintln(stderr, "\nCtrl-C ends it.")
	select {
	case err := <-s.Failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// traps are the oddities of a seed; the one that is not asked for has none.
func traps(seed int64) jaggaersim.Switches {
	if seed == defaultSeed {
		return jaggaersim.Switches{}
	}
	return jaggaersim.Traps(seed)
}

const defaultSeed = 1

// introduce says where the simulators are, who may sign on, and how to change something on either side.
func introduce(s *site.Site, w io.Writer) {
	user := peoplesoftsim.DefaultUser()
	fmt.Fprintf(w, "\nSimulated PeopleSoft  %s   user %s, password %s\n", site.URL(s.ERP, ""), user.ID, user.Password)
	fmt.Fprintf(w, "Simulated JAGGAER     %s   client %s, secret %s\n", site.URL(s.S2P, ""), jaggaersim.DefaultClientID, jaggaersim.DefaultClientSecret)
	fmt.Fprintf(w, "                                               XML identity %s, shared secret %s\n", jaggaersim.DefaultIdentity, jaggaersim.DefaultSharedSecret)
	if odd := s.Jaggaer.Switches().Names(); len(odd) > 0 {
		fmt.Fprintf(w, "Its oddities (POST to %s changes them): %s\n", site.URL(s.S2P, "/__control/switches"), strings.Join(odd, ", "))
	}
	for _, x := range site.Secrets() {
		fmt.Fprintf(w, "  export %s='%s'\n", x.Env, x.Value)
	}
	for _, at := range []*net.TCPAddr{s.ERP, s.S2P} {
		if !at.IP.IsLoopback() {
			fmt.Fprintf(w, "Warning: %s can be reached from outside this machine, and its control endpoint asks for no password.\n", at)
		}
	}
	fmt.Fprintln(w, "\nChange something, and see it arrive on the other side:")
	for _, e := range edits(s) {
		fmt.Fprintf(w, "  # %s\n  curl -s -d '%s' %s\n", e.what, e.body, e.url)
	}
	fmt.Fprintf(w, "  # what each has\n  curl -s %s\n  curl -s %s\n", site.URL(s.ERP, "/__control/state"), site.URL(s.S2P, "/__control/state"))
}

// edit is one call of a control endpoint that a Flow brings to the other side.
type edit struct{ what, url, body string }

// edits are examples with records that the company has.
func edits(s *site.Site) []edit {
	c := s.Company
	vendor := c.Suppliers[slices.IndexFunc(c.Suppliers, func(v sample.Supplier) bool {
		return v.Note == "" && v.Persistence == "R" && v.InJaggaer && !strings.ContainsAny(v.Name1, `'"\`) // neither a shell nor JSON minds
	})]
	pending := c.Registrations[slices.IndexFunc(c.Registrations, func(r sample.Registration) bool { return r.Status == "Pending Approval" })]
	waiting := c.Requisitions[slices.IndexFunc(c.Requisitions, func(r sample.Requisition) bool { return r.Hold })]
	order := c.Orders[slices.IndexFunc(c.Orders, func(o sample.Order) bool { return o.Note == "" })]
	return []edit{
		{"PeopleSoft: a vendor gets another name (suppliers-to-jaggaer)", site.URL(s.ERP, "/__control/vendor"),
			fmt.Sprintf(`{"id":"%s","fields":{"NAME1":"%s Group"}}`, vendor.VendorID, vendor.Name1)},
		{"PeopleSoft: a requisition comes off hold (requisitions, then purchase-orders and invoices)", site.URL(s.ERP, "/__control/requisition"),
			fmt.Sprintf(`{"bu":"%s","id":"%s","fields":{"HOLD_STATUS":"N"}}`, waiting.BusinessUnit, waiting.ID)},
		{"PeopleSoft: an account is new (gl-accounts)", site.URL(s.ERP, "/__control/account"),
			`{"value":"699999","effstatus":"A","description":"Field stations"}`},
		{"JAGGAER: a registration is approved (suppliers-to-peoplesoft)", site.URL(s.S2P, "/__control/approve"),
			fmt.Sprintf(`{"entity":"supplier","key":"%s"}`, pending.Name)},
		{"JAGGAER: an order is cancelled after it was delivered (purchase-orders: held, for a person to decide)", site.URL(s.S2P, "/__control/cancel"),
			fmt.Sprintf(`{"entity":"po","key":"%s"}`, order.Number)},
	}
}

// faultsFile is the file of --faults.
type faultsFile struct {
	PeopleSoft []peoplesoftsim.Fault `yaml:"peoplesoft"`
	Jaggaer    []jaggaersim.Fault    `yaml:"jaggaer"`
}

func readFaults(path string) (faultsFile, error) {
	var f faultsFile
	if path == "" {
		return f, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return f, connector.Errorf(connector.Invalid, "read the faults of "+path, "the file can't be read").Because(err)
	}
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
		return f, connector.Errorf(connector.Invalid, "read the faults of "+path, "%s", yaml.FormatError(err, false, true)).
			Advise("`ml-connector sandbox --help` shows the form.")
	}
	return f, nil
}

// arm arms the faults of a file; a kind or pattern that the simulator does not know is an Error invalid.
func (f faultsFile) arm(s *site.Site, path string) error {
	for _, fault := range f.PeopleSoft {
		if err := s.PeopleSoft.Fault(fault); err != nil {
			return connector.Errorf(connector.Invalid, "arm the faults of "+path, "peoplesoft: %s", err)
		}
	}
	for _, fault := range f.Jaggaer {
		if err := s.Jaggaer.Fault(fault); err != nil {
			return connector.Errorf(connector.Invalid, "arm the faults of "+path, "jaggaer: %s (kinds: %v)", err, jaggaersim.FaultKinds())
		}
	}
	return nil
}
