package jaggaer

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	connector "ml-connector"
)

// Check is the ping of JAGGAER.md §2.6: connect, tls, token, then a tiny list call for each entity that an enabled Flow
// needs, the XML router, the clock. It logs in once and never again, writes nothing, waits for nothing and repeats nothing.
func (i *Instance) Check(ctx context.Context, needs []connector.Need) []connector.Step {
	seen := &observer{caller: i.caller}
	p := &ping{i: i, needs: needs, seen: seen}
	p.probe = newInstance(connector.Opening{Connection: i.connection, Settings: i.settings, Caller: seen, Now: i.now, Pace: i.pace}, i.opts)
	p.logIn(ctx)
	for _, kind := range p.kinds() {
		p.entity(ctx, kind)
	}
	p.acknowledging(ctx)
	p.router(ctx)
	return p.all()
}

// observer stands between a ping and the network, and tells an answer from none.
type observer struct {
	caller connector.Caller
	mu     sync.Mutex
	silent bool // the last call got no answer
	took   time.Duration
	date   string // the last Date header
}

func (o *observer) Call(ctx context.Context, r connector.Request) (*connector.Response, error) {
	resp, err := o.caller.Call(ctx, r)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.silent, o.took = err != nil, 0
	if err == nil {
		o.took = resp.Took
		if d := resp.Header["Date"]; d != "" {
			o.date = d
		}
	}
	return resp, err
}

func (o *observer) last() (silent bool, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.silent, o.took
}

type ping struct {
	i, probe *Instance // probe has its own token and gate, so that nothing of a ping is left behind but a good token
	needs    []connector.Need
	seen     *observer
	network  *connector.Error // the first call that got no answer
	took     time.Duration    // of the first call
	loggedIn bool
	token    connector.Step
	entities []connector.Step
	payment  []connector.Step
	xml      []connector.Step
}

func failed(name string, e *connector.Error) connector.Step {
	return connector.Step{Step: name, State: connector.StepFailed, Code: e.Code, Message: e.Message, Hint: e.Hint}
}

// logIn asks for a token, also where there is a good one or was a refusal: a ping tries the secret that is there now.
func (p *ping) logIn(ctx context.Context) {
	got, fault := p.probe.logIn(ctx)
	p.probe.tokens.Adopt(ctx, got, fault)
	p.i.tokens.Adopt(ctx, got, fault)
	silent, took := p.seen.last()
	if silent {
		p.network = fault
	}
	p.took = took
	switch {
	case fault == nil:
		p.loggedIn = true
		p.token = connector.Step{Step: "token", State: connector.StepOK, Took: took, Message: "the log-in service gave a token to client " + p.i.opts.clientID}
	case p.network != nil:
		p.token = connector.Step{Step: "token", State: connector.StepSkipped, Message: "not asked for: no answer from the log-in service"}
	default:
		p.token = failed("token", fault)
		p.token.Took = took
	}
}

// kinds are those that the needs name; all that can be read when there are none.
func (p *ping) kinds() []connector.Kind {
	var out []connector.Kind
	for _, kind := range connector.Kinds() {
		named := len(p.needs) == 0 && p.i.Kind(kind).Reads || kind == connector.Requisition && p.explains()
		for _, n := range p.needs {
			named = named || n.Kind == kind
		}
		if named {
			out = append(out, kind)
		}
	}
	return out
}

// explains says that requisitions are read for the lines of orders.
func (p *ping) explains() bool {
	return p.i.opts.profile.bool("po_requisition_lines") && len(p.flows(connector.PurchaseOrder, reading)) > 0
}

// withoutRequisitions says what becomes of Flows when requisitions can't be read.
func (p *ping) withoutRequisitions() string {
	var out []string
	if len(p.flows(connector.Requisition, writing)) > 0 {
		out = append(out, personDecides)
	}
	if p.explains() {
		out = append(out, strings.ToUpper(noOrigin[:1])+noOrigin[1:]+".")
	}
	return strings.Join(out, " ")
}

func reading(n connector.Need) bool { return n.Reads }
func writing(n connector.Need) bool { return n.Writes }
func hearing(n connector.Need) bool { return n.Hears }

// flows are the Flows that need a Kind in a way; an empty list, never nil, when none does.
func (p *ping) flows(kind connector.Kind, way func(connector.Need) bool) []string {
	out := []string{}
	for _, n := range p.needs {
		if n.Kind == kind && way(n) && !slices.Contains(out, n.Flow) {
			out = append(out, n.Flow)
		}
	}
	return out
}

// entity asks the list in the ways in which the Flows will: by time for those that read, by key for those that write.
func (p *ping) entity(ctx context.Context, kind connector.Kind) {
	e, info := p.i.opts.entities[kind], p.i.Kind(kind)
	readers, writers := p.flows(kind, reading), p.flows(kind, writing)
	step := connector.Step{Step: "entity:" + e.name, State: connector.StepOK, Message: e.path + " can be read", Flows: append(readers, writers...)}
	byFile := kind == connector.GLAccount && p.i.opts.operation("cfv.write") == "file" && len(readers) == 0 && len(writers) > 0
	switch {
	case byFile:
		p.folder(ctx, &step)
	case !p.loggedIn || p.network != nil:
		step.State, step.Message = connector.StepSkipped, "not asked: there is no token or no way to the API"
	case len(writers) > 0 && !info.Writes:
		step = failed(step.Step, p.i.writable(connector.Write{Kind: kind}))
		step.Flows = writers
	case !info.Reads && len(readers) > 0:
		_, fault := p.i.readable(kind)
		step = failed(step.Step, fault)
		step.Flows = readers
	case !info.Reads:
		step.State, step.Message, step.Flows = connector.StepWarning, e.path+" can't be looked up: operations."+e.operator+" is off", []string{}
		step.Hint = p.withoutRequisitions()
	default:
		p.ask(ctx, kind, &step, readers, writers)
	}
	p.entities = append(p.entities, step)
}

// folder looks whether the folder is there that files go into.
func (p *ping) folder(ctx context.Context, step *connector.Step) {
	fault := p.i.folderReady("check the folder")
	if fault == nil {
		_, err := p.i.caller.Call(ctx, connector.Request{Op: "check the folder", Method: http.MethodGet, URL: p.i.opts.folderURL()})
		fault = connector.AsError(err)
	}
	if fault != nil {
		name, flows := step.Step, step.Flows
		*step = failed(name, fault)
		step.Flows = flows
		return
	}
	step.Message = "the folder " + p.i.opts.profile.text("file", "folder") + " is there; whether JAGGAER takes what lies in it, nobody tells us"
}

const personDecides = "What comes into doubt while it is sent waits until a person says whether JAGGAER has it."

func (p *ping) ask(ctx context.Context, kind connector.Kind, step *connector.Step, readers, writers []string) {
	e := p.i.opts.entities[kind]
	soon := p.i.now().Add(time.Hour)
	var fault *connector.Error
	if len(readers) > 0 || len(p.needs) == 0 {
		fault = p.list(ctx, e, step, p.i.window(e, soon, time.Time{}), func(l listing) *connector.Error {
			_, err := p.i.within("read "+e.name, e, soon, time.Time{}, l.items)
			if err != nil {
				return connector.AsError(err)
			}
			return nil
		})
	}
	if fault == nil && len(writers) == 0 && kind == connector.Requisition && p.explains() { // they are read by id: that the list answers is enough
		fault = p.list(ctx, e, step, "", func(listing) *connector.Error { return nil })
	}
	keyed := fault == nil && len(writers) > 0
	if keyed {
		fault = p.list(ctx, e, step, p.i.nobody(kind, e), func(l listing) *connector.Error {
			if len(l.items) > 0 {
				step.State, step.Message = connector.StepWarning, "the server ignores the filter on "+e.external+": each look-up reads the whole list"
				step.Hint = "Check entities." + e.name + ".external of the profile."
			}
			return nil
		})
	}
	if fault == nil {
		return
	}
	if silent, _ := p.seen.last(); silent {
		p.network = fault
		step.State, step.Message = connector.StepSkipped, "not asked: no answer from the API"
		return
	}
	bad := failed(step.Step, fault)
	bad.Took, bad.Flows = step.Took, step.Flows
	if keyed {
		bad.Flows = writers
	}
	if kind == connector.Requisition && len(readers) == 0 && len(p.needs) > 0 {
		bad.State, bad.Flows = connector.StepWarning, []string{} // first attempts need no look-up
		bad.Hint += " " + p.withoutRequisitions()
	}
	*step = bad
}

// list makes one list call and lets look judge what it shows.
func (p *ping) list(ctx context.Context, e entity, step *connector.Step, filter string, look func(listing) *connector.Error) *connector.Error {
	l, err := p.probe.page(ctx, query{e: e, op: "check " + e.name, filter: filter, once: true}, 1)
	_, took := p.seen.last()
	step.Took += took
	if err != nil {
		return connector.AsError(err)
	}
	return look(l)
}

// nobody is a key filter that no record meets.
func (i *Instance) nobody(kind connector.Kind, e entity) string {
	const key = "ml-connector-ping"
	if kind == connector.GLAccount {
		return i.valueFilter(e, "Account", []string{key})
	}
	filter, _ := i.equals(e.external, key)
	return filter
}

// acknowledging looks whether payments can be told, where a Flow has it done. Nothing else depends on it: it warns.
func (p *ping) acknowledging(ctx context.Context) {
	if len(p.flows(connector.Invoice, hearing)) == 0 {
		return
	}
	step := connector.Step{Step: "operation:payment.write", State: connector.StepOK, Flows: []string{}}
	warn := func(fault *connector.Error) {
		step.State, step.Code, step.Message, step.Hint = connector.StepWarning, fault.Code, fault.Message, fault.Hint
	}
	way := p.i.opts.operation("payment.write")
	switch err := p.i.CanAcknowledge(connector.Invoice); {
	case err != nil:
		warn(connector.AsError(err))
	case way == "file":
		p.folder(ctx, &step)
		if step.Flows = []string{}; step.State == connector.StepFailed {
			step.State = connector.StepWarning
		}
	case way == "xml":
		reached := p.reachRouter(ctx, paymentImport)
		step.State, step.Code, step.Took, step.Message, step.Hint = reached.State, reached.Code, reached.Took, reached.Message, reached.Hint
		if step.State == connector.StepFailed {
			step.State = connector.StepWarning
		}
	case !p.loggedIn || p.network != nil:
		step.State, step.Message = connector.StepSkipped, "not asked: there is no token or no way to the API"
	default:
		p.askPayment(ctx, &step, warn)
	}
	p.payment = append(p.payment, step)
}

// askPayment asks the address of payments in a way that changes nothing: for the payment of an invoice that nobody has.
func (p *ping) askPayment(ctx context.Context, step *connector.Step, warn func(*connector.Error)) {
	c := call{op: "check payment.write", method: http.MethodGet, url: p.i.paymentAddress("0"), resource: "invoices/payment", timeout: readTimeout, once: true}
	resp, err := p.probe.send(ctx, c)
	_, step.Took = p.seen.last()
	switch {
	case err != nil:
		warn(connector.AsError(err))
	case resp.Status == http.StatusMethodNotAllowed || resp.Status < 300:
		step.Message = "the address of payments is there; whether JAGGAER takes one, the first shows"
	default:
		warn(p.i.statusFault(c, resp))
	}
}

// router looks whether anything answers where documents go, and whether those that are pushed could be believed. Nothing harmless
// tests Identity and SharedSecret.
func (p *ping) router(ctx context.Context) {
	asked := false
	if p.i.settings["receive"] == true && p.i.opts.secrets["shared_secret"] == "" {
		p.xml = append(p.xml, connector.Step{Step: "xml", State: connector.StepWarning, Code: connector.Misconfigured, Flows: []string{},
			Message: "receive is on, and nothing that JAGGAER pushes is taken: the secret shared_secret is missing", Hint: "Give shared_secret to this Connection; JAGGAER tells what it is."})
	}
	for _, m := range []struct {
		importer
		kind connector.Kind
	}{{supplierImport, connector.Supplier}, {requisitionImport, connector.Requisition}, {valueImport, connector.GLAccount}} {
		flows := p.flows(m.kind, writing)
		if p.i.opts.operation(writeOperation(m.kind)) != "xml" || len(flows) == 0 {
			continue
		}
		if fault := p.i.routerReady(m.importer); fault != nil {
			step := failed("xml", fault)
			step.Flows = flows
			p.xml = append(p.xml, step)
			continue
		}
		if !asked {
			asked = true
			p.xml = append(p.xml, p.reachRouter(ctx, m.importer))
		}
	}
}

func (p *ping) reachRouter(ctx context.Context, m importer) connector.Step {
	var flows []string
	for _, kind := range []connector.Kind{connector.Supplier, connector.Requisition, connector.GLAccount} {
		if p.i.opts.operation(writeOperation(kind)) == "xml" {
			flows = append(flows, p.flows(kind, writing)...)
		}
	}
	resp, err := p.seen.Call(ctx, connector.Request{Op: "check xml", Method: http.MethodGet, URL: p.i.routerAddress(m), Timeout: p.i.timeout(readTimeout)})
	if err != nil {
		step := failed("xml", connector.AsError(err))
		step.Flows = flows
		step.Hint += " Is the setting xml_url (now " + p.i.opts.xmlURL + ") right?"
		return step
	}
	return connector.Step{Step: "xml", State: connector.StepOK, Took: resp.Took, Flows: flows,
		Message: "the router answers; Identity and SharedSecret are tested by the first import only"}
}

// all puts the steps in their order; connect and tls are told from the first call that got no answer.
func (p *ping) all() []connector.Step {
	connect := connector.Step{Step: "connect", State: connector.StepOK, Took: p.took, Message: "the log-in service and the API answer"}
	tls := connector.Step{Step: "tls", State: connector.StepOK, Message: "the certificates are good"}
	if strings.HasPrefix(p.i.opts.url, "http:") && strings.HasPrefix(p.i.opts.tokenURL, "http:") {
		tls.State, tls.Message = connector.StepSkipped, "plain http"
	}
	switch {
	case p.network != nil && aboutTLS(p.network):
		tls = failed("tls", p.network)
	case p.network != nil:
		connect = failed("connect", p.network)
		connect.Hint += " Is the setting " + p.addressAtFault() + " right?"
		tls.State, tls.Message = connector.StepSkipped, "not tried"
	}
	steps := append([]connector.Step{connect, tls, p.token}, p.entities...)
	steps = append(append(steps, p.payment...), p.xml...)
	return append(steps, p.clock())
}

func (p *ping) addressAtFault() string {
	if p.loggedIn {
		return "url (now " + p.i.opts.url + ")"
	}
	return "token_url (now " + p.i.opts.tokenURL + ")"
}

func aboutTLS(e *connector.Error) bool {
	text := strings.ToLower(e.Error())
	for _, word := range []string{"secure connection", "tls", "certificate", "x509"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// clock compares the Date header with our clock. A difference is no fault: windows begin and end by the setting settle.
func (p *ping) clock() connector.Step {
	date, err := http.ParseTime(p.seen.date)
	if err != nil {
		return connector.Step{Step: "clock", State: connector.StepSkipped, Message: "JAGGAER did not tell its time"}
	}
	skew := p.i.now().Sub(date)
	if skew.Abs() > p.i.opts.settle {
		return connector.Step{Step: "clock", State: connector.StepWarning, Flows: []string{},
			Message: fmt.Sprintf("our clock and JAGGAER's differ by %s", skew.Abs().Round(time.Second)),
			Hint:    "Set this machine's clock (NTP), or make the setting settle longer than the difference."}
	}
	return connector.Step{Step: "clock", State: connector.StepOK, Message: "our clock and JAGGAER's agree"}
}
