package simulation

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	connector "ml-connector"
)

// What a telling says, and whether it was taken, in both forms that it goes in.
var (
	toldFields = regexp.MustCompile(`(?i)["<](voucherNumber|paymentStatus|paymentNumber)(?:":|>)\s*"?([^"<,}]*)`)
	taken      = regexp.MustCompile(`"returnCode":\s*"?[01]\b|<StatusCode>\s*200\s*<`)
)

// isTelling says whether a call tells the source what became of a record.
func isTelling(q connector.Request) bool {
	return q.Write && (q.Op == "tell of a payment" || q.Op == "import payment")
}

// telling sees that the source is about to be told what became of a record. It must be so, and not told already, unless a process
// ended or stood still since, or the database was away: nobody may know then that it was told.
func (w *witness) telling(by wire, q connector.Request, x *connector.Exchange, d connector.Delivery) {
	var said []string
	number := ""
	for _, m := range toldFields.FindAllStringSubmatch(string(q.Body), -1) {
		said = append(said, strings.ToLower(m[1])+" "+m[2])
		if strings.EqualFold(m[1], "voucherNumber") {
			number = m[2]
		}
	}
	key := fmt.Sprint(d.Record, " ", strings.Join(said, ", "))
	w.tellings[x.ID] = key
	w.s.count("tellings")
	w.s.tell("%s: %s of %s: %s", by.p.owner, q.Op, d.Record, strings.Join(said, ", "))
	built := false
	for _, v := range w.s.ps.Vouchers() {
		built = built || v.Get("BUSINESS_UNIT")+"/"+v.Get("VOUCHER_ID") == d.Target.ID && v.Get("VOUCHER_ID") == number
	}
	if !built {
		w.s.violateAbout("told", d.Record, "it is told of voucher %q, and there is none", number)
	}
	if troubles, before := w.took[key]; before && troubles == w.troubles() {
		w.s.violateAbout("told", d.Record, "it is told again what it took: %s", strings.Join(said, ", "))
	}
}

// told sees the answer to a telling.
func (w *witness) told(x connector.Exchange, err *connector.Error) {
	if err == nil && x.Status == http.StatusOK && taken.Match(x.ResponseBody) {
		w.s.count("tellings taken")
		w.took[w.tellings[x.ID]] = w.troubles()
	}
}

// troubles counts what may keep a process from knowing what it told.
func (w *witness) troubles() int {
	return w.s.counts["kills"] + w.s.counts["stops"] + w.s.counts["stalls"] + w.s.counts["database: not available"]
}
