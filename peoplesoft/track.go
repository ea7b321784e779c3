package peoplesoft

import (
	"context"
	"fmt"
	"strings"

	connector "ml-connector"
)

// Track tells where a voucher is: sent, staged, recycled (pre-edit errors too), built, posted, paid, or lost when it is
// nowhere after the profile's `voucher.stage_timeout` (PEOPLESOFT.md §4.3).
func (i *Instance) Track(ctx context.Context, t connector.Track) (connector.Life, error) {
	unit, id, ok := strings.Cut(t.ID, "/")
	if t.Kind != connector.Invoice || !ok || unit == "" || id == "" {
		return connector.Life{}, connector.Errorf(connector.Invalid, "track "+string(t.Kind), "PeopleSoft tells the life of vouchers only, by BUSINESS_UNIT/VOUCHER_ID, not of %q", clip(t.ID, 60))
	}
	if life, there, err := i.builtLife(ctx, unit, id); err != nil || there {
		return life, err
	}
	staged, err := i.stagedVoucher(ctx, unit, id)
	if err != nil {
		return connector.Life{}, err
	}
	if len(staged) > 0 {
		return *staged[0].Life, nil
	}
	// The build may have moved it between the two questions.
	if life, there, err := i.builtLife(ctx, unit, id); err != nil || there {
		return life, err
	}
	if wait := i.profile.voucher.stageTimeout; !t.Sent.IsZero() && i.now().Sub(t.Sent) > wait {
		return connector.Life{Stage: connector.StageLost, At: i.now(),
			Reason: fmt.Sprintf("PeopleSoft accepted it, but it is nowhere after %s: not built, not waiting, not in error. The Service Operations Monitor shows what became of the message", wait)}, nil
	}
	return connector.Life{Stage: connector.StageSent, Reason: "accepted by the gateway, not in the staging tables yet", At: i.now()}, nil
}

// builtLife is the life of a voucher that is built.
func (i *Instance) builtLife(ctx context.Context, unit, id string) (life connector.Life, there bool, err error) {
	rows, err := i.ask(ctx, i.entity(entVchrByID), unit, id)
	if err != nil || len(rows) == 0 {
		return connector.Life{}, false, err
	}
	life = i.voucherLife(rows[0])
	if life.Stage != connector.StageBuilt && life.Stage != connector.StagePosted {
		return life, true, nil
	}
	payments, err := i.ask(ctx, i.entity(entPayment), unit, id)
	switch connector.CodeOf(err) {
	case "":
	case connector.Misconfigured, connector.Forbidden:
		life.Reason = strings.TrimPrefix(life.Reason+"; payments can't be read: "+connector.AsError(err).Message, "; ")
		return life, true, nil
	default:
		return connector.Life{}, false, err
	}
	life.Beside = i.paymentsBeside(unit, id, payments)
	paid, reason := paidBy(payments)
	if paid != nil {
		life.Stage, life.Reason, life.Payment = connector.StagePaid, "", paid
	}
	if reason != "" {
		life.Reason = strings.TrimPrefix(life.Reason+"; "+reason, "; ")
	}
	return life, true, nil
}

// voucherLife judges the header of a voucher. A status that is not known counts as built: customers add values.
func (i *Instance) voucherLife(r row) connector.Life {
	life := connector.Life{Stage: connector.StageBuilt, At: i.now(), Number: r["A.VOUCHER_ID"]}
	switch {
	case r["A.ENTRY_STATUS"] == "R":
		life.Stage, life.Reason = connector.StageRecycled, i.reason("", r)
		return life
	case r["A.ENTRY_STATUS"] == "X":
		life.Stage, life.Reason = connector.StageRecycled, "was deleted in PeopleSoft"
		return life
	case r["A.POST_STATUS_AP"] == "P":
		life.Stage = connector.StagePosted
	}
	var said []string
	for _, text := range []string{matchWords[r["A.MATCH_STATUS_VCHR"]], approvalWords[r["A.APPR_STATUS"]], closeWords[r["A.CLOSE_STATUS"]]} {
		if text != "" {
			said = append(said, text)
		}
	}
	life.Reason = strings.Join(said, "; ")
	return life
}

// What the statuses of matching, approval and closing mean (PEOPLESOFT.md §3.6); others say nothing that a person could use.
var (
	matchWords = map[string]string{"T": "is not matched yet", "M": "is matched", "E": "has match exceptions", "D": "has match exceptions, in dispute",
		"O": "its match exceptions were overridden", "C": "its match exceptions were overridden by a credit note"}
	approvalWords = map[string]string{"P": "waits for approval", "A": "is approved", "D": "its approval was denied"}
	closeWords    = map[string]string{"C": "is closed"}
)

// reason is what the profile's `voucher.error_fields` hold (PEOPLESOFT.md §9), after what the stage alone does not say.
func (i *Instance) reason(what string, r row) string {
	if what != "" {
		what += ": "
	}
	var said []string
	for _, f := range i.profile.voucher.errorFields {
		alias, field := qualified(f)
		v := strings.TrimSpace(r[alias+"."+field])
		switch {
		case v == "":
		case field == "DUP_INVOICE_STATUS":
			if v != "N" {
				said = append(said, "duplicate invoice check: "+v)
			}
		default:
			said = append(said, v)
		}
	}
	if len(said) == 0 {
		return what + "see Build Error Detail in PeopleSoft"
	}
	return what + clip(strings.Join(said, "; "), 500)
}
