package arch

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// rooms says, for each room (a folder, with those below it), which rooms its product code may import: the arrows of
// docs/architecture.md. A room imports itself freely. A folder that stands in the table by itself has rules of its own.
// "connector" is the root package.
var rooms = map[string][]string{
	"connector": {"alike", "canonical"},
	"canonical": {},
	"alike":     {},

	"pace":    {"connector"},
	"mapping": {"alike", "connector"},
	"vault":   {"connector"},
	"people":  {"connector"},
	"wire":    {"connector"},
	"signon":  {"people", "wire", "connector"},
	"alert":   {"wire", "connector"},
	"store":   {"alike", "money", "people", "connector"},
	"money":   {"connector"},
	"spill":   {"connector"},
	"engine":  {"alike", "store", "mapping", "pace", "money", "spill", "connector"},

	"oauth":                    {"connector"},
	"peoplesoft":               {"alike", "oauth", "pace", "connector"},
	"jaggaer":                  {"alike", "canonical", "oauth", "pace", "connector"},
	"systems":                  {"peoplesoft", "jaggaer", "connector"},
	"signon/signontest":        {},
	"peoplesoft/peoplesoftsim": {"sample"},
	"jaggaer/jaggaersim":       {"sample"},
	"sample":                   {},
	"connectortest":            {"connector", "wire", "sample", "peoplesoft/peoplesoftsim", "jaggaer/jaggaersim"},

	"invariant":       {"store", "connector"},
	"invariant/sides": {"invariant", "connector", "sample", "peoplesoft/peoplesoftsim", "jaggaer/jaggaersim"},

	"flows":      {"mapping", "connector"},
	"app":        {"app/config", "alert", "people", "signon", "engine", "store", "vault", "wire", "systems", "flows", "mapping", "money", "connector", "invariant"},
	"app/config": {"alert", "people", "systems", "flows", "mapping", "connector"},
	"api":        {"connector"},
	"gate":       {"app", "app/config", "people", "connector"},
	"api/server": {"api", "app", "app/config", "gate", "people", "connector"},
	"web":        {"app", "app/config", "gate", "people", "signon", "api", "money", "connector"},

	// Commands wire the rooms together, so they may import all but a System's client.
	"cmd": {"money", "people", "gate", "app", "app/config", "api", "api/server", "web", "engine", "store", "vault", "wire", "systems", "flows", "mapping", "connector",
		"invariant", "invariant/sides", "sample", "peoplesoft/peoplesoftsim", "jaggaer/jaggaersim", "simulation"},

	// What runs everything against the simulators in virtual time; nothing of the product may know it.
	"simulation": {"app", "app/config", "engine", "store", "systems", "flows", "pace", "connector", "sample", "invariant", "invariant/sides", "peoplesoft/peoplesoftsim", "jaggaer/jaggaersim"},

	// Tests only.
	"arch": {},
	"e2e":  {},
}

// keepers says which rooms alone may import a package from outside the project (or one below it).
var keepers = map[string][]string{
	"database/sql":                    {"store", "engine"}, // engine: River's *sql.Tx
	"github.com/jackc/pgx":            {"store", "engine"}, // engine: River's listener
	"modernc.org/sqlite":              {"store"},
	"github.com/riverqueue/river":     {"engine", "store"}, // store: its migrations
	"github.com/klauspost/compress":   {"store"},
	"github.com/tink-crypto/tink-go":  {"vault"},
	"golang.org/x/crypto":             {"people"},
	"github.com/coreos/go-oidc":       {"signon"},
	"golang.org/x/oauth2":             {"signon"},
	"github.com/expr-lang/expr":       {"mapping"},
	"github.com/wneessen/go-mail":     {"alert"},
	"github.com/danielgtaylor/huma":   {"api/server"},
	"github.com/a-h/templ":            {"web"},
	"github.com/spf13/cobra":          {"cmd"},
	"github.com/jedib0t/go-pretty":    {"cmd"},
	"github.com/schollz/progressbar":  {"cmd"},
	"pgregory.net/rapid":              suites,
	"go.uber.org/goleak":              suites,
	"github.com/rogpeppe/go-internal": suites,
	"github.com/chromedp/chromedp":    suites,
	"testing":                         suites,
}

// impure are the packages of the standard library that the domain may not import: whatever reads, writes or waits.
var impure = []string{"os", "io/ioutil", "net", "net/http", "net/rpc", "net/smtp", "crypto/tls", "database/sql", "syscall", "log", "log/slog", "embed", "plugin"}

func TestArrowsBetweenRooms(t *testing.T) {
	t.Parallel()
	for _, p := range load(t) {
		for _, problem := range arrows(p) {
			t.Error(problem)
		}
	}
}

// arrows returns what is wrong with a package's imports.
func arrows(p pkg) []string {
	room := roomOf(p.path)
	allowed, known := rooms[room]
	if !known {
		return []string{fmt.Sprintf("%s: no room of that name; a new room gets a line in rooms and in docs/architecture.md", p.path)}
	}
	var problems []string
	for _, imported := range p.imports {
		inside, ours := strings.CutPrefix(imported, module)
		switch {
		case ours && (inside == "" || inside[0] == '/'):
			if to := roomOf(imported); to != room && !slices.Contains(allowed, to) {
				problems = append(problems, fmt.Sprintf("%s imports %s: no arrow leads from %s to %s", p.path, imported, room, to))
			}
		case room == "connector" && !standard(imported):
			problems = append(problems, fmt.Sprintf("%s imports %s: the domain knows only the standard library", p.path, imported))
		case room == "api" && !standard(imported):
			problems = append(problems, fmt.Sprintf("%s imports %s: the Go client knows only the standard library", p.path, imported))
		case room == "connector" && within(imported, impure...):
			problems = append(problems, fmt.Sprintf("%s imports %s: the domain does no I/O", p.path, imported))
		}
		for kept, by := range keepers {
			if within(imported, kept) && !slices.Contains(by, room) {
				problems = append(problems, fmt.Sprintf("%s imports %s: only %s may", p.path, imported, strings.Join(by, ", ")))
			}
		}
	}
	return problems
}

// roomOf is the longest folder in the table that holds the package, or its first folder.
func roomOf(importPath string) string {
	folder := strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/")
	if folder == "" {
		return "connector"
	}
	for at := folder; at != "."; at = path.Dir(at) {
		if _, ok := rooms[at]; ok {
			return at
		}
	}
	first, _, _ := strings.Cut(folder, "/")
	return first
}

// standard tells the standard library by its first element, which has no dot.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// within tells whether a path is one of the roots or lies below one. net/url is not below net here: the roots that
// mean a whole tree are the ones with a dot, and os and database/sql.
func within(importPath string, roots ...string) bool {
	for _, root := range roots {
		tree := !standard(root) || root == "os" || root == "database/sql"
		if importPath == root || tree && strings.HasPrefix(importPath, root+"/") {
			return true
		}
	}
	return false
}

func TestArrowsCanBeBroken(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		from, to string
		refused  bool
	}{
		"the engine may use the store":                        {"engine", "ml-connector/store", false},
		"the store may not use the engine":                    {"store", "ml-connector/engine", true},
		"the domain may parse addresses":                      {"", "net/url", false},
		"the domain may not open connections":                 {"", "net", true},
		"the domain may not read files":                       {"", "os/exec", true},
		"the domain may not use a module":                     {"", "github.com/cockroachdb/apd/v3", true},
		"the domain may not use a room":                       {"", "ml-connector/mapping", true},
		"a mapping may use a module":                          {"mapping", "github.com/expr-lang/expr", false},
		"a page may not ask the store":                        {"web", "ml-connector/store", true},
		"a page may not run SQL":                              {"web", "database/sql", true},
		"a handler may not run the engine":                    {"api/server", "ml-connector/engine", true},
		"the Go client may not use a module":                  {"api", "github.com/danielgtaylor/huma/v2", true},
		"the handlers may use one":                            {"api/server", "github.com/danielgtaylor/huma/v2", false},
		"the list of Systems may name a System":               {"systems", "ml-connector/jaggaer", false},
		"an operator verb may not name a System":              {"app", "ml-connector/jaggaer", true},
		"a command may not name a System's client":            {"cmd/ml-connector", "ml-connector/peoplesoft", true},
		"a command may start a simulator":                     {"cmd/ml-connector", "ml-connector/peoplesoft/peoplesoftsim", false},
		"a client may not know its simulator":                 {"peoplesoft", "ml-connector/peoplesoft/peoplesoftsim", true},
		"a simulator may not know its client":                 {"jaggaer/jaggaersim", "ml-connector/jaggaer", true},
		"a simulator may not know the domain":                 {"jaggaer/jaggaersim", "ml-connector", true},
		"one System may not know another":                     {"jaggaer", "ml-connector/peoplesoft", true},
		"a System gets its HTTP calls from the domain's type": {"peoplesoft", "ml-connector/wire", true},
		"a folder below a room follows the room's rules":      {"store/schema", "ml-connector/engine", true},
		"a room that the table doesn't know":                  {"helpers", "fmt", true},
		"a module with our name at its beginning is not ours": {"mapping", "ml-connectors.example/x", false},
	} {
		p := pkg{path: strings.TrimSuffix(module+"/"+row.from, "/"), imports: []string{row.to}}
		if got := arrows(p); (len(got) > 0) != row.refused {
			t.Errorf("%s: %q importing %q gave %q", name, row.from, row.to, got)
		}
	}
}
