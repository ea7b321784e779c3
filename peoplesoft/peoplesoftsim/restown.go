package peoplesoftsim

import (
	"fmt"
	"net/http"
	"strings"
)

// Services that a customer built itself (PEOPLESOFT.md §4.4, custom_rest): POST enters a document, PUT changes one. They find the
// document by its record's name, and answer {"Response":{"Status":"OK",…keys}} or {"Response":{"Status":"ERROR","Message":[…]}},
// always with HTTP 200.

// ownService is the customer's service of an alias: po, vendor, voucher, or nothing.
func (s *Server) ownService(alias string) string {
	site := s.options.Site
	switch {
	case alias == "":
	case alias == site.VoucherREST:
		return "voucher"
	case alias == site.OrderREST:
		return "po"
	case alias == site.VendorREST:
		return "vendor"
	}
	return ""
}

func (s *Server) restOwn(q *request, alias string) *answer {
	if q.Method != http.MethodPost && q.Method != http.MethodPut {
		return noRouting(0)
	}
	if t := s.signOn(q, s.bearerToken(q), s.psToken(q), s.basic(q)); t != nil {
		return s.refuse(q, t, 0)
	}
	if t := s.may(q.user, alias); t != nil {
		return s.refuse(q, t, 0)
	}
	root, err := readJSON(q.body, "Request")
	if err != nil {
		return s.refuse(q, refusal(159, 5, "JSON parser error: %v", err), http.StatusBadRequest)
	}
	switch s.ownService(alias) {
	case "po":
		return s.ownComponent(q, root, s.components["JGR_PO_CI"])
	case "vendor":
		return s.ownComponent(q, root, s.components["JGR_VNDR_CI"])
	}
	return s.ownVoucher(q, root)
}

func ownRefusal(messages ...string) *answer {
	for i, m := range messages {
		messages[i] = quote(m)
	}
	return reply(http.StatusOK, "application/json", `{"Response":{"Status":"ERROR","Message":[`+strings.Join(messages, ",")+`]}}`)
}

func ownSuccess(pairs ...string) *answer {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, ",%s:%s", quote(pairs[i]), quote(pairs[i+1]))
	}
	return reply(http.StatusOK, "application/json", `{"Response":{"Status":"OK"`+b.String()+`}}`)
}

// ownComponent enters or changes an order or a vendor through its page.
func (s *Server) ownComponent(q *request, root *element, c *component) *answer {
	from := root.descend(c.root.name)
	if from == nil {
		return ownRefusal("No " + c.root.name + " (20001,1)")
	}
	verb := "create"
	if q.Method == http.MethodPut {
		verb = "update"
	}
	prefixes := s.options.Site.Prefixes
	s.options.Site.Prefixes = Prefixes{} // its own services spell the records' names
	defer func() { s.options.Site.Prefixes = prefixes }()
	o, t := s.call(q, c, verb, s.ordered(c.root, from))
	if t != nil {
		return ownRefusal(t.String())
	}
	if !o.saved {
		var said []string
		for _, m := range o.messages {
			said = append(said, m.text)
		}
		return ownRefusal(said...)
	}
	var pairs []string
	for _, k := range c.root.keys {
		pairs = append(pairs, k, o.keys[0].Get(k))
	}
	return ownSuccess(pairs...)
}

// ownVoucher stages the voucher that it finds where the site's staging shape has it.
func (s *Server) ownVoucher(q *request, root *element) *answer {
	at := root
	for _, step := range strings.Split(s.options.Site.StagingShape, "/") {
		if step != "" {
			at = at.child(step)
		}
	}
	if at == nil {
		return ownRefusal("The request has not the shape " + s.options.Site.StagingShape + " (20001,2)")
	}
	header := at.descend(s.voucher.name)
	if header == nil {
		return ownRefusal("No voucher (20001,1)")
	}
	v, t := s.readRecord(s.voucher, header, nil, nil)
	if t != nil {
		return ownRefusal(t.String())
	}
	s.acceptVoucher(v)
	if k := voucherKey(v); s.staged.get(k) != nil || s.preedit.get(k) != nil || s.vouchers.get(k) != nil {
		return ownRefusal("Row already exists with the specified keys. (18,2)")
	}
	s.stage(v)
	return ownSuccess("BUSINESS_UNIT", v.Get("BUSINESS_UNIT"), "VOUCHER_ID", v.Get("VOUCHER_ID"))
}
