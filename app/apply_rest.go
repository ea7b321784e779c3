package app

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

func (p *applying) flows() error {
	have, err := p.a.DB.Flows(p.ctx)
	if err != nil {
		return err
	}
	for _, f := range p.file.Flows {
		at := slices.IndexFunc(have, func(h connector.Flow) bool { return h.Name == f.Name })
		moved := false
		if at < 0 {
			p.note(Change{Action: "add", Subject: "flow:" + f.Name, Details: []string{fmt.Sprintf("%s, %s → %s, %s", f.Kind, f.From, f.To, f.Schedule)}})
		} else {
			changes := connector.Diff(flowDocument(have[at]), flowDocument(f))
			if len(changes) == 0 {
				continue
			}
			details, fields := told(changes)
			p.note(Change{Action: "change", Subject: "flow:" + f.Name, Details: details}, fields...)
			moved = len(changes) == 1 && changes[0].Field == "position"
		}
		if p.tx == nil {
			continue
		}
		if err := p.tx.SaveFlow(f); err != nil {
			return err
		}
		if moved { // another Flow came before it: it does what it did
			continue
		}
		if at >= 0 {
			if err := p.reschedule(have[at], f); err != nil {
				return err
			}
		}
		if err := p.tx.ResumeFlow(f.Name, p.actor); err != nil {
			return err
		}
	}
	return nil
}

// reschedule lets a changed schedule count from now on, and not from when the old one would have been due.
func (p *applying) reschedule(old, now connector.Flow) error {
	if old.Schedule != now.Schedule {
		next, err := engine.NextTime(now.Schedule, p.tx.Now())
		if err != nil {
			return err
		}
		if err := p.tx.SetNextRun(now.Name, next); err != nil {
			return err
		}
	}
	if old.Track == now.Track || now.Track == "" {
		return nil
	}
	next, err := engine.NextTime(now.Track, p.tx.Now())
	if err != nil {
		return err
	}
	return p.tx.SetNextTrack(now.Name, next)
}

// flowDocument is what is configured of a Flow, so that two can be compared. The mapping stands by its fingerprint.
func flowDocument(f connector.Flow) connector.Document {
	d := connector.Document{
		"use": f.Use, "kind": string(f.Kind), "from": f.From, "to": f.To, "position": strconv.Itoa(f.Position), "schedule": f.Schedule,
		"where": f.Where, "drift": string(f.Drift), "withdraw": string(f.Withdraw), "retry_held": strconv.Itoa(f.RetryHeld), "track": f.Track,
		"acknowledge": f.Acknowledge, "deep": f.Deep, "enabled": strconv.FormatBool(f.Enabled),
		"mapping": connector.Document{"text": f.Mapping}.Fingerprint()[:12],
	}
	if f.MaxChanges > 0 {
		d["limits.changes_per_run"] = strconv.Itoa(f.MaxChanges)
	}
	if f.MaxCreates > 0 {
		d["limits.creates_per_run"] = strconv.Itoa(f.MaxCreates)
	}
	if f.MaxShare > 0 {
		d["limits.share_per_run"] = strconv.Itoa(f.MaxShare) + "%"
	}
	if f.MaxMoney != "" {
		d["limits.money_per_run"] = f.MaxMoney
	}
	if !f.Start.IsZero() {
		d["start"] = f.Start.UTC().Format(time.RFC3339)
	}
	return d
}

func (p *applying) crosswalks() error {
	for _, x := range p.file.Crosswalks {
		have, err := p.a.DB.CrosswalkRows(p.ctx, x.Name)
		if err != nil {
			return err
		}
		rows := make([]store.CrosswalkRow, 0, len(x.Rows))
		for _, r := range x.Rows {
			rows = append(rows, rowOf(r, store.FromFile))
		}
		sides := store.Sides(x.Left, x.Right)
		if stored, found, err := p.a.DB.CrosswalkSides(p.ctx, x.Name); err != nil {
			return err
		} else if found {
			if err := stored.Fit(x.Name, sides); err != nil {
				return err
			}
		}
		d := crosswalkChanges(have, rows)
		if !p.options.Prune {
			d.removed = 0
		}
		if d.empty() {
			continue
		}
		action := "change"
		if len(have) == 0 {
			action = "add"
		}
		p.note(Change{Action: action, Subject: "crosswalk:" + x.Name, Details: d.words()}, x.Name)
		if p.tx == nil {
			continue
		}
		if err := p.tx.NameCrosswalk(x.Name, sides); err != nil {
			return err
		}
		if p.options.Prune {
			err = p.tx.ReplaceCrosswalk(x.Name, rows, store.FromFile, p.actor)
		} else {
			err = p.tx.MergeCrosswalk(x.Name, rows, store.FromFile, p.actor)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// crosswalkDiff counts what differs between the rows that are there and those of a file.
type crosswalkDiff struct{ added, dated, noted, moved, removed int }

func crosswalkChanges(have, want []store.CrosswalkRow) crosswalkDiff {
	var d crosswalkDiff
	old := make(map[[2]string]store.CrosswalkRow, len(have))
	for _, r := range have {
		old[[2]string{r.Left, r.Right}] = r
	}
	for _, r := range want {
		was, known := old[[2]string{r.Left, r.Right}]
		delete(old, [2]string{r.Left, r.Right})
		switch {
		case !known:
			d.added++
		case was.ValidFrom != r.ValidFrom || was.ValidTo != r.ValidTo:
			d.dated++
		case was.Note != r.Note:
			d.noted++
		}
	}
	d.removed = len(old)
	if d.added == 0 {
		d.moved = moved(have, want)
	}
	return d
}

// moved counts the rows that stand in another order than those of the same file before: of several rows for a value the
// first counts. Rows that people set stand before all others anyway.
func moved(have, want []store.CrosswalkRow) (n int) {
	place := make(map[[2]string]int, len(want))
	for i, r := range want {
		place[[2]string{r.Left, r.Right}] = i
	}
	last := -1
	for _, r := range have {
		at, wanted := place[[2]string{r.Left, r.Right}]
		if !wanted || r.Source != store.FromFile {
			continue
		}
		if at < last {
			n++
		}
		last = max(last, at)
	}
	return n
}

func (d crosswalkDiff) empty() bool { return d == crosswalkDiff{} }

func (d crosswalkDiff) words() []string {
	var out []string
	for _, n := range []struct {
		n    int
		what string
	}{{d.added, "added"}, {d.dated, "with other days"}, {d.noted, "with another note"}, {d.moved, "in another order"}, {d.removed, "removed"}} {
		if n.n > 0 {
			out = append(out, fmt.Sprintf("%d rows %s", n.n, n.what))
		}
	}
	return out
}

// prune removes what the file does not name: Flows first, for they hold their Connections.
func (p *applying) prune() error {
	if !p.options.Prune {
		return nil
	}
	flows, err := p.a.DB.Flows(p.ctx)
	if err != nil {
		return err
	}
	for _, f := range flows {
		if slices.ContainsFunc(p.file.Flows, func(w connector.Flow) bool { return w.Name == f.Name }) {
			continue
		}
		if err := p.remove("flow:"+f.Name, func() error { return p.tx.RemoveFlow(f.Name) }); err != nil {
			return err
		}
	}
	connections, err := p.a.DB.Connections(p.ctx)
	if err != nil {
		return err
	}
	named := map[string]bool{}
	for _, c := range p.file.Connections {
		named[c.Name] = true
	}
	for _, c := range connections {
		if named[c.Name] {
			continue
		}
		if err := p.remove("connection:"+c.Name, func() error { return p.tx.RemoveConnection(c.Name) }); err != nil {
			return err
		}
	}
	crosswalks, err := p.a.DB.Crosswalks(p.ctx)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, x := range p.file.Crosswalks {
		kept[x.Name] = true
	}
	for _, x := range crosswalks {
		if kept[x.Name] {
			continue
		}
		if err := p.remove("crosswalk:"+x.Name, func() error { return p.tx.RemoveCrosswalk(x.Name, p.actor) }); err != nil {
			return err
		}
	}
	return nil
}

func (p *applying) remove(subject string, do func() error) error {
	p.note(Change{Action: "remove", Subject: subject, Details: []string{"it is not in the file"}})
	if p.tx == nil {
		return nil
	}
	return do()
}
