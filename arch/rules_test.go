package arch

import (
	"strings"
	"testing"
)

// TestRulesCanBeBroken plants each fault once: a rule that can't fail holds nothing.
func TestRulesCanBeBroken(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\n", 600)
	for name, row := range map[string]struct {
		room, file, text string
		check            rule
		refused          bool
	}{
		"a file that is too long":                              {"store", "a.go", "package a" + long, size, true},
		"a test may be longer":                                 {"store", "a_test.go", "package a" + long, size, false},
		"a suite may be longer":                                {"connectortest", "a.go", "package a" + long, size, false},
		"a function that is too long":                          {"store", "a.go", "package a\nfunc f() {" + long + "}", functionSize, true},
		"an interface of five methods":                         {"store", "a.go", "package a\ntype I interface{ A(); B(); C(); D(); E() }", interfaceSize, true},
		"an interface of four methods":                         {"store", "a.go", "package a\ntype I interface{ A(); B(); C(); D() }", interfaceSize, false},
		"an init function":                                     {"store", "a.go", "package a\nfunc init() {}", noInit, true},
		"a method called init":                                 {"store", "a.go", "package a\ntype T int\nfunc (T) init() {}", noInit, false},
		"a vendor in a text":                                   {"engine", "a.go", "package a\nconst c = \"JAGGAER\"", noVendor, true},
		"a vendor in a name":                                   {"engine", "a.go", "package a\nvar fromPeopleSoft int", noVendor, true},
		"a vendor in a comment":                                {"engine", "a.go", "package a\n// c follows PEOPLESOFT.md §4.3\nconst c = 1", noVendor, false},
		"a vendor in its own room":                             {"jaggaer", "a.go", "package a\nconst c = \"JAGGAER\"", noVendor, false},
		"a vendor in a test":                                   {"engine", "a_test.go", "package a\nconst c = \"JAGGAER\"", noVendor, false},
		"the clock read in a mapping":                          {"mapping", "a.go", "package a\nimport \"time\"\nvar t = time.Now()", noClock, true},
		"the clock read under another name":                    {"mapping", "a.go", "package a\nimport clock \"time\"\nvar t = clock.Now()", noClock, true},
		"a duration in the domain":                             {"connector", "a.go", "package a\nimport \"time\"\nconst d = time.Second", noClock, false},
		"a goroutine in the domain":                            {"connector", "a.go", "package a\nfunc f() { go f() }", noClock, true},
		"the clock read in the engine":                         {"engine", "a.go", "package a\nimport \"time\"\nvar t = time.Now()", noClock, false},
		"a System with an HTTP client of its own":              {"jaggaer", "a.go", "package a\nimport \"net/http\"\nvar c http.Client", noCalls, true},
		"a System that names a method":                         {"jaggaer", "a.go", "package a\nimport \"net/http\"\nconst m = http.MethodPost", noCalls, false},
		"the wire with an HTTP client":                         {"wire", "a.go", "package a\nimport \"net/http\"\nvar c http.Client", noCalls, false},
		"a handler that calls out":                             {"api/server", "a.go", "package a\nimport \"net/http\"\nvar c http.Client", noCalls, true},
		"a sleep":                                              {"engine", "a.go", "package a\nimport \"time\"\nfunc f() { time.Sleep(1) }", noSleep, true},
		"a sleep that can be injected":                         {"engine", "a.go", "package a\nimport \"time\"\nvar sleep = time.Sleep", noSleep, false},
		"a sleep in a test":                                    {"engine", "a_test.go", "package a\nimport \"time\"\nfunc f() { time.Sleep(1) }", noSleep, true},
		"a sleep in virtual time":                              {"engine", "a_test.go", "package a\nimport (\"time\"; \"testing/synctest\")\nfunc f() { synctest.Wait(); time.Sleep(1) }", noSleep, false},
		"a skipped test":                                       {"engine", "a_test.go", "package a\nimport \"testing\"\nfunc TestA(t *testing.T) { t.Sk" + "ip() }", noSkip, true},
		"a method called Skip of something else":               {"engine", "a_test.go", "package a\nfunc f(app interface{ Skip() }) { app.Skip() }", noSkip, false},
		"an open end":                                          {"engine", "a.go", "package a\n// TO" + "DO: the rest\n", nothingLeftOpen, true},
		"an exported name without a comment":                   {"engine", "a.go", "package a\nfunc F() {}", exportsDocumented, true},
		"an exported type without a comment":                   {"engine", "a.go", "package a\ntype T int", exportsDocumented, true},
		"an exported method without a comment":                 {"engine", "a.go", "package a\n// T is one.\ntype T int\nfunc (*T) F() {}", exportsDocumented, true},
		"a method of a type that nobody sees":                  {"engine", "a.go", "package a\ntype t int\nfunc (*t) F() {}", exportsDocumented, false},
		"a method that everybody knows":                        {"engine", "a.go", "package a\n// T is one.\ntype T int\nfunc (T) String() string { return \"\" }", exportsDocumented, false},
		"a group of constants under one comment":               {"engine", "a.go", "package a\n// The states.\nconst (\nA = 1\nB = 2\n)", exportsDocumented, false},
		"constants in a group without one":                     {"engine", "a.go", "package a\nconst (\nA = 1\n)", exportsDocumented, true},
		"a program's names, which nobody else can make use of": {"cmd", "a.go", "package main\nfunc F() {}", exportsDocumented, false},
	} {
		got := row.check(row.room, source(t, row.file, row.text))
		if (len(got) > 0) != row.refused {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestPackageRulesCanBeBroken(t *testing.T) {
	t.Parallel()
	commented := source(t, "a.go", "// Package a is one.\npackage a")
	for name, row := range map[string]struct {
		p       pkg
		refused bool
	}{
		"a name that says what it is":        {pkg{name: "store", files: []file{commented}}, false},
		"a name that says nothing":           {pkg{name: "helpers", files: []file{commented}}, true},
		"no package comment":                 {pkg{name: "store", files: []file{source(t, "a.go", "package a")}}, true},
		"a folder of tests needs no comment": {pkg{name: "store", files: []file{source(t, "a_test.go", "package a")}}, false},
	} {
		if got := packageProblems(row.p); (len(got) > 0) != row.refused {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestDomainIsCounted(t *testing.T) {
	t.Parallel()
	p := pkg{files: []file{
		source(t, "a.go", "package a\ntype T struct{ F int }\nfunc (T) M() {}\nfunc (t) M() {}\nconst A, b, C = 1, 2, 3\nfunc f() {}\n"),
		source(t, "a_test.go", "package a\nfunc TestX() {}\n"),
	}}
	if lines, names := domainSize(p); lines != 6 || names != 4 {
		t.Errorf("counted %d lines and %d names; there are 6 and 4", lines, names)
	}
}
