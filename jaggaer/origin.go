package jaggaer

import (
	"context"
	"net/http"
	"strings"

	connector "ml-connector"
)

// noOrigin is what is lost where the requisitions of orders can't be read.
const noOrigin = "orders come all the same, and their lines do not tell which line of the requisition they were"

// noOriginLines says why po_requisition_lines can do nothing, "" when it can.
func (o options) noOriginLines() string {
	switch e := o.entities[connector.Requisition]; {
	case o.operation(e.operator) == "":
		return "operations." + e.operator + " of the profile is off: set it to rest"
	case e.detail == "none":
		return "entities." + e.name + ".detail of the profile is none, and lists show no lines"
	}
	return ""
}

// originLines gives each line of an order the number of the requisition's line that it came from, where the profile asks for it
// (po_requisition_lines): the order tells it by JAGGAER's own id alone, which only the requisition explains (JAGGAER.md §4.3, §4.4).
// A requisition that can't be had leaves the lines as they are; what concerns more than it is an error.
func (i *Instance) originLines(ctx context.Context, e entity, order map[string]any, patient bool) error {
	r := i.opts.entities[connector.Requisition]
	id := strings.TrimSpace(plainText(member(headerOf(e, order), "requisitionId")))
	lines := objects(member(order, "lineList.purchaseOrderLine"))
	if !i.opts.profile.bool("po_requisition_lines") || id == "" || len(lines) == 0 || i.opts.noOriginLines() != "" {
		return nil
	}
	c := call{op: "read " + r.name, method: http.MethodGet, url: i.address(r, id), resource: r.path, patient: patient, timeout: i.opts.profile.seconds("rest", "detail_timeout_s")}
	numbers := map[string]string{}
	err := i.read(ctx, c, func(resp *connector.Response) error {
		requisition, fault := i.takeDetail(c, r, id, resp)
		if fault != nil && fault.single {
			return nil
		}
		if fault != nil {
			return fault.Error
		}
		for _, line := range objects(member(requisition, "lineList.requisitionLine")) {
			numbers[plainText(line["lineId"])] = plainText(line["lineNumber"])
		}
		return nil
	})
	switch connector.CodeOf(err) {
	case "":
	case connector.Forbidden, connector.Misconfigured: // of requisitions, and no reason to read no orders
		return nil
	default:
		return err
	}
	for _, line := range lines {
		if n := numbers[plainText(line["requisitionLineId"])]; n != "" {
			line["requisitionLineNumber"] = n
		}
	}
	return nil
}
