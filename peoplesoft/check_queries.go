package peoplesoft

import (
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

// queries runs each query that the enabled Flows need, for one row at most, and looks which columns it has.
func (c *checker) queries() bool {
	for n := range c.plan.queries {
		q := c.plan.queries[n]
		from := c.i.now()
		c.done++
		values := c.i.probe(q.entity)
		r, _, err := c.i.askResult(c.ctx, q.entity, 1, values...)
		if err == nil {
			r, err = c.proven(q.entity, r, values)
		}
		if err == nil && q.entity.name == entBU {
			err = c.units(q, from)
			if err == nil {
				continue
			}
		}
		if err == nil {
			c.columns(q, from, r)
			continue
		}
		s := c.failed(q.step(), from, err, lasting)
		s.Flows = q.flows
		if s.Code == connector.Credentials {
			s.Flows = nil
			return false
		}
		if q.without != "" && (s.Code == connector.Misconfigured || s.Code == connector.Forbidden) {
			s.State, s.Message = connector.StepWarning, s.Message+"; without it "+q.without
		}
	}
	return true
}

// units looks whether PeopleSoft has the business units of the settings. One that it does not have, or that this user may not see,
// gives no rows and no error for ever.
func (c *checker) units(q queryNeed, from time.Time) error {
	there := map[string]bool{}
	for after := c.i.profile.firstKey; ; {
		rows, err := c.i.ask(c.ctx, q.entity, after)
		if err != nil {
			return err
		}
		last := after
		for _, r := range rows {
			last = r["A.BUSINESS_UNIT"]
			there[last] = true
		}
		if len(rows) == 0 || last == after {
			break
		}
		after = last
	}
	var unknown []string
	for _, u := range c.i.config.units {
		if !there[u] {
			unknown = append(unknown, u)
		}
	}
	if len(unknown) == 0 {
		c.add(q.step(), from, connector.StepOK, "").Flows = q.flows
		return nil
	}
	s := c.add(q.step(), from, connector.StepWarning, "PeopleSoft shows this user no business unit "+strings.Join(unknown, ", ")+", so nothing is read for it")
	s.Code, s.Flows = connector.Misconfigured, q.flows
	s.Hint = "Correct the setting business_units, or have the user's row security changed."
	return nil
}

// proven gives an answer that shows which columns a query has. Where one without rows proves nothing, or a date may be missing
// only because it is blank, WEBROWSET is asked once: it names its columns in any case (PEOPLESOFT.md §3.4). A site that refuses
// that form loses this proof alone. The error is that of a needed column that is missing, or of a refused sign-on.
func (c *checker) proven(e entity, r result, values []string) (result, error) {
	if r.columns != nil || c.mute || len(r.rows) > 0 && !slices.ContainsFunc(c.i.absent(e, r), mayBeBlank) {
		return r, nil
	}
	prompts, err := e.prompted(values)
	if err != nil {
		return r, err
	}
	named, exchange, err := c.i.askIn(c.ctx, e, formatWebRowSet, 1, prompts)
	switch {
	case connector.CodeOf(err) == connector.Credentials:
		return r, err
	case err != nil || named.columns == nil:
		c.mute = true
		return r, nil
	}
	if name := e.lacks(named); name != "" {
		return r, badRow(e, missing(e, name), exchange)
	}
	return named, nil
}

// mayBeBlank says whether an answer may leave a column out where its value is null (PEOPLESOFT.md §3.2).
func mayBeBlank(c column) bool { return c.form == formDate || c.form == formStamp }

// absent are the columns that are asked for and that an answer does not show.
func (i *Instance) absent(e entity, r result) []column {
	var out []column
	for _, c := range e.columns {
		if !c.extra && !r.has(c) {
			out = append(out, c)
		}
	}
	return out
}

// columns notes the step of a query that answers. A column that is missing is a warning that says what is lost; a ChartField
// that this site does not keep in step is only told.
func (c *checker) columns(q queryNeed, from time.Time, r result) {
	if r.columns == nil && len(r.rows) == 0 {
		c.add(q.step(), from, connector.StepOK, "it answers; no row came, so its columns could not be proven").Flows = q.flows
		return
	}
	var lost byLoss
	var unused []string
	for _, x := range c.i.absent(q.entity, r) {
		text := c.i.loss(q.entity, x)
		switch {
		case r.columns == nil && mayBeBlank(x):
		case text == "":
			unused = append(unused, x.keys[0])
		default:
			lost.add(text, x.keys[0])
		}
	}
	message := ""
	if len(unused) > 0 {
		message = "has no " + strings.Join(unused, ", ")
	}
	if len(lost.order) == 0 {
		c.add(q.step(), from, connector.StepOK, message).Flows = q.flows
		return
	}
	var said []string
	for _, text := range lost.order {
		said = append(said, "has no "+strings.Join(lost.names[text], ", ")+", so that "+text)
	}
	s := c.add(q.step(), from, connector.StepWarning, "the query "+q.entity.spec.name+" "+strings.Join(said, "; it "))
	s.Code, s.Flows = connector.Misconfigured, q.flows
	s.Hint = "Add the columns to the query (see `connection requirements`), or say in the profile, under query." + entityOf(q.entity.name) + ".fields, what they are called."
}

// probe are prompt values for a query that is only to be tried.
func (i *Instance) probe(e entity) []string {
	place := i.config.setids[0]
	if len(e.prompts) > 0 && e.prompts[0] == "BU" && len(i.config.units) > 0 {
		place = i.config.units[0]
	}
	values := i.values(part{entity: e, place: place}, "", i.now())
	for n, p := range e.prompts {
		if slices.Contains([]string{"VENDOR_ID", "EXT_ID", "ACCOUNT", "PO_ID", "PO_REF", "VOUCHER_ID", "INVOICE_ID"}, p) {
			values[n] = "0"
		}
	}
	return values
}
