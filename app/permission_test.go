package app

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/people"
)

// reads are the functions of an App that only read, and are called once it is known that the one who asks may read. What is
// neither here nor takes an Actor fails the tests below.
var reads = []string{"Assignable", "Connection", "ConnectionFit", "ConnectionForm", "Connections", "ConnectionsNow", "Crosswalk", "CrosswalkHistory", "CrosswalkTodo", "Crosswalks", "DeedShown", "DeliveryRecord", "Doctor",
	"EachDelivery", "EachListed", "EachEntry", "EachRecord", "EachRecordAfter", "EachRun", "ExplainRecord", "Export", "ExportCrosswalk", "ExportTo", "FindRecord", "Flow", "FlowChoices", "FlowNames", "FlowRules", "FlowShown", "Flows", "FlowsSince", "Gauges",
	"Impact", "LastReconciled", "LastVerified", "LedgerEnd", "LinkCandidates", "ListDeliveries", "MappingEnd", "MeantRecord", "Needs", "NeedsCount", "NewConnectionForm", "Ready", "Receives", "Receiving", "Record", "RecordHistory", "RecordLink", "RecordThen",
	"PlanShown", "PreviewCause", "RecordList", "RecordPage", "Requirements", "RunExchanges", "RunList", "RunShown", "SavedPlan", "SavedPlans", "SecretsBy", "VerifyLedger", "Why", "WatchAll", "WatchRun", "Zones"}

// other are those that no person calls: the process itself, and a System that pushes, which proves itself by its secret; and
// those that work on files alone; and those by which somebody proves who they are, or who has just done so sees to their own.
var other = []string{"LogIn", "LogOut", "AcceptInvitation", "Welcome", "Listening", "Visit", "FirstAdmin", "OwnSessions", "EndOwnSessions", "ChangePassword", "TokenActor", "BeginSignOn", "BeginConnect", "SignOn", "ConnectSignOn", "WaysIn", "SignsOn", "SignOnReady", "Close", "Receive", "Stranger", "Work", "CheckMapping", "Known", "KnownSystems", "MappingContext", "RunMapping"}

var actorType = reflect.TypeFor[people.Actor]()

// TestNoVerbWithoutPermission (I24): each function that takes an Actor refuses one without permissions first of all, before it
// looks at anything: this App has no database. A new function is found by itself.
func TestNoVerbWithoutPermission(t *testing.T) {
	t.Parallel()
	a := reflect.ValueOf(&App{})
	nobody := people.Actor{Name: "user:nobody"}
	verbs := 0
	for n := range a.NumMethod() {
		name, f := a.Type().Method(n).Name, a.Method(n)
		at := slices.IndexFunc(slices.Collect(paramsOf(f.Type())), func(p reflect.Type) bool { return p == actorType })
		if at < 0 {
			if !slices.Contains(reads, name) && !slices.Contains(other, name) {
				t.Errorf("%s takes no Actor: if it writes, or shows what not everybody may see, it must", name)
			}
			continue
		}
		verbs++
		if slices.Contains(reads, name) {
			t.Errorf("%s takes an Actor and is said to read for everybody", name)
		}
		refusesFirst(t, name, f, nobody)
	}
	if verbs < 25 {
		t.Errorf("only %d verbs were found", verbs)
	}
	refusesFirst(t, "Restore", reflect.ValueOf(Restore), nobody)
}

func paramsOf(f reflect.Type) func(func(reflect.Type) bool) {
	return func(yield func(reflect.Type) bool) {
		for n := range f.NumIn() {
			if !yield(f.In(n)) {
				return
			}
		}
	}
}

func refusesFirst(t *testing.T, name string, f reflect.Value, by people.Actor) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s does something before it asks for permission: %v", name, p)
		}
	}()
	var args []reflect.Value
	for p := range paramsOf(f.Type()) {
		switch p {
		case actorType:
			args = append(args, reflect.ValueOf(by))
		case reflect.TypeFor[context.Context]():
			args = append(args, reflect.ValueOf(t.Context()))
		default:
			args = append(args, reflect.Zero(p))
		}
	}
	got := f.Call(args)
	err, _ := got[len(got)-1].Interface().(error)
	if e := connector.AsError(err); e == nil || e.Code != connector.Forbidden || !strings.Contains(e.Message, by.Name) || e.Hint == "" {
		t.Errorf("%s with no permission gives %v", name, err)
	}
}

// writes are the calls by which this package changes something: in our database, at a System, or what a running engine does.
var writes = []string{"Tx", "KeepPush", "RequestRun", "TakeRunRequest", "FinishRunRequest", "WithdrawRunRequest", "Backup", "Plan", "SavePlan", "Sync", "Settle", "Ping", "Reconcile", "Reapply", "NewScheduler"}

// TestWhatReadsDoesNotWrite follows the calls of each function of reads through this package: none reaches one that changes
// something.
func TestWhatReadsDoesNotWrite(t *testing.T) {
	t.Parallel()
	calls := callsOfPackage(t)
	if path := reaches(calls, "Replay", nil); path == nil {
		t.Error("the way from Replay to what it changes is not found, so no way would be")
	}
	for _, name := range reads {
		if calls[name] == nil {
			t.Errorf("there is no %s", name)
		}
		if path := reaches(calls, name, nil); path != nil {
			t.Errorf("%s changes something: %s", name, strings.Join(path, " → "))
		}
	}
}

// callsOfPackage lists, by the name of each function of this package, the names that it calls.
func callsOfPackage(t *testing.T) map[string][]string {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string][]string{}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			calls[f.Name.Name] = append(calls[f.Name.Name], "")
			ast.Inspect(f, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					switch fun := call.Fun.(type) {
					case *ast.Ident:
						calls[f.Name.Name] = append(calls[f.Name.Name], fun.Name)
					case *ast.SelectorExpr:
						if on, ok := fun.X.(*ast.SelectorExpr); ok && on.Sel.Name == "DB" && fun.Sel.Name == "Ping" {
							return true // asks the database whether it is there
						}
						calls[f.Name.Name] = append(calls[f.Name.Name], fun.Sel.Name)
					}
				}
				return true
			})
		}
	}
	return calls
}

// reaches is a way from a function to one of writes, nil when there is none.
func reaches(calls map[string][]string, from string, seen []string) []string {
	if slices.Contains(seen, from) {
		return nil
	}
	seen = append(seen, from)
	for _, to := range calls[from] {
		if slices.Contains(writes, to) {
			return append(slices.Clone(seen), to)
		}
		if calls[to] != nil {
			if way := reaches(calls, to, seen); way != nil {
				return way
			}
		}
	}
	return nil
}
