package peoplesoft

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	connector "ml-connector"
)

// part is one query over one SETID or business unit; a read goes through its parts one after the other.
type part struct {
	entity entity
	place  string // SETID or business unit
	key    string // the column of the key that AFTER_… speaks of
	build  func(place string, e entity, rows []row) (connector.Version, error)
}

// bookmark is what Page.Next holds.
type bookmark struct {
	Part  int    `json:"part"`
	After string `json:"after"`
	Keys  int    `json:"keys,omitempty"` // of a read by keys: how many are done
}

// earliest is the FROM_DT of a read of the whole.
var earliest = time.Date(1900, 1, 1, 12, 0, 0, 0, time.UTC)

// Read gives one page: what one query answered, or what a few keys gave.
func (i *Instance) Read(ctx context.Context, q connector.Query) (connector.Page, error) {
	var at bookmark
	if q.After != "" {
		if err := json.Unmarshal([]byte(q.After), &at); err != nil || at.Part < 0 || at.Keys < 0 {
			return connector.Page{}, connector.Errorf(connector.Internal, "read "+string(q.Kind), "%q is not the end of a page", clip(q.After, 60))
		}
	}
	if q.Keys != nil {
		return i.readKeys(ctx, q, at)
	}
	parts, err := i.parts(q.Kind)
	if err != nil {
		return connector.Page{}, err
	}
	if at.Part >= len(parts) {
		return connector.Page{}, nil
	}
	from := q.From
	if i.delta(parts[at.Part].entity.name) == "" {
		from = time.Time{}
	}
	docs, last, err := i.readPage(ctx, parts[at.Part], at.After, from)
	if err != nil {
		return connector.Page{}, err
	}
	page := i.versions(parts[at.Part], docs, q)
	page.Notes = i.notes.take()
	if q.Kind == connector.Supplier {
		if err := i.withLists(ctx, parts[at.Part].place, at.After, page.Versions); err != nil {
			return connector.Page{}, err
		}
	}
	next := bookmark{Part: at.Part, After: last}
	if len(docs) == 0 {
		next = bookmark{Part: at.Part + 1}
	}
	if next.Part < len(parts) {
		page.Next = next.String()
	}
	return page, nil
}

// String is the text of a bookmark.
func (b bookmark) String() string {
	text, err := json.Marshal(b)
	if err != nil {
		panic("a bookmark cannot be written as JSON: " + err.Error())
	}
	return string(text)
}

// parts lists the queries that a whole read of a Kind takes, in their order.
func (i *Instance) parts(k connector.Kind) ([]part, error) {
	var out []part
	switch k {
	case connector.Supplier:
		for _, setid := range i.config.setids {
			out = append(out, part{i.entity(entVendor), setid, "A.VENDOR_ID", i.supplier})
		}
	case connector.GLAccount:
		for _, e := range i.accountEntities() {
			for _, setid := range i.config.setids {
				out = append(out, part{e, setid, "A." + e.columns[1].name, i.account})
			}
		}
	case connector.Requisition, connector.PurchaseOrder, connector.GoodsReceipt, connector.Invoice, connector.InvoicePayment:
		if len(i.config.units) == 0 {
			return nil, connector.Errorf(connector.Misconfigured, "read "+string(k), "the setting business_units names none").Advise("Name the business units whose documents are read.")
		}
		for _, unit := range i.config.units {
			switch k {
			case connector.Requisition:
				out = append(out, part{i.entity(entReq), unit, "A.REQ_ID", i.requisition})
			case connector.PurchaseOrder:
				out = append(out, part{i.entity(entPO), unit, "A.PO_ID", i.order})
			case connector.GoodsReceipt:
				out = append(out, part{i.entity(entReceipt), unit, "A.RECEIVER_ID", i.receipt})
			case connector.InvoicePayment:
				out = append(out, part{i.entity(entPayments), unit, "A.VOUCHER_ID", i.payment})
			default:
				out = append(out, part{i.entity(entVoucher), unit, "A.VOUCHER_ID", i.voucher})
			}
		}
	default:
		return nil, connector.Errorf(connector.Invalid, "read "+string(k), "PeopleSoft has no such records here")
	}
	return out, nil
}

// values are the prompts of a part's query in their order.
func (i *Instance) values(p part, after string, from time.Time) []string {
	if after == "" {
		after = i.profile.firstKey
	}
	if from.IsZero() {
		from = earliest
	}
	out := make([]string, len(p.entity.prompts))
	for n, name := range p.entity.prompts {
		switch {
		case name == "FROM_DT":
			out[n] = i.day(from)
		case name == "ASOF":
			out[n] = i.day(i.now())
		case strings.HasPrefix(name, "AFTER_"):
			out[n] = after
		default:
			out[n] = p.place
		}
	}
	return out
}

// day is the base zone's date of an instant, as prompts take it.
func (i *Instance) day(t time.Time) string { return t.In(i.config.zone).Format(i.profile.dateLayout) }

// versions turns documents into Versions, without those that changed outside the window.
func (i *Instance) versions(p part, docs []document, q connector.Query) connector.Page {
	var page connector.Page
	for _, d := range docs {
		v, problem := i.version(p, d)
		if problem != nil {
			page.Problems = append(page.Problems, *problem)
			continue
		}
		if i.delta(p.entity.name) != "" && !i.inWindow(&v, q) {
			continue
		}
		page.Versions = append(page.Versions, v)
	}
	return page
}

func (i *Instance) version(p part, d document) (connector.Version, *connector.Problem) {
	fail := func(id string, err *connector.Error) (connector.Version, *connector.Problem) {
		err.Exchange = d.exchange
		return connector.Version{}, &connector.Problem{ID: id, Err: err}
	}
	v, err := p.build(p.place, p.entity, d.rows)
	op := "read " + p.entity.spec.name
	switch {
	case d.err != nil:
		return fail(v.ID, connector.Errorf(connector.Invalid, op, "%s", d.err.Error()).
			Advise("Say in the profile, under query.%s.fields, which key of the query's answer is meant.", entityOf(p.entity.name)))
	case err != nil:
		return fail(v.ID, connector.Errorf(connector.Invalid, op, "%s", err.Error()))
	case d.cut:
		return fail(v.ID, connector.Errorf(connector.Invalid, op, "the document came with %d rows, exactly as many as PeopleSoft gives at most: its end may be missing", len(d.rows)).
			Advise("Ask the PeopleSoft security administrator to raise the most rows that a query may fetch for this user (Query Profile), then read it again."))
	}
	return v, nil
}

// inWindow says whether a Version changed in [From, To). What has no time of change that can be read counts as inside, and
// so does a local time of which either reading is (FLOWS.md, PEOPLESOFT.md §7.7). A mere date is a whole day.
func (i *Instance) inWindow(v *connector.Version, q connector.Query) bool {
	times := readings(v.Stamp, i.profile.stampLayout, i.config.zone)
	if len(times) == 0 {
		return true
	}
	if len(strings.TrimSpace(v.Stamp)) == len(time.DateOnly) {
		v.Changed = times[0]
		return q.From.IsZero() || times[0].AddDate(0, 0, 1).After(q.From)
	}
	at, ok := inside(times, q.From, q.To)
	v.Changed = at
	return ok
}

// numbers leaves out what is blank or said already.
func numbers(list ...string) []string {
	var out []string
	seen := map[string]bool{}
	for _, n := range list {
		if n != "" && !seen[n] {
			out = append(out, n)
			seen[n] = true
		}
	}
	return out
}

// needKey refuses a document that has no key.
func needKey(name, value string) error {
	if value == "" {
		return fmt.Errorf("the query gave a row without %s", name)
	}
	return nil
}
