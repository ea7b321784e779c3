package peoplesoft

import (
	"path"
	"slices"
	"strings"

	connector "ml-connector"
)

// plan is what a ping tries for the enabled Flows.
type plan struct {
	queries    []queryNeed
	operations []operationNeed
}

// queryNeed is a query that Flows need; without says what is lost when a Flow can do without it, "" when it can't.
type queryNeed struct {
	entity  entity
	flows   []string
	without string
}

func (q queryNeed) step() string { return "query:" + q.entity.spec.name }

// operationNeed is a service that writes need; path is where its description is, "" when it has none.
type operationNeed struct {
	name  string
	path  string
	flows []string
}

func (o operationNeed) step() string { return "operation:" + o.name }

func (p plan) names() []string {
	var out []string
	for _, q := range p.queries {
		out = append(out, q.step())
	}
	for _, o := range p.operations {
		out = append(out, o.step())
	}
	return out
}

// plan lists what the needs come to, each query and service once.
func (i *Instance) plan(needs []connector.Need) plan {
	var p plan
	for _, n := range needs {
		if n.Kind != connector.Supplier && n.Kind != connector.GLAccount && i.profile.queries[entBU].name != "" {
			p.query(i.entity(entBU), n.Flow, "a business unit that does not exist is not noticed: nothing is read for it")
		}
		if n.Reads {
			i.planRead(&p, n)
		}
		if n.Writes {
			i.planWrite(&p, n)
		}
	}
	return p
}

func (i *Instance) planRead(p *plan, n connector.Need) {
	query := func(name, without string) { p.query(i.entity(name), n.Flow, without) }
	switch n.Kind {
	case connector.Supplier:
		query(entVendor, "")
		query(entVendorByID, "")
		for _, l := range vendorLists() {
			if i.profile.lists[l.flag] {
				query(l.entity, "")
			}
		}
	case connector.GLAccount:
		query(entAccount, "")
		query(entAccountByID, "an account that a record waits for is found by reading all of them, at most once an hour")
		for _, e := range i.accountEntities()[1:] {
			p.query(e, n.Flow, "")
		}
	case connector.Requisition:
		query(entReq, "")
	case connector.PurchaseOrder:
		query(entPO, "")
	case connector.Invoice:
		query(entVoucher, "")
	case connector.GoodsReceipt:
		query(entReceipt, "")
	case connector.InvoicePayment:
		query(entPayments, "")
	}
}

func (i *Instance) planWrite(p *plan, n connector.Need) {
	query := func(name, without string) { p.query(i.entity(name), n.Flow, without) }
	switch n.Kind {
	case connector.Supplier:
		query(entVendor, "")
		query(entVendorByExt, "")
		query(entVendorByID, "")
		p.operation(i.describe(i.component(n.Kind)), n.Flow)
	case connector.PurchaseOrder:
		query(entPOByRef, "")
		without := "what people change in a delivered order is not noticed"
		if p := i.profile.po; p.canUpdate || p.canCancel || p.canClose || p.requireDispatched {
			without = ""
		}
		query(entPOByID, without)
		p.operation(i.describe(i.component(n.Kind)), n.Flow)
	case connector.Invoice:
		query(entVchrByID, "")
		query(entVchrByInv, "")
		query(entVchrPreedit, "")
		query(entVchrStage, "")
		query(entPayment, "what is paid can't be told")
		i.planBeside(p, n.Flow)
		p.operation(i.describe(i.component(n.Kind)), n.Flow)
	}
}

// planBeside are the lists that are read beside vouchers, where the profile says so.
func (i *Instance) planBeside(p *plan, flow string) {
	if i.profile.receipts {
		p.query(i.entity(entReceipt), flow, "receipts are not kept beside their orders")
	}
	if i.profile.payments {
		p.query(i.entity(entPayments), flow, "only payments of vouchers that are followed are kept")
	}
}

// describe gives the service that a document is written through: its WSDL, the schema of its message, or nothing for REST.
func (i *Instance) describe(c component) operationNeed {
	switch c.transport {
	case restTransport:
		return operationNeed{name: "CIRT_" + c.ci}
	case customTransport:
		return operationNeed{name: strings.Trim(i.profile.customREST[c.doc].url, "/")}
	case messageTransport:
		operation := i.profile.voucher.operation
		if c.kind == connector.Supplier {
			operation = i.profile.vendor.operation
		}
		name, version, _ := strings.Cut(operation, ".")
		if version == "" {
			version = "VERSION_1"
		}
		return operationNeed{name: name, path: i.serviceConnector(c.ci) + "?Operation=GetSchema&xsd=" + escape(name+"."+version)}
	}
	return operationNeed{name: "CI_" + c.ci, path: i.serviceConnector(c.ci) + "/CI_" + c.ci + ".1.wsdl"}
}

// serviceConnector is the address below which services are described. Some sites post to that of the WSDL (PEOPLESOFT.md §1.1).
func (i *Instance) serviceConnector(ci string) string {
	p := strings.TrimRight(i.path(i.profile.soapURL, ci, ""), "/")
	if strings.HasSuffix(strings.ToLower(p), ".wsdl") {
		p = path.Dir(p)
	}
	return p
}

func (p *plan) query(e entity, flow, without string) {
	for n := range p.queries {
		if q := &p.queries[n]; q.entity.spec.name == e.spec.name {
			q.flows = addOnce(q.flows, flow)
			if without == "" {
				q.without = ""
			}
			return
		}
	}
	p.queries = append(p.queries, queryNeed{e, []string{flow}, without})
}

func (p *plan) operation(o operationNeed, flow string) {
	for n := range p.operations {
		if p.operations[n].name == o.name {
			p.operations[n].flows = addOnce(p.operations[n].flows, flow)
			return
		}
	}
	o.flows = []string{flow}
	p.operations = append(p.operations, o)
}

// addOnce adds a name to a list where it is not there yet.
func addOnce(list []string, name string) []string {
	if slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}
