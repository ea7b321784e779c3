package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
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
			conf := p.appConfig()
			conf.Process, conf.Log, conf.Progress = process, slog.New(slog.NewTextHandler(p.talk, nil)), nil
			a, err := app.Open(c.Context(), conf)
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

// warnOfDifferences says where the configuration file and the database differ: `serve` goes by the database.
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

// serve runs the engine and the server until the context ends or one of them fails.
func (p *program) serve(ctx context.Context, a *app.App) error {
	listener, err := listenLocally(ctx, a.Process.Listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{Handler: p.handler(a), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	err = a.Work(ctx, func() {
		p.say("listening on http://%s", listener.Addr())
		go func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- connector.Errorf(connector.Unavailable, "serve", "the server stopped").Because(err)
				cancel()
			}
		}()
	})
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer done()
	if closed := server.Shutdown(stop); err == nil && closed != nil {
		err = connector.Errorf(connector.Internal, "serve", "requests did not end in time").Because(closed)
	}
	_ = listener.Close() // closed already, unless Work never started
	select {
	case err := <-failed:
		return err
	default:
		return err
	}
}

// listenLocally opens the port. There is no log-in, so nothing but this machine may reach it.
func listenLocally(ctx context.Context, address string) (net.Listener, error) {
	const op = "listen"
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, connector.Errorf(connector.Invalid, op, "%q is not ADDRESS:PORT", address).Advise("For example 127.0.0.1:8080.")
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, connector.Errorf(connector.Invalid, op, "%s can be reached from other machines, and there is no log-in", address).
			Advise("Listen on 127.0.0.1, and reach it through SSH: ssh -L 8080:127.0.0.1:8080 HOST.")
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, connector.Errorf(connector.Misconfigured, op, "%s can't be used", address).Because(err).
			Advise("Another program has the port: choose one with --listen.")
	}
	return l, nil
}

// handler answers what may be asked of a running server.
func (p *program) handler(a *app.App) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := a.DB.Ping(r.Context()); err != nil {
			http.Error(w, connector.AsError(err).Message, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	return mux
}
