package arch

import (
	"fmt"
	"go/ast"
	"slices"
	"testing"
)

func TestPackagesKeepTheRules(t *testing.T) {
	t.Parallel()
	for _, p := range load(t) {
		for _, problem := range packageProblems(p) {
			t.Error(problem)
		}
	}
}

func packageProblems(p pkg) (problems []string) {
	if slices.Contains(nameless, p.name) {
		problems = append(problems, fmt.Sprintf("%s: the name %q doesn't say what is in it", p.path, p.name))
	}
	product := slices.ContainsFunc(p.files, func(f file) bool { return !f.test })
	commented := slices.ContainsFunc(p.files, func(f file) bool { return !f.test && f.ast.Doc != nil })
	if product && !commented {
		problems = append(problems, fmt.Sprintf("%s has no package comment: what it does, what it must never do, how it is proved", p.path))
	}
	return problems
}

func TestDomainStaysSmall(t *testing.T) {
	t.Parallel()
	for _, p := range load(t) {
		if p.path != module {
			continue
		}
		lines, names := domainSize(p)
		if lines >= maxDomainLines {
			t.Errorf("the domain has %d lines; below %d is what one person reads in an hour", lines, maxDomainLines)
		}
		if names >= maxDomainExports {
			t.Errorf("the domain exports %d names; below %d", names, maxDomainExports)
		}
		return
	}
	t.Error("the domain is not listed")
}

// domainSize counts the lines of product code, and its exported functions, methods on exported types, types, variables
// and constants.
func domainSize(p pkg) (lines, names int) {
	for _, f := range p.files {
		if f.test {
			continue
		}
		lines += f.lines
		for _, decl := range f.ast.Decls {
			names += exports(decl)
		}
	}
	return lines, names
}

func exports(decl ast.Decl) (n int) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if exportedFunc(decl) {
			n++
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() {
					n++
				}
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					if name.IsExported() {
						n++
					}
				}
			}
		}
	}
	return n
}
