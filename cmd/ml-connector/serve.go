package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/engine"
	"ml-connector/web"
)

// stopTime is how long what is under way may take to end.
const stopTime = 9 * time.Second

func (p *program) serveCommand() *cobra.Command {
	var listen string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Schedules and deliveries, and the server, in one process, until it is stopped",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			process, err := p.process()
			if err != nil {
				return err
			}
			if listen != "" {
				process.Listen = listen
			}
			if err := checkLocal(process.Listen); err != nil {
				return err
			}
			a, err := p.openToWork(c.Context(), process)
			if err != nil {
				return err
			}
			defer a.Close()
			p.warnOfDifferences(c.Context(), a)
			return p.serve(c.Context(), a)
		},
	}
	c.Flags().StringVar(&listen, "listen", "", "address and port (else the file's, else 127.0.0.1:8080)")
	return c
}

// openToWork opens the App of a process that runs the engine until it is stopped: it logs, and shows no progress.
func (p *program) openToWork(ctx context.Context, process config.Process) (*app.App, error) {
	conf := p.appConfig()
	conf.Process, conf.Log, conf.Progress = process, slog.New(slog.NewTextHandler(p.talk, nil)), nil
	return app.Open(ctx, conf)
}

// warnOfDifferences says where the configuration file and the database differ: they go by the database.
func (p *program) warnOfDifferences(ctx context.Context, a *app.App) {
	if a.Process.Path == "" {
		return
	}
	f, err := config.Read(a.Process.Path, a.Known(false))
	if err != nil {
		p.say("warning: the configuration file is not what could be applied: %s", clean(connector.AsError(err).Message))
		return
	}
	applied, err := a.Apply(ctx, f, app.ApplyOptions{DryRun: true, NoSecrets: true}, p.actor())
	if err != nil {
		p.say("warning: the configuration file can't be compared with the database: %s", clean(err.Error()))
		return
	}
	for _, change := range applied.Changes {
		p.say("warning: the file has not been applied: %s %s", change.Action, change.Subject)
	}
}

// serve runs the engine and the server until the context ends or one of them fails. Both end within stopTime: what the
// engine has in flight, and what browsers have asked.
func (p *program) serve(ctx context.Context, a *app.App) error {
	listener, err := listenLocally(ctx, a.Process.Listen)
	if err != nil && engineAlive(a.Process.Database) { // it has the port too: say the reason, not the symptom
		return connector.Errorf(connector.Unavailable, "start the engine", "another one is running on this database").Because(err).
			Advise("On SQLite one engine runs at a time: stop the other, or use PostgreSQL.")
	}
	if err != nil {
		return err
	}
	defer listener.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := web.New(web.Config{App: a, Version: version, Log: a.Log})
	a.Observe = pages.Observe
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	failed := make(chan error, 1)
	closed := make(chan struct{})
	err = a.Work(ctx, func() {
		p.say("listening on http://%s", listener.Addr())
		go func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- connector.Errorf(connector.Unavailable, "serve", "the server stopped").Because(err)
				cancel()
			}
		}()
		go func() {
			defer close(closed)
			<-ctx.Done()
			stop, done := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
			defer done()
			if server.Shutdown(stop) != nil {
				_ = server.Close() // they had their time
			}
		}()
	})
	if ctx.Err() == nil { // the engine never began, or failed: nobody waits for the server
		_ = server.Close()
	} else {
		<-closed
	}
	select {
	case err := <-failed:
		return err
	default:
		return err
	}
}

// engineAlive says whether another process is the engine of a SQLite database.
func engineAlive(url string) bool {
	unlock, err := engine.Lock(url)
	if err == nil {
		unlock()
	}
	return errors.Is(err, engine.ErrAlive)
}

// checkLocal refuses an address that another machine could reach: there is no log-in.
func checkLocal(address string) error {
	const op = "listen"
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return connector.Errorf(connector.Invalid, op, "%q is not ADDRESS:PORT", address).Advise("For example 127.0.0.1:8080.")
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return connector.Errorf(connector.Invalid, op, "%s can be reached from other machines, and there is no log-in yet: refused until log-in exists", address).
			Advise("Listen on 127.0.0.1, and reach it through SSH: ssh -L 8080:127.0.0.1:8080 HOST.")
	}
	return nil
}

// listenLocally opens the port.
func listenLocally(ctx context.Context, address string) (net.Listener, error) {
	if err := checkLocal(address); err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, connector.Errorf(connector.Misconfigured, "listen", "%s can't be used", address).Because(err).
			Advise("Another program has the port: choose one with --listen.")
	}
	return l, nil
}
