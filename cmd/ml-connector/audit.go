package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/store"
)

func (p *program) auditCommand() *cobra.Command {
	return group("audit", "The ledger: who or what did what to which record, when, why", p.auditList(), p.auditVerify(), p.auditExport())
}

func (p *program) auditList() *cobra.Command {
	var f store.EntryFilter
	c := &cobra.Command{Use: "list", Short: "List entries; a table, or --limit, shows the newest first", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.act(c.Context(), func(a verbs) error {
			f.Newest = p.format == "table" || p.limited
			return p.printEntries(func(fn func(connector.Entry) error) error { return a.EachEntry(c.Context(), f, fn) })
		})
	}}
	c.Flags().StringVar(&f.Subject, "subject", "", "only of this subject: CONNECTION:KIND:ID, flow:NAME, connection:NAME")
	c.Flags().Int64Var(&f.Delivery, "delivery", 0, "only of this delivery")
	c.Flags().Int64Var(&f.Run, "run", 0, "only of this run")
	c.Flags().StringVar(&f.Actor, "actor", "", "only by this actor")
	c.Flags().StringVar(&f.Action, "action", "", "only this action, such as delivery.held; delivery. means all of them")
	p.limitFlag(c)
	return c
}

// headHash is the form of an Entry's hash.
var headHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (p *program) auditVerify() *cobra.Command {
	var file, expect string
	c := &cobra.Command{
		Use:   "verify [--file FILE] [--expect HASH]",
		Short: "Hold the ledger, or an export of it, against its hashes",
		Long: "Hold the ledger, or an export of it, against its hashes. It finds an Entry that was changed, removed or put in between. That the\n" +
			"newest Entries were cut off, or that the whole ledger was written anew, shows only against a head hash that was kept elsewhere: note\n" +
			"the head hash that this command prints, and give it later with --expect.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			expect = strings.ToLower(strings.TrimSpace(expect))
			if c.Flags().Changed("expect") && !headHash.MatchString(expect) {
				return connector.Errorf(connector.Invalid, "read the command line", "--expect is not a hash of the ledger").
					Advise("It has 64 digits and letters a–f; `ml-connector audit verify` prints it as head hash.")
			}
			if file == "" {
				return p.act(c.Context(), func(a verbs) error {
					v, err := a.VerifyLedger(c.Context(), expect)
					return p.printVerification(v, err)
				})
			}
			f, err := os.Open(file)
			if err != nil {
				return connector.Errorf(connector.Invalid, "read the export", "%s can't be read", file).Because(err)
			}
			defer f.Close()
			v, err := verifyFile(f, expect)
			return p.printVerification(v, err)
		},
	}
	c.Flags().StringVar(&file, "file", "", "an export, or the evidence of a record; needs no database")
	c.Flags().StringVar(&expect, "expect", "", "a head hash that was noted earlier, elsewhere: an entry must carry it")
	return c
}

// verifyFile verifies an export, or a pack of evidence, which is a zip.
func verifyFile(f *os.File, expect string) (app.Verification, error) {
	head := make([]byte, 4)
	if n, _ := f.ReadAt(head, 0); n < len(head) || string(head) != "PK\x03\x04" {
		return app.VerifyExport(f, expect)
	}
	info, err := f.Stat()
	if err != nil {
		return app.Verification{}, connector.Errorf(connector.Invalid, "read the evidence", "%s can't be read", f.Name()).Because(err)
	}
	return app.VerifyEvidence(f, info.Size(), expect)
}

func (p *program) printVerification(v app.Verification, err error) error {
	if err != nil {
		return err
	}
	if !v.OK {
		p.status = connector.Rejected.ExitStatus()
	}
	if p.format == "json" {
		return p.object(v)
	}
	broken := ""
	if v.BrokenAt != nil {
		broken = fmt.Sprintf("entry %d: %s", *v.BrokenAt, v.Reason)
	}
	return p.facts("ok", fmt.Sprint(v.OK), "entries", fmt.Sprint(v.Entries), "first", fmt.Sprint(v.First), "last", fmt.Sprint(v.Last), "head hash", v.HeadHash, "broken at", broken)
}

func (p *program) auditExport() *cobra.Command {
	return &cobra.Command{Use: "export", Short: "Write all entries to stdout, one JSON object a line, for `audit verify --file`", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.act(c.Context(), func(a verbs) error { return a.ExportLedger(c.Context(), p.out, p.actor()) })
		}}
}
