package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/store"
)

func (p *program) deliveryCommand() *cobra.Command {
	return group("delivery", "What is to be brought where", p.deliveryList(), p.deliveryShow(), p.deliveryReplay(), p.deliveryApprove(), p.deliverySkip(), p.deliveryResolve(),
		p.deliveryAssign(), p.deliveryNote())
}

func (p *program) deliveryList() *cobra.Command {
	var f store.DeliveryFilter
	var state string
	c := &cobra.Command{Use: "list", Short: "List deliveries", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		var err error
		if f.State, err = stateOf(state); err != nil {
			return err
		}
		if p.server == "" { // the server knows who asks it
			f.Assigned = app.Meant(f.Assigned, p.actor())
		}
		return p.act(c.Context(), func(a verbs) error {
			rows := func(fn func(app.Delivery) error) error { return a.EachDelivery(c.Context(), f, fn) }
			table := view[app.Delivery]{[]string{"id", "flow", "record", "version", "state", "why", "target", "updated"}, func(d app.Delivery) []string {
				why := ""
				switch {
				case d.State == connector.Blocked && len(d.BlockedOn) > 0:
					why = "waits for " + d.BlockedOn[0].Reason
				case d.Error != nil:
					why = string(d.Error.Code) + ": " + d.Error.Message
				case d.Life != nil:
					why = string(d.Life.Stage)
				}
				return []string{fmt.Sprint(d.ID), d.Flow, d.Record.Connection + " " + d.Record.ID, fmt.Sprint(d.Version), string(d.State), why, d.Target.ID, timeOf(&d.UpdatedAt)}
			}}
			return listAs(p, rows, table, deliveryFields())
		})
	}}
	c.Flags().StringVar(&state, "state", "", "only in this state")
	c.Flags().StringVar(&f.Flow, "flow", "", "only of this flow")
	c.Flags().StringVar(&f.Search, "search", "", "an id or number, or a part of id, number, title or error")
	c.Flags().Int64Var(&f.Run, "run", 0, "only of this run")
	c.Flags().StringVar(&f.Assigned, "assigned", "", "only what this person sees to; me is you")
	p.limitFlag(c)
	return c
}

// deliveryFields are a Delivery's columns for programs: those of its JSON, one field each.
func deliveryFields() view[app.Delivery] {
	return view[app.Delivery]{[]string{"id", "flow", "record_connection", "record_kind", "record_id", "version", "state", "attempts", "error_code", "error_message",
		"error_hint", "error_op", "life_stage", "life_reason", "life_at", "target_connection", "target_id", "blocked_on", "updated_at"},
		func(d app.Delivery) []string {
			var fault app.Error
			if d.Error != nil {
				fault = *d.Error
			}
			var life connector.Life
			if d.Life != nil {
				life = *d.Life
			}
			var on []string
			for _, b := range d.BlockedOn {
				on = append(on, fmt.Sprintf("%s:%s:%s", b.Connection, b.Kind, b.ID))
			}
			return []string{fmt.Sprint(d.ID), d.Flow, d.Record.Connection, string(d.Kind), d.Record.ID, fmt.Sprint(d.Version), string(d.State), fmt.Sprint(d.Attempts),
				string(fault.Code), fault.Message, fault.Hint, fault.Op, string(life.Stage), life.Reason, timeOf(&life.At), d.Target.Connection, d.Target.ID,
				strings.Join(on, "; "), timeOf(&d.UpdatedAt)}
		}}
}

func stateOf(text string) (connector.State, error) {
	s := connector.State(text)
	if text == "" || slices.Contains(connector.States(), s) {
		return s, nil
	}
	var known []string
	for _, k := range connector.States() {
		known = append(known, string(k))
	}
	return "", connector.Errorf(connector.Invalid, "read the command line", "%q is no state", text).Advise("States are %s.", strings.Join(known, ", "))
}

func deliveryID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, connector.Errorf(connector.Invalid, "read the command line", "%q is no delivery", text).
			Advise("A delivery is a number; `ml-connector delivery list` shows them.")
	}
	return id, nil
}

func (p *program) deliveryShow() *cobra.Command {
	return p.onNamed("show ID", "Show a delivery: what was sent, what was said, what happened", func(c *cobra.Command, a verbs, text string) error {
		id, err := deliveryID(text)
		if err != nil {
			return err
		}
		d, err := a.Delivery(c.Context(), id, p.actor())
		if err != nil {
			return err
		}
		if p.format == "json" {
			return p.object(d)
		}
		pairs := []string{"delivery", fmt.Sprint(d.ID), "flow", d.Flow, "record", fmt.Sprintf("%s:%s:%s", d.Record.Connection, d.Kind, d.Record.ID),
			"version", fmt.Sprint(d.Version), "state", deliveryWords(d.Delivery), "attempts", fmt.Sprint(d.Attempts), "due", timeOf(d.DueAt), "sent", timeOf(d.SentAt)}
		if d.Life != nil && d.Life.Stage != "" {
			pairs = append(pairs, "life", lifeWords(*d.Life))
		}
		if d.Error != nil {
			pairs = append(pairs, "error", string(d.Error.Code)+", "+d.Error.Op, "what to do", d.Error.Hint)
		}
		for _, b := range d.BlockedOn {
			pairs = append(pairs, "waits for", b.Reason)
		}
		if d.Assigned != "" {
			pairs = append(pairs, "seen to by", d.Assigned)
		}
		for _, n := range d.Notes {
			pairs = append(pairs, "note", fmt.Sprintf("%s %s: %s", timeOf(&n.At), n.By, n.Text))
		}
		for _, x := range d.Exchanges {
			said := fmt.Sprintf("HTTP %d", x.Status)
			if x.Failure != "" {
				said = x.Failure
			}
			pairs = append(pairs, "exchange "+x.ID, fmt.Sprintf("%s %s %s: %s, %d ms", timeOf(&x.StartedAt), x.Method, x.Op, said, x.TookMS))
		}
		if err := p.facts(pairs...); err != nil || p.format == "csv" {
			return err
		}
		p.print("")
		return p.printEntries(of(d.History))
	})
}

// lifeWords say where an object is at its target, since when, and what the target says of it.
func lifeWords(l connector.Life) string {
	out := string(l.Stage) + " since " + timeOf(&l.At)
	if l.Reason != "" {
		out += ": " + l.Reason
	}
	return out
}

func (p *program) deliveryReplay() *cobra.Command {
	var o app.ReplayOptions
	var state string
	c := &cobra.Command{
		Use:   "replay ID… | --state held [--flow FLOW]",
		Short: "Try held, blocked or skipped deliveries again",
		Args:  idsOrState(&state),
		RunE: func(c *cobra.Command, args []string) error {
			return p.choose(c, &o, state, args, func(a verbs) error {
				done, err := a.Replay(c.Context(), o, p.actor())
				if err != nil {
					return err
				}
				return p.replayed(done, "replayed")
			})
		},
	}
	c.Flags().StringVar(&state, "state", "", "all in this state: held, blocked or skipped")
	c.Flags().StringVar(&o.Flow, "flow", "", "with --state, only of this flow")
	c.Flags().BoolVar(&o.Create, "create", false, "create it even where something of the same name exists")
	c.Flags().DurationVar(&o.Wait, "wait", 5*time.Minute, "how long to wait for what becomes of them; 0s = not at all")
	return c
}

// replayed says what became of what was let go on.
func (p *program) replayed(done app.Replayed, word string) error {
	p.status = done.ExitStatus()
	if p.format == "json" {
		return p.object(done)
	}
	p.say("%d %s", done.Replayed, word)
	for _, s := range done.Stands {
		p.say("%s", s)
	}
	if done.Passed > 0 {
		p.say("%d passed over: a newer version came, they changed meanwhile, or somebody else has to say it", done.Passed)
	}
	for _, s := range slices.Sorted(maps.Keys(done.States)) {
		p.print(fmt.Sprintf("%s %d", s, done.States[s]))
	}
	return nil
}

func (p *program) deliveryApprove() *cobra.Command {
	var o app.ReplayOptions
	var state string
	c := &cobra.Command{
		Use:   "approve ID… | --state held [--flow FLOW]",
		Short: "Let go on what waits for a second person, such as changed bank details",
		Args:  idsOrState(&state),
		RunE: func(c *cobra.Command, args []string) error {
			return p.choose(c, &o, state, args, func(a verbs) error {
				done, err := a.Approve(c.Context(), o, p.actor())
				if err != nil {
					return err
				}
				return p.replayed(done, "approved")
			})
		},
	}
	c.Flags().StringVar(&state, "state", "", "held: all that wait for a second person, but for those that you may not approve")
	c.Flags().StringVar(&o.Flow, "flow", "", "with --state, only of this flow")
	c.Flags().DurationVar(&o.Wait, "wait", 5*time.Minute, "how long to wait for what becomes of them; 0s = not at all")
	return c
}

// idsOrState takes either IDs or --state.
func idsOrState(state *string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if (len(args) > 0) == (*state != "") {
			return fmt.Errorf("give delivery IDs, or --state")
		}
		return nil
	}
}

// choose reads which Deliveries are meant, and does it.
func (p *program) choose(c *cobra.Command, o *app.ReplayOptions, state string, args []string, do func(verbs) error) error {
	for _, text := range args {
		id, err := deliveryID(text)
		if err != nil {
			return err
		}
		o.IDs = append(o.IDs, id)
	}
	var err error
	if o.State, err = stateOf(state); err != nil {
		return err
	}
	return p.act(c.Context(), func(a verbs) error {
		p.watch()
		return do(a)
	})
}

func (p *program) deliverySkip() *cobra.Command {
	var reason string
	c := p.onNamed("skip ID --reason TEXT", "Settle a delivery without delivering it", func(c *cobra.Command, a verbs, text string) error {
		id, err := deliveryID(text)
		if err != nil {
			return err
		}
		return a.Skip(c.Context(), id, reason, p.actor())
	})
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the ledger")
	return c
}

func (p *program) deliveryResolve() *cobra.Command {
	var target, reason string
	var notSent, unchecked bool
	c := p.onNamed("resolve ID --delivered TARGET-ID | --not-sent --reason TEXT", "End a doubt by hand", func(c *cobra.Command, a verbs, text string) error {
		id, err := deliveryID(text)
		if err != nil {
			return err
		}
		if (target == "") != notSent {
			return connector.Errorf(connector.Invalid, "read the command line", "give either --delivered TARGET-ID or --not-sent")
		}
		return a.Resolve(c.Context(), id, target, reason, unchecked, p.actor())
	})
	c.Flags().StringVar(&target, "delivered", "", "it is there, under this ID")
	c.Flags().BoolVar(&unchecked, "unchecked", false, "take the ID of --delivered without looking it up at the target")
	c.Flags().BoolVar(&notSent, "not-sent", false, "it surely is not there: it is sent again")
	c.Flags().StringVar(&reason, "reason", "", "how you know; it is kept in the ledger")
	return c
}
