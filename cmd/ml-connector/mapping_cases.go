package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
)

// endings of the files of a golden case.
const (
	caseIn  = ".in.json"
	caseOut = ".out.json"
)

func (p *program) mappingTest() *cobra.Command {
	var ends endFlags
	var folder string
	var update bool
	c := &cobra.Command{
		Use: "test FILE", Short: "Run the golden cases of a flow's rules",
		Long: "Run the golden cases of a flow's rules. They lie in testdata/NAME beside NAME.yaml: base.json, what all have in common; for each case\n" +
			"CASE.in.json, the document that is read and what is known around it; CASE.out.json, what comes out. Nothing is called, and no database is\n" +
			"needed. A case that differs is told field by field, and the command ends with 3.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			const op = "test a mapping"
			text, err := readText(args[0], op)
			if err != nil {
				return err
			}
			if folder == "" {
				name := strings.TrimSuffix(filepath.Base(args[0]), filepath.Ext(args[0]))
				folder = filepath.Join(filepath.Dir(args[0]), "testdata", name)
			}
			base, list, err := readCases(folder, op)
			if err != nil {
				return err
			}
			found, err := p.mappingEnds(c.Context(), ends)
			if err != nil {
				return err
			}
			done, err := p.appConfig().RunMapping(args[0], text, base, list, found)
			if err != nil {
				return err
			}
			if update {
				if err := updateCases(folder, done); err != nil {
					return err
				}
			}
			return p.printCases(folder, done, update)
		},
	}
	ends.add(c)
	c.Flags().StringVar(&folder, "cases", "", "the folder of the cases (else testdata/NAME beside the file)")
	c.Flags().BoolVar(&update, "update", false, "write what comes out to the cases; read the difference before you keep it")
	return c
}

// readCases reads the files of a folder of cases.
func readCases(folder, op string) (base []byte, list []app.MappingCase, err error) {
	entries, err := os.ReadDir(folder)
	var paths []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), caseIn) {
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	if err != nil || len(paths) == 0 {
		return nil, nil, connector.Errorf(connector.Invalid, op, "there is no case: no file %s", filepath.Join(folder, "*"+caseIn)).
			Advise("Write one: what it is about, the document that is read, and what is known around it.")
	}
	if path := filepath.Join(folder, "base.json"); exists(path) {
		if base, err = readText(path, op); err != nil {
			return nil, nil, err
		}
	}
	for _, path := range paths {
		one := app.MappingCase{Name: strings.TrimSuffix(filepath.Base(path), caseIn)}
		if one.In, err = readText(path, op); err != nil {
			return nil, nil, err
		}
		if out := strings.TrimSuffix(path, caseIn) + caseOut; exists(out) {
			if one.Out, err = readText(out, op); err != nil {
				return nil, nil, err
			}
		}
		list = append(list, one)
	}
	return base, list, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// updateCases writes what came where it differs from what was wanted.
func updateCases(folder string, done []app.MappingCaseDone) error {
	fail := func(d app.MappingCaseDone, err error) error {
		return connector.Errorf(connector.Invalid, "update a case", "%s can't be written", d.Case+caseOut).Because(err)
	}
	var root *os.Root // a link that leads out of the folder is not followed
	for _, d := range done {
		if d.OK || d.Came == nil {
			continue
		}
		var err error
		if root == nil {
			if root, err = os.OpenRoot(folder); err != nil {
				return fail(d, err)
			}
			defer root.Close()
		}
		if err := root.WriteFile(d.Case+caseOut, d.Came, 0o644); err != nil {
			return fail(d, err)
		}
	}
	return nil
}

func (p *program) printCases(folder string, done []app.MappingCaseDone, updated bool) error {
	failed, broken, written := 0, 0, 0
	for _, d := range done {
		switch {
		case d.OK:
		case updated && d.Came != nil:
			written++
		case len(d.Errors) > 0:
			broken++
		default:
			failed++
		}
	}
	if failed > 0 {
		p.status = app.WorstExit(p.status, connector.Rejected.ExitStatus())
	}
	if broken > 0 {
		p.status = app.WorstExit(p.status, connector.Invalid.ExitStatus())
	}
	switch p.format {
	case "json":
		return p.object(done)
	case "csv":
		return p.caseRows(done)
	}
	for _, d := range done {
		p.printCase(folder, d, updated)
	}
	text := fmt.Sprintf("%s: %d as wanted", plural(len(done), "case"), len(done)-failed-broken-written)
	for _, n := range []struct {
		n    int
		what string
	}{{failed, "otherwise"}, {broken, "can't be run"}, {written, "written"}} {
		if n.n > 0 {
			text += fmt.Sprintf(", %d %s", n.n, n.what)
		}
	}
	p.say("%s", text)
	return nil
}

func (p *program) printCase(folder string, d app.MappingCaseDone, updated bool) {
	if d.OK {
		return
	}
	word := "otherwise"
	if updated && d.Came != nil {
		word = "written"
	} else if len(d.Errors) > 0 {
		word = "can't be run"
	}
	p.print(clean(fmt.Sprintf("%s: %s", filepath.Join(folder, d.Case), word)))
	for _, e := range d.Errors {
		if d.Came == nil || !updated {
			p.print("  " + clean(e))
		}
	}
	for _, c := range d.Differences {
		p.print(clean(fmt.Sprintf("  %s: wanted %s, came %s", c.Field, shown(c.Old), shown(c.New))))
	}
}

func shown(text string) string {
	if text == "" {
		return "nothing"
	}
	return fmt.Sprintf("%q", text)
}

// caseRows prints a row for each difference and each error.
func (p *program) caseRows(done []app.MappingCaseDone) error {
	var rows [][]string
	for _, d := range done {
		for _, e := range d.Errors {
			rows = append(rows, []string{d.Case, "", "", "", e})
		}
		for _, c := range d.Differences {
			rows = append(rows, []string{d.Case, c.Field, c.Old, c.New, ""})
		}
	}
	return list(p, of(rows), []string{"case", "field", "wanted", "came", "error"}, func(r []string) []string { return r })
}
