package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/api/server"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/engine"
	"ml-connector/gate"
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
			if err := checkReach(process); err != nil {
				return err
			}
			a, err := p.openToWork(c.Context(), process)
			if err != nil {
				return err
			}
			defer a.Close()
			if err := a.SignOnReady(); err != nil {
				return err
			}
			p.warnOfDifferences(c.Context(), a)
			return p.serve(c.Context(), a, gate.Config{App: a, Public: process.Public})
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
// engine has in flight, and what browsers and programs have asked.
func (p *program) serve(ctx context.Context, a *app.App, in gate.Config) error {
	if in.Everyone.Name != "" {
		if err := checkOpen(a.Process.Listen); err != nil {
			return err
		}
	}
	listener, err := listen(ctx, a.Process)
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
	way := gate.New(in)
	pages := web.New(web.Config{App: a, Gate: way, Version: version, Log: a.Log})
	a.Observe, a.Metrics = pages.Observe, pages.Metrics
	mux := http.NewServeMux()
	mux.Handle("/receive/", server.NewReceiver(a))
	programs := server.NewAPI(server.Config{App: a, Version: version, Log: a.Log})
	for _, path := range []string{"/api/", "/openapi.json", "/docs"} {
		mux.Handle(path, way.Guard(programs))
	}
	mux.Handle("/", pages)
	httpServer := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelWarn)}
	httpServer.RegisterOnShutdown(programs.Stop)
	httpServer.RegisterOnShutdown(pages.Stop)
	failed := make(chan error, 1)
	closed := make(chan struct{})
	err = a.Work(ctx, func() {
		if err := a.Listening(ctx, schemeOf(a.Process), listener.Addr().String()); err != nil {
			p.say("warning: links that are made at this machine may begin otherwise: %s", clean(connector.AsError(err).Message))
		}
		p.say("listening on %s://%s", schemeOf(a.Process), listener.Addr())
		if in.Everyone.Name == "" {
			p.tellFirst(ctx, a, listener.Addr().String())
		}
		go func() {
			if err := httpServer.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- connector.Errorf(connector.Unavailable, "serve", "the server stopped").Because(err)
				cancel()
			}
		}()
		go func() {
			defer close(closed)
			<-ctx.Done()
			stop, done := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
			defer done()
			if httpServer.Shutdown(stop) != nil {
				_ = httpServer.Close() // they had their time
			}
		}()
	})
	if ctx.Err() == nil { // the engine never began, or failed: nobody waits for the server
		_ = httpServer.Close()
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

// tellFirst prints the link by which somebody becomes the first administrator, while there is nobody.
func (p *program) tellFirst(ctx context.Context, a *app.App, address string) {
	in, err := a.FirstAdmin(ctx)
	switch {
	case err != nil:
		p.say("warning: no link for a first administrator can be made: %s", clean(connector.AsError(err).Message))
	case in != nil:
		link := in.URL
		if a.Process.Public.URL == "" {
			link = "http://" + address + in.Path // whatever another server noted meanwhile
		}
		p.say("nobody can log in yet. Open this once, within a day, to become the first administrator; give it to nobody:\n  %s", link)
	}
}

func schemeOf(process config.Process) string {
	if process.Public.TLSCert != "" {
		return "https"
	}
	return "http"
}

// checkReach refuses to listen where passwords and sessions would cross a network in clear, or by which name is not known.
func checkReach(process config.Process) error {
	const op = "listen"
	public := process.Public
	if _, _, err := net.SplitHostPort(process.Listen); err != nil {
		return connector.Errorf(connector.Invalid, op, "%q is not ADDRESS:PORT", process.Listen).Advise("For example 127.0.0.1:8080.")
	}
	switch {
	case (public.TLSCert == "") != (public.TLSKey == ""):
		return connector.Errorf(connector.Invalid, op, "of tls_cert and tls_key one is given").Advise("Give both, or neither.")
	case config.LocalListen(process.Listen):
		return nil
	case public.URL == "":
		return connector.Errorf(connector.Invalid, op, "%s can be reached from other machines, and it is not said by which name", process.Listen).
			Advise("Put `url: https://NAME` into the configuration file, with tls_cert and tls_key, or with the proxies that have the certificate; or listen on 127.0.0.1, and reach it through SSH: ssh -L 8080:127.0.0.1:8080 HOST.")
	case public.TLSCert == "" && len(public.Proxies) == 0:
		return connector.Errorf(connector.Invalid, op, "%s can be reached from other machines, and passwords would go there in clear", process.Listen).
			Advise("Give tls_cert and tls_key in the configuration file, or `proxies: [ADDRESS]`: the proxies that have the certificate and pass requests on.")
	}
	return nil
}

// checkOpen refuses an address that another machine could reach, where nobody logs in.
func checkOpen(address string) error {
	if config.LocalListen(address) {
		return nil
	}
	return connector.Errorf(connector.Invalid, "listen", "%s can be reached from other machines, and nobody logs in to the demonstration", address).
		Advise("Listen on 127.0.0.1, and reach it through SSH: ssh -L 8080:127.0.0.1:8080 HOST.")
}

// listen opens the port, with the certificate of the settings where they name one.
func listen(ctx context.Context, process config.Process) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", process.Listen)
	if err != nil {
		return nil, connector.Errorf(connector.Misconfigured, "listen", "%s can't be used", process.Listen).Because(err).
			Advise("Another program has the port: choose one with --listen.")
	}
	if process.Public.TLSCert == "" {
		return l, nil
	}
	c := &certificate{cert: process.Public.TLSCert, key: process.Public.TLSKey, now: time.Now}
	if _, err := c.get(nil); err != nil {
		_ = l.Close() // nobody was let in
		return nil, connector.Errorf(connector.Misconfigured, "listen", "the certificate can't be used").Because(err).Advise("Correct tls_cert and tls_key: PEM, the certificate first, then those that it was issued by.")
	}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"http/1.1"}}), nil
}
