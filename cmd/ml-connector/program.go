package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/flows"
	"ml-connector/people"
	"ml-connector/systems"
)

// program is one invocation.
type program struct {
	in        io.Reader
	out, talk io.Writer
	env       map[string]string

	configFile, database, format, server string // global flags
	limit                                int
	limited                              bool // --limit was given
	status                               int  // of what was reported, when nothing failed outright
	progress                             *progress
}

func (p *program) commands() *cobra.Command {
	root := &cobra.Command{
		Use:           "ml-connector",
		Short:         "Keeps Oracle PeopleSoft and JAGGAER in step",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			p.limited = c.Flags().Changed("limit")
			return p.checkGlobals()
		},
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(c, err) })
	global := root.PersistentFlags()
	global.StringVar(&p.configFile, "config", "", "configuration file (else ML_CONNECTOR_CONFIG, else ./ml-connector.yaml)")
	global.StringVar(&p.database, "database", "", "sqlite:PATH or postgres://… (else ML_CONNECTOR_DATABASE, else the file's)")
	global.StringVarP(&p.format, "output", "o", "table", "table, json or csv")
	global.StringVar(&p.server, "server", "", "act through a running server, such as https://connector.example.com, instead of the database; its token is in ML_CONNECTOR_TOKEN")
	root.AddCommand(p.applyCommand(), p.exportCommand(), p.connectionCommand(), p.flowCommand(), p.syncCommand(), p.reconcileCommand(), p.recordCommand(),
		p.deliveryCommand(), p.whyCommand(), p.linkCommand(), p.unlinkCommand(), p.auditCommand(), p.doctorCommand(), p.supportCommand(), p.backupCommand(), p.restoreCommand(), p.crosswalkCommand(), p.planCommand(), p.explainCommand(), p.mappingCommand(), p.userCommand(), p.tokenCommand(), p.keyCommand(), p.alertCommand(),
		p.serveCommand(), p.workCommand(), p.demoCommand(), p.sandboxCommand(), p.versionCommand())
	refuseUnknown(root)
	return root
}

// refuseUnknown makes every mistake in arguments an Error of class invalid.
func refuseUnknown(c *cobra.Command) {
	if c.Args != nil {
		check := c.Args
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usage(c, err)
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		refuseUnknown(sub)
	}
}

func usage(c *cobra.Command, err error) error {
	return connector.Errorf(connector.Invalid, "read the command line", "%s", err).Advise("See `%s --help`.", c.CommandPath())
}

func (p *program) checkGlobals() error {
	switch p.format {
	case "table", "json", "csv":
	default:
		return connector.Errorf(connector.Invalid, "read the command line", "-o must be table, json or csv")
	}
	if p.limit < 0 {
		return connector.Errorf(connector.Invalid, "read the command line", "--limit must be a number of rows, or 0 for all")
	}
	return nil
}

// finish tells an error and gives the exit status.
func (p *program) finish(err error) int {
	p.progress.clear()
	if err == nil {
		return p.status
	}
	e := connector.AsError(err)
	if e.Code == connector.Internal && strings.HasPrefix(err.Error(), "unknown command") { // cobra's own, before any check of ours
		e = connector.Errorf(connector.Invalid, "read the command line", "%s", err).Advise("See `ml-connector --help`.")
	}
	lines := strings.Split(e.Error(), "\n")
	if len(lines) > 1 { // several mistakes of one file
		fmt.Fprintf(p.talk, "error: %s: %d mistakes\n", e.Op, len(lines))
		for _, line := range strings.Split(e.Message, "\n") {
			fmt.Fprintf(p.talk, "  %s\n", clean(line))
		}
	} else {
		fmt.Fprintf(p.talk, "error: %s\n", clean(lines[0]))
	}
	if e.Hint != "" {
		fmt.Fprintf(p.talk, "  %s\n", clean(e.Hint))
	}
	return app.WorstExit(p.status, e.Code.ExitStatus())
}

func (p *program) say(format string, args ...any) {
	p.progress.clear()
	fmt.Fprintf(p.talk, format+"\n", args...)
}

func (p *program) lookup(name string) (string, bool) {
	v, ok := p.env[name]
	return v, ok
}

// actor is who acts: somebody who can open the database and its key, as the ledger names them.
func (p *program) actor() people.Actor {
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME"} {
		if v := p.env[name]; v != "" {
			return people.Local("cli:" + v)
		}
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return people.Local("cli:" + u.Username)
	}
	return people.Local("cli:unknown")
}

// appConfig is what an App needs but for the process's settings.
func (p *program) appConfig() app.Config {
	host, _ := os.Hostname()
	return app.Config{
		Systems: systems.All(), Shipped: flows.Shipped(), Lookup: p.lookup, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Owner: fmt.Sprintf("%s/%d/%d", host, os.Getpid(), time.Now().UnixNano()), Progress: p.tellProgress,
	}
}

// process reads database, listen, key and egress: flags before variables before the file.
func (p *program) process() (config.Process, error) {
	if err := p.here(); err != nil {
		return config.Process{}, err
	}
	path := p.configFile
	if path == "" {
		path = p.env["ML_CONNECTOR_CONFIG"]
	}
	process, err := config.ReadProcess(path, p.appConfig().Known(false))
	if err != nil {
		return process, err
	}
	return p.override(process)
}

// override lets --database and its variable win over the file.
func (p *program) override(process config.Process) (config.Process, error) {
	url := p.database
	if url == "" {
		url = p.env["ML_CONNECTOR_DATABASE"]
	}
	if url == "" {
		return process, nil
	}
	if problem := config.DatabaseProblem(url); problem != "" {
		return process, connector.Errorf(connector.Invalid, "read --database", "it %s", problem)
	}
	if path, isFile := strings.CutPrefix(url, "sqlite:"); isFile {
		abs, err := filepath.Abs(path)
		if err != nil {
			return process, connector.Errorf(connector.Invalid, "read --database", "its path can't be made absolute").Because(err)
		}
		url = "sqlite:" + abs
	}
	process.Database = url
	return process, nil
}

// with opens the App for one command.
func (p *program) with(ctx context.Context, do func(*app.App) error) error {
	process, err := p.process()
	if err != nil {
		return err
	}
	return p.withProcess(ctx, process, do)
}

// here refuses --server where a command acts on the machine itself.
func (p *program) here() error {
	if p.server == "" {
		return nil
	}
	return connector.Errorf(connector.Invalid, "read the command line", "this command does not act through a server").
		Advise("Run it on the machine that has the database, without --server.")
}

func (p *program) withProcess(ctx context.Context, process config.Process, do func(*app.App) error) error {
	c := p.appConfig()
	c.Process = process
	a, err := app.Open(ctx, c)
	if err != nil {
		return err
	}
	err = do(a)
	if closed := a.Close(); err == nil {
		err = closed
	}
	return err
}

// input opens a file that a command reads; - is stdin.
func (p *program) input(path, op string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(p.in), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, connector.Errorf(connector.Invalid, op, "%s can't be read", path).Because(err)
	}
	return f, nil
}
