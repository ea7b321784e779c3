package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// module is the project's module path, and with it the import path of the domain.
const module = "ml-connector"

// pkg is one package of the project as the go command lists it.
type pkg struct {
	path    string   // import path
	name    string   // of the package clause
	dir     string   // absolute
	imports []string // of the product code, not of tests
	files   []file   // product code and tests, build tags or not
}

// file is one parsed source file.
type file struct {
	name      string // relative to the project, with slashes
	test      bool
	generated bool
	lines     int
	fset      *token.FileSet
	ast       *ast.File
}

func (f file) line(at token.Pos) int { return f.fset.Position(at).Line }

var listing = sync.OnceValues(list)

// load returns the project's packages. The sources are read by this process and not only by the go command, so that
// the test cache knows when they change.
func load(t *testing.T) []pkg {
	t.Helper()
	packages, err := listing()
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

func list() ([]pkg, error) {
	root, err := filepath.Abs("..")
	if err != nil {
		return nil, err
	}
	command := exec.Command("go", "list", "-e", "-tags=browser", "-json=ImportPath,Name,Dir,Imports", "./...")
	command.Dir = root
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, errors.Join(err, errors.New(stderr.String()))
	}

	var packages []pkg
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var listed struct {
			ImportPath, Name, Dir string
			Imports               []string
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		files, err := parse(root, listed.Dir)
		if err != nil {
			return nil, err
		}
		packages = append(packages, pkg{path: listed.ImportPath, name: listed.Name, dir: listed.Dir, imports: listed.Imports, files: files})
	}
}

// parse reads every Go file of a folder.
func parse(root, dir string) ([]file, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []file
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return nil, err
		}
		files = append(files, file{
			name:      filepath.ToSlash(relative),
			test:      strings.HasSuffix(name, "_test.go"),
			generated: ast.IsGenerated(tree),
			lines:     bytes.Count(source, []byte("\n")),
			fset:      fset,
			ast:       tree,
		})
	}
	return files, nil
}

// source parses one file given as text, for tests of the rules themselves.
func source(t *testing.T, name, text string) file {
	t.Helper()
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file{name: name, test: strings.HasSuffix(name, "_test.go"), lines: strings.Count(text, "\n"), fset: fset, ast: tree}
}
