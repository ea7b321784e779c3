package peoplesoft

import (
	"slices"
	"testing"

	connector "ml-connector"
)

// What comes before a document in one purchase is told by its Version, each once.
func TestVersionsNameWhatComesBefore(t *testing.T) {
	t.Parallel()
	i := open(t, always(200, "text/plain", ""))
	order := func(distribution, unit, req string) row {
		return row{"A.BUSINESS_UNIT": "US001", "A.PO_ID": "0000004711", "B.LINE_NBR": "1", "C.SCHED_NBR": "1", "D.DISTRIB_LINE_NUM": distribution, "D.BUSINESS_UNIT_REQ": unit, "D.REQ_ID": req}
	}
	voucher := func(line, unit, po string) row {
		return row{"A.BUSINESS_UNIT": "US001", "A.VOUCHER_ID": "J0000007", "B.VOUCHER_LINE_NUM": line, "B.BUSINESS_UNIT_PO": unit, "B.PO_ID": po}
	}
	for name, row := range map[string]struct {
		build  func(string, entity, []row) (connector.Version, error)
		entity string
		rows   []row
		want   []string
	}{
		"an order names the requisitions of its distributions": {i.order, entPO, []row{order("1", "US002", "0000001234"), order("2", "US002", "0000001234"), order("3", "", "0000001235")},
			[]string{"requisition US002/0000001234", "requisition US001/0000001235"}},
		"an order without a requisition names none": {i.order, entPO, []row{order("1", "", "")}, nil},
		"a voucher names the orders of its lines": {i.voucher, entVoucher, []row{voucher("1", "US001", "0000004711"), voucher("2", "US001", "0000004711"), voucher("3", "US002", "0000004711"), voucher("4", "", "")},
			[]string{"purchase_order US001/0000004711", "purchase_order US002/0000004711"}},
		"a voucher that is read without its lines names none": {i.voucher, entVchrByID, []row{{"A.VOUCHER_ID": "J0000007"}}, nil},
	} {
		v, err := row.build("US001", i.entity(row.entity), row.rows)
		var got []string
		for _, ref := range v.Names {
			got = append(got, string(ref.Kind)+" "+ref.ID())
		}
		if err != nil || !slices.Equal(got, row.want) {
			t.Errorf("%s: it names %v, not %v (%v)", name, got, row.want, err)
		}
	}
}
