package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Limits that keep the rooms liveable.
const (
	maxFile          = 500 // lines of a file of product code
	maxTestFile      = 800 // lines of a test file or of a suite
	maxFunction      = 80  // lines of a function of product code
	maxMethods       = 4   // of an interface
	maxDomainLines   = 1500
	maxDomainExports = 200
)

// suites are rooms whose product code is tests, and may be as long as tests.
var suites = []string{"connectortest"}

// vendors may be named in code only where vendorRooms says; comments may name the document that a fact comes from.
var (
	vendors     = regexp.MustCompile(`(?i)peoplesoft|jaggaer`)
	vendorRooms = []string{"peoplesoft", "peoplesoft/peoplesoftsim", "jaggaer", "jaggaer/jaggaersim", "systems", "sample", "connectortest", "cmd", "flows", "invariant/sides", "simulation"}
)

// pure are the rooms that read no clock and start no goroutine.
var pure = []string{"connector", "mapping", "people", "sample"}

// callers are the rooms that may make HTTP requests: wire towards Systems, api towards a running server.
var callers = []string{"wire", "api"}

// nameless are package names that say nothing of what is in them.
var nameless = []string{"util", "utils", "common", "helper", "helpers", "manager", "managers", "model", "models", "misc", "base", "shared", "types", "internal", "pkg"}

// clock and dialling are functions and types of the standard library that rooms must get from outside.
var (
	clock = map[string][]string{"time": {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}}
	dials = map[string][]string{
		"net/http":   {"Client", "DefaultClient", "Transport", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
		"net":        {"Dial", "DialTimeout", "DialTCP", "DialUDP", "Dialer"},
		"crypto/tls": {"Dial", "DialWithDialer", "Dialer"},
	}
	sleep = map[string][]string{"time": {"Sleep"}}
)

// rule looks at one file of a room and says what is wrong with it.
type rule func(room string, f file) []string

// sourceRules are all rules that can be judged from one file.
var sourceRules = []rule{size, functionSize, interfaceSize, noInit, exportsDocumented, noVendor, noClock, noCalls, noSleep, noSkip, nothingLeftOpen}

func TestSourcesKeepTheRules(t *testing.T) {
	t.Parallel()
	for _, p := range load(t) {
		for _, f := range p.files {
			if f.generated {
				continue
			}
			for _, check := range sourceRules {
				for _, problem := range check(roomOf(p.path), f) {
					t.Error(problem)
				}
			}
		}
	}
}

func size(room string, f file) []string {
	limit := maxFile
	if f.test || slices.Contains(suites, room) {
		limit = maxTestFile
	}
	if f.lines <= limit {
		return nil
	}
	return []string{fmt.Sprintf("%s has %d lines, more than %d: split it by subject", f.name, f.lines, limit)}
}

func functionSize(room string, f file) (problems []string) {
	if f.test || slices.Contains(suites, room) {
		return nil
	}
	for _, decl := range f.ast.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok {
			if lines := f.line(fn.End()) - f.line(fn.Pos()) + 1; lines > maxFunction {
				problems = append(problems, fmt.Sprintf("%s:%d: %s has %d lines, more than %d", f.name, f.line(fn.Pos()), fn.Name.Name, lines, maxFunction))
			}
		}
	}
	return problems
}

func interfaceSize(_ string, f file) (problems []string) {
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if face, ok := spec.Type.(*ast.InterfaceType); ok && face.Methods.NumFields() > maxMethods {
				problems = append(problems, fmt.Sprintf("%s:%d: interface %s has %d methods, more than %d", f.name, f.line(spec.Pos()), spec.Name.Name, face.Methods.NumFields(), maxMethods))
			}
		}
		return true
	})
	return problems
}

func noInit(_ string, f file) (problems []string) {
	for _, decl := range f.ast.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			problems = append(problems, fmt.Sprintf("%s:%d: init(): what a package needs it is given", f.name, f.line(fn.Pos())))
		}
	}
	return problems
}

// noVendor looks at names and at text literals; import paths are the arrows' business.
func noVendor(room string, f file) (problems []string) {
	if f.test || slices.Contains(vendorRooms, room) {
		return nil
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		var text string
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Ident:
			text = n.Name
		case *ast.BasicLit:
			text = n.Value
		}
		if name := vendors.FindString(text); name != "" {
			problems = append(problems, fmt.Sprintf("%s:%d: %q: only a System's own folder knows its name", f.name, f.line(n.Pos()), name))
		}
		return true
	})
	return problems
}

func noClock(room string, f file) []string {
	if f.test || !slices.Contains(pure, room) {
		return nil
	}
	problems := uses(f, clock, "time is given to this room as a value")
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if n, ok := n.(*ast.GoStmt); ok {
			problems = append(problems, fmt.Sprintf("%s:%d: this room starts no goroutines", f.name, f.line(n.Pos())))
		}
		return true
	})
	return problems
}

func noCalls(room string, f file) []string {
	if f.test || slices.Contains(callers, room) {
		return nil
	}
	return uses(f, dials, "only wire and api make requests")
}

// noSleep lets virtual time pass: under testing/synctest a sleep takes none. Naming the function as the default of what
// can be injected is no sleep either.
func noSleep(_ string, f file) []string {
	if f.test && imports(f, "testing/synctest") {
		return nil
	}
	return calls(f, sleep, "wait for what you need, with a context; in tests, inject the clock")
}

var skips = []string{"Skip", "SkipNow", "Skipf"}

func noSkip(_ string, f file) (problems []string) {
	if !f.test {
		return nil
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(skips, s.Sel.Name) {
			if x, ok := s.X.(*ast.Ident); ok && slices.Contains([]string{"t", "b", "f", "tb"}, x.Name) {
				problems = append(problems, fmt.Sprintf("%s:%d: %s.%s: every test runs; what it needs is in `./do setup`, or under a build tag", f.name, f.line(s.Pos()), x.Name, s.Sel.Name))
			}
		}
		return true
	})
	return problems
}

var openEnds = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)

func nothingLeftOpen(_ string, f file) (problems []string) {
	for _, group := range f.ast.Comments {
		for _, comment := range group.List {
			if word := openEnds.FindString(comment.Text); word != "" {
				problems = append(problems, fmt.Sprintf("%s:%d: %s: finish it, or say in docs/ what is missing", f.name, f.line(comment.Pos()), word))
			}
		}
	}
	return problems
}

// uses lists the uses of names of packages in a file, as values or in calls.
func uses(f file, names map[string][]string, why string) (problems []string) {
	local := localNames(f, names)
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if name, ok := qualified(n, local); ok {
			problems = append(problems, fmt.Sprintf("%s:%d: %s: %s", f.name, f.line(n.Pos()), name, why))
		}
		return true
	})
	return problems
}

// calls lists the calls of functions of packages in a file.
func calls(f file, names map[string][]string, why string) (problems []string) {
	local := localNames(f, names)
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if name, ok := qualified(call.Fun, local); ok {
				problems = append(problems, fmt.Sprintf("%s:%d: %s: %s", f.name, f.line(n.Pos()), name, why))
			}
		}
		return true
	})
	return problems
}

// qualified tells a selector of one of the names.
func qualified(n ast.Node, local map[string][]string) (string, bool) {
	s, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	x, ok := s.X.(*ast.Ident)
	if !ok || !slices.Contains(local[x.Name], s.Sel.Name) {
		return "", false
	}
	return x.Name + "." + s.Sel.Name, true
}

// localNames maps the wanted names from import paths to what the file calls those packages.
func localNames(f file, names map[string][]string) map[string][]string {
	local := map[string][]string{}
	for _, spec := range f.ast.Imports {
		importPath := strings.Trim(spec.Path.Value, `"`)
		if wanted, ok := names[importPath]; ok {
			name := importPath[strings.LastIndex(importPath, "/")+1:]
			if spec.Name != nil {
				name = spec.Name.Name
			}
			local[name] = wanted
		}
	}
	return local
}

func imports(f file, importPath string) bool {
	return slices.ContainsFunc(f.ast.Imports, func(s *ast.ImportSpec) bool { return strings.Trim(s.Path.Value, `"`) == importPath })
}

// obvious are methods whose meaning the standard library gives.
var obvious = []string{"Error", "Unwrap", "Is", "As", "String", "GoString", "Format", "LogValue", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText",
	"MarshalYAML", "UnmarshalYAML", "ServeHTTP", "Len", "Less", "Swap", "Scan", "Value"}

func exportsDocumented(_ string, f file) (problems []string) {
	if f.test || f.ast.Name.Name == "main" {
		return nil
	}
	missing := func(at token.Pos, name string) {
		problems = append(problems, fmt.Sprintf("%s:%d: %s has no comment", f.name, f.line(at), name))
	}
	for _, decl := range f.ast.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if exportedFunc(decl) && decl.Doc == nil && (decl.Recv == nil || !slices.Contains(obvious, decl.Name.Name)) {
				missing(decl.Pos(), decl.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Name.IsExported() && decl.Doc == nil && spec.Doc == nil && spec.Comment == nil {
						missing(spec.Pos(), spec.Name.Name)
					}
				case *ast.ValueSpec: // one comment may speak for a group
					if slices.ContainsFunc(spec.Names, (*ast.Ident).IsExported) && decl.Doc == nil && spec.Doc == nil && spec.Comment == nil {
						missing(spec.Pos(), spec.Names[0].Name)
					}
				}
			}
		}
	}
	return problems
}

// exportedFunc tells an exported function, or an exported method of an exported type.
func exportedFunc(fn *ast.FuncDecl) bool {
	if !fn.Name.IsExported() {
		return false
	}
	if fn.Recv == nil {
		return true
	}
	on := fn.Recv.List[0].Type
	for {
		switch t := on.(type) {
		case *ast.StarExpr:
			on = t.X
		case *ast.IndexExpr:
			on = t.X
		case *ast.IndexListExpr:
			on = t.X
		case *ast.Ident:
			return t.IsExported()
		default:
			return false
		}
	}
}
