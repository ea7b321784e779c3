package arch

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// maxDirect is how many other projects the product may depend on directly.
const maxDirect = 25

var (
	direct   = regexp.MustCompile(`(?m)^(?:require )?\t?([a-z0-9.-]+\.[a-z]+/\S+) v\S+$`)
	replaced = regexp.MustCompile(`(?m)^replace |^\t\S+ .*=> `)
	link     = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)|(?:src|srcset|href)="([^"#]+)"`)
)

// TestDependenciesEarnTheirPlace holds docs/dependencies.md and go.mod together.
func TestDependenciesEarnTheirPlace(t *testing.T) {
	t.Parallel()
	mod, table := read(t, "../go.mod"), read(t, "../docs/dependencies.md")
	modules := directModules(mod)
	if n := projects(modules); n > maxDirect {
		t.Errorf("%d projects depended on directly, more than %d", n, maxDirect)
	}
	for _, module := range modules {
		if !strings.Contains(table, "`"+module+"`") {
			t.Errorf("%s stands in go.mod, and docs/dependencies.md doesn't say why", module)
		}
	}
	if replaced.MatchString(mod) {
		t.Error("go.mod replaces a module: what is built must be what its authors published")
	}
}

func directModules(mod string) (modules []string) {
	for _, found := range direct.FindAllStringSubmatch(mod, -1) {
		modules = append(modules, found[1])
	}
	return modules
}

// projects counts modules of one repository once.
func projects(modules []string) int {
	seen := map[string]bool{}
	for _, module := range modules {
		parts := strings.SplitN(module, "/", 4)
		seen[strings.Join(parts[:min(3, len(parts))], "/")] = true
	}
	return len(seen)
}

func TestDirectModulesAreRead(t *testing.T) {
	t.Parallel()
	mod := "module m\n\ngo 1.26\n\nrequire example.com/alone v1.0.0\n\nrequire (\n\texample.com/a/v2 v2.1.0\n\texample.com/b v0.1.0 // indirect\n)\n"
	if got := strings.Join(directModules(mod), " "); got != "example.com/alone example.com/a/v2" {
		t.Errorf("read %q", got)
	}
	if n := projects([]string{"example.com/a/b", "example.com/a/b/c", "example.com/a/d"}); n != 2 {
		t.Errorf("counted %d projects; there are 2", n)
	}
}

// TestLinksLead follows every relative link of the documentation.
func TestLinksLead(t *testing.T) {
	t.Parallel()
	tree := os.DirFS("..")
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (name == ".git" || path.Base(name) == "testdata" || path.Base(name) == "node_modules") {
			return fs.SkipDir
		}
		if path.Ext(name) != ".md" {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		for _, target := range links(string(text)) {
			if _, err := fs.Stat(tree, path.Join(path.Dir(name), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", name, target)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// links are the relative ones.
func links(text string) (targets []string) {
	for _, found := range link.FindAllStringSubmatch(text, -1) {
		target := found[1] + found[2]
		if !strings.Contains(target, "://") && !strings.HasPrefix(target, "mailto:") {
			targets = append(targets, target)
		}
	}
	return targets
}

func TestLinksAreRead(t *testing.T) {
	t.Parallel()
	text := `[a](docs/a.md) [b](docs/b.md#part) [c](https://example.com/c) [d](#here) <img src="docs/d.svg" alt="">`
	if got := strings.Join(links(text), " "); got != "docs/a.md docs/b.md docs/d.svg" {
		t.Errorf("read %q", got)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
