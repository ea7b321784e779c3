package web

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/gate"
)

// metrics answers /metrics.
type metrics struct {
	registry  *prometheus.Registry
	exchanges *prometheus.HistogramVec
}

// Observe measures one call of a System.
func (p *Pages) Observe(connection, op string, status int, took time.Duration) {
	answer := "none"
	if status > 0 {
		answer = strconv.Itoa(status/100) + "xx"
	}
	p.metrics.exchanges.WithLabelValues(connection, op, answer).Observe(took.Seconds())
}

func newMetrics(c Config) *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), exchanges: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "ml_connector_exchange_duration_seconds", Help: "HTTP exchanges with Systems: how long they took, by connection, operation and class of answer.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
	}, []string{"connection", "op", "answer"})}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "ml_connector_build_info", Help: "Always 1; the label is the version.", ConstLabels: prometheus.Labels{"version": c.Version}})
	build.Set(1)
	m.registry.MustRegister(m.exchanges, build, &gauges{config: c}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// Metrics are the metrics of this process as text.
func (p *Pages) Metrics() ([]byte, error) {
	w := &kept{header: http.Header{}}
	p.metrics.handler().ServeHTTP(w, &http.Request{Method: http.MethodGet, Header: http.Header{}})
	if w.status >= http.StatusBadRequest {
		return nil, connector.Errorf(connector.Unavailable, "gather the metrics", "they can't be gathered")
	}
	return w.text.Bytes(), nil
}

// kept is an answer that is kept.
type kept struct {
	header http.Header
	text   bytes.Buffer
	status int
}

// Header is what is set and not kept.
func (k *kept) Header() http.Header { return k.header }

// WriteHeader keeps the status.
func (k *kept) WriteHeader(status int) { k.status = status }

// Write keeps the text.
func (k *kept) Write(b []byte) (int, error) { return k.text.Write(b) }

// scraped lets who may read ask for metrics, and everybody at this machine: they hold counts and names of Connections and Flows, and
// whoever scrapes them there need have no token.
func (p *Pages) scraped(metrics http.Handler) http.Handler {
	guarded := only(metrics.ServeHTTP)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gate.Local(r) {
			metrics.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// gauge is one metric that is read from the database.
type gauge struct{ desc *prometheus.Desc }

func newGauge(name, help string, labels ...string) gauge {
	return gauge{prometheus.NewDesc("ml_connector_"+name, help, labels, nil)}
}

func (g gauge) at(out chan<- prometheus.Metric, value float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, value, labels...)
}

// What is read from the database at a scrape. Read only after start.
var (
	up             = newGauge("up", "1 when the database could be read.")
	deliveries     = newGauge("deliveries", "Deliveries by flow and state.", "flow", "state")
	needsPerson    = newGauge("held_records", "Deliveries that need a person, by flow, state and class of error.", "flow", "state", "reason")
	oldestNeed     = newGauge("oldest_held_seconds", "Age of the oldest Delivery that needs a person, by flow and state.", "flow", "state")
	queueAge       = newGauge("queue_age_seconds", "Age of the oldest Delivery in an open state; of waiting, since it was due.", "flow", "state")
	cursorLag      = newGauge("cursor_lag_seconds", "Age of the cursor up to which a flow has read its source.", "flow")
	flowEnabled    = newGauge("flow_enabled", "1 when a flow runs by its schedule.", "flow")
	flowPaused     = newGauge("flow_paused", "1 when a flow stands still.", "flow")
	runNext        = newGauge("run_next_timestamp_seconds", "When a flow runs next by its schedule.", "flow")
	runLast        = newGauge("run_last_start_timestamp_seconds", "When a flow's last Run began.", "flow")
	runTook        = newGauge("run_last_duration_seconds", "How long a flow's last finished Run read.", "flow")
	runRecords     = newGauge("run_last_records", "The equation of a flow's last Run.", "flow", "outcome")
	runError       = newGauge("run_last_error", "1 when a flow's last Run ended with an error.", "flow")
	connectionUp   = newGauge("connection_up", "1 when the last check of a connection passed and it is not paused.", "connection")
	connectionHold = newGauge("connection_paused", "1 when a connection stands still.", "connection")
	connectionSeen = newGauge("connection_checked_timestamp_seconds", "When a connection was checked last.", "connection")
	rereadTotal    = prometheus.NewDesc("ml_connector_rereads_total", "Reads of content that was known already, by flow: they make no Delivery.", []string{"flow"}, nil)
	runsTotal      = prometheus.NewDesc("ml_connector_runs_total", "Runs that were ever begun.", nil, nil)
)

// gauges collects them. Counting grows with the history, so what was counted is kept for as long as keeps it under a
// twentieth of the time.
type gauges struct {
	config Config
	mu     sync.Mutex
	last   app.Gauges
	err    error
	until  time.Time
}

// Describe sends nothing: which metrics there are depends on what is configured.
func (g *gauges) Describe(chan<- *prometheus.Desc) {}

// Collect sends what is there now.
func (g *gauges) Collect(out chan<- prometheus.Metric) {
	now := g.config.Now()
	all, err := g.measured(now)
	if err != nil {
		g.config.Log.Error("metrics can't be read", "error", err)
		up.at(out, 0)
		return
	}
	up.at(out, 1)
	out <- prometheus.MustNewConstMetric(runsTotal, prometheus.CounterValue, float64(all.Runs))
	for _, f := range all.Flows {
		collectFlow(out, f, now)
	}
	for _, n := range all.Needs {
		needsPerson.at(out, float64(n.Count), n.Flow, string(n.State), string(n.Code))
	}
	for key, age := range oldest(all, now) {
		oldestNeed.at(out, age, key[0], key[1])
	}
	for _, c := range all.Connections {
		connectionUp.at(out, bit(c.State == "ok"), c.Name)
		connectionHold.at(out, bit(c.Paused != nil), c.Name)
		if c.CheckedAt != nil {
			connectionSeen.at(out, float64(c.CheckedAt.Unix()), c.Name)
		}
	}
}

func (g *gauges) measured(now time.Time) (app.Gauges, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Before(g.until) {
		return g.last, g.err
	}
	ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	g.last, g.err = g.config.App.Gauges(ctx)
	ended := g.config.Now()
	g.until = ended.Add(20 * ended.Sub(now))
	return g.last, g.err
}

// oldest is the age of what needs a person for longest, by flow and state.
func oldest(all app.Gauges, now time.Time) map[[2]string]float64 {
	out := map[[2]string]float64{}
	for _, n := range all.Needs {
		key := [2]string{n.Flow, string(n.State)}
		out[key] = max(out[key], now.Sub(n.Oldest).Seconds())
	}
	return out
}

func collectFlow(out chan<- prometheus.Metric, f app.FlowGauge, now time.Time) {
	for _, part := range f.Counts {
		deliveries.at(out, float64(part.Count), f.Name, string(part.State))
	}
	out <- prometheus.MustNewConstMetric(rereadTotal, prometheus.CounterValue, float64(f.Reread), f.Name)
	for state, age := range f.Ages {
		queueAge.at(out, age.Seconds(), f.Name, string(state))
	}
	flowEnabled.at(out, bit(f.Enabled), f.Name)
	flowPaused.at(out, bit(f.Paused.Code != ""), f.Name)
	if !f.Cursor.IsZero() {
		cursorLag.at(out, max(0, now.Sub(f.Cursor).Seconds()), f.Name)
	}
	if !f.NextRunAt.IsZero() {
		runNext.at(out, float64(f.NextRunAt.Unix()), f.Name)
	}
	if f.Last == nil {
		return
	}
	runLast.at(out, float64(f.Last.StartedAt.Unix()), f.Name)
	runError.at(out, bit(f.Last.Err != nil), f.Name)
	if !f.Last.EndedAt.IsZero() {
		runTook.at(out, f.Last.EndedAt.Sub(f.Last.StartedAt).Seconds(), f.Name)
	}
	runRecords.at(out, float64(f.Last.Counts.Read), f.Name, "read")
	for _, part := range app.PartsOf(f.Last.Counts) {
		runRecords.at(out, float64(part.Count), f.Name, string(part.State))
	}
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
